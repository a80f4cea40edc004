"""A whole input and its map so far as pictures, with frames around what a frame looks at."""

import math
from typing import NamedTuple

import numpy as np
from PIL import Image

from ..core.border import OUTSIDE
from ..core.dtypes import Array
from ..core.validation import Pair
from ..inspect.steps.base import Patch
from ..inspect.whole import Whole
from . import canvas
from .block import Block, Box, Color, Colors, Placed
from .windows import Paint, Peaks

SIDE, SIDE_OF_SLICES = 360, 200
"""Pixels of the longer side of a picture; that of a volume's slices, which stand side by side."""

LEAST = 4
"""Pixels of a side of what is framed, at least."""

OUTLINE = 2
"""Pixels of a frame's line, which lies around what is framed."""

TO_COME: Color = (232, 234, 238)
"""The colour of a map where it has no values yet."""

Spans = tuple[Pair, Pair]
"""Rows and columns (first, last), last not counted."""


class Shrunk(NamedTuple):
    """An array of colours, made smaller by the means of areas, or larger by whole numbers."""

    size: Pair
    """Its (rows, columns) before."""
    colors: Colors
    scale: int
    """Pixels of a side of each colour."""

    @classmethod
    def of(cls, colors: Colors, side: int) -> "Shrunk":
        """The largest picture that fits into a square of so many pixels."""
        height, width = colors.shape[:2]
        share = side / max(height, width)
        if share >= 1:
            return cls((height, width), colors, int(share))
        small = max(round(width * share), 1), max(round(height * share), 1)
        shrunk = np.asarray(Image.fromarray(colors).resize(small, Image.Resampling.BOX))
        return cls((height, width), shrunk, 1)

    @property
    def steps(self) -> tuple[float, float]:
        """Pixels from a row to the next, and from a column to the next."""
        rows, cols = (n * self.scale for n in self.colors.shape[:2])
        return rows / self.size[0], cols / self.size[1]

    def until(self, row: int, col: int) -> "Shrunk":
        """The same without what comes after a place in reading order."""
        rows, cols = (
            ((np.arange(small) + 0.5) * size / small).astype(int)
            for small, size in zip(self.colors.shape[:2], self.size, strict=True)
        )
        below, right = rows[:, np.newaxis] - row, cols - col
        colors = self.colors.copy()
        colors[(below > 0) | ((below == 0) & (right > 0))] = TO_COME
        return self._replace(colors=colors)

    def framed(self, spans: Spans, room: Spans) -> Block:
        """The picture with a frame around these rows and columns; `room` has all those that are
        ever framed, some of which may lie outside the picture."""
        picture = canvas.pixels(self.colors, self.scale)
        (above, below), (left, right) = map(_beyond, room, self.size, self.steps)
        (top, bottom), (first, last) = map(_framed, spans, self.steps)
        around = Box(
            left - 1, above - 1, left + picture.width, above + picture.height, None, canvas.LINE
        )
        frame = Box(
            left + first - OUTLINE,
            above + top - OUTLINE,
            left + last + OUTLINE - 1,
            above + bottom + OUTLINE - 1,
            None,
            canvas.MARK,
            OUTLINE,
        )
        width, height = left + picture.width + right, above + picture.height + below
        return Block(width, height, (around, Placed(left, above, picture), frame))


class Overview:
    """Draws the pictures of a walk."""

    def __init__(self, whole: Whole, paint: Paint, map_paint: Paint, room: Spans) -> None:
        """`room` has the rows and columns of all windows on the input."""
        self._whole, self._room = whole, room
        self._paints = paint, map_paint
        self._shrunk: dict[tuple[int, int | None, int], Shrunk] = {}

    def input(self, patch: Patch, window: Spans, *, named: bool) -> Block:
        """The slice and the channel of a part of the input, and the window; with the slice's
        number above it, if it is `named`."""
        block = self._of(0, _slice(patch, self._whole.input), patch.number, named).framed(
            window, self._room
        )
        if not named:
            return block
        return canvas.above(canvas.words(f"slice {patch.slice}"), block, gap=0, align="middle")

    def output(self, slice_: int, channel: int, row: int, col: int) -> Block:
        """A slice and a channel of the map up to a value, which is framed."""
        deep = len(self._whole.output) > 1
        shrunk = self._of(1, slice_, channel, deep).until(row, col)
        none = (0, 0), (0, 0)
        block = shrunk.framed(((row, row + 1), (col, col + 1)), none)
        if not deep:
            return block
        return canvas.above(canvas.words(f"slice {slice_}"), block, gap=0, align="middle")

    def _of(self, side: int, slice_: int | None, channel: int, several: bool) -> Shrunk:
        """A slice and a channel of the input, 0, or of the map, 1, in colours; None: one of 0."""
        key = side, slice_, channel
        if key not in self._shrunk:
            values = self._whole[side][slice_ or 0, ..., channel]
            if slice_ is None:
                values = np.zeros_like(values)
            colors = self._paints[side].pixels(values)
            found = Shrunk.of(colors, SIDE_OF_SLICES if several else SIDE)
            self._shrunk[key] = found
        return self._shrunk[key]


def peaks_of(values: Array) -> Peaks:
    """The lowest value and the largest magnitude, of those that are numbers."""
    finite = np.nan_to_num(values, nan=0, posinf=0, neginf=0)
    lowest, highest = float(finite.min()), float(finite.max())
    return Peaks(min(lowest, 0.0), max(-lowest, highest))


def _slice(patch: Patch, values: Array) -> int | None:
    """The slice that a part of the input is of, or is copied from; None for one that is made up."""
    depth, height, *_ = values.shape
    if 0 <= patch.slice < depth:
        return patch.slice
    sources = patch.source_rows[patch.source_rows != OUTSIDE]
    return int(sources[0]) // height if sources.size else None


def _beyond(span: Pair, size: int, step: float) -> Pair:
    """Pixels before and after a picture that frames may take."""
    before, after = max(-span[0], 0), max(span[1] - size, 0)
    return math.ceil(before * step) + LEAST + OUTLINE, math.ceil(after * step) + LEAST + OUTLINE


def _framed(span: Pair, step: float) -> Pair:
    """The first pixel in a frame around positions, and the one after the last."""
    first, last = round(span[0] * step), round(span[1] * step)
    length = max(last - first, LEAST)
    first = (first + last - length) // 2
    return first, first + length
