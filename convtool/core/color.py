"""Grey from colour: what red, green and blue count in it, known here alone."""

import numpy as np

from .dtypes import FLOAT64, Array, is_integer
from .engine import compiled, rows_of
from .rounding import saturate

LUMA = (299, 587, 114)
"""Thousandths that red, green and blue are of grey (luma, ITU-R BT.601)."""


def gray_of(values: Array) -> Array:
    """Grey values (..., 1) of colours (..., 3), 0.299 R + 0.587 G + 0.114 B; of grey as they are.

    Whole numbers stay whole, rounded half to even from the exact value; bool becomes uint8.
    """
    if values.shape[-1] == 1:
        return values
    dtype = values.dtype
    loops, rows = compiled(), rows_of(values)
    if loops and rows is not None and dtype.char in "BH" and dtype.isnative:
        gray = np.empty((*values.shape[:2], 1), dtype)
        loops.gray(rows, *LUMA, gray[..., 0])
        return gray
    if is_integer(dtype) and dtype.itemsize == 8:
        return _gray_in_integers(values)
    red, green, blue = (part * values[..., i].astype(FLOAT64) for i, part in enumerate(LUMA))
    gray = (red + green + blue) / 1000
    if is_integer(dtype):
        gray = saturate(gray, np.dtype(np.uint8) if dtype.kind == "b" else dtype)
    return gray[..., np.newaxis]


def _gray_in_integers(values: Array) -> Array:
    """The same for integers of 64 bits, of which floats would lose some: in thousandths."""
    parts = np.array(LUMA, values.dtype.newbyteorder("="))
    thousands, rest = np.divmod(values, 1000)
    gray, rest = (thousands * parts).sum(axis=-1), (rest * parts).sum(axis=-1)
    more, rest = np.divmod(rest, 1000)
    gray += more
    gray += (rest > 500) | ((rest == 500) & (gray % 2 == 1))
    whole: Array = gray[..., np.newaxis]
    return whole
