"""Weighted sliding sums along one axis: what the column and the row of a separable kernel do."""

from dataclasses import dataclass
from functools import cached_property
from math import comb

import numpy as np

from ..core.dtypes import Array, DType
from ..core.geometry import Axis
from . import cost
from .loops.strided import strided
from .loops.weighted_sum import WeightedSum


@dataclass(eq=False, repr=False)
class Correlate1D:
    """The weighted sums of the windows along dimension 0 or 1 of bands (n, P, C).

    By whichever is the least work of three ways: sums of neighbours, taken n times, for the
    binomial weights 1 n ... n 1; one call of `numpy.einsum`, row by row; or a pass for each weight.
    """

    weights: Array
    axis: Axis
    along: int
    channels: int
    dtype: DType

    @cached_property
    def _passes(self) -> WeightedSum:
        return WeightedSum.of(self.weights.tolist(), skip_zeros=True)

    @cached_property
    def _times(self) -> float | None:
        """What the weights are times the binomial ones of their number; None if they are not."""
        order = len(self.weights) - 1
        if order == 0 or self.axis.stride > 1:
            return None
        times, *rest = self.weights.tolist()
        if any(weight != times * comb(order, k) for k, weight in enumerate(rest, 1)):
            return None
        return float(times)

    @cached_property
    def _costs(self) -> dict[str, float]:
        """The estimated cost of each way that there is, for a value of the band."""
        size = self.dtype.itemsize
        passes = self._passes
        scattered = cost.SCATTERED if self.along == 1 and self.axis.stride > 1 else 1
        costs = {
            "passes": scattered
            * cost.of_passes(self.dtype, passes.additions, passes.multiplications)
        }
        step = self.axis.dilation * self.channels
        if self.along == 0 or (self.axis.stride == 1 and step > 1):
            costs["at once"] = cost.COPY[size] + len(self.weights) * cost.MULTIPLY_ADD[size]
        if self._times is not None:
            costs["pairs"] = cost.of_passes(self.dtype, self.axis.taps - 1, self._times != 1)
        return costs

    @property
    def _way(self) -> str:
        return min(self._costs, key=self._costs.__getitem__)

    @property
    def cost(self) -> float:
        """Estimated nanoseconds for a value, see `cost`."""
        return self._costs[self._way]

    @property
    def operations(self) -> float:
        """Additions and multiplications for a value."""
        match self._way:
            case "pairs":
                return self.axis.taps - 1 + (self._times != 1)
            case "at once":
                return 2 * self.axis.taps
        return self._passes.additions + self._passes.multiplications

    def sums(self, values: Array, count: int) -> Array:
        """The sums of `count` windows, in the shape of `values` except in the one dimension."""
        match self._way:
            case "pairs":
                return self._pairs(values, count)
            case "at once":
                return self._at_once(values, count)
        return self._one_by_one(values, count)

    def _pairs(self, values: Array, count: int) -> Array:
        height, width, channels = values.shape
        plane = values.reshape(height, width * channels)
        step = self.axis.dilation * (1 if self.along == 0 else channels)
        plane = plane if self.along == 0 else plane.T
        for _ in range(self.axis.taps - 1):
            plane = np.add(plane[:-step], plane[step:])
        plane = plane if self.along == 0 else plane.T
        if self._times != 1:
            np.multiply(plane, self.weights[0].astype(self.dtype), out=plane)
        return plane.reshape(*self._shape(values, count))

    def _at_once(self, values: Array, count: int) -> Array:
        axis = self.axis
        row, col, item = values.strides
        out = np.empty(self._shape(values, count), self.dtype)
        lines = out.reshape(len(out), -1)
        weights = self.weights.astype(self.dtype)
        steps = (
            (row * axis.stride, row * axis.dilation)
            if self.along == 0
            else (row, col * axis.dilation)
        )
        shape = len(lines), axis.taps, lines.shape[1]
        np.einsum("t,rtc->rc", weights, strided(values, shape, (*steps, item)), out=lines)
        return out

    def _one_by_one(self, values: Array, count: int) -> Array:
        axis, channels = self.axis, self.channels
        taps = range(axis.taps)
        if self.along == 0:
            rows = values.reshape(len(values), -1)
            parts = [rows[axis.taken(tap, count)] for tap in taps]
        elif axis.stride == 1:
            plane, step = values.reshape(len(values), -1), axis.dilation * channels
            parts = [plane[:, tap * step : tap * step + count * channels] for tap in taps]
        else:
            planes = values.transpose(2, 0, 1)
            sums = self._passes.of_arrays(
                [planes[:, :, axis.taken(tap, count)] for tap in taps], self.dtype
            )
            return sums.transpose(1, 2, 0)
        return self._passes.of_arrays(parts, self.dtype).reshape(self._shape(values, count))

    def _shape(self, values: Array, count: int) -> tuple[int, int, int]:
        height, width, channels = values.shape
        return (count, width, channels) if self.along == 0 else (height, count, channels)
