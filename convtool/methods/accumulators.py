"""In which numbers a convolution is computed, so that it is exact wherever it can be."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ..core.dtypes import (
    EXACT_IN_FLOAT32,
    EXACT_IN_FLOAT64,
    FLOAT32,
    FLOAT64,
    Array,
    DType,
    float32_will_do,
    is_integer,
    is_whole,
    limits,
    result_float,
    result_of_sums,
    whole_type,
)
from ..core.engine import compiled

LARGEST_MODERATE = 2.0**256

MOST_POWER = 30
"""Weights of more bits behind the point are numbers like any other."""

UNIT = 2.0**-24
"""float32's rounding, relative to the number rounded."""

MOST_DOUBTFUL = {"compiled": 1 / 50, "NumPy": 1 / 32}
"""How far float32 sums may be off if they are to be rounded. The share of those that may lie at a
tie is twice that; beyond it, to add all up in float64 takes less than these once more, one by one.
"""

LAMBDA = 4
"""How many times as far as errors usually are off they are let be: see `tolerance`."""


class Arithmetic(NamedTuple):
    """What is known beforehand of the sums of a convolution, and the types that suit them."""

    finite: bool
    """Whether no pixel can be NaN or infinite."""
    moderate: bool
    """Whether sums, and any parts of them, stay far from the end of their type."""
    whole: bool
    """Whether sums are of whole numbers, small enough to be exact."""
    exact: bool
    """Whether divisor and bias are whole too, so that one division makes the only rounding."""
    low: float
    high: float
    """Between these lies every sum of whole pixels, and every exact one with the bias added."""
    bound: float
    """No sum of any of the products of whole pixels, and the bias of exact ones, is larger."""
    pixels: tuple[float, float]
    """The smallest and the largest number that a pixel can be, fill and 0 among them."""
    working: DType
    """The float type for sums that are not whole."""
    padded: DType
    """The narrowest type that holds pixels and fill."""
    rounded: bool
    """Whether results are rounded to whole numbers, right except for ties."""
    result: DType
    """The type of the result unless another is asked for."""

    @property
    def narrowest(self) -> DType:
        """The type of the least bytes that sums are right in."""
        return whole_type(self.low, self.high) if self.whole else self.working

    @property
    def narrowest_float(self) -> DType:
        """The float type of the least bytes that sums are right in, on whatever way to them."""
        if not self.whole:
            return self.working
        return FLOAT32 if self.bound <= EXACT_IN_FLOAT32 else FLOAT64

    def values(self, divisor: float, bias: Array) -> tuple[float, float]:
        """Between these lies every value of whole pixels, up to a float's rounding."""
        low, high = sorted((self.low / divisor, self.high / divisor))
        if self.exact:
            return low, high
        return low + float(bias.min()), high + float(bias.max())

    @classmethod
    def of(
        cls,
        pixels: DType,
        weights: Array,
        divisor: float,
        bias: Array,
        fill: float,
        asked: DType | None,
    ) -> "Arithmetic":
        """The arithmetic for pixels of this type; `asked` is the type asked for, if any is."""
        finite = is_integer(pixels) and math.isfinite(fill)
        whole = finite and is_whole(weights) and is_whole(fill)
        low, high, bound = -math.inf, math.inf, math.inf
        ends = -math.inf, math.inf
        if finite:
            lowest, highest = limits(pixels)
            ends = min(lowest, fill, 0), max(highest, fill)
            low, high, bound = _ranges(weights, *ends)
        added = abs(divisor) * float(np.abs(bias).max())
        exact = whole and is_whole(divisor) and is_whole(bias)
        exact = exact and bound + added < EXACT_IN_FLOAT64
        result = result_float(pixels)
        if whole:
            largest = (bound + added) / min(abs(divisor), 1)
            result = result_of_sums(pixels, largest, divided=abs(divisor) != 1)
            whole = bound < EXACT_IN_FLOAT64
        if exact:
            low, high, bound = low - added, high + added, bound + added
        moderate = _moderate(weights) and (not finite or bound < LARGEST_MODERATE)
        narrow = (
            result == FLOAT32
            and (pixels.itemsize == 1 or pixels.kind == "f")
            and (asked is None or asked == FLOAT32 or _is_small(asked))
            and float32_will_do(weights, (divisor, fill, *np.ravel(bias).tolist()))
        )
        if narrow and finite and asked is not None and is_integer(asked):
            loops = bool(compiled())
            off = tolerance([weights], ends, divisor, bias, in_order=loops, apart=loops)
            narrow = off < MOST_DOUBTFUL["compiled" if compiled() else "NumPy"]
        working = FLOAT32 if narrow else FLOAT64
        holds_fill = finite and is_whole(fill) and limits(pixels)[0] <= fill <= limits(pixels)[1]
        padded = pixels.newbyteorder("=") if holds_fill else working
        rounded = asked is not None and is_integer(asked)
        return cls(
            finite,
            moderate,
            whole,
            exact,
            low,
            high,
            bound,
            ends,
            working,
            padded,
            rounded,
            result,
        )


