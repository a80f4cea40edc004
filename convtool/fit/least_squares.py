"""Weights from normal equations, and how well the equations determine them."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ..core.dtypes import Array
from ..core.errors import ConvtoolError
from .normal_equations import Equations

LEAST_EIGENVALUE = 1e-12
"""Of the scaled equations, as a share of their largest: smaller ones are rounding of float64."""

MOST_UNSURE = 0.1
"""The largest standard error of a useful weight, as a share of the largest weight."""

NOTHING = 1e-12
"""Weights may be unsure if their errors change the sum of squares by no more than this share."""

ROUNDING = 2.0**-50
"""The relative error of a sum of squares in float64."""

REMEDY = "use other images that have more detail, several pairs (--pairs), or a smaller --size"


class Solution(NamedTuple):
    """The least squares weights of one output."""

    weights: Array
    """(weights,) or, with a bias at the end, (weights + 1,)"""
    errors: Array
    """The standard error of each."""
    rms: float
    """Of the residual over the values used, before any rounding."""
    condition: float
    """Of the equations, each column scaled to length 1: 1 is best."""
    least_rms: float
    """The smallest `rms` that float64 tells from 0."""


def solve(equations: Equations, *, bias: bool) -> Solution:
    """Least squares, through the eigenvalues of the equations, which show what is determined.

    Standard errors are ``s * sqrt(diag(inv(A.T @ A)))``, where s**2 is the residual sum of squares
    divided by the number of equations minus that of unknowns.

    Raises ConvtoolError where the images do not determine the weights, or only too roughly.
    """
    return solve_all([equations], bias=bias)[0]


def solve_all(all_equations: Sequence[Equations], *, bias: bool) -> list[Solution]:
    """`solve` for several outputs, which may share their sums."""
    solutions: list[Solution] = []
    gram, axes = None, None
    for equations in all_equations:
        if axes is None or equations.gram is not gram:
            gram, axes = equations.gram, _Axes.of(equations, bias)
        solutions.append(_solve(equations, axes, bias))
    return solutions


def detail(equations: Equations) -> float:
    """The least mean square that a filter of unit norm leaves of the image."""
    weights = len(equations.gram) - 1
    gram = equations.gram[:weights, :weights] / equations.pixels
    return float(np.linalg.eigvalsh(gram)[0])


def covariance(equations: Equations, *, bias: bool) -> Array:
    """``inv(A.T @ A)``: the covariance of the weights, up to a factor."""
    return _Axes.of(equations, bias).inverse()


class _Axes(NamedTuple):
    """The eigenvectors of the sums of products, with each column scaled to length 1."""

    gram: Array
    scale: Array
    """One over each column's length."""
    values: Array
    """The eigenvalues: how much is known along each eigenvector."""
    vectors: Array

    @classmethod
    def of(cls, equations: Equations, bias: bool) -> "_Axes":
        """Raise ConvtoolError where an eigenvalue is 0, except for rounding."""
        unknowns = len(equations.gram) - (not bias)
        gram = equations.gram[:unknowns, :unknowns]
        words = _words(unknowns - bias, bias)
        if not (np.isfinite(gram).all() and np.isfinite(equations.products).all()):
            raise ConvtoolError("pixels are so large that their squares overflow")
        if equations.pixels <= unknowns:
            raise ConvtoolError(
                f"too few pixels are neither border nor clipped: {equations.pixels}, expected "
                f"more than {unknowns} for {words}; {REMEDY}"
            )
        lengths = np.sqrt(np.diag(gram))
        scale = np.divide(1.0, lengths, out=np.zeros_like(lengths), where=lengths > 0)
        values, vectors = np.linalg.eigh(gram * scale[:, None] * scale)  # scaled, nothing overflows
        known = values > LEAST_EIGENVALUE * values[-1]
        if not known.all():
            raise ConvtoolError(
                f"the images do not determine {words}: they tell only {int(known.sum())} of "
                f"{unknowns} apart, as flat, smooth or repetitive areas do; {REMEDY}"
            )
        return cls(gram, scale, values, vectors)

    def solve(self, right: Array) -> Array:
        """``inv(gram) @ right``"""
        found: Array = self.scale * (
            self.vectors @ ((self.vectors.T @ (self.scale * right)) / self.values)
        )
        return found

    def inverse(self) -> Array:
        """``inv(gram)``"""
        scaled = self.vectors * self.scale[:, None]
        found: Array = (scaled / self.values) @ scaled.T
        return found

    def spread(self) -> Array:
        """The roots of the inverse's diagonal."""
        found: Array = self.scale * np.sqrt((self.vectors**2 / self.values).sum(axis=1))
        return found


def _solve(equations: Equations, axes: _Axes, bias: bool) -> Solution:
    unknowns = len(axes.scale)
    weights = unknowns - bias
    products = equations.products[:unknowns]
    solution = axes.solve(products)
    solution = solution + axes.solve(products - axes.gram @ solution)  # corrects rounding
    left = equations.square - 2 * solution @ products + solution @ axes.gram @ solution
    left = max(float(left), ROUNDING * equations.square)
    # The terms of `left` cancel where the fit is good. Their rounding is what remains: a few
    # machine epsilons of what the terms come to without their signs.
    size = np.abs(solution)
    terms = equations.square + 2 * size @ np.abs(products) + size @ np.abs(axes.gram) @ size
    errors = np.sqrt(left / (equations.pixels - unknowns)) * axes.spread()
    largest, worst = np.abs(solution[:weights]).max(), errors[:weights].max()
    matters = worst**2 * np.trace(equations.gram[:weights, :weights]) > NOTHING * equations.square
    if worst > MOST_UNSURE * largest > 0 and matters:
        raise ConvtoolError(
            f"the images determine {_words(weights, bias)} only to +-{worst:.2g}, where the "
            f"largest is {largest:.2g}; {REMEDY}"
        )
    rms, least = (float(np.sqrt(one / equations.pixels)) for one in (left, ROUNDING * terms))
    condition = float(np.sqrt(axes.values[-1] / axes.values[0]))
    return Solution(solution, errors, rms, condition, least)


def _words(weights: int, bias: bool) -> str:
    return f"{weights} weight{'s' * (weights > 1)}{' and a bias' * bias}"
