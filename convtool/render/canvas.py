"""Pictures with words in them, built from blocks: words, grids of numbers, maps.

Here is where everything lies; `raster` and `svg` paint it.
"""

import math
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, BinaryIO, Literal

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from ..core.color import LUMA
from ..core.dtypes import Array
from ..core.errors import ConvtoolError
from ..core.image import Header
from .block import GROUND as GROUND
from .block import Block as Block
from .block import Box, Line, Mark, Picture, Placed, Polygon, Text
from .block import Color as Color
from .block import Colors as Colors
from .font import font, length

if TYPE_CHECKING:
    from ..io.formats import Format

Align = Literal["start", "middle", "end"]

INK: Color = (32, 36, 42)
FAINT: Color = (120, 126, 134)
LINE: Color = (196, 200, 206)
MARK: Color = (214, 88, 24)
NEGATIVE: Color = (197, 84, 32)
POSITIVE: Color = (38, 96, 176)

TITLE, BODY, SMALL = 26, 18, 14
"""Heights of letters, in pixels."""

SPACING = 4
"""Pixels between the lines of a text."""

GAP = 16

LARGEST = 2**26
"""Pixels of a picture."""


def words(text: str, size: int = BODY, color: Color = INK) -> Block:
    """A text of one line or several."""
    pencil = ImageDraw.Draw(Image.new("RGB", (1, 1)))
    box = pencil.multiline_textbbox((0, 0), text, font(size), spacing=SPACING)
    left, top, right, bottom = box
    right += max(length(line, size) - font(size).getlength(line) for line in text.split("\n"))
    width, height = max(int(right - left), 1), max(int(bottom - top), size)
    step = font(size).getbbox("A")[3] + SPACING
    marks = [
        Text(-left, step * number - top, line, size, color)
        for number, line in enumerate(text.split("\n"))
    ]
    return _block(width, height, *marks)


def one_line(text: str, width: int, size: int = BODY, color: Color = INK) -> Block:
    """The printable letters of a text, shortened to so many pixels."""
    return words(shortened(_printable(text), width, size), size, color)


def named(name: str, told: str, width: int, size: int = BODY) -> Block:
    """``name: told``, of which the name is shortened to as many pixels as are left. It keeps a
    quarter of the line."""
    name, told = _printable(name), _printable(told)
    told = shortened(f": {told}", int(width - min(length(name, size), width / 4)), size)
    return words(shortened(name, int(width - length(told, size)), size) + told, size)


def shortened(text: str, width: int, size: int = BODY) -> str:
    """A line of text; if it is wider than so many pixels, its beginning and three dots."""
    if length(text, size) <= width:
        return text
    cut = range(1, len(text))
    kept = bisect_right(cut, float(width), key=lambda count: length(f"{text[:count]}...", size))
    return f"{text[:kept]}..." if kept else ""


def _printable(text: str) -> str:
    return "".join(filter(str.isprintable, text))


def lines(rows: Sequence[tuple[str, str]], size: int = BODY) -> Block:
    """Lines of words, each with a number; the numbers form a column, aligned at the right."""
    left, right = (int(max(length(row[column], size) for row in rows)) + 1 for column in (0, 1))
    step = int(1.6 * size)
    width = left + size + right
    marks = []
    for number, (text, value) in enumerate(rows):
        y = (number + 0.5) * step
        marks.append(Text(0, y, text, size, INK, "lm"))
        marks.append(Text(width, y, value, size, INK, "rm"))
    return _block(width, step * len(rows), *marks)


