"""Weights from normal equations, and how well these determine them."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ..core.dtypes import Array
from ..core.errors import ConvtoolError
from .normal_equations import Equations

LEAST_EIGENVALUE = 1e-12
"""Of the scaled equations, beside their largest: below it float64 tells no direction."""

MOST_UNSURE = 0.1
"""The largest standard error of a weight that is of use, beside the largest weight."""

NOTHING = 1e-12
"""A share of the squares of the result: weights that move less may be as unsure as they are."""

ROUNDING = 2.0**-50
"""What float64 loses of a sum of squares."""

REMEDY = "use other images that have more detail, several pairs (--pairs), or a smaller --size"


class Solution(NamedTuple):
    """The least squares weights of one output."""

    weights: Array
    """(weights,) or, with a bias at the end, (weights + 1,)"""
    errors: Array
    """The standard error of each."""
    rms: float
    """Of the residual over what counted, before any rounding."""
    condition: float
    """Of the equations, each column scaled to length 1: 1 is best."""


def solve(equations: Equations, *, bias: bool) -> Solution:
    """Least squares, through the eigenvalues of the equations, which tell what is determined.

    Standard errors are ``s * sqrt(diag(inv(A.T @ A)))``, with s**2 the sum of squares that is
    left over divided by the equations less the unknowns.

    Raises ConvtoolError where the images do not determine the weights, or only so roughly that
    they would be of no use.
    """
    return solve_all([equations], bias=bias)[0]


def solve_all(all_equations: Sequence[Equations], *, bias: bool) -> list[Solution]:
    """`solve` for several outputs, which may have sums in common."""
    solutions: list[Solution] = []
    gram, axes = None, None
    for equations in all_equations:
        if axes is None or equations.gram is not gram:
            gram, axes = equations.gram, _Axes.of(equations, bias)
        solutions.append(_solve(equations, axes, bias))
    return solutions


def detail(equations: Equations) -> float:
    """The mean square of what is left of the image by the filter of length 1 that leaves least."""
    weights = len(equations.gram) - 1
    gram = equations.gram[:weights, :weights] / equations.pixels
    return float(np.linalg.eigvalsh(gram)[0])


def covariance(equations: Equations, *, bias: bool) -> Array:
    """``inv(A.T @ A)``: how errors of weights hang together."""
    return _Axes.of(equations, bias).inverse()


class _Axes(NamedTuple):
    """Sums of products, along the axes in which they are apart from one another."""

    gram: Array
    scale: Array
    """One over each column's length."""
    values: Array
    """Of the scaled sums: how much is known along each axis."""
    vectors: Array

    @classmethod
    def of(cls, equations: Equations, bias: bool) -> "_Axes":
        """ConvtoolError where nothing is known along some axis."""
        unknowns = len(equations.gram) - (not bias)
        gram = equations.gram[:unknowns, :unknowns]
        words = _words(unknowns - bias, bias)
        if not (np.isfinite(gram).all() and np.isfinite(equations.products).all()):
            raise ConvtoolError("pixels are so large that their squares are no numbers any more")
        if equations.pixels <= unknowns:
            raise ConvtoolError(
                f"too few pixels are neither border nor clipped: {equations.pixels}, expected "
                f"more than {unknowns} for {words}; {REMEDY}"
            )
        lengths = np.sqrt(np.diag(gram))
        scale = np.divide(1.0, lengths, out=np.zeros_like(lengths), where=lengths > 0)
        values, vectors = np.linalg.eigh(gram * scale[:, None] * scale)  # none of it overflows
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
    solution = solution + axes.solve(products - axes.gram @ solution)  # what rounding left over
    left = equations.square - 2 * solution @ products + solution @ axes.gram @ solution
    left = max(float(left), ROUNDING * equations.square)
    errors = np.sqrt(left / (equations.pixels - unknowns)) * axes.spread()
    largest, worst = np.abs(solution[:weights]).max(), errors[:weights].max()
    matters = worst**2 * np.trace(equations.gram[:weights, :weights]) > NOTHING * equations.square
    if worst > MOST_UNSURE * largest > 0 and matters:
        raise ConvtoolError(
            f"the images determine {_words(weights, bias)} only to +-{worst:.2g}, where the "
            f"largest is {largest:.2g}; {REMEDY}"
        )
    rms = float(np.sqrt(left / equations.pixels))
    return Solution(solution, errors, rms, float(np.sqrt(axes.values[-1] / axes.values[0])))


def _words(weights: int, bias: bool) -> str:
    return f"{weights} weight{'s' * (weights > 1)}{' and a bias' * bias}"
