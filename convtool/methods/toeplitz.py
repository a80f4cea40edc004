"""The banded matrix product: any kernel, a group of output rows at a time."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..core.dtypes import Array, DType
from ..core.geometry import cut
from . import cost
from .base import Method, Task
from .loops.banded import banded, down
from .loops.strided import strided

GROUPS = (4, 8, 12, 16, 24)
"""Output rows that may be made together: more rows use each pixel more, and waste more zeros."""

STACK = 1 << 20
"""Values that are stacked at once: they stay in the cache until the product has used them."""

COLUMNS = 1 << 10
"""Columns of a stack."""


@dataclass(eq=False, repr=False)
class Toeplitz(Method):
    """For each row of pixels its kw shifted copies; the matrix takes it from there.

    A row is copied once, whatever the number of output rows that it goes into.
    """

    task: Task
    input: DType
    group: int
    sums_in: DType

    reason = "neighbouring windows share pixels, which a product with a banded matrix makes use of"
    blas = True

    @property
    def parameters(self) -> dict[str, str]:
        """The rows that are computed together, and the type of the sums."""
        return {"rows at once": str(self.group), "sums": str(self.sums_in)}

    @cached_property
    def _matrix(self) -> Array:
        """(group, positions * kw)"""
        matrix = banded(self.task.weights, self.task.window[0], self.group, self.sums_in)
        return matrix.reshape(self.group, -1)

    @property
    def operations(self) -> float:
        """A multiplication and an addition for each element of the matrix, zeros too."""
        rows, cols = self.task.window
        return 2 * cols.taps * ((self.group - 1) * rows.stride + rows.extent)

    @property
    def cost(self) -> float:
        """The product, dearer for few rows at once, and the copies."""
        rows, cols = self.task.window
        size = self.sums_in.itemsize
        copies = cols.taps * rows.stride * cost.COPY[size]
        scattered = cost.SCATTERED if cols.stride > 1 else 1
        product = cost.MATRIX[size] * (1 + cost.FEW_ROWS / self.group)
        return self.operations / 2 * product + copies * scattered

    def sums(self, padded: Array, height: int) -> Array:
        task = self.task
        rows, cols = task.window
        out = np.empty((height, task.width * task.channels), self.sums_in)
        step = cols.dilation * task.channels
        width = min(out.shape[1], COLUMNS)
        tall = max(STACK // (cols.taps * width) // self.group, 1) * self.group
        shifted = _shifted(padded, cols.taps, step, task.width, cols.stride)
        for left, right in cut(out.shape[1], width):
            for first, last in cut(height, tall):
                top = first * rows.stride
                bottom = (last - 1) * rows.stride + rows.extent
                stack = shifted[top:bottom, :, left:right].astype(self.sums_in, order="C")
                down(self._matrix, stack, rows.stride, out[first:last, left:right])
        return out.reshape(height, task.width, task.channels)


def _shifted(padded: Array, taps: int, step: int, width: int, stride: int) -> Array:
    """A band (n, P, C) as (n, taps, width * C): for each tap the values that lie under it."""
    n, _, channels = padded.shape
    row, col, item = padded.strides
    if stride == 1:
        return strided(padded, (n, taps, width * channels), (row, step * item, item))
    view = strided(padded, (n, taps, width, channels), (row, step * item, stride * col, item))
    return view.reshape(n, taps, width * channels)


def candidates(task: Task) -> Iterator[Toeplitz]:
    """Tasks whose channels do not mix."""
    if task.is_layer:
        return
    sums = task.numbers.narrowest_float
    for group in GROUPS:
        if group <= max(task.window[0].output, GROUPS[0]):
            yield Toeplitz(task, task.numbers.padded, group, sums)
