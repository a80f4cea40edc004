"""Kernels from text: JSON, rows of numbers, and a row of rows on the command line.

Every function gives a tuple of kernels: one, or several where the text holds a bank.
"""

import json
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from .errors import ConvtoolError, at
from .kernel import Kernel

KEYS = ("weights", "name", "description", "divisor", "bias", "anchor")
BANK_KEYS = ("kernels", "name", "description")

Number = int | float | Fraction

_SEPARATOR = re.compile(r"\s*[,;]\s*|\s+")
_SETTING = re.compile(r"([^\W\d]\w*)\s*=\s*(.*)")
_FRACTION = re.compile(r"[+-]?\d{1,18}(\.\d{1,18})?/[+-]?\d{1,18}(\.\d{1,18})?", re.ASCII)
_LARGEST_DENOMINATOR = 2**31


def parse(text: str, source: str, name: str) -> tuple[Kernel, ...]:
    """The kernels in a file's text: JSON if it opens like JSON, rows of numbers otherwise.

    `source` is the place that errors name; `name` is given to a kernel that has none.
    """
    text = text.removeprefix("\ufeff")
    if text.lstrip()[:1] in ("{", "["):
        return parse_json(text, source, name)
    return parse_text(text, source, name)


def parse_inline(text: str) -> tuple[Kernel, ...]:
    """The kernel written on a command line: rows apart by semicolons, ``0 1 0; 1 -4 1; 0 1 0``."""
    return parse_text(text.replace(";", "\n"), f"kernel {text!r}", "kernel")


def parse_json(text: str, source: str, name: str) -> tuple[Kernel, ...]:
    """A 2-D array; an object with weights; or an object with a list of those, a bank."""
    try:
        data = json.loads(
            text,
            object_pairs_hook=lambda pairs: _object(pairs, source),
            parse_constant=lambda word: _no_constant(word, source),
        )
    except json.JSONDecodeError as error:
        raise ConvtoolError(
            f"{source}: line {error.lineno}, column {error.colno}: {error.msg}, expected JSON"
        ) from None
    except ConvtoolError:
        raise
    except ValueError:  # Python reads no number of more than some thousands of digits
        raise ConvtoolError(f"{source}: holds a number of too many digits") from None
    except RecursionError:
        raise ConvtoolError(f"{source}: nested too deeply, expected a grid of numbers") from None
    if not (isinstance(data, dict) and "kernels" in data):
        return (_from_json(data, source, name),)
    _check_keys(data, BANK_KEYS, source)
    entries = data["kernels"]
    if not isinstance(entries, list) or not entries:
        raise ConvtoolError(f"{source}: kernels is no list of kernels, or an empty one")
    words = {"name": name, "description": "", **_json_words(data, source)}
    return tuple(
        _from_json(entry, f"{source}: kernel {i}", f"{words['name']}-{i}", words["description"])
        for i, entry in enumerate(entries, start=1)
    )


def parse_text(text: str, source: str, name: str) -> tuple[Kernel, ...]:
    """A row of numbers a line; settings before the rows; an empty line between kernels.

    Numbers stand apart by blanks, tabs, commas or semicolons; ``1/9`` is exact; ``#`` starts
    a comment.
    """
    blocks = list(_blocks(text, source))
    if not blocks:
        raise ConvtoolError(f"{source}: holds no weights, expected rows of numbers")
    names = [name] if len(blocks) == 1 else [f"{name}-{i + 1}" for i in range(len(blocks))]
    return tuple(block.kernel(source, own) for block, own in zip(blocks, names, strict=True))


@dataclass
class _Block:
    """The lines of one kernel in a text file."""

    settings: dict[str, str] = field(default_factory=dict)
    rows: list[list[Number]] = field(default_factory=list)

    def kernel(self, source: str, name: str) -> Kernel:
        settings = dict(self.settings)
        divisor = _setting(settings, "divisor", 1, source)
        bias = _setting(settings, "bias", 0, source)
        anchor = None
        if "anchor" in settings:
            where = f"{source}: anchor"
            anchor = tuple(_parse_row(settings.pop("anchor"), where))
        return _kernel(
            source,
            self.rows,
            divisor,
            bias,
            anchor=anchor,
            name=settings.pop("name", name),
            **settings,
        )


