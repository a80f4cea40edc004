"""Values of a map, explained stage by stage, back to the image."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ..core.border import OUTSIDE, sources_of
from ..core.choices import Range
from ..core.encoding import PLAIN, Look
from ..core.errors import ConvtoolError, at
from ..core.image import Header
from ..core.threads import check_threads
from ..core.validation import Pair, shape_words
from ..io.base import Reader
from ..io.formats import FORMATS
from ..io.limits import MAX_PIXELS
from ..ops.base import Operator, Stage
from ..ops.segment import Segment
from ..pipeline.nodata import with_nodata
from ..pipeline.prepare import Prepared, prepare
from ..pipeline.run import shown, with_extremes
from ..pipeline.tone import Tone
from .receptive_field import StageField, stage_fields
from .steps.base import Band, Calculation, Patch, Step, Value, item, patch_at
from .steps.pixel import pixel_steps
from .steps.stage import calculate, fill_of
from .trace import Traced, joined, read_rows, rows_needed, trace

WON = ("max", "min", "median")
"""Kinds of pools in which one element wins."""


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
    (found,) = walk(
        reader, operators, place, place, look=look, max_pixels=max_pixels, threads=threads
    )
    return found


@dataclass(eq=False, repr=False)
class Walk:
    """Some values of a map, explained one after another: iterate over it, as often as you like.

    The engine has computed all of them, and nothing is read or computed by it again.
    """

    operators: Sequence[Operator]
    prepared: Prepared
    image: Band
    """The rows of the image that were read."""
    traced: Sequence[Sequence[Traced]]
    pixels: Band | None
    """The map's pixels in a PNG; None for a map that is no picture."""
    tone: Tone | None
    range: Range
    box: tuple[Pair, Pair, Pair]
    """(first, last) of the slices, rows and columns, last not counted."""

    @property
    def input(self) -> Header:
        """The input of the last stage."""
        return self.stage.input

    @property
    def output(self) -> Header:
        """The whole map."""
        return self.prepared.output

    @property
    def stage(self) -> Stage:
        """The last stage."""
        return self.prepared.stages[-1]

    @property
    def places(self) -> Iterator[Pair]:
        """(row, column) of each value in reading order, rows counted through all slices."""
        height = self.output.size[1]
        slices, rows, cols = (range(*span) for span in self.box)
        return ((number * height + row, col) for number in slices for row in rows for col in cols)

    def __len__(self) -> int:
        """How many values are explained."""
        return math.prod(last - first for first, last in self.box)

    def __iter__(self) -> Iterator[Explanation]:
        """The explanations, in reading order."""
        return map(self._explained, self.places)

    @property
    def values(self) -> Band:
        """The map's rows that hold the values, as the engine computed them."""
        return Band(*joined(self.traced[-1]))

    def around(self, patch: Patch, rows: Sequence[int], cols: Sequence[int]) -> Patch:
        """What lies at these rows and columns in the slice and the channel of a window of the
        last stage, its border included; rows that no window needs may be missing."""
        stage, header = self.stage, self.input
        band = self._input_of(patch)
        kind = stage.laid[0].border if stage.laid else "constant"
        depth, height, _ = header.size
        above = int(sources_of(np.array(patch.slice), depth, kind)) * height
        known = tuple(
            row
            for row, source in zip(rows, sources_of(np.array(rows, int), height, kind), strict=True)
            if source == OUTSIDE or above < 0 or band.holds(above + int(source))
        )
        fill = fill_of(stage, patch.number)
        return patch_at(band, header, (patch.slice, known, tuple(cols)), patch.number, kind, fill)

    def _input_of(self, patch: Patch) -> Band:
        """The rows of the last stage's input that were computed together with a window's."""
        if len(self.prepared.stages) == 1:
            return self.image
        wanted = [row for row in patch.source_rows.tolist() if row != OUTSIDE]
        bands = [Band(*band.maps[-2]) for band in self.traced[-1]]
        return next((band for band in bands if all(map(band.holds, wanted))), bands[0])

    def _explained(self, place: Pair) -> Explanation:
        chain, stages, output = self.prepared.chain, self.prepared.stages, self.output
        row, col = place
        pixels = None
        if self.pixels is not None:
            pixels = self.pixels.rows[row - self.pixels.top, col].tolist()
        alpha = output.colors if output.has_alpha else None
        paths = []
        for number, name in enumerate(output.channels):
            found = _traced_back(self.operators, stages, chain, self.traced, (row, col, number))
            pixel = pixels[number] if pixels else None
            paths.append(_path(name, found, self.tone, pixel, number == alpha))
        image = stages[0].input
        return Explanation(
            row,
            col,
            image,
            output,
            stage_fields(self.operators, stages, image, place),
            tuple(paths),
            self.range,
            self.tone.depth if self.tone else 8,
        )


