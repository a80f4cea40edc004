"""What lies outside the image.

    edge       a a a | a b c d | d d d
    constant   k k k | a b c d | k k k
    reflect    c b a | a b c d | d c b    the edge pixel repeated
    mirror     d c b | a b c d | c b a    the edge pixel not repeated
    wrap       b c d | a b c d | a b c

All hold at any distance: reflect and mirror go back and forth, wrap goes round and round.
"""

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from .choices import Border
from .dtypes import Array
from .errors import ConvtoolError
from .validation import Pair

Positions = npt.NDArray[np.intp]

LARGEST_CUT = 2**28
"""The most values that are cut out and made up for one band."""

OUTSIDE = -1
"""The source of a position that has none: it holds the fill value."""


def sources(start: int, stop: int, size: int, border: Border) -> Positions:
    """The image position that each of the positions start, ..., stop - 1 is a copy of.

    Positions inside the image (0..size - 1) are their own source. A "constant" border has
    none: OUTSIDE.

    >>> sources(-3, 7, 4, "mirror").tolist()
    [3, 2, 1, 0, 1, 2, 3, 2, 1, 0]
    """
    return sources_of(np.arange(start, stop), size, border)


def sources_of(positions: Positions, size: int, border: Border) -> Positions:
    """The same for any positions."""
    match border:
        case "edge":
            return np.minimum(np.maximum(positions, 0), size - 1)  # np.clip takes longer to begin
        case "constant":
            return np.where((positions >= 0) & (positions < size), positions, OUTSIDE)
        case "reflect":
            folded = positions % (2 * size)
            return np.minimum(folded, 2 * size - 1 - folded)
        case "mirror":
            period = max(2 * size - 2, 1)
            folded = positions % period
            return np.minimum(folded, period - folded)
        case "wrap":
            return positions % size


def rows_needed(start: int, stop: int, height: int, border: Border) -> Pair:
    """The image rows first..last - 1, one at least, with every source of rows start..stop - 1."""
    if start >= 0 and stop <= height:
        return start, stop
    if stop - start > LARGEST_CUT:
        raise ConvtoolError(
            f"windows reach over {stop - start} rows, too many to hold; use a smaller window, "
            "dilation or padding"
        )
    found = sources(start, stop, height, border)
    found = found[found != OUTSIDE]
    if found.size == 0:
        return 0, 1
    return int(found.min()), int(found.max()) + 1


def runs_needed(start: int, stop: int, size: int, border: Border) -> tuple[Pair, ...]:
    """The sources of the positions start..stop - 1, as runs first..last - 1 in order.

    >>> runs_needed(-1, 2, 320, "wrap"), runs_needed(-1, 2, 320, "mirror")
    (((0, 2), (319, 320)), ((0, 2),))
    >>> runs_needed(-3, 0, 320, "constant")
    ()
    """
    inside = max(start, 0), min(stop, size)
    if border == "constant" or inside == (start, stop):
        return (inside,) if inside[0] < inside[1] else ()
    if border == "edge":
        return ((min(inside[0], size - 1), max(inside[1], 1)),)
    if stop - start >= 2 * size:  # once round, and once back and forth
        return ((0, size),)
    return joined([(int(p), int(p) + 1) for p in sources(start, stop, size, border)])


def joined(runs: Iterable[Pair]) -> tuple[Pair, ...]:
    """Runs (first, last), the last not counted, in order, those that touch made one."""
    found: list[Pair] = []
    for first, last in sorted(runs):
        if found and first <= found[-1][1]:
            found[-1] = found[-1][0], max(last, found[-1][1])
        else:
            found.append((first, last))
    return tuple(found)


def extend(
    band: Array,
    top: int,
    height: int,
    rows: Pair,
    cols: Pair,
    border: Border,
    fill: float,
    dtype: npt.DTypeLike,
) -> Array:
    """Cut rows and cols (positions, both may lie outside) out of an image of `height` rows.

    `band` of shape (n, W, C) holds the image's rows from `top` on, at least those that
    `rows_needed` names. Returns shape (rows, cols, C) in `dtype`; into an integer type values
    that it does not hold go modulo its range.
    """
    count, width = rows[1] - rows[0], cols[1] - cols[0]
    if count * width * band.shape[2] > LARGEST_CUT:
        raise ConvtoolError(
            f"windows reach over {count}x{width} pixels at once, too many "
            "to hold; use a smaller window, dilation or padding"
        )
    inside = rows[0] >= 0 and rows[1] <= height and cols[0] >= 0 and cols[1] <= band.shape[1]
    if inside:
        cut = band[rows[0] - top : rows[1] - top, cols[0] : cols[1]]
        return np.ascontiguousarray(cut, dtype)
    out = np.empty((count, width, band.shape[2]), dtype)
    extend_into(out, band, top, height, rows[0], cols[0], border, fill)
    return out


def extend_into(
    out: Array,
    band: Array,
    top: int,
    height: int,
    row: int,
    col: int,
    border: Border,
    fill: Any,
) -> None:
    """`extend`, into an array whose first pixel is at position (row, col) of the image."""
    made_up = np.asarray(fill).astype(out.dtype)[()]
    first, last = max(row, 0), min(row + len(out), height)
    if first < last:
        _extend_columns(
            out[first - row : last - row], band[first - top : last - top], col, border, made_up
        )
    else:
        first = last = row
    outside = np.array([*range(row, first), *range(last, row + len(out))], np.intp)
    if not len(outside):
        return
    found = sources_of(outside, height, border)
    out[outside[found == OUTSIDE] - row] = made_up
    there = (first <= found) & (found < last)
    out[outside[there] - row] = out[found[there] - row]
    if there.all():
        return
    for number in np.unique(found[~there & (found != OUTSIDE)]).tolist():
        line = np.empty_like(out[:1])
        _extend_columns(line, band[number - top : number - top + 1], col, border, made_up)
        out[outside[found == number] - row] = line


def _extend_columns(out: Array, rows: Array, col: int, border: Border, fill: Any) -> None:
    """Write image rows from column `col` on, made up where they lie outside."""
    count, width = out.shape[1], rows.shape[1]
    left = min(max(-col, 0), count)
    right = min(max(width - col, left), count)
    out[:, left:right] = rows[:, col + left : col + right]
    for first, last in ((0, left), (right, count)):
        if border == "constant":
            out[:, first:last] = fill
        elif first < last:
            out[:, first:last] = rows[:, sources(col + first, col + last, width, border)]
