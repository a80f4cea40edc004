"""From a feature map's values to pixels: all rounding and clipping is here."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from .precision import FLOAT64, DType
from .words import Range

Array = npt.NDArray[Any]


def saturate(values: Array, dtype: DType) -> Array:
    """Round to an integer type: half to even, out of range to the nearest limit, NaN to 0.

    >>> saturate(np.array([0.5, 1.5, -7.0, 300.0]), np.dtype("uint8")).tolist()
    [0, 2, 0, 255]
    """
    limits = np.iinfo(dtype)
    if is_integer_array(values):
        return np.clip(values, *_common_limits(values.dtype, limits)).astype(dtype)
    if dtype.itemsize > 2 or values.dtype.itemsize < 4:
        values = values.astype(FLOAT64)
    rounded = np.rint(values)
    # The largest value of a 64-bit type is no float: one past it is, and marks what is too large.
    too_large = rounded >= float(limits.max) + (1 if dtype.itemsize < 8 else 0)
    kept = np.where(too_large | np.isnan(rounded), 0, np.maximum(rounded, float(limits.min)))
    out = kept.astype(dtype)
    out[too_large] = limits.max
    return out


def is_integer_array(values: Array) -> bool:
    """Whether `values` are bool or integers, which need no rounding."""
    return values.dtype.kind in "biu"


def _common_limits(dtype: DType, limits: "np.iinfo[Any]") -> tuple[int, int]:
    """The part of `limits` that lies in an integer type, as clip bounds for arrays of it."""
    if dtype.kind == "b":
        return 0, 1
    own = np.iinfo(dtype)
    return max(int(own.min), int(limits.min)), min(int(own.max), int(limits.max))


@dataclass(frozen=True)
class Extremes:
    """The smallest and the largest finite value of a map, alpha aside."""

    low: float = np.inf
    high: float = -np.inf

    def including(self, values: Array) -> "Extremes":
        """These extremes, widened by the finite ones of `values`."""
        if values.dtype.kind == "f":
            values = values[np.isfinite(values)]
        if values.size == 0:
            return self
        return Extremes(min(self.low, float(values.min())), max(self.high, float(values.max())))


@dataclass(frozen=True)
class Tone:
    """One way to show values as pixels of `depth` bits, 0 being black.

    clip       as they are, rounded half to even; below 0 is black, above `white` is white
    abs        their magnitude, then as clip
    normalize  the smallest becomes 0, the largest white (a flat map is black)
    center     0 becomes mid-grey, the largest magnitude black or white: 128 + 127 v / max|v|

    `white` is the value that is white on the way in; on the way out white is 255 or 65535.
    normalize and center need the map's `extremes`. Alpha, the last channel where `alpha` is
    set, is scaled and rounded only.
    """

    range: Range = "clip"
    white: float = 255
    depth: int = 8
    alpha: bool = False
    extremes: Extremes | None = None

    @property
    def needs_extremes(self) -> bool:
        """Whether this way looks at the whole map before its first pixel."""
        return self.range in ("normalize", "center")

    @property
    def dtype(self) -> DType:
        """The type of the pixels."""
        return np.dtype(np.uint8 if self.depth == 8 else np.uint16)

    def colors(self, band: Array) -> Array:
        """The channels of a band that the way of showing applies to."""
        return band[..., :-1] if self.alpha else band

    def pixels(self, band: Array) -> tuple[Array, int, int]:
        """The pixels of a band (n, W, C), and how many values were lost below 0 (or NaN) and
        above white."""
        colors = self.colors(band)
        top = np.iinfo(self.dtype).max
        below = above = 0
        if self.needs_extremes:
            pixels = saturate(self._stretched(colors), self.dtype)
        else:
            if self.range == "abs":
                colors = np.abs(colors) if colors.dtype.kind == "f" else abs(colors.astype(FLOAT64))
            if colors.dtype != self.dtype or self.white != top:
                colors = self._scaled(colors)
                pixels = saturate(colors, self.dtype)
                below = int(np.count_nonzero(~(colors >= -0.5)))
                above = int(np.count_nonzero(colors >= top + 0.5))
            else:
                pixels = colors
        if not self.alpha:
            return pixels, below, above
        alpha = saturate(self._scaled(band[..., -1:]), self.dtype)
        return np.concatenate([pixels, alpha], axis=-1), below, above

    def _scaled(self, values: Array) -> Array:
        """Values with `white` moved to the pixels' white."""
        top = np.iinfo(self.dtype).max
        if values.dtype.kind == "f" and self.white == top:
            return values
        return values.astype(FLOAT64) * top / self.white

    def _stretched(self, values: Array) -> Array:
        """Values moved so that the map's extremes are black and white."""
        extremes = self.extremes
        top = int(np.iinfo(self.dtype).max)
        if extremes is None:
            raise TypeError(f"range {self.range} needs the extremes of the map")
        values = np.clip(values.astype(FLOAT64), extremes.low, extremes.high)
        if self.range == "normalize":
            reach = extremes.high - extremes.low
            return (values - extremes.low) * top / reach if reach > 0 else np.zeros(values.shape)
        middle = (top + 1) // 2
        largest = max(abs(extremes.low), abs(extremes.high))
        if not largest > 0 or not np.isfinite(largest):
            return np.full(values.shape, middle)
        return middle + values * (middle - 1) / largest
