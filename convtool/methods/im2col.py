"""A layer as one matrix product: every window a row of pixels, every output channel a column."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..core.dtypes import Array, DType
from ..core.geometry import cut
from . import cost
from .base import Method, Task

STACK = 1 << 20
"""Values that are stacked at once."""


@dataclass(eq=False, repr=False)
class Im2col(Method):
    """All the channels out of a window come from one reading of its pixels."""

    task: Task
    input: DType
    sums_in: DType

    reason = "several channels out, which one matrix product makes from each window"
    blas = True

    @property
    def parameters(self) -> dict[str, str]:
        """The shape of the matrix and the type of the sums."""
        out = self.task.channels_out // self.task.groups
        return {"matrix": f"{self.task.taps}x{out}", "sums": str(self.sums_in)}

    @cached_property
    def _matrices(self) -> list[Array]:
        """For each group the weights as (kh * kw * in, out)."""
        groups = np.split(self.task.weights, self.task.groups)
        matrices = [g.transpose(2, 3, 1, 0).reshape(self.task.taps, -1) for g in groups]
        return [np.ascontiguousarray(matrix, self.sums_in) for matrix in matrices]

    @property
    def operations(self) -> float:
        """A multiplication and an addition for each weight."""
        return 2 * self.task.taps

    @property
    def cost(self) -> float:
        """The product, and the copies, which all channels out share."""
        task, size = self.task, self.sums_in.itemsize
        out = task.channels_out // task.groups
        scattered = cost.SCATTERED if task.window[1].stride > 1 else 1
        copies = task.taps * cost.COPY[size] * scattered + cost.SCATTERED * cost.COPY[size]
        return task.taps * cost.MATRIX[size] * (1 + cost.FEW_ROWS / out) + copies / out

    def sums(self, padded: Array, height: int) -> Array:
        task = self.task
        out = np.empty((height, task.width, task.channels_out), self.sums_in)
        planes = padded.transpose(2, 0, 1).astype(self.sums_in, order="C")
        inside, outside = task.weights.shape[1], task.channels_out // task.groups
        for group, matrix in enumerate(self._matrices):
            part = planes[group * inside : (group + 1) * inside]
            sums = out[:, :, group * outside : (group + 1) * outside]
            rows_at_once = max(STACK // (task.taps * task.width), 1)
            for first, last in cut(height, rows_at_once):
                windows = self._windows(part, first, last)
                np.matmul(windows.transpose(0, 2, 1), matrix, out=sums[first:last])
        return out

    def _windows(self, planes: Array, first: int, last: int) -> Array:
        """The pixels of the windows in rows first..last - 1, as (rows, kh * kw * in, W')."""
        rows, cols = self.task.window
        channel, row, col = planes.strides
        top = planes[:, first * rows.stride :]
        count = last - first
        shape = count, rows.taps, cols.taps, len(planes), self.task.width
        strides = row * rows.stride, row * rows.dilation, col * cols.dilation, channel
        view = np.lib.stride_tricks.as_strided(
            top, shape, (*strides, col * cols.stride), writeable=False
        )
        return view.reshape(count, self.task.taps, self.task.width)


def candidates(task: Task) -> Iterator[Im2col]:
    """Layers."""
    if task.is_layer:
        yield Im2col(task, task.numbers.padded, task.numbers.narrowest_float)
