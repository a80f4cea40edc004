"""The chunks of a PNG file (ISO/IEC 15948), and the inflating of its rows.

Needs no NumPy: a thread can inflate rows while NumPy is imported.
"""

import os
import struct
import zlib
from collections.abc import Generator, Iterator
from typing import Any, BinaryIO, NamedTuple, cast

from isal import isal_zlib

from ...core.errors import ConvtoolError
from ...core.prefetch import Ahead
from ..formats import PNG_SIGNATURE
from ..limits import check_size
from ..pipe import Pipe, kept
from .interlace import PASSES

GREY, RGB, PALETTE, GREY_ALPHA, RGBA = 0, 2, 3, 4, 6
SAMPLES = {GREY: 1, RGB: 3, PALETTE: 1, GREY_ALPHA: 2, RGBA: 4}
"""Colour type -> samples in a pixel."""

KINDS = {
    *((depth, GREY) for depth in (1, 2, 4, 8, 16)),
    *((depth, PALETTE) for depth in (1, 2, 4, 8)),
    *((depth, color) for depth in (8, 16) for color in (RGB, GREY_ALPHA, RGBA)),
}
"""(bits of a sample, colour type) of every kind of PNG."""

PIECE = 1 << 18
"""Bytes that are read at once."""

INFLATED_PIECE = 1 << 20
MOST_AHEAD = 12
"""Inflated pieces that wait for the reader at most."""

ANIMATION = (b"acTL", b"fcTL", b"fdAT")
"""The kinds of chunks that hold further frames (APNG)."""

LARGEST_SURROUNDINGS = 1 << 26
"""Bytes of chunks before or after the pixels."""

FULL_WINDOW = 0x78
"""The first byte of a zlib stream whose window is deflate's largest (RFC 1950)."""

_ERRORS: Any = (zlib.error, isal_zlib.error)


