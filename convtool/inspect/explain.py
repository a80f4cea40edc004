"""One value of a map, explained stage by stage, back to the image."""

from collections.abc import Sequence
from typing import NamedTuple

from ..core import border
from ..core.choices import Border, Range
from ..core.encoding import PLAIN, Look
from ..core.errors import ConvtoolError, at
from ..core.geometry import Axis
from ..core.image import Header
from ..core.threads import check_threads
from ..core.validation import Pair, shape_words
from ..io.base import Reader
from ..io.formats import FORMATS
from ..io.limits import MAX_PIXELS
from ..ops.base import Laid, Operator, Stage
from ..ops.segment import Segment
from ..pipeline.nodata import with_nodata
from ..pipeline.prepare import prepare
from ..pipeline.run import shown, with_extremes
from ..pipeline.tone import Tone
from .steps.base import Band, Calculation, Step, Value, item
from .steps.pixel import pixel_steps
from .steps.stage import calculate
from .trace import Traced, last_band, read_rows, rows_needed, trace

WON = ("max", "min", "median")
"""Kinds of pools in which one element wins."""

Runs = tuple[Pair, ...]
"""Positions in order, as runs (first, last); last is not counted."""


class Region(NamedTuple):
    """The receptive field of a value in the image or in a map on the way."""

    spans: tuple[Pair, ...]
    """Positions (first, last) along rows and columns, last not counted, and along slices first if
    there are several; those outside the map lie in the border."""
    seen_along: tuple[Runs, ...]
    """The positions in the map that these are, or are copies of.

    All are empty if a constant fills all of the region.
    """

    def __str__(self) -> str:
        return place_of(*((span,) for span in self.spans))

    @property
    def size(self) -> str:
        """``3x3``"""
        return shape_words(tuple(last - first for first, last in self.spans))

    @property
    def is_seen(self) -> bool:
        """Whether any element comes from the map."""
        return all(self.seen_along)

    @property
    def is_inside(self) -> bool:
        """Whether no element lies in the border."""
        return tuple((span,) for span in self.spans) == self.seen_along

    @property
    def seen(self) -> str:
        """The positions in the map, in words."""
        return place_of(*self.seen_along)


def place_of(*along: Runs) -> str:
    """Rows and columns in words, after slices if there are some.

    >>> place_of(((0, 2), (9, 10)), ((5, 6),))
    'rows 0..1 and 9, column 5'
    """
    names = ("slice", "row", "column")[-len(along) :]
    return ", ".join(_runs(name, runs) for name, runs in zip(names, along, strict=True))


def _runs(word: str, runs: Runs) -> str:
    count = sum(last - first for first, last in runs)
    shown = [f"{first}..{last - 1}" if last - first > 1 else f"{first}" for first, last in runs]
    *most, last_shown = shown
    listed = f"{', '.join(most)} and {last_shown}" if most else last_shown
    return f"{word}{'s' * (count > 1)} {listed}"


class StageField(NamedTuple):
    """A stage, and the receptive field of the explained value in its input."""

    label: str
    input: Header
    output: Header
    region: Region
    """What the value depends on in the stage's input."""
    border: str
    """What fills the border: its name, or "padding"; empty for a stage of single pixels."""


class Path(NamedTuple):
    """A value of one channel, followed back to the image."""

    channel: str
    value: Value
    calculations: tuple[Calculation, ...]
    """One a stage, the last stage first; each explains the element that the one before follows.

    They end early at a window that holds nothing but a constant border.
    """
    pixel: int | None
    """The pixel of a picture of the map; None for a map that is no picture."""
    steps: tuple[Step, ...]
    """How the value becomes the pixel."""


class Explanation(NamedTuple):
    """How a value of a map comes about, in each channel."""

    row: int
    """Counted through all slices."""
    col: int
    input: Header
    output: Header
    fields: tuple[StageField, ...]
    """The last stage first; the last region is the one in the image."""
    paths: tuple[Path, ...]
    """One for each channel of the map, alpha included."""
    range: Range
    depth: int


