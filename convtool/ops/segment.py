"""Stages that run together on a band: one that looks at windows, and those around it."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ..core.dtypes import Array
from ..core.errors import ConvtoolError
from ..core.image import Header
from ..core.validation import Pair
from .base import Operator, Stage, cuts, run_band

LEAST_BANDS = 4
"""The fewest bands of an image, so that all threads have work."""

MOST_STAGES = 100
"""The most stages with windows in a pipeline: each takes rows from the one before, call in call."""


class Segment(NamedTuple):
    """A stage that looks at windows, if any, and those around it that look at single pixels."""

    input: Header
    before: tuple[Stage, ...] = ()
    windowed: Stage | None = None
    after: tuple[Stage, ...] = ()

    @property
    def output(self) -> Header:
        """The description of what comes out."""
        stages = self.stages
        return stages[-1].output if stages else self.input

    @property
    def stages(self) -> tuple[Stage, ...]:
        """All of them, in order."""
        return (*self.before, *([self.windowed] if self.windowed else []), *self.after)

    def rows_needed(self, first: int, last: int) -> Pair:
        """The input rows that the output rows first..last - 1 are computed from."""
        return self.windowed.rows_needed(first, last) if self.windowed else (first, last)

    def run(self, band: Array, top: int, first: int, last: int) -> Array:
        """The output rows first..last - 1; `band` holds the input rows from `top` on."""
        start = top
        for step in self.steps(band, top, first, last):
            start, band = step
        return band[first - start : last - start]

    def steps(self, band: Array, top: int, first: int, last: int) -> Iterator[tuple[int, Array]]:
        """(The first row's number, rows) of the output of each stage on the way of `run`."""
        for stage in self.before:
            band = run_band(stage, band, top, top, top + len(band))
            yield top, band
        if self.windowed:
            band = run_band(self.windowed, band, top, first, last)
            yield first, band
        for after in self.after:
            band = run_band(after, band, first, first, last)
            yield first, band

    def cuts(self) -> list[Pair]:
        """The bands (first, last) of the output."""
        if self.windowed is None:
            return cuts(self, self.input.row_elements, LEAST_BANDS)
        header = self.before[-1].output if self.before else self.input
        return cuts(self.windowed, header.row_elements, LEAST_BANDS)


def segments(operators: Sequence[Operator], header: Header) -> list[Segment]:
    """The operators, each on the output of the one before, for images of this description.

    Raises ConvtoolError where they do not go together. There is one segment at least.
    """
    found = [Segment(header)]
    for operator in operators:
        last = found[-1]
        stage = operator.bind(last.output)
        if stage.laid:
            if last.windowed:
                if len(found) == MOST_STAGES:
                    raise ConvtoolError(
                        f"more than {MOST_STAGES} stages look at windows, expected {MOST_STAGES} "
                        "at most"
                    )
                found.append(Segment(last.output, windowed=stage))
            else:
                found[-1] = last._replace(windowed=stage)
        elif last.windowed:
            found[-1] = last._replace(after=(*last.after, stage))
        else:
            found[-1] = last._replace(before=(*last.before, stage))
    return found