def _is_small(dtype: DType) -> bool:
    """Whether it is an integer type of 8 or 16 bits."""
    return is_integer(dtype) and dtype.itemsize <= 2


def power_to_whole(weights: Array) -> int:
    """The power of two, up to MOST_POWER, that makes all weights whole; 0 if there is none.

    >>> power_to_whole(np.array([0.25, -1.5]))
    2
    """
    if weights.dtype.kind != "f":
        return 0
    with np.errstate(over="ignore"):
        scaled = np.ldexp(weights, MOST_POWER)
    if not (np.isfinite(scaled).all() and is_whole(scaled)) or np.abs(scaled).max() >= 2.0**62:
        return 0
    lowest = np.bitwise_or.reduce(scaled.astype(np.int64), axis=None)
    return max(MOST_POWER - int(lowest & -lowest).bit_length() + 1, 0) if lowest else 0


def _moderate(weights: Array) -> bool:
    """Whether weights bring no sum of pixels that are moderate too near the end of float64."""
    with np.errstate(over="ignore"):
        return bool(np.abs(weights.astype(FLOAT64)).sum() < LARGEST_MODERATE)


def _ranges(weights: Array, darkest: float, brightest: float) -> tuple[float, float, float]:
    """Of the sums of whole pixels: the smallest, the largest, the largest of any part of one."""
    weights = weights.astype(FLOAT64)
    axes = (1, 2, 3) if weights.ndim == 4 else (0, 1)
    with np.errstate(over="ignore", invalid="ignore"):
        ends = weights * darkest, weights * brightest
        low = np.minimum(*ends).sum(axis=axes).min()
        high = np.maximum(*ends).sum(axis=axes).max()
        bound = np.abs(weights).sum(axis=axes).max() * max(-darkest, brightest)
    return float(low), float(high), max(float(bound), -darkest, brightest)


def tolerance(
    lines: Sequence[Array],
    pixels: tuple[float, float],
    divisor: float,
    bias: Array,
    *,
    in_order: bool = True,
    apart: bool = True,
) -> float:
    """How far float32 sums / divisor + bias may be off; `pixels` are the smallest, 0 or below, and
    the largest. `lines` are the kernel or kernels; or a column, and a row for its sums. `in_order`
    says whether products are added up in the order of the weights; `apart` whether those of equal
    weights are, instead of their pixels before.

    Rounded are each weight, each product, each part of a sum, the quotient, and the result: each
    is off by UNIT of what it can be at most, and all together by no more than the sum of these.
    Long sums come not near that, as roundings are as often up as down, so that the errors add up as
    their squares do: N. J. Higham and T. Mary, A new approach to probabilistic rounding error
    analysis, SIAM J. Sci. Comput. 41 (5), 2019. By the inequality of Azuma and Hoeffding they stay
    below LAMBDA times the root of the sum of squares, except with a chance of 2 exp(-LAMBDA^2 / 2).
    Equal products, as those of equal weights on a flat area, are all rounded the same way, and so
    are all sums of a column there: their errors are added before they are squared.
    """
    low, high = np.array(pixels[:1]), np.array(pixels[1:])
    errors = squares = np.zeros(1)
    """Of each kernel's sums: the sum of the errors, that of their squares."""
    for line in lines:
        kernels = line.reshape(len(line) if line.ndim == 4 else 1, -1).astype(FLOAT64)
        ends = kernels * low[:, np.newaxis], kernels * high[:, np.newaxis]
        lows, highs = np.minimum(*ends), np.maximum(*ends)
        products = np.maximum(-lows, highs)
        parts = np.maximum(-lows.cumsum(axis=1), highs.cumsum(axis=1))
        if not in_order:
            parts = np.broadcast_to(parts[:, -1:], parts.shape)
        size = np.abs(kernels).sum(axis=1)
        errors = errors * size + (parts + 2 * products).sum(axis=1)
        squares = squares * np.square(size)
        for each, weight in ((parts, 1), (products, 2)):
            joined = _of_equal(kernels, each) if apart else each
            squares = squares + weight * np.square(joined).sum(axis=1)
        low, high = lows.sum(axis=1), highs.sum(axis=1)
    largest = np.maximum(-low, high) / abs(divisor)
    ended = largest + np.abs(bias)
    errors = errors / abs(divisor) + largest + ended
    squares = squares / divisor**2 + np.square(largest) + np.square(ended)
    return UNIT * float(np.minimum(errors, LAMBDA * np.sqrt(squares)).max())


def _of_equal(kernels: Array, errors: Array) -> Array:
    """The errors (kernels, weights), those of weights of one magnitude added up and zeros."""
    joined = np.zeros(errors.shape)
    for kernel, own, out in zip(np.abs(kernels), errors, joined, strict=True):
        _, places = np.unique(kernel, return_inverse=True)
        out[: places.max(initial=-1) + 1] = np.bincount(places.reshape(-1), own)
    return joined
