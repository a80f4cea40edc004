"""Stages that look at one pixel at a time."""

from typing import NamedTuple

import numpy as np

from .arguments import Pair
from .errors import ConvtoolError
from .image import Header
from .precision import FLOAT64, Array, is_integer
from .tone import saturate


class Relu:
    """Negative values become 0; NaN stays, and alpha is left alone."""

    def bind(self, header: Header) -> "ReluStage":
        """The stage for images of this description."""
        return ReluStage(header)


class Gray:
    """Colour becomes grey: 0.299 R + 0.587 G + 0.114 B (ITU-R BT.601), alpha kept.

    Whole pixels stay whole, rounded half to even from the exact value. Grey stays as it is.
    """

    def bind(self, header: Header) -> "GrayStage":
        """The stage for images of this description; ConvtoolError if they have no colours."""
        if header.colors not in (1, 3):
            raise ConvtoolError(
                f"an image of {header.colors} channels has no grey, expected 1 or 3 channels"
            )
        return GrayStage(header)


class _PointStage(NamedTuple):
    input: Header

    def rows_needed(self, first: int, last: int) -> Pair:
        """The same rows."""
        return first, last


class ReluStage(_PointStage):
    """`Relu` bound to an image."""

    @property
    def output(self) -> Header:
        """As the input."""
        return self.input

    def run(self, band: Array, top: int, first: int, out: Array) -> None:
        """Write the output rows from `first` on."""
        out[...] = band[first - top :][: len(out)]
        colors = out[..., : self.input.colors]
        np.maximum(colors, 0, out=colors)


class GrayStage(_PointStage):
    """`Gray` bound to an image."""

    @property
    def output(self) -> Header:
        """One channel L, and alpha if there was one."""
        return self.input._replace(channels=("L", *self.input.channels[self.input.colors :]))

    def run(self, band: Array, top: int, first: int, out: Array) -> None:
        """Write the output rows from `first` on."""
        rows = band[first - top :][: len(out)]
        if self.input.colors == 1:
            out[...] = rows
            return
        red, green, blue = (rows[..., i].astype(FLOAT64) for i in range(3))
        gray = (299 * red + 587 * green + 114 * blue) / 1000
        dtype = self.input.dtype
        if is_integer(dtype):
            gray = saturate(gray, np.dtype(np.uint8) if dtype.kind == "b" else dtype)
        out[..., 0] = gray
        out[..., 1:] = rows[..., 3:]
