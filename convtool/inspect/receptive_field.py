"""What a value of a map depends on: its receptive fields in the image and in every map before."""

from collections.abc import Sequence
from typing import NamedTuple

from ..core import border
from ..core.choices import Border
from ..core.geometry import Axis
from ..core.image import Header
from ..core.validation import Pair, shape_words
from ..ops.base import Laid, Operator, Stage

Runs = tuple[Pair, ...]
"""Positions in order, as runs (first, last); last is not counted."""


class Region(NamedTuple):
    """The receptive field of a value in the image or in a map on the way."""

    spans: tuple[Pair, ...]
    """Positions (first, last) along rows and columns, last not counted, and along slices first if
    there are several; those outside the map lie in the border."""
    seen_along: tuple[Runs, ...]
    """The positions in the map that these are, or are copies of.

    All are empty if a constant fills all of the region.
    """

    def __str__(self) -> str:
        return place_of(*((span,) for span in self.spans))

    @property
    def size(self) -> str:
        """``3x3``"""
        return shape_words(tuple(last - first for first, last in self.spans))

    @property
    def is_seen(self) -> bool:
        """Whether any element comes from the map."""
        return all(self.seen_along)

    @property
    def is_inside(self) -> bool:
        """Whether no element lies in the border."""
        return tuple((span,) for span in self.spans) == self.seen_along

    @property
    def seen(self) -> str:
        """The positions in the map, in words."""
        return place_of(*self.seen_along)


def place_of(*along: Runs) -> str:
    """Rows and columns in words, after slices if there are some.

    >>> place_of(((0, 2), (9, 10)), ((5, 6),))
    'rows 0..1 and 9, column 5'
    """
    names = ("slice", "row", "column")[-len(along) :]
    return ", ".join(_runs(name, runs) for name, runs in zip(names, along, strict=True))


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


def stage_fields(
    operators: Sequence[Operator], stages: Sequence[Stage], image: Header, place: Pair
) -> tuple[StageField, ...]:
    """The receptive field in the input of each stage, the last stage first."""
    output = stages[-1].output
    number, row = divmod(place[0], output.size[1])
    spans = tuple((o, o + 1) for o in (number, row, place[1]))
    region = Region(spans, tuple((span,) for span in spans))
    inputs = [image, *(stage.output for stage in stages[:-1])]
    found = []
    for operator, stage, header in zip(
        reversed(operators), reversed(stages), reversed(inputs), strict=True
    ):
        region = _before(stage, header, region)
        outside = ", ".join(dict.fromkeys(laid.outside for laid in stage.laid))
        shown = region
        if header.depth == 1 and region.spans[0] == (0, 1):
            shown = Region(region.spans[1:], region.seen_along[1:])
        found.append(StageField(operator.label, header, stage.output, shown, outside))
    return tuple(found)


def _before(stage: Stage, header: Header, region: Region) -> Region:
    """The region of a stage's input behind a region of its map."""
    parts = [_under(laid, header, region) for laid in stage.laid]
    if not parts:
        return region
    spans = tuple(
        (min(start for start, _ in some), max(stop for _, stop in some))
        for some in zip(*(part.spans for part in parts), strict=True)
    )
    seen = tuple(
        border.joined(run for runs in some for run in runs)
        for some in zip(*(part.seen_along for part in parts), strict=True)
    )
    return Region(spans, seen)


def _under(laid: Laid, header: Header, region: Region) -> Region:
    """The same for one of the stage's windows."""
    axes = laid.grid.axes
    seen = tuple(
        _seen(axis, runs, size, laid.border)
        for axis, runs, size in zip(axes, region.seen_along, header.size, strict=True)
    )
    spans = tuple(axis.span(*span) for axis, span in zip(axes, region.spans, strict=True))
    return Region(spans, seen if all(seen) else ((), (), ()))


def _seen(axis: Axis, runs: Runs, size: int, kind: Border) -> Runs:
    """The slices, rows or columns of the input under the windows at these positions."""
    needed = (border.runs_needed(*axis.span(*run), size, kind) for run in runs)
    return border.joined(run for some in needed for run in some)
