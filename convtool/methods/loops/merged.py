"""Windows of a band merged into one value each, by the compiled loops or by NumPy's."""

import numpy as np

from ...core.dtypes import FLOAT32, FLOAT64, Array, DType
from ...core.engine import compiled, rows_of
from ...core.geometry import Window
from .sliding import slide

MERGES: tuple[np.ufunc, ...] = (np.maximum, np.minimum, np.add)
"""In the order of the compiled loops."""

LONGEST = 16, 16, 32
"""Elements along an axis that they merge one by one: of longer windows NumPy's loops, which double
windows, are as quick."""


def merge_into(
    merge: np.ufunc,
    padded: Array,
    window: Window,
    dtype: DType,
    out: Array,
    divisor: int | None = None,
) -> None:
    """Write each window of `padded` (n, P, C), merged in `dtype`, into `out` (height, W', C).

    With a divisor `out` is a float type, and gets the quotients.
    """
    rows, cols = window
    if _by_compiled(merge, padded, window, dtype, out, divisor):
        return
    padded = padded.astype(dtype, copy=False)
    merged = slide(merge, slide(merge, padded, rows, len(out), 0), cols, cols.output, 1)
    if divisor is None or dtype != FLOAT64:
        np.copyto(out, merged, casting="unsafe")
        if divisor is not None:
            np.divide(out, divisor, out=out)
    else:
        np.divide(merged, divisor, out=out, casting="same_kind")


def _by_compiled(
    merge: np.ufunc,
    padded: Array,
    window: Window,
    dtype: DType,
    out: Array,
    divisor: int | None,
) -> bool:
    """The same by the compiled loops, if they can."""
    loops, lines, kind = compiled(), rows_of(out), MERGES.index(merge)
    short = max(axis.taps for axis in window) <= LONGEST[kind]
    if not (loops and lines is not None and short and padded.flags.aligned and out.flags.aligned):
        return False
    if not _takes(merge, padded.dtype, dtype, out.dtype):
        return False
    rows, cols = window
    row, channels = padded[0].size, padded.shape[2]
    down = rows.taps, rows.dilation * row, rows.stride * row
    along = cols.taps, cols.dilation * channels, cols.stride * channels
    divided = divisor or (1 if out.dtype != dtype else 0)
    flat, scratch = padded.reshape(-1), np.empty(2 * row, dtype)
    loops.pool(flat, scratch, lines, kind, down, along, channels, divided)
    return True


def _takes(merge: np.ufunc, pixels: DType, dtype: DType, out: DType) -> bool:
    """Whether the compiled loops merge pixels of this type so."""
    if merge is np.add and dtype in (np.int16, np.int32):
        return pixels.kind in "iu" and pixels.itemsize <= 2 and out in (dtype, FLOAT32, FLOAT64)
    if merge is np.add and dtype == FLOAT64:
        return pixels == dtype and out in (FLOAT32, FLOAT64)
    whole = merge is not np.add and dtype.kind in "iu" and dtype.itemsize <= 4
    return pixels == dtype == out and (whole or dtype in (FLOAT32, FLOAT64))
