"""Kernels with depth: windows over several slices, which lie one under another in a band.

Each plane of such a kernel lies on a slice, as a kernel on an image, and may be computed by any
method for images; the sums of all planes are added up. Where the planes are multiples of one, the
slices are added up first, and that plane is laid on the sum; or planes are the sum of multiples of
two, as of a large Gaussian whose weights were made to add up to 1.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

import numpy as np

from ..core.dtypes import EXACT_IN_FLOAT64, Array, DType, is_whole
from ..core.engine import compiled
from ..core.geometry import each_alone
from . import cost
from .base import Method, Task
from .loops.band import Rounding, Taps, correlate
from .loops.factor import Factors, float_factors, whole_factors
from .loops.weighted_sum import WeightedSum

MOST_PAIRS = 2
"""Weighted sums of slices, each with a plane, that a kernel may be the sum of."""

FindMethods = Callable[[Task], Iterator[Method]]


@dataclass(eq=False, repr=False)
class Planes(Method):
    """A method for each plane that is not 0 all over, and the sums of all added up."""

    task: Task
    input: DType
    planes: dict[int, Method]

    @property
    def _some(self) -> Method:
        return next(iter(self.planes.values()))

    @property
    def reason(self) -> str:
        """Why the planes are computed so."""
        return f"{len(self.planes)} planes, one on each slice: {self._some.reason}"

    @property
    def parameters(self) -> dict[str, str]:
        """Those of the first plane."""
        return self._some.parameters

    @cached_property
    def blas(self) -> bool:  # type: ignore[override]
        """Whether any plane is computed by BLAS."""
        return any(method.blas for method in self.planes.values())

    @cached_property
    def local(self) -> bool:  # type: ignore[override]
        """Whether all planes are computed so."""
        return all(method.local for method in self.planes.values())

    @property
    def operations(self) -> float:
        """Those of all planes, and the additions of their sums."""
        return sum(method.operations + 1 for method in self.planes.values()) - 1

    @property
    def cost(self) -> float:
        """The same."""
        size = self.task.numbers.narrowest.itemsize
        return sum(method.cost + cost.ADD[size] for method in self.planes.values())

    def sums(self, padded: Array, height: int) -> Array:
        apart, total = self.task.apart(height), None
        reach = apart // self.task.depth.dilation
        for number, method in self.planes.items():
            slice_ = padded[number * apart : number * apart + reach]
            part = method.sums(slice_.astype(method.input, copy=False), height)
            if total is None:
                total = part if part.flags.writeable else part.copy()
            else:
                np.add(total, part, out=total)
        assert total is not None
        return total


@dataclass(eq=False, repr=False)
class DepthFirst(Method):
    """A weighted sum along the slices, and a method for the plane that is laid on it; or the sum of
    two such."""

    task: Task
    pairs: tuple[tuple[Array, Method], ...]
    """Weights along the slices, and the method of the plane."""
    input: DType
    """That of the sums along the slices, too."""

    @property
    def _planes(self) -> list[Method]:
        return [plane for _, plane in self.pairs]

    @property
    def reason(self) -> str:
        """Why the plane is computed so."""
        line, plane = self.pairs[0]
        more = ", and a second such" if len(self.pairs) > 1 else ""
        return f"a weighted sum of {len(line)} slices first, then {plane.reason}{more}"

    @property
    def parameters(self) -> dict[str, str]:
        """The weights along the slices, and those of the plane."""
        line, plane = self.pairs[0]
        along = " ".join(f"{weight:.4g}" for weight in line[:9].tolist())
        more = " ..." if len(line) > 9 else ""
        return {"slices": f"[{along}{more}]", **plane.parameters}

    @cached_property
    def blas(self) -> bool:  # type: ignore[override]
        """As the planes."""
        return any(plane.blas for plane in self._planes)

    @cached_property
    def local(self) -> bool:  # type: ignore[override]
        """As the planes."""
        return all(plane.local for plane in self._planes)

    @property
    def operations(self) -> float:
        """A multiplication and an addition for each weight along, and those of the planes."""
        each = (2 * np.count_nonzero(line) + plane.operations for line, plane in self.pairs)
        return sum(each) + len(self.pairs) - 1

    @property
    def cost(self) -> float:
        """The same, and the way of the sums along to memory and back."""
        size = self.input.itemsize
        step = cost.COMPILED[size] if compiled() else cost.MULTIPLY_ADD[size]
        each = (
            cost.COPY[size] + np.count_nonzero(line) * step + plane.cost
            for line, plane in self.pairs
        )
        return float(sum(each) + (len(self.pairs) - 1) * cost.ADD[size])

    @cached_property
    def compiled(self) -> bool:  # type: ignore[override]
        """As the plane; the sums of two are added up by NumPy."""
        return len(self.pairs) == 1 and self._planes[0].compiled

    def sums_into(self, padded: Array, rows: Array, rounding: Rounding | None = None) -> int | None:
        if len(self.pairs) > 1:
            return None
        line, plane = self.pairs[0]
        return plane.sums_into(self._merged(line, plane, padded, len(rows)), rows, rounding)

    def sums(self, padded: Array, height: int) -> Array:
        total = None
        for line, plane in self.pairs:
            part = plane.sums(self._merged(line, plane, padded, height), height)
            total = part if total is None else total + part
        assert total is not None
        return total

    def _merged(self, line: Array, plane: Method, padded: Array, height: int) -> Array:
        """The weighted sum of the slices, (P rows, P columns, C), as the plane takes it."""
        along = self._along(line, padded, self.task.apart(height))
        return along.astype(plane.input, copy=False)

    def _along(self, line: Array, padded: Array, apart: int) -> Array:
        reach = apart // self.task.depth.dilation
        if not compiled():
            starts = range(0, len(line) * apart, apart)
            slices = [padded[start : start + reach] for start in starts]
            passes = WeightedSum.of(line.tolist(), skip_zeros=True)
            return passes.of_arrays(slices, self.input)
        (kept,) = np.nonzero(line)
        row = padded[0].size
        taps = Taps(kept * (apart * row), line[kept].astype(self.input))
        merged = np.empty((reach, *padded.shape[1:]), self.input)
        correlate(padded.reshape(-1), merged.reshape(reach, row), row, taps, None, None)
        return merged


def candidates(task: Task, find: FindMethods) -> Iterator[Method]:
    """The ways for a kernel with depth by which `find` computes a kernel without."""
    rows = task.window[0]
    by_plane = np.split(task.weights, task.depth.taps, axis=-2)
    planes = {}
    for number, weights in enumerate(by_plane):
        if weights.any():
            planes[number] = _quickest(find, replace(task, weights=weights, depth=each_alone(1)))
    if not planes or None in planes.values():
        return
    found = {number: method for number, method in planes.items() if method is not None}
    inputs = {method.input for method in found.values()}
    yield Planes(task, inputs.pop() if len(inputs) == 1 else task.numbers.padded, found)
    if task.is_layer:
        return
    factors = _factors(task)
    if factors is None:
        return
    # Whole sums along the slices have any sign that their weights have.
    bound = task.numbers.bound
    signed = task.numbers._replace(low=-bound, high=bound)
    dtype = signed.narrowest
    pairs = []
    for line, plane in factors:
        laid = replace(
            task,
            weights=plane.reshape(rows.taps, -1),
            depth=each_alone(1),
            numbers=signed._replace(padded=dtype),
        )
        method = _quickest(find, laid)
        if method is None:
            return
        pairs.append((line, method))
    yield DepthFirst(task, tuple(pairs), dtype)


@lru_cache(maxsize=16)
def _factors(task: Task) -> Factors | None:
    """Lines along the slices, each with a plane, that the weights are the sum of."""
    flat = task.weights.reshape(task.depth.taps, -1)
    if is_whole(flat) and np.abs(flat.astype(float)).max() <= EXACT_IN_FLOAT64:
        return whole_factors(flat)
    return float_factors(flat, MOST_PAIRS, every=False)


def _quickest(find: FindMethods, task: Task) -> Method | None:
    """The way of the least cost; None if there is none."""
    return min(find(task), key=lambda method: method.cost, default=None)
