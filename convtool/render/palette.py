"""The colours of an animation: those that its frames are drawn in, and those of letters' edges."""

from collections.abc import Iterable, Iterator

import numpy as np

from . import canvas
from .block import Block, Box, Color, Colors, Line, Picture, Placed, Polygon, Text

MOST = 255
"""Colours of a palette, which has one number more for what is transparent."""


def flat_colors(block: Block) -> Iterator[Color]:
    """The colours of a block's areas, lines and texts."""
    yield canvas.GROUND
    for mark in block.marks:
        match mark:
            case Text(color=color) | Line(color=color) | Polygon(color=color):
                yield color
            case Box(fill=fill, outline=outline):
                yield from (color for color in (fill, outline) if color is not None)
            case Picture(colors=colors):
                yield from _each(colors)
            case Placed(block=inner):
                yield from flat_colors(inner)


def _each(colors: Colors) -> Iterator[Color]:
    """Each of some colours once."""
    red, green, blue = (part.ravel() for part in colors.astype(np.int32).transpose(2, 0, 1))
    for code in np.unique(red << 16 | green << 8 | blue).tolist():
        yield code >> 16, code >> 8 & 255, code & 255


def palette(flat: Iterable[Color]) -> Colors:
    """A palette (n, 3) with these colours, and with those between them that the edges of letters
    have.

    Where there is no room for all, as with the greys of a photo, some are left out, but none of
    those of texts and lines: the nearest one is off by 4 levels at most.
    """
    edges = {tuple(color) for color in _edges().tolist()}
    more = sorted(set(flat) - edges)
    room = MOST - len(edges)
    if len(more) > room:
        more = [more[i] for i in np.linspace(0, len(more) - 1, room).astype(int)]
    return np.array(sorted(edges) + more, np.uint8)


def _edges() -> Colors:
    """Greys, and the colours of numbers and marks, from the ground on, as the edges of letters have
    them. More make larger files that look the same."""
    greys = np.repeat(np.linspace(0, 255, 52).round()[:, np.newaxis], 3, axis=1)
    parts = [greys, np.array([canvas.FAINT, canvas.LINE])]
    for color, count in (
        (canvas.POSITIVE, 16),
        (canvas.NEGATIVE, 16),
        (canvas.MARK, 4),
        (canvas.INK, 6),
    ):
        share = np.linspace(0, 1, count + 1)[1:, np.newaxis]
        parts.append(np.array(canvas.GROUND) * (1 - share) + np.array(color) * share)
    found: Colors = np.concatenate(parts).round().astype(np.uint8)
    return found