def grid(
    cells: Sequence[Sequence[str]],
    colors: Colors,
    *,
    size: int = BODY,
    rows: Sequence[str] = (),
    cols: Sequence[str] = (),
    marked: npt.NDArray[np.bool_] | None = None,
    hatched: npt.NDArray[np.bool_] | None = None,
    least: str = "",
    name: str = "",
) -> Block:
    """A grid of words in cells of these colours; `rows` and `cols` stand beside and above it, and
    `name` over all columns.

    The cells that are `marked` get a heavy frame, those that are `hatched` slanting lines. All
    have room for the text `least`.
    """
    texts = [text for row in cells for text in row] + [*cols, least]
    of_name = math.ceil(length(name, size) / len(cells[0]))
    width = max(int(max(length(text, size) for text in texts)) + size, 2 * size, of_name)
    height = 2 * size
    left = max((int(length(text, size)) for text in rows), default=-size // 2) + size // 2
    line = int(1.4 * size)
    top = line * (bool(name) + bool(cols))
    marks: list[Mark] = []
    if name:
        marks.append(Text(left + width * len(cells[0]) / 2, line / 2, name, size, INK, "mm"))
    for j, text in enumerate(cols):
        marks.append(Text(left + (j + 0.5) * width, top - line / 2, text, size, FAINT, "mm"))
    for i, text in enumerate(rows):
        y = top + (i + 0.5) * height
        marks.append(Text(left - size // 2, y, text, size, FAINT, "rm"))
    for i, row in enumerate(cells):
        for j, text in enumerate(row):
            x, y = left + j * width, top + i * height
            ground: Color = tuple(colors[i, j].tolist())
            marks.append(Box(x, y, x + width, y + height, ground, LINE))
            if hatched is not None and hatched[i, j]:
                marks += _hatching(x, y, width, height, ink_on(ground))
            marks.append(Text(x + width / 2, y + height / 2, text, size, ink_on(ground), "mm"))
    for i, j in np.argwhere(marked).tolist() if marked is not None else ():
        x, y = left + j * width, top + i * height
        marks.append(Box(x, y, x + width, y + height, None, MARK, 3))
    return _block(left + len(cells[0]) * width + 1, top + len(cells) * height + 1, *marks)


def _hatching(x: int, y: int, width: int, height: int, color: Color) -> Iterator[Line]:
    """Slanting lines in the corners of a cell, where no letters are."""
    right, bottom = x + width, y + height
    for step in range(4, height // 2 + 1, 4):
        yield Line((x, y + step), (x + step, y), color)
        yield Line((right - step, bottom), (right, bottom - step), color)


def arrow(length: int = 3 * GAP, color: Color = INK) -> Block:
    """An arrow to the right."""
    head = GAP // 2
    corners = (length - head, 0), (length - 1, head), (length - head, 2 * head)
    shaft = Line((0, head), (length - head, head), color, 2)
    return _block(length, 2 * head + 1, shaft, Polygon(corners, color))


def pixels(colors: Colors, scale: int = 1) -> Block:
    """An array of colours as it is, each a square of `scale` pixels."""
    height, width = colors.shape[:2]
    return _block(width * scale, height * scale, Picture(colors, scale))


def outlined(block: Block, place: tuple[int, int], step: int) -> Block:
    """A block of squares of `step` pixels with a frame around the one at (row, column)."""
    y, x = place[0] * step, place[1] * step
    frame = Box(x, y, x + step - 1, y + step - 1, None, MARK, max(step // 5, 1))
    return _block(*block.size, *block.marks, frame)


def framed(
    block: Block,
    across: Sequence[tuple[float, str]] = (),
    down: Sequence[tuple[float, str]] = (),
    size: int = SMALL,
) -> Block:
    """A block in a frame with ticks below and at the left: (0 to 1 of its length, words)."""
    left = max((int(length(text, size)) for _, text in down), default=-size) + size
    right = max((int(length(text, size)) // 2 for _, text in across), default=0)
    top = size // 2 if down else 0
    bottom = 2 * size if across else top
    marks: list[Mark] = [
        Box(left, top, left + block.width + 1, top + block.height + 1, None, FAINT),
        Placed(left + 1, top + 1, block),
    ]
    x: float
    y: float
    for share, text in across:
        x, y = left + 1 + share * (block.width - 1), top + block.height + 2
        marks.append(Line((x, y), (x, y + size // 3), FAINT))
        marks.append(Text(x, y + size // 2, text, size, FAINT, "mt"))
    for share, text in down:
        x, y = left - 1, top + 1 + share * (block.height - 1)
        marks.append(Line((x - size // 3, y), (x, y), FAINT))
        marks.append(Text(x - size // 2, y, text, size, FAINT, "rm"))
    return _block(left + block.width + 2 + right, top + block.height + 2 + bottom, *marks)


def beside(*blocks: Block, gap: int = GAP, align: Align = "middle") -> Block:
    """Blocks from left to right."""
    height = max(block.height for block in blocks)
    placed, x = [], 0
    for block in blocks:
        placed.append(Placed(x, _start(height - block.height, align), block))
        x += block.width + gap
    return _block(x - gap, height, *placed)


def above(*blocks: Block, gap: int = GAP, align: Align = "start") -> Block:
    """Blocks from top to bottom."""
    width = max(block.width for block in blocks)
    placed, y = [], 0
    for block in blocks:
        placed.append(Placed(_start(width - block.width, align), y, block))
        y += block.height + gap
    return _block(width, y - gap, *placed)


def table(rows: Sequence[Sequence[Block]], gap: int = GAP) -> Block:
    """Blocks in rows and columns, which are as high and as wide as their largest block."""
    heights = [max(block.height for block in row) for row in rows]
    columns = [[row[j] for row in rows if j < len(row)] for j in range(max(map(len, rows)))]
    widths = [max(block.width for block in column) for column in columns]
    placed, y = [], 0
    for row, height in zip(rows, heights, strict=True):
        x = 0
        for block, width in zip(row, widths, strict=False):
            placed.append(Placed(x, y, block))
            x += width + gap
        y += height + gap
    return _block(sum(widths) + gap * (len(widths) - 1), y - gap, *placed)


def on_page(block: Block, margin: int = 2 * GAP) -> Block:
    """A block with white around it."""
    page = Placed(margin, margin, block)
    return _block(block.width + 2 * margin, block.height + 2 * margin, page)


def diverging(values: Array, peak: float | None = None) -> Colors:
    """Negative values in orange, positive ones in blue, 0 white; the larger, the stronger: as
    strong as can be at `peak`, or at the largest of them."""
    largest = (float(np.abs(values).max()) if peak is None else peak) or 1.0
    share = (np.abs(values) / largest)[..., np.newaxis]
    end = np.where(np.asarray(values)[..., np.newaxis] < 0, NEGATIVE, POSITIVE)
    return np.rint(np.array(GROUND) * (1 - share) + end * share).astype(np.uint8)


def greys(values: Array, white: float) -> Colors:
    """Values as greys, from 0, black, to `white`; those outside are clipped."""
    level = np.rint(np.clip(values / white, 0, 1) * 255).astype(np.uint8)
    return np.repeat(level[..., np.newaxis], 3, axis=-1)


def inverted(colors: Colors) -> Colors:
    """Light colours as dark ones, and dark ones as light ones, of the same hue (the lightness of
    HSL, mirrored); twice, they are themselves."""
    wide = colors.astype(np.int16)
    ends = wide.max(axis=-1, keepdims=True) + wide.min(axis=-1, keepdims=True)
    mirrored: Colors = (wide + 255 - ends).astype(np.uint8)
    return mirrored


def ink_on(ground: Color) -> Color:
    """A colour of letters that is readable on this one."""
    luma = sum(part * value for part, value in zip(LUMA, ground, strict=True))
    return INK if luma > 140_000 else GROUND


def write(block: Block, file: BinaryIO, format_: "Format", place: str) -> None:
    """Write a block to an open file, called `place`, in a format that holds colours."""
    from ..io.base import ArrayReader
    from ..pipeline.run import filter_image

    pixels = np.asarray(block)
    filter_image(ArrayReader(Header.of_array(pixels), pixels), (), file, format_, place=place)


def room(width: int, height: int) -> Block:
    """An empty block of this size."""
    return _block(width, height)


def _block(width: int, height: int, *marks: Mark) -> Block:
    """A block that is not too large; otherwise ConvtoolError."""
    if width * height > LARGEST:
        raise ConvtoolError(f"the picture would have {width}x{height} pixels, too many to draw")
    return Block(width, height, marks)


def _start(left: int, align: Align) -> int:
    return {"start": 0, "middle": left // 2, "end": left}[align]
