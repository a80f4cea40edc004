"""Kernels as JSON, and back: a grid, an object with weights, or an object with a list of these.

    [1, 2, 1]
    [[0, 1, 0], [1, -4, 1], [0, 1, 0]]
    [[[1, 1], [1, 1]], [[1, 1], [1, 1]]]
    {"name": "blur", "weights": [[1, 2, 1]], "divisor": 4, "bias": 0, "anchor": [0, 1]}
    {"name": "bank", "kernels": [...]}

A list of numbers is a row, a list of rows a grid, and a list of grids the slices of a kernel with
depth.
The keys are weights, divisor, bias, anchor, name and description; those of a bank are kernels, name
and description. By default the divisor is 1, the bias 0 and the anchor the middle element.
"""

import json
import math
from collections.abc import Sequence
from typing import Any

from ...core.errors import ConvtoolError, at, quoted
from ...core.strict_json import load_json
from ...core.validation import Sizes
from ..kernel import Kernel
from ..rational import Number, kernel_of

KEYS = ("weights", "name", "description", "divisor", "bias", "anchor")
BANK_KEYS = ("kernels", "name", "description")


def read(file: bytes, name: str) -> tuple[Kernel, ...]:
    """The kernels in a file's bytes. One without a name gets `name`, with a number in a bank."""
    data = load_json(file.decode("utf-8-sig"))
    if not (isinstance(data, dict) and "kernels" in data):
        return (_kernel(data, name, ""),)
    _check_keys(data, BANK_KEYS)
    entries = data["kernels"]
    if not isinstance(entries, list) or not entries:
        raise ConvtoolError("kernels is no list of kernels, or an empty one")
    name, description = _words(data, name, "")
    kernels = []
    for i, entry in enumerate(entries, start=1):
        with at(f"kernel {i}"):
            kernels.append(_kernel(entry, f"{name}-{i}", description))
    return tuple(kernels)


def _kernel(data: Any, name: str, description: str) -> Kernel:
    if isinstance(data, list):
        data = {"weights": data}
    if not isinstance(data, dict):
        raise ConvtoolError(f"found {_shown(data)}, expected a grid of numbers")
    _check_keys(data, KEYS)
    if "weights" not in data:
        raise ConvtoolError("has no weights, expected a grid of numbers under weights")
    weights = data["weights"]
    if isinstance(weights, list) and weights and all(map(_is_number, weights)):
        weights = [weights]
    slices = _slices(weights)
    return kernel_of(
        [row for rows in slices for row in rows],
        _number(data.get("divisor", 1), "divisor"),
        _number(data.get("bias", 0), "bias"),
        _anchor(data.get("anchor")),
        *_words(data, name, description),
        depth=len(slices) if _has_depth(weights) else None,
    )


def _has_depth(weights: Any) -> bool:
    """Whether weights are a list of slices, which are lists of rows."""
    return isinstance(weights, list) and any(
        isinstance(row, list) and any(isinstance(value, list) for value in row) for row in weights
    )


def _slices(weights: Any) -> list[list[list[Number]]]:
    """The rows of each slice, one slice where there is no depth."""
    if not _has_depth(weights):
        return [_rows(weights, "weights")]
    slices = []
    for i, rows in enumerate(weights, start=1):
        slices.append(_rows(rows, f"weights, slice {i}"))
        first, here = slices[0], slices[-1]
        if (len(first), len(first[0])) != (len(here), len(here[0])):
            raise ConvtoolError(
                f"weights, slice {i}: is {len(here)}x{len(here[0])}, expected "
                f"{len(first)}x{len(first[0])} like slice 1"
            )
    return slices


def _words(data: dict[str, Any], name: str, description: str) -> tuple[str, str]:
    """The name and the description in the data, else these."""
    name, description = data.get("name", name), data.get("description", description)
    for key, value in (("name", name), ("description", description)):
        if not isinstance(value, str):
            raise ConvtoolError(f"{key} is {_shown(value)}, expected a text")
    return name, description


def _rows(weights: Any, where: str) -> list[list[Number]]:
    if not isinstance(weights, list) or not all(isinstance(row, list) for row in weights):
        raise ConvtoolError(f"{where} are no list of rows, expected [[...], [...]]")
    for i, row in enumerate(weights, start=1):
        if len(row) != len(weights[0]):
            raise ConvtoolError(
                f"{where}, row {i}: has {len(row)} number(s), expected {len(weights[0])} like row 1"
            )
    if not weights or not weights[0]:
        raise ConvtoolError("weights are empty, expected one number at least")
    return [
        [_number(value, f"{where}, row {i}, number {j}") for j, value in enumerate(row, start=1)]
        for i, row in enumerate(weights, start=1)
    ]


def _number(value: Any, where: str) -> Number:
    if not _is_number(value):
        hint = "; for fractions use divisor" if isinstance(value, str) and "/" in value else ""
        raise ConvtoolError(f"{where}: found {_shown(value)}, expected a number{hint}")
    if isinstance(value, float) and not math.isfinite(value):
        raise ConvtoolError(f"{where}: found a number too large, expected a finite one")
    number: Number = value
    return number


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _anchor(value: Any) -> Sizes | None:
    if value is None:
        return None
    if not isinstance(value, list) or len(value) not in (2, 3) or {*map(type, value)} != {int}:
        raise ConvtoolError(
            f"anchor is {_shown(value)}, expected [row, column], or [slice, row, column]"
        )
    return tuple(value)


def _check_keys(data: dict[str, Any], known: tuple[str, ...]) -> None:
    for key in data:
        if key not in known:
            raise ConvtoolError(f"unknown key {quoted(key)}, expected one of {', '.join(known)}")


def _shown(value: Any) -> str:
    """A value for an error message, cut short."""
    try:
        text = json.dumps(value)
    except RecursionError:
        text = "a deep nest"
    return text if len(text) <= 40 else f"{text[:37]}..."


def encode(kernels: Sequence[Kernel]) -> bytes:
    """The bytes of a file of these kernels: a bank if there are several."""
    if len(kernels) == 1:
        return f"{_object_of(kernels[0], '')}\n".encode()
    objects = ",\n".join("    " + _object_of(kernel, "    ") for kernel in kernels)
    return f'{{\n  "kernels": [\n{objects}\n  ]\n}}\n'.encode()


def _object_of(kernel: Kernel, indent: str) -> str:
    """A kernel as a JSON object, without the keys that have default values."""
    rows = ",\n".join(f"{indent}    {json.dumps(row)}" for row in kernel.weights.tolist())
    parts = {
        "name": json.dumps(kernel.name) if kernel.name else "",
        "description": json.dumps(kernel.description) if kernel.description else "",
        "weights": f"[\n{rows}\n{indent}  ]",
        "divisor": json.dumps(kernel.divisor) if kernel.divisor != 1 else "",
        "bias": json.dumps(kernel.bias) if kernel.bias else "",
        "anchor": json.dumps(kernel.anchor) if kernel.anchor else "",
    }
    lines = [f'{indent}  "{key}": {value}' for key, value in parts.items() if value]
    return "{\n" + ",\n".join(lines) + f"\n{indent}}}"
