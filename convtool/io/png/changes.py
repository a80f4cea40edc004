"""Writes drawings as animated PNG: one palette for all frames, and of each what has changed."""

import struct
import zlib
from typing import BinaryIO

import numpy as np

from ...core.dtypes import Array
from ...core.image import Header
from ...core.metadata import Metadata, Timing
from ..by_slice import Encoded, SliceWriter
from ..changes import SAME, Changes
from ..formats import PNG_SIGNATURE
from .animation import KEPT, OVER
from .chunks import chunk

PALETTE = 3
"""PNG's colour type."""

LONGEST = 2**16 - 1
"""Milliseconds of a frame."""


class PngChangesWriter(SliceWriter):
    """Writes frames (H, W, 3) of 8 bits, encoded in order."""

    def __init__(
        self, file: BinaryIO, header: Header, metadata: Metadata, changes: Changes
    ) -> None:
        super().__init__(header)
        self._file, self._changes = file, changes
        count, height, width = header.size
        timing = metadata.timing or Timing.usual(count)
        self._durations = iter(timing.durations)
        self._number = 0
        shape = struct.pack(">2I5B", width, height, 8, PALETTE, 0, 0, 0)
        colors = changes.palette.tobytes().ljust(3 * 256, b"\0")
        opacity = bytes([255] * SAME + [0])
        file.write(
            PNG_SIGNATURE
            + chunk(b"IHDR", shape)
            + chunk(b"acTL", struct.pack(">2I", count, timing.loops))
            + chunk(b"PLTE", colors)
            + chunk(b"tRNS", opacity)
        )

    def encoded(self, pixels: Array) -> Encoded:
        """The rectangle of a frame that has changed, as chunks."""
        left, top, numbers = self._changes.next(pixels)
        height, width = numbers.shape
        first, duration = self._number == 0, min(round(next(self._durations)), LONGEST)
        place = struct.pack(
            ">5I2H2B", self._number, width, height, left, top, duration, 1000, KEPT, OVER
        )
        unfiltered = np.pad(numbers, ((0, 0), (1, 0)))
        data = zlib.compress(unfiltered.tobytes(), 9)
        self._number += 1
        if first:
            return Encoded(chunk(b"fcTL", place) + chunk(b"IDAT", data))
        number = struct.pack(">I", self._number)
        self._number += 1
        return Encoded(chunk(b"fcTL", place) + chunk(b"fdAT", number + data))

    def put(self, data: bytes) -> None:
        self._file.write(data)

    def end(self) -> None:
        self._file.write(chunk(b"IEND", b""))
