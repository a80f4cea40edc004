"""The sliding window as an animation: input, kernel, products and sum, and the map filling up."""

from collections.abc import Callable, Iterable, Iterator
from typing import BinaryIO, NamedTuple

import numpy as np
from PIL import Image

from ..core.dtypes import FLOAT64
from ..core.image import Header
from ..core.metadata import Metadata, Timing
from ..core.validation import Pair
from ..inspect.explain import Walk
from ..inspect.steps.base import Calculation, Patch, numeral
from ..inspect.whole import Whole
from ..io.base import Writer
from ..io.changes import Changes
from ..io.formats import Format
from . import canvas
from .canvas import BODY, FAINT, GAP, SMALL, TITLE, Block, Color, Colors
from .explanations import windows_block
from .layout import Entries, steps_of, terms_of, windows_of
from .overview import Overview, peaks_of
from .palette import flat_colors, palette
from .raster import painted
from .sliding import Frame, Panel, Sights, frames, stage_field, under_all
from .windows import Paint, Peaks, Widths, input_block

MOST_FRAMES = 1000
"""Values of a map that an animation is meant for."""

LAST = 4
"""The last frame, the whole map, is shown so many times as long as the others."""

HEADING = BODY + 4


class Style(NamedTuple):
    """How an animation is shown."""

    fps: float = 2.0
    """Frames in a second."""
    scale: float = 1.0
    """Its size, 1: letters of 18 pixels."""
    dark: bool = False


class Sizes(NamedTuple):
    """What all frames have room for, so that nothing moves except the window."""

    widths: Widths
    windows: Pair
    """(width, height) in pixels, as those that follow."""
    texts: Pair
    numbers: Pair
    value: str
    """The widest value of the map."""


def draw(
    walk: Walk,
    name: str,
    file: BinaryIO,
    format_: Format,
    style: Style,
    whole: Whole | None = None,
    written: Callable[[], None] = lambda: None,
) -> None:
    """Write the values of a walk over the map of the image `name` as an animation, to an open
    file, frame by frame: one for each value, in reading order.

    With the whole input and map these are shown as pictures, else in numbers: all of them, or the
    part around the window. `written` is called after each frame.

    Raises ConvtoolError where a frame would be too large.
    """
    writer: Writer | None = None
    drawing = _Drawing(walk, name, style, whole)
    for pixels in drawing.frames():
        if writer is None:
            changes = Changes(drawing.palette)
            writer = _writer(file, format_, pixels, len(walk), style, changes)
        writer.write(writer.encode(pixels))
        written()
    assert writer is not None  # a map has values
    writer.close()


def _writer(
    file: BinaryIO, format_: Format, frame: Colors, count: int, style: Style, changes: Changes
) -> Writer:
    """What writes frames like this one."""
    height = len(frame)
    header = Header.of_array(frame)._replace(height=height * count, depth=count)
    each = 1000 / style.fps
    timing = Timing((each,) * (count - 1) + (LAST * each,), 0)
    metadata = Metadata(timing=timing)
    match format_.name:
        case "gif":
            from ..io.gif_changes import GifChangesWriter

            return GifChangesWriter(file, header, metadata, changes)
        case "png":
            from ..io.png.changes import PngChangesWriter

            return PngChangesWriter(file, header, metadata, changes)
        case _:
            from ..io.webp_changes import WebpChangesWriter

            return WebpChangesWriter(file, header, metadata, changes)


