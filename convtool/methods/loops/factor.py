"""A kernel as columns times rows: of whole numbers exactly, of others by singular values."""

import math

import numpy as np

from ...core.dtypes import FLOAT64, Array

Factors = list[tuple[Array, Array]]
"""(column, row) pairs whose outer products add up to the kernel."""

NEGLIGIBLE = 1e-12
"""A singular value this much smaller than the largest is rounding in the weights."""


LONGEST = 2**12
"""The longer side of a kernel up to which all its singular vectors are asked for: all have a few
digits of those that count otherwise, and their number grows with its square."""


def whole_factors(weights: Array) -> Factors | None:
    """A kernel of whole numbers as one whole column times one whole row; None if it is not that.

    Every row of such a kernel is a multiple of the same row without a common divisor, whose sum is
    not negative: a slope is in the column, or in the row, and what smooths across it is positive.

    >>> [(column, row)] = whole_factors(np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]))
    >>> column.tolist(), row.tolist()
    ([1, 2, 1], [-1, 0, 1])
    """
    rows = [[int(weight) for weight in row] for row in weights]
    pattern = next((row for row in rows if any(row)), None)
    if pattern is None:
        return None
    divisor = math.gcd(*pattern) * (-1 if sum(pattern) < 0 else 1)
    pattern = [weight // divisor for weight in pattern]
    lead = next(j for j, weight in enumerate(pattern) if weight)
    column = []
    for row in rows:
        times, rest = divmod(row[lead], pattern[lead])
        if rest or any(times * p != weight for p, weight in zip(pattern, row, strict=True)):
            return None
        column.append(times)
    return [(np.array(column), np.array(pattern))]


def float_factors(weights: Array, most: int, *, every: bool = True) -> Factors | None:
    """A kernel as the sum of up to `most` columns times rows, to float64's accuracy; or None.

    `every` asks for all singular vectors, see `LONGEST`.
    """
    every = every and max(weights.shape) <= LONGEST
    left, values, right = np.linalg.svd(weights.astype(FLOAT64), full_matrices=every)
    rank = int(np.count_nonzero(values > values[0] * NEGLIGIBLE))
    if not 0 < rank <= most:
        return None
    if rank == 1:
        return [_margins(weights) if (weights >= 0).all() else _through_largest(weights)]
    signs = np.where(right.sum(axis=1) < 0, -1, 1)  # which of both is negative is arbitrary
    return [(left[:, i] * values[i] * signs[i], right[i] * signs[i]) for i in range(rank)]


def _through_largest(weights: Array) -> tuple[Array, Array]:
    """The column of the largest weight times its row, over that weight.

    Where the column's weights or the row's are a difference, as those of a slope, they stay so to
    the last bit: a flat area vanishes.
    """
    i, j = np.unravel_index(np.abs(weights).argmax(), weights.shape)
    return weights[:, j].astype(FLOAT64), weights[i] / FLOAT64.type(weights[i, j])


def _margins(weights: Array) -> tuple[Array, Array]:
    """A column times a row of weights that are not negative: their sums along each.

    Where all add up to 1, as those of a blur, both do so too: a flat area stays as it is.
    """
    row = np.array([math.fsum(column) for column in weights.T])
    column = np.array([math.fsum(line) for line in weights])
    return column / math.fsum(row), row
