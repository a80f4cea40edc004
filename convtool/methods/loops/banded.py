"""Sliding sums as matrix products: the weights down the diagonals of a banded matrix.

Several windows next to each other share most of their pixels. A matrix with a row for each of
`group` windows, holding the weights where that window has its pixels and zeros elsewhere (a banded
Toeplitz matrix), makes all of their sums in one product, which BLAS computes at a speed that
passes over arrays do not come near.
"""

import numpy as np

from ...core.dtypes import Array, DType
from ...core.geometry import Axis


def banded(weights: Array, axis: Axis, group: int, dtype: DType) -> Array:
    """The matrix (group, positions, ...) of weights (taps, ...) for `group` windows of an axis."""
    positions = (group - 1) * axis.stride + axis.extent
    matrix = np.zeros((group, positions, *weights.shape[1:]), dtype)
    for window in range(group):
        start = window * axis.stride
        matrix[window, start : start + axis.extent : axis.dilation] = weights
    return matrix


def down(matrix: Array, rows: Array, stride: int, out: Array) -> None:
    """The sums of all windows along the first axis, a group of windows at a time.

    `matrix` (group, positions * k) as by `banded`; `rows` (n, k, cols), the k arrays for each
    row; `out` (height, cols).
    """
    group, height = len(matrix), len(out)
    per_row = rows.shape[1]
    full = height // group
    if full:
        step = group * stride
        positions = matrix.shape[1] // per_row
        stacked = np.lib.stride_tricks.as_strided(
            rows,
            (full, positions * per_row, rows.shape[2]),
            (step * rows.strides[0], rows.strides[1], rows.strides[2]),
            writeable=False,
        )
        shape = full, group, out.shape[1]
        strides = group * out.strides[0], *out.strides
        np.matmul(matrix, stacked, out=np.lib.stride_tricks.as_strided(out, shape, strides))
    rest = height - full * group
    if rest:
        first = full * group * stride
        positions = matrix.shape[1] // per_row - (group - rest) * stride
        stacked = rows[first : first + positions].reshape(positions * per_row, -1)
        np.matmul(matrix[:rest, : positions * per_row], stacked, out=out[full * group :])