def _blocks(text: str, source: str) -> Iterator[_Block]:
    """The kernels of a text file, as their lines."""
    block = _Block()
    for number, line in enumerate(text.splitlines(), start=1):
        where = f"{source}: line {number}"
        content = line.partition("#")[0].strip()
        if not content:
            # A line that holds a comment alone does not end a kernel.
            if block.rows and "#" not in line:
                yield block
                block = _Block()
            continue
        setting = _SETTING.fullmatch(content)
        if setting is None:
            row = _parse_row(content, where)
            if block.rows and len(row) != len(block.rows[0]):
                raise ConvtoolError(
                    f"{where}: has {len(row)} number(s), expected {len(block.rows[0])} "
                    "like the rows above"
                )
            block.rows.append(row)
            continue
        key, value = setting.groups()
        if block.rows:
            raise ConvtoolError(
                f"{where}: {key} stands after the rows, expected it before them, "
                "or an empty line between kernels"
            )
        known = KEYS[1:]
        if key not in known:
            raise ConvtoolError(f"{where}: unknown key {key!r}, expected one of {', '.join(known)}")
        if key in block.settings:
            raise ConvtoolError(f"{where}: {key} is set a second time, expected it once")
        block.settings[key] = value
    if block.rows:
        yield block
    elif block.settings:
        raise ConvtoolError(f"{source}: settings without rows, expected rows of numbers after them")


def _setting(settings: dict[str, str], key: str, default: Number, source: str) -> Number:
    if key not in settings:
        return default
    numbers = _parse_row(settings.pop(key), f"{source}: {key}")
    if len(numbers) != 1:
        raise ConvtoolError(f"{source}: {key} has {len(numbers)} numbers, expected one")
    return numbers[0]


def _parse_row(text: str, where: str) -> list[Number]:
    """The numbers of one line; one separator may close it."""
    words = _SEPARATOR.split(text.strip())
    if words[-1] == "" and len(words) > 1:
        words.pop()
    return [_parse_number(word, f"{where}, number {i}") for i, word in enumerate(words, start=1)]


def _parse_number(word: str, where: str) -> Number:
    """An int, a float, or a fraction as 1/9."""
    try:
        if re.fullmatch(r"[+-]?\d+", word, re.ASCII):
            return int(word)
        if _FRACTION.fullmatch(word):
            numerator, _, denominator = word.partition("/")
            return Fraction(numerator) / Fraction(denominator)
        number = float("?" if "_" in word else word)
    except ZeroDivisionError:
        raise ConvtoolError(f"{where}: {word} divides by 0") from None
    except ValueError:
        found = f"found {word!r}" if word else "found nothing between two separators"
        raise ConvtoolError(f"{where}: {found}, expected a number") from None
    if not math.isfinite(number):
        raise ConvtoolError(f"{where}: found {word}, expected a finite number")
    return number


def _from_json(data: Any, source: str, name: str, description: str = "") -> Kernel:
    """The kernel in a JSON array or object."""
    if isinstance(data, list):
        data = {"weights": data}
    if not isinstance(data, dict):
        raise ConvtoolError(f"{source}: found {_shown(data)}, expected a grid of numbers")
    _check_keys(data, KEYS, source)
    if "weights" not in data:
        raise ConvtoolError(f"{source}: has no weights, expected a grid of numbers under weights")
    words = {"name": name, "description": description, **_json_words(data, source)}
    return _kernel(
        source,
        _json_rows(data["weights"], source),
        _json_number(data.get("divisor", 1), f"{source}: divisor"),
        _json_number(data.get("bias", 0), f"{source}: bias"),
        anchor=_json_anchor(data.get("anchor"), source),
        **words,
    )


def _json_words(data: dict[str, Any], source: str) -> dict[str, str]:
    """The name and the description, where they are given."""
    words: dict[str, str] = {key: data[key] for key in ("name", "description") if key in data}
    for key, value in words.items():
        if not isinstance(value, str):
            raise ConvtoolError(f"{source}: {key} is {_shown(value)}, expected a text")
    return words


