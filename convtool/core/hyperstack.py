"""What the pages of a file are, and how they lie in space, as programs for microscopes say it."""

import math
from collections.abc import Sequence
from typing import Literal, NamedTuple

Program = Literal["ImageJ", "OME", "tifffile"]


class Hyperstack(NamedTuple):
    """The axes that pages lie along, the slowest first, and how many there are along each."""

    axes: str
    """As letters of --axes: z slices, t moments, c channels; and what others there may be."""
    counts: tuple[int, ...]
    program: Program
    """In whose words it stands in the file."""
    unit: str | None = None
    """Of lengths; None: it is not known."""
    spacing: float | None = None
    """From one slice to the next, in units."""
    density: tuple[float, float] | None = None
    """Pixels in a unit, across and down."""
    more: bool = False
    """Whether the file says more than this."""

    @property
    def pages(self) -> int:
        """How many there are in all."""
        return math.prod(self.counts)

    def sampled(self, count: int, step: Sequence[float]) -> "Hyperstack | None":
        """That of so many pages, which lie so many slices, rows and columns of these apart; None
        where there are other pages, and not of slices alone."""
        found = self
        if count != self.pages:
            if self.axes != "z":
                return None
            found = self._replace(counts=(count,))
        if self.spacing is not None:
            found = found._replace(spacing=self.spacing * step[0])
        if self.density is not None:
            across, down = self.density
            found = found._replace(density=(across / step[2], down / step[1]))
        return found
