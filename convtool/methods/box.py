"""Boxes: kernels whose weights are all the same."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..core.dtypes import Array, DType
from . import cost
from .base import Method, Task
from .loops.sliding import merges, slide


@dataclass(eq=False, repr=False)
class Box(Method):
    """Sums of 2, 4, 8, ... neighbours, each from two of the ones before.

    The cost grows with the logarithm of the box's sides, and a sum depends on the pixels of its
    window alone: other than with a running total, nothing is carried along the row.
    """

    task: Task
    input: DType

    reason = "all weights are the same, so sums of 2, 4, 8, ... neighbours add up to the window"

    @property
    def operations(self) -> float:
        """The additions down and along, and a multiplication unless the weight is 1."""
        rows, cols = self.task.window
        once = self.task.weights.flat[0] != 1
        passes = merges(rows, exact=True) * cols.stride + merges(cols, exact=True)
        return passes + int(once)

    @property
    def cost(self) -> float:
        """Passes."""
        scattered = cost.SCATTERED if self.task.window[1].stride > 1 else 1
        return cost.of_passes(self.input, self.operations, 0) * scattered

    def sums(self, padded: Array, height: int) -> Array:
        rows, cols = self.task.window
        merged = slide(np.add, padded, rows, height, 0)
        sums = slide(np.add, merged, cols, cols.output, 1)
        weight = np.asarray(self.task.weights.flat[0]).astype(self.input)
        return sums if weight == 1 else np.multiply(sums, weight, out=sums)


def candidates(task: Task) -> Iterator[Box]:
    """Kernels of one weight."""
    if not task.is_layer and np.all(task.weights == task.weights.flat[0]):
        yield Box(task, task.numbers.narrowest)
