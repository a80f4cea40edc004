"""Which number types hold a sum of products exactly, and which one a result is given in."""

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


def is_whole(values: object) -> bool:
    """Whether every value is a whole number (5.0 is one)."""
    numbers = np.asarray(values)
    return bool(np.all(np.rint(numbers) == numbers))


def is_integer(dtype: DType) -> bool:
    """Whether pixels of this type are whole numbers: bool and every integer type."""
    return dtype.kind in "biu"


def peak(dtype: DType) -> int:
    """The largest magnitude that an integer type holds."""
    if dtype.kind == "b":
        return 1
    limits = np.iinfo(dtype)
    return max(-int(limits.min), int(limits.max))


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
    """The narrowest type in which integer sums of magnitude up to `bound` are exact.

    Beyond 2**31 this is float64, exact up to 2**53 and rounded past it.
    """
    if bound < 2**15:
        return np.dtype(np.int16)
    if bound < 2**31:
        return np.dtype(np.int32)
    return FLOAT64
