"""A piece of an image around one value's receptive field, filtered as an image of its own."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ...core.dtypes import EXACT_IN_FLOAT64, FLOAT64, Array
from ...core.errors import ConvtoolError
from ...core.geometry import Field
from ...core.image import Header
from ...core.validation import Pair
from ...inspect.explain import Explanation
from ...inspect.shapes import Fields, through
from ...inspect.trace import read_rows
from ...io.base import Reader
from ...ops.base import Operator, over_array
from ...ops.weighted import opaque
from ...pipeline.prepare import prepare

LARGEST_SIDE = 96
"""Rows and columns of an excerpt in up to 3 channels; of more channels it is smaller."""

LARGEST_MAP = 38_000
"""Values of a map of an excerpt, which padding makes larger than that."""


class Excerpt(NamedTuple):
    """A piece of an image, and the map that the engine makes of it."""

    top: int
    left: int
    pixels: Array
    """(h, w, C), as the image has them."""
    map: Array
    """(h', w', C'), float64."""
    place: Pair
    """(row, column) in the map of the value that was explained, or of the nearest one."""


def excerpt(reader: Reader, operators: Sequence[Operator], found: Explanation) -> Excerpt:
    """The piece of an image around what the explained value depends on, and its map.

    It begins a whole number of the map's steps into the image, and ends as far from a whole number
    of them as the image, so that its windows stand where those of the image do. Its map has the
    engine's values in float64: whole sums exactly, others with an error below 1e-12 of their
    products.

    Alpha that is opaque in all of the piece is left out: colours are then as without it.

    Raises ConvtoolError for volumes, for pieces with transparency, for whole numbers past 2**53,
    and for maps of more than LARGEST_MAP values.
    """
    header = found.input
    if header.depth > 1:
        raise ConvtoolError("a page shows one slice, and the image is a volume: expected one frame")
    fields: Fields = (Field(), Field(), Field())
    channels = header.colors
    for stage in prepare(operators, header).stages:
        fields = through(fields, stage)
        channels = max(channels, stage.output.colors)
    most = min(LARGEST_SIDE, math.isqrt(3 * LARGEST_SIDE**2 // channels))
    spans = found.fields[-1].region.spans[-2:]
    size = header.height, header.width
    (top, bottom), (left, right) = (
        _around(span, length, most, int(field.step))
        for span, length, field in zip(spans, size, fields[1:], strict=True)
    )
    pixels = read_rows(reader, top, bottom)[:, left:right]
    if header.has_alpha:
        header, pixels = _opaque(header, pixels)
    if pixels.dtype.kind in "iu" and np.abs(pixels.astype(FLOAT64)).max() > EXACT_IN_FLOAT64:
        raise ConvtoolError("the image has numbers beyond 2^53, which a page does not hold exactly")
    map_ = _filtered(pixels, header, operators)
    place = (
        min(max(found.row - top // int(fields[1].step), 0), len(map_) - 1),
        min(max(found.col - left // int(fields[2].step), 0), map_.shape[1] - 1),
    )
    return Excerpt(top, left, np.ascontiguousarray(pixels), map_, place)


def _opaque(header: Header, pixels: Array) -> tuple[Header, Array]:
    """Both without their alpha; ConvtoolError where it is not opaque."""
    if (pixels[..., -1] != opaque(header)).any():
        raise ConvtoolError(
            "a page does not show transparency, and the image has some around the value: expected "
            "--at where it is opaque, or the image on a colour, as by: convtool conv IMAGE -k 1 -o "
            "opaque.ppm"
        )
    return header._replace(channels=header.channels[:-1]), pixels[..., :-1]


def _around(span: Pair, size: int, most: int, step: int) -> Pair:
    """The positions (first, last) of an excerpt along an axis, last not counted.

    >>> _around((200, 203), 1000, 96, 1), _around((0, 3), 1001, 96, 2), _around((3, 9), 40, 96, 4)
    ((154, 250), (0, 95), (0, 40))
    """
    if size <= most:
        return 0, size
    length = max(most - (most - size) % step, 1)
    first = (span[0] + span[1] - length + 1) // 2
    first = min(max(first, 0), size - length)
    first -= first % step
    return first, min(first + length, size)


def _filtered(pixels: Array, image: Header, operators: Sequence[Operator]) -> Array:
    """The map of a piece of an image, each stage in float64 that gives no whole numbers."""
    header = image._replace(height=pixels.shape[0], width=pixels.shape[1])
    values = np.ascontiguousarray(pixels)
    for operator in operators:
        wide = operator.widened()
        stage = wide.bind(header)
        if stage.output.values > LARGEST_MAP:
            raise ConvtoolError(
                f"{operator.label}: a piece of {pixels.shape[0]}x{pixels.shape[1]} pixels makes a "
                f"map of {stage.output.height}x{stage.output.width}, too large for a page; use "
                "less padding"
            )
        if stage.output.dtype.kind == "f" and stage.output.dtype != FLOAT64:
            values = values.astype(FLOAT64)
            stage = wide.bind(header._replace(dtype=np.dtype(FLOAT64)))
        header, values = stage.output, over_array(stage, values)
    return values.astype(FLOAT64)
