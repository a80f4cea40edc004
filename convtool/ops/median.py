"""Medians of windows: by a network where all elements count, by sorting where some are padded."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from ..core.dtypes import FLOAT64, Array, DType
from ..core.geometry import cut
from ..methods.loops.order import middle_into, select
from .elements import Elements, views

LARGEST_STACK = 2**22
"""The most elements of windows that are sorted at once."""

LARGEST_NETWORK = 81
"""The most elements of a window whose median is found by comparing whole arrays."""


class Region(NamedTuple):
    """Windows of some slices: rows of them, and columns."""

    top: int
    bottom: int
    left: int
    right: int


def medians_into(padded: Array, elements: Elements, counts: Array, out: Array) -> None:
    """Write the median of each window into `out` (slices, height, W', C).

    `padded` (n, P, P', C) holds what lies under the windows, what does not count as large as the
    type has it. `counts` (slices, height, W', 1 or C) says how many elements of each window count.
    """
    depth = elements.grid.depth
    taps = len(elements.taps)
    for number, (here, place) in enumerate(zip(counts, out, strict=True)):
        start = number * depth.stride
        under = padded[start : start + depth.extent]
        full = (here == taps).all(axis=-1)
        if taps <= LARGEST_NETWORK and full.any():
            _full_into(under, elements, place)
            regions = _outside(full.any(axis=1), full.any(axis=0))
            if not full[_inner(regions, full.shape)].all():
                regions = [Region(0, len(place), 0, place.shape[1])]
        else:
            regions = [Region(0, len(place), 0, place.shape[1])]
        for region in regions:
            _sort_into(under, elements, region, here, place)


def _outside(full_rows: Array, full_cols: Array) -> list[Region]:
    """What lies above, below, left and right of the windows that all count."""
    height, width = len(full_rows), len(full_cols)
    top, left = int(full_rows.argmax()), int(full_cols.argmax())
    bottom, right = height - int(full_rows[::-1].argmax()), width - int(full_cols[::-1].argmax())
    return [
        Region(0, top, 0, width),
        Region(bottom, height, 0, width),
        Region(top, bottom, 0, left),
        Region(top, bottom, right, width),
    ]


def _inner(around: list[Region], shape: tuple[int, ...]) -> tuple[slice, slice]:
    """What lies between these regions."""
    above, below, left, right = around
    return slice(above.bottom, below.top), slice(left.right, right.left)


def _pieces(height: int, size: int) -> Iterator[tuple[int, int]]:
    """Some rows at a time, of so few windows of this size that their elements fit into memory."""
    return cut(height, max(1, LARGEST_STACK // size))


def _full_into(padded: Array, elements: Elements, out: Array) -> None:
    """Medians of one slice as if all elements of all windows counted."""
    taps = len(elements.taps)
    middle = (taps - 1) // 2, taps // 2
    odd = middle[0] == middle[1]
    found = out if padded.dtype == out.dtype else np.empty(out.shape, padded.dtype)
    if odd and middle_into(padded, elements.taps, elements.axes, found):
        if found is not out:
            np.copyto(out, found)
        return
    for low, high in _pieces(len(out), taps * out[0].size):
        ranked = select(list(_under(padded, elements, low, high)), middle)
        lower, upper = (ranked[rank] for rank in middle)
        out[low:high] = lower if odd else _between(lower, upper, out.dtype)


def _under(padded: Array, elements: Elements, low: int, high: int) -> Iterator[Array]:
    """Each element of some rows of windows of one slice, one a window: (height, W', C)."""
    lying = padded[:, low * elements.grid.rows.stride :]
    for view in views(lying, elements, (1, high - low, elements.grid.cols.output)):
        yield view[0]


def _sort_into(
    padded: Array, elements: Elements, region: Region, counts: Array, out: Array
) -> None:
    """Write the medians of windows of which some elements do not count."""
    cols = slice(region.left, region.right)
    if region.left >= region.right:
        return
    size = len(elements.taps) * (region.right - region.left) * out.shape[2]
    for first, last in _pieces(region.bottom - region.top, size):
        low, high = region.top + first, region.top + last
        parts = [view[:, cols] for view in _under(padded, elements, low, high)]
        out[low:high, cols] = _sorted(np.stack(parts, axis=-1), counts[low:high, cols], out.dtype)


def _sorted(windows: Array, counts: Array, dtype: DType) -> Array:
    """The medians of windows (height, width, C, elements) of which so many elements count."""
    most = counts.max()
    if counts.min() == most > 0:
        windows.partition(sorted({(most - 1) // 2, most // 2, -1}))
    else:
        windows.sort(axis=-1)
    counts = counts[..., np.newaxis]
    lower = np.take_along_axis(windows, (counts - 1) // 2, axis=-1)[..., 0]
    upper = np.take_along_axis(windows, counts // 2, axis=-1)[..., 0]
    median = _between(lower, upper, dtype) if np.any(counts % 2 == 0) else lower
    if windows.dtype.kind == "f":
        median = np.where(np.isnan(windows[..., -1]), np.nan, median).astype(median.dtype)
    return median


def _between(lower: Array, upper: Array, dtype: DType) -> Array:
    """The mean of two values, which may be infinite, or as large as the type has them."""
    if lower.dtype.kind != "f":  # halves of whole numbers, which floats may not hold
        halves: Array = (lower >> 1) + (upper >> 1) + (lower & upper & 1)
        mean: Array = halves.astype(FLOAT64) + ((lower ^ upper) & 1) / 2
        return mean
    lower, upper = lower.astype(dtype), upper.astype(dtype)
    return np.where(lower == upper, lower, lower / 2 + upper / 2)
