"""A contact sheet: many small pictures in one, each with its name."""

import math
from collections.abc import Sequence

from ..core.validation import Pair
from . import canvas
from .canvas import FAINT, GAP, SMALL, Block
from .thumbnail import Cell

LARGEST, SMALLEST = 480, 16
"""The longer side of a cell, in pixels."""

PIXELS = 1 << 24
"""The most pixels of all cells together: the more cells, the smaller each is."""

ENLARGED = 160
"""Pictures smaller than this are enlarged by a whole number, not beyond it."""

SHAPE = 4 / 3
"""Width to height of a sheet."""


def cell_size(count: int) -> Pair:
    """The largest (height, width) of each cell if there are `count` of them."""
    side = max(SMALLEST, min(LARGEST, math.isqrt(PIXELS // count)))
    return side, side


def contact_sheet(cells: Sequence[Cell]) -> Block:
    """The pictures in rows, each under its name; the sheet is about a third wider than high.

    Small pictures are enlarged, all by the same whole number. Raises ConvtoolError if there are
    too many pictures to draw.
    """
    height = max(len(cell.pixels) for cell in cells)
    width = max(cell.pixels.shape[1] for cell in cells)
    scale = max(1, ENLARGED // max(height, width))
    drawn = [_cell(cell, scale, scale * width) for cell in cells]
    count = _columns(len(cells), scale * height + 2 * SMALL + GAP, scale * width + GAP)
    rows = [drawn[start : start + count] for start in range(0, len(drawn), count)]
    return canvas.on_page(canvas.table(rows), GAP)


def _cell(cell: Cell, scale: int, width: int) -> Block:
    name = canvas.words(canvas.shortened(cell.label, width, SMALL), SMALL, FAINT)
    return canvas.above(name, canvas.pixels(cell.pixels, scale), gap=SMALL // 2)


def _columns(count: int, height: int, width: int) -> int:
    """How many of `count` cells of this size stand side by side."""

    def off(columns: int) -> float:
        rows = -(-count // columns)
        empty = 1 - count / (rows * columns)
        return abs(math.log(columns * width / (rows * height) / SHAPE)) + 2 * empty

    return min(range(1, count + 1), key=off)
