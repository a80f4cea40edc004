"""Sums of a band by the compiled loops."""

from typing import NamedTuple

import numpy as np

from ...core.dtypes import FLOAT32, FLOAT64, Array, DType
from ...core.engine import compiled

AT_ONCE = 8
"""Rows of windows whose pixels are widened at once: few enough that they stay in the cache."""


class Taps(NamedTuple):
    """Weights that are not 0, and where they lie from the first on, in values."""

    offsets: Array
    weights: Array

    @property
    def reach(self) -> int:
        """The largest offset."""
        return int(self.offsets.max(initial=0))


class Rounding(NamedTuple):
    """How sums end: as pixels, divided, rounded half to even and saturated; or as quotients, of
    whole sums or of floats of one type."""

    divisor: float
    """Of whole sums a whole number."""
    margin: float = 0
    """Of float32 sums: those so near to a tie are told."""
    places: Array = np.empty(0, np.int64)
    """Where they lie, int64, in the flat map: as many as there is room for."""


def input_for(pixels: DType, sums: DType) -> DType:
    """The type in which pixels are taken: their own, if it can be widened to that of the sums."""
    return pixels if pixels.kind in "iu" and pixels.itemsize <= 2 else sums


def fits(sums: DType, rows: Array, rounding: Rounding | None) -> bool:
    """Whether sums of this type can be written into the rows, as they are or rounded."""
    if rounding is None:
        return sums == rows.dtype
    pixels = rows.itemsize <= 2 and rows.dtype.kind in "iu"
    if sums.kind in "iu" and sums.itemsize <= 4:
        return pixels or rows.dtype in (FLOAT32, FLOAT64)
    return rows.dtype == sums or (pixels and sums == FLOAT32)


def correlate(
    source: Array, rows: Array, step: int, down: Taps, along: Taps | None, rounding: Rounding | None
) -> int:
    """Write the weighted sums of a flat band into rows, each `step` values after the one before.

    `along` are weights for the sums of `down`, if any. Returns how many are next to a tie.
    """
    dtype = down.weights.dtype
    along = along or Taps(np.empty(0, np.int64), np.empty(0, dtype))
    line = rows.shape[1] + along.reach
    scratch = np.empty(rows.shape[1] + 3 * line + down.reach + (AT_ONCE - 1) * step, dtype)
    return int(
        compiled().correlate(source, scratch, rows, *down, *along, step, *(rounding or Rounding(0)))
    )
