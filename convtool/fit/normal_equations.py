"""The normal equations of a kernel, gathered from pairs of images band by band.

Each pixel of a result is an equation ``sum(weight * pixel under it) + bias = value``. Least squares
needs only the sums of their products, ``A.T @ A`` and ``A.T @ y``, whose size depends on the kernel
and not on the images (Gauss 1809; Lawson and Hanson, Solving Least Squares Problems, 1974). Whole
pixels of up to 16 bits give exact sums.
"""

from collections.abc import Iterator
from itertools import product
from math import prod
from operator import add
from typing import NamedTuple

import numpy as np

from ..core.dtypes import FLOAT32, FLOAT64, Array, DType, is_integer
from ..core.errors import ConvtoolError
from ..core.geometry import cut
from ..core.threads import in_order, one_blas_thread
from .pairs import Model, Overlay, Strip

PRODUCTS = 1024
"""Products of centred 8-bit pixels whose sum is exact in float32: 1024 x 128 x 128 is 2**24."""

SCRATCH = 1 << 19
"""Values of a matrix of windows, which stay in the cache."""

LARGEST_CHUNK = 16 * PRODUCTS

MOST_PRODUCTS = 1 << 25
"""Sums of products that are kept: enough for a kernel of 76x76, or 64 outputs of 720 weights."""


class Chunk(NamedTuple):
    """Some windows as columns of a matrix, minus the centre of their type."""

    matrix: Array
    """Their pixels; below them rows for ones and for the values. Unused columns are 0."""
    values: Array
    """(outputs, n), of the result, minus the centre of their type."""
    counts: Array | None
    """(1 or outputs, n): 1 for values that count, 0 for others; None if all count."""

    @property
    def length(self) -> int:
        """The number of windows."""
        return int(self.values.shape[1])


class Equations(NamedTuple):
    """The normal equations of one output."""

    gram: Array
    """(weights + 1, weights + 1), sums of products; the last row and column are the bias's."""
    products: Array
    """(weights + 1,), sums of products with the values."""
    square: float
    """The sum of the values' squares."""
    pixels: int
    """Values of the result."""

    def plus(self, other: "Equations") -> "Equations":
        """The equations of both."""
        return Equations(*map(add, self, other))


def gather(images: Overlay, model: Model, threads: int) -> list[Equations]:
    """The equations of each output; only a layer has several.

    Values that are not finite, or lie under windows that are not, are left out, and so are black
    and white of a result that has a white: they may have been clipped. Raises ConvtoolError where
    there are more weights than memory for the products of all of them.
    """
    writer = WindowWriter(images, model)
    size = writer.size
    if writer.groups * size**2 > MOST_PRODUCTS:
        raise ConvtoolError(
            f"{writer.groups} x {writer.unknowns} weights are more than can be learned at once, "
            "expected a smaller size or fewer channels"
        )
    kind = np.int64 if writer.whole else FLOAT64
    total = np.zeros((writer.groups, size, size), kind)
    with one_blas_thread(), np.errstate(over="ignore", invalid="ignore"):  # `solve` tells of it
        for part in in_order(writer.products, images.strips(), threads):
            total += part
        return writer.equations(total)


