"""Writes animations as GIF (GIF89a), frame by frame, each with the colours that suit it best."""

import struct
from typing import BinaryIO

import numpy as np
from PIL import Image
from PIL.GifImagePlugin import getdata

from ..core.dtypes import Array
from ..core.errors import ConvtoolError
from ..core.image import Header
from ..core.metadata import Metadata, Timing
from .by_slice import Encoded, SliceWriter

LARGEST_SIDE = 2**16 - 1

SHORTEST = 2
"""Hundredths of a second: browsers show shorter frames for longer."""

NO_COLORS = 0x70
"""The screen's flags: 8 bits a colour, and no colours that all frames have."""

SEEN = 1 << 14
"""Pixels of a frame from which its colours are chosen, if there are too many: all take six times as
long, and are a fifth nearer to the map."""

GREYS = bytes(value for grey in range(256) for value in (grey,) * 3)


class GifWriter(SliceWriter):
    """Writes grey or colour of 8 bits. A frame has 256 colours at most."""

    flags = 0x04  # a frame stays under the next one
    transparent = 0
    """The number of the transparent colour, if the flags say that there is one."""

    def __init__(self, file: BinaryIO, header: Header, metadata: Metadata) -> None:
        super().__init__(header)
        _, height, width = header.size
        if max(height, width) > LARGEST_SIDE or len(header.channels) not in (1, 3):
            raise ConvtoolError(
                f"GIF holds no frames of {height}x{width} and {len(header.channels)} channels, "
                f"expected grey or colour of {LARGEST_SIDE}x{LARGEST_SIDE} at most"
            )
        self._file = file
        timing = metadata.timing or Timing.usual(header.depth)
        self._durations = list(timing.durations)
        self._late = 0.0
        self._start = b"GIF89a" + struct.pack("<2H3B", width, height, NO_COLORS, 0, 0)
        if timing.loops != 1:
            again = min(max(timing.loops - 1, 0), LARGEST_SIDE)
            self._start += b"!\xff\x0bNETSCAPE2.0\x03\x01" + struct.pack("<H", again) + b"\0"

    def encoded(self, pixels: Array) -> Encoded:
        """A frame from its extension on, without its duration."""
        if pixels.shape[2] == 1:
            image = Image.fromarray(np.ascontiguousarray(pixels[..., 0]))
            image.putpalette(GREYS)
            others = 0
        else:
            image = _with_palette(pixels)
            others = int((np.asarray(image.convert("RGB")) != pixels).any(axis=-1).sum())
        return Encoded(b"".join(getdata(image, include_color_table=True)), others)

    def put(self, data: bytes) -> None:
        # What rounding takes from one frame, the next one gets; less than 2 is shown as 10.
        wanted = self._durations.pop(0) / 10 + self._late
        hundredths = min(max(round(wanted), SHORTEST), LARGEST_SIDE)
        self._late = wanted - hundredths
        shown = b"!\xf9\x04" + struct.pack("<BHBx", self.flags, hundredths, self.transparent)
        self._file.write(self._start + shown + data)
        self._start = b""

    def end(self) -> None:
        self._file.write(b";")


def _with_palette(pixels: Array) -> Image.Image:
    """A frame in the 256 colours that suit it, which are its own if it has no more."""
    frame = Image.fromarray(np.ascontiguousarray(pixels))
    step = int((frame.width * frame.height / SEEN) ** 0.5)
    if step < 2 or frame.getcolors(256):
        return frame.quantize(256)
    some = Image.fromarray(np.ascontiguousarray(pixels[::step, ::step])).quantize(256)
    return frame.quantize(palette=some, dither=Image.Dither.NONE)
