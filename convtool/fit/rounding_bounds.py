"""What rounding tells of the weights: each value lies within half a grey level of its sum.

Least squares treats rounding as noise, and knows weights to about 1 / sqrt(pixels). But rounding
has hard bounds: weights have to lie between two planes for each pixel, and what is left between all
of them shrinks like 1 / pixels. Only pixels near their bounds matter, which the least squares
weights tell. The middle of what is left is the analytic centre, by Newton's method (Boyd and
Vandenberghe, Convex Optimization, 2004, sections 8.5.3 and 11.4).
"""

from functools import reduce
from typing import NamedTuple

import numpy as np

from ..core.dtypes import FLOAT64, Array
from ..core.threads import in_order, one_blas_thread
from .normal_equations import WindowWriter
from .pairs import Model, Overlay, Strip

HALF = 0.5
SLACK = 1e-5
"""Beyond half a grey level, so that something is left between bounds that meet in one point."""

MOST_BOUNDS = 40_000
MOST_NUMBERS = 1 << 23
"""Of all windows that are kept."""

MOST_ROUNDS = 5
"""Passes over the images for bounds that matter."""

STEPS = 100
NEARLY = 0.98
"""How much of the way to the nearest bound a step goes."""
CLOSE = 0.1
"""What one more step of Newton's would gain, at the centre."""
SHORTEST = 1e-8


class Near(NamedTuple):
    """Values that lie far from their sums, in the result's unit."""

    windows: Array
    """(n, weights); of weights that end in a bias, the last is a 1."""
    values: Array
    """(n,)"""
    worst: float
    """How far the farthest of all values lies from its sum."""

    def plus(self, other: "Near") -> "Near":
        """Both."""
        return Near(
            np.concatenate([self.windows, other.windows]),
            np.concatenate([self.values, other.values]),
            max(self.worst, other.worst),
        )


