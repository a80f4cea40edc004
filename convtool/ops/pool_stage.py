"""The stage that runs a pooling on a band, and the table of its modes."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ..core.border import extend, rows_needed
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
from ..core.geometry import Window
from ..core.image import Header
from ..core.validation import Pair
from ..methods.loops.band import input_for
from ..methods.loops.merged import merge_into
from .base import Laid, Sum, run_band, sampled
from .median import medians_into, medians_of
from .weighted import Share

if TYPE_CHECKING:
    from .pool import Pool

MOST_BITS = 64
"""A window has fewer than 2**64 elements: divided by that, their sum is in float64's range."""


@dataclass(eq=False, repr=False)
class PoolStage:
    """A pooling bound to an image: rows are merged first, then columns."""

    pool: "Pool"
    input: Header
    output: Header
    window: Window
    working: DType
    """The type in which windows are merged."""

    @property
    def carries_alpha(self) -> bool:
        """Whether the last channel is sampled and not pooled."""
        return self.input.has_alpha and self.pool.alpha == "keep"

    @property
    def laid(self) -> tuple[Laid, ...]:
        """The window that is merged."""
        rows, cols = self.window
        middle = (rows.extent - 1) / 2, (cols.extent - 1) / 2
        return (Laid(self.window, "constant", "padding", middle),)

    @property
    def sums(self) -> tuple[Sum, ...]:
        """None: a pooling has no weights."""
        return ()

    def carried_from(self, row: int, col: int) -> Pair | None:
        """The pixel in the middle of the window, if alpha is carried along."""
        if not self.carries_alpha:
            return None
        rows, cols = self.window
        return rows.centers(row, row + 1)[0], cols.centers(col, col + 1)[0]

    def rows_needed(self, first: int, last: int) -> Pair:
        """The input rows under the output rows first..last - 1."""
        return rows_needed(*self.window[0].span(first, last), self.input.height, "constant")

    def run(self, band: Array, top: int, first: int, out: Array) -> None:
        """Write the output rows from `first` on."""
        if self.carries_alpha:
            out[..., -1] = sampled(self.window, band[..., -1], top, first, len(out))
            out, band = out[..., :-1], band[..., :-1]
        self._merge(band, top, first, out)

    def padded(self, band: Array, top: int, first: int, last: int) -> Array:
        """What windows of the output rows from `first` on lie on."""
        rows, cols = self.window
        mode = MODES[self.pool.mode]
        spans = rows.span(first, last), cols.span(0, cols.output)
        fill = mode.fill(self.input.dtype)
        pixels = self.input.dtype.newbyteorder("=")
        taken = input_for(pixels, self.working) if mode.adds else self.working
        return extend(band, top, self.input.height, *spans, "constant", fill, taken)

    def _merge(self, band: Array, top: int, first: int, out: Array) -> None:
        """Write the output rows from `first` on of the channels that are pooled."""
        mode, last = MODES[self.pool.mode], first + len(out)
        padded = self.padded(band, top, first, last)
        mode.merge(self, padded, first, last, out)
        if mode.adds and self.working == FLOAT32 and not np.isfinite(out).all():
            # A sum that passes float32's range may still have a mean in it.
            replace(self, working=FLOAT64)._merge(band, top, first, out)
        elif self.pool.mode == "mean" and out.dtype == FLOAT64 and not np.isfinite(out).all():
            smaller = np.empty_like(out)
            mode.merge(self, np.ldexp(padded, -MOST_BITS), first, last, smaller)
            np.copyto(out, np.ldexp(smaller, MOST_BITS), where=~np.isfinite(out))

    def reduce(self, merge: np.ufunc, padded: Array, height: int) -> Array:
        """The windows of a band merged into one value each."""
        out = np.empty((height, self.window[1].output, padded.shape[2]), self.working)
        merge_into(merge, padded, self.window, self.working, out)
        return out

    @cached_property
    def counts(self) -> tuple[Array, Array]:
        """How many rows and how many columns of each window count: in a mean, in a median."""
        padding = self.pool.mode == "mean" and self.pool.count_include_pad
        rows, cols = (np.array(axis.counts(padding=padding)) for axis in self.window)
        return rows, cols

    def elements(self, first: int, last: int) -> Array:
        """How many elements of each window count, shape (last - first, W', 1)."""
        rows, cols = self.counts
        return np.multiply.outer(rows[first:last], cols)[..., np.newaxis]

    def inside(self, first: int, last: int) -> Array:
        """How many elements of each window lie in the image, shape (last - first, W', 1)."""
        rows, cols = (np.array(axis.counts(padding=False)) for axis in self.window)
        found: Array = np.multiply.outer(rows[first:last], cols)[..., np.newaxis]
        return found

    def share(self, first: int, last: int) -> Share:
        """What sums over these rows of windows are divided by where pixels have weights."""
        count = self.inside(first, last)
        if self.pool.mode == "sum":
            return Share(count, count, 1)
        if self.pool.count_include_pad:
            return Share(count, count, self.elements(first, last))
        return Share(count, 1, 1)

    @cached_property
    def full(self) -> int | None:
        """How many elements every window counts; None if some count fewer."""
        rows, cols = (set(counts.tolist()) for counts in self.counts)
        return rows.pop() * cols.pop() if len(rows) == len(cols) == 1 else None


