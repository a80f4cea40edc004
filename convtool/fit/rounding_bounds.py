"""The weights within the bounds of rounding: each value is within half a grey level of its sum.

Least squares treats rounding as noise: the error of its weights shrinks like 1 / sqrt(pixels). But
rounding has hard bounds. For each pixel the weights lie between two planes, and the region between
all of these planes shrinks like 1 / pixels. Only pixels whose sums are near half a level off
matter; the least squares weights show which. The weights taken are the analytic centre of the
region, by Newton's method (Boyd and Vandenberghe, Convex Optimization, 2004, sections 8.5.3 and
11.4).
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
"""Added to half a grey level, so that bounds that meet in one point leave some room."""

MOST_BOUNDS = 40_000
MOST_NUMBERS = 1 << 23
"""Elements of all windows that are kept."""

MOST_ROUNDS = 5
"""Passes over the images for bounds that matter."""

STEPS = 100
NEARLY = 0.98
"""The share of the way to the nearest bound that a step takes."""
CLOSE = 0.1
"""The centre is reached when one more Newton step would gain less."""
SHORTEST = 1e-8


class Bounds(NamedTuple):
    """Bounds of rounding: each value is within half a level of its window times the weights."""

    windows: Array
    """(n, weights), in the unit of the result; with a bias, the last column is of ones."""
    values: Array
    """(n,)"""
    worst: float
    """The largest distance of a value from its sum, of all pixels."""

    def plus(self, other: "Bounds") -> "Bounds":
        """The bounds of both."""
        return Bounds(
            np.concatenate([self.windows, other.windows]),
            np.concatenate([self.values, other.values]),
            max(self.worst, other.worst),
        )


def tightest_bounds(
    images: Overlay, model: Model, weights: Array, unsure: float, threads: int
) -> Bounds:
    """The bounds that these weights come nearest to, or break: some thousands.

    `weights` ends in the bias if the model has one. `unsure` is the error of sums that comes from
    errors of the weights.
    """
    writer = WindowWriter(images, model)
    scale = images.scale
    most = min(MOST_BOUNDS, MOST_NUMBERS // len(weights))
    reach = HALF - max(most / (2 * max(images.inner, 1)), 6 * unsure)
    plain = weights[: writer.unknowns] / scale
    offset = float(weights[-1]) / scale if model.bias else 0.0
    offset += writer.centers[0] * float(plain.sum()) - writer.centers[1]
    share = most / max(images.inner, 1)

    def pick(strip: Strip) -> Bounds:
        rows, values, worst = [], [], 0.0
        for chunk in writer.chunks(strip):
            windows = chunk.matrix[: writer.unknowns, : chunk.length]
            left = np.abs(chunk.values[0] - plain @ windows - offset)
            if chunk.counts is not None:
                left[chunk.counts[0] == 0] = 0
            chosen = np.flatnonzero(left >= reach)
            most_here = int(share * chunk.length) + 1
            if len(chosen) > most_here:  # some of every part, so that they differ
                chosen = np.sort(chosen[np.argpartition(-left[chosen], most_here)[:most_here]])
            rows.append(windows[:, chosen].T.astype(FLOAT64) + writer.centers[0])
            values.append(chunk.values[0][chosen].astype(FLOAT64) + writer.centers[1])
            worst = max(worst, float(left.max()))
        found = np.concatenate(rows)
        ones = np.ones((len(found), int(model.bias)))
        return Bounds(np.column_stack([found, ones]) / scale, np.concatenate(values), worst)

    with one_blas_thread():
        return reduce(Bounds.plus, in_order(pick, images.strips(), threads))


def center(windows: Array, values: Array, weights: Array) -> tuple[Array, Array] | None:
    """The centre of the region within all bounds, and a covariance with the region's shape.

    None if the region is empty: the result was not computed by rounding such sums.
    """
    if len(windows) <= windows.shape[1]:
        return None
    try:
        within = _tightened(windows, values, weights)
        return None if within is None else _centered(windows, values, within)
    except np.linalg.LinAlgError:
        return None


def _tightened(windows: Array, values: Array, weights: Array) -> Array | None:
    """Weights whose sums are within half a grey level of all values; None if there are none.

    The smallest bound for all values is a linear program in the weights and the bound. It is solved
    by Mehrotra's predictor and corrector (Nocedal and Wright, Numerical Optimization, 2006, chapter
    14), from a point that is feasible for the primal and the dual program.
    """
    left = values - windows @ weights
    bound = 1.01 * max(float(np.abs(left).max()), HALF)
    prices = np.full((2, len(values)), 0.5 / len(values))
    for _ in range(STEPS):
        if np.abs(left).max() < HALF + SLACK / 2:
            return weights
        slack = np.stack([bound - left, bound + left])
        gap = float((slack * prices).sum())
        if bound - gap > HALF + SLACK:
            return None
        system = _System(windows, slack, prices)
        slack_step, price_step, _, _ = system.step(0.0)
        reach = _reach(slack, slack_step), _reach(prices, price_step)
        gap_ahead = float(
            ((slack + reach[0] * slack_step) * (prices + reach[1] * price_step)).sum()
        )
        target = gap / slack.size * (gap_ahead / gap) ** 3 - slack_step * price_step
        slack_step, price_step, step, wider = system.step(target)
        length = NEARLY * _reach(slack, slack_step)
        weights, bound = weights + length * step, bound + length * wider
        prices = prices + NEARLY * _reach(prices, price_step) * price_step
        left = values - windows @ weights
    return None


class _System:
    """Newton's equations for the bound: slack times price is to reach a target."""

    def __init__(self, windows: Array, slack: Array, prices: Array) -> None:
        self._windows, self._slack, self._prices = windows, slack, prices
        self._ratio = prices / slack
        size = windows.shape[1]
        self._matrix = np.empty((size + 1, size + 1))
        above, below = self._ratio
        self._matrix[:size, :size] = (windows * (above + below)[:, None]).T @ windows
        self._matrix[size, :size] = self._matrix[:size, size] = windows.T @ (above - below)
        self._matrix[size, size] = (above + below).sum()

    def step(self, target: Array | float) -> tuple[Array, Array, Array, float]:
        """The steps of slack, prices, weights and the bound."""
        wanted = target / self._slack
        right = np.append(self._windows.T @ (wanted[0] - wanted[1]), wanted.sum() - 1)
        found = np.linalg.solve(self._matrix, right)
        step, wider = found[:-1], float(found[-1])
        change = self._windows @ step
        slack = np.stack([wider + change, wider - change])
        return slack, wanted - self._prices - self._ratio * slack, step, wider


def _reach(values: Array, step: Array) -> float:
    """The largest share of a step, up to 1, that leaves all values positive."""
    falling = step < 0
    if not falling.any():
        return 1.0
    return min(1.0, float((values[falling] / -step[falling]).min()))


def _centered(windows: Array, values: Array, weights: Array) -> tuple[Array, Array] | None:
    """The analytic centre, from weights within the bounds; and the inverse of the curvature."""
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
    """The logarithmic barrier, which is infinite beyond the bounds."""
    if not np.abs(left).max() < bound:
        return np.inf
    return -float(np.log(bound**2 - left**2).sum())
