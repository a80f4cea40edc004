"""Separable kernels: down the columns, then along the rows, instead of over every element."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..core.dtypes import EXACT_IN_FLOAT64, Array, DType, is_whole
from ..core.engine import compiled
from . import cost
from .base import Method, Task
from .correlate1d import Correlate1D
from .loops.band import Rounding, Taps, correlate, fits, input_for
from .loops.banded import banded, down
from .loops.factor import Factors, float_factors, whole_factors
from .loops.strided import strided

COPIES = 6
"""Copies that go with the two products: in between, and where the memory is less at hand."""

MOST_PAIRS = 2
"""Columns times rows that a kernel may be the sum of."""


@dataclass(eq=False, repr=False)
class Separable(Method):
    """A weighted sum down the columns, and one of these along the rows."""

    task: Task
    input: DType
    factors: Factors

    @property
    def reason(self) -> str:
        """How many columns times rows the kernel is."""
        if len(self.factors) == 1:
            return "the kernel is a column times a row"
        return f"the kernel is the sum of {len(self.factors)} columns times rows"

    @property
    def parameters(self) -> dict[str, str]:
        """The columns and rows, and the type of the sums."""
        return {**described(self.factors), "sums": str(self.input)}

    @cached_property
    def _lines(self) -> list[tuple[Correlate1D, Correlate1D]]:
        """For each pair the column and the row."""
        rows, cols = self.task.window
        channels, dtype = self.task.channels, self.input
        return [
            (
                Correlate1D(column, rows, 0, channels, dtype),
                Correlate1D(row, cols, 1, channels, dtype),
            )
            for column, row in self.factors
        ]

    @property
    def operations(self) -> float:
        """Those of the rows, and of as many columns as a step along the row takes."""
        stride = self.task.window[1].stride
        return sum(stride * down.operations + along.operations for down, along in self._lines)

    @property
    def cost(self) -> float:
        """The same, and an addition for each pair but the first."""
        stride = self.task.window[1].stride
        total = sum(stride * down.cost + along.cost for down, along in self._lines)
        return total + (len(self.factors) - 1) * cost.ADD[self.input.itemsize]

    def sums(self, padded: Array, height: int) -> Array:
        total = None
        for column, row in self._lines:
            part = row.sums(column.sums(padded, height), self.task.width)
            total = part if total is None else np.add(total, part, out=total)
        assert total is not None
        return total


@dataclass(eq=False, repr=False)
class SeparableCompiled(Separable):
    """The column and the row in one go: a row's sums down the columns stay in the cache."""

    dtype: DType
    """That of the sums, to which pixels are widened a few rows at a time."""

    compiled = True

    @property
    def lines(self) -> tuple[Array, ...]:
        return _column_and_row(self.task, self.factors)

    @property
    def in_order(self) -> bool:
        """Whether there is one pair."""
        return len(self.factors) == 1

    @property
    def parameters(self) -> dict[str, str]:
        """The columns and rows, and the type of the sums."""
        return {**described(self.factors), "sums": str(self.dtype)}

    @property
    def operations(self) -> float:
        """A multiplication and an addition for each weight that is not 0."""
        return 2 * sum(int(np.count_nonzero(line)) for pair in self.factors for line in pair)

    @property
    def cost(self) -> float:
        """The same, and the sums' way to memory."""
        size = self.dtype.itemsize
        pairs = len(self.factors)
        return (
            pairs * cost.COPY[size]
            + self.operations / 2 * cost.COMPILED[size]
            + (pairs - 1) * cost.ADD[size]
        )

    @cached_property
    def _taps(self) -> list[tuple[Taps, Taps]]:
        """For each pair those of the column and those of the row."""
        rows, cols = self.task.window
        channels = self.task.channels
        row = ((self.task.width - 1) * cols.stride + cols.extent) * channels
        steps = rows.dilation * row, cols.dilation * channels
        return [
            (self._kept(column, steps[0]), self._kept(along, steps[1]))
            for column, along in self.factors
        ]

    def _kept(self, line: Array, step: int) -> Taps:
        """Those of weights that are not 0."""
        (kept,) = np.nonzero(line)
        return Taps(kept * step, line[kept].astype(self.dtype))

    def sums_into(self, padded: Array, rows: Array, rounding: Rounding | None = None) -> int | None:
        if not fits(self.dtype, rows, rounding) or (rounding and len(self._taps) > 1):
            return None
        flat = padded.reshape(-1)
        step = self.task.window[0].stride * padded[0].size
        first, *others = self._taps
        found = correlate(flat, rows, step, *first, rounding)
        for pair in others:
            part = np.empty_like(rows)
            correlate(flat, part, step, *pair, None)
            rows += part
        return found

    def sums(self, padded: Array, height: int) -> Array:
        rows = np.empty((height, self.task.width * self.task.channels), self.dtype)
        self.sums_into(padded, rows)
        return self.task.channels_last(rows, height)


