"""Writes animations as WebP (RFC 9649): pictures that Pillow encodes, in a container of frames."""

import io
import shutil
import struct
from collections.abc import Iterator
from tempfile import SpooledTemporaryFile
from typing import BinaryIO

import numpy as np
from PIL import Image

from ..core.dtypes import Array
from ..core.errors import ConvtoolError
from ..core.image import Header
from ..core.metadata import Metadata, Timing
from .by_slice import Encoded, SliceWriter

LARGEST_SIDE = 2**14 - 1
LONGEST = 2**24 - 1
"""Milliseconds of a frame."""

PROFILE, ALPHA, EXIF, XMP, ANIMATION = 32, 16, 8, 4, 2
"""What a file has, in its first chunk."""

BLENDED, OVER = 0, 2
"""A frame's flag: it is drawn over the one before; or takes its place, and is not blended."""

PLACE = 12
"""Bytes of a frame's place: its left, top, width and height."""

PIXELS = (b"ALPH", b"VP8 ", b"VP8L")
"""The chunks of a picture that hold pixels."""

MOST_IN_MEMORY = 1 << 24
"""Bytes of frames; more go to a temporary file until their size is known."""


class WebpWriter(SliceWriter):
    """Writes grey or colour of 8 bits, with alpha or without."""

    flag = OVER

    def __init__(
        self, file: BinaryIO, header: Header, metadata: Metadata, quality: int | None
    ) -> None:
        super().__init__(header)
        _, height, width = header.size
        if max(height, width) > LARGEST_SIDE or header.colors not in (1, 3):
            raise ConvtoolError(
                f"WebP holds no frames of {height}x{width} and {len(header.channels)} channels, "
                f"expected grey or colour of {LARGEST_SIDE}x{LARGEST_SIDE} at most"
            )
        self._file = file
        self._metadata = metadata.fitting(len(header.channels))
        timing = metadata.timing or Timing.usual(header.depth)
        self._durations = list(timing.durations)
        self._loops = timing.loops
        self._how = {"quality": quality} if quality else {"lossless": True, "exact": True}
        self._frames = SpooledTemporaryFile(MOST_IN_MEMORY)  # noqa: SIM115  until `end`

    def encoded(self, pixels: Array) -> Encoded:
        """A frame's place, which is the whole canvas, and the chunks of its pixels."""
        return self._encoded(pixels, 0, 0)

    def _encoded(self, pixels: Array, left: int, top: int) -> Encoded:
        """The same of a part of the canvas; a place that is odd is taken as the even one before."""
        plain = pixels[..., 0] if pixels.shape[2] == 1 else pixels
        file = io.BytesIO()
        Image.fromarray(np.ascontiguousarray(plain)).save(file, "WEBP", **self._how)
        found = _chunks(file.getvalue()[12:])
        height, width = pixels.shape[:2]
        place = b"".join(map(_three, (left // 2, top // 2, width - 1, height - 1)))
        return Encoded(
            place + b"".join(_chunk(kind, data) for kind, data in found if kind in PIXELS)
        )

    def put(self, data: bytes) -> None:
        duration = _three(min(round(self._durations.pop(0)), LONGEST))
        place, pixels = data[:PLACE], data[PLACE:]
        self._frames.write(_chunk(b"ANMF", place + duration + bytes([self.flag]) + pixels))

    def end(self) -> None:
        _, height, width = self.header.size
        metadata = self._metadata
        exif = (metadata.exif or b"").removeprefix(b"Exif\0\0")
        flags = ANIMATION | (ALPHA if self.header.has_alpha else 0)
        flags |= (PROFILE if metadata.icc_profile else 0) | (EXIF if exif else 0)
        flags |= XMP if metadata.xmp else 0
        canvas = bytes([flags, 0, 0, 0]) + _three(width - 1) + _three(height - 1)
        before = b"WEBP" + _chunk(b"VP8X", canvas)
        if metadata.icc_profile:
            before += _chunk(b"ICCP", metadata.icc_profile)
        before += _chunk(b"ANIM", bytes(4) + struct.pack("<H", min(self._loops, 2**16 - 1)))
        after = _chunk(b"EXIF", exif) if exif else b""
        after += _chunk(b"XMP ", metadata.xmp) if metadata.xmp else b""
        size = len(before) + self._frames.tell() + len(after)
        if size >= 2**32:
            raise ConvtoolError(f"WebP holds no {size} bytes of frames, expected less than 2^32")
        self._file.write(b"RIFF" + struct.pack("<I", size) + before)
        self._frames.seek(0)
        shutil.copyfileobj(self._frames, self._file, MOST_IN_MEMORY)
        self._file.write(after)
        self._frames.close()


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """(kind, content) of each chunk."""
    while data:
        size = int.from_bytes(data[4:8], "little")
        yield data[:4], data[8 : 8 + size]
        data = data[8 + size + size % 2 :]


def _chunk(kind: bytes, data: bytes) -> bytes:
    return kind + struct.pack("<I", len(data)) + data + bytes(len(data) % 2)


def _three(number: int) -> bytes:
    """A number in three bytes."""
    return number.to_bytes(3, "little")
