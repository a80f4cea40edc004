"""Writes PNG (ISO/IEC 15948) band by band: each is filtered and deflated on its own."""

import struct
import zlib
from collections.abc import Callable, Sequence
from typing import BinaryIO, NamedTuple

import numpy as np
from isal import isal_zlib

from ...core.choices import Compression
from ...core.dtypes import Array
from ...core.errors import ConvtoolError
from ...core.image import Header
from ...core.metadata import Metadata, Timing
from ..formats import PNG_SIGNATURE
from .chunks import GREY, GREY_ALPHA, RGB, RGBA, chunk
from .filters import AVERAGE, NONE, PAETH, SUB, UP, best_filter, filtered

COLOR_TYPE = {1: GREY, 2: GREY_ALPHA, 3: RGB, 4: RGBA}
"""Channels -> PNG's colour type."""

LARGEST_SIDE = 2**31 - 1
LONGEST = 2**16 - 1
"""Parts of a second of a frame: thousandths, or larger ones."""

INCHES_PER_METRE = 1 / 0.0254

LAST_BLOCK = b"\x03\x00"
"""An empty block of deflate, marked as the last."""

ADLER_PRIME = 65521

FIRST_BYTES = 8
"""ISA-L leaves so few bytes, 4 to 16, to the code that finishes a stream."""


class Packing(NamedTuple):
    """A way to compress bands."""

    start: bytes
    """The start of the zlib stream (RFC 1950): window, level."""
    filters: Sequence[int]
    pack: Callable[[memoryview], bytes]
    """bytes -> raw deflate that ends at a byte; the next band refers to nothing in it"""


def _pack_fast(data: memoryview) -> bytes:
    """Deflated at level 1, the first bytes separately, so that every call gives the same bytes.

    ISA-L's assembler for x86-64 puts the third byte of a stream into its hash table by the address
    of the stream object, not by the data (`.write_first_byte` of `igzip_icf_body_h1_gr_bt.asm`).
    At a few addresses it then finds other matches. The code that finishes a stream has no such
    fault, so it gets the first bytes.
    """
    packer = isal_zlib.compressobj(1, isal_zlib.DEFLATED, -15)
    flat = data.cast("B")
    start = packer.compress(flat[:FIRST_BYTES]) + packer.flush(isal_zlib.Z_SYNC_FLUSH)
    return start + packer.compress(flat[FIRST_BYTES:]) + packer.flush(isal_zlib.Z_FULL_FLUSH)


def _pack_small(data: memoryview) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15, 9)
    packed = packer.compress(data) + packer.flush(zlib.Z_FULL_FLUSH)
    return min(packed, _pack_fast(data), key=len)  # for noise either can be smaller


