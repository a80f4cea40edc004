"""Whole weights over a divisor, near weights that are known only roughly.

Rounding each weight on its own fails where the errors of weights are correlated, as those of
neighbours in an image are. So weights are rounded one after another, the best known first, and
the others are corrected each time: integer bootstrapping, as used in satellite navigation
(Teunissen, Success probability of integer GPS ambiguity rounding and bootstrapping, Journal of
Geodesy 72, 1998).
"""

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from ..core.dtypes import EXACT_IN_FLOAT64, Array

LARGEST_DIVISOR = 4096
LARGEST_WITHIN = 65536
"""The largest divisor that is tried within bounds, which are tighter than standard errors."""
MOST_TRIED = 1 << 22
"""Numbers that are rounded for that at most: large kernels get smaller divisors."""

BLOCK = 256
"""Divisors tried at once."""

ROUNDING = 1e-9
"""The error of float64 that is allowed at bounds."""

MOST_FITTING, MOST_OUTSTANDING, MOST_WITHIN = 3, 2, 4
"""Candidates of each kind."""


class WholeWeights(NamedTuple):
    """Whole weights over a divisor, in lowest terms."""

    weights: Array
    """(weights,), int64"""
    divisor: int

    @property
    def values(self) -> Array:
        """The weights that they stand for."""
        return self.weights / self.divisor


class Bootstrap:
    """Rounds multiples of weights to whole numbers near them.

    `covariance` is that of the weights, in any unit.
    """

    def __init__(self, weights: Array, covariance: Array) -> None:
        self._weights = weights
        self._turns: list[tuple[int, list[int], Array]] = []
        spread = covariance.copy()
        left = list(range(len(weights)))
        while left:
            best = min(left, key=lambda i: spread[i, i])
            left = [i for i in left if i != best]
            pull = spread[left, best] / max(spread[best, best], np.finfo(float).tiny)
            spread[np.ix_(left, left)] -= np.multiply.outer(pull, spread[best, left])
            self._turns.append((best, left, pull))

    def nearest(self, divisors: Array) -> Array:
        """WholeWeights numbers near divisor * weights, as floats: (divisors, weights)."""
        wanted = np.multiply.outer(divisors, self._weights).T.copy()
        rounded = np.empty_like(wanted)
        for best, left, pull in self._turns:
            rounded[best] = np.rint(wanted[best])
            wanted[left] += np.multiply.outer(pull, rounded[best] - wanted[best])
        return rounded.T

    def blocks(self, largest: int) -> Iterator[tuple[Array, Array]]:
        """All divisors up to the largest, some at a time, and the whole numbers for each."""
        for start in range(1, largest + 1, BLOCK):
            divisors = np.arange(start, min(start + BLOCK, largest + 1), dtype=float)
            rounded = self.nearest(divisors)
            fits = np.abs(rounded).max(axis=1) < EXACT_IN_FLOAT64
            yield divisors[fits], rounded[fits]


def candidates(weights: Array, covariance: Array, allowed: float) -> list[WholeWeights]:
    """Some whole weights whose residual is little more than the least one, the likeliest first.

    First come those with the smallest divisors for which the sum of squares grows by `allowed` at
    most; `covariance` is the inverse of the equations, ``inv(A.T @ A)``. Then come those whose
    divisor fits unusually well for its size: by chance alone, the sum of squares grows like
    1 / divisor**2. Rounding is not noise in very dark images. It moves the best weights by more
    than `allowed`, but the true divisor still stands out.
    """
    metric = np.linalg.inv(covariance)
    fitting: dict[tuple[int, ...], WholeWeights] = {}
    outstanding: list[tuple[float, WholeWeights]] = []
    for divisors, rounded in Bootstrap(weights, covariance).blocks(LARGEST_DIVISOR):
        moved = rounded / divisors[:, None] - weights
        grown = np.einsum("ij,ij->i", moved @ metric, moved)
        for i in np.flatnonzero(grown <= allowed):
            if len(fitting) < MOST_FITTING:
                whole = in_lowest_terms(rounded[i], int(divisors[i]))
                fitting.setdefault((whole.divisor, *whole.weights.tolist()), whole)
        if len(grown):
            unusual = grown * divisors**2
            for i in np.argsort(unusual)[:MOST_OUTSTANDING]:
                outstanding.append(
                    (float(unusual[i]), in_lowest_terms(rounded[i], int(divisors[i])))
                )
    outstanding.sort(key=lambda entry: (entry[0], entry[1].divisor))
    for _, whole in outstanding[:MOST_OUTSTANDING]:
        fitting.setdefault((whole.divisor, *whole.weights.tolist()), whole)
    return list(fitting.values())


def candidates_within(
    weights: Array, covariance: Array, windows: Array, values: Array, *, bias: bool
) -> list[WholeWeights]:
    """The first whole weights, by divisor, whose sums round to each of some values.

    `windows` is (n, weights) and `values` (n,). With a `bias`, some bias must lead to them.
    """
    order = np.argsort(-np.abs(values - windows @ weights))
    windows, values = windows[order], values[order]
    found: dict[tuple[int, ...], WholeWeights] = {}
    largest = min(LARGEST_WITHIN, max(LARGEST_DIVISOR, MOST_TRIED // len(weights)))
    for divisors, rounded in Bootstrap(weights, covariance).blocks(largest):
        kernels = rounded / divisors[:, None]
        for part in (slice(2048), slice(None)):  # the tightest bounds rule most of them out
            left = values[part, None] - windows[part] @ kernels.T
            low, high = left.min(axis=0), left.max(axis=0)
            fits = high - low <= 1 + ROUNDING if bias else np.maximum(-low, high) <= 0.5 + ROUNDING
            divisors, rounded, kernels = divisors[fits], rounded[fits], kernels[fits]
        for numbers, divisor in zip(rounded, divisors, strict=True):
            whole = in_lowest_terms(numbers, int(divisor))
            found.setdefault((whole.divisor, *whole.weights.tolist()), whole)
            if len(found) == MOST_WITHIN:
                return list(found.values())
    return list(found.values())


def in_lowest_terms(numbers: Array, divisor: int) -> WholeWeights:
    """The same weights over the smallest divisor.

    >>> in_lowest_terms(np.array([2.0, 4.0]), 8).divisor
    4
    """
    whole = numbers.astype(np.int64)
    common = math.gcd(divisor, *map(int, whole.ravel()))
    return WholeWeights(whole // common, divisor // common)


def simplest(low: float, high: float, divisor: int) -> float:
    """The simplest number from low to high: a whole one, else a fraction, else the middle.

    >>> simplest(2.9, 3.2, 16), simplest(0.4, 0.6, 16), simplest(-0.47, -0.465, 15)
    (3, 0.5, -0.4666666666666667)
    """
    middle = (low + high) / 2
    low, high = low - ROUNDING, high + ROUNDING
    for parts in (1, 2, 4, 5, 10, divisor, 2 * divisor, 100, 1000):
        numerator = round(middle * parts)
        if low <= numerator / parts <= high:
            return numerator if parts == 1 else numerator / parts
    return middle
