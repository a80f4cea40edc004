"""Convolution by the Fourier transform, tile by tile (overlap-save).

The transform of a convolution is the product of the transforms. A tile of pixels is transformed,
multiplied with the kernel's transform and transformed back; the values whose windows lie whole in
the tile are right, and tiles overlap by the rest. The cost hardly grows with the kernel.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..core.dtypes import FLOAT64, Array, DType, is_whole
from ..core.geometry import cut
from . import cost
from .base import Method, Task

SMALLEST = 256
"""Columns of a tile: at least so many and four times what windows reach over, at most 4 times more.
"""

HIGHEST = 512
"""Rows of a tile, or twice what windows reach over if that is more; else it is as high as the band.
"""

TILES = 1 << 18
"""Values in the tiles that are transformed at once."""

ERROR = 2.0**-53
"""Of a value, for each binary digit of a transform's length. Measured are a quarter at most."""

LARGEST_ROUNDED = 2.0**32
"""Sums up to here are right after rounding, except for ties: float64's errors are below 1e-5."""


@dataclass(eq=False, repr=False)
class OverlapSave(Method):
    """Overlap-save with tiles of a few hundred rows and columns."""

    task: Task
    input: DType

    reason = "a large kernel, whose size the Fourier transform hardly notices"
    local = False

    @property
    def parameters(self) -> dict[str, str]:
        """The tile's width, and the type of the sums."""
        return {"tile columns": str(self._columns), "sums": str(self.input)}

    @cached_property
    def _columns(self) -> int:
        """Columns of a tile, so many that the tiles have the least to do altogether."""
        cols = self.task.window[1]
        reach, overlap = (cols.output - 1) * cols.stride + 1, cols.extent - 1
        least = max(SMALLEST, 4 * overlap)
        if reach + overlap <= least:
            return fast_length(reach + overlap)
        lengths = {fast_length(least + step * least // 32) for step in range(97)}

        def work(length: int) -> tuple[float, int]:
            return -(-reach // (length - overlap)) * length * math.log2(length), length

        return min(lengths, key=work)

    @property
    def operations(self) -> float:
        """About 5 N log2 N for each transform of N values, on tiles that overlap."""
        return 10 * self._digits * self._overlap

    @property
    def cost(self) -> float:
        """Transforms there and back."""
        return cost.FOURIER[self.input.itemsize] * self._digits * self._overlap

    @property
    def _digits(self) -> float:
        """Binary digits of a tile's number of values."""
        rows = self.task.window[0]
        return float(np.log2(self._columns * (2 * rows.extent + 64)))

    @property
    def _overlap(self) -> float:
        """Values transformed for each that is right and wanted, in bands of about 128 rows."""
        rows, cols = self.task.window
        wide = self._columns / (self._columns - cols.extent + 1)
        high = 1 + rows.extent / max(min(128, rows.output), rows.extent)
        return wide * high * rows.stride * cols.stride

    @cached_property
    def _transforms(self) -> dict[int, Array]:
        """The kernel's transform, by the height of the tile."""
        return {}

    def _transform(self, height: int) -> Array:
        """The conjugate transform of the kernel in a tile of this height."""
        if height not in self._transforms:
            rows, cols = self.task.window
            tile = np.zeros((height, self._columns), FLOAT64)
            spread = tile[: rows.extent : rows.dilation, : cols.extent : cols.dilation]
            spread[...] = self.task.weights
            transform = np.conj(np.fft.rfft2(tile))
            self._transforms[height] = transform.astype(np.result_type(self.input, np.complex64))
        return self._transforms[height]

    def sums(self, padded: Array, height: int) -> Array:
        task = self.task
        rows, cols = task.window
        reach = (task.width - 1) * cols.stride + 1
        planes = np.empty((task.channels, height, reach), self.input)
        tall = max(HIGHEST - rows.extent, rows.extent) // rows.stride + 1
        for first, last in cut(height, tall):
            top, bottom = first * rows.stride, (last - 1) * rows.stride + rows.extent
            for channel, plane in enumerate(planes):
                self._strip(padded[top:bottom, :, channel], plane[first:last])
        wanted = planes[:, :, :: cols.stride]
        if task.numbers.whole:
            np.rint(wanted, out=wanted)
        else:  # where all products are 0, what is found is an error; others are as small
            wanted[np.abs(wanted) < error(task, padded, self._digits)] = 0
        return wanted.transpose(1, 2, 0)

    def _strip(self, pixels: Array, out: Array) -> None:
        """The sums of one strip of tiles, at every column, into `out`."""
        rows, cols = self.task.window
        height, width = fast_length(len(pixels)), self._columns
        transform = self._transform(height)
        starts = list(cut(out.shape[1], width - cols.extent + 1))
        for first, last in cut(len(starts), max(TILES // (height * width), 1)):
            tiles = np.zeros((last - first, height, width), self.input)
            for tile, (left, _) in zip(tiles, starts[first:last], strict=True):
                part = pixels[:, left : left + width]
                tile[: len(part), : part.shape[1]] = part
            # Either way scaled by 1 / sqrt(N): unscaled, NumPy goes through float64.
            spectrum = np.fft.rfft2(tiles, norm="ortho")
            spectrum *= transform
            np.fft.ifft(spectrum, axis=1, norm="ortho", out=spectrum)
            np.fft.irfft(spectrum, n=width, axis=2, norm="ortho", out=tiles)
            for tile, (left, right) in zip(tiles, starts[first:last], strict=True):
                taken = tile[: (len(out) - 1) * rows.stride + 1 : rows.stride, : right - left]
                out[:, left:right] = taken


def error(task: Task, padded: Array, digits: float) -> float:
    """A bound for the errors of sums, which grow with the binary digits of a transform's length
    (E. O. Brigham, The Fast Fourier Transform, 1974)."""
    largest = max(float(padded.max()), -float(padded.min()))
    return ERROR * digits * largest * float(np.abs(task.weights).sum())


def fast_length(least: int) -> int:
    """The smallest number from `least` on with no prime factor above 5.

    >>> [fast_length(n) for n in (7, 31, 161, 257)]
    [8, 32, 162, 270]
    """
    best = 1 << (least - 1).bit_length()
    fives = 1
    while fives < best:
        threes = fives
        while threes < best:
            twos = 1 << max((-(-least // threes) - 1).bit_length(), 0)
            best = min(best, threes * twos)
            threes *= 3
        fives *= 5
    return best


def can(task: Task) -> bool:
    """Whether the channels do not mix, and a transform's errors cannot show.

    They are relative to the largest pixel of a tile, also where all pixels of a window are small:
    even for results in float32 the transform is in float64. Whole sums, and pixels that are
    rounded, have to be so small that the errors stay far below a half.
    """
    numbers = task.numbers
    must_be_right = numbers.rounded or (numbers.finite and is_whole(task.weights))
    return not task.is_layer and not (must_be_right and numbers.bound >= LARGEST_ROUNDED)


def candidates(task: Task) -> Iterator[OverlapSave]:
    """The way for tasks whose channels do not mix."""
    if can(task):
        yield OverlapSave(task, FLOAT64)
