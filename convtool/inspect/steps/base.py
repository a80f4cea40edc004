"""How one value of a map is calculated: window, weights, products, sum, divisor, bias.

All numbers are calculated once more, from the definition and independently of the engine, and
compared with the engine's value.
"""

import math
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np

from ...core.border import OUTSIDE, Positions, sources_of
from ...core.choices import Border
from ...core.dtypes import EXACT_IN_FLOAT64, FLOAT64, Array, DType, is_integer, is_whole
from ...core.errors import ConvtoolError
from ...core.image import Header
from ...core.slices import Grid
from ...core.validation import Pair

Value = int | float

OFF = 1e-5
"""How far a sum in float32 may be off, as a share of the largest that there could be."""

HUGE = 2.0**1000
"""Parts of a sum as large as this may overflow float64 on the way, depending on their order."""

PIECE = 1 << 18
"""Values that are copied at a time: a band may be a whole image."""

Place = tuple[int, int, int]
"""(row, column, channel) of a map, whose rows are counted through all slices."""


class Patch(NamedTuple):
    """What lies under a window in one channel of a map, on one slice of it."""

    channel: str
    number: int
    """The channel's number."""
    slice: int
    rows: tuple[int, ...]
    cols: tuple[int, ...]
    """Positions of the elements; those below 0 or past the end lie in the border."""
    source_rows: Positions
    source_cols: Positions
    """The positions in the map that they are copies of, rows counted through all slices; OUTSIDE
    where the border is a constant."""
    pixels: Array
    """The elements, those in the border included."""
    border: Array
    """Which of them lie in the border."""
    weights: Array | None = None
    products: Array | None = None
    elements: Array | None = None
    """Which of them are elements of the window; None: all."""
    apart: Pair = (1, 1)
    """Positions from a row, and from a column, of the map to the next: zeros lie between them where
    the input of a transposed convolution is stretched."""

    @property
    def outside(self) -> Pair:
        """How many elements lie in the border, and how many there are."""
        border = self.border if self.elements is None else self.border[self.elements]
        return int(border.sum()), border.size

    @property
    def has_source(self) -> Array:
        """Which of the elements are pixels of the map, or copies of them."""
        found: Array = np.logical_and.outer(
            self.source_rows != OUTSIDE, self.source_cols != OUTSIDE
        )
        return found if self.elements is None else found & self.elements


class Step(NamedTuple):
    """A step of a calculation, and what it comes to."""

    text: str
    value: Value


class Followed(NamedTuple):
    """The element of a window that a value is followed back to."""

    patch: int
    """The number of the patch."""
    row: int
    col: int
    """Its place in the patch."""
    number: int
    """The channel of the map before."""
    source: Pair
    """Its (row, column) in that map, rows counted through all slices."""
    why: str
    term: int = 0
    """The number of the map, where several are combined."""


class Calculation(NamedTuple):
    """How one value of a stage's map is calculated."""

    stage: str
    """What the stage is called."""
    kind: str
    """conv, max, min, mean, sum, median, lp, relu, ..., combine, weighted, within, only where the
    image stays, or carried for alpha."""
    channel: str
    number: int
    row: int
    col: int
    """Where the value stands in the map, rows counted through all slices."""
    patches: tuple[Patch, ...]
    """The windows, one a channel and slice; none where maps are combined."""
    terms: "tuple[Calculation, ...]"
    """Where maps are combined, the calculation of the value of each."""
    steps: tuple[Step, ...]
    value: Value
    """The engine's value."""
    followed: Followed | None
    """None for a window that holds nothing but a constant border."""
    off: float = 0.0
    """How far the engine's value may be from the exact one."""


class Band(NamedTuple):
    """Rows (n, W, C) of a map, from row `top` on."""

    top: int
    rows: Array

    def holds(self, row: int) -> bool:
        """Whether a row of the map is one of them."""
        return self.top <= row < self.top + len(self.rows)


def numeral(value: Value) -> str:
    """A number for people: whole ones in full, others to six digits.

    >>> numeral(-27.0), numeral(2 / 3), numeral(float("inf"))
    ('-27', '0.666667', 'inf')
    """
    if isinstance(value, int) or (math.isfinite(value) and value == int(value)):
        digits = str(int(value))
        if len(digits) <= 15:
            return digits
    return f"{value:.6g}"


def patches_of(
    band: Band, header: Header, grid: Grid, place: Pair, index: int, fill: float = 0
) -> tuple[Patch, ...]:
    """The window at `place` of the output, in a channel of a map, slice by slice."""
    number, row = divmod(place[0], grid.rows.output)
    slices, rows, cols = (
        tuple(axis.positions(o)) for axis, o in zip(grid.axes, (number, row, place[1]), strict=True)
    )
    return tuple(patch_at(band, header, (z, rows, cols), index, grid.border, fill) for z in slices)


def pixel_of(band: Band, header: Header, place: Pair, index: int) -> Patch:
    """A pixel of a channel of a map."""
    number, row = divmod(place[0], header.size[1])
    return patch_at(band, header, (number, (row,), (place[1],)), index, "edge", 0)


