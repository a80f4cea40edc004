"""Kernels with depth: windows over several slices, which lie one under another in a band.

Each plane of such a kernel lies on a slice, as a kernel on an image, and may be computed by any
method for images; the sums of all planes are added up. Where the planes are multiples of one, the
slices are added up first, and that plane is laid on the sum.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from ..core.dtypes import EXACT_IN_FLOAT64, Array, DType, is_whole
from ..core.engine import compiled
from ..core.geometry import each_alone
from . import cost
from .base import Method, Task
from .loops.band import Rounding, Taps, correlate
from .loops.factor import float_factors, whole_factors
from .loops.weighted_sum import WeightedSum

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
    """A weighted sum along the slices, and a method for the plane that is laid on it."""

    task: Task
    line: Array
    plane: Method
    input: DType
    """That of the sums along the slices, too."""

    @property
    def reason(self) -> str:
        """Why the plane is computed so."""
        return f"a weighted sum of {len(self.line)} slices first, then {self.plane.reason}"

    @property
    def parameters(self) -> dict[str, str]:
        """The weights along the slices, and those of the plane."""
        along = " ".join(f"{weight:.4g}" for weight in self.line[:9].tolist())
        more = " ..." if len(self.line) > 9 else ""
        return {"slices": f"[{along}{more}]", **self.plane.parameters}

    @cached_property
    def blas(self) -> bool:  # type: ignore[override]
        """As the plane."""
        return self.plane.blas

    @cached_property
    def local(self) -> bool:  # type: ignore[override]
        """As the plane."""
        return self.plane.local

    @property
    def operations(self) -> float:
        """A multiplication and an addition for each weight along, and those of the plane."""
        return 2 * np.count_nonzero(self.line) + self.plane.operations

    @property
    def cost(self) -> float:
        """The same, and the way of the sums along to memory and back."""
        size, kept = self.input.itemsize, np.count_nonzero(self.line)
        step = cost.COMPILED[size] if compiled() else cost.MULTIPLY_ADD[size]
        return float(cost.COPY[size] + kept * step + self.plane.cost)

    @cached_property
    def _passes(self) -> WeightedSum:
        return WeightedSum.of(self.line.tolist(), skip_zeros=True)

    @cached_property
    def compiled(self) -> bool:  # type: ignore[override]
        """As the plane."""
        return self.plane.compiled

    def sums_into(self, padded: Array, rows: Array, rounding: Rounding | None = None) -> int | None:
        return self.plane.sums_into(self._merged(padded, len(rows)), rows, rounding)

    def sums(self, padded: Array, height: int) -> Array:
        return self.plane.sums(self._merged(padded, height), height)

    def _merged(self, padded: Array, height: int) -> Array:
        """The weighted sum of the slices, (P rows, P columns, C), as the plane takes it."""
        return self._along(padded, self.task.apart(height)).astype(self.plane.input, copy=False)

    def _along(self, padded: Array, apart: int) -> Array:
        reach = apart // self.task.depth.dilation
        if not compiled():
            starts = range(0, len(self.line) * apart, apart)
            slices = [padded[start : start + reach] for start in starts]
            return self._passes.of_arrays(slices, self.input)
        (kept,) = np.nonzero(self.line)
        row = padded[0].size
        taps = Taps(kept * (apart * row), self.line[kept].astype(self.input))
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
    flat = task.weights.reshape(task.depth.taps, -1)
    whole = is_whole(flat) and np.abs(flat.astype(float)).max() <= EXACT_IN_FLOAT64
    factors = whole_factors(flat) if whole else float_factors(flat, 1)
    if factors is None:
        return
    ((line, plane),) = factors
    # Whole sums along the slices have any sign that their weights have.
    bound = task.numbers.bound
    signed = task.numbers._replace(low=-bound, high=bound)
    dtype = signed.narrowest
    laid = replace(
        task,
        weights=plane.reshape(rows.taps, -1),
        depth=each_alone(1),
        numbers=signed._replace(padded=dtype),
    )
    method = _quickest(find, laid)
    if method is not None:
        yield DepthFirst(task, line, method, dtype)


def _quickest(find: FindMethods, task: Task) -> Method | None:
    """The way of the least cost; None if there is none."""
    return min(find(task), key=lambda method: method.cost, default=None)