@dataclass(eq=False, repr=False)
class SeparableToeplitz(Method):
    """A matrix product for the column and one for the row."""

    task: Task
    input: DType
    factors: Factors

    blas = True

    @property
    def lines(self) -> tuple[Array, ...]:
        return _column_and_row(self.task, self.factors)

    @property
    def reason(self) -> str:
        """How many columns times rows the kernel is."""
        return Separable(self.task, self.input, self.factors).reason + ", long enough for products"

    @property
    def parameters(self) -> dict[str, str]:
        """The columns and rows, the windows that are computed together, the type of the sums."""
        return {
            **described(self.factors),
            "rows at once": str(self._group),
            "columns at once": str(self._block),
            "sums": str(self.input),
        }

    @property
    def _group(self) -> int:
        """Windows down a column that one matrix makes."""
        return 16

    @property
    def _block(self) -> int:
        """Windows along a row that one matrix makes, the channels of each beside each other."""
        return max(-(-(self.task.window[1].extent + 16) // 32) * 16, 16)

    @property
    def _reach(self) -> int:
        """Values of a row that the matrix along the rows takes in."""
        cols = self.task.window[1]
        return ((self._block - 1) * cols.stride + cols.extent) * self.task.channels

    @cached_property
    def _matrices(self) -> list[tuple[Array, Array]]:
        """For each pair the matrix down, and the matrix along."""
        rows, cols = self.task.window
        eye = np.eye(self.task.channels)
        pairs = []
        for column, row in self.factors:
            by_channel = np.multiply.outer(row, eye)  # (taps, from channel, to channel)
            along = banded(by_channel, cols, self._block, self.input)
            along = along.transpose(1, 2, 0, 3)
            along = along.reshape(along.shape[0] * along.shape[1], -1)
            pairs.append((banded(column, rows, self._group, self.input), along))
        return pairs

    @property
    def operations(self) -> float:
        """A multiplication and an addition for each element of the matrices, zeros too."""
        rows, cols = self.task.window
        down = (self._group - 1) * rows.stride + rows.extent
        return 2 * len(self.factors) * (cols.stride * down + self._reach)

    @property
    def cost(self) -> float:
        """The products, and the copies in between."""
        size = self.input.itemsize
        products = self.operations / 2 * cost.MATRIX[size] * (1 + cost.FEW_ROWS / self._group)
        between = COPIES * cost.COPY[size] * len(self.factors)
        return products + between + (len(self.factors) - 1) * cost.ADD[size]

    def sums(self, padded: Array, height: int) -> Array:
        task, block = self.task, self._block
        channels, width = task.channels, task.width
        blocks = -(-width // block)
        reach = self._reach
        step = block * task.window[1].stride * channels
        plane = padded.reshape(len(padded), 1, -1)
        merged = np.zeros((height, max((blocks - 1) * step + reach, plane.shape[2])), self.input)
        total = None
        for matrix, along in self._matrices:
            down(matrix, plane, task.window[0].stride, merged[:, : plane.shape[2]])
            row, item = merged.strides
            windows = strided(merged, (height, blocks, reach), (row, step * item, item))
            part = windows.reshape(height * blocks, reach) @ along
            total = part if total is None else np.add(total, part, out=total)
        assert total is not None
        return total.reshape(height, blocks * block, channels)[:, :width]


def _column_and_row(task: Task, factors: Factors) -> tuple[Array, ...]:
    """The column and the row, if there is one pair; else the kernel."""
    return factors[0] if len(factors) == 1 else (task.weights,)


def described(factors: Factors) -> dict[str, str]:
    """Columns and rows in words."""
    return {
        "column": " + ".join(_numbers(column) for column, _ in factors),
        "row": " + ".join(_numbers(row) for _, row in factors),
    }


def _numbers(values: Array) -> str:
    """At most nine numbers, in brackets."""
    shown = [f"{value:.4g}" for value in values[:9].tolist()]
    return f"[{' '.join(shown)}{' ...' if len(values) > len(shown) else ''}]"


def candidates(task: Task) -> Iterator[Method]:
    """Kernels larger than 1 both ways that are a column times a row, or the sum of two."""
    if task.is_layer or min(task.weights.shape) < 2:
        return
    if is_whole(task.weights) and np.abs(task.weights.astype(float)).max() <= EXACT_IN_FLOAT64:
        factors = whole_factors(task.weights)
    else:
        factors = float_factors(task.weights, MOST_PAIRS)
    if factors is None:
        return
    if compiled() and task.window[1].stride == 1:
        dtype = task.numbers.narrowest
        yield SeparableCompiled(task, input_for(task.numbers.padded, dtype), factors, dtype)
    yield Separable(task, task.numbers.narrowest, factors)
    yield SeparableToeplitz(task, task.numbers.narrowest_float, factors)
