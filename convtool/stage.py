"""A stage: an operator bound to the image that it will see, computing any band of its output."""

from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from .errors import ConvtoolError
from .geometry import Pair, band_height, cut
from .image import Header

Array = npt.NDArray[Any]


class Stage(Protocol):
    """What runs on a band. A stage keeps no state: bands may come in any order, on any thread."""

    @property
    def output(self) -> Header:
        """The description of what comes out."""
        ...

    def rows_needed(self, first: int, last: int) -> Pair:
        """The input rows (first, last) that the output rows first..last - 1 are made of."""
        ...

    def run(self, band: Array, top: int, first: int, last: int) -> Array:
        """Output rows first..last - 1, shape (last - first, W', C').

        `band`, of shape (n, W, C), holds the input rows from `top` on.
        """
        ...


class Operator(Protocol):
    """A job not yet bound to an image: `bind` checks it against one and gives the stage."""

    def bind(self, header: Header) -> Stage:
        """The stage for images of this description; ConvtoolError where it cannot be."""
        ...


def over_array(stage: Stage, pixels: Array) -> Array:
    """Run one stage over a whole array (H, W, C), band by band; returns (H', W', C')."""
    header = stage.output
    shape = header.height, header.width, len(header.channels)
    try:
        out = np.empty(shape, header.dtype)
    except (ValueError, MemoryError):
        raise ConvtoolError(f"a map of {shape[0]}x{shape[1]} does not fit into memory") from None
    height = band_height(max(header.row_elements, pixels.shape[1] * pixels.shape[2]))
    for first, last in cut(header.height, height):
        start, stop = stage.rows_needed(first, last)
        out[first:last] = stage.run(pixels[start:stop], start, first, last)
    return out
