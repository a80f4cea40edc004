"""The values of every map on the way to some rows of the last map, as the engine computes them.

Each map is computed in its usual bands, but only in those that the rows need. So the values are
the same, to the last bit, as in the map of a whole image.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ..core.dtypes import Array
from ..core.validation import Pair
from ..io.base import Reader
from ..ops.segment import Segment
from ..pipeline.row_buffer import Rows


class Traced(NamedTuple):
    """A band of a segment's output."""

    cut: Pair
    """The rows (first, last)."""
    maps: tuple[tuple[int, Array], ...]
    """(the first row's number, rows) of the segment's input, then of each of its stages' maps."""


def rows_needed(chain: Sequence[Segment], wanted: Pair) -> Pair:
    """The rows of the image that rows (first, last) of the last map need: those of whole bands."""
    return _wanted(chain, wanted)[0]


def read_rows(reader: Reader, start: int, stop: int) -> Array:
    """The rows start..stop - 1 of an image, which is read no further."""
    rows = Rows(reader.blocks())
    rows.forget(start)
    return rows.take(start, stop)


def trace(chain: Sequence[Segment], rows: Array, top: int, wanted: Pair) -> list[list[Traced]]:
    """For each segment the bands of its output that rows (first, last) of the last map need.

    `rows` are those of `rows_needed`, from row `top` of the image on.
    """
    found = []
    for segment, (first, last) in zip(chain, _wanted(chain, wanted)[1:], strict=True):
        bands = []
        for cut in _cuts(segment, first, last):
            start, stop = segment.rows_needed(*cut)
            band = rows[start - top : stop - top]
            bands.append(Traced(cut, ((start, band), *segment.steps(band, start, *cut))))
        found.append(bands)
        top, rows = joined(bands)
    return found


def joined(bands: Sequence[Traced]) -> tuple[int, Array]:
    """(the first row's number, rows) of what comes out of a segment, of all these bands."""
    parts = [_output(band) for band in bands]
    return bands[0].cut[0], parts[0] if len(parts) == 1 else np.concatenate(parts)


def _output(band: Traced) -> Array:
    """The rows of a band that come out of its last stage."""
    top, rows = band.maps[-1]
    first, last = band.cut
    return rows[first - top : last - top]


def _cuts(segment: Segment, first: int, last: int) -> list[Pair]:
    """The bands of a segment's output that hold the rows first..last - 1."""
    return [cut for cut in segment.cuts() if cut[0] < last and cut[1] > first]


def _wanted(chain: Sequence[Segment], last: Pair) -> list[Pair]:
    """The rows of the image, then of each segment's output, that rows of the last map need."""
    wanted = [last]
    for segment in reversed(chain):
        needed = [segment.rows_needed(*cut) for cut in _cuts(segment, *wanted[0])]
        wanted.insert(0, (min(start for start, _ in needed), max(stop for _, stop in needed)))
    return wanted