def _reduced(merge: np.ufunc) -> "Merge":
    def reduced(stage: PoolStage, padded: Array, first: int, last: int, out: Array) -> None:
        merge_into(merge, padded, stage.window, stage.working, out)

    return reduced


def _mean(stage: PoolStage, padded: Array, first: int, last: int, out: Array) -> None:
    if stage.full is not None:
        merge_into(np.add, padded, stage.window, stage.working, out, stage.full)
        return
    sums = stage.reduce(np.add, padded, last - first).astype(FLOAT64)
    np.copyto(out, sums / stage.elements(first, last), casting="unsafe")


def _norm(stage: PoolStage, padded: Array, first: int, last: int, out: Array) -> None:
    """sum(|x|**p) ** (1/p); relative to the largest |x| where the powers might overflow."""
    p = stage.pool.p
    padded = np.abs(padded)
    height = last - first
    if p == 1:
        out[...] = stage.reduce(np.add, padded, height)
        return
    if p == 2 and result_float(stage.input.dtype) != FLOAT64:
        out[...] = np.sqrt(stage.reduce(np.add, padded * padded, height))
        return
    rows, cols = stage.window
    largest = stage.reduce(np.maximum, padded, height)
    scale = np.where((largest > 0) & np.isfinite(largest), largest, 1)
    total = np.zeros_like(largest)
    for i in range(rows.taps):
        for j in range(cols.taps):
            shifted = padded[rows.taken(i, height), cols.taken(j, cols.output)]
            total += (shifted / scale) ** p
    out[...] = scale * total ** (1 / p)


def _medians(stage: PoolStage, padded: Array, first: int, last: int, out: Array) -> None:
    rows, cols = stage.counts
    medians_into(padded, stage.window, (rows[first:last], cols), out)


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
    inside, mode = stage.inside(first, last), stage.pool.mode
    if mode in ("max", "min", "median"):
        band = np.where(there, band, -np.inf if mode == "max" else np.inf)
    if mode == "mean":
        sums = run_band(summing, band, top, first, last).astype(FLOAT64)
        padding = stage.elements(first, last) - inside
        values = sums / np.maximum(counts + padding, 1)
    elif mode == "median":
        values = np.empty(counts.shape, stage.output.dtype)
        padded = stage.padded(band, top, first, last)
        medians_of(padded, stage.window, counts.astype(np.intp), values)
    else:
        values = run_band(stage, band, top, first, last)
    return values, counts / inside


def _of_the_image(pool: "Pool", dtype: DType, window: Window) -> tuple[DType, DType]:
    return dtype, dtype


def _of_a_median(pool: "Pool", dtype: DType, window: Window) -> tuple[DType, DType]:
    """The middle one of an odd number of elements, or the mean of the middle two."""
    counts = (n for axis in window for n in axis.different_counts(padding=False))
    return dtype, result_float(dtype) if any(n % 2 == 0 for n in counts) else dtype


def _of_sums(pool: "Pool", dtype: DType, window: Window) -> tuple[DType, DType]:
    count = _most(window)
    if not is_integer(dtype):
        narrow = dtype == FLOAT32 and count <= MOST_IN_FLOAT32
        return FLOAT32 if narrow else FLOAT64, result_float(dtype)
    bound = peak(dtype) * count
    return sum_type(bound), result_of_sums(dtype, bound, divided=pool.mode == "mean")


def _of_norms(pool: "Pool", dtype: DType, window: Window) -> tuple[DType, DType]:
    if not is_integer(dtype):
        return FLOAT64, result_float(dtype)
    bound = peak(dtype) * _most(window) ** (1 / pool.p)
    return FLOAT64, result_of_sums(dtype, bound, divided=False)


def _most(window: Window) -> int:
    """Elements in the fullest window."""
    rows, cols = (max(axis.different_counts(padding=False)) for axis in window)
    return rows * cols


def _lowest(dtype: DType) -> float:
    return -np.inf if dtype.kind == "f" else limits(dtype)[0]


def _highest(dtype: DType) -> float:
    return np.inf if dtype.kind == "f" else limits(dtype)[1]


def _zero(dtype: DType) -> float:
    return 0


Merge = Callable[[PoolStage, Array, int, int, Array], None]
"""(stage, padded band, first and last row of the output, where they go)"""


class Mode(NamedTuple):
    """One way to merge a window."""

    merge: Merge
    fill: Callable[[DType], float]
    """The value of padded elements that leaves the result as it is."""
    types: Callable[["Pool", DType, Window], tuple[DType, DType]]
    """The type in which windows are merged, and that of the result."""
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
