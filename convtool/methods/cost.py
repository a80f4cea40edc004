"""What steps cost, in nanoseconds a value, to tell which method is quicker.

Measured with NumPy 2.4 and the compiled loops (GCC 12) on one core of an AMD EPYC with AVX-512, on
bands of half a million values, in November 2026. Only their ratios matter.
"""

from ..core.dtypes import DType

ADD = {2: 0.13, 4: 0.20, 8: 0.40}
"""One array added to another, by the bytes of a value."""

MULTIPLY = {2: 0.085, 4: 0.15, 8: 0.24}
"""An array multiplied by a number."""

MULTIPLY_ADD = {2: 0.10, 4: 0.17, 8: 0.35}
"""An array multiplied by a number and added to another, as a step of `numpy.einsum`."""

COMPILED = {2: 0.0135, 4: 0.024, 8: 0.045}
"""An array multiplied by a number and added to another, as a step of the compiled loops."""

COPY = {2: 0.10, 4: 0.20, 8: 0.40}
"""An array copied, or turned into another type."""

SCATTERED = 4.0
"""How much more a step costs on values that do not lie side by side."""

MATRIX = {4: 0.017, 8: 0.044}
"""A multiplication with an addition in a matrix product of a small matrix and a wide one."""

FEW_ROWS = 12
"""A small matrix of so many rows takes twice as long for each of these."""

FOURIER = {4: 0.37, 8: 0.58}
"""A Fourier transform there and back, a value and a binary digit of the tile's length."""


def of_passes(dtype: DType, additions: float, multiplications: float) -> float:
    """The cost of passes over arrays."""
    size = dtype.itemsize
    return additions * ADD[size] + multiplications * MULTIPLY[size]
