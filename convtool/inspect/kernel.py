"""The facts of a kernel that ``kernel show`` tells."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np

from ..core.dtypes import FLOAT64, Array
from ..core.validation import Sizes
from ..kernel.kernel import Kernel
from ..methods.loops.factor import float_factors, whole_factors
from ..methods.planner import Plan
from ..ops.conv import plan
from .frequency import Gains, gains, total

PLANNED = {2: (1080, 1920, 3), 3: (128, 512, 512)}
"""The shape of the 8-bit image that is planned for, and of the volume for kernels with depth."""

SAME = 1e-12
"""Floats that differ by less, as a share of the largest weight, are equal except for rounding."""


MOST_EXACT = 2**18
"""Weights times the shorter side: up to here the rank of whole weights is computed exactly. With
depth the sides are the slices and the weights of each."""


class Facts(NamedTuple):
    """The properties of a kernel."""

    anchor: Sizes
    """The element that sits on the output pixel."""
    sum: float
    """Of the weights, before the divisor."""
    whole: bool
    """Whether all weights are whole numbers."""
    symmetries: tuple[str, ...]
    """Under which of `MIRRORINGS` for its dimensions it stays the same."""
    antisymmetries: tuple[str, ...]
    """Under which of them each weight changes its sign."""
    rank: int
    """The least number of products, column times row, whose sum it is; 1 is separable. With depth
    the products are a line along the slices times a plane.

    Of very large kernels of whole weights it may be more: `rank_is_exact`.
    """
    factors: tuple[Array, ...] | None
    """What it is the product of, whole if the weights are; None if inseparable.

    A column and a row; with depth a line along the slices first, and then these, or a plane.
    """
    gains: Gains
    bias: float
    """What is added to the value of a flat area."""
    plan: Plan
    """How an 8-bit image or volume of shape `PLANNED` would be computed."""

    @property
    def is_separable(self) -> bool:
        """Whether it is a product of lines, one along each axis."""
        return self.factors is not None and len(self.factors) == len(self.anchor)


Mirroring = Callable[[Array], Array]

_LEFT_RIGHT, _UP_DOWN = (partial(np.flip, axis=axis) for axis in (-1, -2))
_TRANSPOSED = partial(np.swapaxes, axis1=-2, axis2=-1)

MIRRORINGS: dict[int, dict[str, Mirroring]] = {
    2: {
        "left-right": _LEFT_RIGHT,
        "up-down": _UP_DOWN,
        "180 degrees": np.flip,
        "transposed": _TRANSPOSED,
    },
    3: {
        "left-right": _LEFT_RIGHT,
        "up-down": _UP_DOWN,
        "front-back": partial(np.flip, axis=0),
        "through the middle": np.flip,
        "slices transposed": _TRANSPOSED,
    },
}
"""Symmetries that are tested, by the dimensions of a kernel."""


def facts(kernel: Kernel) -> Facts:
    """The facts of a kernel.

    >>> import convtool
    >>> found = facts(convtool.find_kernel("sobel_x"))
    >>> found.symmetries, found.antisymmetries, found.gains["flat"]
    (('up-down',), ('left-right', '180 degrees'), 0)
    """
    weights = kernel.weights
    factors, rank = _factors(weights)
    return Facts(
        anchor=kernel.place,
        sum=total(weights.ravel().tolist()),
        whole=weights.dtype.kind == "i" or bool(np.all(weights == np.rint(weights))),
        symmetries=_kept(weights, 1),
        antisymmetries=_kept(weights, -1) if weights.any() else (),
        rank=rank,
        factors=factors,
        gains=gains(kernel),
        bias=kernel.bias,
        plan=plan(kernel, "uint8", PLANNED[weights.ndim]),
    )


def _kept(weights: Array, sign: int) -> tuple[str, ...]:
    """The mirrorings that leave the weights as they are, times this sign."""
    return tuple(
        name
        for name, mirrored in MIRRORINGS[weights.ndim].items()
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
    return weights.dtype.kind == "f" or weights.size * min(_matrix(weights).shape) <= MOST_EXACT


def _matrix(weights: Array) -> Array:
    """Weights as a matrix, with a row for each row of a kernel; with depth for each slice."""
    return weights.reshape(len(weights), -1)


def _whole_rank(matrix: Array) -> int:
    """The rank of whole weights, by elimination without fractions.

    E. H. Bareiss, Sylvester's identity and multistep integer-preserving Gaussian elimination,
    1968: every division leaves nothing over.
    """
    rows: list[list[int]] = matrix.tolist()
    rank, before = 0, 1
    for col in range(matrix.shape[1]):
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


def _factors(weights: Array) -> tuple[tuple[Array, ...] | None, int]:
    """The lines whose product a kernel is, or a line and a plane, if it is one; and its rank."""
    pair, rank = _pair(_matrix(weights))
    if pair is None or weights.ndim == 2:
        return pair, rank
    line, rest = pair
    plane = rest.reshape(weights.shape[1:])
    lines, _ = _factors(plane)
    return (line, *(lines or (plane,))), rank


def _pair(matrix: Array) -> tuple[tuple[Array, Array] | None, int]:
    """The column and the row whose product a matrix is, if it is one; and its rank."""
    if not matrix.any():
        return None, 0
    whole = matrix.dtype.kind == "i"
    if whole and (exact := whole_factors(matrix)):
        return exact[0], 1
    if whole and rank_is_exact(matrix):
        return None, _whole_rank(matrix)
    scale = _largest(matrix)  # squares of very large or small numbers would overflow
    pairs = float_factors(matrix / scale, min(matrix.shape)) or []
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
