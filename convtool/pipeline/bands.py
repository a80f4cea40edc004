"""Operators over an image, band by band, in one pass from its first row to its last.

A convolution or a pooling is computed in the bands that it would be computed in if it were alone:
where sums of floats may depend on how they are cut, they then come out the same in whatever chain.
What looks at single pixels is done to a band as it comes.
"""

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from itertools import accumulate
from typing import NamedTuple, TypeVar

from ..core.dtypes import Array
from ..core.errors import ConvtoolError, at
from ..core.image import Header
from ..core.threads import Team
from ..core.validation import Pair
from ..io.base import Reader
from ..io.limits import check_size
from ..ops.base import Operator, Stage, cuts, run_band
from ..ops.pointwise import PointStage
from .row_buffer import Rows

LEAST_BANDS = 4
"""Bands of a small image, so that reading, computing and packing have something to share."""

MOST_STAGES = 100
"""Stages of a pipeline: those that look at windows take rows from one another, call within call."""

Result = TypeVar("Result")


class Segment(NamedTuple):
    """A stage that looks at windows, if any, and those around it that look at single pixels."""

    input: Header
    before: tuple[PointStage, ...] = ()
    windowed: Stage | None = None
    after: tuple[PointStage, ...] = ()

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
        """The input rows that the output rows first..last - 1 are made of."""
        return self.windowed.rows_needed(first, last) if self.windowed else (first, last)

    def run(self, band: Array, top: int, first: int, last: int) -> Array:
        """The output rows first..last - 1; `band` holds the input rows from `top` on."""
        start = top
        for made in self.steps(band, top, first, last):
            start, band = made
        return band[first - start : last - start]

    def steps(self, band: Array, top: int, first: int, last: int) -> Iterator[tuple[int, Array]]:
        """What `run` comes by: (the first row's number, rows) of what each stage makes."""
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
        if not isinstance(stage, PointStage):
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


def check_sizes(chain: Sequence[Segment], max_pixels: int) -> None:
    """Raise TooManyPixels if a map, of the last segment or before it, has more pixels than that."""
    for segment in chain:
        with at("the map"):
            check_size(segment.output.height, segment.output.width, max_pixels)


def bands(
    reader: Reader, chain: Sequence[Segment], work: Callable[[Array], Result], threads: int
) -> Generator[Result]:
    """``work(band)`` of every band of the last segment's output, in order.

    While bands are computed and worked on by some threads, the image is read on by this one. Of
    what a segment gives only the rows are kept that the next one still needs.
    """
    with Team(threads) as team:
        rows = reader.blocks()
        for segment in chain[:-1]:
            rows = team.in_order(_run(segment), _cuts(segment, rows))
        run = _run(chain[-1])
        yield from team.in_order(lambda cut: work(run(cut)), _cuts(chain[-1], rows))


class _Cut(NamedTuple):
    """What one band of the output is made of."""

    band: Pair
    top: int
    rows: Array
    """Those of the input from `top` on."""


def _run(segment: Segment) -> Callable[[_Cut], Array]:
    """What makes a band of it."""
    return lambda cut: segment.run(cut.rows, cut.top, *cut.band)


def _cuts(segment: Segment, blocks: Iterable[Array]) -> Iterator[_Cut]:
    """The rows of the input for each band.

    Only the rows that this band or a later one needs are kept. Where a band needs rows far down,
    as the first one does with a "wrap" border, that is all of them.
    """
    bands_out = segment.cuts()
    needed = [segment.rows_needed(*band) for band in bands_out]
    kept_from = list(accumulate((start for start, _ in reversed(needed)), min))[::-1]
    rows = Rows(blocks)
    for band, (start, stop), oldest in zip(bands_out, needed, kept_from, strict=True):
        rows.forget(oldest)
        yield _Cut(band, start, rows.take(start, stop))
    rows.read_to_the_end()
