"""The stage that runs a transposed convolution on a band.

Of every `stride` values of the map each has weights of its own, so that each is a convolution of
the image with a part of the kernel: no zeros are put between pixels and multiplied.
"""

from collections.abc import Callable, Sequence
from itertools import product
from math import gcd, prod
from typing import NamedTuple

from ..core.dtypes import Array
from ..core.geometry import Axis
from ..core.image import Header
from ..core.slices import Grid, Part
from ..core.spread import Spread
from ..core.validation import Pair
from .base import Laid, Sum, run_band
from .conv import Conv
from .conv_stage import ConvStage


class Along(NamedTuple):
    """Every `step`-th position of a map along one axis, and what makes them."""

    first: int
    step: int
    taps: slice
    """The weights that they have, the last one first."""
    axis: Axis
    """The windows of these weights."""

    def between(self, start: int, stop: int) -> Pair:
        """Which of these positions lie from `start` on and before `stop`: the first, the last not
        counted."""
        first, last = (max(-((self.first - at) // self.step), 0) for at in (start, stop))
        return first, last

    def places(self, numbers: Pair, start: int) -> slice:
        """The places of these positions in a cut from `start` on."""
        first, last = (self.first + number * self.step - start for number in numbers)
        return slice(first, last, self.step)


class Phase(NamedTuple):
    """Positions of a map that are computed alike, and the convolution that does it."""

    along: tuple[Along, Along, Along]
    """Slices, rows and columns."""
    conv: Conv
    stage: ConvStage


def phases(
    axes: Sequence[Axis], bind: Callable[[Sequence[Along]], tuple[Conv, ConvStage]]
) -> tuple[Phase, ...]:
    """The phases of a map in which kernels lie; `bind` makes the convolution of one."""
    found = product(*map(_along, axes))
    return tuple(
        Phase((depth, rows, cols), *bind((depth, rows, cols))) for depth, rows, cols in found
    )


class TransposeStage(NamedTuple):
    """A transposed convolution bound to an image."""

    input: Header
    output: Header
    grid: Grid
    """Where kernels are laid; outside the image are zeros."""
    phases: tuple[Phase, ...]
    elsewhere: Array
    """The value where no kernel lies, one for each channel: the bias."""

    @property
    def laid(self) -> tuple[Laid, ...]:
        """The kernel."""
        rows, cols = self.grid.window
        middle = (rows.extent - 1) / 2, (cols.extent - 1) / 2
        return (Laid(self.grid, "constant 0", middle),)

    @property
    def sums(self) -> tuple[Sum, ...]:
        """Those of all phases."""
        return tuple(one for phase in self.phases for one in phase.stage.sums)

    def carried_from(self, row: int, col: int) -> Pair | None:
        """None: alpha is a channel like the others."""
        return None

    def rows_needed(self, first: int, last: int) -> Pair:
        """The input rows whose kernels lie on the output rows first..last - 1."""
        return self.grid.rows_needed(first, last)

    def run(self, band: Array, top: int, first: int, out: Array) -> None:
        """Write the output rows from `first` on."""
        if not self._is_covered:
            out[...] = self.elsewhere
        for part in self.grid.parts(first, first + len(out)):
            rows, out = out[: part.height], out[part.height :]
            for phase in self.phases:
                self._run_phase(phase, band, top, part, rows.reshape(*part.shape, *rows.shape[1:]))

    @property
    def _is_covered(self) -> bool:
        """Whether kernels lie on all values."""
        spread = (axis for axis in self.grid.axes if isinstance(axis, Spread))
        return len(self.phases) == prod(min(axis.stride, axis.output) for axis in spread)

    def _run_phase(self, phase: Phase, band: Array, top: int, part: Part, out: Array) -> None:
        """Write the values of one phase in the same rows of some slices, (slices, rows, W', C')."""
        starts = part.slices[0], part.rows[0], 0
        spans = part.slices, part.rows, (0, self.output.width)
        found = [one.between(*span) for one, span in zip(phase.along, spans, strict=True)]
        (upper, lower), (start, stop), _ = found
        if upper == lower or start == stop:
            return
        height = phase.stage.output.size[1]
        made = run_band(phase.stage, band, top, upper * height + start, (lower - 1) * height + stop)
        each = zip(phase.along, found, starts, strict=True)
        places = tuple(one.places(numbers, at) for one, numbers, at in each)
        out[places] = made.reshape(lower - upper, stop - start, *made.shape[1:])

    def phase_of(self, row: int, col: int) -> tuple[Phase, Pair] | None:
        """The phase of a value, and its place in that map; None where no kernel lies."""
        number, inner = divmod(row, self.grid.rows.output)
        for phase in self.phases:
            each = list(zip(phase.along, (number, inner, col), strict=True))
            if all(at % one.step == one.first for one, at in each):
                depth, rows, cols = (at // one.step for one, at in each)
                return phase, (depth * phase.stage.output.size[1] + rows, cols)
        return None


def _along(axis: Axis) -> list[Along]:
    """The phases along one axis in which kernels lie."""
    if not isinstance(axis, Spread):
        return [Along(0, 1, slice(None), axis)]
    reached = {(tap * axis.dilation - axis.before) % axis.stride for tap in range(axis.taps)}
    return [_phase(axis, first) for first in sorted(reached) if first < axis.output]


def _phase(axis: Spread, first: int) -> Along:
    size, taps, stride, dilation = axis[:4]
    count = len(range(first, axis.output, stride))
    place = first + axis.before
    common = gcd(stride, dilation)
    apart, step = stride // common, dilation // common
    tap = next(k for k in range(taps) if (place - k * dilation) % stride == 0)
    last = len(range(tap, taps, apart)) - 1
    start = (place - tap * dilation) // stride - last * step
    windows = Axis(size, last + 1, 1, step, -start, start + last * step + count - size, count, 0)
    end = tap + last * apart
    return Along(first, stride, slice(end, tap - apart if tap >= apart else None, -apart), windows)
