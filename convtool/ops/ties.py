"""Values added up in float32 and rounded to whole numbers: right wherever they are no tie.

A sum in float32 is off by a little. Rounding hides that, except for values next to a tie, halfway
between two whole numbers: these few are added up again in float64.
"""

import numpy as np
import numpy.typing as npt

from ..core.dtypes import FLOAT64, Array, limits
from ..core.engine import compiled, rows_of
from ..methods.accumulators import tolerance
from ..methods.base import Task

Indices = npt.NDArray[np.intp]

MOST_AGAIN = 1 / 16
"""The share of values above which it is not worth while to add them up one by one."""


def round_sums(
    task: Task,
    padded: Array,
    values: Array,
    divisor: float,
    bias: Array,
    out: Array,
) -> bool:
    """Write float32 sums / divisor + bias, which are `values`, rounded and saturated into `out`.

    `padded` is what the sums are of. Returns False, and writes nothing, where so many are next to
    a tie that all had better be added up in float64.
    """
    lowest, highest = limits(out.dtype)
    largest = _largest_part(task, padded) / abs(divisor) + float(np.abs(bias).max())
    off = tolerance(task.taps, largest)
    loops, rows, rows_out = compiled(), rows_of(values), rows_of(out)
    if loops and out.itemsize <= 2 and off < 0.25 and rows is not None and rows_out is not None:
        places = np.empty(int(MOST_AGAIN * values.size), np.int64)
        count = loops.round_sums(rows, off, rows_out, places)
        if count > len(places):
            return False
        near = places[:count]
        again = np.clip(
            np.rint(_again(task, padded, near, divisor, bias, len(out))), lowest, highest
        )
        out[np.unravel_index(near, out.shape)] = again
        return True
    rounded = np.rint(values, order="C")
    distance = np.subtract(values, rounded, order="C")
    np.abs(distance, out=distance)
    near = np.flatnonzero(distance > 0.5 - off)
    kept = rounded.reshape(-1)
    near = near[(kept[near] >= lowest - 1 - off) & (kept[near] <= highest + 1 + off)]
    if len(near) > MOST_AGAIN * values.size:
        return False
    kept[near] = np.rint(_again(task, padded, near, divisor, bias, len(out)))
    np.clip(rounded, lowest, highest, out=rounded)
    np.copyto(out, rounded, casting="unsafe")
    return True


def _again(
    task: Task, padded: Array, near: Indices, divisor: float, bias: Array, height: int
) -> Array:
    """The results at these flat positions, in float64."""
    found = sums_at(task, padded, near, height) / divisor
    found += bias[near % task.channels_out] if bias.ndim else bias
    return found


def _largest_part(task: Task, padded: Array) -> float:
    """A bound for every part of the sums of a band."""
    if task.numbers.finite:
        return max(-task.numbers.low, task.numbers.high)
    weights = np.abs(task.weights).astype(FLOAT64)
    total = weights.sum(axis=(1, 2, 3) if task.is_layer else (0, 1)).max()
    return float(max(padded.max(), -padded.min()) * total)


def sums_at(task: Task, padded: Array, positions: Indices, height: int) -> Array:
    """The sums at flat positions of a map (height, W', C'), in float64."""
    rows, cols = task.window
    row, col, channel = np.unravel_index(positions, (height, task.width, task.channels_out))
    inside = task.weights.shape[1] if task.is_layer else 1
    first = channel // (task.channels_out // task.groups) * inside if task.is_layer else channel
    pixels, (_, width, channels) = padded.reshape(-1), padded.shape
    corner = (row * rows.stride * width + col * cols.stride) * channels + first
    loops = compiled()
    if loops and not task.is_layer and pixels.dtype == np.float32:
        i, j = np.indices(task.weights.shape).reshape(2, -1)
        offsets = (i * rows.dilation * width + j * cols.dilation) * channels
        weights = task.weights.astype(FLOAT64).reshape(-1)
        found = np.empty(len(corner))
        loops.correlate_at(pixels, corner, found, offsets, weights)
        return found
    total = np.zeros(len(positions))
    for place in np.ndindex(*task.weights.shape[-2:], inside):
        i, j, index = place
        weight = task.weights[channel, index, i, j] if task.is_layer else task.weights[i, j]
        step = (i * rows.dilation * width + j * cols.dilation) * channels + index
        total += weight * pixels.take(corner + step).astype(FLOAT64)
    return total
