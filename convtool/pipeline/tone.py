"""From a feature map's values to pixels: what is black, what is white, and what is lost."""

import math
from typing import NamedTuple

import numpy as np

from ..core.choices import STRETCHED, Range
from ..core.color import gray_of
from ..core.dtypes import FLOAT64, Array, DType, is_integer
from ..core.encoding import Color
from ..core.engine import compiled, rows_of
from ..core.rounding import saturate

LOOPS = {("h", 8), ("i", 8), ("i", 16), ("f", 8), ("f", 16), ("d", 8), ("d", 16)}
"""The types of values, and the bits of a pixel, for which there is a compiled loop."""


class Lost(NamedTuple):
    """How many values the pixels do not show."""

    below: int = 0
    """Those below black, which became black."""
    above: int = 0
    """Those above white, which became white."""
    undefined: int = 0
    """Those that were NaN, and became black."""
    transparent: int = 0
    """Pixels whose transparency was lost: they were laid over a background."""
    recolored: int = 0
    """Pixels that took the nearest of the few colours that the file holds."""
    taken: int = 0
    """Values that equal the number by which the file marks what is missing."""

    def plus(self, other: "Lost") -> "Lost":
        """The sums of both."""
        return Lost(*map(sum, zip(self, other, strict=True)))

    @property
    def total(self) -> int:
        """All values that are not shown as they are."""
        return self.below + self.above + self.undefined


class Spread(NamedTuple):
    """Where the values of numbers that have no white lie."""

    between: int = 0
    """How many lie between 0 and 1, ..."""
    beyond: int = 0
    """... and how many above."""

    def plus(self, other: "Spread") -> "Spread":
        """The sums of both."""
        return Spread(self.between + other.between, self.beyond + other.beyond)

    @property
    def looks_like_shares(self) -> bool:
        """Whether 1, and not 255, seems to be meant as white."""
        return self.between > 0 and self.beyond == 0


class Extremes(NamedTuple):
    """The smallest and the largest finite value of a map, alpha aside."""

    low: float = np.inf
    high: float = -np.inf

    @classmethod
    def of(cls, values: Array) -> "Extremes":
        """The extremes of these values; NaN and infinity are left out."""
        loops = compiled()
        if loops and values.dtype.char in "fd" and values.flags.c_contiguous:
            return cls(*loops.extremes(values.reshape(-1)))
        if values.dtype.kind == "f":
            values = values[np.isfinite(values)]
        return cls(float(values.min()), float(values.max())) if values.size else cls()

    def plus(self, other: "Extremes") -> "Extremes":
        """The extremes of both together."""
        return Extremes(min(self.low, other.low), max(self.high, other.high))


