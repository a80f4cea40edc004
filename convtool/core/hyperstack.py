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
    joined: bool = False
    """Whether the pages of the last axis, which are channels, make one slice."""

    @property
    def pages(self) -> int:
        """How many there are in all."""
        return math.prod(self.counts)

    def sampled(self, count: int, channels: int, step: Sequence[float]) -> "Hyperstack | None":
        """That of so many slices of so many channels, which lie so many slices, rows and columns of
        these apart; None where there are other slices, and these do not lie along depth alone."""
        axes, counts = self.axes, self.counts
        if self.joined:
            axes, counts = axes[:-1], counts[:-1]
        if count != math.prod(counts):
            if axes != "z":
                return None
            counts = (count,)
        found = self._replace(axes=axes, counts=counts, joined=False)
        if self.joined and channels > 1:
            found = found._replace(axes=f"{axes}c", counts=(*counts, channels), joined=True)
        if self.spacing is not None:
            found = found._replace(spacing=self.spacing * step[0])
        if self.density is not None:
            across, down = self.density
            found = found._replace(density=(across / step[2], down / step[1]))
        return found
