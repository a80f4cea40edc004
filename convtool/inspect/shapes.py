"""The shapes and the cost of each stage of a pipeline, before any pixel is computed."""

import math
import re
from collections.abc import Sequence
from fractions import Fraction
from functools import reduce
from typing import NamedTuple

import numpy as np

from ..core.errors import OptionError
from ..core.geometry import Axis, Field
from ..core.image import CHANNEL_NAMES, Header
from ..core.validation import LARGEST, Sides, Sizes
from ..ops.base import Operator, Stage
from ..ops.segment import segments
from ..pipeline.prepare import check_depth


class Placing(NamedTuple):
    """The windows of a stage: their size and where they are."""

    window: Sizes
    stride: Sizes
    dilation: Sizes
    padding: Sides
    """Rows and columns that are added around the map; of volumes slices before these."""


class Row(NamedTuple):
    """One stage of a pipeline."""

    stage: str
    """Its name: ``conv sobel_x 3x3, stride 2``."""
    shape: Sizes
    """(rows, columns, channels) of its map, alpha counted with the channels; slices before them."""
    weights: int
    """Of its kernel or layer, zeros among them; biases are not counted. Pooling has none."""
    multiply_adds: int
    """A product for each weight of each value of the map, alpha aside."""
    field: Sizes
    """(rows, columns) of the image that one value depends on; of a volume slices before these."""
    step: tuple[int | Fraction, ...]
    """The same from one value's field to the next one's; a fraction where a transposed convolution
    made the map larger."""
    method: str
    """How the convolution will be computed; empty for other stages."""
    loops: str
    """Which loops compute it, ``compiled`` or ``NumPy``; empty for other stages."""
    places: tuple[Placing, ...]
    """Its windows; one entry for each kernel where combined kernels differ."""


class Shapes(NamedTuple):
    """The shapes of an image and of its maps."""

    input: Sizes
    """(rows, columns, channels), alpha counted with the channels; of a volume slices before these.
    """
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
    """The description of an 8-bit image of a size written HxW, HxWxC, or DxHxWxC for a volume; None
    for another text.

    Every channel is a colour. Raises OptionError for a size of 0 or beyond what maps can have.

    >>> header_of_size("480x640x3").channels
    ('R', 'G', 'B')
    """
    if not re.fullmatch(r"\d+x\d+(x\d+){0,2}", text, re.ASCII):
        return None
    given = text.split("x")
    sizes = given if len(given) == 4 else ["1", *given, *["1"] * (3 - len(given))]
    most = LARGEST, LARGEST, LARGEST, MOST_CHANNELS
    words = "slices", "rows", "columns", "channels"
    for size, limit, what in zip(sizes, most, words, strict=True):
        if len(size) > len(str(limit)) or not 1 <= int(size) <= limit:  # int() reads not any number
            shown = size if len(size) < 20 else f"a number of {len(size)} digits"
            raise OptionError(f"size: found {shown} {what}, expected 1 to {limit}")
    depth, height, width, count = map(int, sizes)
    names = CHANNEL_NAMES[count] if count in (1, 3) else tuple(map(str, range(count)))
    return Header(depth * height, width, names, np.dtype(np.uint8), 255, depth=depth)


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
    check_depth(operators, header)
    stages = [stage for segment in segments(operators, header) for stage in segment.stages]
    fields = Field(), Field(), Field()
    known = 0 if header.depth > 1 else 1
    rows = []
    output = header
    for operator, stage in zip(operators, stages, strict=True):
        fields = through(fields, stage)
        output = stage.output
        rows.append(
            Row(
                operator.label,
                output.shape,
                sum(one.weights for one in stage.sums),
                sum(one.products * one.values for one in stage.sums),
                tuple(math.ceil(field.size) for field in fields[known:]),
                tuple(field.step for field in fields[known:]),
                ", ".join(dict.fromkeys(one.method for one in stage.sums)),
                ", ".join(dict.fromkeys(one.loops for one in stage.sums)),
                tuple(dict.fromkeys(_placing(laid.grid.axes[known:]) for laid in stage.laid)),
            )
        )
    return Shapes(header.shape, header.has_alpha, tuple(rows), header.values, output.values)


Fields = tuple[Field, Field, Field]
"""Of slices, rows and columns."""


def through(fields: Fields, stage: Stage) -> Fields:
    """The receptive fields after a stage."""
    found = [_laid(fields, laid.grid.axes) for laid in stage.laid]
    if not found:
        return fields
    depth, rows, cols = (reduce(Field.joined, some) for some in zip(*found, strict=True))
    return depth, rows, cols


def _laid(fields: Fields, axes: tuple[Axis, Axis, Axis]) -> Fields:
    """The receptive fields after one window."""
    depth, rows, cols = (f.through(axis) for f, axis in zip(fields, axes, strict=True))
    return depth, rows, cols


def _placing(axes: Sequence[Axis]) -> Placing:
    return Placing(
        tuple(axis.taps for axis in axes),
        tuple(axis.stride for axis in axes),
        tuple(axis.dilation for axis in axes),
        tuple((axis.before, axis.after) for axis in axes),
    )
