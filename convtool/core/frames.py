"""Which frames of a file are meant: pictures of an animation, pages of a TIFF."""

import os
import re
from typing import NamedTuple

from .errors import ConvtoolError


class Frames(NamedTuple):
    """Frames from `first` on, counted from 0, up to `last`; None: to the end."""

    first: int = 0
    last: int | None = None
    asked: bool = False
    """Whether somebody asked for just these: then it is an error if they cannot be read."""

    def of(self, count: int) -> range:
        """Those of a file that holds so many; ConvtoolError where it has not all of them."""
        end = count if self.last is None else self.last + 1
        if self.first >= count or end > count:
            wrong = self.first if self.first >= count else end - 1
            held = "1 frame, number 0" if count == 1 else f"{count} frames, 0 to {count - 1}"
            raise ConvtoolError(f"has no frame {wrong}: it holds {held}")
        return range(self.first, end)


FIRST = Frames(0, 0)
ALL = Frames()

FIRST_ALONE = "only the first is read"
"""How a note ends that tells of other frames."""

PLACE = "{frame}"
"""What stands for a frame's number in the names of files."""


def existing(path: str) -> list[str]:
    """The file of this name, if it is there; or those that a name with `PLACE` may stand for."""
    if PLACE not in path:
        return [path] if os.path.isfile(path) else []
    folder, name = os.path.split(path)
    if PLACE in folder:
        return []
    before, after = map(re.escape, name.split(PLACE, 1))
    any_number = re.compile(rf"{before}\d+{after}".replace(re.escape(PLACE), r"\d+"))
    try:
        names = sorted(os.listdir(folder or "."))
    except OSError:
        return []
    return [os.path.join(folder, one) for one in names if any_number.fullmatch(one)]
