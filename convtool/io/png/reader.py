"""PNG, row by row: its pixels as Pillow reads them, but in bands, and in all their bits.

`pngfile` inflates the rows, and `pngrows` undoes their filters. Pillow reads the chunks around
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

from ...core.dtypes import Array
from ...core.errors import ConvtoolError
from ...core.image import CHANNEL_NAMES, Header, white_of
from ...core.metadata import NONE, Metadata
from ..base import Reader
from ..formats import PNG_SIGNATURE
from .chunks import ANIMATION, PALETTE, SAMPLES, PngFile, chunk, chunks
from .interlace import PASSES
from .unfilter import Rows

BARE = len(PNG_SIGNATURE) + 25
"""Bytes before the pixels where the header is all that there is."""


def read_png(file: PngFile, max_pixels: int) -> Reader:
    """The reader of a PNG file, which is closed when the reader is let go.

    Raises ConvtoolError where Pillow refuses the chunks around the pixels.
    """
    looks = _looks(file)
    if looks.turned:  # which takes the whole picture
        from ..pillow import read_picture

        return read_picture(file.release(max_pixels), max_pixels)
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

    def __init__(self, file: PngFile, looks: Looks) -> None:
        self._file = file
        self._looks = looks
        frames = file.frames
        note = f"holds {frames} frames, only the first is read"
        self.notes: tuple[str, ...] = (note,) if frames > 1 else ()
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
        layout = self._file.layout
        with closing(self._file.pieces()) as pieces:
            rows = Rows(pieces, layout)
            if layout.interlaced:
                yield from self._interlaced(rows)
            else:
                for block in rows.of(layout):
                    yield self._pixels(block, layout.width)
            rows.finish()
        if not self._file.seekable and not _looks(self._file).make_the_same_of(self._looks):
            raise ConvtoolError(
                "tells behind its pixels how they look, too late in a pipe; read it from a file"
            )

    def _interlaced(self, rows: Rows) -> Iterator[Array]:
        """The rows of an interlaced picture, put together as those of its last pass come.

        The passes before it, half of the pixels, are kept as they are stored.
        """
        layout = self._file.layout
        *early, last = layout.parts
        kept = [rows.whole(part) for part in early]
        first = 0
        for block in rows.of(last):
            end = first + 2 * len(block[0])
            pixels = self._even_rows(kept, first, end)
            pixels[1::2] = self._pixels(block, layout.width)
            yield pixels
            first = end
        if first < layout.height:
            yield self._even_rows(kept, first, layout.height)

    def _even_rows(self, kept: list[list[Array]], first: int, last: int) -> Array:
        """Pixels (last - first, W, C), of which the first row and every second are filled in."""
        layout = self._file.layout
        shape = last - first, layout.width, len(self.header.channels)
        pixels = np.empty(shape, self.header.dtype)
        for place, part, planes in zip(PASSES, layout.parts, kept, strict=False):
            rows = place.rows_between(first, last)
            some = [plane[rows] for plane in planes]
            if some[0].size:
                top = place.top + rows.start * place.down - first
                pixels[top :: place.down, place.left :: place.across] = self._pixels(
                    some, part.width
                )
        return pixels

    def _pixels(self, planes: list[Array], width: int) -> Array:
        """Pixels (n, width, C) from the bytes of their rows."""
        layout, looks = self._file.layout, self._looks
        samples = planes[0]
        if layout.depth == 16:
            samples = samples.astype(np.uint16) << 8 | planes[1]
        elif layout.depth < 8:
            samples = _apart(samples, layout.depth)[:, :width]
        if looks.palette is not None:
            return looks.palette.take(samples, axis=0)
        pixels = samples.reshape(len(samples), width, SAMPLES[layout.color])
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

    from ..pillow import expanded, is_turned, metadata_of, pillow_decodes

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
    others = b"".join(data for kind, data in chunks(file.before[BARE:]) if kind not in ANIMATION)
    return b"".join(
        (PNG_SIGNATURE, chunk(b"IHDR", header), others, chunk(b"IDAT", pixels), file.after)
    )