def patch_at(
    band: Band,
    header: Header,
    positions: tuple[int, tuple[int, ...], tuple[int, ...]],
    index: int,
    border: Border,
    fill: float,
) -> Patch:
    """The elements at this (slice, rows, columns) of one channel of a map."""
    depth, *size = header.size
    number, *lines = positions
    slice_ = int(sources_of(np.array(number), depth, border))
    rows, cols = (sources_of(np.array(p, int), n, border) for p, n in zip(lines, size, strict=True))
    rows = np.where((rows == OUTSIDE) | (slice_ == OUTSIDE), OUTSIDE, slice_ * size[0] + rows)
    made_up = np.logical_or.outer(rows == OUTSIDE, cols == OUTSIDE)
    taken = np.where(rows == OUTSIDE, 0, rows - band.top), np.where(cols == OUTSIDE, 0, cols)
    pixels = _plain(band.rows[np.ix_(*taken)][..., index], fill)
    pixels[made_up] = fill
    beyond = ((np.array(p) < 0) | (np.array(p) >= n) for p, n in zip(lines, size, strict=True))
    in_border = np.logical_or.outer(*beyond) | (not 0 <= number < depth)
    return Patch(header.channels[index], index, *positions, rows, cols, pixels, in_border)


def _plain(pixels: Array, fill: float) -> Array:
    """Pixels as numbers of 64 bits, which hold the fill as well."""
    if not is_integer(pixels.dtype) or not is_whole(fill) or not abs(fill) < EXACT_IN_FLOAT64:
        return pixels.astype(FLOAT64)
    if pixels.dtype.newbyteorder("=") == np.uint64:
        return pixels.astype(np.uint64 if fill == 0 else FLOAT64)
    return pixels.astype(np.int64)


def most(patches: tuple[Patch, ...], scores: list[Array], why: str) -> Followed | None:
    """The element of the highest score, the first of several; NaN is the highest of all.

    Elements that a constant border fills are left out.
    """
    found: list[tuple[float, int, int]] = []
    for number, (patch, score) in enumerate(zip(patches, scores, strict=True)):
        places = np.flatnonzero(patch.has_source)
        if places.size:
            ranked = np.nan_to_num(score.astype(FLOAT64), nan=np.inf).ravel()[places]
            best = int(np.argmax(ranked))
            found.append((float(ranked[best]), -number, int(places[best])))
    if not found:
        return None
    _, number, place = max(found, key=lambda one: one[:2])
    return followed(patches, -number, place, why)


def followed(patches: tuple[Patch, ...], number: int, place: int, why: str) -> Followed:
    """The element at a flat place of a patch."""
    patch = patches[number]
    row, col = divmod(place, len(patch.cols))
    source = int(patch.source_rows[row]), int(patch.source_cols[col])
    return Followed(number, row, col, patch.number, source, why)


def total(parts: list[Array]) -> Value:
    """The sum: exact for whole numbers, rounded once for floats; NaN if one is."""
    if all(is_integer(part.dtype) for part in parts):
        return sum(sum(part.ravel().tolist()) for part in parts)
    numbers = [number for part in parts for number in part.ravel().tolist()]
    try:
        return math.fsum(numbers)
    except (OverflowError, ValueError):  # infinities of both signs, or beyond the largest float
        with np.errstate(all="ignore"):
            return float(np.sum(numbers))


def exact(value: Value) -> Fraction | float:
    """A number as a fraction; NaN and infinity as they are."""
    return Fraction(value) if isinstance(value, int) or math.isfinite(value) else value


def as_float(value: Fraction | float) -> float:
    """The float nearest to it."""
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def check(where: str, found: Value, expected: Fraction | Value, dtype: DType, off: float) -> None:
    """Raise ConvtoolError if the engine's value is not the expected one.

    It may differ by `off`, and by the rounding to its own type.
    """
    wanted = expected if isinstance(expected, int) else as_float(expected)
    if is_integer(dtype) and off == 0 and math.isfinite(wanted):
        same = found == wanted
    else:
        with np.errstate(over="ignore"):
            rounded = float(dtype.type(wanted)) if dtype.kind == "f" else float(wanted)
        unit = float(np.finfo(dtype).eps) if dtype.kind == "f" else 0.0
        same = (
            found == rounded
            or (math.isnan(rounded) and math.isnan(found))
            or (off > 0 and abs(found - wanted) <= off + 2.0 * unit * abs(wanted))
        )
    if not same:
        raise ConvtoolError(
            f"{where}: the engine gives {found!r}, expected {wanted!r}; "
            "this is an error in convtool"
        )


def largest_of(rows: Array) -> float:
    """The largest magnitude of the finite pixels."""
    if is_integer(rows.dtype):
        return float(max(int(rows.max()), -int(rows.min())))
    height = max(1, PIECE // max(rows[0].size, 1))
    return max(_largest(rows[top : top + height]) for top in range(0, len(rows), height))


def _largest(rows: Array) -> float:
    values = np.abs(rows.astype(FLOAT64))
    return float(np.max(values, where=np.isfinite(values), initial=0.0))


def item(value: Any) -> Value:
    """A number of NumPy's as Python's own."""
    plain = value.item()
    return int(plain) if isinstance(plain, bool) else plain
