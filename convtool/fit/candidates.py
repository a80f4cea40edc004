"""Candidates for the kernel: that of least squares, and whole weights near it; and their scores."""

import math
from collections.abc import Iterator, Sequence
from functools import reduce
from typing import NamedTuple

import numpy as np

from ..core.dtypes import Array, is_integer
from ..core.threads import one_blas_thread
from ..kernel.kernel import Kernel, Layer
from ..ops.conv import Conv
from .least_squares import Solution, covariance
from .normal_equations import Equations
from .pairs import ImagePair, Model, Overlay, overlay
from .rationalize import WholeWeights, candidates, candidates_within, simplest
from .rounding_bounds import HALF, MOST_ROUNDS, SLACK, Bounds, center, tightest_bounds
from .score import Agreement, Score, agreements

LONGEST = 15
"""Decimals up to which numpy.round is exact; beyond them nothing is rounded."""

MOST_PARTS = 256
"""The largest divisor of weights that are called nearly whole."""

ROUNDING_NOISE = 1 / 12
"""The mean square error of rounding to whole numbers."""


class Learned(NamedTuple):
    """The result of least squares, and the pairs behind it."""

    pairs: Sequence[ImagePair]
    model: Model
    name: str
    threads: int
    equations: list[Equations]
    solutions: list[Solution]

    def shaped(self, values: Sequence[Array]) -> tuple[Array, Array | None]:
        """Numbers for each weight of each output, in the weights' shape; and those for biases."""
        rows = np.array(values)
        biases = rows[:, -1] if self.model.bias else None
        weights = rows[:, :-1] if self.model.bias else rows
        shape = (len(rows), -1, *self.model.size) if self.model.layer else self.model.shape
        return weights.reshape(shape), biases

    def kernel(self) -> Kernel | Layer:
        """The least squares weights."""
        weights, biases = self.shaped([_known(one) for one in self.solutions])
        if self.model.layer:
            return Layer(weights, self.name)
        bias = 0 if biases is None else float(biases[0])
        return Kernel(weights, bias=bias, anchor=self.model.place, name=self.name)

    def biases(self) -> Array | None:
        """The biases of a layer."""
        found = self.shaped([_known(one) for one in self.solutions])[1]
        return found if self.model.layer else None

    def nearly_whole(self) -> bool:
        """Whether the weights are not whole, and whole ones over a small divisor leave no more of
        the results than float64's own rounding, as they do."""
        if self.model.layer or self.solutions[0].rms > self.solutions[0].least_rms:
            return False
        (equations,), (solution,) = self.equations, self.solutions
        taps = self.model.taps
        weights, gram = solution.weights[:taps], equations.gram[:taps, :taps]
        moved = (np.round(weights * part) / part - weights for part in range(1, MOST_PARTS + 1))
        least = min(moved, key=lambda one: float(one @ one))
        grown = float(least @ gram @ least) / equations.pixels
        seen = _known(solution)[:taps]
        return grown <= solution.least_rms**2 and bool(np.any(seen != np.round(seen)))

    def scores(self, kernels: Sequence[Kernel | Layer]) -> list[Score]:
        """How well each of them explains all pairs.

        Whole weights that do not reproduce every pixel are tried once more with halves rounded up,
        as most fixed-point filters do. Sums of floats hardly ever end in a half.
        """
        found = [Score(one) for one in self._agreements(kernels, halves_up=False)]
        again = [
            i
            for i, kernel in enumerate(kernels)
            if kernel.weights.dtype.kind == "i" and found[i].to_even.exact < 1
        ]
        more = self._agreements([kernels[i] for i in again], halves_up=True)
        for i, up in zip(again, more, strict=True):
            if up.equal > found[i].to_even.equal:
                found[i] = Score(found[i].to_even, up)
        return found

    def _agreements(self, kernels: Sequence[Kernel | Layer], *, halves_up: bool) -> list[Agreement]:
        """How well each explains all pairs, in one pass over each."""
        if not kernels:
            return []
        found = [Agreement() for _ in kernels]
        for images in (overlay(one, self.model) for one in self.pairs):
            rounds = halves_up and is_integer(images.after.dtype)
            operators = [self._operator(kernel, images) for kernel in kernels]
            more = agreements(images, operators, self.threads, halves_up=rounds)
            found = [a.plus(b) for a, b in zip(found, more, strict=True)]
        return found

    def _operator(self, kernel: Kernel | Layer, images: Overlay) -> Conv:
        biases = self.biases() if isinstance(kernel, Layer) else None
        return Conv(
            kernel.weights if isinstance(kernel, Layer) else kernel,
            bias=0.0 if biases is None else biases,
            stride=self.model.stride,
            padding=images.padding,
            dilation=self.model.dilation,
            dimensions=self.model.dimensions,
        )

    def whole_kernels(self, by_rounding: bool) -> list[Kernel | Layer]:
        """Some kernels of whole weights that least squares leaves possible."""
        (equations,), (solution,) = self.equations, self.solutions
        count, taps = equations.pixels, self.model.taps
        spread = covariance(equations, bias=self.model.bias)[:taps, :taps]
        noise = max(solution.rms**2, ROUNDING_NOISE * by_rounding)
        allowed = noise * (taps + 4 * np.sqrt(2 * taps) + 20)
        found: list[Kernel | Layer] = []
        for whole in candidates(solution.weights[:taps], spread, allowed):
            bias = 0.0
            if self.model.bias:
                gram, products = equations.gram[-1], equations.products[-1]
                middle = (products - gram[:taps] @ whole.values) / count
                unsure = max(4 * solution.rms / np.sqrt(count), 0.02 * (solution.rms > 0.1))
                bias = simplest(middle - unsure, middle + unsure, whole.divisor)
            found.append(self._whole_kernel(whole, bias))
        return found

    def whole_kernels_within_bounds(self) -> Iterator[list[Kernel | Layer]]:
        """The first kernels of whole weights whose sums round to all values near their bounds.

        The search starts in the middle of the tightest bounds around the weights of least squares.
        Each further round adds the bounds that the middle broke.
        """
        (equations,), (solution,) = self.equations, self.solutions
        weights, bounds = solution.weights, None
        unsure = solution.rms * float(np.sqrt(len(weights) / equations.pixels))
        for _ in range(MOST_ROUNDS):
            parts = [
                tightest_bounds(overlay(one, self.model), self.model, weights, unsure, self.threads)
                for one in self.pairs
            ]
            more = reduce(Bounds.plus, parts)
            if bounds is not None and more.worst <= HALF + 2 * SLACK:
                return
            bounds, unsure = more if bounds is None else bounds.plus(more), 0.0
            with one_blas_thread():
                centered = center(bounds.windows, bounds.values, weights)
                if centered is None:
                    return
                weights, spread = centered
                found = self._within(bounds, weights, spread)
            yield found

    def _within(self, bounds: Bounds, weights: Array, spread: Array) -> list[Kernel | Layer]:
        """Kernels of whole weights whose sums round to these values."""
        taps, bias = self.model.taps, self.model.bias
        windows, values = bounds.windows[:, :taps], bounds.values
        found: list[Kernel | Layer] = []
        for whole in candidates_within(
            weights[:taps], spread[:taps, :taps], windows, values, bias=bias
        ):
            offset = 0.0
            if bias:
                left, unit = values - windows @ whole.values, bounds.windows[:, -1]
                low, high = ((left - HALF) / unit).max(), ((left + HALF) / unit).min()
                offset = simplest(low, high, whole.divisor)
            found.append(self._whole_kernel(whole, offset))
        return found

    def _whole_kernel(self, whole: WholeWeights, bias: float) -> Kernel:
        weights = whole.weights.reshape(self.model.shape)
        return Kernel(weights, whole.divisor, bias, self.model.place, self.name)


def _known(solution: Solution) -> Array:
    """The weights to a thousandth of their standard error; further digits would be noise."""
    errors = solution.errors[solution.errors > 0]
    places = 3 - math.floor(math.log10(errors.min())) if errors.size else LONGEST
    rounded: Array = np.round(solution.weights, min(places, LONGEST)) + 0.0  # and no -0.0
    return rounded if places < LONGEST else solution.weights
