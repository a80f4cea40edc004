"""Building blocks of parametric kernels: positions, curves along a line, exact sums."""

import math
from functools import reduce

import numpy as np

from ...core.dtypes import EXACT_IN_FLOAT64, FLOAT64, Array
from ...core.errors import ConvtoolError
from ...core.validation import Pair, Sizes, shape_words
from ..files import LARGEST_WINDOW

_DIGITS = 53
"""Binary digits of float64: multiples of 2**-53 of a power of two add up exactly up to there."""


def check_window(rows: int, cols: int) -> Pair:
    """A window's size; ConvtoolError for one that is too large."""
    check_weight_count((rows, cols))
    return rows, cols


def check_weight_count(size: Sizes) -> None:
    """Raise ConvtoolError for a window that is too large."""
    if math.prod(size) > LARGEST_WINDOW:
        raise ConvtoolError(
            f"the kernel would be {shape_words(size)}, expected {LARGEST_WINDOW} weights at most"
        )


def positions(size: Sizes) -> tuple[Array, ...]:
    """Offsets from a window's middle in pixels: down (rows, 1) and to the right (1, columns).

    With depth those along the slices (slices, 1, 1) come first.

    >>> [axis.ravel().tolist() for axis in positions((3, 2))]
    [[-1.0, 0.0, 1.0], [-0.5, 0.5]]
    """
    check_weight_count(size)
    lines = (np.arange(n, dtype=FLOAT64) - (n - 1) / 2 for n in size)
    return tuple(np.meshgrid(*lines, indexing="ij", sparse=True))


def bell(offsets: Array, sigma: float) -> Array:
    """exp(-x^2 / (2 sigma^2)) at these offsets, divided by its sum."""
    values: Array = np.exp(-0.5 * np.square(offsets / sigma))
    total = values.sum()
    if not total:  # too narrow for an even size: the nearest pixels share it
        values = (np.abs(offsets) == np.abs(offsets).min()).astype(FLOAT64)
        total = values.sum()
    values /= total
    return values


def summing_to_one(weights: Array, where: Array | None = None) -> Array:
    """Weights that nearly add up to 1, corrected so that they do, or miss it by one rounding.

    The rest is added in equal parts to those that are True in `where`, or to the middle.
    """
    place = _middle(weights.shape) if where is None else where
    exact = weights.copy()
    for _ in range(4):  # once is nearly always enough
        left = 1 - math.fsum(exact.flat)
        if left == 0:
            break
        exact[place] += left / exact[place].size
    return exact


def summing_exactly_to(total: int, weights: Array, where: Array | None = None) -> Array:
    """Weights that nearly add up to 0 or 1, corrected so that they do, in any order of addition.

    All of them become multiples of one power of two, the smallest for which float64 holds the sum
    of any of them. The rest goes in equal parts to those that are True in `where`, of which there
    are 1, 2 or 4, or to the middle.
    """
    place = _middle(weights.shape) if where is None else where
    largest = 1.0 if total and (weights >= 0).all() else _above(float(np.abs(weights).sum()))
    step = largest * 2.0**-_DIGITS
    shares = weights[place].size  # each of which can take its part of the rest
    exact: Array = np.rint(weights / step / shares) * (shares * step)
    exact[place] += math.fsum([total, *(-exact).flat]) / shares
    return exact


def _above(magnitude: float) -> float:
    """A power of two that sums of these magnitudes do not reach, however they are rounded."""
    return 2.0 ** (math.frexp(magnitude)[1] + 1)


def _middle(shape: tuple[int, ...]) -> tuple[slice, ...]:
    """Where the one, two or four weights in the middle are."""
    return tuple(slice((side - 1) // 2, side // 2 + 1) for side in shape)


def over(weights: Array, divisor: int) -> tuple[Array, float]:
    """Whole weights of any size and a divisor, reduced by their common factor, in 64 bits.

    If any exceeds 2**53, the result is the nearest floats to the quotients, and 1.

    >>> over(np.array([[2, 4, 2]], dtype=object), 8)
    (array([[1, 2, 1]]), 4)
    """
    values = [int(weight) for weight in weights.flat]
    common = math.gcd(*values, divisor)
    if max(map(abs, [*values, divisor])) // common > EXACT_IN_FLOAT64:
        return np.reshape([value / divisor for value in values], weights.shape), 1
    whole = [value // common for value in values]
    return np.reshape(np.array(whole, np.int64), weights.shape), divisor // common


def binomials(length: int) -> list[int]:
    """The row of Pascal's triangle of this length: 1 4 6 4 1."""
    row = [1]
    for i in range(1, length):
        row.append(row[-1] * (length - i) // i)
    return row


def outer(*lines: list[int]) -> Array:
    """Column times row, or a line along each axis, in whole numbers of any size."""
    product: Array = reduce(np.multiply.outer, (np.array(line, object) for line in lines))
    return product
