"""Animated PNGs (APNG, in the third edition of PNG), frame by frame, each drawn on those before it.

Pillow, which reads other animations, mixes colours by halves where both are transparent, and has 8
bits of colour only. So each frame is cut out as a PNG of its own, and drawn here.
"""

import io
import struct
import weakref
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

import numpy as np
from isal import isal_zlib

from ...core.dtypes import FLOAT64, Array
from ...core.errors import ConvtoolError, at
from ...core.frames import Frames
from ...core.image import CHANNEL_NAMES, Header
from ...core.metadata import USUAL_DURATION, Timing
from ..base import Reader
from ..formats import PNG_SIGNATURE
from .chunks import chunk

KEPT, CLEARED, RESTORED = 0, 1, 2
"""What happens to a frame before the next one is drawn."""

OVER = 1
"""A frame is drawn over those before it, and does not take their place."""

ALONE = (b"acTL", b"fcTL", b"IDAT", b"fdAT", b"IEND")
"""Chunks that are no property of all frames."""


class Place(NamedTuple):
    """One frame in the file."""

    width: int
    height: int
    left: int
    top: int
    duration: float
    """Milliseconds."""
    dispose: int
    blend: int
    data: list[tuple[int, int]]
    """Where its packed pixels lie: (offset, bytes)."""


class AnimationReader:
    """The frames of an animation, one under another."""

    def __init__(self, file: BinaryIO, frames: Frames, max_pixels: int) -> None:
        """The file is closed with the reader."""
        self._file, self._max_pixels = file, max_pixels
        self._common, self._places, loops, apart = _parsed(file)
        self._numbers = frames.of(len(self._places))
        first = self._decoded(self._places[0])
        (width, height) = struct.unpack(">2I", self._common[0][1][:8])
        base, count = first.header, len(self._numbers)
        clear = any(place.dispose for place in self._places[:-1])
        whole = (self._places[0].width, self._places[0].height) == (width, height)
        added = not base.has_alpha and (clear or not whole)
        channels = CHANNEL_NAMES[len(base.channels) + added]
        self.header: Header = base._replace(
            height=count * height, width=width, channels=channels, depth=count
        )
        told = "its still picture is no frame of the animation, and stays behind"
        self.notes = (*first.notes, *(told,) * apart)
        durations = tuple(self._places[number].duration for number in self._numbers)
        timing = Timing(durations, loops) if count > 1 else None
        self.metadata = first.metadata._replace(timing=timing)
        weakref.finalize(self, file.close)

    def blocks(self) -> Iterator[Array]:
        """The rows of each frame, one frame after another; every call starts over."""
        _, height, width = self.header.size
        canvas = np.zeros((height, width, len(self.header.channels)), self.header.dtype)
        for number, place in enumerate(self._places[: self._numbers.stop]):
            rows = slice(place.top, place.top + place.height)
            under = canvas[rows, place.left : place.left + place.width]
            before = under.copy()
            with at(f"frame {number}"):
                self._draw(place, under)
            if number in self._numbers:
                yield canvas.copy()
            if place.dispose == CLEARED or (place.dispose == RESTORED and not number):
                under[...] = 0
            elif place.dispose == RESTORED:
                under[...] = before

    def _draw(self, place: Place, under: Array) -> None:
        """Draw a frame on the part of the canvas that it covers."""
        pixels = np.concatenate(list(self._decoded(place).blocks()))
        if pixels.shape[2] < under.shape[2]:
            white = np.full((*pixels.shape[:2], 1), self.header.white, pixels.dtype)
            pixels = np.concatenate([pixels, white], axis=2)
        if place.blend == OVER and self.header.has_alpha:
            under[...] = _over(pixels, under, float(self.header.white or 1))
        else:
            under[...] = pixels

    def _decoded(self, place: Place) -> Reader:
        """A frame as a PNG of its own."""
        from ..formats import FORMATS

        size = struct.pack(">2I", place.width, place.height)
        parts = [PNG_SIGNATURE]
        for kind, data in self._common:
            parts.append(chunk(kind, size + data[8:] if kind == b"IHDR" else data))
        for offset, length in place.data:
            self._file.seek(offset)
            parts.append(chunk(b"IDAT", self._file.read(length)))
        parts.append(chunk(b"IEND", b""))
        file = io.BytesIO(b"".join(parts))
        return FORMATS["png"].read(file, self._max_pixels, False, None)


def _over(pixels: Array, under: Array, white: float) -> Array:
    """Pixels over others, both with alpha that is not multiplied in, rounded once."""
    a, b = pixels[..., -1:].astype(FLOAT64), under[..., -1:].astype(FLOAT64)
    share = b * (white - a)  # of what is under, times white
    alpha = a * white + share
    mixed = pixels[..., :-1] * (a * white) + under[..., :-1] * share
    colors = np.divide(mixed, alpha, out=np.zeros(mixed.shape), where=alpha > 0)
    drawn: Array = np.rint(np.concatenate([colors, alpha / white], axis=-1))
    return drawn.astype(pixels.dtype)


def _parsed(file: BinaryIO) -> tuple[list[tuple[bytes, bytes]], list[Place], int, bool]:
    """The chunks that all frames share, the frames, how many times they are shown, and whether
    there is a picture apart from them."""
    common: list[tuple[bytes, bytes]] = []
    places: list[Place] = []
    count = loops = 0
    before, apart = True, False
    file.seek(len(PNG_SIGNATURE))
    while len(start := file.read(8)) == 8:
        length, kind = struct.unpack(">I4s", start)
        offset = file.tell()
        data = file.read(length)
        checksum = struct.pack(">I", isal_zlib.crc32(data, isal_zlib.crc32(kind)))
        if file.read(4) != checksum:
            where = f"frame {len(places) - 1}: " if places else ""
            raise ConvtoolError(
                f"{where}is broken and cannot be decoded: a checksum is wrong or missing"
            )
        before = before and kind != b"IDAT"
        if kind == b"acTL":
            count, loops = struct.unpack(">2I", data[:8])
        elif kind == b"fcTL":
            places.append(_place(data))
        elif kind == b"IDAT":
            apart = not places
            if places:
                places[-1].data.append((offset, length))
        elif kind == b"fdAT" and places:
            places[-1].data.append((offset + 4, length - 4))
        elif kind == b"IEND":
            break
        elif before and kind not in ALONE:
            common.append((kind, data))
    if len(places) < max(count, 1):
        raise ConvtoolError(f"is cut short: it holds {len(places)} of {count} frames")
    width, height = struct.unpack(">2I", common[0][1][:8])
    for number, place in enumerate(places):
        inside = place.left + place.width <= width and place.top + place.height <= height
        if not (inside and place.data and place.width and place.height):
            raise ConvtoolError(f"is broken: frame {number} is empty or reaches out of the picture")
    return common, places, loops, apart


def _place(data: bytes) -> Place:
    try:
        _, width, height, left, top, num, den, dispose, blend = struct.unpack(">5I2H2B", data)
    except struct.error:
        raise ConvtoolError("is broken: a frame's description is cut short") from None
    duration = 1000 * num / (den or 100)
    return Place(width, height, left, top, duration or USUAL_DURATION, dispose, blend, [])
