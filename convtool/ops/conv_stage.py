"""The stage that runs a convolution on a band."""

from collections.abc import Iterator
from contextlib import nullcontext
from functools import partial
from itertools import product
from typing import Any, NamedTuple

import numpy as np

from ..core.choices import Border
from ..core.dtypes import (
    EXACT_IN_FLOAT32,
    EXACT_IN_FLOAT64,
    FLOAT32,
    FLOAT64,
    Array,
    DType,
    is_integer,
)
from ..core.engine import compiled, rows_of
from ..core.geometry import LARGEST_PIECE, cut, piece, stack
from ..core.image import Header
from ..core.rounding import divide, saturate
from ..core.slices import Grid, Part
from ..core.threads import one_blas_thread
from ..core.validation import Pair
from ..methods import planner
from ..methods.accumulators import Arithmetic
from ..methods.base import Method, Task
from ..methods.direct import careful, local
from ..methods.loops.band import Rounding
from ..methods.planner import Plan
from .base import Laid, Sum
from .ties import round_at_once, round_sums

MOST_BITS = 1020
"""Sums below 2**MOST_BITS are in float64's range, however they are added up."""

EVEN = {4: 1e6, 8: 1e2}
"""By the bytes of a result: how many times the largest pixel of one window that of another may be,
where errors are relative to the largest of all. They stay below 1e-5 and 1e-12 of its products."""


