"""The facts of a kernel that ``kernel show`` tells."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from ..core.dtypes import FLOAT64, Array
from ..core.validation import Pair
from ..kernel.kernel import Kernel, check_flat
from ..methods.loops.factor import float_factors, whole_factors
from ..methods.planner import Plan
from ..ops.conv import plan
from .frequency import Gains, gains, total

PLANNED = (1080, 1920, 3)
"""The shape of the 8-bit image that is planned for."""

SAME = 1e-12
"""Floats that differ by less, as a share of the largest weight, are equal except for rounding."""


MOST_EXACT = 2**18
"""Weights times the shorter side: up to here the rank of whole weights is computed exactly."""


class Facts(NamedTuple):
    """The properties of a kernel."""

    anchor: Pair
    """The element that sits on the output pixel."""
    sum: float
    """Of the weights, before the divisor."""
    whole: bool
    """Whether all weights are whole numbers."""
    symmetries: tuple[str, ...]
    """Under which of `MIRRORINGS` it stays the same."""
    antisymmetries: tuple[str, ...]
    """Under which of them each weight changes its sign."""
    rank: int
    """The least number of products, column times row, whose sum it is; 1 is separable.

    Of very large kernels of whole weights it may be more: `rank_is_exact`.
    """
    factors: tuple[Array, Array] | None
    """The column and the row whose product it is, whole if the weights are; None if inseparable."""
    gains: Gains
    bias: float
    """What is added to the value of a flat area."""
    plan: Plan
    """How an 8-bit image of shape `PLANNED` would be computed."""


MIRRORINGS: dict[str, Callable[[Array], Array]] = {
    "left-right": np.fliplr,
    "up-down": np.flipud,
    "180 degrees": lambda weights: np.rot90(weights, 2),
    "transposed": np.transpose,
}
"""Symmetries that are tested."""


def facts(kernel: Kernel) -> Facts:
    """The facts of a kernel.

    >>> import convtool
    >>> found = facts(convtool.find_kernel("sobel_x"))
    >>> found.symmetries, found.antisymmetries, found.gains.flat
    (('up-down',), ('left-right', '180 degrees'), 0)
    """
    check_flat(kernel, "kernel show")
    weights = kernel.weights
    factors, rank = _factors(weights)
    row, col = kernel.place
    return Facts(
        anchor=(row, col),
        sum=total(weights.ravel().tolist()),
        whole=weights.dtype.kind == "i" or bool(np.all(weights == np.rint(weights))),
        symmetries=_kept(weights, 1),
        antisymmetries=_kept(weights, -1) if weights.any() else (),
        rank=rank,
        factors=factors,
        gains=gains(kernel),
        bias=kernel.bias,
        plan=plan(kernel, "uint8", PLANNED),
    )


def _kept(weights: Array, sign: int) -> tuple[str, ...]:
    """The mirrorings that leave the weights as they are, times this sign."""
    return tuple(
        name
        for name, mirrored in MIRRORINGS.items()
        if (found := mirrored(weights)).shape == weights.shape and _same(found, weights, sign)
    )


def _same(found: Array, weights: Array, sign: int) -> bool:
    """Whether `found` equals the weights times the sign; exactly, if they are whole."""
    if weights.dtype.kind == "i":
        if sign > 0:
            return np.array_equal(found, weights)
        lowest = np.iinfo(weights.dtype).min  # which is its own negative, in so many digits
        return bool(np.all((found == -weights) & (weights != lowest)))
    scale = _largest(weights)
    return bool(np.all(np.abs(found / scale - sign * (weights / scale)) <= SAME))


def rank_is_exact(weights: Array) -> bool:
    """Whether the rank is exact, and not only a lower bound."""
    return weights.dtype.kind == "f" or weights.size * min(weights.shape) <= MOST_EXACT


def _whole_rank(weights: Array) -> int:
    """The rank of whole weights, by elimination without fractions.

    E. H. Bareiss, Sylvester's identity and multistep integer-preserving Gaussian elimination,
    1968: every division leaves nothing over.
    """
    rows: list[list[int]] = weights.tolist()
    rank, before = 0, 1
    for col in range(weights.shape[1]):
        pivot = next((i for i in range(rank, len(rows)) if rows[i][col]), None)
        if pivot is None:
            continue
        rows[rank], rows[pivot] = rows[pivot], rows[rank]
        top = rows[rank]
        for i in range(rank + 1, len(rows)):
            row = rows[i]
            rows[i] = [(top[col] * row[j] - row[col] * top[j]) // before for j in range(len(row))]
        before = top[col]
        rank += 1
    return rank


def _factors(weights: Array) -> tuple[tuple[Array, Array] | None, int]:
    """The column and the row whose product a kernel is, if it is one; and its rank."""
    if not weights.any():
        return None, 0
    whole = weights.dtype.kind == "i"
    if whole and (exact := whole_factors(weights)):
        return exact[0], 1
    if whole and rank_is_exact(weights):
        return None, _whole_rank(weights)
    scale = _largest(weights)  # squares of very large or small numbers would overflow
    pairs = float_factors(weights / scale, min(weights.shape)) or []
    if whole or len(pairs) > 1:
        return None, max(len(pairs), 2)
    return _balanced(*pairs[0], scale), 1


def _balanced(column: Array, row: Array, scale: float) -> tuple[Array, Array]:
    """The same product, with a row that sums to 1 as blurs have it, or whose largest is 1."""
    largest = row[np.abs(row).argmax()]
    share = row.sum()
    if abs(share) < SAME * abs(largest) * len(row):
        share = largest
    with np.errstate(over="ignore"):
        scaled = column * share * scale
    return (scaled, row / share) if np.isfinite(scaled).all() else (column, row * scale)


def _largest(weights: Array) -> float:
    """The largest magnitude, or 1 if all are 0."""
    return float(np.abs(weights.astype(FLOAT64)).max()) or 1.0
