"""Pooling: the array function, and the stage that runs it on a band."""

from collections.abc import Callable
from copy import copy
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ..core.border import extend, rows_needed
from ..core.choices import ALPHAS, POOL_MODES, Alpha, Missing, PoolMode
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
from ..core.errors import ConvtoolError
from ..core.geometry import Window, place
from ..core.image import Header, check_image
from ..core.validation import (
    PaddingLike,
    Pair,
    PairLike,
    check_flag,
    check_number,
    check_word,
    padding_words,
    pair,
    pair_words,
    sides,
)
from ..methods.loops.band import input_for
from ..methods.loops.merged import merge_into
from .base import Laid, Operator, Sum, over_array, run_band, sampled, with_alpha
from .median import medians_into, medians_of
from .missing import MissingStage, check_missing, check_rule
from .weighted import Share, WeightedStage, product_type

MOST_BITS = 64
"""A window has fewer than 2**64 elements: divided by that, their sum is in float64's range."""


def pool2d(
    image: npt.ArrayLike,
    size: PairLike = 2,
    mode: PoolMode = "max",
    *,
    stride: PairLike | None = None,
    padding: PaddingLike = 0,
    dilation: PairLike = 1,
    ceil_mode: bool = False,
    count_include_pad: bool = False,
    p: float = 2,
    alpha: Alpha | None = None,
    missing: Missing = "propagate",
    min_valid: float = 0.0,
    threads: int | None = None,
) -> Array:
    """Merge each window of an image into one value.

    >>> pool2d([[1, 2, 5, 6], [3, 4, 7, 8]], 2, "mean")
    array([[2.5, 6.5]])

    Parameters
    ----------
    image : array of shape (H, W) or (H, W, C); bool, any integer or float type
    size : int or (rows, cols), from 1; the window
    mode : "max", "min", "mean", "sum", "median" or "lp"
        "lp" is the p-norm of the window, ``sum(|x|**p) ** (1 / p)``
    stride : int or (rows, cols), from 1; default: the window's size
    padding : as for `conv2d`. A padded element never wins a max or min, counts in no median,
        adds nothing to a sum or norm, and is not counted in a mean unless asked.
    dilation : int or (rows, cols), from 1; step from element to element in a window
    ceil_mode : keep a last window that does not fit, unless it would start in the end padding
    count_include_pad : divide a mean by the window's elements in image and padding, not by
        those in the image alone (what ceil_mode adds past the padding is never counted)
    p : number from 1; for mode "lp"
    alpha : what the last channel is: "weight": alpha, by which each pixel is weighted, so that what
        is transparent has no colour to give (mean and sum only); "keep": alpha, carried along from
        the pixel in the middle; "channel", and None: a channel like the others
    missing : what is done where floats are NaN, which marks what is missing: "propagate": a window
        with one has no value, NaN; "skip": the others are merged; "zero": it counts as 0
    min_valid : from 0 to 1; the least share of a window that has values under "skip"
    threads : how many to use, as for `conv2d`

    Returns
    -------
    array of shape (H', W') or (H', W', C)
        max, min and median in the image's type, a median over an even number of elements as a
        float; mean, sum and lp as floats, typed as by `conv2d`. NaN in a window gives NaN.

    Raises
    ------
    ConvtoolError
        on an argument out of its range, where no window fits into the image, and where
        padding is so wide that a window would hold no pixel

    The corners of these rules are those of ONNX's MaxPool, AveragePool and LpPool, and of
    PyTorch's max_pool2d and avg_pool2d.
    """
    pixels = check_image(image)
    operator = Pool(
        size,
        mode,
        stride=stride,
        padding=padding,
        dilation=dilation,
        ceil_mode=ceil_mode,
        count_include_pad=count_include_pad,
        p=p,
        alpha=alpha,
        missing=missing,
        min_valid=min_valid,
    )
    result = over_array(operator.bind(with_alpha(Header.of_array(pixels), alpha)), pixels, threads)
    return result[..., 0] if np.ndim(image) == 2 else result


