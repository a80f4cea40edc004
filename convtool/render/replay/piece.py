"""A piece of a pair of images, in which the page shows what each kernel makes."""

from typing import NamedTuple

import numpy as np

from ...core.dtypes import FLOAT64, Array
from ...core.validation import Pair
from ...fit.pairs import ImagePair, Model, Overlay, overlay
from ...inspect.trace import read_rows

LARGEST_SIDE = 80
"""Rows and columns of a piece of an image in up to 3 channels; of more it is smaller, and under
large windows larger."""

LEAST_SIDE = 16
"""Rows and columns of a piece of the result, however large the windows."""

CELLS = 4
"""Cells along a side of a piece, for which the variance is added up."""


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
        min(max((most - axis.extent) // axis.stride + 1, LEAST_SIDE), last - first)
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
    """The (row, column) of the result at which the piece of this size with most variance begins.

    The result is cut into cells; the pieces that are compared lie around CELLS x CELLS of them.
    """
    (top, bottom), (left, right) = images.within[1:]
    rows, cols = _edges(bottom - top, size[0]), _edges(right - left, size[1])
    channels = len(images.after.channels)
    sums, squares = np.zeros((2, len(rows) - 1, len(cols) - 1))
    with np.errstate(over="ignore", invalid="ignore"):
        for strip in images.strips():
            (first_slice, _), (first, _) = strip.windows
            if first_slice:
                break
            values = np.nan_to_num(strip.after[0, :, left:right]).astype(FLOAT64)
            lines = np.searchsorted(rows, first - top + np.arange(len(values)), "right") - 1
            flat = values.reshape(len(values), -1)
            for total, powers in ((sums, flat), (squares, flat**2)):
                np.add.at(total, lines, np.add.reduceat(powers, cols[:-1] * channels, axis=1))
        count = np.multiply.outer(np.diff(rows), np.diff(cols)) * channels
        shape = min(CELLS, size[0], len(rows) - 1), min(CELLS, size[1], len(cols) - 1)
        count, total, square = (
            np.lib.stride_tricks.sliding_window_view(cells, shape).sum(axis=(-2, -1))
            for cells in (count, sums, squares)
        )
        variance = np.nan_to_num(square / count - (total / count) ** 2)
    row, col = divmod(int(variance.argmax()), variance.shape[1])
    return (
        top + _around(rows[row], rows[row + shape[0]], size[0], bottom - top),
        left + _around(cols[col], cols[col + shape[1]], size[1], right - left),
    )


def _edges(length: int, size: int) -> Array:
    """Where cells begin, of which CELLS fit into a piece of this size, and where the last ends."""
    count = -(-length // max(size // CELLS, 1))
    return np.arange(count + 1) * length // count


def _around(first: int, last: int, size: int, length: int) -> int:
    """Where a piece of this size begins that has some cells in its middle, as far as it can.

    >>> _around(0, 70, 80, 100), _around(40, 50, 20, 100)
    (0, 35)
    """
    return min(max((int(first) + int(last) - size) // 2, 0), length - size)