def explain(
    reader: Reader,
    operators: Sequence[Operator],
    place: Sequence[int],
    *,
    look: Look = PLAIN,
    max_pixels: int = MAX_PIXELS,
    threads: int | None = None,
) -> Explanation:
    """Explain the value at `place`, (row, column) or (slice, row, column), of the map that the
    operators make of an image or a volume.

    Only the rows of the bands behind the value are read, unless `look` needs the extremes of the
    whole map. The engine computes all values, in the same bands as for a whole image. Each value is
    calculated here once more and compared: whole sums are equal, others within the bounds that
    `conv2d` names. The pixel is the one of a PNG, as `look` says.

    Raises ConvtoolError where the operators do not go with the image, where a map has more than
    `max_pixels` pixels, where the place is outside the map, and where a value of the engine is
    wrong.

    >>> import numpy as np
    >>> from convtool import Pipeline
    >>> from convtool.io.base import ArrayReader
    >>> ramp = np.arange(12, dtype=np.uint8).reshape(3, 4, 1)
    >>> edge = Pipeline.parse("conv -k '-1 0 1' --divisor 2").operators
    >>> found = explain(ArrayReader(Header.of_array(ramp), ramp), edge, (1, 0))
    >>> found.paths[0].calculations[0].patches[0].pixels.tolist()
    [[4, 4, 5]]
    >>> [step.value for step in found.paths[0].calculations[0].steps], found.paths[0].pixel
    ([1, 0.5], 0)
    """
    if not operators:
        raise ConvtoolError("there is no stage to explain")
    reader = with_nodata(reader, look.nodata)
    prepared = prepare(operators, reader.header, max_pixels)
    chain, stages, output = prepared.chain, prepared.stages, prepared.output
    row, col = _within(output, place)
    start, stop = rows_needed(chain, row)
    rows = read_rows(reader, start, stop)
    traced = trace(chain, rows, start, row)
    traces = [
        _traced_back(operators, stages, chain, traced, (row, col, channel))
        for channel in range(len(output.channels))
    ]
    tone, pixels = None, None
    if _fits_png(output):
        one = shown(prepared, FORMATS["png"], look)
        ((shown_chain, tone),) = with_extremes(reader, [one], check_threads(threads))
        if tone is not None:
            top, band = last_band(trace(shown_chain, rows, start, row)[-1])
            pixels = tone.pixels(band)[0][row - top, col].tolist()
    alpha = output.colors if output.has_alpha else None
    return Explanation(
        row,
        col,
        reader.header,
        output,
        _stage_fields(operators, stages, reader.header, (row, col)),
        tuple(
            _path(name, found, tone, pixels[number] if pixels else None, number == alpha)
            for number, (name, found) in enumerate(zip(output.channels, traces, strict=True))
        ),
        look.range or "clip",
        tone.depth if tone else 8,
    )


def _within(output: Header, place: Sequence[int]) -> Pair:
    """(row, column), rows counted through all slices; ConvtoolError for a place outside a map."""
    size = output.size[output.depth == 1 and len(place) == 2 :]
    if len(place) != len(size) or not all(0 <= o < n for o, n in zip(place, size, strict=True)):
        names = ("slice", "row", "column")[-len(place) :]
        asked = ", ".join(f"{name} {o}" for name, o in zip(names, place, strict=True))
        last = ",".join(str(n - 1) for n in size)
        what = (
            "SLICE,ROW,COL" if len(size) > len(place) else f"{','.join('0' * len(size))} to {last}"
        )
        raise ConvtoolError(f"the map is {shape_words(size)} and has no {asked}: expected {what}")
    *numbers, row, col = place
    return sum(numbers) * output.size[1] + row, col


def _fits_png(output: Header) -> bool:
    count = len(output.channels)
    return count in (1, 3) or (count in (2, 4) and output.has_alpha)