def _json_rows(weights: Any, source: str) -> list[list[Number]]:
    if not isinstance(weights, list) or not all(isinstance(row, list) for row in weights):
        raise ConvtoolError(f"{source}: weights are no list of rows, expected [[...], [...]]")
    for i, row in enumerate(weights, start=1):
        if len(row) != len(weights[0]):
            raise ConvtoolError(
                f"{source}: weights, row {i}: has {len(row)} number(s), "
                f"expected {len(weights[0])} like row 1"
            )
    return [
        [_json_number(v, f"{source}: weights, row {i}, number {j}") for j, v in enumerate(row, 1)]
        for i, row in enumerate(weights, start=1)
    ]


def _json_number(value: Any, where: str) -> Number:
    if isinstance(value, bool) or not isinstance(value, int | float):
        hint = "; for fractions use divisor" if isinstance(value, str) and "/" in value else ""
        raise ConvtoolError(f"{where}: found {_shown(value)}, expected a number{hint}")
    if isinstance(value, float) and not math.isfinite(value):
        raise ConvtoolError(f"{where}: found a number too large, expected a finite one")
    return value


def _json_anchor(value: Any, source: str) -> tuple[int, int] | None:
    if value is None:
        return None
    if not isinstance(value, list) or len(value) != 2 or any(type(v) is not int for v in value):
        raise ConvtoolError(f"{source}: anchor is {_shown(value)}, expected [row, column]")
    return value[0], value[1]


def _kernel(
    source: str,
    rows: Sequence[Sequence[Number]],
    divisor: Number,
    bias: Number,
    *,
    anchor: object,
    **words: str,
) -> Kernel:
    """A kernel of these numbers; fractions become whole weights and a divisor."""
    if not rows or not rows[0]:
        raise ConvtoolError(f"{source}: weights are empty, expected one number at least")
    weights = [list(row) for row in rows]
    if any(isinstance(value, Fraction) for row in weights for value in [*row, divisor]):
        scale = _common_denominator([*(v for row in weights for v in row), divisor])
        if scale is None:
            weights = [[_as_float(value, source) for value in row] for row in weights]
        else:
            weights = [[_whole(Fraction(value) * scale) for value in row] for row in weights]
            divisor = Fraction(divisor) * scale
    divisor = _plain(divisor)
    bias = _plain(bias)
    with at(source):
        return Kernel(weights, divisor, bias, anchor, **words)  # type: ignore[arg-type]


def _as_float(value: Number, source: str) -> float:
    try:
        return float(value)
    except OverflowError:
        raise ConvtoolError(f"{source}: holds a number too large, expected below 1e308") from None


def _common_denominator(values: Iterable[Number]) -> int | None:
    """The smallest number that makes every value whole; None if that is beyond reason."""
    scale = 1
    for value in values:
        scale = math.lcm(scale, Fraction(value).denominator)
        if scale > _LARGEST_DENOMINATOR:
            return None
    return scale


def _whole(value: Fraction) -> int:
    return value.numerator


def _plain(value: Number) -> int | float:
    """A fraction as an int where it is whole, else as a float."""
    if isinstance(value, Fraction):
        return value.numerator if value.denominator == 1 else float(value)
    return value


def _check_keys(data: dict[str, Any], known: tuple[str, ...], source: str) -> None:
    for key in data:
        if key not in known:
            raise ConvtoolError(
                f"{source}: unknown key {key!r}, expected one of {', '.join(known)}"
            )


def _object(pairs: list[tuple[str, Any]], source: str) -> dict[str, Any]:
    data = dict(pairs)
    if len(data) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ConvtoolError(f"{source}: key {twice!r} stands twice, expected it once")
    return data


def _no_constant(word: str, source: str) -> None:
    raise ConvtoolError(f"{source}: found {word}, expected finite numbers")


def _shown(value: Any) -> str:
    """A value for an error message, cut short."""
    try:
        text = json.dumps(value)
    except RecursionError:
        text = "a deep nest"
    return text if len(text) <= 40 else f"{text[:37]}..."
