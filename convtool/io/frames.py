"""The frames of an animation as one image: one under another, decoded when their rows are read."""

import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

import numpy as np
from PIL import Image
from PIL.ImageFile import ImageFile

from ..core.dtypes import Array
from ..core.frames import Frames
from ..core.image import Header, check_image
from ..core.metadata import USUAL_DURATION, Timing
from .limits import check_size
from .pillow import expanded, metadata_of, open_listed, pillow_decodes, upright

ONCE = 1


class FrameReader:
    """An animation that Pillow decodes, frame by frame, each drawn on those before it."""

    def __init__(self, file: BinaryIO, frames: Frames, max_pixels: int) -> None:
        """The file is closed with the reader."""
        self._file = file
        self.notes: tuple[str, ...] = ()
        with self._opened() as opened:
            check_size(opened.height, opened.width, max_pixels)
            self._frames = frames.of(getattr(opened, "n_frames", 1))
            # Some are grey, others colour; some opaque, others not: all become what holds any.
            modes, durations = set(), []
            for number in range(self._frames.stop):
                opened.seek(number)
                if number in self._frames:
                    opened.load()
                    modes.add(expanded(opened).mode)
                    durations.append(float(opened.info.get("duration") or USUAL_DURATION))
                if number == self._frames.start:
                    first = upright(opened)
            self._mode = _common(modes)
            metadata = metadata_of(first)
            loops = _loops(opened)
        count = len(self._frames)
        timing = Timing(tuple(durations), loops) if count > 1 else None
        self.metadata = metadata._replace(timing=timing)
        pixels = self._pixels(first)
        self.header = Header.of_array(pixels, may_have_alpha=True)._replace(
            height=count * len(pixels), depth=count
        )
        weakref.finalize(self, file.close)

    def blocks(self) -> Iterator[Array]:
        """The rows of each frame, one frame after another; every call starts over."""
        with self._opened() as opened:
            for number in self._frames:
                opened.seek(number)
                opened.load()
                yield self._pixels(upright(opened))

    @contextmanager
    def _opened(self) -> Iterator[ImageFile]:
        self._file.seek(0)
        with pillow_decodes():
            # Not in a with statement: it would close the file.
            yield open_listed(self._file)

    def _pixels(self, frame: Image.Image) -> Array:
        found = expanded(frame)
        return check_image(
            np.asarray(found if found.mode == self._mode else found.convert(self._mode))
        )


def _loops(opened: ImageFile) -> int:
    """How many times an animation is shown; 0: without end. GIF says how many times again."""
    said = opened.info.get("loop")
    if opened.format != "GIF" or not said:
        return ONCE if said is None else int(said)
    return int(said) + 1


def _common(modes: set[str]) -> str:
    """The mode that holds pictures of all these."""
    color = "L" if modes <= {"L", "LA"} else "RGB"
    alpha = any(mode.endswith("A") for mode in modes)
    return color + "A" * alpha
