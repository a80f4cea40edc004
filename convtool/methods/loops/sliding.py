"""Windows along one axis merged into one value each: added up, or their largest or smallest.

Merging neighbours gives windows of 2, merging those windows of 4, and so on: a window of any
length takes about log2(length) passes, where one by one it takes length - 1.
"""

from typing import Any

import numpy as np

from ...core.dtypes import Array
from ...core.geometry import Axis

IDEMPOTENT = (np.maximum, np.minimum)
"""Merging a value twice is merging it once, so windows may overlap."""


def merges(axis: Axis, *, exact: bool) -> float:
    """Passes over the output that `slide` makes; `exact` where windows must not overlap."""
    return min(axis.taps - 1, axis.stride * _doublings(axis.taps, exact=exact))


def slide(merge: np.ufunc, values: Array, axis: Axis, count: int, along: int) -> Array:
    """Each of `count` windows along dimension 0 or 1 of `values` (n, P, C) merged into one."""
    exact = merge not in IDEMPOTENT
    if axis.taps - 1 <= axis.stride * _doublings(axis.taps, exact=exact):
        return _one_by_one(merge, values, axis, count, along)
    doubled = _doubled(merge, values, axis, along, exact=exact)
    taken = [slice(None)] * 3
    taken[along] = slice(0, (count - 1) * axis.stride + 1, axis.stride)
    return doubled[tuple(taken)]


def _doublings(taps: int, *, exact: bool) -> int:
    """Passes that doubling takes for a window of this length."""
    if exact:
        return taps.bit_length() - 1 + taps.bit_count() - 1
    return (taps - 1).bit_length()


def _one_by_one(merge: np.ufunc, values: Array, axis: Axis, count: int, along: int) -> Array:
    height, width, channels = values.shape
    if along == 0:
        rows = values.reshape(height, width * channels)
        parts = [rows[axis.taken(tap, count)] for tap in range(axis.taps)]
        return _merged(merge, parts).reshape(count, width, channels)
    if axis.stride == 1:
        plane, step = values.reshape(height, width * channels), axis.dilation * channels
        length = count * channels
        parts = [plane[:, tap * step : tap * step + length] for tap in range(axis.taps)]
        return _merged(merge, parts).reshape(height, count, channels)
    out = np.empty((height, count, channels), values.dtype)
    for channel in range(channels):  # long strides beat runs as short as the channels
        parts = [values[:, axis.taken(tap, count), channel] for tap in range(axis.taps)]
        _merged(merge, parts, out[:, :, channel])
    return out


def _merged(merge: np.ufunc, parts: list[Array], out: Array | None = None) -> Array:
    """The parts merged, in their order."""
    if len(parts) == 1:
        if out is None:
            return parts[0].copy()
        out[...] = parts[0]
        return out
    merged: Array = merge(parts[0], parts[1], out=out)
    for part in parts[2:]:
        merge(merged, part, out=merged)
    return merged


def _doubled(merge: np.ufunc, values: Array, axis: Axis, along: int, *, exact: bool) -> Array:
    """Windows beginning at every position."""
    height, width, channels = values.shape
    lines = values.reshape(height, width * channels)
    step = axis.dilation * (1 if along == 0 else channels)  # a pixel's channels stay together
    length = lines.shape[along] - (axis.taps - 1) * step

    def cut(array: Array, start: int, count: int) -> Array:
        part: Any = array[start : start + count] if along == 0 else array[:, start : start + count]
        return part  # type: ignore[no-any-return]

    merged = None
    covered, size = 0, 1
    while True:
        if exact and axis.taps & size:
            part = cut(lines, covered * step, length)
            merged = part if merged is None else merge(merged, part)
            covered += size
        if 2 * size > axis.taps:
            break
        shorter = lines.shape[along] - size * step
        lines = merge(cut(lines, 0, shorter), cut(lines, size * step, shorter))
        size *= 2
    if not exact:
        rest = (axis.taps - size) * step
        merged = cut(lines, 0, length)
        if rest:
            merged = merge(merged, cut(lines, rest, length))
    assert merged is not None
    if along == 0:
        return np.ascontiguousarray(merged).reshape(-1, width, channels)
    return np.ascontiguousarray(merged).reshape(height, -1, channels)
