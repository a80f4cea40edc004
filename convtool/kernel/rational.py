"""Kernels from numbers as they are written. Fractions become whole weights and a divisor."""

import math
import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Union

from ..core.errors import ConvtoolError, quoted, shortened
from .kernel import Kernel

if TYPE_CHECKING:
    from fractions import Fraction

_WHOLE = re.compile(r"[+-]?\d+", re.ASCII)

Number = Union[int, float, "Fraction"]

LARGEST_DENOMINATOR = 2**31
"""Fractions without a common denominator up to here become floats."""


def number_of(word: str) -> int | float:
    """The number that a word means: an int if there are only digits, else a finite float."""
    try:
        if _WHOLE.fullmatch(word):
            return int(word)
        number = float("?" if "_" in word else word)
    except ValueError:
        found = f"found {quoted(word)}" if word else "found nothing between two separators"
        raise ConvtoolError(f"{found}, expected a number") from None
    if not math.isfinite(number):
        raise ConvtoolError(f"found {shortened(word)}, expected a finite number")
    return number


def kernel_of(
    rows: Sequence[Sequence[Number]],
    divisor: Number,
    bias: Number,
    anchor: object,
    name: str,
    description: str,
    *,
    depth: int | None = None,
) -> Kernel:
    """The kernel of these numbers. 1/9 2/9 is 1 2 over a divisor of 9, and so stays exact.

    With a `depth` it has so many slices, whose rows follow one another.

    Raises ConvtoolError as `Kernel` does, and for a number that no float holds.
    """
    if not rows or not rows[0]:
        raise ConvtoolError("weights are empty, expected one number at least")
    numbers = [*(value for row in rows for value in row), divisor]
    if not all(isinstance(value, int | float) for value in numbers):
        scale = _common_denominator(value.as_integer_ratio()[1] for value in numbers)
        if scale is not None:
            rows = [[_times(value, scale) for value in row] for row in rows]
            divisor = _times(divisor, scale)
    weights: list[Any] = [[_plain(value) for value in row] for row in rows]
    if depth is not None:
        height = len(weights) // depth
        weights = [weights[top : top + height] for top in range(0, len(weights), height)]
    return Kernel(weights, _plain(divisor), _plain(bias), anchor, name, description)  # type: ignore[arg-type]


def _common_denominator(denominators: Iterable[int]) -> int | None:
    """The smallest common denominator; None above `LARGEST_DENOMINATOR`."""
    scale = 1
    for denominator in denominators:
        scale = math.lcm(scale, denominator)
        if scale > LARGEST_DENOMINATOR:
            return None
    return scale


def _times(value: Number, scale: int) -> int:
    """A number times a multiple of its denominator."""
    numerator, denominator = value.as_integer_ratio()
    return numerator * (scale // denominator)


def _plain(value: Number) -> int | float:
    """An int or float as it is; a fraction as an int if it is whole, else as a float."""
    if isinstance(value, int | float):
        return value
    try:
        return value.numerator if value.denominator == 1 else float(value)
    except OverflowError:
        raise ConvtoolError("holds a number too large, expected below 1e308") from None
