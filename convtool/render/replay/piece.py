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
    """The (row, column) of the result at which its tile of this size with most variance begins."""
    (top, bottom), (left, right) = images.within[1:]
    high, wide = size
    rows, cols = (bottom - top) // high, (right - left) // wide
    end = top + rows * high
    sums, squares = np.zeros((2, rows, cols))
    for strip in images.strips():
        (first_slice, _), (first, _) = strip.windows
        if first_slice or first >= end:
            break
        values = strip.after[0, : end - first, left : left + cols * wide]
        tiles = np.nan_to_num(values.astype(FLOAT64)).reshape(len(values), cols, -1)
        tile_rows = (first - top + np.arange(len(values))) // high
        with np.errstate(over="ignore"):
            np.add.at(sums, tile_rows, tiles.sum(axis=-1))
            np.add.at(squares, tile_rows, (tiles**2).sum(axis=-1))
    count = high * wide * len(images.after.channels)
    with np.errstate(over="ignore", invalid="ignore"):
        variance = np.nan_to_num(squares / count - (sums / count) ** 2)
    row, col = divmod(int(variance.argmax()), cols)
    return top + row * high, left + col * wide
