"""A kernel's weights as text: a grid of numbers, with depth one for each slice."""

import math
from collections.abc import Callable
from itertools import islice

from ..core.dtypes import Array
from ..kernel.kernel import Kernel

MOST_ROWS, WIDEST = 23, 79
"""Rows, and columns of letters, of a grid; of a larger one the first and the last are shown."""

FEWEST = 3
"""Columns that are shown in any case."""

MOST_SLICES, MOST_ROWS_EACH = 7, 9
"""Slices of a kernel with depth, and rows of each, that are shown."""


def lines_of_weights(kernel: Kernel) -> list[str]:
    """The weights, the anchor's in brackets, in lines of 79 letters at most.

    Of a large kernel they are those at the ends of rows and columns, and those of some slices; a
    last line says so.
    """
    depth, rows, cols = (1, *kernel.shape)[-3:]
    anchor = (0, *kernel.place)[-3:]
    words = _words(kernel.weights.reshape(depth, rows, cols))
    in_depth = kernel.weights.ndim == 3
    slices = _shown_slices(depth, anchor[0])
    down = _shown(rows, MOST_ROWS_EACH if in_depth else MOST_ROWS)
    places = [(number, row) for number in slices if number is not None for row in down]
    for most in range(min(cols, WIDEST), min(cols, FEWEST) - 1, -1):
        across = _shown(cols, most)
        cells = [[_cell(words, (*place, col), anchor) for col in across] for place in places]
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        if sum(widths) + len(widths) <= WIDEST:
            break
    lines = [
        "".join(f" {cell:>{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in cells
    ]
    if in_depth:
        lines = _headed(lines, slices, len(down))
    cut = [f"{rows} rows"] * (None in down) + [f"{cols} columns"] * (None in across)
    told = [f"{len(places) // len(down)} of {depth} slices"] * (None in slices)
    told += [f"the first and last of {' and '.join(cut)}"] * (cut != [])
    return [*lines, f" ({'; '.join(told)}; --json has all)"] if told else lines


def _headed(lines: list[str], slices: list[int | None], height: int) -> list[str]:
    """The lines of the slices that are shown, of this height, each under its number."""
    left, headed = iter(lines), []
    for number in slices:
        head = " ..." if number is None else f" slice {number}"
        headed += ["", head, *islice(left, height if number is not None else 0)]
    return headed[1:]


def _words(weights: Array) -> Callable[[tuple[int, ...]], str]:
    """A function that formats the weight at a place: floats to four digits of the largest."""
    if weights.dtype.kind == "i":
        return lambda place: str(weights[place])
    largest = float(abs(weights).max())
    if not 1e-4 <= largest < 1e4:
        return lambda place: f"{weights[place]:.3g}"
    digits = 3 - math.floor(math.log10(largest))
    return lambda place: f"{weights[place]:.{digits}f}"


def _shown_slices(depth: int, anchor: int) -> list[int | None]:
    """Which slices are shown: of many the first, the anchor's and the last."""
    if depth <= MOST_SLICES:
        return list(range(depth))
    first, *others = sorted({0, anchor, depth - 1})
    shown: list[int | None] = [first]
    for before, number in zip([first, *others], others, strict=False):
        shown += [None] * (number > before + 1) + [number]
    return shown


def _shown(length: int, most: int) -> list[int | None]:
    """Which rows or columns are shown; None stands for those between."""
    if length <= most:
        return list(range(length))
    ends = (most - 1) // 2
    return [*range(ends), None, *range(length - ends, length)]


def _cell(
    words: Callable[[tuple[int, ...]], str], place: tuple[int | None, ...], anchor: tuple[int, ...]
) -> str:
    """A weight; in the anchor's column with a blank in place of its bracket."""
    known = tuple(at for at in place if at is not None)
    if len(known) < len(place):
        return "..."
    if known == anchor:
        return f"[{words(known)}]"
    return words(known) + " " * (place[-1] == anchor[-1])
