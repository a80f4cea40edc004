"""A piece of a pair of images, in which the page shows what each kernel makes."""

from typing import NamedTuple

import numpy as np

from ...core.dtypes import FLOAT64, Array
from ...core.validation import Pair
from ...fit.pairs import ImagePair, Model, Overlay, overlay
from ...inspect.trace import read_rows

LARGEST_SIDE = 80
"""Rows and columns of a piece of an image in up to 3 channels; of more it is smaller."""


class Piece(NamedTuple):
    """Some pixels of an image, and the result's values whose windows lie within them."""

    top: int
    left: int
    before: Array
    """(h, w, C), from row `top` and column `left` on; without alpha."""
    after: Array
    """(h', w', C), with window ``(i, j)`` at ``(i * stride, j * stride)`` of `before`."""


def liveliest_piece(pair: ImagePair, model: Model) -> Piece:
    """The piece of a pair in which the result varies most; of volumes, one of the first slice."""
    images = overlay(pair, model)
    channels = len(images.before.channels)
    most = LARGEST_SIDE if channels <= 3 else max(int(LARGEST_SIDE * (3 / channels) ** 0.5), 1)
    rows, cols = images.axes[1:]
    sizes = [
        min(max((most - axis.extent) // axis.stride + 1, 1), last - first)
        for axis, (first, last) in zip((rows, cols), images.within[1:], strict=True)
    ]
    row, col = _liveliest(images, (sizes[0], sizes[1]))
    (top, bottom), (left, right) = (
        (at * axis.stride - axis.before, (at + size - 1) * axis.stride - axis.before + axis.extent)
        for at, size, axis in zip((row, col), sizes, (rows, cols), strict=True)
    )
    before = read_rows(pair.before(), top, bottom)[:, left:right, :channels]
    after = read_rows(pair.after(), row, row + sizes[0])[:, col : col + sizes[1], :channels]
    return Piece(top, left, before, after)


def _liveliest(images: Overlay, size: Pair) -> Pair:
    """The (row, column) of the result at which a piece of this size has much variance.

    The result is cut into tiles no larger than the piece; the piece lies around one of them.
    """
    spans = images.within[1:]
    (top, bottom), (left, right) = spans
    rows, cols = (
        _edges(last - first, most) for (first, last), most in zip(spans, size, strict=True)
    )
    sums, squares = np.zeros((2, len(rows) - 1, len(cols) - 1))
    with np.errstate(over="ignore", invalid="ignore"):
        for strip in images.strips():
            (first_slice, _), (first, _) = strip.windows
            if first_slice:
                break
            values = np.nan_to_num(strip.after[0, :, left:right].astype(FLOAT64))
            tile_rows = np.searchsorted(rows, first - top + np.arange(len(values)), "right") - 1
            for total, powers in ((sums, values), (squares, values**2)):
                parts = np.add.reduceat(powers.sum(axis=-1), cols[:-1], axis=1)
                np.add.at(total, tile_rows, parts)
        counts = np.multiply.outer(np.diff(rows), np.diff(cols)) * len(images.after.channels)
        variance = np.nan_to_num(squares / counts - (sums / counts) ** 2)
    row, col = np.unravel_index(variance.argmax(), variance.shape)
    return (
        _around(rows[row : row + 2], size[0], bottom - top) + top,
        _around(cols[col : col + 2], size[1], right - left) + left,
    )


def _edges(length: int, most: int) -> Array:
    """Where parts of a length begin that are equal, except for 1, and no longer than `most`; and
    where the last one ends."""
    count = -(-length // most)
    return np.arange(count + 1) * length // count


def _around(part: Array, size: int, length: int) -> int:
    """Where a piece of this size begins that has a part in its middle, as far as it can.

    >>> _around(np.array([0, 70]), 80, 100), _around(np.array([40, 50]), 20, 100)
    (0, 35)
    """
    middle = (int(part[0]) + int(part[1]) - size) // 2
    return min(max(middle, 0), length - size)
