"""What the frames of an animation show: the window on the input, and the map so far."""

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

import numpy as np

from ..core.dtypes import Array
from ..core.validation import Pair
from ..inspect.explain import Explanation, Path, Walk
from ..inspect.receptive_field import StageField, stage_fields
from ..inspect.steps.base import Calculation, Patch, Value, item
from ..inspect.stretched import Stretched
from .layout import MOST_CHANNELS, terms_of, windows_of

MOST = 16
"""Rows or columns of an input or a map that are shown whole."""


class Part(NamedTuple):
    """A part of the input, in one channel and slice."""

    patch: Patch
    empty: Array
    """Which of its elements are padding, which has no value."""
    marked: Array
    """Which of its elements are under the window."""


class Panel(NamedTuple):
    """What a frame shows of one channel of the map."""

    path: Path
    calculation: Calculation
    """How the last stage computes the value."""
    parts: tuple[Part, ...]
    values: tuple[tuple[Value | None, ...], ...]
    """The part of the map, row by row; None for values that are still to come, or left out."""


class Frame(NamedTuple):
    """What one frame shows."""

    found: Explanation
    slice: int
    rows: range
    cols: range
    """The part of the map that is shown."""
    row: int
    col: int
    """Where the value stands in the map, in its slice."""
    spans: tuple[Pair, Pair]
    """The rows and columns (first, last) of the input under the window, last not counted."""
    panels: tuple[Panel, ...]


class Sight(NamedTuple):
    """How much of rows or columns there is to see."""

    first: int
    last: int
    """Not counted."""
    most: int

    @classmethod
    def of(cls, size: int, used: Pair) -> "Sight":
        """Of a map of this size: all of it if that is small, and the positions that are used."""
        if size > MOST:
            return cls(*used, MOST)
        return cls(min(used[0], 0), max(used[1], size), 2 * MOST)

    @property
    def is_whole(self) -> bool:
        """Whether all is shown at once."""
        return self.last - self.first <= self.most

    def around(self, first: int, last: int) -> range:
        """The positions that are shown while these are looked at.

        They move on by half of what is shown, and not with every step: so the eye has rest.
        """
        if self.is_whole:
            return range(self.first, self.last)
        half = self.most // 2
        start = (first + last) // 2 - half
        if last - first <= half:
            start = first - (first - self.first) % half
        start = min(max(start, self.first), self.last - self.most)
        return range(start, start + self.most)


class Sights(NamedTuple):
    """Those of an input and of its map, each along rows and columns."""

    input: tuple[Sight, Sight]
    output: tuple[Sight, Sight]

    @classmethod
    def of(cls, walk: Walk) -> "Sights":
        """Those of the windows of all values."""
        stretched = Stretched.of(walk)
        size = stretched.size if stretched else walk.input.size[1:]
        used = under_all(walk, stretched)
        return cls(_sights(size, used), _sights(walk.output.size[1:], walk.box[1:]))


def under_all(walk: Walk, stretched: Stretched | None = None) -> tuple[Pair, Pair]:
    """The rows and columns (first, last) of the last stage's input under the windows of all values:
    from the first window to the last."""
    height = walk.output.size[1]
    slices, rows, cols = walk.box
    first = slices[0] * height + rows[0], cols[0]
    last = (slices[1] - 1) * height + rows[1] - 1, cols[1] - 1
    (top, left), (bottom, right) = (
        _spans_of(stage_field(walk, place), place, stretched) for place in (first, last)
    )
    return (top[0], bottom[1]), (left[0], right[1])


def stage_field(walk: Walk, place: Pair) -> StageField:
    """The last stage, and the window of a value in its input."""
    return stage_fields(walk.operators, walk.prepared.stages, walk.prepared.input, place)[0]


def _spans_of(
    field: StageField, place: Pair, stretched: Stretched | None = None
) -> tuple[Pair, Pair]:
    """The rows and columns of the last stage's input under the window, last not counted."""
    if stretched:
        return stretched.spans(*place)
    *_, rows, cols = field.region.spans
    return rows, cols


def frames(walk: Walk, sights: Sights) -> Iterator[Frame]:
    """The frames, one for each value of the map that is explained."""
    values, stretched = walk.values, Stretched.of(walk)
    height = walk.output.size[1]
    for found in walk:
        place = found.row, found.col
        number, row = divmod(found.row, height)
        rows, cols = (
            sight.around(o, o + 1) for sight, o in zip(sights.output, (row, found.col), strict=True)
        )
        places = [
            sight.around(*span)
            for sight, span in zip(
                sights.input, _spans_of(found.fields[0], place, stretched), strict=True
            )
        ]
        panels = []
        for channel, path in enumerate(found.paths[:MOST_CHANNELS]):
            shown = tuple(
                tuple(
                    item(values.rows[number * height + i - values.top, j, channel])
                    if _is_seen(walk, (i, j), (row, found.col))
                    else None
                    for j in cols
                )
                for i in rows
            )
            one = path.calculations[0]
            if stretched:
                one = stretched.calculation(one)
            around = stretched.around if stretched else walk.around
            panels.append(Panel(path, one, _parts(one, around, *places), shown))
        spans = _spans_of(found.fields[0], place)
        yield Frame(found, number, rows, cols, row, found.col, spans, tuple(panels))


def _sights(sizes: Iterable[int], used: Iterable[Pair]) -> tuple[Sight, Sight]:
    rows, cols = (Sight.of(size, some) for size, some in zip(sizes, used, strict=True))
    return rows, cols


def _is_seen(walk: Walk, place: Pair, now: Pair) -> bool:
    """Whether a value of the slice has been explained by now."""
    inside = all(a <= o < b for o, (a, b) in zip(place, walk.box[1:], strict=True))
    return inside and place <= now


def _parts(
    one: Calculation,
    around: Callable[[Patch, range, range], Patch],
    rows: range,
    cols: range,
) -> tuple[Part, ...]:
    """The input around the windows of a value, in the channels and slices where these lie."""
    parts: dict[Pair, Part] = {}
    for term in terms_of(one):
        for window in windows_of(term)[0]:
            key = window.number, window.slice
            if key not in parts:
                patch = around(window, rows, cols)
                # Of a convolution, what a constant border holds counts.
                empty = ~patch.has_source & (window.weights is None)
                parts[key] = Part(patch, empty, np.zeros(patch.pixels.shape, bool))
            patch, _, marked = parts[key]
            under = np.logical_and.outer(
                np.isin(patch.rows, window.rows), np.isin(patch.cols, window.cols)
            )
            marked |= under if window.elements is None else under & _spread(window, patch)
    return tuple(parts.values())


def _spread(window: Patch, patch: Patch) -> Array:
    """Which elements of a part of the input are elements of a window with gaps."""
    assert window.elements is not None
    places = {(window.rows[i], window.cols[j]) for i, j in np.argwhere(window.elements).tolist()}
    found: Array = np.array([[(i, j) in places for j in patch.cols] for i in patch.rows], bool)
    return found
