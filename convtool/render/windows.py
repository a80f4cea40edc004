"""A window as a picture: its pixels in cells, times the kernel, and the products."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from ..core.dtypes import FLOAT64, Array
from ..inspect.steps.base import Patch
from .canvas import (
    GAP,
    GROUND,
    TITLE,
    Block,
    Colors,
    above,
    beside,
    diverging,
    greys,
    grid,
    inverted,
    room,
    words,
)
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
            texts = [heads(patch.rows, cells.rows, patch.apart[0])]
            for values in (patch.pixels, patch.weights, patch.products):
                if values is not None:
                    texts.append([text for line in cells.texts(values) for text in line])
            for place, some in enumerate(texts):
                found[place] = max(found[place], *map(len, some))
        return cls(*found)

    def joined(self, other: "Widths") -> "Widths":
        """The widths that the windows of both need."""
        return Widths(*map(max, self, other))


class Peaks(NamedTuple):
    """How large the numbers in some windows are, so that one colour means one number in all."""

    lowest: float = 0.0
    """The lowest pixel, if that is negative."""
    pixel: float = 0.0
    """The largest magnitude, as that of weights and products."""
    weight: float = 0.0
    product: float = 0.0

    @classmethod
    def of(cls, patches: Iterable[Patch]) -> "Peaks":
        """Those of all of them."""
        found = cls()
        for patch in patches:
            lowest = float(_finite(patch.pixels).min())
            parts = (patch.pixels, patch.weights, patch.products)
            found = found.joined(cls(lowest, *map(_peak, parts)))
        return found

    def joined(self, other: "Peaks") -> "Peaks":
        """Those of the windows of both."""
        return Peaks(min(self.lowest, other.lowest), *map(max, self[1:], other[1:]))


class Paint(NamedTuple):
    """How the numbers of windows become colours."""

    peaks: Peaks
    white: float | None = None
    """The value of the image that is white."""
    dark: bool = False
    """Whether the picture is inverted when all is drawn: greys of pixels stay what they are."""

    def pixels(self, values: Array) -> Colors:
        """Pixels as greys; if some are negative or above white, in colours of sign and size.

        Infinity is as strong as can be, and NaN is 0."""
        top = self.white or self.peaks.pixel or 1.0
        if self.peaks.lowest < 0 or self.peaks.pixel > top:
            return _signed(values, self.peaks.pixel)
        found = greys(_finite(values, top), top)
        return inverted(found) if self.dark else found


def patch_block(
    patch: Patch, paint: Paint, widths: Widths, marked: tuple[int, int] | None
) -> Block:
    """The window times the kernel, and the products at its right. Elements in the border are
    hatched.

    The element (row, column) that is `marked` is framed.
    """
    window, *others = _grids(patch, paint, widths, marked)
    if not others:
        return window
    kernel, products = others
    signs = (beside(words(sign, TITLE), room(1, kernel.height), gap=0) for sign in "x=")
    return beside(window, next(signs), kernel, next(signs), products, align="end")


def window_block(
    patches: Sequence[Patch],
    paint: Paint,
    widths: Widths,
    marked: Sequence[tuple[int, int] | None],
) -> Block:
    """A window in one channel. Its slices, if there are several, stand side by side: each one's
    number, pixels, weights and products, one below the other, and the products are added up."""
    if len(patches) == 1:
        return patch_block(patches[0], paint, widths, marked[0])
    name = max((_slice_name(patch) for patch in patches), key=len)
    of_name = -(-len(name) // len(Cells.of(patches[0]).cols))
    widest = max(widths.pixel, widths.weight, widths.product, of_name)
    widths = Widths(widths.row, widest, widest, widest)
    columns: list[Block] = []
    for patch, place in zip(patches, marked, strict=True):
        window, *others = _grids(patch, paint, widths, place, _slice_name(patch))
        signs = "x+" if columns else "x="
        signed = (beside(words(sign, TITLE), one) for sign, one in zip(signs, others, strict=False))
        columns.append(above(window, *signed, align="end"))
    return beside(*columns, gap=GAP if others else 2 * GAP, align="end")


def input_block(
    patch: Patch, empty: Array, marked: Array, paint: Paint, widths: Widths, *, named: bool = False
) -> Block:
    """A part of an image, its border hatched. Elements that are `empty` have no number, those that
    are `marked` a frame. If it is `named`, the number of its slice stands above it."""
    rows, cols = patch.pixels.shape
    cells = Cells(list(range(rows)), list(range(cols)))
    name = _slice_name(patch) if named else ""
    return _pixels(patch, cells, empty, marked, paint, widths, name)


def _slice_name(patch: Patch) -> str:
    return f"slice {patch.slice}"


def _grids(
    patch: Patch,
    paint: Paint,
    widths: Widths,
    marked: tuple[int, int] | None,
    name: str = "",
) -> list[Block]:
    """The window, and the kernel and the products if there are any."""
    cells = Cells.of(patch)
    frame = np.zeros(patch.pixels.shape, bool)
    if marked is not None:
        frame[marked] = True
    empty = ~patch.has_source & (patch.weights is None)
    window = _pixels(patch, cells, empty, frame, paint, widths, name)
    if patch.weights is None or patch.products is None:
        return [window]
    peaks = paint.peaks
    kernel = _numbers(patch.weights, cells, widths.weight * DIGIT, peaks.weight)
    products = _numbers(patch.products, cells, widths.product * DIGIT, peaks.product)
    return [window, kernel, products]


def _pixels(
    patch: Patch, cells: Cells, empty: Array, marked: Array, paint: Paint, widths: Widths, name: str
) -> Block:
    """Pixels in cells, except in those that are `empty`, and a name above them. The zeros by which
    an input is stretched have no grey, as they are no pixels."""
    texts = cells.texts(patch.pixels)
    blank = _taken(empty, cells, False)
    texts = [
        ["" if blank[i, j] else text for j, text in enumerate(line)] for i, line in enumerate(texts)
    ]
    colors = paint.pixels(patch.pixels)
    if patch.apart != (1, 1):
        colors[patch.border] = GROUND
    return grid(
        texts,
        _taken(colors, cells, 255),
        rows=[head.rjust(widths.row) for head in heads(patch.rows, cells.rows, patch.apart[0])],
        cols=heads(patch.cols, cells.cols, patch.apart[1]),
        marked=_taken(marked, cells, False),
        hatched=_taken(patch.border, cells, False),
        least=widths.pixel * DIGIT,
        name=name,
    )


def _numbers(values: Array, cells: Cells, least: str, peak: float) -> Block:
    """A grid of numbers in colours that tell their sign and size."""
    colors = _taken(_signed(values, peak), cells, 255)
    return grid(cells.texts(values), colors, least=least)


def _peak(values: Array | None) -> float:
    return 0.0 if values is None else float(np.abs(_finite(values)).max())


def _signed(values: Array, peak: float) -> Colors:
    """Colours that tell sign and size; infinity has that of `peak`."""
    return diverging(_finite(values, peak or 1.0), peak)


def _finite(values: Array, largest: float = 0.0) -> Array:
    """Values as floats, the infinite ones as large as this, and NaN as 0."""
    return np.nan_to_num(values.astype(FLOAT64), nan=0.0, posinf=largest, neginf=-largest)


def _taken(values: Array, cells: Cells, left_out: int) -> Array:
    """The rows and columns that are drawn, with `left_out` in the gaps."""
    for axis, picked in enumerate(cells):
        values = np.take(values, [i or 0 for i in picked], axis)
        gaps = [number for number, i in enumerate(picked) if i is None]
        values[(slice(None),) * axis + (gaps,)] = left_out
    return values