def walk(
    reader: Reader,
    operators: Sequence[Operator],
    first: Sequence[int] | None = None,
    last: Sequence[int] | None = None,
    *,
    look: Look = PLAIN,
    max_pixels: int = MAX_PIXELS,
    threads: int | None = None,
    margin: int = 0,
    most: int | None = None,
) -> Walk:
    """Explain the values of a map from the place `first`, (row, column) or (slice, row, column),
    to the place `last`: those of the block whose opposite corners they are. None: the map's own.

    The rows behind them, and `margin` rows of the image above and below, are read once; the
    engine computes all values at once. For the rest see `explain`, whose errors are raised here
    and while the values are explained; and ConvtoolError where `last` comes before `first`.
    """
    if not operators:
        raise ConvtoolError("there is no stage to explain")
    reader = with_nodata(reader, look.nodata)
    prepared = prepare(operators, reader.header, max_pixels)
    chain, output = prepared.chain, prepared.output
    box = _box(output, first, last)
    count = math.prod(stop - start for start, stop in box)
    if most is not None and count > most:
        raise ConvtoolError(
            f"found {count} values of the map, expected {most} at most: --from and --to take some"
        )
    height = output.size[1]
    wanted = box[0][0] * height + box[1][0], (box[0][1] - 1) * height + box[1][1]
    start, stop = rows_needed(chain, wanted)
    top, bottom = max(start - margin, 0), min(stop + margin, reader.header.height)
    read = read_rows(reader, top, bottom)
    rows = read[start - top : stop - top]
    tone, pixels = None, None
    if _fits_png(output):
        one = shown(prepared, FORMATS["png"], look)
        ((shown_chain, tone),) = with_extremes(reader, [one], check_threads(threads))
        if tone is not None:
            first_row, values = joined(trace(shown_chain, rows, start, wanted)[-1])
            pixels = Band(first_row, tone.pixels(values)[0])
    traced = trace(chain, rows, start, wanted)
    image = Band(top, read)
    return Walk(operators, prepared, image, traced, pixels, tone, look.range or "clip", box)


def _box(
    output: Header, first: Sequence[int] | None, last: Sequence[int] | None
) -> tuple[Pair, Pair, Pair]:
    """(first, last) of slices, rows and columns, last not counted."""
    height = output.size[1]
    corners = []
    for place, usual in ((first, (0, 0, 0)), (last, tuple(n - 1 for n in output.size))):
        row, col = _within(output, place) if place else (0, 0)
        corners.append((*divmod(row, height), col) if place else usual)
    box = tuple((start, stop + 1) for start, stop in zip(*corners, strict=True))
    if any(start >= stop for start, stop in box):
        named = [",".join(map(str, one[output.depth == 1 :])) for one in corners]
        raise ConvtoolError(
            f"the values from {named[0]} to {named[1]} are none, expected the first place before "
            "the last, above it and at its left"
        )
    slices, rows, cols = box
    return slices, rows, cols


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
