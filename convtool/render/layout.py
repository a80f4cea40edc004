"""What text and pictures show of an explanation, in which order, and what they leave out."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ..core.dtypes import Array
from ..inspect.explain import Explanation, Path
from ..inspect.receptive_field import StageField
from ..inspect.steps.base import Calculation, Patch, Step, numeral

MOST_CHANNELS = 4
"""Channels that are shown in full, and windows of a value."""

MOST_ELEMENTS = 9
"""Rows or columns of a window that are shown whole."""

Picked = list[int | None]
"""The rows or columns that are shown; None for those left out."""

Entries = list[tuple[str, str]]
"""The text of a step, and its number."""


class StageView(NamedTuple):
    """A stage of an explanation, as it is shown."""

    field: StageField
    before: int
    """How many stages come before it."""
    is_last: bool
    """Whether its map is the one that is explained."""
    reached: list[tuple[Path, Calculation]]
    """The paths that reach it, and their calculations there."""

    @property
    def field_text(self) -> str:
        """``receptive field in the image: rows 0..2, columns 0..2``"""
        where = f"the map of stage {self.before}" if self.before else "the image"
        return f"receptive field in {where}: {self.field.region}"


def stages_of(found: Explanation) -> list[StageView]:
    """The stages, the last one first."""
    count = len(found.fields)
    views = []
    for number, field in enumerate(found.fields):
        reached = [(p, p.calculations[number]) for p in found.paths if len(p.calculations) > number]
        views.append(StageView(field, count - number - 1, number == 0, reached))
    return views


def steps_of(one: Calculation, path: Path, *, is_last: bool) -> Entries:
    """The steps from the products to the value, and on towards the pixel, which is left out."""
    steps = [*_steps_to_value(one, is_last), *(path.steps[:-1] if is_last else ())]
    return [(step.text, numeral(step.value)) for step in steps]


def _steps_to_value(one: Calculation, is_last: bool) -> tuple[Step, ...]:
    """The steps of the maps that are combined, then those of the value itself.

    The engine's value is added in the last stage, and where the steps end at another number.
    """
    found = []
    for term in one.terms:
        name = term.stage.removeprefix("conv ")
        steps = _steps_to_value(term, False)
        found += [step._replace(text=f"{name}: {step.text}") for step in steps]
    same = numeral(one.steps[-1].value) == numeral(one.value)
    text = "value" if same else "value, as floats of the engine's add up"
    end = (Step(text, one.value),) if is_last or not same else ()
    return (*found, *one.steps, *end)


def terms_of(one: Calculation) -> tuple[Calculation, ...]:
    """The calculations of the maps that are combined; or the calculation itself."""
    return one.terms or (one,)


def windows_of(one: Calculation) -> tuple[tuple[Patch, ...], str]:
    """The windows that are shown, and how many are left out, in words."""
    has_depth = len({patch.slice for patch in one.patches}) > 1
    most, word = (MOST_ELEMENTS, "slices") if has_depth else (MOST_CHANNELS, "channels")
    left_out = max(len(one.patches) - most, 0)
    return one.patches[:most], f"{left_out} {word}" if left_out else ""


def name_of(patch: Patch, among: Sequence[Patch]) -> str:
    """What tells a window from others: ``channel R``, ``slice 3``, ``channel R, slice 3``."""
    told = []
    if len({one.number for one in among}) > 1:
        told.append(f"channel {patch.channel}")
    if len({one.slice for one in among}) > 1:
        told.append(f"slice {patch.slice}")
    return ", ".join(told)


def abridged(count: int, most: int = MOST_ELEMENTS) -> Picked:
    """All rows, or columns, of a window; or some at both ends with a None between them."""
    if count <= most:
        return list(range(count))
    ends = most // 2
    return [*range(ends), None, *range(count - ends, count)]


class Cells(NamedTuple):
    """The rows and columns of a window that are shown."""

    rows: Picked
    cols: Picked

    @classmethod
    def of(cls, patch: Patch, most_columns: int = MOST_ELEMENTS) -> "Cells":
        """Those of a window, of so many columns at most."""
        rows, cols = patch.pixels.shape
        return cls(abridged(rows), abridged(cols, most_columns))

    @property
    def are_abridged(self) -> bool:
        """Whether some are left out."""
        return None in (*self.rows, *self.cols)

    def places(self) -> Iterator[list[tuple[int, int] | None]]:
        """(row, column) of each cell, a list a row; None for those left out."""
        for i in self.rows:
            yield [None if i is None or j is None else (i, j) for j in self.cols]

    def texts(self, values: Array) -> list[list[str]]:
        """The numbers."""
        return [
            [".." if place is None else numeral(values[place].item()) for place in row]
            for row in self.places()
        ]


def heads(positions: tuple[int, ...], picked: Picked, apart: int = 1) -> list[str]:
    """The numbers of rows or columns that are so far apart; what lies between them has none.

    >>> heads((-2, -1, 0, 1, 2), [0, 1, None, 3, 4], 2)
    ['-1', '', '..', '', '1']
    """
    return [".." if i is None else _head(positions[i], apart) for i in picked]


def _head(position: int, apart: int) -> str:
    number, between = divmod(position, apart)
    return "" if between else str(number)
