"""The elements of a pooling's windows, and how many of each window count."""

from collections.abc import Iterator
from functools import cached_property
from itertools import groupby, product
from typing import Any

import numpy as np

from ..core.dtypes import Array
from ..core.geometry import Axis
from ..core.slices import Grid
from ..methods.loops.sliding import slide

Tap = tuple[int, int, int]
"""The number of an element along slices, rows and columns of its window."""


class Elements:
    """All elements of windows, or those that a footprint names."""

    def __init__(self, grid: Grid, footprint: Array | None = None) -> None:
        self.grid = grid
        self.axes = grid.depth, grid.rows, grid.cols
        self.footprint = footprint
        """Of shape (kd, kh, kw), True at the elements; None: all are."""

    @property
    def taps(self) -> list[Tap]:
        """Each element."""
        if self.footprint is not None:
            return [(d, i, j) for d, i, j in np.argwhere(self.footprint).tolist()]
        depth, rows, cols = (range(axis.taps) for axis in self.axes)
        return list(product(depth, rows, cols))

    @property
    def runs(self) -> list[tuple[Tap, int]]:
        """Elements side by side along the columns: the first, and how many there are."""
        found = []
        for (d, i), line in groupby(self.taps, lambda tap: tap[:2]):
            cols = [tap[2] for tap in line]
            starts = [j for j in cols if j - 1 not in cols]
            ends = [j for j in cols if j + 1 not in cols]
            found += [((d, i, j), end - j + 1) for j, end in zip(starts, ends, strict=True)]
        return found

    @cached_property
    def different(self) -> set[int]:
        """The different numbers of elements that windows have in the image."""
        if self.footprint is None:
            each = [axis.different_counts(padding=False) for axis in self.axes]
            return {a * b * c for a, b, c in product(*each)}
        patterns = [np.unique(_inside(axis, padding=False), axis=0) for axis in self.axes]
        return set(self._counted(*patterns).ravel().tolist())

    @property
    def has_empty_window(self) -> bool:
        """Whether the elements of some window all lie outside the image."""
        if any(axis.has_empty_window() for axis in self.axes):
            return True
        return self.footprint is not None and 0 in self.different

    def counts(self, first: int, last: int, *, padding: bool) -> Array:
        """How many elements of each window lie in the image (or in image and padding), of the rows
        of windows first..last - 1: shape (last - first, W', 1)."""
        if self.footprint is None:
            found: Array = np.multiply.outer(*self._lines(first, last, padding))
        else:
            depth, rows, cols = (_inside(axis, padding=padding) for axis in self.axes)
            tall = np.arange(first, last)
            number, row = np.divmod(tall, self.grid.rows.output)
            found = np.stack(
                [
                    self._counted(depth[n : n + 1], rows[r : r + 1], cols)[0, 0]
                    for n, r in zip(number, row, strict=True)
                ]
            )
        return found[..., np.newaxis]

    def is_full(self, *, padding: bool) -> bool:
        """Whether every window has all elements in the image (or in image and padding)."""
        return all(axis.different_counts(padding=padding) == {axis.taps} for axis in self.axes)

    def lines(self, *, padding: bool) -> tuple[Array, Array]:
        """How many elements of each window count, of all: along slices and rows, along columns."""
        depth, rows, cols = (np.array(axis.counts(padding=padding)) for axis in self.axes)
        return np.multiply.outer(depth, rows).ravel(), cols

    def _lines(self, first: int, last: int, padding: bool) -> tuple[Array, Array]:
        lines, cols = self.lines(padding=padding)
        return lines[first:last], cols

    def _counted(self, depth: Array, rows: Array, cols: Array) -> Array:
        """The elements of windows of which these along each axis lie inside."""
        footprint: Any = self.footprint
        along = np.einsum("dij,xj->dix", footprint.astype(np.int64), cols)
        found: Array = np.einsum("dix,zd,yi->zyx", along, depth, rows)
        return found


def _inside(axis: Axis, *, padding: bool) -> Array:
    """Which elements of each window lie in the image (or in image and padding): (windows, taps)."""
    low = -axis.before if padding else 0
    high = axis.size + (axis.after if padding else 0)
    starts = np.arange(axis.output)[:, np.newaxis] * axis.stride - axis.before
    places = starts + np.arange(axis.taps) * axis.dilation
    return ((low <= places) & (places < high)).astype(np.int64)


def views(padded: Array, elements: Elements, shape: tuple[int, int, int]) -> Iterator[Array]:
    """Each element of windows on `padded` (n, P, P', C), one a window: (*shape, C)."""
    for tap in elements.taps:
        taken = zip(elements.axes, tap, shape, strict=True)
        yield padded[tuple(axis.taken(number, count) for axis, number, count in taken)]


def merge_elements(merge: np.ufunc, padded: Array, elements: Elements, out: Array) -> None:
    """Write windows of a footprint on `padded` (n, P, P', C), merged, into `out`.

    Elements side by side are merged once for all windows and all rows of a footprint.
    """
    depth, rows, cols = elements.axes
    merged: dict[int, Array] = {}
    total = None
    for (d, i, j), length in elements.runs:
        if length not in merged:
            run = cols._replace(taps=length, stride=1)
            count = padded.shape[2] - run.extent + 1
            tall = padded.reshape(-1, *padded.shape[2:])
            made = slide(merge, tall, run, count, 1)
            merged[length] = made.reshape(*padded.shape[:2], *made.shape[1:])
        slices, lines = depth.taken(d, out.shape[0]), rows.taken(i, out.shape[1])
        part = merged[length][slices, lines, cols.taken(j, out.shape[2])]
        if total is None:
            total = part.copy()
        else:
            merge(total, part, out=total)
    assert total is not None
    np.copyto(out, total, casting="unsafe")
