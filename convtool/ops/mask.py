"""A mask: how much each pixel counts, from an image file of any format."""

from typing import NamedTuple

import numpy as np

from ..core.color import gray_of
from ..core.dtypes import Array, is_whole
from ..core.errors import ConvtoolError, at
from ..core.image import Header
from ..core.validation import Pair
from ..io.source import open_image

MOST = 65535
"""The largest value that a mask of numbers may hold, and what stands for 1 where it holds shares.
"""


class Mask(NamedTuple):
    """How much each pixel counts: all of it where the mask is white, nothing where it is 0."""

    name: str
    """What people call it: the file."""
    values: Array
    """Of shape (H, W), uint8 or uint16."""
    white: int

    @property
    def is_hard(self) -> bool:
        """Whether every value is 0 or white."""
        return bool(np.all((self.values == 0) | (self.values == self.white)))

    @property
    def least_inside(self) -> int:
        """The smallest value that is no less than half of white."""
        return (self.white + 1) // 2

    def check_size(self, size: Pair, what: str) -> None:
        """Raise ConvtoolError unless it is as large as what it is laid on."""
        height, width = self.values.shape
        if (height, width) != size:
            raise ConvtoolError(
                f"mask {self.name} is {height}x{width} and the {what} {size[0]}x{size[1]}, "
                "expected one size (rows x columns)"
            )

    def rows(self, first: int, last: int) -> Array:
        """Its rows first..last - 1, as often one under another as there are slices."""
        height = len(self.values)
        if first // height == (last - 1) // height:
            return self.values[first % height : (last - 1) % height + 1]
        return self.values[np.arange(first, last) % height]

    def cropped(self, first: int, last: int) -> "Mask":
        """Its columns first..last - 1."""
        return self._replace(values=self.values[:, first:last])


def read_mask(path: str) -> tuple[Mask, tuple[str, ...]]:
    """The mask in an image file, and what a person should know of it.

    Alpha counts where the image has some that is not opaque, else its grey (BT.601). Numbers are
    whole, of which 1, 255 or 65535 is white, the first that none passes; or shares from 0 to 1,
    which are held in steps of 1/65535. Raises ConvtoolError, naming the file, for anything else.
    """
    reader = open_image(path)
    header, notes = reader.header, [f"{path}: {note}" for note in reader.notes]
    if header.colors not in (1, 3):
        raise ConvtoolError(f"{path}: a mask of {header.colors} channels, expected grey or colour")
    gray, alpha = [], []
    for block in reader.blocks():
        gray.append(gray_of(np.ascontiguousarray(block[..., : header.colors]))[..., 0])
        if header.has_alpha:
            alpha.append(block[..., -1].copy())
    values = np.concatenate(gray)
    if alpha and not all((rows == header.white).all() for rows in alpha):
        values = np.concatenate(alpha)
    with at(path):
        mask = Mask(path, *_counted(values, header))
    largest = int(mask.values.max())
    if 0 < largest < mask.least_inside:
        notes.append(f"{path}: the largest value of this mask is {largest} of {mask.white}")
    return mask, tuple(notes)


def _counted(values: Array, header: Header) -> tuple[Array, int]:
    """The values of a mask as uint8 or uint16, and which of them is white."""
    if header.white is not None:
        kept = np.dtype(np.uint8 if header.white <= 255 else np.uint16)
        return values.astype(kept, copy=False), int(header.white)
    if not (values.min() >= 0 and values.max() <= MOST):  # nor NaN
        raise ConvtoolError("the mask holds numbers that are not from 0 to 65535, or are missing")
    largest = values.max()
    if not is_whole(values):
        if largest > 1:
            raise ConvtoolError(
                f"the mask holds fractions and {largest}, expected shares from 0 to 1, or whole "
                "numbers"
            )
        return np.rint(values.astype(np.float64) * MOST).astype(np.uint16), MOST
    white = 1 if largest <= 1 else 255 if largest <= 255 else MOST
    return values.astype(np.uint8 if white <= 255 else np.uint16), white