def near_bounds(images: Overlay, model: Model, weights: Array, unsure: float, threads: int) -> Near:
    """The values that lie farthest from their sums, some thousands.

    `weights` ends in the bias if the model has one. `unsure` is how far sums are off because
    weights are.
    """
    writer = WindowWriter(images, model)
    scale = images.scale
    most = min(MOST_BOUNDS, MOST_NUMBERS // len(weights))
    reach = HALF - max(most / (2 * max(images.inner, 1)), 6 * unsure)
    plain = weights[: writer.unknowns] / scale
    offset = float(weights[-1]) / scale if model.bias else 0.0
    offset += writer.centers[0] * float(plain.sum()) - writer.centers[1]
    share = most / max(images.inner, 1)

    def pick(strip: Strip) -> Near:
        rows, values, worst = [], [], 0.0
        for chunk in writer.chunks(strip):
            windows = chunk.matrix[: writer.unknowns, : chunk.length]
            left = np.abs(chunk.values[0] - plain @ windows - offset)
            if chunk.counts is not None:
                left[chunk.counts[0] == 0] = 0
            chosen = np.flatnonzero(left >= reach)
            most_here = int(share * chunk.length) + 1
            if len(chosen) > most_here:  # some from everywhere, for they are to differ
                chosen = np.sort(chosen[np.argpartition(-left[chosen], most_here)[:most_here]])
            rows.append(windows[:, chosen].T.astype(FLOAT64) + writer.centers[0])
            values.append(chunk.values[0][chosen].astype(FLOAT64) + writer.centers[1])
            worst = max(worst, float(left.max()))
        found = np.concatenate(rows)
        ones = np.ones((len(found), int(model.bias)))
        return Near(np.column_stack([found, ones]) / scale, np.concatenate(values), worst)

    with one_blas_thread():
        return reduce(Near.plus, in_order(pick, images.strips(), threads))


def center(windows: Array, values: Array, weights: Array) -> tuple[Array, Array] | None:
    """The weights in the middle of what all bounds leave, and a covariance that has its shape.

    None where they leave nothing: the result was not made by rounding such sums.
    """
    if len(windows) <= windows.shape[1]:
        return None
    try:
        within = _tightened(windows, values, weights)
        return None if within is None else _centered(windows, values, within)
    except np.linalg.LinAlgError:
        return None


def _tightened(windows: Array, values: Array, weights: Array) -> Array | None:
    """Weights whose sums lie within half a grey level of all values; None if there are none.

    The smallest bound on all is a linear program, of the weights and the bound: Mehrotra's
    predictor and corrector (Nocedal and Wright, Numerical Optimization, 2006, chapter 14), from a
    start that is feasible on both sides.
    """
    left = values - windows @ weights
    bound = 1.01 * max(float(np.abs(left).max()), HALF)
    prices = np.full((2, len(values)), 0.5 / len(values))
    for _ in range(STEPS):
        if np.abs(left).max() < HALF + SLACK / 2:
            return weights
        room = np.stack([bound - left, bound + left])
        gap = float((room * prices).sum())
        if bound - gap > HALF + SLACK:
            return None
        system = _System(windows, room, prices)
        room_step, price_step, _, _ = system.step(0.0)
        reach = _reach(room, room_step), _reach(prices, price_step)
        gap_ahead = float(((room + reach[0] * room_step) * (prices + reach[1] * price_step)).sum())
        target = gap / room.size * (gap_ahead / gap) ** 3 - room_step * price_step
        room_step, price_step, step, wider = system.step(target)
        length = NEARLY * _reach(room, room_step)
        weights, bound = weights + length * step, bound + length * wider
        prices = prices + NEARLY * _reach(prices, price_step) * price_step
        left = values - windows @ weights
    return None


class _System:
    """Newton's equations for the bound, where products of room and price are to be a target."""

    def __init__(self, windows: Array, room: Array, prices: Array) -> None:
        self._windows, self._room, self._prices = windows, room, prices
        self._ratio = prices / room
        size = windows.shape[1]
        self._matrix = np.empty((size + 1, size + 1))
        above, below = self._ratio
        self._matrix[:size, :size] = (windows * (above + below)[:, None]).T @ windows
        self._matrix[size, :size] = self._matrix[:size, size] = windows.T @ (above - below)
        self._matrix[size, size] = (above + below).sum()

    def step(self, target: Array | float) -> tuple[Array, Array, Array, float]:
        """How room, prices, weights and the bound are to move."""
        wanted = target / self._room
        right = np.append(self._windows.T @ (wanted[0] - wanted[1]), wanted.sum() - 1)
        found = np.linalg.solve(self._matrix, right)
        step, wider = found[:-1], float(found[-1])
        change = self._windows @ step
        room = np.stack([wider + change, wider - change])
        return room, wanted - self._prices - self._ratio * room, step, wider


def _reach(values: Array, step: Array) -> float:
    """How much of a step, 1 at most, leaves all values positive."""
    falling = step < 0
    if not falling.any():
        return 1.0
    return min(1.0, float((values[falling] / -step[falling]).min()))


def _centered(windows: Array, values: Array, weights: Array) -> tuple[Array, Array] | None:
    """The analytic centre of the bounds, from weights within them, and the inverse curvature."""
    bound = HALF + SLACK
    for _ in range(STEPS):
        left = values - windows @ weights
        above, below = 1 / (bound - left), 1 / (bound + left)
        curvature = (windows * (above**2 + below**2)[:, None]).T @ windows
        slope = windows.T @ (below - above)
        step = np.linalg.solve(curvature, -slope)
        expected = float(-slope @ step)
        if expected < CLOSE:
            return weights, np.linalg.inv(curvature)
        change, length, before = windows @ step, 1.0, _barrier(left, bound)
        while _barrier(left - length * change, bound) > before - 0.1 * length * expected:
            length /= 2
            if length < SHORTEST:
                return None
        weights = weights + length * step
    return None


def _barrier(left: Array, bound: float) -> float:
    """What grows towards the bounds, and is infinite beyond."""
    if not np.abs(left).max() < bound:
        return np.inf
    return -float(np.log(bound**2 - left**2).sum())
