"""The definition itself: the image, shifted to each weight's place, times the weight, added up."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..core.dtypes import FLOAT64, Array, DType
from ..core.engine import compiled
from . import cost
from .base import Method, Task
from .loops.band import Rounding, Taps, correlate, fits, input_for
from .loops.strided import strided
from .loops.weighted_sum import WeightedSum


@dataclass(eq=False, repr=False)
class Direct(Method):
    """One pass over the band for each weight; equal weights are multiplied together."""

    task: Task
    input: DType
    skip_zeros: bool = True
    """Zero times NaN or infinity is NaN: a zero weight drops out only where neither can be."""

    reason = "the products are added up as they are defined, equal weights together"

    @cached_property
    def _sums(self) -> list[WeightedSum]:
        """The weighted sum of each channel out; one for all of them where channels do not mix."""
        task = self.task
        kernels = task.weights.reshape(len(task.weights), -1) if task.is_layer else [task.weights]
        return [WeightedSum.of(np.ravel(k).tolist(), skip_zeros=self.skip_zeros) for k in kernels]

    @property
    def operations(self) -> float:
        """For each weight an addition, for each different one a multiplication."""
        return sum(s.additions + s.multiplications for s in self._sums) / len(self._sums)

    @property
    def cost(self) -> float:
        """Passes; scattered ones where windows are apart or channels mix."""
        total = sum(
            cost.of_passes(self.input, s.additions, s.multiplications) for s in self._sums
        ) / len(self._sums)
        together = self.task.window[1].stride == 1 and not self.task.is_layer
        return total * (1 if together else cost.SCATTERED)

    def sums(self, padded: Array, height: int) -> Array:
        task = self.task
        views = list(task.views(padded, height))
        if not task.is_layer:
            return task.channels_last(self._sums[0].of_arrays(views, self.input), height)
        out = np.empty((task.channels_out, height, task.width), self.input)
        per_group = task.channels_out // task.groups
        for index, weighted in enumerate(self._sums):
            first = index // per_group * task.weights.shape[1]
            planes = [view[first + i] for i in range(task.weights.shape[1]) for view in views]
            out[index] = weighted.of_arrays(planes, self.input)
        return task.channels_last(out, height)


@dataclass(eq=False, repr=False)
class DirectEinsum(Method):
    """The same in one call, which goes row by row through all the weights.

    A row of the image and its sums stay in the fastest cache meanwhile.
    """

    task: Task
    input: DType
    dtype: DType
    copies: bool
    """Whether copies have to be laid out, which also turn the pixels into the sums' type.

    `numpy.einsum` goes through the axis of the shortest step first. That has to be the one
    along the row; where the step from weight to weight is as short, copies are laid out so.
    """

    reason = "the products are added up as they are defined, row by row"

    @property
    def parameters(self) -> dict[str, str]:
        return {"sums": str(self.dtype)}

    @property
    def operations(self) -> float:
        """A multiplication and an addition for each weight."""
        return 2 * self.task.taps

    @property
    def cost(self) -> float:
        """Steps of multiplying and adding, and the copies of `sums`."""
        copies = self.task.window[1].taps * self.task.window[0].stride if self.copies else 0
        size = self.dtype.itemsize
        return self.task.taps * cost.MULTIPLY_ADD[size] + copies * cost.COPY[size]

    def sums(self, padded: Array, height: int) -> Array:
        task = self.task
        rows, cols = task.window
        weights = task.weights.astype(self.dtype)
        windows = task.windows(padded, height)
        if self.copies:
            by_row = strided(
                padded,
                (len(padded), cols.taps, task.width),
                (padded.strides[0], padded.strides[2], padded.strides[2]),
            ).astype(self.dtype)
            row, tap, item = by_row.strides
            windows = strided(
                by_row, windows.shape, (row * rows.stride, row * rows.dilation, tap, item)
            )
        out = np.empty((height, windows.shape[3]), self.dtype)
        np.einsum("ij,rijc->rc", weights, windows, out=out)
        return task.channels_last(out, height)


@dataclass(eq=False, repr=False)
class DirectCompiled(Method):
    """All weights of a sum in one go over the band, which stays in registers."""

    task: Task
    input: DType
    dtype: DType
    """That of the sums, to which pixels are widened a few rows at a time."""

    compiled = True
    reason = "the products are added up as they are defined, in registers"

    @property
    def in_order(self) -> bool:
        return True

    @property
    def parameters(self) -> dict[str, str]:
        return {"sums": str(self.dtype)}

    @property
    def operations(self) -> float:
        """A multiplication and an addition for each weight that is not 0."""
        kernels = len(self.task.weights) if self.task.is_layer else 1
        return 2 * np.count_nonzero(self.task.weights) / kernels

    @property
    def cost(self) -> float:
        """Steps of multiplying and adding, and the sums' way to memory."""
        size = self.dtype.itemsize
        laid = cost.SCATTERED * cost.COPY[size] if self._phases else 0
        return cost.COPY[size] + self.operations / 2 * cost.COMPILED[size] + laid

    @property
    def _phases(self) -> bool:
        """Whether pixels are laid out otherwise, so that those under a tap lie side by side."""
        return self.task.is_layer or self.task.window[1].stride > 1

    @cached_property
    def _found(self) -> dict[int, list[Taps]]:
        """The taps of bands so far, by the rows from plane to plane."""
        return {}

    def _taps(self, height: int) -> list[Taps]:
        """For each channel out the offsets and weights; one for all where channels do not mix."""
        apart = 0 if self.task.is_flat else self.task.apart(height)
        if apart not in self._found:
            self._found[apart] = self._taps_of(self.task.tops(height))
        return self._found[apart]

    def _taps_of(self, tops: list[int]) -> list[Taps]:
        task = self.task
        cols = task.window[1]
        padded = (task.width - 1) * cols.stride + cols.extent
        length = -(-padded // cols.stride)  # of a run of pixels `stride` apart
        inner = 1 if task.is_layer else task.channels
        row = cols.stride * length * task.channels
        i = np.array(tops)[:, np.newaxis] * row
        j = np.arange(cols.taps) * cols.dilation
        within = (j % cols.stride * length + j // cols.stride) * inner
        plane = i + within
        if not task.is_layer:
            return [self._kept(plane, task.weights)]
        inside = task.weights.shape[1]
        channel = np.arange(inside)[:, np.newaxis, np.newaxis] * cols.stride * length
        per_group = task.channels_out // task.groups
        found = []
        for number, weights in enumerate(task.weights):
            first = number // per_group * inside * cols.stride * length
            found.append(self._kept(first + channel + plane, weights))
        return found

    def _kept(self, offsets: Array, weights: Array) -> Taps:
        """Those of weights that are not 0."""
        offsets, weights = np.broadcast_arrays(offsets, weights)
        kept = weights != 0
        return Taps(offsets[kept].astype(np.int64), weights[kept].astype(self.dtype))

    def sums_into(self, padded: Array, rows: Array, rounding: Rounding | None = None) -> int | None:
        if self.task.is_layer or not fits(self.dtype, rows, rounding):
            return None
        return self._correlate(padded, rows[np.newaxis], rounding)

    def sums(self, padded: Array, height: int) -> Array:
        task = self.task
        width = task.width * (1 if task.is_layer else task.channels)
        out = np.empty((task.channels_out if task.is_layer else 1, height, width), self.dtype)
        self._correlate(padded, out)
        return task.channels_last(out if task.is_layer else out[0], height)

    def _correlate(self, padded: Array, planes: Array, rounding: Rounding | None = None) -> int:
        """Write the sums of each channel out into a plane; of all channels into a single one."""
        source = self._laid(padded) if self._phases else padded
        step = self.task.window[0].stride * source[0].size
        flat = source.reshape(-1)
        return sum(
            correlate(flat, plane, step, taps, None, rounding)
            for plane, taps in zip(planes, self._taps(planes.shape[1]), strict=True)
        )

    def _laid(self, padded: Array) -> Array:
        """The pixels (n, P, C), those `stride` apart side by side; a layer's channels alone."""
        stride = self.task.window[1].stride
        height, width, channels = padded.shape
        length = -(-width // stride)
        laid = np.empty((height, stride, length, channels), padded.dtype)
        if self.task.is_layer:
            laid = np.empty((height, channels, stride, length), padded.dtype).transpose(0, 2, 3, 1)
        for phase in range(stride):
            part = padded[:, phase::stride]
            laid[:, phase, : part.shape[1]] = part
        return laid.transpose(0, 3, 1, 2) if self.task.is_layer else laid


def candidates(task: Task) -> Iterator[Direct | DirectEinsum | DirectCompiled]:
    """Any task can be done directly."""
    dtype = task.numbers.narrowest
    if compiled():
        # Under a kernel with depth too many pixels lie to be widened over and over.
        taken = input_for(task.numbers.padded, dtype) if task.is_flat else dtype
        yield DirectCompiled(task, taken, dtype)
    yield Direct(task, dtype)
    cols = task.window[1]
    if not task.is_layer and task.is_flat and cols.stride == 1:
        copies = cols.taps > 1 and cols.dilation * task.channels == 1
        yield DirectEinsum(task, task.numbers.padded if copies else dtype, dtype, copies)


def local(task: Task, dtype: DType) -> Method:
    """Sums of this type that depend on the pixels of their own windows alone."""
    return DirectCompiled(task, dtype, dtype) if compiled() else Direct(task, dtype)


def careful(task: Task) -> Direct:
    """In float64 and with every product, so that NaN and infinity spread as IEEE 754 says."""
    return Direct(task, FLOAT64, skip_zeros=task.numbers.finite)
