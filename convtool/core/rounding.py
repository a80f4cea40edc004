"""Numbers to whole numbers: half to even, and what is out of range to the nearest limit."""

from typing import Any

import numpy as np

from .dtypes import EXACT_IN_FLOAT64, FLOAT64, Array, DType, is_integer
from .engine import compiled, rows_of


def saturate(values: Array, dtype: DType) -> Array:
    """Round to an integer type: half to even, out of range to the nearest limit, NaN to 0.

    >>> saturate(np.array([0.5, 1.5, -7.0, 300.0]), np.dtype("uint8")).tolist()
    [0, 2, 0, 255]
    """
    limits = np.iinfo(dtype)
    if is_integer(values.dtype):
        return np.clip(values, *_common_limits(values.dtype, limits)).astype(dtype)
    loops, rows = compiled(), rows_of(values)
    if loops and rows is not None and values.dtype.char in "fd" and dtype.char in "BH":
        pixels = np.empty(values.shape, dtype)
        loops.clip(rows, pixels.reshape(rows.shape))
        return pixels
    if dtype.itemsize > 2 or values.dtype.itemsize < 4:  # float32 or float16 lack the limits
        values = values.astype(FLOAT64)
    rounded = np.rint(values)
    if dtype.itemsize < 8:
        np.clip(rounded, float(limits.min), float(limits.max), out=rounded)
        if rounded.size and np.isnan(rounded.max()):
            rounded[np.isnan(rounded)] = 0
        return rounded.astype(dtype)
    # The largest value of a 64-bit type is no float: one past it is, and marks what is too large.
    too_large = rounded >= float(limits.max)
    kept = np.where(too_large | np.isnan(rounded), 0, np.maximum(rounded, float(limits.min)))
    out = kept.astype(dtype)
    out[too_large] = limits.max
    return out


def divide(sums: Array, divisor: int, out: Array) -> None:
    """Write whole sums / divisor, rounded half to even and saturated, into `out`.

    In integer arithmetic, where the sums' type has room for it.

    >>> out = np.empty(4, np.uint8)
    >>> divide(np.array([-3, 2, 6, 9999], np.int16), 4, out)
    >>> out.tolist()
    [0, 0, 2, 255]
    """
    if divisor == 1 and sums.dtype == out.dtype:
        np.copyto(out, sums)
        return
    loops = compiled()
    if loops and sums.itemsize in (2, 4) and out.itemsize <= 2 and abs(divisor) <= EXACT_IN_FLOAT64:
        rows, rows_out = rows_of(sums), rows_of(out)
        if rows is not None and rows_out is not None:
            loops.divide(rows, divisor, rows_out)
            return
    largest = np.iinfo(sums.dtype).max
    half = divisor // 2
    if not 0 < divisor <= largest or int(sums.max()) > largest - half:
        out[...] = saturate(sums.astype(FLOAT64) / divisor, out.dtype)
        return
    quotient = sums
    if divisor & (divisor - 1) == 0:
        if divisor > 1:  # add a half, or a bit less where the quotient's floor is even
            shift = divisor.bit_length() - 1
            quotient = np.right_shift(sums, shift)
            quotient &= 1
            quotient += sums
            quotient += half - 1
            quotient >>= shift
    else:
        shifted = sums + np.asarray(half, sums.dtype)
        quotient = shifted // divisor
        if divisor % 2 == 0:  # a half was rounded up: back to an even number
            shifted -= quotient * divisor
            quotient -= (shifted == 0) & quotient
    limits = np.iinfo(out.dtype)
    if int(quotient.min()) < limits.min or int(quotient.max()) > limits.max:
        low, high = _common_limits(sums.dtype, limits)
        quotient = np.clip(quotient, sums.dtype.type(low), sums.dtype.type(high))
    np.copyto(out, quotient, casting="unsafe")


def _common_limits(dtype: DType, limits: "np.iinfo[Any]") -> tuple[int, int]:
    """The part of `limits` that lies in an integer type, as clip bounds for arrays of it."""
    if dtype.kind == "b":
        return 0, 1
    own = np.iinfo(dtype)
    return max(int(own.min), int(limits.min)), min(int(own.max), int(limits.max))
