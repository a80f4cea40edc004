"""A kernel's frequency response: the gain of each wave."""

import math
from collections.abc import Sequence

import numpy as np

from ..core.dtypes import FLOAT64, Array
from ..kernel.kernel import Kernel

LARGEST = float(np.finfo(FLOAT64).max)

HEADROOM = 64
"""Binary digits above the largest float, for sums on the way."""

NEGLIGIBLE = 1e-12
"""As a share of the sum of all magnitudes: a smaller gain is rounding."""


Gains = dict[str, float]
"""The factors of `WAVES`, by their names; a negative one exchanges light and dark."""

WAVES = {
    2: {"flat": (), "across": (1,), "down": (0,), "checkerboard": (0, 1)},
    3: {"flat": (), "across": (2,), "down": (1,), "depth": (0,), "checkerboard": (0, 1, 2)},
}
"""For kernels of so many dimensions an area of one value, and the highest waves: along which axes
light and dark alternate, at 0.5 cycles a pixel."""

_WORDS = {
    "across": "across",
    "down": "down",
    "depth": "along the slices",
    "checkerboard": "on a checkerboard",
}


def gains(kernel: Kernel) -> Gains:
    """The gain on a flat area and at the highest frequencies, where it is a real number.

    Weights are added up with alternating signs, as ``H`` is there; exactly, if they are whole.
    """
    from_place = np.ogrid[
        tuple(slice(-at, n - at) for at, n in zip(kernel.place, kernel.shape, strict=True))
    ]
    found = {}
    for name, axes in WAVES[kernel.weights.ndim].items():
        steps = sum((from_place[axis] for axis in axes), np.zeros(kernel.shape, np.int64))
        turned = steps % 2 == 1
        kept, negated = kernel.weights[~turned].tolist(), kernel.weights[turned].tolist()
        value = total([*kept, *(-weight for weight in negated)])
        found[name] = quotient(value, kernel.divisor)
    return found


def seen(kernel: Kernel, found: Gains) -> Gains:
    """Gains, with 0 for those that are only rounding in the weights."""
    least = NEGLIGIBLE * min(magnitude(kernel), LARGEST)
    return {name: 0 if abs(gain) <= least else gain for name, gain in found.items()}


def in_words(found: Gains) -> str:
    """The gains of the highest waves."""
    each = (f"{found[name]:.4g} {words}" for name, words in _WORDS.items() if name in found)
    return f"gain {', '.join(each)}"


def magnitude(kernel: Kernel) -> float:
    """The sum of the weights' magnitudes over the divisor's: no wave gains more."""
    with np.errstate(over="ignore"):
        return float(np.abs(kernel.weights.astype(FLOAT64) / kernel.divisor).sum())


def response(kernel: Kernel, down: Array, across: Array) -> Array:
    """The response ``H(f) = sum(w exp(-2 pi i f.x)) / divisor`` at these frequencies.

    `down` and `across` are vectors of frequencies in cycles a pixel, the response to each pair
    of them a complex array (down, across). Positions x are those from the anchor, so that
    symmetric kernels have a real response. Kernels are laid on as they stand, so a wave
    ``exp(2 pi i f.x)`` is multiplied by the conjugate of H, which has the same magnitude.
    (A. V. Oppenheim, R. W. Schafer, Discrete-Time Signal Processing, chapter 2.)

    >>> half = np.array([0.0, 0.25, 0.5])
    >>> response(Kernel([[1, 2, 1]], 4), np.zeros(1), half).real.round(3).tolist()
    [[1.0, 0.5, 0.0]]
    """
    weights = kernel.weights.astype(FLOAT64)
    largest = float(np.abs(weights).max()) or 1.0
    rows, cols = (
        np.exp(-2j * np.pi * np.outer(frequencies, np.arange(length) - anchor))
        for frequencies, length, anchor in zip(
            (down, across), kernel.shape, kernel.place, strict=True
        )
    )
    # Divided by the largest weight first: sums of the largest floats would overflow.
    waves: Array = rows @ (weights / largest) @ cols.T
    with np.errstate(over="ignore", invalid="ignore"):
        return waves * (largest / kernel.divisor)


def total(values: Sequence[float]) -> float:
    """The sum, exact for whole numbers and rounded once for others; infinite if it is too large."""
    if all(isinstance(value, int) for value in values):
        return sum(values)
    try:
        return math.fsum(values)
    except OverflowError:
        scaled = math.fsum(math.ldexp(value, -HEADROOM) for value in values)
    try:
        return math.ldexp(scaled, HEADROOM)
    except OverflowError:
        return math.copysign(math.inf, scaled)


def quotient(value: float, divisor: float) -> float:
    """A whole number where it comes out even, a float otherwise."""
    if isinstance(value, int) and isinstance(divisor, int):
        whole, rest = divmod(value, divisor)
        if not rest:
            return whole
    try:
        return value / divisor
    except OverflowError:
        return math.inf if (value < 0) == (divisor < 0) else -math.inf
