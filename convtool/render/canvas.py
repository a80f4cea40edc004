"""Pictures with words in them, built from blocks: words, grids of numbers, maps.

A block is a Pillow picture on a white ground. Words are drawn in Pillow's own font, which has the
letters of Latin-1 and few other signs: ``x`` for times, ``-`` for minus.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, BinaryIO, Literal

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from ..core.color import LUMA
from ..core.dtypes import Array
from ..core.errors import ConvtoolError
from ..core.image import Header

if TYPE_CHECKING:
    from ..io.formats import Format

Block = Image.Image
Color = tuple[int, int, int]
Colors = npt.NDArray[np.uint8]
"""(H, W, 3), red, green and blue."""
Align = Literal["start", "middle", "end"]

GROUND: Color = (255, 255, 255)
INK: Color = (32, 36, 42)
FAINT: Color = (120, 126, 134)
LINE: Color = (196, 200, 206)
MARK: Color = (214, 88, 24)
NEGATIVE: Color = (197, 84, 32)
POSITIVE: Color = (38, 96, 176)

TITLE, BODY, SMALL = 26, 18, 14
"""Heights of letters, in pixels."""

GAP = 16

LARGEST = 2**26
"""Pixels of a picture."""


@lru_cache(maxsize=16)
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


def words(text: str, size: int = BODY, color: Color = INK) -> Block:
    """A text of one line or several."""
    font = _font(size)
    pencil = ImageDraw.Draw(Image.new("RGB", (1, 1)))
    left, top, right, bottom = pencil.multiline_textbbox((0, 0), text, font)
    block = room(max(int(right - left), 1), max(int(bottom - top), size))
    ImageDraw.Draw(block).multiline_text((-left, -top), text, color, font)
    return block


def shortened(text: str, width: int, size: int = BODY) -> str:
    """A line of text; if it is wider than so many pixels, its beginning and three dots."""
    font = _font(size)
    kept = text
    while kept and font.getlength(kept if kept == text else f"{kept}...") > width:
        kept = kept[:-1]
    return text if kept == text else f"{kept}..." if kept else ""


def lines(rows: Sequence[tuple[str, str]], size: int = BODY) -> Block:
    """Lines of words, each with a number; the numbers form a column, aligned at the right."""
    font = _font(size)
    left, right = (int(max(font.getlength(row[column]) for row in rows)) + 1 for column in (0, 1))
    step = int(1.6 * size)
    block = room(left + size + right, step * len(rows))
    pencil = ImageDraw.Draw(block)
    for number, (text, value) in enumerate(rows):
        y = (number + 0.5) * step
        pencil.text((0, y), text, INK, font, "lm")
        pencil.text((block.width, y), value, INK, font, "rm")
    return block


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
) -> Block:
    """A grid of words in cells of these colours; `rows` and `cols` stand beside and above it.

    The cells that are `marked` get a heavy frame, those that are `hatched` slanting lines. All
    have room for the text `least`.
    """
    font = _font(size)
    texts = [text for row in cells for text in row] + [*cols, least]
    width = max(int(max(font.getlength(text) for text in texts)) + size, 2 * size)
    height = 2 * size
    left = max((int(font.getlength(text)) for text in rows), default=-size // 2) + size // 2
    top = int(1.4 * size) if cols else 0
    block = room(left + len(cells[0]) * width + 1, top + len(cells) * height + 1)
    pencil = ImageDraw.Draw(block)
    for j, text in enumerate(cols):
        pencil.text((left + (j + 0.5) * width, top / 2), text, FAINT, font, "mm")
    for i, text in enumerate(rows):
        pencil.text((left - size // 2, top + (i + 0.5) * height), text, FAINT, font, "rm")
    for i, row in enumerate(cells):
        for j, text in enumerate(row):
            x, y = left + j * width, top + i * height
            ground: Color = tuple(colors[i, j].tolist())
            pencil.rectangle((x, y, x + width, y + height), ground, LINE)
            if hatched is not None and hatched[i, j]:
                _hatch(pencil, x, y, width, height, ink_on(ground))
            place = x + width / 2, y + height / 2
            pencil.text(place, text, ink_on(ground), font, "mm")
    for i, j in np.argwhere(marked) if marked is not None else ():
        x, y = left + j * width, top + i * height
        pencil.rectangle((x, y, x + width, y + height), None, MARK, 3)
    return block


def _hatch(
    pencil: ImageDraw.ImageDraw, x: int, y: int, width: int, height: int, color: Color
) -> None:
    """Slanting lines in the corners of a cell, where no letters are."""
    for step in range(4, height // 2 + 1, 4):
        pencil.line((x, y + step, x + step, y), color)
        pencil.line((x + width - step, y + height, x + width, y + height - step), color)


def arrow(length: int = 3 * GAP, color: Color = INK) -> Block:
    """An arrow to the right."""
    head = GAP // 2
    block = room(length, 2 * head + 1)
    pencil = ImageDraw.Draw(block)
    pencil.line((0, head, length - head, head), color, 2)
    pencil.polygon([(length - head, 0), (length - 1, head), (length - head, 2 * head)], color)
    return block


def pixels(colors: Colors, scale: int = 1) -> Block:
    """An array of colours as it is, each a square of `scale` pixels."""
    block = Image.fromarray(colors)
    return block.resize((block.width * scale, block.height * scale), Image.Resampling.NEAREST)


def outlined(block: Block, place: tuple[int, int], step: int) -> Block:
    """A block of squares of `step` pixels with a frame around the one at (row, column)."""
    marked = block.copy()
    y, x = place[0] * step, place[1] * step
    ImageDraw.Draw(marked).rectangle(
        (x, y, x + step - 1, y + step - 1), None, MARK, max(step // 5, 1)
    )
    return marked


def framed(
    block: Block,
    across: Sequence[tuple[float, str]] = (),
    down: Sequence[tuple[float, str]] = (),
    size: int = SMALL,
) -> Block:
    """A block in a frame with ticks below and at the left: (0 to 1 of its length, words)."""
    font = _font(size)
    left = max((int(font.getlength(text)) for _, text in down), default=-size) + size
    right = max((int(font.getlength(text)) // 2 for _, text in across), default=0)
    top = size // 2 if down else 0
    bottom = 2 * size if across else top
    page = room(left + block.width + 2 + right, top + block.height + 2 + bottom)
    pencil = ImageDraw.Draw(page)
    pencil.rectangle((left, top, left + block.width + 1, top + block.height + 1), None, FAINT)
    page.paste(block, (left + 1, top + 1))
    x: float
    y: float
    for share, text in across:
        x, y = left + 1 + share * (block.width - 1), top + block.height + 2
        pencil.line((x, y, x, y + size // 3), FAINT)
        pencil.text((x, y + size // 2), text, FAINT, font, "mt")
    for share, text in down:
        x, y = left - 1, top + 1 + share * (block.height - 1)
        pencil.line((x - size // 3, y, x, y), FAINT)
        pencil.text((x - size // 2, y), text, FAINT, font, "rm")
    return page


def beside(*blocks: Block, gap: int = GAP, align: Align = "middle") -> Block:
    """Blocks from left to right."""
    height = max(block.height for block in blocks)
    joined = room(sum(block.width for block in blocks) + gap * (len(blocks) - 1), height)
    x = 0
    for block in blocks:
        joined.paste(block, (x, _start(height - block.height, align)))
        x += block.width + gap
    return joined


def above(*blocks: Block, gap: int = GAP, align: Align = "start") -> Block:
    """Blocks from top to bottom."""
    width = max(block.width for block in blocks)
    joined = room(width, sum(block.height for block in blocks) + gap * (len(blocks) - 1))
    y = 0
    for block in blocks:
        joined.paste(block, (_start(width - block.width, align), y))
        y += block.height + gap
    return joined


def table(rows: Sequence[Sequence[Block]], gap: int = GAP) -> Block:
    """Blocks in rows and columns, which are as high and as wide as their largest block."""
    heights = [max(block.height for block in row) for row in rows]
    columns = [[row[j] for row in rows if j < len(row)] for j in range(max(map(len, rows)))]
    widths = [max(block.width for block in column) for column in columns]
    joined = room(sum(widths) + gap * (len(widths) - 1), sum(heights) + gap * (len(heights) - 1))
    y = 0
    for row, height in zip(rows, heights, strict=True):
        x = 0
        for block, width in zip(row, widths, strict=False):
            joined.paste(block, (x, y))
            x += width + gap
        y += height + gap
    return joined


def on_page(block: Block, margin: int = 2 * GAP) -> Block:
    """A block with white around it."""
    page = room(block.width + 2 * margin, block.height + 2 * margin)
    page.paste(block, (margin, margin))
    return page


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
    if width * height > LARGEST:
        raise ConvtoolError(f"the picture would have {width}x{height} pixels, too many to draw")
    return Image.new("RGB", (width, height), GROUND)


def _start(left: int, align: Align) -> int:
    return {"start": 0, "middle": left // 2, "end": left}[align]
