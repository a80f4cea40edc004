"""A stage: an operator bound to the image that it will see, computing any band of its output."""

from typing import Protocol

import numpy as np

from .arguments import Pair
from .errors import ConvtoolError
from .geometry import band_height, cut
from .image import Header
from .precision import Array


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


def cuts(stage: Stage, row_elements: int) -> list[Pair]:
    """The bands (first, last) of a stage's output, of an image with so many values in a row.

    Their height depends on the job alone, which keeps results the same on any machine.
    """
    output = stage.output
    return list(cut(output.height, band_height(max(output.row_elements, row_elements))))


def run_band(stage: Stage, band: Array, top: int, first: int, last: int) -> Array:
    """`Stage.run`, in which NaN and infinity arise and spread without a warning."""
    with np.errstate(invalid="ignore", over="ignore"):
        return stage.run(band, top, first, last)


def over_array(stage: Stage, pixels: Array) -> Array:
    """Run one stage over a whole array (H, W, C), band by band; returns (H', W', C')."""
    header = stage.output
    shape = header.height, header.width, len(header.channels)
    try:
        out = np.empty(shape, header.dtype)
    except (ValueError, MemoryError):
        raise ConvtoolError(f"a map of {shape[0]}x{shape[1]} does not fit into memory") from None
    for first, last in cuts(stage, pixels.shape[1] * pixels.shape[2]):
        start, stop = stage.rows_needed(first, last)
        out[first:last] = run_band(stage, pixels[start:stop], start, first, last)
    return out
