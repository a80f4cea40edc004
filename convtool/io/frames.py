"""The frames of an animation as one image: one under another, decoded when their rows are read."""

import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

import numpy as np
from PIL import Image
from PIL.ImageFile import ImageFile

from ..core.dtypes import Array
from ..core.errors import at
from ..core.frames import Frames
from ..core.image import Header, check_image
from ..core.metadata import USUAL_DURATION, Timing
from .libtiff import DAMAGED, findings
from .limits import check_size
from .pillow import (
    expanded,
    frame_count,
    from_cmyk,
    limited,
    metadata_of,
    notes_of,
    open_listed,
    pillow_decodes,
    upright,
)

ONCE = 1


class FrameReader:
    """An animation that Pillow decodes, frame by frame, each drawn on those before it."""

    def __init__(self, file: BinaryIO, frames: Frames, max_pixels: int) -> None:
        """The file is closed with the reader."""
        self._file, self._max_pixels = file, max_pixels
        modes, durations, damaged = set(), [], []
        with pillow_decodes():
            opened = self._opened()
            check_size(opened.height, opened.width, max_pixels)
            notes = tuple(notes_of(opened, alone=False))
            self._frames = frames.of(frame_count(opened))
            # Some are grey, others colour; some opaque, others not: all become what holds any.
            for number in range(self._frames.stop):
                with _names(number):
                    damage = self._go_to(opened, number)
                    if number in self._frames:
                        damaged += [f"{number} {DAMAGED}: {found}" for found in damage[:1]]
                        modes.add(expanded(opened).mode)
                        durations.append(float(opened.info.get("duration") or USUAL_DURATION))
                    if number == self._frames.start:
                        first, converted = _upright(opened)
            loops = _loops(opened)
        more = f"; damaged frames: {len(damaged)}" if len(damaged) > 1 else ""
        self.notes = (*notes, *converted, *(f"frame {one}{more}" for one in damaged[:1]))
        self._mode, self._size = _common(modes), first.size
        count = len(self._frames)
        timing = Timing(tuple(durations), loops) if count > 1 else None
        self.metadata = metadata_of(first)._replace(timing=timing)
        pixels = self._pixels(first)
        self.header = Header.of_array(pixels, may_have_alpha=True)._replace(
            height=count * len(pixels), depth=count
        )
        weakref.finalize(self, file.close)

    def blocks(self) -> Iterator[Array]:
        """The rows of each frame, one frame after another; every call starts over."""
        with pillow_decodes():
            opened = self._opened()
            for number in range(self._frames.stop):
                with _names(number):
                    self._go_to(opened, number)
                    pixels = self._pixels(_upright(opened)[0]) if number in self._frames else None
                if pixels is not None:
                    yield pixels

    def _opened(self) -> ImageFile:
        """Opened anew, and not to be closed, or the file would be."""
        self._file.seek(0)
        with limited(self._max_pixels, False):
            return open_listed(self._file)

    def _go_to(self, opened: ImageFile, number: int) -> list[str]:
        """Decode a frame; returns what libtiff finds wrong with it."""
        with findings() as damage, limited(self._max_pixels, False):
            opened.seek(number)
            opened.load()
        return damage

    def _pixels(self, frame: Image.Image) -> Array:
        """The pixels on the canvas of the first frame; others may reach out of it."""
        plain = expanded(frame).convert(self._mode)
        return check_image(np.asarray(plain.crop((0, 0, *self._size))))


def _upright(opened: ImageFile) -> tuple[Image.Image, tuple[str, ...]]:
    """A frame, upright, and what is to be said of its colours."""
    frame = upright(opened)
    if frame.mode != "CMYK":
        return frame, ()
    found, note = from_cmyk(frame)
    return found, (note,)


@contextmanager
def _names(number: int) -> Iterator[None]:
    """Put a frame's number before what is wrong with it."""
    with at(f"frame {number}"), pillow_decodes():
        yield


def _loops(opened: ImageFile) -> int:
    """How many times an animation is shown; 0: without end. GIF says how many times again."""
    said = opened.info.get("loop")
    if opened.format != "GIF" or not said:
        return ONCE if said is None else int(said)
    return int(said) + 1


def _common(modes: set[str]) -> str:
    """The mode that holds pictures of all these; of 8 bits, unless all have 16."""
    if len(modes) == 1 and modes <= {"I;16", "F", "I"}:
        return modes.pop()
    color = "L" if modes <= {"L", "LA"} else "RGB"
    alpha = any(mode.endswith("A") for mode in modes)
    return color + "A" * alpha
