"""Convolution by the Fourier transform in three axes, for kernels with depth.

As in `fft`, with a block of several slices in place of a tile: all slices of windows in it come out
at once, so that its cost hardly grows with the kernel's depth, either.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from math import log2, prod

import numpy as np

from ..core.dtypes import FLOAT64, Array, DType
from ..core.geometry import Axis
from . import cost, fft
from .base import Method, Task
from .fft import fast_length

LARGEST = 1 << 21
"""Values of a block, unless windows reach so far that it needs more."""

WIDEST = 512
"""Columns of a block, or four times what windows reach over if that is more."""

OUT_OF_CACHE = 2.2
"""How much longer transforms of blocks take than those of tiles, copies included."""

Lengths = tuple[int, int, int]
"""Along slices, rows and columns."""


@dataclass(eq=False, repr=False)
class OverlapSaveInDepth(Method):
    """Overlap-save with blocks of slices."""

    task: Task
    input: DType

    reason = "a large kernel with depth, whose size the Fourier transform hardly notices"
    local = False

    @property
    def parameters(self) -> dict[str, str]:
        """The block that is transformed, and the type of the sums."""
        return {"block": "x".join(map(str, self._block)), "sums": str(self.input)}

    @property
    def _axes(self) -> tuple[Axis, Axis, Axis]:
        return self.task.depth, *self.task.window

    @cached_property
    def _block(self) -> Lengths:
        """Values of a block along each axis: of the columns as many as there are, along the slices
        four times what windows reach over, and rows as they then fit; at least twice that."""
        depth, rows, cols = self._axes
        wide = _shared(cols, max(4 * cols.extent, WIDEST))
        deep = _shared(depth, 4 * depth.extent)
        high = _shared(rows, max(LARGEST // (deep * wide), 2 * rows.extent))
        return fast_length(deep), fast_length(high), fast_length(wide)

    @cached_property
    def tile(self) -> Lengths:  # type: ignore[override]
        """Windows along each axis that a block holds."""
        each = zip(self._axes, self._block, strict=True)
        slices, rows, cols = (
            max((length - axis.extent) // axis.stride + 1, 1) for axis, length in each
        )
        return slices, rows, cols

    @property
    def operations(self) -> float:
        """About 5 N log2 N for each transform of N values, on blocks that overlap."""
        return 10 * self._digits * self._overlap

    @property
    def cost(self) -> float:
        """Transforms there and back, of blocks that leave the cache."""
        return OUT_OF_CACHE * cost.FOURIER[self.input.itemsize] * self._digits * self._overlap

    @property
    def _digits(self) -> float:
        """Binary digits of a block's number of values."""
        return log2(prod(self._block))

    @property
    def _overlap(self) -> float:
        """Values transformed for each that is wanted."""
        return prod(self._block) / prod(self.tile)

    @cached_property
    def _transforms(self) -> dict[tuple[int, ...], Array]:
        """The kernel's transform, by the block's lengths."""
        return {}

    def _transform(self, lengths: tuple[int, ...]) -> Array:
        """The conjugate transform of the kernel in a block of these lengths."""
        if lengths not in self._transforms:
            block = np.zeros(lengths, FLOAT64)
            spread = block[tuple(slice(0, axis.extent, axis.dilation) for axis in self._axes)]
            spread[...] = self.task.weights.reshape(spread.shape)
            self._transforms[lengths] = np.conj(np.fft.rfftn(block))
        found: Array = self._transforms[lengths]
        return found

    def sums(self, padded: Array, height: int) -> Array:
        found: Array = self.sums_of_slices(padded, height)[0]
        return found

    def sums_of_slices(self, padded: Array, height: int) -> Array:
        rows = self.task.window[0]
        high = (height - 1) * rows.stride + rows.extent
        volume = padded.reshape(-1, high, *padded.shape[1:])
        shape = tuple(
            (length - axis.extent) // axis.stride + 1
            for length, axis in zip(volume.shape, self._axes, strict=False)
        )
        out = np.empty((*shape, self.task.channels), self.input)
        for channel in range(self.task.channels):
            out[..., channel] = self._correlated(volume[..., channel], shape)
        if self.task.numbers.whole:
            np.rint(out, out=out)
        else:  # where all products are 0, what is found is an error; others are as small
            out[np.abs(out) < fft.error(self.task, padded, self._digits)] = 0
        return out

    def _correlated(self, volume: Array, shape: tuple[int, ...]) -> Array:
        """The sums of so many windows along each axis in one channel."""
        lengths = tuple(map(fast_length, volume.shape))
        block = np.zeros(lengths, self.input)
        block[tuple(map(slice, volume.shape))] = volume
        # Either way scaled by 1 / sqrt(N): unscaled, NumPy goes through float64.
        spectrum = np.fft.rfft(block, axis=2, norm="ortho")
        for axis in (1, 0):
            np.fft.fft(spectrum, axis=axis, norm="ortho", out=spectrum)
        spectrum *= self._transform(lengths)
        for axis in (0, 1):
            np.fft.ifft(spectrum, axis=axis, norm="ortho", out=spectrum)
        np.fft.irfft(spectrum, n=lengths[2], axis=2, norm="ortho", out=block)
        taken = zip(shape, self._axes, strict=True)
        found: Array = block[tuple(slice(0, n * axis.stride, axis.stride) for n, axis in taken)]
        return found


def _shared(axis: Axis, most: int) -> int:
    """The positions of an axis in each block, where blocks of `most` would do, and share alike."""
    at_once = max((most - axis.extent) // axis.stride + 1, 1)
    count = -(-axis.output // at_once)
    return (-(-axis.output // count) - 1) * axis.stride + axis.extent


def candidates(task: Task) -> Iterator[OverlapSaveInDepth]:
    """Kernels with depth, where `fft` could compute their planes."""
    if not task.is_flat and fft.can(task):
        yield OverlapSaveInDepth(task, FLOAT64)
