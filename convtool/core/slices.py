"""Windows over slices that lie one under another.

A volume (D, H, W, C) goes through the house as an image of D * H rows: row r is row r % H of slice
r // H. So it is read, cut into bands and written like any other image, and an image is a volume of
one slice.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from .border import OUTSIDE, extend, extend_into, rows_needed, sources
from .choices import Border
from .dtypes import Array, DType
from .geometry import Axis, Window
from .validation import Pair


class Part(NamedTuple):
    """Rows of windows: the same ones of some slices."""

    slices: Pair
    rows: Pair
    """Of each slice, the last one not counted."""

    @property
    def shape(self) -> Pair:
        """(slices, rows)"""
        return self.slices[1] - self.slices[0], self.rows[1] - self.rows[0]

    @property
    def height(self) -> int:
        """Rows in all."""
        slices, rows = self.shape
        return slices * rows

    def span(self, height: int) -> Pair:
        """From its first row to its last, which is not counted, of slices of so many rows."""
        first, last = self.slices
        return first * height + self.rows[0], (last - 1) * height + self.rows[1]

    def taken(self, band: Array, height: int) -> Array:
        """Its rows, (slices, rows, W, C), of a band of those of its `span`; nothing is copied."""
        shape, steps = (*self.shape, *band.shape[1:]), (height * band.strides[0], *band.strides)
        return np.lib.stride_tricks.as_strided(band, shape, steps)


class Grid(NamedTuple):
    """Windows over slices, and what lies outside these."""

    depth: Axis
    rows: Axis
    cols: Axis
    border: Border

    @property
    def axes(self) -> tuple[Axis, Axis, Axis]:
        """(slices, rows, columns)"""
        return self.depth, self.rows, self.cols

    @property
    def window(self) -> Window:
        """The windows over one slice."""
        return self.rows, self.cols

    @property
    def height(self) -> int:
        """Rows of windows in all."""
        return self.depth.output * self.rows.output

    def parts(self, first: int, last: int) -> Iterator[Part]:
        """The rows of windows first..last - 1 in order: whole slices together."""
        height = self.rows.output
        while first < last:
            number, row = divmod(first, height)
            whole = (last - first) // height
            if row == 0 and whole:
                part = Part((number, number + whole), (0, height))
            else:
                part = Part((number, number + 1), (row, min(height, row + last - first)))
            yield part
            first += part.height

    def rows_needed(self, first: int, last: int) -> Pair:
        """The input rows with every source of the windows in the rows first..last - 1."""
        height = self.rows.output
        upper, lower = first // height, (last - 1) // height
        start, stop = rows_needed(*self.depth.span(upper, lower + 1), self.depth.size, self.border)
        if upper < lower or stop - start > 1:
            return start * self.rows.size, stop * self.rows.size
        spans = self.rows.span(first - upper * height, last - upper * height)
        top, bottom = rows_needed(*spans, self.rows.size, self.border)
        return start * self.rows.size + top, start * self.rows.size + bottom

    def centers(self, first: int, last: int) -> list[int]:
        """The input row nearest to each row of windows' own, inside its slice."""
        found: list[int] = []
        for part in self.parts(first, last):
            rows = self.rows.centers(*part.rows)
            tops = (number * self.rows.size for number in self.depth.centers(*part.slices))
            found += [top + row for top in tops for row in rows]
        return found

    def center(self, row: int, col: int) -> Pair:
        """The pixel of the input nearest to a window's own."""
        return self.centers(row, row + 1)[0], self.cols.centers(col, col + 1)[0]

    def sampled(self, band: Array, top: int, first: int, last: int) -> Array:
        """Of a band from row `top` on the pixels in the middle of these rows of windows."""
        lines = np.subtract(self.centers(first, last), top)
        return band[lines][:, self.cols.centers(0, self.cols.output)]

    def padded(
        self, band: Array, top: int, part: Part, cols: Pair, fill: Any, dtype: DType
    ) -> Array:
        """What these windows lie on, cut out of a band from row `top` on, made up where it lies
        outside: shape (n, P, C), the slices one under another.

        `cols` are positions in the image; the slices between those under a window are there, too.
        """
        height, span = self.rows.size, self.rows.span(*part.rows)
        found = sources(*self.depth.span(*part.slices), self.depth.size, self.border).tolist()
        if len(found) == 1 and found[0] != OUTSIDE:
            start = top - found[0] * height
            return extend(band, start, height, span, cols, self.border, fill, dtype)
        rows, width = span[1] - span[0], cols[1] - cols[0]
        out = np.empty((len(found), rows, width, band.shape[2]), dtype)
        for place, number in zip(out, found, strict=True):
            if number == OUTSIDE:
                place[...] = np.asarray(fill).astype(dtype)
            else:
                start = top - number * height
                extend_into(place, band, start, height, span[0], cols[0], self.border, fill)
        return out.reshape(-1, width, band.shape[2])
