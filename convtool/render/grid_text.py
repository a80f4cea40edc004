"""A window as text: its pixels, and the kernel and the products beside it, or below."""

from typing import TYPE_CHECKING

from ..inspect.steps.base import numeral
from .layout import Cells, heads

if TYPE_CHECKING:
    from ..core.dtypes import Array
    from ..inspect.steps.base import Patch

IN_FULL = "; --json has all"

COLUMNS = (9, 7, 5, 3)
"""The most columns of a window that are shown; each is tried until the lines fit."""

Lines = list[str]


def lines_of_patch(patch: "Patch", width: int) -> Lines:
    """A window times its kernel, as many columns of it as fit into lines of this width.

    Elements in the border are in parentheses, a pool's padding is a dot.
    """
    for most in COLUMNS:
        lines = _lines(patch, width, most)
        if _wide(lines) <= width:
            break
    return lines


def _lines(patch: "Patch", width: int, most: int) -> Lines:
    """The same with `most` columns, a gap included."""
    rows, cols = patch.pixels.shape
    cells = Cells.of(patch, most)
    lines = _window(patch, cells)
    if patch.weights is not None and patch.products is not None:
        kernel, products = (_plain(values, cells) for values in (patch.weights, patch.products))
        lines = _product(lines, kernel, products, width)
    if cells.are_abridged:
        lines.append(f"(abridged: the window is {rows}x{cols}{IN_FULL})")
    return lines


def _product(window: Lines, kernel: Lines, products: Lines, width: int) -> Lines:
    """Window, kernel and products side by side; what does not fit goes below."""
    pair = _beside(window, " x ", kernel)
    lines = _beside(pair, " = ", products)
    if _wide(lines) <= width:
        return lines
    if _wide(pair) > width:
        pair = [*window, "", "the kernel", *kernel[1:]]
    return [*pair, "", "the products", *products[1:]]


def _window(patch: "Patch", cells: Cells) -> Lines:
    """The pixels, with the rows' numbers at the left and the columns' above."""
    has_source = patch.has_source

    def cell(place: tuple[int, int] | None) -> str:
        if place is None:
            return ".. "
        if patch.elements is not None and not patch.elements[place]:
            return "- "
        if patch.weights is None and not has_source[place]:
            return "(.)"
        number = numeral(patch.pixels[place].item())
        return f"({number})" if patch.border[place] else f"{number} "

    columns = [f"{number} " for number in heads(patch.cols, cells.cols)]
    lines = _aligned([columns, *(list(map(cell, row)) for row in cells.places())])
    sides = ["", *heads(patch.rows, cells.rows)]
    left = _wide(sides)
    return [f"{side.rjust(left)} | {line}" for side, line in zip(sides, lines, strict=True)]


def _plain(values: "Array", cells: Cells) -> Lines:
    """A grid of numbers, below an empty line where a window has its columns' numbers."""
    return ["", *_aligned(cells.texts(values))]


def _aligned(cells: list[Lines]) -> Lines:
    wide = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return [" ".join(c.rjust(w) for c, w in zip(row, wide, strict=True)) for row in cells]


def _beside(left: Lines, sign: str, right: Lines) -> Lines:
    """Two blocks with a sign between them, halfway down the grids."""
    wide, middle = _wide(left), len(left) // 2
    return [
        a.ljust(wide) + (sign if i == middle else " " * len(sign)) + b
        for i, (a, b) in enumerate(zip(left, right, strict=True))
    ]


def _wide(lines: Lines) -> int:
    return max(map(len, lines))
