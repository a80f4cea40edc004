"""Max pooling and its undoing in one: what was the largest of a window stays where it is, and all
else becomes 0."""

from typing import NamedTuple

import numpy as np

from ..core.dtypes import Array
from ..core.geometry import Axis
from ..core.image import Header
from ..core.slices import Grid, Part
from ..core.validation import PaddingLike, Pair, SizeLike
from .base import Laid, Operator, Sum
from .pool import Pool
from .pool_stage import PoolStage
from .winners import winning


class Unpool(Operator):
    """What `max_unpool2d` makes of `pool2d`'s values and indices. Parameters as in `pool2d`.

    Alpha is carried along.
    """

    def __init__(
        self,
        size: SizeLike = 2,
        *,
        stride: SizeLike | None = None,
        padding: PaddingLike = 0,
        dilation: SizeLike = 1,
        ceil_mode: bool = False,
        dimensions: int = 2,
    ) -> None:
        self.dimensions = dimensions
        self.pool = Pool(
            size,
            "max",
            stride=stride,
            padding=padding,
            dilation=dilation,
            ceil_mode=ceil_mode,
            alpha="keep",
            dimensions=dimensions,
        )

    @property
    def label(self) -> str:
        """``unpool 2x2``"""
        return self.pool.label.replace("pool max", "unpool", 1)

    def bind(self, header: Header) -> "UnpoolStage":
        """The stage for images of this description."""
        pool = self.pool.bind(header)
        assert isinstance(pool, PoolStage)
        depth, rows, cols = (Around(*axis[:6], axis.size, 0) for axis in pool.grid.axes)
        return UnpoolStage(pool, Grid(depth, rows, cols, "constant"))


class Around(Axis):
    """Of each position along one axis all windows that hold it. There are as many outputs as
    positions."""

    @property
    def reach(self) -> int:
        """The positions of all these windows."""
        return self.extent + (self._most - 1) * self.stride

    @property
    def step(self) -> int:
        """1: the map is as large as the image."""
        return 1

    @property
    def first(self) -> int:
        """Where the first of the windows that hold position 0 begins."""
        return self.span(0, 1)[0]

    @property
    def _most(self) -> int:
        """The most windows that hold a position."""
        return -(-self.extent // self.stride)

    def windows(self, first: int, last: int) -> Pair:
        """The windows that hold any of these positions, those past the last window among them."""
        start = -((self.extent - 1 - self.before - first) // self.stride)
        return max(start, 0), (last - 1 + self.before) // self.stride + 1

    def span(self, first: int, last: int) -> Pair:
        """The positions, padding included, of the windows that hold these, and these."""
        start, stop = self.windows(first, last)
        ends = start * self.stride - self.before, (stop - 1) * self.stride - self.before
        return min(ends[0], first), max(ends[1] + self.extent, last)


class UnpoolStage(NamedTuple):
    """`Unpool` bound to an image."""

    pool: PoolStage
    grid: Grid
    """Of each value the windows that hold it."""

    sums: tuple[Sum, ...] = ()

    @property
    def input(self) -> Header:
        """The description of the image."""
        return self.pool.input

    @property
    def output(self) -> Header:
        """The same."""
        return self.pool.input

    @property
    def laid(self) -> tuple[Laid, ...]:
        """The windows that hold a pixel, which is in their middle."""
        rows, cols = self.grid.window
        return (Laid(self.grid, "padding", (rows.before, cols.before)),)

    def carried_from(self, row: int, col: int) -> Pair | None:
        """The same pixel, if alpha is carried along."""
        return (row, col) if self.pool.carries_alpha else None

    def rows_needed(self, first: int, last: int) -> Pair:
        """The rows of the windows that hold the rows first..last - 1."""
        return self.grid.rows_needed(first, last)

    def run(self, band: Array, top: int, first: int, out: Array) -> None:
        """Write the output rows from `first` on."""
        out[...] = 0
        if self.pool.carries_alpha:
            out[..., -1] = band[first - top : first - top + len(out), :, -1]
            out, band = out[..., :-1], band[..., :-1]
        for part in self.grid.parts(first, first + len(out)):
            place = out[: part.height].reshape(*part.shape, *out.shape[1:])
            out = out[part.height :]
            start, stop = self.windows(0, part.slices)
            for number in range(start, stop):
                self._put_back(band, top, number, part, place)

    def windows(self, axis: int, positions: Pair) -> Pair:
        """The windows along slices, rows or columns that hold any of these positions."""
        around, count = self.grid.axes[axis], self.pool.grid.axes[axis].output
        assert isinstance(around, Around)
        start, stop = around.windows(*positions)
        return min(start, count), min(stop, count)

    def _put_back(self, band: Array, top: int, number: int, part: Part, out: Array) -> None:
        """Write what wins in the windows of one slice, into rows of some slices."""
        rows = self.windows(1, part.rows)
        if rows[0] == rows[1]:
            return
        values, indices = winning(self.pool, band, top, Part((number, number + 1), rows))
        tall, cols = np.divmod(indices, self.input.width)
        slices, lines = np.divmod(tall, self.input.size[1])
        slices, lines = slices - part.slices[0], lines - part.rows[0]
        inside = (slices >= 0) & (slices < len(out)) & (lines >= 0) & (lines < out.shape[1])
        channels = np.broadcast_to(np.arange(values.shape[-1]), values.shape)
        out[slices[inside], lines[inside], cols[inside], channels[inside]] = values[inside]
