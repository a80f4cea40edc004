"""Pooling: the array function, and the stage that runs it on a band."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from .arguments import (
    PaddingLike,
    Pair,
    PairLike,
    check_flag,
    check_number,
    check_word,
    pair,
    sides,
)
from .border import extend, rows_needed
from .errors import ConvtoolError
from .geometry import Axis, Window, cut, place
from .image import Header, check_image
from .precision import (
    FLOAT64,
    Array,
    DType,
    is_integer,
    peak,
    result_float,
    result_of_sums,
    sum_type,
)
from .stage import over_array
from .words import POOL_MODES, PoolMode

LARGEST_STACK = 2**22
"""The most elements of windows that a median sorts at once."""


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
    )
    result = over_array(operator.bind(Header.of_array(pixels)), pixels)
    return result[..., 0] if np.ndim(image) == 2 else result


class Pool:
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

    def bind(self, header: Header) -> "PoolStage":
        """The stage for images of this description."""
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
        counts = [axis.counts(padding=False) for axis in window]
        sums, result = self._types(header.dtype, [max(count) for count in counts])
        if self.mode == "median" and any(n % 2 == 0 for count in counts for n in set(count)):
            result = result_float(header.dtype)
        output = Header(window[0].output, window[1].output, header.channels, result, header.white)
        return PoolStage(self, header, output, window, sums)

    def _types(self, dtype: DType, largest: list[int]) -> tuple[DType, DType]:
        """(the type to add up in, the type of the result)"""
        if self.mode in ("max", "min", "median"):
            return dtype, dtype
        if not is_integer(dtype):
            return FLOAT64, result_float(dtype)
        count = largest[0] * largest[1]
        bound = peak(dtype) * (count if self.mode != "lp" else count ** (1 / self.p))
        result = result_of_sums(dtype, bound, divided=self.mode == "mean")
        return (FLOAT64 if self.mode == "lp" else sum_type(bound)), result


@dataclass(frozen=True)
class PoolStage:
    """A pooling bound to an image: rows are merged first, then columns."""

    pool: Pool
    input: Header
    output: Header
    window: Window
    sums: DType

    def rows_needed(self, first: int, last: int) -> Pair:
        """The input rows under the output rows first..last - 1."""
        return rows_needed(*self.window[0].span(first, last), self.input.height, "constant")

    def run(self, band: Array, top: int, first: int, last: int) -> Array:
        """Output rows first..last - 1; alpha is pooled like any channel."""
        rows, cols = self.window
        spans = rows.span(first, last), cols.span(0, cols.output)
        padded = extend(band, top, self.input.height, *spans, "constant", self._fill, self.sums)
        values = self._merge(padded, first, last)
        return values.astype(self.output.dtype, copy=False)

    @property
    def _fill(self) -> float:
        """The value of padded elements that leaves the mode's result as it is."""
        lowest: Any
        highest: Any
        match self.input.dtype.kind:
            case "b":
                lowest, highest = False, True
            case "f":
                lowest, highest = -np.inf, np.inf
            case _:
                limits = np.iinfo(self.input.dtype)
                lowest, highest = limits.min, limits.max
        # A median sorts its window: padded elements go last, where they are not looked for.
        fills = {"max": lowest, "min": highest, "median": highest}
        fill: float = fills.get(self.pool.mode, 0)
        return fill

    def _merge(self, padded: Array, first: int, last: int) -> Array:
        """Each window of the padded band as one value."""
        height = last - first
        match self.pool.mode:
            case "max":
                return self._reduce(np.maximum, padded, height)
            case "min":
                return self._reduce(np.minimum, padded, height)
            case "sum":
                return self._reduce(np.add, padded, height)
            case "mean":
                return self._mean(padded, first, last)
            case "median":
                return self._medians(padded, first, last)
            case "lp":
                return self._norm(padded, height)

    def _reduce(self, merge: np.ufunc, padded: Array, height: int) -> Array:
        """Merge the rows of each window, then its columns."""
        rows, cols = self.window
        merged = _merge_axis(merge, padded, rows, height)
        return _merge_axis(merge, merged.swapaxes(0, 1), cols, cols.output).swapaxes(0, 1)

    @cached_property
    def _counts(self) -> tuple[Array, Array]:
        """How many rows and how many columns of each window count: in a mean, in a median."""
        padding = self.pool.mode == "mean" and self.pool.count_include_pad
        rows, cols = (np.array(axis.counts(padding=padding)) for axis in self.window)
        return rows, cols

    def _elements(self, first: int, last: int) -> Array:
        """How many elements of each window count, shape (last - first, W', 1)."""
        rows, cols = self._counts
        return np.multiply.outer(rows[first:last], cols)[..., np.newaxis]

    def _mean(self, padded: Array, first: int, last: int) -> Array:
        sums = self._reduce(np.add, padded, last - first)
        wide = self.output.dtype if is_integer(self.input.dtype) else FLOAT64
        mean: Array = sums.astype(wide) / self._elements(first, last).astype(wide)
        return mean

    def _norm(self, padded: Array, height: int) -> Array:
        """sum(|x|**p) ** (1/p); relative to the largest |x| where the powers might overflow."""
        p = self.pool.p
        padded = np.abs(padded)
        if p == 1:
            return self._reduce(np.add, padded, height)
        if p == 2 and result_float(self.input.dtype) != FLOAT64:
            return np.sqrt(self._reduce(np.add, padded * padded, height))
        rows, cols = self.window
        largest = self._reduce(np.maximum, padded, height)
        scale = np.where((largest > 0) & np.isfinite(largest), largest, 1)
        total = np.zeros_like(largest)
        for i in range(rows.taps):
            for j in range(cols.taps):
                shifted = padded[rows.taken(i, height), cols.taken(j, cols.output)]
                total += (shifted / scale) ** p
        norm: Array = scale * total ** (1 / p)
        return norm

    def _medians(self, padded: Array, first: int, last: int) -> Array:
        """The medians, of so few rows at a time that their windows' elements fit into memory."""
        rows, cols = self.window
        elements = rows.taps * cols.taps * cols.output * padded.shape[2]
        height = max(1, LARGEST_STACK // elements)
        parts = []
        for start, stop in cut(last - first, height):
            top = start * rows.stride
            part = padded[top : top + (stop - start - 1) * rows.stride + rows.extent]
            parts.append(self._median(part, first + start, first + stop))
        return np.concatenate(parts)

    def _median(self, padded: Array, first: int, last: int) -> Array:
        rows, cols = self.window
        windows = np.stack(
            [
                padded[rows.taken(i, last - first), cols.taken(j, cols.output)]
                for i in range(rows.taps)
                for j in range(cols.taps)
            ],
            axis=-1,
        )
        windows.sort(axis=-1)
        counts = self._elements(first, last)[..., np.newaxis]
        lower = np.take_along_axis(windows, (counts - 1) // 2, axis=-1)[..., 0]
        upper = np.take_along_axis(windows, counts // 2, axis=-1)[..., 0]
        if self.output.dtype == self.input.dtype and not np.any(counts % 2 == 0):
            median = lower
        else:
            wide = np.float64 if is_integer(self.input.dtype) else self.output.dtype
            lower, upper = lower.astype(wide), upper.astype(wide)
            median = np.where(lower == upper, lower, lower / 2 + upper / 2)
        if windows.dtype.kind == "f":
            median = np.where(np.isnan(windows[..., -1]), np.nan, median).astype(median.dtype)
        return median


def _merge_axis(merge: np.ufunc, values: Array, axis: Axis, count: int) -> Array:
    """Merge the `taps` elements of each of `count` windows along the first axis."""
    merged = values[axis.taken(0, count)].copy()
    for tap in range(1, axis.taps):
        merge(merged, values[axis.taken(tap, count)], out=merged)
    return merged
