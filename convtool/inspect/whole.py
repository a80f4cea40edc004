"""The whole input of a pipeline's last stage, and the whole map."""

from collections.abc import Sequence
from typing import NamedTuple

from ..core.dtypes import Array
from ..core.image import Header
from ..io.base import Reader
from ..io.limits import MAX_PIXELS
from ..ops.base import Operator
from ..pipeline.nodata import with_nodata
from ..pipeline.prepare import prepare
from .trace import joined, read_rows, trace


class Whole(NamedTuple):
    """All values, (D, H, W, C), as the engine computes them."""

    input: Array
    output: Array


def whole(
    reader: Reader,
    operators: Sequence[Operator],
    *,
    nodata: float | None = None,
    max_pixels: int = MAX_PIXELS,
) -> Whole:
    """What goes into the last of the operators, and what comes out, of an image or a volume where
    pixels of the value `nodata` are missing. All of it is kept in memory.

    Raises ConvtoolError as `explain` does.
    """
    reader = with_nodata(reader, nodata)
    header = reader.header
    image = read_rows(reader, 0, header.height)
    *before, _ = operators
    given = _map(image, header, before, max_pixels) if before else _slices(image, header)
    return Whole(given, _map(image, header, operators, max_pixels))


def _map(image: Array, header: Header, operators: Sequence[Operator], max_pixels: int) -> Array:
    prepared = prepare(operators, header, max_pixels)
    output = prepared.output
    _, rows = joined(trace(prepared.chain, image, 0, (0, output.height))[-1])
    return _slices(rows, output)


def _slices(rows: Array, header: Header) -> Array:
    return rows.reshape(*header.size, len(header.channels))
