"""What a drawn picture is made of: blocks of marks at places, in no format yet.

Places and sizes are in pixels, x to the right and y down, from a block's upper left corner. What
a mark covers is told as Pillow does: both ends of a line and of a box belong to it.
"""

from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from ..core.dtypes import Array

Color = tuple[int, int, int]
Colors = npt.NDArray[np.uint8]
"""(H, W, 3), red, green and blue."""

Anchor = Literal["la", "lm", "rm", "mm", "mt"]
"""Which point of a text its place is, as Pillow names them: left, middle or right; the ascender,
the middle or the top of the letters."""

GROUND: Color = (255, 255, 255)
"""The colour under every block."""


class Text(NamedTuple):
    """A line of text in letters of a height of `size` pixels."""

    x: float
    y: float
    text: str
    size: int
    color: Color
    anchor: Anchor = "la"


class Box(NamedTuple):
    """A rectangle from one corner to the other, filled, with an outline inside it, or both."""

    left: float
    top: float
    right: float
    bottom: float
    fill: Color | None
    outline: Color | None
    width: int = 1


class Line(NamedTuple):
    """A straight line."""

    start: tuple[float, float]
    end: tuple[float, float]
    color: Color
    width: int = 1


class Polygon(NamedTuple):
    """A filled area between corners."""

    corners: tuple[tuple[float, float], ...]
    color: Color


class Picture(NamedTuple):
    """An array of colours, each a square of `scale` pixels."""

    colors: Colors
    scale: int


class Placed(NamedTuple):
    """A block within another; it covers what lies below it."""

    x: int
    y: int
    block: "Block"


Mark = Text | Box | Line | Polygon | Picture | Placed


class Block(NamedTuple):
    """Marks, one over the other, on a ground of this size."""

    width: int
    height: int
    marks: tuple[Mark, ...] = ()

    @property
    def size(self) -> tuple[int, int]:
        """(width, height)"""
        return self.width, self.height

    def __array__(self, dtype: npt.DTypeLike | None = None, copy: bool | None = None) -> Array:
        """The block painted, each time anew: (H, W, 3) of uint8."""
        from .raster import painted

        return np.array(painted(self), dtype)
