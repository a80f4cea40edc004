"""The stage that runs a pooling on a band, and the table of its modes."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ..core.choices import PoolMode
from ..core.dtypes import (
    FLOAT32,
    FLOAT64,
    MOST_IN_FLOAT32,
    Array,
    DType,
    is_integer,
    limits,
    peak,
    result_float,
    result_of_sums,
    sum_type,
)
from ..core.geometry import LARGEST_PIECE, Window
from ..core.image import Header
from ..core.slices import Grid, Part
from ..core.validation import Pair
from ..methods.loops.band import input_for
from ..methods.loops.merged import merge_into
from ..methods.loops.sliding import slide
from .base import Laid, Sum, run_band
from .elements import Elements, merge_elements, views
from .median import medians_into
from .weighted import Share

if TYPE_CHECKING:
    from .pool import Pool

MOST_BITS = 64
"""A window has fewer than 2**64 elements: divided by that, their sum is in float64's range."""


@dataclass(eq=False, repr=False)
class PoolStage:
    """A pooling bound to an image: slices are merged first, then rows, then columns."""

    pool: "Pool"
    input: Header
    output: Header
    elements: Elements
    """Those of the windows."""
    working: DType
    """The type in which windows are merged."""

    @property
    def grid(self) -> Grid:
        """Where the windows stand."""
        return self.elements.grid

    @property
    def window(self) -> Window:
        """The windows over a slice."""
        return self.grid.window

    @property
    def carries_alpha(self) -> bool:
        """Whether the last channel is sampled and not pooled."""
        return self.input.has_alpha and self.pool.alpha == "keep"

    @property
    def laid(self) -> tuple[Laid, ...]:
        """The window that is merged."""
        rows, cols = self.window
        middle = (rows.extent - 1) / 2, (cols.extent - 1) / 2
        return (Laid(self.grid, "padding", middle),)

    @property
    def sums(self) -> tuple[Sum, ...]:
        """None: a pooling has no weights."""
        return ()

    def carried_from(self, row: int, col: int) -> Pair | None:
        """The pixel in the middle of the window, if alpha is carried along."""
        if not self.carries_alpha:
            return None
        return self.grid.center(row, col)

    def rows_needed(self, first: int, last: int) -> Pair:
        """The input rows under the output rows first..last - 1."""
        return self.grid.rows_needed(first, last)

    def run(self, band: Array, top: int, first: int, out: Array) -> None:
        """Write the output rows from `first` on."""
        if self.carries_alpha:
            out[..., -1] = self.grid.sampled(band[..., -1], top, first, first + len(out))
            out, band = out[..., :-1], band[..., :-1]
        for part in self.grid.parts(first, first + len(out)):
            for some in self._at_once(part, band[0].size):
                self._merge(
                    band, top, some, out[: some.height].reshape(*some.shape, *out.shape[1:])
                )
                out = out[some.height :]

    def _at_once(self, part: Part, row_elements: int) -> Iterator[Part]:
        """The part, so many slices at a time that what lies under them can be held."""
        (start, stop), depth = self.grid.rows.span(*part.rows), self.grid.depth
        most = LARGEST_PIECE // ((stop - start) * row_elements)
        count = max((most - depth.extent) // depth.stride + 1, 1)
        first, last = part.slices
        for number in range(first, last, count):
            yield part._replace(slices=(number, min(number + count, last)))

    def padded(self, band: Array, top: int, part: Part) -> Array:
        """What windows lie on: (slices, P, P', C)."""
        mode = MODES[self.pool.mode]
        fill = mode.fill(self.input.dtype)
        pixels = self.input.dtype.newbyteorder("=")
        taken = input_for(pixels, self.working) if mode.adds else self.working
        span = self.grid.cols.span(0, self.grid.cols.output)
        found = self.grid.padded(band, top, part, span, fill, taken)
        start, stop = self.grid.depth.span(*part.slices)
        return found.reshape(stop - start, -1, *found.shape[1:])

    def _merge(self, band: Array, top: int, part: Part, out: Array) -> None:
        """Write windows (slices, rows, W', C) of the channels that are pooled."""
        mode = MODES[self.pool.mode]
        padded = self.padded(band, top, part)
        mode.merge(self, padded, part, out)
        if mode.adds and self.working == FLOAT32 and not np.isfinite(out).all():
            # A sum that passes float32's range may still have a mean in it.
            replace(self, working=FLOAT64)._merge(band, top, part, out)
        elif self.pool.mode == "mean" and out.dtype == FLOAT64 and not np.isfinite(out).all():
            smaller = np.empty_like(out)
            mode.merge(self, np.ldexp(padded, -MOST_BITS), part, smaller)
            np.copyto(out, np.ldexp(smaller, MOST_BITS), where=~np.isfinite(out))

    def reduce(self, merge: np.ufunc, padded: Array) -> Array:
        """The windows of some slices merged into one value each, (slices, rows, W', C)."""
        depth, rows, cols = self.elements.axes
        slices = (len(padded) - depth.extent) // depth.stride + 1
        height = (padded.shape[1] - rows.extent) // rows.stride + 1
        out = np.empty((slices, height, cols.output, padded.shape[3]), self.working)
        self.reduce_into(merge, padded, out)
        return out

    def reduce_into(
        self, merge: np.ufunc, padded: Array, out: Array, divisor: int | None = None
    ) -> None:
        """The same, written into `out`; divided where there is a divisor."""
        if self.elements.footprint is not None:
            merge_elements(merge, padded.astype(self.working, copy=False), self.elements, out)
            if divisor is not None:
                np.divide(out, divisor, out=out)
            return
        depth = self.grid.depth
        if (depth.taps, depth.stride) != (1, 1):
            slices = padded.astype(self.working, copy=False).reshape(len(padded), -1, 1)
            merged = slide(merge, slices, depth, len(out), 0)
            padded = merged.reshape(len(out), *padded.shape[1:])
        for slice_, place in zip(padded, out, strict=True):
            merge_into(merge, slice_, self.window, self.working, place, divisor)

    def counts(self, part: Part) -> Array:
        """How many elements of each window count: in a mean, in a median, (slices, rows, W', 1)."""
        padding = self.pool.mode == "mean" and self.pool.count_include_pad
        first = part.slices[0] * self.grid.rows.output + part.rows[0]
        found = self.elements.counts(first, first + part.height, padding=padding)
        return found.reshape(*part.shape, -1, 1)

    def share(self, first: int, last: int) -> Share:
        """What sums over these rows of windows are divided by where pixels have weights."""
        count = self.elements.counts(first, last, padding=False)
        if self.pool.mode == "sum":
            return Share(count, count, 1)
        if self.pool.count_include_pad:
            return Share(count, count, self.elements.counts(first, last, padding=True))
        return Share(count, 1, 1)

    @cached_property
    def full(self) -> int | None:
        """How many elements every window counts; None if some count fewer."""
        padding = self.pool.mode == "mean" and self.pool.count_include_pad
        return len(self.elements.taps) if self.elements.is_full(padding=padding) else None


def _reduced(merge: np.ufunc) -> "Merge":
    def reduced(stage: PoolStage, padded: Array, part: Part, out: Array) -> None:
        stage.reduce_into(merge, padded, out)

    return reduced


def _mean(stage: PoolStage, padded: Array, part: Part, out: Array) -> None:
    if stage.full is not None:
        stage.reduce_into(np.add, padded, out, stage.full)
        return
    sums = stage.reduce(np.add, padded).astype(FLOAT64)
    np.copyto(out, sums / stage.counts(part), casting="unsafe")


def _norm(stage: PoolStage, padded: Array, part: Part, out: Array) -> None:
    """sum(|x|**p) ** (1/p); relative to the largest |x| where the powers might overflow."""
    p = stage.pool.p
    padded = np.abs(padded)
    if p == 1:
        out[...] = stage.reduce(np.add, padded)
        return
    if p == 2 and result_float(stage.input.dtype) != FLOAT64:
        out[...] = np.sqrt(stage.reduce(np.add, padded * padded))
        return
    largest = stage.reduce(np.maximum, padded)
    scale = np.where((largest > 0) & np.isfinite(largest), largest, 1)
    total = np.zeros_like(largest)
    for view in views(padded, stage.elements, out.shape[:3]):
        total += (view / scale) ** p
    out[...] = scale * total ** (1 / p)


def _medians(stage: PoolStage, padded: Array, part: Part, out: Array) -> None:
    medians_into(padded, stage.elements, stage.counts(part), out)


def skipping(
    stage: PoolStage,
    summing: PoolStage,
    counting: PoolStage,
    band: Array,
    there: Array,
    top: int,
    first: int,
    last: int,
) -> tuple[Array, Array]:
    """The values of windows of which some elements are missing, and the share that is there."""
    counts = run_band(counting, there.view(np.uint8), top, first, last).astype(FLOAT64)
    inside, mode = stage.elements.counts(first, last, padding=False), stage.pool.mode
    if mode in ("max", "min", "median"):
        band = np.where(there, band, -np.inf if mode == "max" else np.inf)
    if mode == "mean":
        sums = run_band(summing, band, top, first, last).astype(FLOAT64)
        padding = (
            0
            if not stage.pool.count_include_pad
            else (stage.elements.counts(first, last, padding=True) - inside)
        )
        values = sums / np.maximum(counts + padding, 1)
    elif mode == "median":
        values = np.empty(counts.shape, stage.output.dtype)
        left, here = values, counts.astype(np.intp)
        for part in stage.grid.parts(first, last):
            places, number = left[: part.height], here[: part.height]
            left, here = left[part.height :], here[part.height :]
            padded = stage.padded(band, top, part)
            shape = *part.shape, *places.shape[1:]
            medians_into(padded, stage.elements, number.reshape(shape), places.reshape(shape))
    else:
        values = run_band(stage, band, top, first, last)
    return values, counts / inside


def _of_the_image(pool: "Pool", dtype: DType, counts: set[int]) -> tuple[DType, DType]:
    return dtype, dtype


def _of_a_median(pool: "Pool", dtype: DType, counts: set[int]) -> tuple[DType, DType]:
    """The middle one of an odd number of elements, or the mean of the middle two."""
    return dtype, result_float(dtype) if any(n % 2 == 0 for n in counts) else dtype


def _of_sums(pool: "Pool", dtype: DType, counts: set[int]) -> tuple[DType, DType]:
    count = max(counts)
    if not is_integer(dtype):
        narrow = dtype == FLOAT32 and count <= MOST_IN_FLOAT32
        return FLOAT32 if narrow else FLOAT64, result_float(dtype)
    bound = peak(dtype) * count
    return sum_type(bound), result_of_sums(dtype, bound, divided=pool.mode == "mean")


def _of_norms(pool: "Pool", dtype: DType, counts: set[int]) -> tuple[DType, DType]:
    if not is_integer(dtype):
        return FLOAT64, result_float(dtype)
    bound = peak(dtype) * max(counts) ** (1 / pool.p)
    return FLOAT64, result_of_sums(dtype, bound, divided=False)


def _lowest(dtype: DType) -> float:
    return -np.inf if dtype.kind == "f" else limits(dtype)[0]


def _highest(dtype: DType) -> float:
    return np.inf if dtype.kind == "f" else limits(dtype)[1]


def _zero(dtype: DType) -> float:
    return 0


Merge = Callable[[PoolStage, Array, Part, Array], None]
"""(stage, what windows lie on, which windows these are, where their values go)"""


class Mode(NamedTuple):
    """One way to merge a window."""

    merge: Merge
    fill: Callable[[DType], float]
    """The value of padded elements that leaves the result as it is."""
    types: Callable[["Pool", DType, set[int]], tuple[DType, DType]]
    """The type in which windows are merged, and that of the result, by the image's and the numbers
    of elements that windows have."""
    adds: bool = False
    """Whether a sum may pass float32's range."""


MODES: dict[PoolMode, Mode] = {
    "max": Mode(_reduced(np.maximum), _lowest, _of_the_image),
    "min": Mode(_reduced(np.minimum), _highest, _of_the_image),
    "mean": Mode(_mean, _zero, _of_sums, adds=True),
    "sum": Mode(_reduced(np.add), _zero, _of_sums, adds=True),
    "median": Mode(_medians, _highest, _of_a_median),  # padded elements are sorted to the end
    "lp": Mode(_norm, _zero, _of_norms),
}
"""The pool modes, a row each; `inspect.steps.pool` explains them."""
