"""A map only where a mask is: the image stays elsewhere, and grey blends the two.

    out = m / white * map + (1 - m / white) * image

Only the rows and columns under the mask are computed.
"""

from collections.abc import Iterator, Sequence
from copy import copy
from typing import Any, NamedTuple

import numpy as np

from ..core.border import runs_needed
from ..core.dtypes import FLOAT64, Array, DType, result_float
from ..core.errors import ConvtoolError
from ..core.image import Header
from ..core.slices import Grid
from ..core.validation import Pair
from .base import Laid, Operator, Sum
from .mask import Mask
from .segment import Segment, segments
from .within import Within

MOST_PARTS = 64
"""Runs of columns that are computed one by one. Each is planned for itself."""


class Only(Operator):
    """Run operators, of which one looks at windows at stride 1, and keep their map where a mask is.

    Where the map is smaller than the image, the pixel in the middle of each window stays. With
    `Within` among the operators the image stays where the map has no value, too.
    """

    def __init__(self, operators: Sequence[Operator], mask: Mask) -> None:
        self.operators = tuple(operators)
        self.mask = mask
        self.dimensions = max(one.dimensions for one in self.operators)
        self.masks = (mask.name, *(name for one in self.operators for name in one.masks))
        self.asked_alpha = next((one.asked_alpha for one in operators if one.asked_alpha), None)
        self.is_hard = mask.is_hard
        self.dtype: DType | None = None
        """The type of the map; None: one that holds the image and the operators' map."""

    @property
    def label(self) -> str:
        """``conv gaussian 51x51, only faces.png``"""
        return ", ".join((*(one.label for one in self.operators), f"only {self.mask.name}"))

    @property
    def sums_to_zero(self) -> bool:
        """Whether the weights of a convolution among them sum to 0."""
        return any(getattr(one, "sums_to_zero", False) for one in self.operators)

    @property
    def name(self) -> str:
        """What people call the weights, if there are any."""
        return next((one.name for one in self.operators if hasattr(one, "name")), "")

    def bind(self, header: Header) -> "OnlyStage":
        """The stage for images of this description.

        Raises ConvtoolError where mask and map differ in size, or map and image in channels.
        """
        (whole,) = segments(self.operators, header)
        made = whole.output
        if len(made.channels) != len(header.channels):
            raise ConvtoolError(
                f"only: the map has {len(made.channels)} channel(s) and the image "
                f"{len(header.channels)}, expected as many"
            )
        self.mask.check_size(made.size[1:], "map")
        dtype = np.result_type(header.dtype, made.dtype)
        if not self.is_hard and dtype.kind != "f":
            dtype = result_float(dtype)
        output = header._replace(height=made.height, width=made.width, dtype=self.dtype or dtype)
        mends = any(isinstance(one, Within) for one in self.operators)
        parts = tuple(_parts(self.operators, whole, self.mask))
        return OnlyStage(output, self.mask, whole, parts, self.is_hard, mends)

    def rounding(self, narrow: DType, wide: DType, header: Header) -> "Only | None":
        """The same of an operator that rounds, where the mask blends nothing; of one that gives
        values to the last bit, where it does."""
        (whole,) = segments(self.operators, header)
        number = len(whole.before)
        before, windowed, after = (
            self.operators[:number],
            self.operators[number],
            self.operators[number + 1 :],
        )
        if not all(one.clips_below_0 for one in after):
            return None
        seen = whole.before[-1].output if before else header
        other = copy(self)
        if self.is_hard:
            rounded = windowed.rounding(narrow, wide, seen)
        else:
            other.dtype, rounded = FLOAT64, windowed.widened()
        if rounded is None:
            return None
        other.operators = (*before, rounded, *after)
        return other


class Part(NamedTuple):
    """A run of columns under the mask."""

    taken: Pair
    """The columns (first, last) of the image that it is computed from."""
    made: Pair
    """Those of the map that it is."""
    segment: Segment
    """The operators for an image of these columns."""
    skipped: int
    """Columns of its map before those that are wanted."""


