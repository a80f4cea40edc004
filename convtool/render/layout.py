"""What is shown of an explanation, in which order, and what is left out: for text and pictures."""

from collections.abc import Iterator
from typing import NamedTuple

from ..core.dtypes import Array
from ..inspect.explain import Explanation, Path, Stop, abridged, worked_out
from ..inspect.steps.base import Patch, Working, numeral

MOST_CHANNELS = 4
"""Channels that are shown in full, and windows of a value."""

Picked = list[int | None]
"""The rows or columns that are shown; None for those left out."""

Rows = list[tuple[str, str]]
"""Words, and the number that they come to."""


class StageView(NamedTuple):
    """A stage of an explanation, as it is shown."""

    stop: Stop
    before: int
    """The stages before it."""
    is_last: bool
    """Whether its map is the one that is explained."""
    reached: list[tuple[Path, Working]]
    """The paths that come to it, and their workings there."""

    @property
    def field(self) -> str:
        """``receptive field in the image: rows 0..2, columns 0..2``"""
        where = f"the map of stage {self.before}" if self.before else "the image"
        return f"receptive field in {where}: {self.stop.region}"


def stages_of(found: Explanation) -> list[StageView]:
    """The stages, the last one first."""
    count = len(found.stops)
    return [
        StageView(
            stop,
            count - number - 1,
            number == 0,
            [(path, path.workings[number]) for path in found.paths if len(path.workings) > number],
        )
        for number, stop in enumerate(found.stops)
    ]


def steps_of(one: Working, path: Path, *, is_last: bool) -> Rows:
    """The steps from the products to the value, and on to the pixel, which is not among them."""
    steps = [*worked_out(one, is_last), *(path.steps[:-1] if is_last else ())]
    return [(step.text, numeral(step.value)) for step in steps]


def terms_of(one: Working) -> tuple[Working, ...]:
    """Those of the maps that are combined; or the working itself."""
    return one.terms or (one,)


def windows_of(one: Working) -> tuple[tuple[Patch, ...], int]:
    """The windows that are shown, and how many are left out."""
    return one.patches[:MOST_CHANNELS], max(len(one.patches) - MOST_CHANNELS, 0)


class Cells(NamedTuple):
    """The rows and columns of a window that are shown."""

    rows: Picked
    cols: Picked

    @classmethod
    def of(cls, patch: Patch, most_columns: int | None = None) -> "Cells":
        """Those of a window, of so many columns at most."""
        rows, cols = patch.pixels.shape
        return cls(abridged(rows), abridged(cols, most_columns) if most_columns else abridged(cols))

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


def heads(positions: tuple[int, ...], picked: Picked) -> list[str]:
    """The numbers of rows or columns."""
    return [".." if i is None else str(positions[i]) for i in picked]
