"""A window drawn: its pixels as cells, times the kernel, and the products."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from ..core.dtypes import FLOAT64, Array
from ..inspect.explain import abridged
from ..inspect.steps.base import Patch, numeral
from .canvas import TITLE, Block, Colors, beside, diverging, greys, grid, room, words

Picked = list[int | None]
"""The rows or columns that are drawn; None for those left out."""

DIGIT = "0"
"""As wide as any sign of a number."""


class Room(NamedTuple):
    """The most characters of several windows, so that all are drawn of one width."""

    row: int = 0
    pixel: int = 0
    weight: int = 0
    product: int = 0

    @classmethod
    def of(cls, patches: Iterable[Patch]) -> "Room":
        """What all of them need."""
        found = [0, 0, 0, 0]
        for patch in patches:
            rows, cols = _picked(patch)
            texts = [_heads(patch.rows, rows)]
            for values in (patch.pixels, patch.weights, patch.products):
                if values is not None:
                    texts.append([text for line in _texts(values, rows, cols) for text in line])
            for place, some in enumerate(texts):
                found[place] = max(found[place], *map(len, some))
        return cls(*found)


def patch_block(
    patch: Patch, white: float | None, needed: Room, marked: tuple[int, int] | None
) -> Block:
    """The window, of an image with this white; what lies in the border is hatched.

    The element (row, column) that is `marked` is framed.
    """
    rows, cols = _picked(patch)
    texts = _texts(patch.pixels, rows, cols)
    if patch.weights is None:
        made_up = _taken(~patch.has_source, rows, cols, False)
        texts = [
            ["" if made_up[i, j] else text for j, text in enumerate(line)]
            for i, line in enumerate(texts)
        ]
    frame = np.zeros(patch.pixels.shape, bool)
    if marked is not None:
        frame[marked] = True
    window = grid(
        texts,
        _taken(_pixel_colors(patch.pixels, white), rows, cols, 255),
        rows=[head.rjust(needed.row) for head in _heads(patch.rows, rows)],
        cols=_heads(patch.cols, cols),
        marked=_taken(frame, rows, cols, False),
        hatched=_taken(patch.border, rows, cols, False),
        least=needed.pixel * DIGIT,
    )
    if patch.weights is None or patch.products is None:
        return window
    kernel = _numbers(patch.weights, rows, cols, needed.weight * DIGIT)
    products = _numbers(patch.products, rows, cols, needed.product * DIGIT)
    signs = (beside(words(sign, TITLE), room(1, kernel.height), gap=0) for sign in "x=")
    return beside(window, next(signs), kernel, next(signs), products, align="end")


def _picked(patch: Patch) -> tuple[Picked, Picked]:
    rows, cols = patch.pixels.shape
    return abridged(rows), abridged(cols)


def _numbers(values: Array, rows: Picked, cols: Picked, least: str) -> Block:
    """A grid of numbers in colours that tell their sign and size."""
    colors = _taken(diverging(_finite(values)), rows, cols, 255)
    return grid(_texts(values, rows, cols), colors, least=least)


def _pixel_colors(values: Array, white: float | None) -> Colors:
    """Pixels as greys; where some are negative or beyond white, by sign and size."""
    values = _finite(values)
    top = white or float(values.max()) or 1.0
    if values.min() < 0 or values.max() > top:
        return diverging(values)
    return greys(values, top)


def _finite(values: Array) -> Array:
    return np.nan_to_num(values.astype(FLOAT64), nan=0.0, posinf=0.0, neginf=0.0)


def _heads(positions: tuple[int, ...], picked: Picked) -> list[str]:
    return [".." if i is None else str(positions[i]) for i in picked]


def _texts(values: Array, rows: Picked, cols: Picked) -> list[list[str]]:
    return [
        [".." if i is None or j is None else numeral(values[i, j].item()) for j in cols]
        for i in rows
    ]


def _taken(values: Array, rows: Picked, cols: Picked, left_out: int) -> Array:
    """The rows and columns that are drawn, with another value where some are left out."""
    for axis, picked in enumerate((rows, cols)):
        values = np.take(values, [i or 0 for i in picked], axis)
        gaps = [number for number, i in enumerate(picked) if i is None]
        values[(slice(None),) * axis + (gaps,)] = left_out
    return values
