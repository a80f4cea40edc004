"""A stage: an operator bound to the image that it will see, computing any band of its output."""

from typing import NamedTuple, Protocol, Self

import numpy as np
import numpy.typing as npt

from ..core.choices import Alpha, Border, MethodName
from ..core.dtypes import Array, DType, is_integer
from ..core.errors import ConvtoolError
from ..core.geometry import BAND_ELEMENTS, Window, band_height, cut
from ..core.image import Header, check_image
from ..core.rounding import saturate
from ..core.slices import Grid
from ..core.threads import check_threads, on_threads
from ..core.validation import Pair

LARGEST_INPUT = 4 * BAND_ELEMENTS
"""Values that lie under a band whose windows are far apart."""

SMALLEST_BAND = 1 << 16
"""Values in a band that is smaller than memory would allow."""


class RowByRow(Protocol):
    """What makes rows of rows."""

    @property
    def input(self) -> Header:
        """The description of what goes in."""
        ...

    @property
    def output(self) -> Header:
        """The description of what comes out."""
        ...

    def rows_needed(self, first: int, last: int) -> Pair:
        """The input rows (first, last) that the output rows first..last - 1 are computed from."""
        ...


class Laid(NamedTuple):
    """A window that a stage lays on its input."""

    grid: Grid
    """Where it stands, and what lies outside the input."""
    outside: str
    """The latter in words: ``mirror``, ``constant 0``, ``padding``."""
    middle: tuple[float, float]
    """(row, column) in the window of what its value stands for: the anchor, or a pool's middle."""

    @property
    def window(self) -> Window:
        """The window on a slice."""
        return self.grid.window

    @property
    def border(self) -> Border:
        """What lies outside."""
        return self.grid.border


class Sum(NamedTuple):
    """A convolution that a stage computes."""

    weights: int
    products: int
    """In one value."""
    values: int
    """Of the map, alpha aside."""
    method: MethodName
    loops: str
    """Which run it: ``compiled`` or ``NumPy``."""


class Stage(RowByRow, Protocol):
    """What runs on a band. A stage keeps no state: bands may come in any order, on any thread."""

    @property
    def laid(self) -> tuple[Laid, ...]:
        """The windows that it lays on its input; none where it looks at single pixels."""
        ...

    @property
    def sums(self) -> tuple[Sum, ...]:
        """The convolutions that it computes."""
        ...

    def carried_from(self, row: int, col: int) -> Pair | None:
        """The pixel of the input whose alpha this one has; None if alpha is no special channel."""
        ...

    def run(self, band: Array, top: int, first: int, out: Array) -> None:
        """Write the output rows from `first` on into `out`, of shape (n, W', C').

        `band`, of shape (n, W, C), holds the input rows from `top` on.
        """
        ...


class Operator(Protocol):
    """A job not yet bound to an image: `bind` checks it against one and gives the stage."""

    clips_below_0: bool = False
    """Whether it sets negative values to 0, and does nothing else."""
    asked_alpha: Alpha | None = None
    """What it was told to do with alpha, if it was."""
    dimensions: int = 2
    """How many the windows have that it lays on images."""
    mixes_channels: bool = False
    """Whether the channels that come out are others than those that go in."""
    masks: tuple[str, ...] = ()
    """The files of the masks that it has read."""

    @property
    def label(self) -> str:
        """What people call it: ``conv sobel_x 3x3``."""
        ...

    def bind(self, header: Header) -> Stage:
        """The stage for images of this description; ConvtoolError where it cannot be."""
        ...

    def rounding(self, narrow: DType, wide: DType, header: Header) -> "Operator | None":
        """The same with exact values rounded to pixels of `wide`, or of `narrow` where that holds
        them all; None where it cannot.

        `header` describes the images.
        """
        return None

    def widened(self) -> Self:
        """The same with values of float64, where that is more than it would give."""
        return self

    def cropped(self, first: int, last: int) -> "Operator":
        """The same for an image of these columns of its own."""
        return self


