"""Writes drawings as GIF (GIF89a): one palette for all frames, and of each what has changed."""

from typing import BinaryIO

from PIL import Image
from PIL.GifImagePlugin import getdata

from ..core.dtypes import Array
from ..core.image import Header
from ..core.metadata import Metadata
from .by_slice import Encoded
from .changes import SAME, Changes
from .gif import GifWriter

COLORS = 0xF7
"""The screen's flags: 256 colours that all frames have, 8 bits each."""


class GifChangesWriter(GifWriter):
    """Writes frames (H, W, 3) of 8 bits, encoded in order."""

    flags = 0x05  # a frame stays under the next one, and has a transparent colour
    transparent = SAME

    def __init__(
        self, file: BinaryIO, header: Header, metadata: Metadata, changes: Changes
    ) -> None:
        super().__init__(file, header, metadata)
        self._changes = changes
        colors = changes.palette.tobytes().ljust(3 * 256, b"\0")
        screen, extensions = self._start[:10], self._start[13:]
        self._start = screen + bytes([COLORS, 0, 0]) + colors + extensions

    def encoded(self, pixels: Array) -> Encoded:
        """The rectangle of a frame that has changed, transparent where it has not."""
        left, top, numbers = self._changes.next(pixels)
        return Encoded(b"".join(getdata(Image.fromarray(numbers), (left, top))))
