"""PNG's row filters, undone by Pillow (ISO/IEC 15948, clause 9)."""

import struct
from collections.abc import Iterable, Iterator

import numpy as np
from PIL import Image

from ...core.dtypes import Array
from ...core.errors import ConvtoolError
from ...core.geometry import BAND_ELEMENTS
from .chunks import SAMPLES, PixelLayout

LEAST_BLOCKS = 4
SMALLEST_BLOCK = 1 << 16
"""The least number of blocks that an image is read in, unless they would get this few bytes."""

LARGEST_STORED = 0xFFFF
"""Bytes in an uncompressed block of deflate (RFC 1951, 3.2.4)."""

MODES = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}
"""Bytes of a pixel -> Pillow's mode."""


class RowDecoder:
    """Inflated pieces of a PNG in, rows without filters out, one part of the picture after another.

    Rows come as bytes (n, bytes): one array, or two for samples of 16 bits, which hold the high and
    the low bytes. They can be treated separately, as a filter predicts a byte from bytes in the
    same place of neighbouring pixels.
    """

    def __init__(self, pieces: Iterable[bytes], layout: PixelLayout) -> None:
        self._pieces = iter(pieces)
        self._layout = layout
        self._found: list[bytes | memoryview] = []
        self._size = 0
        """Bytes in `_found`."""
        self._taken = 0
        """Rows that have been yielded."""

    def of(self, part: PixelLayout) -> Iterator[list[Array]]:
        """The rows of the next part, in blocks."""
        above = [np.zeros(size, np.uint8) for size in _sizes(part)]
        for rows in self._filtered(part):
            found = [
                _unfiltered(plane, before, part)
                for plane, before in zip(_planes(rows, part), above, strict=True)
            ]
            above = [plane[-1] for plane in found]
            yield found

    def whole(self, part: PixelLayout) -> list[Array]:
        planes = [np.empty((part.height, size), np.uint8) for size in _sizes(part)]
        first = 0
        for found in self.of(part):
            for plane, rows in zip(planes, found, strict=True):
                plane[first : first + len(rows)] = rows
            first += len(found[0])
        return planes

    def finish(self) -> None:
        """Read to the end of the pieces, so that checksums are checked."""
        for _ in self._pieces:
            pass

    def _filtered(self, part: PixelLayout) -> Iterator[Array]:
        """The filtered rows of the next part, in blocks (n, 1 + bytes)."""
        row = 1 + part.row_bytes
        left = part.height
        most = max(min(BAND_ELEMENTS // row, left // LEAST_BLOCKS), SMALLEST_BLOCK // row, 1)
        while left:
            count = min(most, left)
            while self._size < count * row:
                piece = next(self._pieces, None)
                if piece is None:
                    raise self._end(self._taken + self._size // row)
                self._found.append(piece)
                self._size += len(piece)
            joined = memoryview(b"".join(self._found))
            yield np.frombuffer(joined, np.uint8, count * row).reshape(count, row)
            self._found = [joined[count * row :]]
            self._size -= count * row
            self._taken += count
            left -= count

    def _end(self, found: int) -> ConvtoolError:
        rows = sum(part.height for part in self._layout.parts)
        which = " (of all passes)" if self._layout.interlaced else ""
        return ConvtoolError(
            f"is broken and cannot be decoded: the pixels end after {found} of {rows} rows{which}"
        )


def _sizes(part: PixelLayout) -> list[int]:
    """The bytes of a row, for each array."""
    return [part.row_bytes // 2] * 2 if part.depth == 16 else [part.row_bytes]


def _planes(rows: Array, part: PixelLayout) -> list[Array]:
    """The filtered rows, split into high and low bytes where samples have 16 bits."""
    if part.depth < 16:
        return [rows]
    return [np.concatenate([rows[:, :1], rows[:, start::2]], axis=1) for start in (1, 2)]


def _unfiltered(rows: Array, above: Array, part: PixelLayout) -> Array:
    """The rows (n, bytes) without their filters; `above` is the row before them."""
    step = SAMPLES[part.color] if part.depth >= 8 else 1
    size = (rows.shape[1] - 1) // step, len(rows) + 1
    data = _as_zlib_stream(b"\0" + above.tobytes() + rows.tobytes())
    try:
        image = Image.frombytes(MODES[step], size, data, "zip", MODES[step])
    except ValueError:
        raise ConvtoolError(
            "is broken and cannot be decoded: a row has an unknown filter"
        ) from None
    return np.asarray(image).reshape(size[1], -1)[1:]


def _as_zlib_stream(data: bytes) -> bytes:
    """Bytes as an uncompressed zlib stream, without the checksum at its end: Pillow ignores it."""
    parts = [b"\x78\x01"]
    for start in range(0, len(data), LARGEST_STORED):
        stored = data[start : start + LARGEST_STORED]
        parts += [struct.pack("<BHH", 0, len(stored), len(stored) ^ 0xFFFF), stored]
    return b"".join(parts)
