"""Pixels outside a mask are missing: no window reads them."""

from typing import NamedTuple

import numpy as np

from ..core.dtypes import FLOAT64, Array
from ..core.image import Header
from ..core.validation import Pair
from .base import Laid, Operator, Sum
from .mask import Mask


class Within(Operator):
    """Make pixels missing, NaN, where a mask is less than half white.

    Whole numbers become float64. Alpha is left alone unless it is a channel like the others.
    """

    def __init__(self, mask: Mask, *, alpha_too: bool = False) -> None:
        self.mask, self.masks = mask, (mask.name,)
        self.alpha_too = alpha_too

    @property
    def label(self) -> str:
        """``within face.png``"""
        return f"within {self.mask.name}"

    def bind(self, header: Header) -> "WithinStage":
        """The stage for images of this description; ConvtoolError unless they are of its size."""
        self.mask.check_size(header.size[1:], "image")
        dtype = header.dtype.newbyteorder("=") if header.dtype.kind == "f" else FLOAT64
        count = len(header.channels) if self.alpha_too else header.colors
        return WithinStage(header, header._replace(dtype=dtype), self.mask, count)

    def cropped(self, first: int, last: int) -> "Within":
        """The same for an image of these columns."""
        return Within(self.mask.cropped(first, last), alpha_too=self.alpha_too)


class WithinStage(NamedTuple):
    """`Within` bound to an image."""

    input: Header
    output: Header
    mask: Mask
    channels: int
    """Those that are missing outside."""

    laid: tuple[Laid, ...] = ()
    sums: tuple[Sum, ...] = ()

    def carried_from(self, row: int, col: int) -> Pair | None:
        """The same pixel."""
        return row, col

    def rows_needed(self, first: int, last: int) -> Pair:
        """The same rows."""
        return first, last

    def run(self, band: Array, top: int, first: int, out: Array) -> None:
        """Write the output rows from `first` on."""
        last = first + len(out)
        out[...] = band[first - top : last - top]
        out[self.mask.rows(first, last) < self.mask.least_inside, : self.channels] = np.nan