class Pool(Operator):
    """A pooling not yet bound to an image. Parameters as in `pool2d`."""

    def __init__(
        self,
        size: PairLike = 2,
        mode: PoolMode = "max",
        *,
        stride: PairLike | None = None,
        padding: PaddingLike = 0,
        dilation: PairLike = 1,
        ceil_mode: bool = False,
        count_include_pad: bool = False,
        p: float = 2,
        alpha: Alpha | None = None,
        missing: Missing = "propagate",
        min_valid: float = 0.0,
    ) -> None:
        self.size = pair(size, "size")
        self.mode = check_word("mode", mode, POOL_MODES)
        self.stride = self.size if stride is None else pair(stride, "stride")
        self.padding = sides(padding)
        self.dilation = pair(dilation, "dilation")
        self.ceil_mode = check_flag("ceil_mode", ceil_mode)
        self.count_include_pad = check_flag("count_include_pad", count_include_pad)
        self.p = check_number("p", p)
        if self.p < 1:
            raise ConvtoolError(f"p is {p}, expected 1 or more")
        weighs = mode in ("mean", "sum")
        self.alpha = "weight" if weighs else "channel"
        if alpha is not None:
            self.alpha = check_word("alpha", alpha, ALPHAS)
        if self.alpha == "weight" and not weighs:
            raise ConvtoolError(
                f"alpha is weight and mode is {mode}, which weights nothing: expected keep or "
                "channel, or mode mean or sum"
            )
        self.missing = check_rule(missing, min_valid)._replace(fill=True)
        self.dtype: DType | None = None
        """An integer type that weighted values are rounded to."""

    @property
    def label(self) -> str:
        """``pool max 3x3, stride 2``"""
        rows, cols = self.size
        found = [f"pool {self.mode} {rows}x{cols}"]
        if self.stride != self.size:
            found.append(f"stride {pair_words(self.stride)}")
        if self.padding != ((0, 0), (0, 0)):
            found.append(f"padding {padding_words(self.padding)}")
        if self.dilation != (1, 1):
            found.append(f"dilation {pair_words(self.dilation)}")
        if self.ceil_mode:
            found.append("ceil")
        return ", ".join(found)

    def bind(self, header: Header) -> "PoolStage | WeightedStage | MissingStage":
        """The stage for images of this description."""
        stage = self._stage(header)
        if not header.has_alpha or self.alpha != "weight":
            if self.missing.how == "propagate" or header.dtype.kind != "f":
                return stage
            colors = header._replace(channels=header.channels[: header.colors]).flat
            marked = colors._replace(dtype=np.dtype(np.uint8), white=None)
            sums = self._summing(colors), self._summing(marked)
            merge = partial(_skipping, self._stage(colors), *sums)
            return MissingStage(stage, self.missing, stage.window, merge)
        check_missing(self.missing, header)
        products = header.flat._replace(dtype=product_type(header.dtype), white=None)
        output = stage.output._replace(dtype=self.dtype or stage.output.dtype)
        return WeightedStage(stage, self._summing(products), output, stage.share)

    def _summing(self, header: Header) -> "PoolStage":
        """The stage that adds windows up."""
        other = copy(self)
        other.mode = "sum"
        return other._stage(header)

    def rounding(self, narrow: DType, wide: DType, header: Header) -> "Pool | None":
        """The same, rounding what it divides by a sum of alpha."""
        weighted = header.has_alpha and self.alpha == "weight"
        if not (weighted and header.dtype in (narrow, wide) and is_integer(header.dtype)):
            return None
        other = copy(self)
        other.dtype = narrow if self.mode == "mean" and header.dtype == narrow else wide
        return other

    def _stage(self, header: Header) -> "PoolStage":
        """The stage that pools each channel for itself, alpha where it is one."""
        window = place(
            (header.height, header.width),
            self.size,
            stride=self.stride,
            padding=self.padding,
            dilation=self.dilation,
            ceil_mode=self.ceil_mode,
        )
        if any(axis.has_empty_window() for axis in window):
            raise ConvtoolError(
                "padding and dilation are so wide that some windows hold no pixel of the image, "
                "expected less of either"
            )
        working, result = MODES[self.mode].types(self, header.dtype.newbyteorder("="), window)
        output = Header(window[0].output, window[1].output, header.channels, result, header.white)
        return PoolStage(self, header, output, window, working)


@dataclass(eq=False, repr=False)
class PoolStage:
    """A pooling bound to an image: rows are merged first, then columns."""

    pool: Pool
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
        return (Laid(self.window, "constant", "padding"),)

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


def _skipping(
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


def _of_the_image(pool: Pool, dtype: DType, window: Window) -> tuple[DType, DType]:
    return dtype, dtype


def _of_a_median(pool: Pool, dtype: DType, window: Window) -> tuple[DType, DType]:
    """The middle one of an odd number of elements, or the mean of the middle two."""
    counts = (n for axis in window for n in axis.different_counts(padding=False))
    return dtype, result_float(dtype) if any(n % 2 == 0 for n in counts) else dtype


def _of_sums(pool: Pool, dtype: DType, window: Window) -> tuple[DType, DType]:
    count = _most(window)
    if not is_integer(dtype):
        narrow = dtype == FLOAT32 and count <= MOST_IN_FLOAT32
        return FLOAT32 if narrow else FLOAT64, result_float(dtype)
    bound = peak(dtype) * count
    return sum_type(bound), result_of_sums(dtype, bound, divided=pool.mode == "mean")


def _of_norms(pool: Pool, dtype: DType, window: Window) -> tuple[DType, DType]:
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
    types: Callable[[Pool, DType, Window], tuple[DType, DType]]
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
