"""An image through operators into a file, as pixels or as numbers."""

from collections.abc import Sequence
from contextlib import closing
from functools import reduce
from typing import Any, BinaryIO, NamedTuple

import numpy as np

from ..core.choices import Compression, Range
from ..core.dtypes import Array, DType, is_integer
from ..core.errors import ConvtoolError
from ..core.image import Header
from ..core.threads import check_threads
from ..io.base import Reader
from ..io.formats import Format
from ..ops.base import Operator
from ..ops.conv import Conv
from ..ops.conv_stage import ConvStage
from ..ops.pointwise import Relu
from .bands import Segment, bands, segments
from .tone import Extremes, Lost, Tone


class Report(NamedTuple):
    """What became of a job."""

    output: Header
    values: int
    """Values in the map, alpha aside."""
    lost: Lost
    """Those of them that the pixels do not show."""
    narrowed: bool = False
    """Whether 16 bits became 8, as the format holds no more of such a map."""


def filter_image(
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
    chain, tone = shown(reader.header, operators, format_, range_, depth)
    output = chain[-1].output
    if tone:
        tone = with_extremes(tone, reader, chain, count)
        if len(output.channels) in (2, 4) and not output.has_alpha and not format_.layers:
            raise ConvtoolError(
                f"the last of {len(output.channels)} maps would be alpha in {format_.name}: "
                "NPY and CSV hold them as they are"
            )
        output = output._replace(dtype=tone.dtype)
    writer = format_.write(file, output, reader.metadata, compression)

    def encode(band: Array) -> tuple[Any, Lost]:
        pixels, lost = tone.pixels(band) if tone else (band, Lost())
        return writer.encode(pixels), lost

    lost = Lost()
    with closing(bands(reader, chain, encode, count)) as encoded:
        for band, lost_here in encoded:
            writer.write(band)
            lost = lost.plus(lost_here)
    writer.close()
    values = output.height * output.width * output.colors
    narrowed = tone is not None and output.white == 65535 and tone.depth == 8 and depth is None
    return Report(chain[-1].output, values, lost, narrowed)


def shown(
    header: Header,
    operators: Sequence[Operator],
    format_: Format,
    range_: Range,
    depth: int | None,
) -> tuple[list[Segment], Tone | None]:
    """What makes the values that a format gets, and what makes pixels of them, if it holds these.

    Where the tone needs the map's extremes, these are still to be found.
    """
    chain = segments(operators, header)
    if not format_.pixels:
        return chain, None
    output = chain[-1].output
    tone = Tone(range_, output.white, _depth(output, format_, depth), output.has_alpha)
    if tone.rounds_to:
        chain = segments(_rounding(operators, chain, tone.rounds_to), header)
    return chain, tone


def with_extremes(tone: Tone, reader: Reader, chain: Sequence[Segment], threads: int) -> Tone:
    """The tone with the map's extremes, if it needs them: a pass over the image finds them."""
    if not tone.needs_extremes:
        return tone
    found = bands(reader, chain, tone.extremes_of, threads)
    return tone._replace(extremes=reduce(Extremes.plus, found))


def _rounding(
    operators: Sequence[Operator], chain: Sequence[Segment], dtype: DType
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
    operator, stage = operators[last] if last >= 0 else None, chain[-1].windowed
    if (
        isinstance(operator, Conv)
        and isinstance(stage, ConvStage)
        and is_integer(stage.input.dtype)
        and not is_integer(stage.output.dtype)
        and (not stage.input.has_alpha or np.can_cast(stage.input.dtype, dtype))
    ):
        rounding[last] = operator.rounded(dtype)
    return rounding


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
