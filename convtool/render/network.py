"""A pipeline as a picture: a map after each stage, with its size, its cost and what it sees."""

import math
import textwrap
from typing import NamedTuple

from ..core.validation import Sizes
from ..inspect.shapes import Row, Shapes
from . import canvas
from .block import Block, Box, Color
from .canvas import FAINT, GAP, SMALL, TITLE
from .shape_text import exact_number, sentences, times

LARGEST, SMALLEST = 120, 6
"""Pixels of a side of a map."""

SHEET = 5
"""Pixels between a sheet and the one behind it."""

MOST_SHEETS = 8

LETTERS, MOST_LINES = 24, 3
"""Of the name of a stage."""

WIDTH = 1400
"""Pixels of a row of stages, and of a line of words."""

WITH_WEIGHTS: Color = (190, 208, 232)
WITHOUT: Color = (232, 234, 238)

KEY = (
    "blue: made with weights; the sides go with the square roots of rows and columns, "
    "the sheets with channels and slices"
)

Facts = list[tuple[str, str]]
"""What is told of a map, and its number or size."""


class Map(NamedTuple):
    """A map as it is drawn."""

    name: str
    shape: Sizes
    facts: Facts
    color: Color


def draw_shapes(image: str, found: Shapes) -> Block:
    """The image and each map of a pipeline, with arrows between them, in as many rows as it takes;
    below them a fully connected layer for comparison.

    Raises ConvtoolError for more stages than a picture holds.
    """
    maps = [
        Map("image", found.input, [("size", times(found.input))], WITHOUT),
        *(Map(row.stage, row.shape, _facts(row), _color(row)) for row in found.rows),
    ]
    largest = max(side for one in maps for side in one.shape[-3:-1])
    high = max(_sheets(one, largest).height for one in maps)
    drawn = [_drawn(one, largest, high) for one in maps]
    arrow = canvas.beside(canvas.arrow(), canvas.room(1, high), gap=0)
    rows = [canvas.beside(*some, gap=GAP, align="start") for some in _in_rows(drawn, arrow)]
    told = list(sentences(found))
    if len(found.rows) > 1:
        told.append(f"Multiply-adds in all: {exact_number(found.multiply_adds)}.")
    return canvas.on_page(
        canvas.above(
            canvas.one_line(image, WIDTH, TITLE),
            *rows,
            _text(told),
            canvas.words(KEY, SMALL, FAINT),
            gap=2 * GAP,
        )
    )


def _facts(row: Row) -> Facts:
    """What the table has of a stage; no weights and sums where there are none."""
    facts = [("output", times(row.shape))]
    if row.weights:
        facts.append(("weights", f"{row.weights:,}"))
    if row.multiply_adds:
        facts.append(("multiply-adds", exact_number(row.multiply_adds)))
    facts += [("field", times(row.field)), ("step", times(row.step))]
    if row.method:
        facts.append(("method", row.method))
    return facts


def _color(row: Row) -> Color:
    return WITH_WEIGHTS if row.weights else WITHOUT


def _in_rows(drawn: list[Block], arrow: Block) -> list[list[Block]]:
    """Maps with an arrow before each except the first, in rows that are not too wide."""
    rows: list[list[Block]] = [[]]
    width = 0
    for number, block in enumerate(drawn):
        added = [arrow, block] if number else [block]
        wide = sum(one.width + GAP for one in added)
        if rows[-1] and width + wide > WIDTH:
            rows.append([])
            width = 0
        rows[-1] += added
        width += wide
    return rows


def _drawn(one: Map, largest: int, high: int) -> Block:
    """A map, as high as all are, and below it its name and what is told of it."""
    picture = canvas.beside(_sheets(one, largest), canvas.room(1, high), gap=0)
    return canvas.above(picture, _text(_name(one.name)), canvas.lines(one.facts, SMALL))


def _text(told: list[str]) -> Block:
    """Lines of words at the same distances, whatever their letters."""
    return canvas.lines([(line, "") for line in told])


def _name(name: str) -> list[str]:
    """The name of a stage in a few lines."""
    shown = "".join(filter(str.isprintable, name))
    return textwrap.wrap(
        shown, LETTERS, max_lines=MOST_LINES, placeholder=" ...", break_on_hyphens=False
    )


def _sheets(one: Map, largest: int) -> Block:
    """A map as sheets that lie behind one another, the larger the map the larger each."""
    *depth, rows, cols, channels = one.shape
    height, width = (
        max(round(LARGEST * math.sqrt(side / largest)), SMALLEST) for side in (rows, cols)
    )
    count = min(1 + (math.prod(depth) * channels - 1).bit_length(), MOST_SHEETS)
    offset = SHEET * (count - 1)
    sheets = [
        Box(x, offset - x, x + width, offset - x + height, one.color, FAINT)
        for x in range(offset, -1, -SHEET)
    ]
    return Block(width + offset + 1, height + offset + 1, tuple(sheets))
