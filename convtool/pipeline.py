"""An image through a chain of stages, band by band, from a reader to a writer."""

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing
from functools import reduce
from itertools import accumulate
from typing import Any, BinaryIO, NamedTuple, TypeVar

import numpy as np

from .arguments import Pair
from .conv import Conv, ConvStage
from .errors import ConvtoolError
from .image import Header
from .pointwise import Relu
from .precision import Array, DType, is_integer
from .readers.array import Reader
from .stage import Operator, Stage, cuts, run_band
from .threads import check_threads, in_order
from .tone import Extremes, Lost, Tone
from .words import Compression, Range
from .writers import Format

LEAST_BANDS = 4
"""Bands of a small image, so that reading, computing and packing have something to share."""

Result = TypeVar("Result")


class Chain:
    """Several operators, each on the output of the one before."""

    def __init__(self, operators: Sequence[Operator]) -> None:
        self.operators = tuple(operators)

    def bind(self, header: Header) -> "ChainStage":
        """The stages for images of this description."""
        stages: list[Stage] = []
        output = header
        for operator in self.operators:
            stages.append(operator.bind(output))
            output = stages[-1].output
        return ChainStage(tuple(stages), output)


class ChainStage(NamedTuple):
    """`Chain` bound to an image: each stage computes just the rows that the next one needs."""

    stages: tuple[Stage, ...]
    output: Header

    def rows_needed(self, first: int, last: int) -> Pair:
        """The rows of the image that the output rows first..last - 1 are made of."""
        return self._spans(first, last)[0]

    def run(self, band: Array, top: int, first: int, out: Array) -> None:
        """Write the output rows from `first` on."""
        last = first + len(out)
        if not self.stages:
            out[...] = band[first - top : last - top]
            return
        spans = self._spans(first, last)
        *stages, final = self.stages
        for stage, span in zip(stages, spans[1:-1], strict=True):
            band = run_band(stage, band, top, *span)
            top = span[0]
        final.run(band, top, first, out)

    def _spans(self, first: int, last: int) -> list[Pair]:
        """The rows (first, last) between the stages, from the image's to the output's."""
        spans = [(first, last)]
        for stage in reversed(self.stages):
            spans.append(stage.rows_needed(*spans[-1]))
        return spans[::-1]


class Report(NamedTuple):
    """What became of a job."""

    output: Header
    values: int
    """Values in the map, alpha aside."""
    lost: Lost
    """Those of them that the pixels do not show."""
    narrowed: bool = False
    """Whether 16 bits became 8, as the format holds no more of such a map."""


def run(
    reader: Reader,
    operators: Sequence[Operator],
    file: BinaryIO,
    format_: Format,
    *,
    range_: Range = "clip",
    depth: int | None = None,
    compression: Compression = "fast",
    threads: int | None = None,
) -> Report:
    """Read an image, run the operators on it, and write the map to an open file.

    A format of pixels gets the map's values as `range_` shows them, 8 or 16 bits deep
    (default: as the image, where the format can); a format of numbers gets them as they are.
    PNG heeds `compression`. The bytes do not depend on `threads` (None: what `set_threads` says).

    Raises ConvtoolError where the operators, the format and the image do not go together.
    """
    count = check_threads(threads)
    stage = Chain(operators).bind(reader.header)
    output, tone = stage.output, None
    if format_.pixels:
        tone = Tone(range_, output.white, _depth(output, format_, depth), output.has_alpha)
        if tone.rounds_to:
            stage = Chain(_rounding(operators, stage.stages, tone.rounds_to)).bind(reader.header)
        if tone.needs_extremes:
            found = bands(reader, stage, tone.extremes_of, count)
            tone = tone._replace(extremes=reduce(Extremes.plus, found))
        output = output._replace(dtype=tone.dtype)
    writer = format_.write(file, output, reader.metadata, compression)

    def encode(band: Array) -> tuple[Any, Lost]:
        pixels, lost = tone.pixels(band) if tone else (band, Lost())
        return writer.encode(pixels), lost

    lost = Lost()
    with closing(bands(reader, stage, encode, count)) as encoded:
        for band, lost_here in encoded:
            writer.write(band)
            lost = lost.plus(lost_here)
    writer.close()
    values = output.height * output.width * output.colors
    narrowed = tone is not None and output.white == 65535 and tone.depth == 8 and depth is None
    return Report(stage.output, values, lost, narrowed)


