"""Gradient descent on the least squares that `fit` solves: what training does, step by step.

The mean squared error over the values used is a bowl around the closed form. Along each
eigenvector of its second derivatives it is a parabola of its own, and a step of gradient descent
multiplies the distance from the bottom by ``1 - rate * curvature``. So the weights after any number
of steps need only the sums of products, whatever the size of the images (Goh, Why Momentum Really
Works, Distill, 2017).
"""

from typing import NamedTuple

import numpy as np

from ..core.dtypes import Array
from .least_squares import Solution
from .normal_equations import Equations

SEED = 0
"""That of the random weights: the same images and options give the same descent."""

LAST_STEP = 100_000
"""Enough for kernels of 3x3 and photos, whose curvatures differ by a factor of about 20,000."""

STEPS_A_DECADE = 50


class Path(NamedTuple):
    """Where gradient descent is after some numbers of steps."""

    weights: Array
    """(steps, unknowns), a bias last."""
    losses: Array
    """(steps,), mean squared errors."""


class Descent(NamedTuple):
    """The mean squared error as a function of the weights, and where a descent of it begins.

    It is ``floor + 0.5 * sum(curvatures * offsets**2)``, where the offsets are the distances from
    the bottom along the axes.
    """

    curvatures: Array
    """(unknowns,), second derivatives along the axes, the smallest first; in squared grey levels of
    the image."""
    axes: Array
    """(unknowns, unknowns): each column is a direction, of length 1."""
    start: Array
    """(unknowns,), random weights; a bias last, which begins at 0."""
    end: Array
    """(unknowns,), the closed form."""
    floor: float
    """The mean squared error there."""
    least: float
    """The smallest mean squared error that float64 tells from 0."""

    @classmethod
    def of(cls, equations: Equations, solution: Solution) -> "Descent":
        """The descent towards the solution of these equations.

        It begins at weights drawn evenly from +-1 / sqrt(weights) and a bias of 0. The range is
        that of torch.nn.Conv2d for one channel (He et al., Delving Deep into Rectifiers, 2015).
        """
        unknowns = len(solution.weights)
        weights = len(equations.gram) - 1
        second = 2 / equations.pixels * equations.gram[:unknowns, :unknowns]
        curvatures, axes = np.linalg.eigh(second)
        start = np.zeros(unknowns)
        reach = weights**-0.5
        start[:weights] = np.random.default_rng(SEED).uniform(-reach, reach, weights)
        floor, least = solution.rms**2, solution.least_rms**2
        return cls(np.maximum(curvatures, 0), axes, start, solution.weights, floor, least)

    @property
    def rate(self) -> float:
        """The learning rate: one over the largest curvature.

        It is the largest at which no weight overshoots along any axis, so the loss falls in every
        step (Nesterov, Introductory Lectures on Convex Optimization, 2004, theorem 2.1.14). Above
        twice this, gradient descent diverges.
        """
        return 1 / float(self.curvatures[-1])

    def path(self, steps: Array) -> Path:
        """Where ``weights -= rate * gradient`` leads in some numbers of steps, (steps,)."""
        shares = (1 - self.rate * self.curvatures) ** np.asarray(steps)[:, None]
        offsets = shares * (self.axes.T @ (self.start - self.end))
        losses = self.floor + 0.5 * offsets**2 @ self.curvatures
        return Path(self.end + offsets @ self.axes.T, losses)


def kept_steps() -> Array:
    """The numbers of steps that are shown, from 0 to LAST_STEP: dense where the loss falls fast.

    >>> kept_steps()[[0, 1, 2, -1]].tolist()
    [0, 1, 2, 100000]
    """
    decades = np.log10(LAST_STEP)
    steps = np.logspace(0, decades, round(decades * STEPS_A_DECADE) + 1)
    return np.unique([0, *np.rint(steps).astype(int)])
