"""Values added up in float32 and rounded to whole numbers: right wherever they are no tie.

A sum in float32 is off by a little. Rounding hides that, except for values next to a tie, halfway
between two whole numbers: these few are added up again in float64.
"""

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from ..core.dtypes import FLOAT64, Array, limits
from ..core.engine import compiled, rows_of
from ..methods.accumulators import tolerance
from ..methods.base import Method, Task
from ..methods.loops.band import Rounding

Indices = npt.NDArray[np.intp]

MOST_AGAIN = 1 / 16
"""The share of values above which it is not worth while to add them up one by one."""

MOST_OFF = 0.25
"""How far sums may be off for the compiled loops to tell what is next to a tie."""


NO_BIAS = np.zeros(())


def round_at_once(method: Method, padded: Array, divisor: float, out: Array) -> bool | None:
    """`round_sums` without a bias, of sums that the method rounds itself; None if it cannot."""
    rows = rows_of(out)
    off = _off(method, padded, divisor, NO_BIAS)
    if rows is None or off >= MOST_OFF:
        return None
    places = np.empty(int(MOST_AGAIN * out.size), np.int64)
    count = method.sums_into(padded, rows, Rounding(divisor, off, places))
    if count is None or count > len(places):
        return None if count is None else False
    _add_again(method.task, padded, places[:count], divisor, NO_BIAS, out)
    return True


def round_sums(
    method: Method,
    padded: Array,
    values: Array,
    divisor: float,
    bias: Array,
    out: Array,
) -> bool:
    """Write float32 sums / divisor + bias, which are `values`, rounded and saturated into `out`.

    `padded` is what the method's sums are of. Returns False where so many are next to a tie that
    all had better be added up in float64.
    """
    off = _off(method, padded, divisor, bias)
    loops, rows, rows_out = compiled(), rows_of(values), rows_of(out)
    if loops and out.itemsize <= 2 and off < MOST_OFF and rows is not None and rows_out is not None:
        places = np.empty(int(MOST_AGAIN * values.size), np.int64)
        count = loops.round_sums(rows, off, rows_out, places)
        if count > len(places):
            return False
        near = places[:count]
    else:
        rounded = np.rint(values, order="C")
        distance = np.subtract(values, rounded, order="C")
        np.abs(distance, out=distance)
        near = np.flatnonzero(distance > 0.5 - off)
        lowest, highest = limits(out.dtype)
        kept = rounded.reshape(-1)[near]
        near = near[(kept >= lowest - 1 - off) & (kept <= highest + 1 + off)]
        if len(near) > MOST_AGAIN * values.size:
            return False
        np.clip(rounded, lowest, highest, out=rounded)
        np.copyto(out, rounded, casting="unsafe")
    _add_again(method.task, padded, near, divisor, bias, out)
    return True


def _off(method: Method, padded: Array, divisor: float, bias: Array) -> float:
    """How far the method's sums / divisor + bias may be off."""
    numbers = method.task.numbers
    pixels = numbers.pixels if numbers.finite else _extremes(padded)
    return _off_between(method, pixels, divisor, tuple(np.ravel(bias).tolist()))


@lru_cache
def _off_between(
    method: Method, pixels: tuple[float, float], divisor: float, bias: tuple[float, ...]
) -> float:
    """The same for pixels between these: the bands of an image of whole numbers all have them."""
    in_order, apart = method.in_order, method.in_order or method.blas
    return tolerance(method.lines, pixels, divisor, np.array(bias), in_order=in_order, apart=apart)


def _add_again(
    task: Task, padded: Array, near: Indices, divisor: float, bias: Array, out: Array
) -> None:
    """Write the results at these flat positions into `out`, added up in float64."""
    if len(near):
        values = np.rint(_again(task, padded, near, divisor, bias, len(out)))
        out[np.unravel_index(near, out.shape)] = np.clip(values, *limits(out.dtype))


def _again(
    task: Task, padded: Array, near: Indices, divisor: float, bias: Array, height: int
) -> Array:
    """The results at these flat positions, in float64."""
    found = sums_at(task, padded, near, height) / divisor
    found += bias[near % task.channels_out] if bias.ndim else bias
    return found


def _extremes(padded: Array) -> tuple[float, float]:
    """The smallest and the largest pixel, 0 among them."""
    return min(float(padded.min()), 0), max(float(padded.max()), 0)


def sums_at(task: Task, padded: Array, positions: Indices, height: int) -> Array:
    """The sums at flat positions of a map (height, W', C'), in float64."""
    rows, cols = task.window
    row, col, channel = np.unravel_index(positions, (height, task.width, task.channels_out))
    inside = task.weights.shape[1] if task.is_layer else 1
    first = channel // (task.channels_out // task.groups) * inside if task.is_layer else channel
    pixels, (_, width, channels) = padded.reshape(-1), padded.shape
    corner = (row * rows.stride * width + col * cols.stride) * channels + first
    tops = np.array(task.tops(height))
    loops = compiled()
    if loops and not task.is_layer and pixels.dtype.char in "BbHhf":
        i, j = np.indices(task.weights.shape).reshape(2, -1)
        offsets = (tops[i] * width + j * cols.dilation) * channels
        weights = task.weights.astype(FLOAT64).reshape(-1)
        found = np.empty(len(corner))
        loops.correlate_at(pixels, corner, found, offsets, weights)
        return found
    total = np.zeros(len(positions))
    for place in np.ndindex(*task.weights.shape[-2:], inside):
        i, j, index = place
        weight = task.weights[channel, index, i, j] if task.is_layer else task.weights[i, j]
        step = (tops[i] * width + j * cols.dilation) * channels + index
        total += weight * pixels.take(corner + step).astype(FLOAT64)
    return total