class WindowWriter:
    """Writes windows of an image as columns of a matrix, and adds up their products."""

    def __init__(self, images: Overlay, model: Model) -> None:
        self.images, self.model = images, model
        pixels, values = images.before.dtype, images.after.dtype
        self.whole = _is_narrow(pixels) and _is_narrow(values)
        tiny = self.whole and pixels.itemsize == 1 and values.itemsize == 1
        self._dtype = FLOAT32 if tiny else FLOAT64
        self.centers = (_center(pixels), _center(values)) if self.whole else (0, 0)
        self._step = 1 if model.layer else len(images.before.channels)
        self.unknowns = model.taps * (len(images.before.channels) if model.layer else 1)
        outputs = len(images.after.channels) if model.layer else 1
        self._masks_differ = model.layer and images.after.white is not None
        self.groups = outputs if self._masks_differ else 1
        self.targets = 1 if self._masks_differ else outputs
        self.size = self.unknowns + 1 + self.targets
        most = SCRATCH // self.size // PRODUCTS * PRODUCTS
        self._samples = min(max(most, PRODUCTS), LARGEST_CHUNK)

    def chunks(self, strip: Strip) -> Iterator[Chunk]:
        """The windows of a strip; each chunk is written over the one before."""
        left, right = self.images.cols
        depth, rows, cols = self.images.axes
        before: Array = strip.before.astype(self._dtype)
        after: Array = strip.after[:, :, left:right].astype(self._dtype)
        counted = self._counted(before, after)
        np.subtract(before, self.centers[0], out=before)
        np.subtract(after, self.centers[1], out=after)
        deep, high, wide = self._chunk(after.shape[:3])
        filled = -(-deep * high * wide * self._step // PRODUCTS) * PRODUCTS
        scratch = np.empty((self.size, filled), self._dtype)
        origin = left * cols.stride - cols.before
        slices, lines, width = after.shape[:3]
        for (front, back), (top, bottom), (start, stop) in product(
            cut(slices, deep), cut(lines, high), cut(width, wide)
        ):
            shape = back - front, bottom - top, stop - start
            count = prod(shape) * self._step
            matrix = scratch[:, : -(-count // PRODUCTS) * PRODUCTS]
            matrix[:, count:] = 0
            band = before[
                front * depth.stride :, top * rows.stride :, origin + start * cols.stride :
            ]
            self._write(band, shape, matrix[: self.unknowns, :count])
            place = (slice(front, back), slice(top, bottom), slice(start, stop))
            counts = None if counted is None else self._columns(counted[place])
            yield Chunk(matrix, self._columns(after[place]), counts)

    def _chunk(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """How many slices, rows and columns of windows make a chunk."""
        left, found = self._samples // self._step, []
        for length in reversed(shape):
            found.append(min(max(left, 1), length))
            left //= found[-1]
        return tuple(reversed(found))

    def _write(self, band: Array, shape: tuple[int, ...], windows: Array) -> None:
        """The pixels under each weight, of windows whose first begins where the band does."""
        lines = iter(windows)
        channels = range(band.shape[-1]) if self.model.layer else (slice(None),)
        for channel in channels:
            for taken in self._taken(shape):
                pixels = band[(*taken, channel)]
                next(lines).reshape(pixels.shape)[...] = pixels

    def _taken(self, shape: tuple[int, ...]) -> Iterator[tuple[slice, ...]]:
        """What of a band lies under each weight of so many windows along each axis."""
        return product(
            *(
                [axis.taken(tap, count) for tap in range(axis.taps)]
                for axis, count in zip(self.images.axes, shape, strict=True)
            )
        )

    def _columns(self, block: Array) -> Array:
        """Values (slices, rows, columns, channels) as (outputs, n), in the order of the windows."""
        if self.model.layer:
            return block.reshape(-1, block.shape[-1]).T
        return block.reshape(1, -1)

    def _counted(self, before: Array, after: Array) -> Array | None:
        """1 for values that count, 0 for others; None if all count. Sets NaN and infinity to 0."""
        counted: Array = np.ones(after.shape, bool)
        white = self.images.after.white
        if white is not None:
            counted &= np.not_equal(after, 0) & np.not_equal(after, white)
        if not self.whole:
            counted &= np.isfinite(after)
            after[~np.isfinite(after)] = 0
            self._leave_out(~np.isfinite(before), counted)
            before[~np.isfinite(before)] = 0
        if counted.all():
            return None
        if self.model.layer and not self._masks_differ:
            counted = np.all(counted, axis=-1, keepdims=True)
        return counted.astype(self._dtype)

    def _leave_out(self, bad: Array, counted: Array) -> None:
        if not bad.any():
            return
        if self.model.layer:
            bad = np.any(bad, axis=-1, keepdims=True)
        cols = self.images.axes[2]
        bad = bad[:, :, self.images.cols[0] * cols.stride - cols.before :]
        for taken in self._taken(counted.shape[:3]):
            counted &= ~bad[taken]

    def products(self, strip: Strip) -> Array:
        """The sums of products of a strip: of windows, ones and values."""
        total = np.zeros((self.groups, self.size, self.size))
        for chunk in self.chunks(strip):
            for group in range(self.groups):
                # Each output that leaves out values of its own has a matrix of its own.
                matrix = chunk.matrix.copy() if self.groups > 1 else chunk.matrix
                used = matrix[:, : chunk.length]
                used[self.unknowns] = 1
                used[self.unknowns + 1 :] = (
                    chunk.values[group] if self._masks_differ else chunk.values
                )
                if chunk.counts is not None:
                    used *= chunk.counts[group]
                total[group] += self._gram(matrix)
        return total.astype(np.int64) if self.whole else total

    def _gram(self, matrix: Array) -> Array:
        """``matrix @ matrix.T`` in float64; exact for whole numbers."""
        if self._dtype == FLOAT64:
            with np.errstate(over="ignore", invalid="ignore", under="ignore"):
                return matrix @ matrix.T
        parts = matrix.reshape(len(matrix), -1, PRODUCTS).transpose(1, 0, 2)
        found: Array = (parts @ parts.transpose(0, 2, 1)).sum(axis=0, dtype=FLOAT64)
        return found

    def equations(self, total: Array) -> list[Equations]:
        """The equations of each output, in the unit of the image, with the centres added back."""
        one, scale = self.unknowns, self.images.scale
        offsets = np.full(self.size, self.centers[1], total.dtype)
        offsets[:one] = self.centers[0]
        offsets[one] = 0
        found = []
        for sums in total:
            row = sums[one]
            moved = sums + np.multiply.outer(offsets, row) + np.multiply.outer(row, offsets)
            moved = (moved + np.multiply.outer(offsets, offsets) * row[one]).astype(FLOAT64)
            gram = moved[: one + 1, : one + 1]
            for at in range(one + 1, self.size):
                square = float(moved[at, at]) * scale**2
                products = moved[: one + 1, at] * scale
                found.append(Equations(gram, products, square, int(row[one])))
        return found


def _is_narrow(dtype: DType) -> bool:
    """Whether sums of products of such numbers are exact in int64."""
    return is_integer(dtype) and dtype.itemsize <= 2


def _center(dtype: DType) -> int:
    """The middle of a type's range."""
    return {"uint8": 1 << 7, "uint16": 1 << 15}.get(dtype.name, 0)
