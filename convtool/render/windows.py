"""A window as a picture: its pixels in cells, times the kernel, and the products."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from ..core.dtypes import FLOAT64, Array
from ..inspect.steps.base import Patch
from .canvas import TITLE, Block, Colors, beside, diverging, greys, grid, room, words
from .layout import Cells, heads

DIGIT = "0"
"""As wide as any character of a number."""


class Widths(NamedTuple):
    """The most characters of a number in some windows, so that all get the same width."""

    row: int = 0
    pixel: int = 0
    weight: int = 0
    product: int = 0

    @classmethod
    def of(cls, patches: Iterable[Patch]) -> "Widths":
        """The widths that all of them need."""
        found = [0, 0, 0, 0]
        for patch in patches:
            cells = Cells.of(patch)
            texts = [heads(patch.rows, cells.rows)]
            for values in (patch.pixels, patch.weights, patch.products):
                if values is not None:
                    texts.append([text for line in cells.texts(values) for text in line])
            for place, some in enumerate(texts):
                found[place] = max(found[place], *map(len, some))
        return cls(*found)


def patch_block(
    patch: Patch, white: float | None, widths: Widths, marked: tuple[int, int] | None
) -> Block:
    """The window, of an image with this white. Elements in the border are hatched.

    The element (row, column) that is `marked` is framed.
    """
    cells = Cells.of(patch)
    texts = cells.texts(patch.pixels)
    if patch.weights is None:
        made_up = _taken(~patch.has_source, cells, False)
        texts = [
            ["" if made_up[i, j] else text for j, text in enumerate(line)]
            for i, line in enumerate(texts)
        ]
    frame = np.zeros(patch.pixels.shape, bool)
    if marked is not None:
        frame[marked] = True
    window = grid(
        texts,
        _taken(_pixel_colors(patch.pixels, white), cells, 255),
        rows=[head.rjust(widths.row) for head in heads(patch.rows, cells.rows)],
        cols=heads(patch.cols, cells.cols),
        marked=_taken(frame, cells, False),
        hatched=_taken(patch.border, cells, False),
        least=widths.pixel * DIGIT,
    )
    if patch.weights is None or patch.products is None:
        return window
    kernel = _numbers(patch.weights, cells, widths.weight * DIGIT)
    products = _numbers(patch.products, cells, widths.product * DIGIT)
    signs = (beside(words(sign, TITLE), room(1, kernel.height), gap=0) for sign in "x=")
    return beside(window, next(signs), kernel, next(signs), products, align="end")


def _numbers(values: Array, cells: Cells, least: str) -> Block:
    """A grid of numbers in colours that tell their sign and size."""
    colors = _taken(diverging(_finite(values)), cells, 255)
    return grid(cells.texts(values), colors, least=least)


def _pixel_colors(values: Array, white: float | None) -> Colors:
    """Pixels as greys; if some are negative or above white, in colours of their sign and size."""
    values = _finite(values)
    top = white or float(values.max()) or 1.0
    if values.min() < 0 or values.max() > top:
        return diverging(values)
    return greys(values, top)


def _finite(values: Array) -> Array:
    return np.nan_to_num(values.astype(FLOAT64), nan=0.0, posinf=0.0, neginf=0.0)


def _taken(values: Array, cells: Cells, left_out: int) -> Array:
    """The rows and columns that are drawn, with `left_out` in the gaps."""
    for axis, picked in enumerate(cells):
        values = np.take(values, [i or 0 for i in picked], axis)
        gaps = [number for number, i in enumerate(picked) if i is None]
        values[(slice(None),) * axis + (gaps,)] = left_out
    return values
