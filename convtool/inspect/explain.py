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
from ..core.validation import Pair
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

    rows: Pair
    cols: Pair
    """Positions (first, last), last not counted; those outside the map lie in the border."""
    seen_rows: Runs
    seen_cols: Runs
    """The rows and columns of the map that these elements are, or are copies of.

    Both are empty if a constant fills all of the region.
    """

    def __str__(self) -> str:
        return place_of((self.rows,), (self.cols,))

    @property
    def is_seen(self) -> bool:
        """Whether any element comes from the map."""
        return bool(self.seen_rows and self.seen_cols)

    @property
    def is_inside(self) -> bool:
        """Whether no element lies in the border."""
        return ((self.rows,), (self.cols,)) == (self.seen_rows, self.seen_cols)

    @property
    def seen(self) -> str:
        """The rows and columns of the map, in words."""
        return place_of(self.seen_rows, self.seen_cols)


def place_of(rows: Runs, cols: Runs) -> str:
    """Rows and columns in words.

    >>> place_of(((0, 2), (9, 10)), ((5, 6),))
    'rows 0..1 and 9, column 5'
    """
    return f"{_runs('row', rows)}, {_runs('column', cols)}"


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
    place: Pair,
    *,
    look: Look = PLAIN,
    max_pixels: int = MAX_PIXELS,
    threads: int | None = None,
) -> Explanation:
    """Explain the value at `place`, (row, column), of the map that the operators make of an image.

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
    for operator in operators:
        if operator.dimensions > 2:
            raise ConvtoolError(f"{operator.label}: a kernel with depth is not explained")
    reader = with_nodata(reader, look.nodata)
    prepared = prepare(operators, reader.header, max_pixels)
    chain, stages, output = prepared.chain, prepared.stages, prepared.output
    row, col = place
    if not (0 <= row < output.height and 0 <= col < output.width):
        raise ConvtoolError(
            f"the map is {output.height}x{output.width} and has no row {row}, column {col}: "
            f"expected 0,0 to {output.height - 1},{output.width - 1}"
        )
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
        _stage_fields(operators, stages, reader.header, place),
        tuple(
            _path(name, found, tone, pixels[number] if pixels else None, number == alpha)
            for number, (name, found) in enumerate(zip(output.channels, traces, strict=True))
        ),
        look.range or "clip",
        tone.depth if tone else 8,
    )


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
            with at(f"row {row}, column {col}"):
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
    rows, cols = ((o, o + 1) for o in place)
    region = Region(rows, cols, (rows,), (cols,))
    inputs = [image, *(stage.output for stage in stages[:-1])]
    found = []
    for operator, stage, header in zip(
        reversed(operators), reversed(stages), reversed(inputs), strict=True
    ):
        region = _before(stage, header, region)
        outside = ", ".join(dict.fromkeys(laid.outside for laid in stage.laid))
        found.append(StageField(operator.label, header, stage.output, region, outside))
    return tuple(found)


def _before(stage: Stage, header: Header, region: Region) -> Region:
    """The region of a stage's input behind a region of its map."""
    parts = [_under(laid, header, region) for laid in stage.laid]
    if not parts:
        return region
    rows, cols = (
        (min(start for start, _ in spans), max(stop for _, stop in spans))
        for spans in zip(*(part[:2] for part in parts), strict=True)
    )
    seen_rows, seen_cols = (
        border.joined(run for runs in some for run in runs)
        for some in zip(*(part[2:] for part in parts), strict=True)
    )
    return Region(rows, cols, seen_rows, seen_cols)


def _under(laid: Laid, header: Header, region: Region) -> Region:
    """The same for one of the stage's windows."""
    down, across = laid.window
    seen_rows = _seen(down, region.seen_rows, header.height, laid.border)
    seen_cols = _seen(across, region.seen_cols, header.width, laid.border)
    if not (seen_rows and seen_cols):
        seen_rows = seen_cols = ()
    return Region(down.span(*region.rows), across.span(*region.cols), seen_rows, seen_cols)


def _seen(axis: Axis, runs: Runs, size: int, kind: Border) -> Runs:
    """The rows, or columns, of the input under the windows at these positions."""
    needed = (border.runs_needed(*axis.span(*run), size, kind) for run in runs)
    return border.joined(run for some in needed for run in some)
