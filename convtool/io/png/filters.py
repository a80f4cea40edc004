"""PNG's row filters, applied: from each byte a prediction is subtracted (ISO/IEC 15948, clause 9).

All rows of a band get the same filter, chosen by trial. The first row is predicted from itself
alone, so that a band can be filtered before the band above it is known.
"""

from collections.abc import Callable, Sequence

import numpy as np

from ...core.dtypes import Array
from ...core.engine import compiled

NONE, SUB, UP, AVERAGE, PAETH = range(5)

SAMPLE = 1 << 13
"""Bytes of a band that are deflated as a trial: about one in a hundred."""


def best_filter(
    rows: Array, step: int, kinds: Sequence[int], pack: Callable[[memoryview], bytes]
) -> int:
    """The filter that deflates a piece from the middle of the band to the fewest bytes."""
    width = min(rows.shape[1], SAMPLE // step * step)
    count = min(SAMPLE // width + 1, len(rows))
    top, left = (len(rows) - count) // 2, (rows.shape[1] - width) // 2 // step * step
    sample = rows[top : top + count, left : left + width]

    def size(kind: int) -> int:
        return len(pack(filtered(sample, step, kind)[count > 1 :].data))

    return min(kinds, key=size)


def filtered(rows: Array, step: int, kind: int) -> Array:
    """Rows of bytes (n, bytes) as PNG filters them, (n, 1 + bytes).

    `step` is the number of bytes of a pixel. The first row gets SUB where `kind` needs the row
    above.
    """
    out = np.empty((len(rows), rows.shape[1] + 1), np.uint8)
    loops = compiled()
    if loops:
        alone = 1 if kind in (UP, AVERAGE, PAETH) else 0
        loops.apply_filters(out[:alone], rows[0], rows[:alone], step, SUB)
        loops.apply_filters(out[alone:], rows[0], rows[alone:], step, kind)
        return out
    out[:, 0] = kind
    residuals = out[:, 1:]
    if kind == NONE:
        residuals[...] = rows
        return out
    alone = len(rows) if kind == SUB else 1
    out[:alone, 0] = SUB
    residuals[:alone, :step] = rows[:alone, :step]
    np.subtract(rows[:alone, step:], rows[:alone, :-step], out=residuals[:alone, step:])
    if alone < len(rows):
        np.subtract(rows[1:], _predicted(rows, step, kind), out=residuals[1:])
    return out


def _predicted(rows: Array, step: int, kind: int) -> Array:
    """What UP, AVERAGE or PAETH predicts for every row except the first."""
    above = rows[:-1]
    if kind == UP:
        return above
    left = np.zeros_like(above)
    left[:, step:] = rows[1:, :-step]
    if kind == AVERAGE:
        half = (left ^ above) >> 1
        half += left & above  # their mean, rounded down, without a ninth bit
        return half
    corner = np.zeros_like(above)
    corner[:, step:] = above[:, :-step]
    a, b, c = (part.astype(np.int16) for part in (left, above, corner))
    from_left, from_above, from_corner = abs(b - c), abs(a - c), abs(a + b - 2 * c)
    left_wins = (from_left <= from_above) & (from_left <= from_corner)
    return np.where(left_wins, left, np.where(from_above <= from_corner, above, corner))
