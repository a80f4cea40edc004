"""A window as text: its pixels, and the kernel and the products beside it, or below."""

from typing import TYPE_CHECKING

from convtool.inspect.explain import abridged
from convtool.inspect.steps.base import numeral

if TYPE_CHECKING:
    from convtool.core.dtypes import Array
    from convtool.inspect.steps.base import Patch

IN_FULL = "; --json has all"

COLUMNS = (9, 7, 5, 3)
"""The most columns of a window that are shown, from which on fewer are tried."""

Lines = list[str]
Picked = list[int | None]
"""The rows or columns that are shown; None for those left out."""


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
    """The same of so many columns, the gap between them counted."""
    rows, cols = patch.pixels.shape
    picked = abridged(rows), abridged(cols, most)
    window = _window(patch, *picked)
    if patch.weights is None or patch.products is None:
        lines = window
    else:
        lines = _product(
            window, _plain(patch.weights, *picked), _plain(patch.products, *picked), width
        )
    if None in (*picked[0], *picked[1]):
        lines.append(f"(abridged: the window is {rows}x{cols}{IN_FULL})")
    return lines


def _product(window: Lines, kernel: Lines, products: Lines, width: int) -> Lines:
    """All in a row if there is room, or else what does not fit below."""
    pair = _beside(window, " x ", kernel)
    lines = _beside(pair, " = ", products)
    if _wide(lines) <= width:
        return lines
    if _wide(pair) > width:
        pair = [*window, "", "the kernel", *kernel[1:]]
    return [*pair, "", "the products", *products[1:]]


def _window(patch: "Patch", rows: Picked, cols: Picked) -> Lines:
    """The pixels, with the rows' numbers at the left and the columns' above."""
    has_source = patch.has_source

    def cell(i: int | None, j: int | None) -> str:
        if i is None or j is None:
            return ".. "
        if patch.weights is None and not has_source[i, j]:
            return "(.)"
        number = numeral(patch.pixels[i, j].item())
        return f"({number})" if patch.border[i, j] else f"{number} "

    heads = [f"{number} " for number in _heads(patch.cols, cols)]
    lines = _aligned([heads, *([cell(i, j) for j in cols] for i in rows)])
    sides = ["", *_heads(patch.rows, rows)]
    left = _wide(sides)
    return [f"{side.rjust(left)} | {line}" for side, line in zip(sides, lines, strict=True)]


def _heads(positions: tuple[int, ...], picked: Picked) -> Lines:
    return [".." if i is None else str(positions[i]) for i in picked]


def _plain(values: "Array", rows: Picked, cols: Picked) -> Lines:
    """A grid of numbers, below an empty line where a window has its columns' numbers."""
    return [
        "",
        *_aligned(
            [
                [".." if i is None or j is None else numeral(values[i, j].item()) for j in cols]
                for i in rows
            ]
        ),
    ]


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
