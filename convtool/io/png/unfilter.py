"""PNG's row filters, undone (ISO/IEC 15948, clause 9): by the compiled loops, or by Pillow."""

import struct
from collections.abc import Iterable, Iterator

import numpy as np

from ...core.dtypes import Array
from ...core.engine import compiled
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

    Rows come as bytes (n, bytes).
    """

    def __init__(self, pieces: Iterable[bytes], layout: PixelLayout) -> None:
        self._pieces = iter(pieces)
        self._layout = layout
        self._found: list[bytes | memoryview] = []
        self._size = 0
        """Bytes in `_found`."""
        self._taken = 0
        """Rows that have been yielded."""

    def of(self, part: PixelLayout) -> Iterator[Array]:
        """The rows of the next part, in blocks."""
        above = np.zeros(part.row_bytes, np.uint8)
        for filtered in self._filtered(part):
            rows = _unfiltered(filtered, above, part)
            above = rows[-1].copy()
            yield rows

    def whole(self, part: PixelLayout) -> Array:
        """All rows of the next part."""
        rows = np.empty((part.height, part.row_bytes), np.uint8)
        first = 0
        for found in self.of(part):
            rows[first : first + len(found)] = found
            first += len(found)
        return rows

    def finish(self) -> None:
        """Read to the end of the pieces, so that checksums are checked."""
        for _ in self._pieces:
            pass

    def _filtered(self, part: PixelLayout) -> Iterator[Array]:
        """The filtered rows of the next part, in blocks (n, 1 + bytes)."""
        row = 1 + part.row_bytes
        left = part.height
        elements = max(row, part.width)  # a sample of less than 8 bits becomes a byte
        most = max(min(BAND_ELEMENTS // elements, left // LEAST_BLOCKS), SMALLEST_BLOCK // row, 1)
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


def _unfiltered(filtered: Array, above: Array, part: PixelLayout) -> Array:
    """The rows (n, bytes) without their filters; `above` is the row before them."""
    step = max(SAMPLES[part.color] * part.depth // 8, 1)
    rows = np.empty((len(filtered), part.row_bytes), np.uint8)
    loops = compiled()
    if loops:
        if not loops.undo_filters(filtered, above, rows, step):
            raise _unknown_filter()
        return rows
    # Of samples of 16 bits the high and the low bytes are as two pictures: a filter predicts a byte
    # from bytes in the same place of neighbouring pixels.
    size = part.depth // 8 if part.depth > 8 else 1
    for place in range(size):
        one = np.concatenate([filtered[:, :1], filtered[:, 1 + place :: size]], axis=1)
        rows[:, place::size] = _by_pillow(one, above[place::size], step // size)
    return rows


def _by_pillow(filtered: Array, above: Array, step: int) -> Array:
    """Rows of pixels of `step` bytes, 1 to 4, without their filters."""
    from PIL import Image  # which the compiled loops spare

    size = (filtered.shape[1] - 1) // step, len(filtered) + 1
    data = _as_zlib_stream(b"\0" + above.tobytes() + filtered.tobytes())
    try:
        image = Image.frombytes(MODES[step], size, data, "zip", MODES[step])
    except ValueError:
        raise _unknown_filter() from None
    return np.asarray(image).reshape(size[1], -1)[1:]


def _unknown_filter() -> ConvtoolError:
    return ConvtoolError("is broken and cannot be decoded: a row has an unknown filter")


def _as_zlib_stream(data: bytes) -> bytes:
    """Bytes as an uncompressed zlib stream, without the checksum at its end: Pillow ignores it."""
    parts = [b"\x78\x01"]
    for start in range(0, len(data), LARGEST_STORED):
        stored = data[start : start + LARGEST_STORED]
        parts += [struct.pack("<BHH", 0, len(stored), len(stored) ^ 0xFFFF), stored]
    return b"".join(parts)
