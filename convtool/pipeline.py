"""An image through a chain of stages, band by band, from a reader to a writer."""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import BinaryIO

import numpy as np

from .arguments import Pair
from .errors import ConvtoolError
from .image import Header
from .precision import Array
from .readers.array import Reader
from .stage import Operator, Stage, cuts, run_band
from .tone import Extremes, Lost, Tone
from .words import Range
from .writers import Format


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


@dataclass(frozen=True)
class ChainStage:
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


@dataclass(frozen=True)
class Report:
    """What became of a job."""

    output: Header
    values: int
    """Values in the map, alpha aside."""
    lost: Lost
    """Those of them that the pixels do not show."""


def run(
    reader: Reader,
    operators: Sequence[Operator],
    file: BinaryIO,
    format_: Format,
    *,
    range_: Range = "clip",
    depth: int | None = None,
) -> Report:
    """Read an image, run the operators on it, and write the map to an open file.

    A format of pixels gets the map's values as `range_` shows them, 8 or 16 bits deep
    (default: as the image, where the format can); a format of numbers gets them as they are.

    Raises ConvtoolError where the operators, the format and the image do not go together.
    """
    stage = Chain(operators).bind(reader.header)
    output = stage.output
    values = output.height * output.width * output.colors
    if not format_.pixels:
        writer = format_.write(file, output)
        for band in bands(reader, stage):
            writer.write(band)
        writer.close()
        return Report(output, values, Lost())
    tone = Tone(range_, output.white, _depth(output, format_, depth), output.has_alpha)
    writer = format_.write(file, replace(output, dtype=tone.dtype))
    if tone.needs_extremes:
        extremes = Extremes()
        for band in bands(reader, stage):
            extremes = extremes.including(tone.colors(band))
        tone = replace(tone, extremes=extremes)
    lost = Lost()
    for band in bands(reader, stage):
        pixels, lost_here = tone.pixels(band)
        lost += lost_here
        writer.write(pixels)
    writer.close()
    return Report(output, values, lost)


def bands(reader: Reader, stage: Stage) -> Iterator[Array]:
    """The stage's output in bands of rows, from top to bottom, in one pass over the image.

    Of the image only the rows that this band or a later one needs are kept. Where a band needs
    rows far down, as the first one does with a "wrap" border, that is all of it.
    """
    bands_out = cuts(stage, reader.header.row_elements)
    needed = [stage.rows_needed(*band) for band in bands_out]
    kept_from = list(accumulate((start for start, _ in reversed(needed)), min))[::-1]
    rows = _Rows(reader.blocks())
    for band, (start, stop), oldest in zip(bands_out, needed, kept_from, strict=True):
        rows.forget(oldest)
        yield run_band(stage, rows.take(start, stop), start, *band)


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
    can = format_.deep and len(output.channels) == 1
    if asked == 16 and not can:
        raise ConvtoolError(
            f"this map of {len(output.channels)} channel(s) cannot be {format_.name} of 16 bits: "
            "only grey maps (--gray) as PNG, TIFF or PPM can; NPY holds exact values of any map"
        )
    if asked is not None:
        return asked
    return 16 if can and output.white == 65535 else 8