class Tone(NamedTuple):
    """One way to show values as pixels of `depth` bits, 0 being black.

    clip       as they are, rounded half to even; below 0 is black, above `white` is white
    abs        their magnitude, then as clip
    normalize  the smallest becomes 0, the largest white (a flat map is black)
    center     0 becomes mid-grey, symmetric, nothing clipped: 128 + 127 v / max|v|

    `white` is the value that is white on the way in (None: the same as on the way out); on the
    way out white is 255 or 65535.
    normalize and center need the map's `extremes`. Alpha, the last channel where `alpha` is
    set, is scaled and rounded only; with a `background` colour the rest is laid over that, and
    alpha is gone.
    """

    range: Range = "clip"
    white: float | None = None
    depth: int = 8
    alpha: bool = False
    background: Color | None = None
    opaque: float | None = None
    """The alpha that hides all; None: `white`."""
    extremes: Extremes = Extremes()

    @property
    def needs_extremes(self) -> bool:
        """Whether the whole map has to be seen before the first pixel."""
        return self.range in STRETCHED

    @property
    def dtype(self) -> DType:
        """The type of the pixels."""
        return np.dtype(np.uint8 if self.depth == 8 else np.uint16)

    @property
    def rounds_to(self) -> DType | None:
        """An integer type that values may be rounded to beforehand: the pixels are the same, and
        what they lose. Where nothing is lost, that of the pixels will do.

        None where the pixels depend on more than the rounded values.
        """
        if self.needs_extremes or self.white not in (None, self._top):
            return None
        return np.dtype(np.int16 if self.depth == 8 else np.int32)

    def extremes_of(self, band: Array) -> Extremes:
        """The extremes of one band; all bands' together are `extremes`."""
        return Extremes.of(self._colors(band))

    def spread_of(self, band: Array) -> Spread:
        """Where a band's values lie, if 255 is taken for white and nobody has said so."""
        values = self._colors(band)
        if self.needs_extremes or self.white is not None or values.dtype.kind != "f":
            return Spread()
        sizes = np.abs(values) if self.range == "abs" else values
        between = np.count_nonzero((sizes > 0) & (sizes < 1))
        return Spread(int(between), int(np.count_nonzero(sizes > 1)))

    def _colors(self, band: Array) -> Array:
        """The channels of a band that are no alpha."""
        return band[..., :-1] if self.alpha else band

    def pixels(self, band: Array) -> tuple[Array, Lost]:
        """The pixels of a band (n, W, C), and how many values they do not show."""
        if band.dtype == np.float16:
            band = band.astype(np.float32)  # float16 ends before the white of 16 bits
        colors = self._colors(band)
        with np.errstate(over="ignore", invalid="ignore"):
            pixels, lost = self._stretched(colors) if self.needs_extremes else self._clipped(colors)
        if self.alpha:
            opaque = self.white if self.opaque is None else self.opaque
            alpha = saturate(self._scaled(band[..., -1:], opaque), self.dtype)
            if self.background:
                lost = lost._replace(transparent=int(np.count_nonzero(alpha < self._top)))
                return self._laid_over(pixels, alpha), lost
            pixels = np.concatenate([pixels, alpha], axis=-1)
        return pixels, lost

    def _laid_over(self, pixels: Array, alpha: Array) -> Array:
        """The pixels over the background, rounded once: (c a + b (white - a)) / white."""
        color = np.array(self.background, np.uint8)
        behind = color if pixels.shape[2] == 3 else gray_of(color[np.newaxis])
        opaque = alpha.astype(FLOAT64)
        under = behind.reshape(-1) * (self._top / 255)
        mixed = (pixels * opaque + under * (self._top - opaque)) / self._top
        return saturate(mixed, self.dtype)

    @property
    def _top(self) -> int:
        """The pixels' white."""
        return int(np.iinfo(self.dtype).max)

    def _scaled(self, values: Array, white: float | None) -> Array:
        """Values with this white moved to the pixels' own."""
        if white in (None, self._top):
            return values
        return values.astype(FLOAT64) * self._top / white

    def _clipped(self, values: Array) -> tuple[Array, Lost]:
        """clip and abs."""
        if self.range == "abs":
            values = self._magnitudes(values)
        values = self._scaled(values, self.white)
        if values.dtype == self.dtype:
            return values, Lost()
        loops, rows = compiled(), rows_of(values)
        if loops and rows is not None and (values.dtype.char, self.depth) in LOOPS:
            pixels = np.empty(values.shape, self.dtype)
            return pixels, Lost(*loops.clip(rows, pixels.reshape(rows.shape)))
        if not is_integer(values.dtype):
            lost = _lost(values, values < -0.5, values >= self._top + 0.5)
        elif values.min() >= 0 and values.max() <= self._top:
            return values.astype(self.dtype), Lost()
        else:
            below, above = np.count_nonzero(values < 0), np.count_nonzero(values > self._top)
            lost = Lost(int(below), int(above))
        return saturate(values, self.dtype), lost

    def _magnitudes(self, values: Array) -> Array:
        if values.dtype.kind != "i":
            return np.abs(values)
        if values.dtype.itemsize <= self.dtype.itemsize:
            values = values.astype(np.int32)
        # The smallest value of a signed type has no magnitude in it; the next is white as well.
        return np.abs(np.maximum(values, -np.iinfo(values.dtype).max))

    def _stretched(self, values: Array) -> tuple[Array, Lost]:
        """normalize and center: the map's extremes become black and white."""
        low, high = self.extremes.low, self.extremes.high
        if low > high:  # not a single finite value
            low = high = 0.0
        black, flat = 0, 0
        if self.range == "center":
            high = max(abs(low), abs(high))
            low = -high
            black, flat = 1, (self._top + 1) // 2
        if not low < high:
            lost = _lost(values, values < low, values > high)
            finite = np.where(values == values, flat, 0)
            shown = np.select([values > high, values < low], [self._top, black], finite)
            return shown.astype(self.dtype), lost
        # A common power of two changes no ratio, and keeps differences of huge values finite.
        exponent = math.frexp(max(abs(low), abs(high)))[1]
        low, high = math.ldexp(low, -exponent), math.ldexp(high, -exponent)
        loops, rows = compiled(), rows_of(values)
        if loops and rows is not None and values.dtype.char in "hifd" and abs(exponent) < 1000:
            pixels = np.empty(values.shape, self.dtype)
            ends = low, high, black, self._top
            found = loops.stretch(rows, 2.0**-exponent, *ends, pixels.reshape(rows.shape))
            return pixels, Lost(*found)
        lost = _lost(values, values < self.extremes.low, values > self.extremes.high)
        values = np.clip(np.ldexp(values.astype(FLOAT64), -exponent), low, high)
        stretched = black + (values - low) * (self._top - black) / (high - low)
        return saturate(stretched, self.dtype), lost


def _lost(values: Array, below: Array, above: Array) -> Lost:
    """The counts of the flags, and of NaN."""
    return Lost(*(int(np.count_nonzero(flags)) for flags in (below, above, values != values)))
