"""What is known of an image before its first row is: size, channels, type of the pixels."""

import sys
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from .dtypes import Array, DType
from .errors import ConvtoolError
from .metadata import Transfer

CHANNEL_NAMES: dict[int, tuple[str, ...]] = {
    1: ("L",),
    2: ("L", "A"),
    3: ("R", "G", "B"),
    4: ("R", "G", "B", "A"),
}
"""Names by number of channels, for images. The field's convention: 2 and 4 end in alpha."""


DEPTH = "z"
"""The axis of slices that windows may reach over."""


class Header(NamedTuple):
    """The description of an image or feature map whose rows are arrays (n, W, C)."""

    height: int
    width: int
    channels: tuple[str, ...]
    dtype: DType
    white: float | None = None
    """The value that is white: 255, 65535, or 1 for bool; None for numbers that have none."""
    transfer: Transfer = Transfer()
    """How light became values."""
    depth: int = 1
    """How many slices lie one under another in these rows."""
    stacked: str = DEPTH
    """The axes that slices lie along, as letters of --axes: windows reach over depth alone."""

    @property
    def has_alpha(self) -> bool:
        """Whether the last channel is alpha, which is carried along and not filtered."""
        return len(self.channels) > 1 and self.channels[-1] == "A"

    @property
    def colors(self) -> int:
        """The number of channels that are not alpha."""
        return len(self.channels) - self.has_alpha

    @property
    def size(self) -> tuple[int, int, int]:
        """(slices, rows of each, columns)"""
        return self.depth, self.height // self.depth, self.width

    @property
    def shape(self) -> tuple[int, ...]:
        """That of its array: (H, W, C), or (D, H, W, C) of several slices."""
        return (*self.size[self.depth == 1 :], len(self.channels))

    def place(self, row: int, col: int) -> tuple[int, ...]:
        """(row, column) of a value, or (slice, row, column): `row` counts through all slices."""
        return (row, col) if self.depth == 1 else (*divmod(row, self.size[1]), col)

    def where(self, row: int, col: int) -> str:
        """The same in words: ``row 3, column 4`` or ``slice 2, row 3, column 4``."""
        place = self.place(row, col)
        names = ("slice", "row", "column")[-len(place) :]
        return ", ".join(f"{name} {number}" for name, number in zip(names, place, strict=True))

    @property
    def pixels(self) -> int:
        """How many there are."""
        return self.height * self.width

    @property
    def values(self) -> int:
        """Values, alpha aside."""
        return self.pixels * self.colors

    @property
    def row_elements(self) -> int:
        """Values in a row."""
        return self.width * len(self.channels)

    @property
    def flat(self) -> "Header":
        """The same with channels of which none is alpha."""
        return self._replace(channels=tuple(map(str, range(len(self.channels)))))

    @classmethod
    def of_array(cls, pixels: Array, *, may_have_alpha: bool = False) -> "Header":
        """The header of an array (L, C), (H, W, C) or (D, H, W, C); 2 and 4 channels end in alpha
        if they may."""
        depth, height, width, count = (1, 1, *pixels.shape)[-4:]
        numbers = tuple(str(i) for i in range(count))
        channels = CHANNEL_NAMES.get(count, numbers) if may_have_alpha else numbers
        white = white_of(pixels.dtype)
        return cls(depth * height, width, channels, pixels.dtype, white, depth=depth)


def white_of(dtype: DType) -> float | None:
    """The value of white in an image of this type: its largest for uint8, uint16 and bool."""
    return {"bool": 1, "uint8": 255, "uint16": 65535}.get(dtype.name)


SHAPES = {
    1: ("signal", "(L,) or (L, C)"),
    2: ("image", "(H, W) or (H, W, C)"),
    3: ("volume", "(D, H, W) or (D, H, W, C)"),
}
"""What an array of so many dimensions is called, and its shapes without and with channels."""


def check_image(image: npt.ArrayLike, dimensions: int = 2) -> Array:
    """`image` as an array (H, W, C) of bool, integer or float pixels with at least one of them.

    A signal becomes (L, C), and a volume (D, H, W, C). Raises ConvtoolError on any other shape or
    type.
    """
    what = SHAPES[dimensions][0]
    if "numpy.ma" in sys.modules and isinstance(image, np.ma.MaskedArray):  # slow to import
        raise ConvtoolError(
            f"{what} is a masked array, expected a plain one: fill it, or compress it"
        )
    try:
        pixels = np.asarray(image)
    except ValueError:
        raise ConvtoolError(f"{what} is ragged: every row needs as many pixels") from None
    check_shape(pixels.shape, dimensions)
    check_pixels(pixels.dtype, what)
    return pixels.reshape(*pixels.shape[:dimensions], -1)


def check_shape(shape: tuple[int, ...], dimensions: int = 2) -> None:
    """Raise ConvtoolError on a shape that an image, a signal or a volume cannot have."""
    what, expected = SHAPES[dimensions]
    if len(shape) not in (dimensions, dimensions + 1):
        raise ConvtoolError(f"{what} has shape {shape}, expected {expected}")
    if 0 in shape:
        raise ConvtoolError(f"{what} has shape {shape}, expected at least one pixel")


def check_pixels(dtype: DType, what: str = "image") -> None:
    """Raise ConvtoolError on a type that pixels cannot have."""
    if dtype.kind not in "biuf":
        raise ConvtoolError(f"{what} is of {dtype}, expected bool, integers or floats")