class PixelLayout(NamedTuple):
    """What the header says of the pixels."""

    width: int
    height: int
    depth: int
    """Bits of a sample."""
    color: int
    """The colour type."""
    interlaced: bool

    @property
    def row_bytes(self) -> int:
        """Bytes of a row without its filter."""
        return -(-self.width * SAMPLES[self.color] * self.depth // 8)

    @property
    def parts(self) -> "tuple[PixelLayout, ...]":
        """The parts stored one after another: the whole picture, or the passes if interlaced."""
        if not self.interlaced:
            return (self,)
        sizes = [one.size(self.height, self.width) for one in PASSES]
        return tuple(
            PixelLayout(width, height, self.depth, self.color, False) for height, width in sizes
        )

    @property
    def filtered_bytes(self) -> int:
        """Bytes of all rows, each with the byte that names its filter."""
        return sum(part.height * (1 + part.row_bytes) for part in self.parts)


class PngFile:
    """An open PNG file whose rows are inflated as they are read."""

    def __init__(self, file: BinaryIO, max_pixels: int, ahead: bool = True) -> None:
        """`ahead` says whether to inflate on a thread of its own.

        The thread starts at once, except for a pipe: `release` may need its bytes.

        Raises Irregular if the file cannot be read row by row, and ConvtoolError if the image has
        more than `max_pixels` pixels.
        """
        self._file = file
        self.seekable = file.seekable()
        self.before = b""
        """The file up to the first chunk of pixels."""
        self.after = b""
        """The chunks after the pixels, except further frames. From a pipe they come after all
        rows have been read."""
        self._start = b""
        """Length and kind of the first chunk of pixels."""
        try:
            self._read_before()
            self.layout = _layout(self.before)
            check_size(self.layout.height, self.layout.width, max_pixels)
            if self.seekable:
                self._find_after()
        except Irregular as error:
            error.seen = self.before + self._start
            raise
        self._may_be_ahead = ahead
        self._ahead: Ahead[bytes] | None = None
        if self.seekable and ahead:
            self._ahead = Ahead(self._inflated(), MOST_AHEAD)

    @property
    def frames(self) -> int:
        """The number of pictures that the file says it holds. The first is read."""
        found = dict(chunks(self.before[len(PNG_SIGNATURE) :]))
        animated = int.from_bytes(found.get(b"acTL", b"")[8:-4][:4])
        apart = b"fcTL" not in found  # the first picture is no frame of the animation
        return animated + apart if 0 < animated < 2**31 else 1

    def pieces(self) -> "Ahead[bytes] | Generator[bytes]":
        """The filtered rows, in pieces of any length. A pipe can be read once only."""
        ahead, self._ahead = self._ahead, None
        if ahead:
            return ahead
        if self.seekable:
            self._file.seek(len(self.before) + len(self._start))
        pieces = self._inflated()
        if not self._may_be_ahead:
            return pieces
        return Ahead(pieces, MOST_AHEAD, may_stall=not self.seekable)

    def close(self) -> None:
        """Stop inflating and close the file."""
        if self._ahead:
            self._ahead.close()
        self._file.close()

    def release(self, max_pixels: int) -> BinaryIO:
        """Stop inflating and return the file, at its start, for another reader.

        A pipe is copied into a file for this, which is possible before its rows are read. Raises
        ConvtoolError if a checksum of the pixels is wrong, or if a pipe has more bytes than an
        image of `max_pixels` pixels can need.
        """
        if not self.seekable:
            pipe = Pipe(self._file)
            pipe.put_back(self.before + self._start)
            self._file = kept(cast(BinaryIO, pipe), max_pixels)
        elif self._ahead:
            self._ahead.close()
        self._file.seek(len(self.before) + len(self._start))
        for _ in self._packed():
            pass
        self._file.seek(0)
        return self._file

    def _read_before(self) -> None:
        """Read up to the first chunk of pixels."""
        found = bytearray(self._file.read(8))  # bytes would be copied again for every chunk
        try:
            while True:
                self._start = self._file.read(8)
                length, kind = _parsed(self._start)
                if len(self._start) < 8 or len(found) + length > LARGEST_SURROUNDINGS:
                    raise Irregular
                if kind == b"IDAT":
                    return
                found += self._start + self._file.read(length + 4)
        finally:
            self.before = bytes(found)

    def _find_after(self) -> None:
        """Read the chunks after the pixels, and go back to the pixels."""
        length, kind = _parsed(self._start)
        while kind == b"IDAT":
            end = self._file.seek(length + 4, 1)
            start = self._file.read(8)
            if len(start) < 8 and end > self._file.seek(0, os.SEEK_END):
                raise Irregular
            length, kind = _parsed(start)
        self.after = self._rest(start)
        self._file.seek(len(self.before) + len(self._start))

    def _rest(self, start: bytes) -> bytes:
        """The chunks after the pixels; `start` is the length and kind of the first."""
        rest = bytearray()
        while len(start) == 8:
            length, kind = _parsed(start)
            if kind in ANIMATION:
                self._skip(length + 4)
            elif len(rest) + length > LARGEST_SURROUNDINGS:
                if self.seekable:
                    raise Irregular
                return bytes(rest + start)  # Pillow refuses the chunk that is cut off
            else:
                data = self._file.read(length + 4)
                rest += start + data
                if kind == b"IEND":
                    _check(kind, isal_zlib.crc32(kind + data[:length]), data[length:])
                    break
            start = self._file.read(8)
        return bytes(rest)

    def _skip(self, size: int) -> None:
        if self.seekable:
            self._file.seek(size, 1)
            return
        while size and (data := self._file.read(min(size, PIECE))):
            size -= len(data)

    def _packed(self) -> Iterator[bytes]:
        """The zlib stream, piece by piece.

        Raises ConvtoolError if the checksum of a chunk is wrong, after yielding its bytes.
        """
        start = self._start
        left, kind = _parsed(start)
        while kind == b"IDAT":
            checksum = isal_zlib.crc32(kind)
            while left:
                data = self._file.read(min(left, PIECE))
                if not data:
                    raise ConvtoolError("is broken and cannot be decoded: the file is truncated")
                left -= len(data)
                checksum = isal_zlib.crc32(data, checksum)
                yield data
            end = self._file.read(12)
            _check(kind, checksum, end)
            start = end[4:]
            if len(start) < 8:
                return
            left, kind = _parsed(start)
        if not self.seekable:
            self.after = self._rest(start)

    def _inflated(self) -> Generator[bytes]:
        """The filtered rows, in pieces of any length.

        Data after the last row is ignored, except the checksum if it comes next.
        """
        left = self.layout.filtered_bytes
        inflater: Any = None
        for packed in self._packed():
            if inflater is None:
                # isal treats a smaller window as the largest, and accepts what zlib refuses.
                full = packed[0] == FULL_WINDOW
                inflater = isal_zlib.decompressobj() if full else zlib.decompressobj()
            more = True
            while more and left >= 0 and not inflater.eof:
                try:
                    piece = inflater.decompress(packed, INFLATED_PIECE)
                except _ERRORS as error:
                    raise ConvtoolError(f"is broken and cannot be decoded: {error}") from None
                left -= len(piece)
                yield piece
                packed = inflater.unconsumed_tail
                # A full piece: some output may be left although all input has been read.
                more = bool(packed) or len(piece) == INFLATED_PIECE
        if left == 0 and not inflater.eof:
            raise ConvtoolError("is broken and cannot be decoded: its pixels' checksum is missing")


class Irregular(Exception):
    """The file cannot be read row by row as a PNG. Pillow may still read it."""

    seen = b""
    """The bytes read so far."""


def chunk(kind: bytes, data: bytes) -> bytes:
    """A whole chunk: length, kind, data, checksum."""
    checksum = isal_zlib.crc32(data, isal_zlib.crc32(kind))
    return b"".join((struct.pack(">I", len(data)), kind, data, struct.pack(">I", checksum)))


def chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """(kind, all bytes) of each chunk. The last may be cut off."""
    start = 0
    while start < len(data):
        length, kind = _parsed(data[start : start + 8])
        end = start + 12 + length
        yield kind, data[start:end]
        start = end


def _check(kind: bytes, checksum: int, stored: bytes) -> None:
    """Raise ConvtoolError if a chunk's stored checksum is wrong. One that is cut off passes."""
    if len(stored) >= 4 and stored[:4] != checksum.to_bytes(4):
        raise ConvtoolError(
            f"is broken and cannot be decoded: the checksum of a chunk {kind.decode()} is wrong"
        )


def _parsed(start: bytes) -> tuple[int, bytes]:
    """Length and kind of a chunk, from its first 8 bytes."""
    return int.from_bytes(start[:4]), start[4:]


def _layout(before: bytes) -> PixelLayout:
    """The layout of the pixels, from the first chunk. Irregular if it is not read row by row."""
    length, kind = _parsed(before[8:16])
    if (length, kind) != (13, b"IHDR"):
        raise Irregular
    _check(kind, isal_zlib.crc32(before[12:29]), before[29:33])
    width, height, depth, color, packing, filters, interlaced = struct.unpack(
        ">2I5B", before[16:29]
    )
    known = (packing, filters) == (0, 0) and interlaced in (0, 1) and (depth, color) in KINDS
    if not (known and width and height):
        raise Irregular
    return PixelLayout(width, height, depth, color, bool(interlaced))
