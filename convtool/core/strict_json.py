"""JSON: read, with an error for everything that it does not allow; and written without NaN."""

import json
import math
from typing import Any

from .errors import ConvtoolError, quoted


def load_json(text: str) -> Any:
    """The values in a text of finite numbers and of keys that stand once; ConvtoolError if none."""
    try:
        return json.loads(text, object_pairs_hook=_object, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise ConvtoolError(
            f"line {error.lineno}, column {error.colno}: {error.msg}, expected JSON"
        ) from None
    except ConvtoolError:
        raise
    except ValueError:  # Python reads no number of more than some thousands of digits
        raise ConvtoolError("holds a number of too many digits") from None
    except RecursionError:
        raise ConvtoolError("nested too deeply, expected a few levels") from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object, none of whose keys stands twice."""
    data: dict[str, Any] = {}
    for key, value in pairs:
        if key in data:
            raise ConvtoolError(f"key {quoted(key)} stands twice, expected it once")
        data[key] = value
    return data


def _no_constant(word: str) -> None:
    raise ConvtoolError(f"found {word}, expected finite numbers")


def without_nan(value: Any) -> Any:
    """The value with the texts "nan", "inf" and "-inf" for floats that JSON does not have."""
    if isinstance(value, dict):
        return {key: without_nan(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [without_nan(each) for each in value]
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value