def _pack_none(data: memoryview) -> bytes:
    packer = zlib.compressobj(0, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush(zlib.Z_FULL_FLUSH)


PACKINGS: dict[Compression, Packing] = {
    "fast": Packing(b"\x78\x01", (NONE, SUB, UP, AVERAGE), _pack_fast),
    "small": Packing(b"\x78\xda", (NONE, SUB, UP, AVERAGE, PAETH), _pack_small),
    "none": Packing(b"\x78\x01", (NONE,), _pack_none),
}


class PackedBand(NamedTuple):
    """Rows, filtered and deflated."""

    deflated: bytes
    checksum: int
    """Adler-32 of the filtered rows."""
    size: int
    """Bytes of the filtered rows."""
    rows: int


class PngWriter:
    """Writes pixels of uint8 or uint16, in 1 to 4 channels; several frames as an animation (APNG).

    A band is of whole frames, or of a part of one.
    """

    def __init__(
        self, file: BinaryIO, header: Header, metadata: Metadata, compression: Compression
    ) -> None:
        channels = len(header.channels)
        if channels not in COLOR_TYPE:
            raise ConvtoolError(
                f"a map of {channels} channels is no picture, expected 1 to 4; "
                "TIFF, CSV and NPY hold any number"
            )
        _, height, width = header.size
        if max(height, width) > LARGEST_SIDE:
            raise ConvtoolError(f"a map of {height}x{width} is too large for PNG")
        self._file = file
        self._header = header
        self._metadata = metadata.fitting(channels)
        self._timing = metadata.timing or Timing.usual(header.depth)
        self._packing = PACKINGS[compression]
        self._checksum = 1
        self._rows = self._frame = self._sequence = 0

    def encode(self, band: Array) -> list[PackedBand]:
        height = self._header.size[1]
        return [self._packed(band[top : top + height]) for top in range(0, len(band), height)]

    def _packed(self, band: Array) -> PackedBand:
        """Rows of one frame."""
        big_endian = band.astype(self._header.dtype.newbyteorder(">"), copy=False)
        rows = np.ascontiguousarray(big_endian).reshape(len(band), -1).view(np.uint8)
        step = rows.shape[1] // band.shape[1]
        packing = self._packing
        kind = best_filter(rows, step, packing.filters, packing.pack)
        data = filtered(rows, step, kind).data
        return PackedBand(packing.pack(data), isal_zlib.adler32(data), data.nbytes, len(band))

    def write(self, bands: list[PackedBand]) -> None:
        for band in bands:
            start = b""
            if not self._rows:
                self._begin()
                start = self._packing.start
            self._write_pixels(start + band.deflated)
            self._checksum = _joined_checksums(self._checksum, band.checksum, band.size)
            self._rows += band.rows
            if self._rows == self._header.size[1]:
                self._write_pixels(LAST_BLOCK + struct.pack(">I", self._checksum))
                self._rows, self._frame, self._checksum = 0, self._frame + 1, 1

    def close(self) -> int:
        """End the file."""
        self._write_chunk(b"IEND", b"")
        return 0

    def _begin(self) -> None:
        """The chunks before the pixels of a frame."""
        if self._frame == 0:
            self._write_header()
        depth, height, width = self._header.size
        if depth == 1:
            return
        duration = self._timing.durations[self._frame] / 1000
        parts = next((n for n in (1000, 100, 1) if round(duration * n) <= LONGEST), 1)
        delay = min(round(duration * parts), LONGEST), parts
        place = self._numbered(), width, height, 0, 0
        self._write_chunk(b"fcTL", struct.pack(">5I2H2B", *place, *delay, 0, 0))

    def _write_pixels(self, data: bytes) -> None:
        if self._frame == 0:
            self._write_chunk(b"IDAT", data)
        else:
            self._write_chunk(b"fdAT", struct.pack(">I", self._numbered()) + data)

    def _numbered(self) -> int:
        """The number of the next chunk of the animation."""
        self._sequence += 1
        return self._sequence - 1

    def _write_header(self) -> None:
        """The chunks before the pixels."""
        header, metadata = self._header, self._metadata
        self._file.write(PNG_SIGNATURE)
        depth, color = 8 * header.dtype.itemsize, COLOR_TYPE[len(header.channels)]
        frames, height, width = header.size
        sizes = struct.pack(">2I5B", width, height, depth, color, 0, 0, 0)
        self._write_chunk(b"IHDR", sizes)
        if frames > 1:
            self._write_chunk(b"acTL", struct.pack(">2I", frames, self._timing.loops))
        if metadata.chromaticities:
            values = [round(value * 100_000) for value in metadata.chromaticities]
            self._write_chunk(b"cHRM", struct.pack(">8I", *values))
        if metadata.gamma:
            self._write_chunk(b"gAMA", struct.pack(">I", round(metadata.gamma * 100_000)))
        if metadata.icc_profile:
            packed = zlib.compress(metadata.icc_profile, 9)
            self._write_chunk(b"iCCP", b"ICC Profile\0\0" + packed)
        elif metadata.srgb is not None:
            self._write_chunk(b"sRGB", bytes([metadata.srgb]))
        if metadata.dpi:
            across, down = (round(dpi * INCHES_PER_METRE) for dpi in metadata.dpi)
            self._write_chunk(b"pHYs", struct.pack(">2IB", across, down, 1))
        if metadata.exif:
            self._write_chunk(b"eXIf", metadata.exif.removeprefix(b"Exif\0\0"))
        if metadata.xmp:
            self._write_chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + metadata.xmp)

    def _write_chunk(self, kind: bytes, data: bytes) -> None:
        self._file.write(chunk(kind, data))


def _joined_checksums(first: int, second: int, size: int) -> int:
    """Adler-32 of two parts of a stream together; the second has `size` bytes (RFC 1950).

    It consists of two sums: the bytes added to 1, and the first sum after every byte.
    """
    a, b = first & 0xFFFF, first >> 16
    c, d = second & 0xFFFF, second >> 16
    low = (a + c - 1) % ADLER_PRIME
    high = (b + d + size * (a - 1)) % ADLER_PRIME
    return high << 16 | low
