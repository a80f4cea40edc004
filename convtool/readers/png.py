"""PNG, row by row: its pixels as Pillow reads them, but in bands, and in all their bits.

`pngfile` inflates the rows, and Pillow undoes their filters. Pillow also reads the chunks around
them, checks included, with a small picture in place of theirs.
"""

import io
import struct
import weakref
import zlib
from collections.abc import Iterator
from contextlib import closing
from typing import NamedTuple

import numpy as np
from PIL import Image

from ..errors import ConvtoolError
from ..geometry import BAND_ELEMENTS
from ..image import CHANNEL_NAMES, Header, white_of
from ..metadata import NONE, Metadata
from ..precision import Array
from .array import Reader
from .pngfile import PALETTE, SAMPLES, SIGNATURE, PngFile, chunk

BARE = len(SIGNATURE) + 25
"""Bytes before the pixels where the header is all that there is."""

LEAST_BLOCKS = 4
SMALLEST_BLOCK = 1 << 16
"""Small images are read in so many blocks too, which have so many bytes at least."""

LARGEST_STORED = 0xFFFF
"""Bytes in a block of deflate that is stored as it is (RFC 1951, 3.2.4)."""

MODES = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}
"""Pillow's modes by the bytes of a pixel."""


def read_png(file: PngFile, max_pixels: int) -> Reader:
    """The reader of a PNG file, which is closed when the reader is let go.

    Raises ConvtoolError where Pillow refuses the chunks around the pixels.
    """
    looks = _looks(file)
    if looks.turned:  # which takes the whole picture
        from .pillow import read_picture

        return read_picture(file.release(), max_pixels)
    return PngReader(file, looks)


class Looks(NamedTuple):
    """What the chunks around the pixels say of them."""

    palette: Array | None
    """The pixel (C,) of each number."""
    transparent: list[int] | None
    """The colour, in samples, that is none."""
    turned: bool
    """Whether the picture is to be seen turned or mirrored."""
    metadata: Metadata

    def make_the_same_of(self, other: "Looks") -> bool:
        """Whether pixels look the same by both."""
        return (
            self.transparent == other.transparent
            and self.turned == other.turned
            and np.array_equal(self.palette, other.palette)  # type: ignore[arg-type]
        )