def bands(
    reader: Reader, stage: Stage, work: Callable[[Array], Result], threads: int
) -> Generator[Result]:
    """``work(band)`` of every band of the stage's output, in order, in one pass over the image.

    While bands are computed and worked on by some threads, the image is read on by this one.
    """

    def on_band(cut: _Cut) -> Result:
        return work(run_band(stage, cut.rows, cut.top, *cut.band))

    return in_order(on_band, _cuts(reader, stage), threads)


class _Cut(NamedTuple):
    """What one band of the output is made of."""

    band: Pair
    top: int
    rows: Array
    """Those of the image from `top` on."""


def _cuts(reader: Reader, stage: Stage) -> Iterator[_Cut]:
    """The image's rows for each band.

    Of the image only the rows that this band or a later one needs are kept. Where a band needs
    rows far down, as the first one does with a "wrap" border, that is all of it.
    """
    bands_out = cuts(stage, reader.header.row_elements, LEAST_BANDS)
    needed = [stage.rows_needed(*band) for band in bands_out]
    kept_from = list(accumulate((start for start, _ in reversed(needed)), min))[::-1]
    rows = _Rows(reader.blocks())
    for band, (start, stop), oldest in zip(bands_out, needed, kept_from, strict=True):
        rows.forget(oldest)
        yield _Cut(band, start, rows.take(start, stop))
    rows.read_to_the_end()


def _rounding(
    operators: Sequence[Operator], stages: Sequence[Stage], dtype: DType
) -> list[Operator]:
    """The operators, with the convolution at their end rounding its own sums to `dtype`.

    It does so from exact sums, and sooner than the tone would from floats; cutting off what is
    negative after it comes to the same. Maps of floats may hold NaN, and are left alone, as are
    those whose alpha needs more room.
    """
    rounding = list(operators)
    last = len(operators) - 1
    while last >= 0 and isinstance(operators[last], Relu):
        last -= 1
    operator, stage = (operators[last], stages[last]) if last >= 0 else (None, None)
    if (
        isinstance(operator, Conv)
        and isinstance(stage, ConvStage)
        and is_integer(stage.input.dtype)
        and not is_integer(stage.output.dtype)
        and (not stage.input.has_alpha or np.can_cast(stage.input.dtype, dtype))
    ):
        rounding[last] = operator.rounded(dtype)
    return rounding


class _Rows:
    """The rows of an image that have been read and are still needed."""

    def __init__(self, blocks: Iterable[Array]) -> None:
        self._unread = iter(blocks)
        self._blocks: deque[Array] = deque()
        self._start = 0
        self._stop = 0

    def forget(self, oldest: int) -> None:
        """Let go of the blocks that lie before row `oldest`."""
        while self._blocks and self._start + len(self._blocks[0]) <= oldest:
            self._start += len(self._blocks.popleft())

    def read_to_the_end(self) -> None:
        """Let go of all, and read on for what may be wrong there."""
        self._blocks.clear()
        for _ in self._unread:
            pass

    def take(self, start: int, stop: int) -> Array:
        """The rows start..stop - 1."""
        while self._stop < stop:
            block = next(self._unread, None)
            if block is None:
                raise ConvtoolError(f"the image ends after {self._stop} rows, expected {stop}")
            self._blocks.append(block)
            self._stop += len(block)
        top, parts = self._start, []
        for block in self._blocks:
            part = block[max(start - top, 0) : max(stop - top, 0)]
            if len(part):
                parts.append(part)
            top += len(block)
        return parts[0] if len(parts) == 1 else np.concatenate(parts)


def _depth(output: Header, format_: Format, asked: int | None) -> int:
    """The bits of a pixel: as asked, else as deep as the image where the format can."""
    can = len(output.channels) in format_.deep
    if asked == 16 and not can:
        raise ConvtoolError(
            f"this map of {len(output.channels)} channel(s) cannot be {format_.name} of 16 bits: "
            "PNG can, of 1 to 4 channels; TIFF and PPM of grey maps (--gray); NPY holds any values"
        )
    if asked is not None:
        return asked
    return 16 if can and output.white == 65535 else 8
