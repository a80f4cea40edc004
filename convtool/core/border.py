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
            return np.clip(positions, 0, size - 1)
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
    made_up = np.asarray(fill).astype(dtype)[()]
    if (rows[1] - rows[0]) * (cols[1] - cols[0]) * band.shape[2] > LARGEST_CUT:
        raise ConvtoolError(
            f"windows reach over {rows[1] - rows[0]}x{cols[1] - cols[0]} pixels at once, too many "
            "to hold; use a smaller window, dilation or padding"
        )
    if rows[0] >= 0 and rows[1] <= height:
        return _cut_columns(band[rows[0] - top : rows[1] - top], cols, border, made_up, dtype)
    found = sources(*rows, height, border)
    start, stop = rows_needed(*rows, height, border)
    cut = _cut_columns(band[start - top : stop - top], cols, border, made_up, dtype)
    out: Array = cut[np.where(found == OUTSIDE, start, found) - start]
    out[found == OUTSIDE] = made_up
    return out


def _cut_columns(rows: Array, cols: Pair, border: Border, fill: Any, dtype: npt.DTypeLike) -> Array:
    """The columns cols[0]..cols[1] - 1 of whole image rows, made up where they lie outside."""
    start, count, width = cols[0], cols[1] - cols[0], rows.shape[1]
    if start >= 0 and cols[1] <= width:
        return np.ascontiguousarray(rows[:, start : cols[1]], dtype)
    out = np.empty((len(rows), count, rows.shape[2]), dtype)
    left = min(max(-start, 0), count)
    right = min(max(width - start, left), count)
    out[:, left:right] = rows[:, start + left : start + right]
    for first, last in ((0, left), (right, count)):
        if border == "constant":
            out[:, first:last] = fill
        elif first < last:
            out[:, first:last] = rows[:, sources(start + first, start + last, width, border)]
    return out
