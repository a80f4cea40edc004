"""The shapes and the cost of each stage of a pipeline, before any pixel is computed."""

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ..core.errors import ConvtoolError, OptionError
from ..core.geometry import Field, Window
from ..core.image import CHANNEL_NAMES, Header
from ..core.validation import LARGEST, Pair, Sides
from ..ops.base import Operator, Stage
from ..ops.segment import segments


class Placing(NamedTuple):
    """The windows of a stage: their size and where they are."""

    window: Pair
    stride: Pair
    dilation: Pair
    padding: Sides
    """Rows and columns that are added around the map."""


class Row(NamedTuple):
    """One stage of a pipeline."""

    stage: str
    """Its name: ``conv sobel_x 3x3, stride 2``."""
    shape: tuple[int, int, int]
    """(rows, columns, channels) of its map, alpha counted with the channels."""
    weights: int
    """Of its kernel or layer, zeros among them; biases are not counted. Pooling has none."""
    multiply_adds: int
    """A product for each weight of each value of the map, alpha aside."""
    field: Pair
    """(rows, columns) of the image that one value depends on."""
    step: Pair
    """(rows, columns) of the image from one value's field to the next one's."""
    method: str
    """How the convolution will be computed; empty for other stages."""
    loops: str
    """Which loops compute it, ``compiled`` or ``NumPy``; empty for other stages."""
    places: tuple[Placing, ...]
    """Its windows; one entry for each kernel where combined kernels differ."""


class Shapes(NamedTuple):
    """The shapes of an image and of its maps."""

    input: tuple[int, int, int]
    """(rows, columns, channels), alpha counted with the channels."""
    alpha: bool
    """Whether the last channel is alpha, which convolutions carry along."""
    rows: tuple[Row, ...]
    inputs: int
    """Values of the image, alpha aside."""
    outputs: int
    """Values of the last map, alpha aside."""

    @property
    def weights(self) -> int:
        """The weights of all stages."""
        return sum(row.weights for row in self.rows)

    @property
    def multiply_adds(self) -> int:
        """The multiply-adds of all stages."""
        return sum(row.multiply_adds for row in self.rows)

    @property
    def fully_connected(self) -> int:
        """The weights of a layer that joins each value of the image to each of the last map."""
        return self.inputs * self.outputs


def header_of_size(text: str) -> Header | None:
    """The description of an 8-bit image of a size written HxW or HxWxC; None for another text.

    Every channel is a colour. Raises OptionError for a size of 0 or beyond what maps can have.

    >>> header_of_size("480x640x3").channels
    ('R', 'G', 'B')
    """
    match = re.fullmatch(r"(\d+)x(\d+)(?:x(\d+))?", text, re.ASCII)
    if match is None:
        return None
    sizes = match.groups(default="1")
    most = LARGEST, LARGEST, MOST_CHANNELS
    for size, limit, what in zip(sizes, most, ("rows", "columns", "channels"), strict=True):
        if len(size) > len(str(limit)) or not 1 <= int(size) <= limit:  # int() reads not any number
            shown = size if len(size) < 20 else f"a number of {len(size)} digits"
            raise OptionError(f"size: found {shown} {what}, expected 1 to {limit}")
    height, width, count = map(int, sizes)
    names = CHANNEL_NAMES[count] if count in (1, 3) else tuple(map(str, range(count)))
    return Header(height, width, names, np.dtype(np.uint8), 255)


MOST_CHANNELS = 1 << 16
"""Channels of an image of which only the size is told: each has a name."""


def shapes(operators: Sequence[Operator], header: Header) -> Shapes:
    """The shape and the cost of each operator, for images of this description.

    Raises ConvtoolError where a stage does not take the map before it.

    >>> from convtool import Pipeline
    >>> found = shapes(Pipeline.parse("conv -k edge").operators, header_of_size("1000x1000"))
    >>> found.weights, found.fully_connected
    (9, 1000000000000)
    """
    for operator in operators:
        if operator.dimensions > 2:
            raise ConvtoolError(f"{operator.label}: shapes are told of kernels without depth")
    stages = [stage for segment in segments(operators, header) for stage in segment.stages]
    fields = Field(), Field()
    rows = []
    output = header
    for operator, stage in zip(operators, stages, strict=True):
        fields = through(fields, stage)
        output = stage.output
        vertical, horizontal = fields
        rows.append(
            Row(
                operator.label,
                _shape(output),
                sum(one.weights for one in stage.sums),
                sum(one.products * _values(output) for one in stage.sums),
                (vertical.size, horizontal.size),
                (vertical.step, horizontal.step),
                ", ".join(dict.fromkeys(one.method for one in stage.sums)),
                ", ".join(dict.fromkeys(one.loops for one in stage.sums)),
                tuple(dict.fromkeys(_placing(laid.window) for laid in stage.laid)),
            )
        )
    return Shapes(_shape(header), header.has_alpha, tuple(rows), _values(header), _values(output))


def through(fields: tuple[Field, Field], stage: Stage) -> tuple[Field, Field]:
    """The receptive fields (of rows, of columns) after a stage."""
    rows, cols = fields
    windows = [laid.window for laid in stage.laid]
    found = [(rows.through(down), cols.through(across)) for down, across in windows]
    if not found:
        return fields
    rows, cols = found[0]
    for other_rows, other_cols in found[1:]:
        rows, cols = rows.joined(other_rows), cols.joined(other_cols)
    return rows, cols


def _placing(window: Window) -> Placing:
    rows, cols = window
    return Placing(
        (rows.taps, cols.taps),
        (rows.stride, cols.stride),
        (rows.dilation, cols.dilation),
        ((rows.before, rows.after), (cols.before, cols.after)),
    )


def _shape(header: Header) -> tuple[int, int, int]:
    return header.height, header.width, len(header.channels)


def _values(header: Header) -> int:
    """Values of a map, alpha aside."""
    return header.height * header.width * header.colors