class _Drawing:
    """Draws the frames of a walk."""

    def __init__(self, walk: Walk, name: str, style: Style, whole: Whole | None) -> None:
        self._walk, self._style, self._whole = walk, style, whole
        field, count = stage_field(walk, next(walk.places)), len(walk.prepared.stages)
        self._outside = field.border
        self._name = name
        self._stage = f"{count}. {field.label}" if count > 1 else field.label
        self._of = f"the map of stage {count - 1}" if count > 1 else "the image"
        self._sights = Sights.of(walk)
        self._measure()
        self._lay_out()

    def frames(self) -> Iterator[Colors]:
        """The pixels (H, W, 3) of each."""
        for frame in frames(self._walk, self._sights):
            yield self._finished(self._page(frame))

    def _measure(self) -> None:
        """Go through all frames, to see what they need room for."""
        widths, peaks = Widths(), Peaks()
        shapes: dict[object, Calculation] = {}
        texts, numbers, values = {""}, {""}, {""}
        for frame in frames(self._walk, self._sights):
            for panel in frame.panels:
                one = panel.calculation
                patches = _patches(one)
                seen = [*patches, *(part.patch for part in panel.parts)]
                widths, peaks = widths.joined(Widths.of(seen)), peaks.joined(Peaks.of(seen))
                shapes[tuple((p.number, p.slice, p.pixels.shape) for p in patches)] = one
                steps = _steps(panel)
                texts.add("\n".join(text for text, _ in steps))
                numbers.add("\n".join(number for _, number in steps))
                values.add(numeral(one.value))
        if self._whole is not None:
            peaks = peaks.joined(peaks_of(self._whole.input))
        white = self._walk.input.white
        self._paint = Paint(peaks, white, self._style.dark)
        self._map_paint = self._paint_of_map()
        self._overview = None
        if self._whole is not None:
            room = under_all(self._walk)
            self._overview = Overview(self._whole, self._paint, self._map_paint, room)
        self._sizes = Sizes(
            widths,
            _largest([windows_block(one, white, widths) for one in shapes.values()]),
            _largest(map(_column, texts)),
            _largest(map(_numbers, numbers)),
            max(values, key=lambda text: canvas.words(text).width),
        )

    def _lay_out(self) -> None:
        """Go through them again, to see how large they are, and in which colours."""
        sizes, flat = set(), set[Color]()
        for frame in frames(self._walk, self._sights):
            page = self._page(frame)
            sizes.add(page.size)
            flat.update(flat_colors(page))
        self._size = max(width for width, _ in sizes), max(height for _, height in sizes)
        found = palette(flat)
        self.palette = canvas.inverted(found) if self._style.dark else found

    def _paint_of_map(self) -> Paint:
        """The colours of the map's values: greys where they all are within those of an image."""
        walk, whole = self._walk, self._whole
        slices, rows, cols = walk.box
        height, values = walk.output.size[1], walk.values
        top = slices[0] * height + rows[0] - values.top
        bottom = (slices[1] - 1) * height + rows[1] - values.top
        some = values.rows[top:bottom, slice(*cols)] if whole is None else whole.output
        peaks = peaks_of(some.astype(FLOAT64))
        return Paint(peaks, walk.output.white, self._style.dark)

    def _page(self, frame: Frame) -> Block:
        """A frame before it is scaled."""
        several = len(frame.panels) > 1
        panels = []
        for panel in frame.panels:
            blocks = [
                self._input(frame, panel),
                self._middle(panel),
                canvas.arrow(),
                self._map(frame, panel),
            ]
            block = canvas.beside(*blocks, gap=2 * GAP)
            name = canvas.words(panel.path.channel, HEADING)
            panels.append(canvas.above(name, block, gap=GAP // 2) if several else block)
        body = canvas.above(*panels, gap=2 * GAP)
        where = canvas.words(f"{self._walk.output.where(frame.found.row, frame.col)} of the map")
        head = canvas.named(self._name, self._stage, body.width, TITLE)
        remarks = canvas.words("; ".join(self._remarks(frame)) or " ", SMALL, FAINT)
        return canvas.on_page(canvas.above(head, where, body, remarks))

    def _input(self, frame: Frame, panel: Panel) -> Block:
        """The input and the window on it: its slices side by side, its channels one below the
        other."""
        rows: dict[int, list[Block]] = {}
        slices = len({part.patch.slice for part in panel.parts})
        channels = len({part.patch.number for part in panel.parts})
        for patch, empty, marked in panel.parts:
            if self._overview:
                block = self._overview.input(patch, frame.spans, named=slices > 1)
            else:
                block = input_block(
                    patch, empty, marked, self._paint, self._sizes.widths, named=slices > 1
                )
            if channels > 1:
                block = canvas.beside(canvas.words(patch.channel), block)
            rows.setdefault(patch.number, []).append(block)
        return canvas.above(*(canvas.beside(*row) for row in rows.values()))

    def _middle(self, panel: Panel) -> Block:
        """The window, the kernel, the products, and the steps to the value."""
        sizes = self._sizes
        drawn = windows_block(
            panel.calculation, self._walk.input.white, sizes.widths, paint=self._paint
        )
        steps = _steps(panel)
        texts = _column("\n".join(text for text, _ in steps))
        numbers = _numbers("\n".join(number for _, number in steps))
        told = canvas.beside(
            _in_room(texts, sizes.texts), _in_room(numbers, sizes.numbers, "end"), align="start"
        )
        return canvas.above(_in_room(drawn, sizes.windows), told)

    def _map(self, frame: Frame, panel: Panel) -> Block:
        """The map so far."""
        if self._overview:
            number = panel.calculation.number
            return self._overview.output(frame.slice, number, frame.row, frame.col)
        marked = np.zeros((len(frame.rows), len(frame.cols)), bool)
        marked[frame.row - frame.rows.start, frame.col - frame.cols.start] = True
        values = np.array([[value or 0 for value in row] for row in panel.values], FLOAT64)
        colors = self._map_paint.pixels(values)
        colors[[[value is None for value in row] for row in panel.values]] = canvas.GROUND
        return canvas.grid(
            [["" if value is None else numeral(value) for value in row] for row in panel.values],
            colors,
            rows=list(map(str, frame.rows)),
            cols=list(map(str, frame.cols)),
            marked=marked,
            least=self._sizes.value,
            name=f"slice {frame.slice}" if self._walk.output.depth > 1 else "",
        )

    def _remarks(self, frame: Frame) -> Iterator[str]:
        """What else is to be said of a frame."""
        parts = [part.patch for panel in frame.panels for part in panel.parts]
        if self._overview:
            parts = [patch for panel in frame.panels for patch in _patches(panel.calculation)]
        if any(patch.apart != (1, 1) for patch in parts):
            yield "hatched: zeros between the pixels and around them; the kernel is turned around"
        elif any(patch.border.any() for patch in parts):
            outside = self._outside
            yield f"hatched: {outside if outside == 'padding' else f'border ({outside})'}"
        header = self._walk.input
        if not self._overview and header.size[1:] != tuple(map(len, self._seen(parts[0]))):
            height, width = header.size[1:]
            yield f"a part of {self._of}, which is {height}x{width}"
        if len(frame.found.paths) > len(frame.panels):
            yield f"{len(frame.found.paths) - len(frame.panels)} channels more are left out"

    def _seen(self, patch: Patch) -> tuple[set[int], set[int]]:
        """The rows and columns of the input that are shown."""
        rows, cols = (
            {position // apart for position in positions if position % apart == 0} & {*range(size)}
            for positions, apart, size in zip(
                (patch.rows, patch.cols), patch.apart, self._walk.input.size[1:], strict=True
            )
        )
        return rows, cols

    def _finished(self, page: Block) -> Colors:
        """The pixels of a frame."""
        picture = painted(_in_room(page, self._size))
        if self._style.scale != 1:
            width, height = (max(round(n * self._style.scale), 1) for n in picture.size)
            canvas.room(width, height)
            picture = picture.resize((width, height), Image.Resampling.HAMMING)
        pixels = np.asarray(picture)
        return canvas.inverted(pixels) if self._style.dark else pixels


def _patches(one: Calculation) -> list[Patch]:
    return [patch for term in terms_of(one) for patch in windows_of(term)[0]]


def _steps(panel: Panel) -> Entries:
    """The steps to the value of the map, which becomes no pixel here."""
    return steps_of(panel.calculation, panel.path._replace(steps=()), is_last=True)


def _column(texts: str) -> Block:
    """Lines of words."""
    return canvas.lines([(text, "") for text in texts.split("\n")])


def _numbers(numbers: str) -> Block:
    """Lines of numbers, aligned at the right."""
    return canvas.lines([("", number) for number in numbers.split("\n")])


def _largest(blocks: Iterable[Block]) -> Pair:
    """(width, height) that all of them fit into."""
    widths, heights = zip(*((block.width, block.height) for block in blocks), strict=True)
    return max(widths), max(heights)


def _in_room(block: Block, size: Pair, align: canvas.Align = "start") -> Block:
    """A block in a room of at least this (width, height)."""
    width, height = size
    wide = canvas.above(canvas.room(width, 1), block, gap=-1, align=align)
    return canvas.beside(canvas.room(1, height), wide, gap=-1, align="start")
