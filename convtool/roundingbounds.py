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

from .imagepairs import Model, Overlay, Strip
from .normalequations import WindowWriter
from .precision import FLOAT64, Array
from .threads import in_order, one_blas_thread

HALF = 0.5
SLACK = 1e-4
"""Beyond half a grey level, so that something is left between bounds that meet in one point."""

MOST_BOUNDS = 20_000
MOST_NUMBERS = 1 << 23
"""Of all windows that are kept."""

MOST_ROUNDS = 5
"""Passes over the images for bounds that matter."""

STEPS = 100
CLOSE = 0.5
"""What one more step would gain, where the next bound may be turned to."""
DEARER = 8.0
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
    bounds = _Bounds(windows, values, weights)
    try:
        if bounds.tighten() and bounds.to_center():
            return bounds.weights, np.linalg.inv(bounds.curvature()[:-1, :-1])
    except np.linalg.LinAlgError:
        pass
    return None


class _Bounds:
    """Weights between the bounds of all values, and how far these are from the values just now."""

    def __init__(self, windows: Array, values: Array, weights: Array) -> None:
        self.windows, self.values = windows, values
        self.weights, self.left = weights, values - windows @ weights
        self.bound = 1.01 * max(float(np.abs(self.left).max()), HALF + SLACK)

    def tighten(self) -> bool:
        """Move weights until bounds of half a grey level hold them; False if that cannot be.

        The bound itself is one more unknown, whose price rises: each minimum of ``price * bound``
        and the barrier is within ``bounds / price`` of the smallest bound that there is.
        """
        count = 2 * len(self.values)
        price = count / self.bound
        for _ in range(STEPS):
            if float(np.abs(self.left).max()) < HALF + SLACK / 2:
                self.bound = HALF + SLACK
                return True
            if self._step(price) < CLOSE:
                if self.bound - count / price > HALF + SLACK:
                    return False
                price *= DEARER
        return False

    def to_center(self) -> bool:
        """Move weights to the middle of bounds that stay."""
        return any(self._step(None) < CLOSE**2 for _ in range(STEPS))

    def curvature(self) -> Array:
        """Second derivatives of the barrier by the weights and, last, by the bound."""
        above, below = (1 / self._above(self.left)) ** 2, (1 / self._below(self.left)) ** 2
        size = len(self.weights)
        found = np.empty((size + 1, size + 1))
        found[:size, :size] = (self.windows * (above + below)[:, None]).T @ self.windows
        found[size, :size] = found[:size, size] = self.windows.T @ (above - below)
        found[size, size] = (above + below).sum()
        return found

    def _step(self, price: float | None) -> float:
        """One of Newton's steps, or as much of it as is an improvement; with no price the bound
        stays. Returns twice what the quadratic model expected of it."""
        above, below = 1 / self._above(self.left), 1 / self._below(self.left)
        slope = np.append(self.windows.T @ (below - above), (price or 0) - (above + below).sum())
        moving = len(slope) - (price is None)
        step = np.zeros_like(slope)
        step[:moving] = np.linalg.solve(self.curvature()[:moving, :moving], -slope[:moving])
        expected = float(-slope @ step)
        if not expected >= 0:
            raise np.linalg.LinAlgError
        change, wider = self.windows @ step[:-1], float(step[-1])
        before = self._barrier(self.left, self.bound, price)
        length = 1.0
        while length > SHORTEST:
            left, bound = self.left - length * change, self.bound + length * wider
            if self._barrier(left, bound, price) <= before - 0.1 * length * expected:
                break
            length /= 2
        self.weights = self.weights + length * step[:-1]
        self.bound += length * wider
        self.left = self.values - self.windows @ self.weights
        return expected if length > SHORTEST else 0.0

    def _above(self, left: Array) -> Array:
        found: Array = self.bound - left
        return found

    def _below(self, left: Array) -> Array:
        found: Array = self.bound + left
        return found

    def _barrier(self, left: Array, bound: float, price: float | None) -> float:
        """Infinite out of bounds."""
        room = bound - np.abs(left)
        if not room.min() > 0:
            return np.inf
        return (price or 0) * bound - float(np.log(room).sum() + np.log(bound + np.abs(left)).sum())
