"""Medians of windows: by a network where all elements count, by sorting where some are padded."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from ..core.dtypes import FLOAT64, Array, DType
from ..core.geometry import Window, cut
from ..methods.loops.order import middle_into, select

LARGEST_STACK = 2**22
"""The most elements of windows that are sorted at once."""

LARGEST_NETWORK = 81
"""The most elements of a window whose median is found by comparing whole arrays."""


class Part(NamedTuple):
    """Windows of a band: rows of them, and columns."""

    top: int
    bottom: int
    left: int
    right: int

    @property
    def size(self) -> tuple[int, int]:
        """Windows down, and along."""
        return self.bottom - self.top, self.right - self.left


def medians_into(padded: Array, window: Window, counts: tuple[Array, Array], out: Array) -> None:
    """Write the median of each window of a band into `out` (height, W', C).

    `padded` (n, P, C) holds the elements under the windows, padded ones as large as the type has
    them. `counts` says how many elements of each window count, down and along: of a window in
    row r and column c ``counts[0][r] * counts[1][c]``.
    """
    rows, cols = window
    full_rows, full_cols = counts[0] == rows.taps, counts[1] == cols.taps
    if rows.taps * cols.taps <= LARGEST_NETWORK and full_rows.any() and full_cols.any():
        _full_into(padded, window, out)
        parts = _outside(full_rows, full_cols)
    else:
        parts = [Part(0, len(out), 0, cols.output)]
    for part in parts:
        for piece in _pieces(part, window, out.shape[2]):
            place = np.s_[piece.top : piece.bottom, piece.left : piece.right]
            elements = np.multiply.outer(counts[0][place[0]], counts[1][place[1]])
            out[place] = _sorted(padded, window, piece, elements, out.dtype)


def medians_of(padded: Array, window: Window, counts: Array, out: Array) -> None:
    """The same where `counts` (height, W', C) says how many elements of each window count, and the
    others are as large as the type has them."""
    for piece in _pieces(Part(0, len(out), 0, window[1].output), window, out.shape[2]):
        rows = slice(piece.top, piece.bottom)
        out[rows] = _sorted(padded, window, piece, counts[rows], out.dtype)


def _pieces(part: Part, window: Window, channels: int) -> Iterator[Part]:
    """Some rows at a time, of so few windows that their elements fit into memory."""
    taps = window[0].taps * window[1].taps
    height, width = part.size
    for low, high in cut(height, max(1, LARGEST_STACK // (taps * width * channels))):
        yield part._replace(top=part.top + low, bottom=part.top + high)


def _outside(full_rows: Array, full_cols: Array) -> list[Part]:
    """What lies above, below, left and right of the windows that all count."""
    height, width = len(full_rows), len(full_cols)
    top, left = int(full_rows.argmax()), int(full_cols.argmax())
    bottom, right = height - int(full_rows[::-1].argmax()), width - int(full_cols[::-1].argmax())
    around = (
        Part(0, top, 0, width),
        Part(bottom, height, 0, width),
        Part(top, bottom, 0, left),
        Part(top, bottom, right, width),
    )
    return [part for part in around if min(part.size) > 0]


def _full_into(padded: Array, window: Window, out: Array) -> None:
    """Medians as if all elements of all windows counted."""
    taps = window[0].taps * window[1].taps
    middle = (taps - 1) // 2, taps // 2
    odd = middle[0] == middle[1]
    found = out if padded.dtype == out.dtype else np.empty(out.shape, padded.dtype)
    if odd and middle_into(padded, window, found):
        if found is not out:
            np.copyto(out, found)
        return
    for piece in _pieces(Part(0, len(out), 0, window[1].output), window, out.shape[2]):
        ranked = select(list(_elements(padded, window, piece)), middle)
        lower, upper = (ranked[rank] for rank in middle)
        out[piece.top : piece.bottom] = lower if odd else _between(lower, upper, out.dtype)


def _elements(padded: Array, window: Window, part: Part) -> Iterator[Array]:
    """Each element of these windows of the band, one a window (height, width, C)."""
    rows, cols = window
    height, width = part.size
    under = padded[part.top * rows.stride :, part.left * cols.stride :]
    for i in range(rows.taps):
        for j in range(cols.taps):
            yield under[rows.taken(i, height), cols.taken(j, width)]


def _sorted(padded: Array, window: Window, part: Part, counts: Array, dtype: DType) -> Array:
    """The medians (height, width, C) of windows of which so many elements count: (height, width),
    or one number a channel."""
    windows = np.stack(list(_elements(padded, window, part)), axis=-1)
    most = counts.max()
    if counts.min() == most > 0:
        windows.partition(sorted({(most - 1) // 2, most // 2, -1}))
    else:
        windows.sort(axis=-1)
    counts = counts.reshape(*part.size, -1, 1)
    lower = np.take_along_axis(windows, (counts - 1) // 2, axis=-1)[..., 0]
    upper = np.take_along_axis(windows, counts // 2, axis=-1)[..., 0]
    median = _between(lower, upper, dtype) if np.any(counts % 2 == 0) else lower
    if windows.dtype.kind == "f":
        median = np.where(np.isnan(windows[..., -1]), np.nan, median).astype(median.dtype)
    return median


def _between(lower: Array, upper: Array, dtype: DType) -> Array:
    """The mean of two values, which may be infinite, or as large as the type has them."""
    wide = dtype if lower.dtype.kind == "f" else FLOAT64
    lower, upper = lower.astype(wide), upper.astype(wide)
    return np.where(lower == upper, lower, lower / 2 + upper / 2)