class ConvStage(NamedTuple):
    """A convolution bound to an image."""

    input: Header
    output: Header
    task: Task
    plan: Plan
    divisor: float
    bias: Array
    """One number, or one for each output of a layer."""
    border: Border
    fill: Any
    """A number, or one for each channel."""

    @property
    def carries_alpha(self) -> bool:
        """Whether the last channel is sampled and not convolved."""
        return self.task.channels < len(self.input.channels)

    @property
    def grid(self) -> Grid:
        """Where the windows stand."""
        return Grid(self.task.depth, *self.task.window, self.border)

    @property
    def laid(self) -> tuple[Laid, ...]:
        """The window under the kernel."""
        outside: str = self.border
        if self.border == "constant":
            outside += f" {self.fill:.0f}" if float(self.fill).is_integer() else f" {self.fill:g}"
        rows, cols = self.task.window
        return (Laid(self.grid, outside, (rows.center, cols.center)),)

    @property
    def sums(self) -> tuple[Sum, ...]:
        """One for each value of the map."""
        task, plan = self.task, self.plan
        values = self.output.values
        return (Sum(task.weights.size, task.taps, values, plan.method, plan.loops),)

    def carried_from(self, row: int, col: int) -> Pair | None:
        """The pixel under the anchor, if alpha is carried along."""
        if not self.carries_alpha:
            return None
        return self.grid.center(row, col)

    def rows_needed(self, first: int, last: int) -> Pair:
        """The input rows under the output rows first..last - 1: border sources, alpha's rows."""
        start, stop = self.grid.rows_needed(first, last)
        if self.carries_alpha:
            centers = self.grid.centers(first, last)
            start, stop = min(start, centers[0]), max(stop, centers[-1] + 1)
        return start, stop

    def run(self, band: Array, top: int, first: int, out: Array) -> None:
        """Write the output rows from `first` on; alpha is sampled and not convolved."""
        last = first + len(out)
        if self.carries_alpha:
            out[..., -1] = self.grid.sampled(band[..., -1], top, first, last)
        band, out = band[..., : self.task.channels], out[..., : self.task.channels_out]
        for part in self.grid.parts(first, last):
            rows, out = out[: part.height], out[part.height :]
            self._run_part(band, top, part, rows.reshape(*part.shape, *rows.shape[1:]))

    def _run_part(self, band: Array, top: int, part: Part, out: Array) -> None:
        """Write the same rows of some slices, (slices, rows, W', C'), a piece at a time."""
        for slices, rows, cols in self._pieces(part.shape):
            here = Part(
                (part.slices[0] + slices[0], part.slices[0] + slices[1]),
                (part.rows[0] + rows[0], part.rows[0] + rows[1]),
            )
            lying = _Lying(self, band, top, here, cols)
            place = out[slice(*slices), slice(*rows), slice(*cols)]
            if self.plan.chosen.tile is None or not self._convolve_at_once(lying, place):
                for number, one in enumerate(place):
                    self._convolve(lying, number, one)

    def _pieces(self, shape: Pair) -> Iterator[tuple[Pair, Pair, Pair]]:
        """Slices, rows and columns of windows to compute together, of so many slices and rows."""
        rows, cols = self.task.window
        tile = self.plan.chosen.tile
        if tile is not None:
            counts = zip((*shape, cols.output), tile, strict=True)
            yield from product(*(cut(*count) for count in counts))
            return
        under = self.task.depth.extent * self.task.channels
        for upper, lower in cut(shape[1], stack(self.task.window, under)):
            start, stop = rows.span(upper, lower)
            for left, right in cut(cols.output, piece(stop - start, cols, under)):
                begin, end = cols.span(left, right)
                some = self._slices_at_once((stop - start) * (end - begin))
                for slices in cut(shape[0], some):
                    yield slices, (upper, lower), (left, right)

    def _slices_at_once(self, pixels: int) -> int:
        """How many slices of windows share the slices of so many pixels that are cut out."""
        depth = self.task.depth
        if depth.taps == 1:
            return 1
        most = LARGEST_PIECE // (pixels * self.task.channels)
        return max((most - depth.extent) // depth.stride + 1, 1)

    def _convolve_at_once(self, lying: "_Lying", out: Array) -> bool:
        """Write the output of all slices of windows; False where pixels are too different."""
        method = self.plan.chosen
        padded = lying.all(method.input)
        moderate = self.task.numbers.finite or _is_moderate(padded)
        if not moderate or not (method.local or self._is_even(padded)):
            return False
        for number, sums in enumerate(method.sums_of_slices(padded, out.shape[1])):
            self._finish(method, lying.under(number, method.input), out[number], sums)
        return True

    def _convolve(self, lying: "_Lying", number: int, out: Array) -> None:
        """Write the output of one slice of windows."""
        task, method = self.task, self.plan.chosen
        if out.shape[1] != task.width:
            task = task.narrowed(out.shape[1])
            method = planner.plan(task, self.plan.method).chosen
        with one_blas_thread() if method.blas else nullcontext():
            padded = lying.under(number, method.input)
            if task.numbers.finite or lying.is_moderate(number, method.input):
                if not (method.local or self._is_even(padded)):
                    method = local(task, method.input)
                if self._finish(method, padded, out):
                    return
        method = careful(task)
        self._finish(method, lying.under(number, method.input), out)

    def _is_even(self, padded: Array) -> bool:
        """Whether the largest pixel's rounding is nothing beside the largest of any window.

        Instead of in every window, it is looked for in blocks so small that each window has one.
        """
        if self.task.numbers.finite and self.input.dtype.itemsize <= 2:
            return True
        rows, cols = (max(axis.extent // 2, 1) for axis in self.task.window)
        high, wide = len(padded) // rows, padded.shape[1] // cols
        sizes = np.abs(padded[: high * rows, : wide * cols])
        lines = sizes.reshape(high, rows, -1).max(axis=1)
        blocks = lines.reshape(high, wide, cols, -1).max(axis=2)
        smallest = blocks.min(where=blocks > 0, initial=np.inf)
        return bool(np.abs(padded).max() <= smallest * EVEN[self.task.numbers.result.itemsize])

    def _finish(self, method: Method, padded: Array, out: Array, sums: Array | None = None) -> bool:
        """sums / divisor + bias into `out`; False where float32 cannot tell how to round many.

        The sums are those of the method, unless they are known already.
        """
        divisor, bias, numbers = self.divisor, self.bias, method.task.numbers
        done = None if np.any(bias) else self._at_once(method, padded, out)
        if done is not None:
            return done
        sums = method.sums(padded, len(out)) if sums is None else sums
        if numbers.exact:
            self._finish_exact(sums, numbers, out)
            return True
        in_float32 = sums.dtype == FLOAT32 and not numbers.whole
        values = sums if in_float32 else sums.astype(FLOAT64, copy=False)
        if divisor != 1:
            values /= divisor
        if not numbers.finite and not (in_float32 or np.isfinite(values).all()):
            self._without_overflow(method, padded, values)
        if np.any(bias):
            values += bias
        if numbers.rounded and in_float32:
            return round_sums(method, padded, values, divisor, bias, out)
        if numbers.rounded:
            out[...] = saturate(values, out.dtype)
        else:
            np.copyto(out, values, casting="unsafe")
        return True

    def _without_overflow(self, method: Method, padded: Array, values: Array) -> None:
        """Sums / divisor once more where sums passed float64's range, and the values may not."""
        largest = np.abs(padded).max(initial=0, where=np.isfinite(padded))
        weights = np.abs(method.task.weights.astype(FLOAT64)).sum()
        if np.log2(max(largest, 1)) + np.log2(max(weights, 1)) < MOST_BITS:
            return
        sums = method.sums(np.ldexp(padded, -MOST_BITS), len(values))
        smaller = np.ldexp(sums / self.divisor, MOST_BITS)
        np.copyto(values, smaller, where=~np.isfinite(values))

    def _at_once(self, method: Method, padded: Array, out: Array) -> bool | None:
        """`_finish` without a bias, if the method can do it as it goes; None if it cannot."""
        numbers, rows = method.task.numbers, rows_of(out)
        if rows is None or not method.compiled:
            return None
        if numbers.rounded and not numbers.whole:
            in_float32 = numbers.working == FLOAT32
            return round_at_once(method, padded, self.divisor, out) if in_float32 else None
        as_they_are = self.divisor == 1 and (numbers.exact or not numbers.rounded)
        if as_they_are and method.sums_into(padded, rows) is not None:
            return True
        if not numbers.exact and not numbers.whole and out.dtype == numbers.working:
            found = method.sums_into(padded, rows, Rounding(self.divisor))
            return None if found is None else True
        largest = EXACT_IN_FLOAT64 if numbers.rounded else EXACT_IN_FLOAT32
        fits = numbers.rounded or out.dtype == numbers.result
        if not numbers.exact or not fits or abs(self.divisor) > largest:
            return None
        found = method.sums_into(padded, rows, Rounding(self.divisor))
        return None if found is None else True

    def _finish_exact(self, sums: Array, numbers: Arithmetic, out: Array) -> None:
        """Whole sums, divisor and bias: one division makes the only rounding."""
        divisor, bias = self.divisor, self.bias
        if np.any(bias):
            sums = sums + (bias * divisor).astype(sums.dtype)
        if numbers.rounded and is_integer(sums.dtype):
            divide(sums, int(divisor), out)
            return
        if out.dtype == numbers.result and abs(divisor) <= EXACT_IN_FLOAT32:
            np.copyto(out, sums, casting="unsafe")
            if divisor != 1:
                out /= divisor
            return
        values = sums.astype(FLOAT64) / divisor
        if numbers.rounded:
            values = saturate(values, out.dtype)
        np.copyto(out, values, casting="unsafe")


class _Lying:
    """What some slices of windows lie on."""

    def __init__(self, stage: ConvStage, band: Array, top: int, part: Part, windows: Pair) -> None:
        self._depth, self._part = stage.task.depth, part
        self._cut = partial(
            stage.grid.padded, band, top, part, stage.task.window[1].span(*windows), stage.fill
        )
        self._held: dict[DType, Array] = {}
        self._moderate: dict[DType, bool] = {}

    def all(self, dtype: DType) -> Array:
        """What all of these windows lie on, in a type: (n, P, C)."""
        if dtype not in self._held:
            self._held[dtype] = self._cut(dtype)
        return self._held[dtype]

    def under(self, number: int, dtype: DType) -> Array:
        """What the windows of one of the slices lie on."""
        padded, depth = self.all(dtype), self._depth
        slices = depth.span(0, self._part.shape[0])
        rows = len(padded) // (slices[1] - slices[0])
        start = number * depth.stride * rows
        return padded[start : start + depth.extent * rows]

    def is_moderate(self, number: int, dtype: DType) -> bool:
        """Whether sums of what windows of one of the slices lie on are far from both ends of float.

        All is looked at once; if that is not moderate, what lies under the slice is.
        """
        if dtype not in self._moderate:
            self._moderate[dtype] = _is_moderate(self._held[dtype])
        return self._moderate[dtype] or _is_moderate(self.under(number, dtype))


def _is_moderate(padded: Array) -> bool:
    """Whether all pixels are finite, and so far from both ends of float that sums are too."""
    largest = 2.0**64 if padded.dtype == FLOAT32 else 2.0**512
    loops = compiled()
    if loops and padded.flags.c_contiguous:
        peak = loops.peak(padded.reshape(-1))
    else:
        peak = max(padded.max(), -padded.min())  # NaN, if there is any, is the largest of all
    return bool(peak == 0 or 1 / largest < peak < largest)