def _parts(operators: Sequence[Operator], whole: Segment, mask: Mask) -> Iterator[Part]:
    """The columns of a map that have to be computed, with as few of the image as this needs."""
    header = whole.input
    reach = max(laid.window[1].extent for laid in _laid(whole))
    for first, last in _runs(np.any(mask.values, axis=0), max(reach, header.width // MOST_PARTS)):
        start, stop = _columns(whole, first, last)
        part = Part((start, stop), (first, last), whole, first - start)
        narrow = None if stop - start == header.width else _cropped(operators, whole, start, stop)
        yield (
            part._replace(segment=narrow)
            if narrow
            else part._replace(taken=(0, header.width), skipped=first)
        )


def _runs(there: Any, gap: int) -> list[Pair]:
    """Where some flags are set, as runs (first, last) with so many between them at least."""
    places = np.flatnonzero(there)
    if not places.size:
        return []
    ends = np.flatnonzero(np.diff(places) > gap)
    firsts, lasts = places[[0, *(ends + 1)]], places[[*ends, -1]] + 1
    return list(zip(firsts.tolist(), lasts.tolist(), strict=True))


def _columns(whole: Segment, first: int, last: int) -> Pair:
    """The columns of the image that these of the map come from, those in the border included."""
    runs: list[Pair] = []
    for laid in _laid(whole):
        cols = laid.window[1]
        runs += runs_needed(*cols.span(first, last), cols.size, laid.border)
        centers = cols.centers(first, first + 1)[0], cols.centers(last - 1, last)[0] + 1
        runs.append(centers)
    return min(start for start, _ in runs), max(stop for _, stop in runs)


def _cropped(
    operators: Sequence[Operator], whole: Segment, start: int, stop: int
) -> Segment | None:
    """The operators for an image of these columns; None where their map would be another one.

    Where the columns end at the edge of the image, the border made up there is the image's own.
    """
    narrow = whole.input._replace(width=stop - start)
    try:
        (found,) = segments([one.cropped(start, stop) for one in operators], narrow)
    except ConvtoolError:  # as of windows that hold no pixel of it
        return None
    return found if found.output.dtype == whole.output.dtype else None


def _laid(segment: Segment) -> tuple[Laid, ...]:
    assert segment.windowed is not None
    return segment.windowed.laid


class OnlyStage(NamedTuple):
    """`Only` bound to an image."""

    output: Header
    mask: Mask
    whole: Segment
    """The operators for the whole image."""
    parts: tuple[Part, ...]
    is_hard: bool
    mends: bool
    """Whether the image stays where the map has no value."""

    @property
    def input(self) -> Header:
        """The description of the image."""
        return self.whole.input

    @property
    def laid(self) -> tuple[Laid, ...]:
        """The windows of the operator that has some."""
        return _laid(self.whole)

    @property
    def sums(self) -> tuple[Sum, ...]:
        """Its convolutions, as for the whole image."""
        assert self.whole.windowed is not None
        return self.whole.windowed.sums

    @property
    def grid(self) -> Grid:
        """The windows in whose middle the image's pixels stay."""
        return self.laid[0].grid

    def carried_from(self, row: int, col: int) -> Pair | None:
        """The pixel whose alpha this one has, if alpha is carried along."""
        assert self.whole.windowed is not None
        return self.whole.windowed.carried_from(row, col)

    def rows_needed(self, first: int, last: int) -> Pair:
        """The input rows under the windows, and in the middle of them."""
        start, stop = self.whole.rows_needed(first, last)
        centers = self.grid.centers(first, last)
        return min(start, centers[0]), max(stop, centers[-1] + 1)

    def run(self, band: Array, top: int, first: int, out: Array) -> None:
        """Write the output rows from `first` on."""
        rows, cols = self.grid.window
        last = first + len(out)
        if rows.output == rows.size and cols.output == cols.size:
            out[...] = band[first - top : last - top]
        else:
            out[...] = self.grid.sampled(band, top, first, last)
        for part in self.parts:
            mask = self.mask.rows(first, last)[:, slice(*part.made)]
            under = np.flatnonzero(mask.any(axis=1))
            if under.size:
                upper, lower = int(under[0]), int(under[-1]) + 1
                values = self._values(part, band, top, first + upper, first + lower)
                self._blend(values, mask[upper:lower], out[upper:lower, slice(*part.made)])

    def _values(self, part: Part, band: Array, top: int, first: int, last: int) -> Array:
        """The rows first..last - 1 of the map, in the columns of a part."""
        start, stop = part.segment.rows_needed(first, last)
        pixels = band[start - top : stop - top, slice(*part.taken)]
        values = part.segment.run(pixels, start, first, last)
        return values[:, part.skipped : part.skipped + part.made[1] - part.made[0]]

    def _blend(self, values: Array, mask: Array, out: Array) -> None:
        """Put the values over the image's, which `out` holds, as much as the mask says."""
        if self.carried_from(0, 0) is not None and self.output.has_alpha:
            values, out = values[..., :-1], out[..., :-1]
        mask = mask[..., np.newaxis]
        whole, some = mask == self.mask.white, (mask > 0) & (mask < self.mask.white)
        if self.mends:
            whole, some = whole & ~np.isnan(values), some & ~np.isnan(values)
        np.copyto(out, values, where=whole, casting="unsafe")
        if not self.is_hard:
            share = mask.astype(FLOAT64)
            mixed = share * values + (self.mask.white - share) * out
            np.copyto(out, mixed / self.mask.white, where=some, casting="unsafe")
