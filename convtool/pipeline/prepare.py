"""Operators prepared for an image once: bound, planned and checked."""

from collections.abc import Sequence
from typing import NamedTuple

from ..core.errors import ConvtoolError
from ..core.image import DEPTH, Header
from ..io.limits import MAX_PIXELS
from ..ops.base import Operator, Stage
from ..ops.segment import Segment, segments
from .bands import check_sizes

AXIS_NAMES = {"z": "depth", "t": "times", "c": "channels"}


class Prepared(NamedTuple):
    """Operators, and their stages for images of one description."""

    operators: tuple[Operator, ...]
    chain: tuple[Segment, ...]

    @property
    def input(self) -> Header:
        """The description of the image."""
        return self.chain[0].input

    @property
    def output(self) -> Header:
        """The description of the map."""
        return self.chain[-1].output

    @property
    def stages(self) -> tuple[Stage, ...]:
        """All of them, one for each operator."""
        return tuple(stage for segment in self.chain for stage in segment.stages)


def prepare(
    operators: Sequence[Operator], header: Header, max_pixels: int | None = MAX_PIXELS
) -> Prepared:
    """The operators, ready for images of this description.

    Raises ConvtoolError where they do not go together, and TooManyPixels if a map on the way has
    more pixels than `max_pixels`; None does not limit them.
    """
    check_depth(operators, header)
    chain = segments(operators, header)
    if max_pixels is not None:
        check_sizes(chain, max_pixels)
    return Prepared(tuple(operators), tuple(chain))


def check_depth(operators: Sequence[Operator], header: Header) -> None:
    """Raise ConvtoolError for windows over several slices on an image that is one, or of which
    they are not depth."""
    for operator in operators:
        if operator.dimensions <= 2:
            continue
        if header.depth == 1:
            raise ConvtoolError(
                f"{operator.label}: the window lies on several slices, and the image is one; "
                "volumes are pages of a TIFF, files under --stack, a .npy under --axes zyx, or a "
                "size as 9x480x640x1"
            )
        if header.stacked != DEPTH:
            hint = "--axes zyx takes them for depth"
            if header.stacked in ("zc", "cz"):
                hint = f"--axes {header.stacked}yx joins the channels of each slice"
            elif DEPTH in header.stacked:
                last = header.stacked.replace("t", "")
                hint = f"--frames A..B --axes {last}yx takes the slices of one volume"
            raise ConvtoolError(
                f"{operator.label}: the window lies on several slices, and those of the image are "
                f"{_named(header.stacked)}, not depth alone; {hint}"
            )


def _named(axes: str) -> str:
    """Axes in words: ``times and channels (tc)``."""
    return f"{' and '.join(AXIS_NAMES.get(axis, f'axis {axis}') for axis in axes)} ({axes})"
