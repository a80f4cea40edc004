"""Blocks painted as SVG 1.1, with texts that are texts.

Every text has the length that the layout measured, so that nothing overlaps whatever font a
reader has. Places of pixels are those of their middles.
"""

from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping
from html import escape
from io import BytesIO

from .block import GROUND, Block, Box, Color, Line, Picture, Placed, Polygon, Text
from .font import font, length
from .raster import scaled

Attributes = Mapping[str, str | float]

FAMILY = "Helvetica, Arial, sans-serif"

ENDS = {"l": "start", "m": "middle", "r": "end"}
"""What SVG calls the places in a text that Pillow's anchors name."""

MOST_LETTERS = 200
"""Of the title."""


def svg(block: Block, title: str, description: str) -> bytes:
    """A block on white as an SVG file of its size in pixels.

    Of all texts only what is printable is written. The same block gives the same bytes.
    """
    width, height = block.size
    space = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<svg {space} version="1.1" width="{width}" height="{height}"'
        f' viewBox="0 0 {width} {height}" font-family="{FAMILY}">',
        f"<title>{_escaped(title[:MOST_LETTERS])}</title>",
        f"<desc>{_escaped(description)}</desc>",
        _element("rect", {"width": width, "height": height, "fill": _hex(GROUND)}),
        *filter(None, _painted(block, 0, 0)),
        "</svg>\n",
    ]
    return "\n".join(lines).encode()


def _painted(block: Block, left: float, top: float) -> Iterator[str]:
    """The elements of a block whose upper left corner is here."""
    for mark in block.marks:
        match mark:
            case Text():
                yield _text(mark, left, top)
            case Box():
                yield _box(mark, left, top)
            case Line(start, end, color, width):
                (x1, y1), (x2, y2) = _middles((start, end), left, top)
                ends = {"x1": x1, "y1": y1, "x2": x2, "y2": y2}
                yield _element("line", {**ends, "stroke": _hex(color), "stroke-width": width})
            case Polygon(corners, color):
                places = _middles(corners, left, top)
                points = " ".join(f"{_number(x)},{_number(y)}" for x, y in places)
                yield _element("polygon", {"points": points, "fill": _hex(color)})
            case Picture():
                yield _picture(mark, left, top)
            case Placed(x, y, inner):
                yield from _painted(inner, left + x, top + y)


def _middles(
    pixels: Iterable[tuple[float, float]], left: float, top: float
) -> list[tuple[float, float]]:
    """The middles of pixels of a block whose upper left corner is here."""
    return [(left + x + 0.5, top + y + 0.5) for x, y in pixels]


def _text(mark: Text, left: float, top: float) -> str:
    """A text, as long as the letters that were measured; readers drop blanks at its ends."""
    letters, shown = font(mark.size), _printable(mark.text).strip()
    if not shown:
        return ""
    end, height = mark.anchor
    ascent, descent = letters.getmetrics()
    below = {"a": ascent, "m": (ascent - descent) / 2, "t": -letters.getbbox(shown, anchor="ls")[1]}
    attributes: Attributes = {
        "x": left + mark.x,
        "y": top + mark.y + below[height],
        "font-size": mark.size,
        "fill": _hex(mark.color),
        "text-anchor": ENDS[end],
        "textLength": length(shown, mark.size),
        "lengthAdjust": "spacingAndGlyphs",
    }
    return _element("text", attributes, _escaped(shown))


def _box(mark: Box, left: float, top: float) -> str:
    """A box; its outline lies inside."""
    outline = {} if mark.outline is None else {"stroke": _hex(mark.outline)}
    width = mark.width if outline else 0
    attributes: Attributes = {
        "x": left + mark.left + width / 2,
        "y": top + mark.top + width / 2,
        "width": mark.right - mark.left + 1 - width,
        "height": mark.bottom - mark.top + 1 - width,
        "fill": "none" if mark.fill is None else _hex(mark.fill),
        **outline,
        "stroke-width": width,
    }
    return _element("rect", attributes)


def _picture(mark: Picture, left: float, top: float) -> str:
    """A picture as a PNG within the file."""
    image, file = scaled(mark), BytesIO()
    image.save(file, "PNG", optimize=True)
    attributes: Attributes = {
        "x": left,
        "y": top,
        "width": image.width,
        "height": image.height,
        "style": "image-rendering:pixelated",
        "xlink:href": f"data:image/png;base64,{b64encode(file.getvalue()).decode()}",
    }
    return _element("image", attributes)


def _element(name: str, attributes: Attributes, content: str = "") -> str:
    """An element; its texts are escaped already."""
    words = [name]
    for key, value in attributes.items():
        words.append(f'{key}="{value if isinstance(value, str) else _number(value)}"')
    return f"<{' '.join(words)}>{content}</{name}>" if content else f"<{' '.join(words)}/>"


def _escaped(text: str) -> str:
    return escape(_printable(text))


def _printable(text: str) -> str:
    """A text without what has no place on paper: controls, marks of direction, half characters."""
    return "".join(filter(str.isprintable, text))


def _number(value: float) -> str:
    """A number to a hundredth of a pixel."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _hex(color: Color) -> str:
    return "#{:02x}{:02x}{:02x}".format(*color)