class PngReader:
    """A PNG, read in one pass for every call of `blocks`."""

    notes: tuple[str, ...] = ()

    def __init__(self, file: PngFile, looks: Looks) -> None:
        self._file = file
        self._looks = looks
        self.metadata = looks.metadata
        layout = file.layout
        count = SAMPLES[layout.color] + (looks.transparent is not None)
        if looks.palette is not None:
            count = looks.palette.shape[1]
        dtype = np.dtype(np.uint16 if layout.depth == 16 else np.uint8)
        self.header = Header(
            layout.height, layout.width, CHANNEL_NAMES[count], dtype, white_of(dtype)
        )
        weakref.finalize(self, file.close)

    def blocks(self) -> Iterator[Array]:
        """The rows from top to bottom in blocks (n, W, C)."""
        row_bytes = self._file.layout.row_bytes
        planes = 2 if self._file.layout.depth == 16 else 1
        above = [np.zeros(row_bytes // planes, np.uint8)] * planes
        for rows in self._filtered(1 + row_bytes):
            found = []
            for plane, filtered in enumerate(self._planes(rows)):
                found.append(self._unfiltered(filtered, above[plane]))
                above[plane] = found[-1][-1]
            yield self._pixels(found)
        if not self._file.seekable and not _looks(self._file).make_the_same_of(self._looks):
            raise ConvtoolError(
                "tells behind its pixels how they look, too late in a pipe; read it from a file"
            )

    def _filtered(self, row: int) -> Iterator[Array]:
        """The rows with their filters in front, in blocks (n, row)."""
        height = left = self._file.layout.height
        most = max(min(BAND_ELEMENTS // row, left // LEAST_BLOCKS), SMALLEST_BLOCK // row, 1)
        found: list[bytes | memoryview] = []
        size = 0
        with closing(self._file.pieces()) as pieces:
            for piece in pieces:
                found.append(piece)
                size += len(piece)
                while left and size >= min(most, left) * row:
                    count = min(most, left)
                    joined = memoryview(b"".join(found))
                    yield np.frombuffer(joined, np.uint8, count * row).reshape(count, row)
                    found = [joined[count * row :]]
                    size -= count * row
                    left -= count
        if left:
            raise ConvtoolError(
                "is broken and cannot be decoded: the pixels end after "
                f"{height - left + size // row} of {height} rows"
            )

    def _planes(self, rows: Array) -> list[Array]:
        """The rows apart into high and low bytes, where samples have both; each has its filters.

        A filter predicts a byte from those in the same place of the neighbouring pixels.
        """
        if self._file.layout.depth < 16:
            return [rows]
        return [np.concatenate([rows[:, :1], rows[:, start::2]], axis=1) for start in (1, 2)]

    def _unfiltered(self, rows: Array, above: Array) -> Array:
        """The bytes (n, bytes) of rows with their filters; `above` is the row before them."""
        layout = self._file.layout
        step = SAMPLES[layout.color] if layout.depth >= 8 else 1
        size = (rows.shape[1] - 1) // step, len(rows) + 1
        data = _as_zlib_stream(b"\0" + above.tobytes() + rows.tobytes())
        try:
            image = Image.frombytes(MODES[step], size, data, "zip", MODES[step])
        except ValueError:
            raise ConvtoolError(
                "is broken and cannot be decoded: a row has a filter that there is not"
            ) from None
        return np.asarray(image).reshape(size[1], -1)[1:]

    def _pixels(self, planes: list[Array]) -> Array:
        """Pixels (n, W, C) from the bytes of their rows."""
        layout, looks = self._file.layout, self._looks
        samples = planes[0]
        if layout.depth == 16:
            samples = samples.astype(np.uint16) << 8 | planes[1]
        elif layout.depth < 8:
            samples = _apart(samples, layout.depth)[:, : layout.width]
        if looks.palette is not None:
            return looks.palette.take(samples, axis=0)
        pixels = samples.reshape(len(samples), layout.width, SAMPLES[layout.color])
        white = np.iinfo(pixels.dtype).max
        opaque = None
        if looks.transparent is not None:
            opaque = (pixels != looks.transparent).any(axis=-1, keepdims=True)
        if layout.depth < 8:
            pixels = pixels * np.uint8(white // (2**layout.depth - 1))
        if opaque is None:
            return pixels
        alpha = np.where(opaque, white, 0).astype(pixels.dtype)
        return np.concatenate([pixels, alpha], axis=-1)


def _as_zlib_stream(data: bytes) -> bytes:
    """Bytes as a zlib stream in which nothing is packed, without its end, which Pillow leaves."""
    parts = [b"\x78\x01"]
    for start in range(0, len(data), LARGEST_STORED):
        stored = data[start : start + LARGEST_STORED]
        parts += [struct.pack("<BHH", 0, len(stored), len(stored) ^ 0xFFFF), stored]
    return b"".join(parts)


def _apart(rows: Array, depth: int) -> Array:
    """The samples of `depth` bits that lie side by side in bytes, the first in the highest bits."""
    shifts = np.arange(8 - depth, -1, -depth, dtype=np.uint8)
    apart = rows[..., np.newaxis] >> shifts & np.uint8(2**depth - 1)
    return apart.reshape(len(rows), -1)


def _looks(file: PngFile) -> Looks:
    """What Pillow makes of the chunks around the pixels."""
    layout = file.layout
    has_palette = layout.color == PALETTE
    if len(file.before) == BARE and file.after[4:8] in (b"", b"IEND"):
        return Looks(None, None, False, NONE)
    from PIL.PngImagePlugin import PngImageFile  # which it takes a while to import

    from .pillow import expanded, is_turned, metadata_of, pillow_decodes

    with pillow_decodes(), PngImageFile(io.BytesIO(_with_few_pixels(file))) as image:
        image.load()
        palette = np.asarray(expanded(image))[0] if has_palette else None
        found = image.info.get("transparency")
        transparent = None
        if found is not None and not has_palette:
            in_range = 2**layout.depth - 1
            transparent = [value & in_range for value in np.atleast_1d(found).tolist()]
        return Looks(palette, transparent, is_turned(image), metadata_of(image))


def _with_few_pixels(file: PngFile) -> bytes:
    """The file with one row of few pixels in place of its own; of a palette, one of each."""
    layout = file.layout
    width = 2**layout.depth if layout.color == PALETTE else 1
    row = bytes(SAMPLES[layout.color] * max(layout.depth // 8, 1))
    if layout.color == PALETTE:
        numbers = "".join(f"{number:0{layout.depth}b}" for number in range(width))
        row = int(numbers.ljust(8, "0"), 2).to_bytes(max(len(numbers) // 8, 1))
    header = struct.pack(">2I5B", width, 1, layout.depth, layout.color, 0, 0, 0)
    pixels = zlib.compress(b"\0" + row)
    others = file.before[BARE:]
    return b"".join((SIGNATURE, chunk(b"IHDR", header), others, chunk(b"IDAT", pixels), file.after))
