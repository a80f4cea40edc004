"""How well kernels explain a result: the engine runs each, and pixels are compared."""

import math
from collections.abc import Sequence
from functools import reduce
from typing import NamedTuple

import numpy as np

from ..core.dtypes import FLOAT64, Array, is_integer
from ..core.rounding import saturate
from ..core.threads import in_order
from ..ops.base import Stage, run_band
from ..ops.conv import Conv
from ..pipeline.tone import Tone
from .pairs import Overlay, Strip

ORDER = 32
"""Sums of floats differ with the order of the additions. Those that differ by no more than this
many times the last bit of the largest value are called equal."""


class Agreement(NamedTuple):
    """The values of a kernel compared with those of a result, without the border."""

    values: int = 0
    equal: int = 0
    squares: float = 0.0
    """The sum of the squares of their differences."""
    low: float = math.inf
    """The smallest and the largest value of the result."""
    high: float = -math.inf
    white: float | None = None

    def plus(self, other: "Agreement") -> "Agreement":
        """The agreement over both sets of values."""
        return Agreement(
            self.values + other.values,
            self.equal + other.equal,
            self.squares + other.squares,
            min(self.low, other.low),
            max(self.high, other.high),
            max(filter(None, (self.white, other.white)), default=None),
        )

    @property
    def exact(self) -> float:
        """The share of the values that are equal."""
        return self.equal / self.values if self.values else 0.0

    @property
    def rms(self) -> float:
        """The root of the mean square of the differences, in the result's grey levels."""
        return math.sqrt(self.squares / self.values) if self.values else 0.0

    @property
    def psnr(self) -> float:
        """Decibels, relative to white, or to the span of values without a white."""
        peak = self.white or self.high - self.low
        if not self.rms or not peak > 0:
            return math.inf
        return 20 * math.log10(peak / self.rms)

    def as_good_as(self, other: "Agreement") -> bool:
        """Whether at least as many values are equal, and the differences are no larger."""
        return self.equal >= other.equal and self.squares <= other.squares * (1 + 1e-9)


class Score(NamedTuple):
    """How well a kernel explains a result, with halves rounded to even and rounded up."""

    to_even: Agreement
    """As convtool rounds."""
    up: Agreement | None = None
    """None if halves rounded up explain no more."""

    @property
    def better(self) -> Agreement:
        """The agreement under the rounding that the result seems to have."""
        return self.to_even if self.up is None else self.up


def agreements(
    images: Overlay, operators: Sequence[Conv], threads: int, *, halves_up: bool = False
) -> list[Agreement]:
    """How well each of some convolutions explains the pair.

    Sums become pixels of the result's type as in `convtool conv`: rounded half to even and
    clipped. Other tools round halves up, as `halves_up` does. Pixels at the border do not count:
    nobody knows what the border was filled with. Nor do integer results of pixels that are NaN or
    infinite.
    """
    convolutions = [_BoundConv(images, operator, halves_up) for operator in operators]

    def compared(strip: Strip) -> list[Agreement]:
        return [one.agreement(strip) for one in convolutions]

    found = in_order(compared, images.strips(), threads)
    nothing = [Agreement() for _ in operators]
    return reduce(lambda a, b: [x.plus(y) for x, y in zip(a, b, strict=True)], found, nothing)


class _BoundConv:
    """A convolution bound to the image of a pair."""

    def __init__(self, images: Overlay, operator: Conv, halves_up: bool) -> None:
        self._images = images
        self._tone: Tone | None = None
        self._halves_up = halves_up
        result = images.after.dtype
        white = images.before.white if images.before.white else images.after.white
        self._plain: Stage = operator.bind(images.before)
        if result.name in ("uint8", "uint16") and not halves_up:
            self._tone = Tone("clip", white, 8 * result.itemsize)
            if self._tone.rounds_to and is_integer(images.before.dtype):
                operator = operator.rounded(self._tone.rounds_to)
        elif result.kind in "iu" and not halves_up:
            operator = operator.rounded(result)
        self._stage: Stage = operator.bind(images.before)

    def agreement(self, strip: Strip) -> Agreement:
        """How well it explains these rows."""
        left, right = self._images.cols
        values = self._run(self._stage, strip)
        expected = strip.after[:, :, left:right]
        sound = None
        if is_integer(expected.dtype) and not np.isfinite(strip.before).all():
            sound = np.isfinite(self._inner(self._run(self._plain, strip), strip))
        with np.errstate(over="ignore", invalid="ignore"):
            if self._halves_up:
                values = saturate(
                    np.floor(values.astype(FLOAT64) / self._images.scale + 0.5), expected.dtype
                )
            elif self._tone:
                values = self._tone.pixels(values)[0]
            values = self._inner(values.astype(expected.dtype, copy=False), strip)
        if sound is not None:
            values, expected = values[sound], expected[sound]
        return _agreement(values, expected, self._images.after.white)

    def _run(self, stage: Stage, strip: Strip) -> Array:
        left, right = self._images.cols
        rows = strip.windows.span(self._images.axes[1].output)
        return run_band(stage, strip.band, strip.top, *rows)[:, left:right]

    def _inner(self, rows: Array, strip: Strip) -> Array:
        """Of rows of the result those within the image, (slices, rows, W', C')."""
        return strip.windows.taken(rows, self._images.axes[1].output)


def _agreement(values: Array, expected: Array, white: float | None) -> Agreement:
    """The values of a band compared with those of the result, of the same type."""
    low, high, unsure = 0.0, 0.0, 0.0
    if expected.dtype.kind == "f":
        finite = np.isfinite(values) & np.isfinite(expected)
        values, expected = values[finite], expected[finite]
    if not expected.size:
        return Agreement(white=white)
    if white is None:
        low, high = float(expected.min()), float(expected.max())
    if expected.dtype.kind == "f":
        unsure = ORDER * float(np.finfo(expected.dtype).eps) * max(abs(low), abs(high))
    differ = values != expected
    with np.errstate(over="ignore"):
        differences = values[differ].astype(FLOAT64) - expected[differ].astype(FLOAT64)
        differences = differences[np.abs(differences) > unsure]
        squares = float(differences @ differences)
    return Agreement(expected.size, expected.size - differences.size, squares, low, high, white)
