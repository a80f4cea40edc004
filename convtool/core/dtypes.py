"""Which number types hold a sum of products exactly, and which one a result is given in."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

DType = np.dtype[Any]
Array = npt.NDArray[Any]

FLOAT32 = np.dtype(np.float32)
FLOAT64 = np.dtype(np.float64)

EXACT_IN_FLOAT64 = 2.0**53
"""Whole numbers up to here are float64 values."""

EXACT_IN_FLOAT32 = 2**24
"""Whole numbers up to here are float32 values."""

ROUNDED_IN_FLOAT32 = 2**23
"""Sums up to here, divided by a whole number, round to the right pixel even from float32:
the quotient is at least 1 / (2 divisor) away from a tie that it does not hit, which is more
than float32's rounding moves it."""


MODERATE = 2.0**40
"""Numbers between 1 / this and this bring no sum of pixels near the ends of float32's range."""

MOST_APART = 2.0**20
"""How many times larger than the smallest the largest weight of a float32 sum may be."""

MOST_IN_FLOAT32 = 4096
"""The most weights of a float32 sum."""


def is_whole(values: object) -> bool:
    """Whether every value is a whole number (5.0 is one)."""
    numbers = np.asarray(values)
    return bool(np.all(np.rint(numbers) == numbers))


def is_integer(dtype: DType) -> bool:
    """Whether pixels of this type are whole numbers: bool and every integer type."""
    return dtype.kind in "biu"


def limits(dtype: DType) -> tuple[int, int]:
    """The smallest and the largest value of bool or an integer type."""
    if dtype.kind == "b":
        return 0, 1
    info = np.iinfo(dtype)
    return int(info.min), int(info.max)


def peak(dtype: DType) -> int:
    """The largest magnitude that an integer type holds."""
    lowest, highest = limits(dtype)
    return max(-lowest, highest)


def result_float(dtype: DType) -> DType:
    """float32 for pixels of up to 16 bits and for float32, float64 for any other."""
    narrow = dtype.itemsize <= 2 or (dtype.kind == "f" and dtype.itemsize == 4)
    return FLOAT32 if narrow else FLOAT64


def result_of_sums(dtype: DType, bound: float, *, divided: bool) -> DType:
    """The type for results of whole sums of up to `bound`, `divided` by a whole number or not.

    As `result_float`, but float64 where float32 would not give the right value or pixel.
    """
    limit = ROUNDED_IN_FLOAT32 if divided else EXACT_IN_FLOAT32
    return FLOAT64 if bound > limit else result_float(dtype)


def sum_type(bound: float) -> DType:
    """The narrowest signed type in which whole sums of magnitude up to `bound` are exact.

    Beyond 2**31 this is float64, exact up to 2**53 and rounded past it.
    """
    return whole_type(-bound, bound)


def whole_type(low: float, high: float) -> DType:
    """The narrowest type that holds every whole number from `low` to `high`.

    Integer arithmetic is modulo the type's range: sums that end up in it are exact even where
    they leave it on the way. Beyond 32 bits the type is float64.
    """
    for name in ("int16", "uint16", "int32", "uint32"):
        dtype = np.dtype(name)
        smallest, largest = limits(dtype)
        if smallest <= low and high <= largest:
            return dtype
    return FLOAT64


def float32_will_do(weights: Array, others: Iterable[float]) -> bool:
    """Whether sums added up in float32 are within 1e-5 of the largest of them.

    They are for up to thousands of weights that do not differ so much that the smaller ones are
    lost beside the larger, when neither they nor the `others` (divisor, bias, fill) bring sums
    anywhere near the ends of float32's range.
    """
    magnitudes = np.abs(weights[weights != 0].astype(FLOAT64))
    numbers = [*(abs(value) for value in others if value != 0)]
    if magnitudes.size:
        smallest, largest = float(magnitudes.min()), float(magnitudes.max())
        if largest > MOST_APART * smallest:
            return False
        numbers += [smallest, largest]
    moderate = all(1 / MODERATE <= number <= MODERATE for number in numbers)
    return moderate and magnitudes.size <= MOST_IN_FLOAT32


def in_type(value: float, dtype: DType) -> Any:
    """The value in a type; None if it is none of that type's."""
    if dtype.kind == "f":
        with np.errstate(over="ignore"):
            one = np.float64(value).astype(dtype)
        return one if np.isfinite(one) else None
    low, high = limits(dtype)
    return dtype.type(int(value)) if float(value).is_integer() and low <= value <= high else None