def cuts(stage: RowByRow, row_elements: int, least: int = 1) -> list[Pair]:
    """The bands (first, last) of a stage's output, of an image with so many values in a row.

    There are at least so many, where rows are long enough for it to pay. Their height depends
    on the job alone, which keeps results the same on any machine.
    """
    output = stage.output
    middle = output.height // 2
    start, stop = stage.rows_needed(middle, min(middle + 1, output.height))
    row = max(output.row_elements, row_elements)
    step = stage.rows_needed(min(middle + 1, output.height - 1), output.height)[0] - start
    slice_, deep = output.height // output.depth, stop - start > stage.input.size[1]
    height = band_height(row, stop - start, deep=deep)
    if step > 1:  # what lies under a band counts, too
        height = max(1, min(height, LARGEST_INPUT // (step * row_elements)))
    if least > 1:
        height = min(height, max(output.height // least, SMALLEST_BAND // row, 1))
    if height >= slice_ or deep:
        return list(cut(output.height, max(height // slice_, 1) * slice_))
    tops = range(0, output.height, slice_)
    return [(top + first, top + last) for top in tops for first, last in cut(slice_, height)]


def run_band(stage: Stage, band: Array, top: int, first: int, last: int) -> Array:
    """Output rows first..last - 1 of a stage, as an array of their own."""
    header = stage.output
    out = np.empty((last - first, header.width, len(header.channels)), header.dtype)
    run_into(stage, band, top, first, out)
    return out


def run_into(stage: Stage, band: Array, top: int, first: int, out: Array) -> None:
    """`Stage.run`, in which NaN and infinity arise and spread without a warning."""
    with np.errstate(invalid="ignore", over="ignore"):
        stage.run(band, top, first, out)


def with_alpha(header: Header, how: Alpha | None) -> Header:
    """The header of an array whose last channel is alpha if `how` says so.

    Raises ConvtoolError where there is no other channel.
    """
    if how not in ("weight", "keep"):
        return header
    if len(header.channels) < 2:
        raise ConvtoolError(
            f"alpha is {how} and the image has 1 channel, expected colours and alpha"
        )
    return header._replace(channels=(*header.channels[:-1], "A"))


def store(values: Array, out: Array) -> None:
    """Write values into an array, rounded and saturated where it is of integers."""
    if is_integer(out.dtype) and values.dtype != out.dtype:
        out[...] = saturate(values, out.dtype)
    else:
        np.copyto(out, values, casting="unsafe")


def on_array(
    operator: Operator, image: npt.ArrayLike, alpha: Alpha | None, threads: int | None
) -> Array:
    """What an operator makes of an array of as many dimensions as it has, with channels or not.

    Channels come out where they went in, or where they are mixed.
    """
    pixels = check_image(image, operator.dimensions)
    stage = operator.bind(with_alpha(Header.of_array(pixels), alpha))
    made = over_array(stage, pixels.reshape(-1, *pixels.shape[-2:]), threads)
    shape = stage.output.size[-operator.dimensions :]
    has_channels = np.ndim(image) > operator.dimensions or operator.mixes_channels
    return made.reshape(*shape, -1) if has_channels else made.reshape(shape)


def over_array(stage: Stage, pixels: Array, threads: int | None = None) -> Array:
    """Run one stage over a whole array (H, W, C), bands on threads; returns (H', W', C')."""
    count = check_threads(threads)
    header = stage.output
    shape = header.height, header.width, len(header.channels)
    try:
        out = np.empty(shape, header.dtype)
    except (ValueError, MemoryError):
        raise ConvtoolError(f"a map of {shape[0]}x{shape[1]} does not fit into memory") from None

    def run(band: Pair) -> None:
        first, last = band
        start, stop = stage.rows_needed(first, last)
        run_into(stage, pixels[start:stop], start, first, out[first:last])

    on_threads(run, cuts(stage, pixels.shape[1] * pixels.shape[2]), count)
    return out