def _path(
    name: str, found: tuple[Calculation, ...], tone: Tone | None, pixel: int | None, is_alpha: bool
) -> Path:
    """The calculations of a channel, and the pixel; alpha is scaled and rounded only."""
    value = found[0].value
    if tone is None or pixel is None:
        return Path(name, value, found, None, ())
    with at(f"channel {name}"):
        off = 0.0 if is_alpha else max(one.off for one in found)
        tone = tone._replace(range="clip") if is_alpha else tone
        return Path(name, value, found, pixel, pixel_steps(tone, value, pixel, off))


def _traced_back(
    operators: Sequence[Operator],
    stages: Sequence[Stage],
    chain: Sequence[Segment],
    traced: Sequence[Sequence[Traced]],
    place: tuple[int, int, int],
) -> tuple[Calculation, ...]:
    """The calculation at (row, column, channel), and those of the elements that it follows."""
    found = []
    number = len(stages)
    for segment, bands in zip(reversed(chain), reversed(traced), strict=True):
        maps = next(band.maps for band in bands if band.cut[0] <= place[0] < band.cut[1])
        for inner in reversed(range(len(segment.stages))):
            number -= 1
            band, (top, rows) = Band(*maps[inner]), maps[inner + 1]
            row, col, channel = place
            value = item(rows[row - top, col, channel])
            cut = top, top + len(rows)
            with at(stages[number].output.where(row, col)):
                one = calculate(operators[number], stages[number], band, cut, place, value)
            found.append(one)
            if one.followed is None:
                return tuple(found)
            place = (*one.followed.source, one.followed.number)
    return tuple(found)


def _stage_fields(
    operators: Sequence[Operator], stages: Sequence[Stage], image: Header, place: Pair
) -> tuple[StageField, ...]:
    """The receptive field in the input of each stage, the last stage first."""
    output = stages[-1].output
    number, row = divmod(place[0], output.size[1])
    spans = tuple((o, o + 1) for o in (number, row, place[1]))
    region = Region(spans, tuple((span,) for span in spans))
    inputs = [image, *(stage.output for stage in stages[:-1])]
    found = []
    for operator, stage, header in zip(
        reversed(operators), reversed(stages), reversed(inputs), strict=True
    ):
        region = _before(stage, header, region)
        outside = ", ".join(dict.fromkeys(laid.outside for laid in stage.laid))
        shown = region
        if header.depth == 1 and region.spans[0] == (0, 1):
            shown = Region(region.spans[1:], region.seen_along[1:])
        found.append(StageField(operator.label, header, stage.output, shown, outside))
    return tuple(found)


def _before(stage: Stage, header: Header, region: Region) -> Region:
    """The region of a stage's input behind a region of its map."""
    parts = [_under(laid, header, region) for laid in stage.laid]
    if not parts:
        return region
    spans = tuple(
        (min(start for start, _ in some), max(stop for _, stop in some))
        for some in zip(*(part.spans for part in parts), strict=True)
    )
    seen = tuple(
        border.joined(run for runs in some for run in runs)
        for some in zip(*(part.seen_along for part in parts), strict=True)
    )
    return Region(spans, seen)


def _under(laid: Laid, header: Header, region: Region) -> Region:
    """The same for one of the stage's windows."""
    axes = laid.grid.axes
    seen = tuple(
        _seen(axis, runs, size, laid.border)
        for axis, runs, size in zip(axes, region.seen_along, header.size, strict=True)
    )
    spans = tuple(axis.span(*span) for axis, span in zip(axes, region.spans, strict=True))
    return Region(spans, seen if all(seen) else ((), (), ()))


def _seen(axis: Axis, runs: Runs, size: int, kind: Border) -> Runs:
    """The slices, rows or columns of the input under the windows at these positions."""
    needed = (border.runs_needed(*axis.span(*run), size, kind) for run in runs)
    return border.joined(run for some in needed for run in some)
