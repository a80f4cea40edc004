"""Reads PNG in bands: the same pixels as Pillow's, but with all of their bits.

`chunks` inflates the rows, `unfilter` undoes their filters. The chunks around the pixels are read
and checked by Pillow: it gets them as a small PNG with few pixels.
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
from ...core.frames import FIRST_ALONE
from ...core.image import CHANNEL_NAMES, Header, white_of
from ...core.metadata import NONE, Metadata
from ..base import Reader
from ..formats import PNG_SIGNATURE
from .chunks import ANIMATION, PALETTE, SAMPLES, PngFile, chunk, chunks
from .interlace import PASSES
from .unfilter import RowDecoder

BARE = len(PNG_SIGNATURE) + 25
"""Bytes before the pixels if there is no chunk except the header."""


def read_png(file: PngFile, max_pixels: int) -> Reader:
    """The reader of a PNG file, which is closed with the reader.

    Raises ConvtoolError if Pillow refuses the chunks around the pixels.
    """
    appearance = _appearance(file)
    if appearance.turned:  # only Pillow turns a picture, as a whole
        from ..pillow import read_picture

        return read_picture(file.release(max_pixels), max_pixels)
    return PngReader(file, appearance)


class Appearance(NamedTuple):
    """What the chunks around the pixels say about their look."""

    palette: Array | None
    """The pixel (C,) of each index."""
    transparent: list[int] | None
    """The samples of the colour that is transparent."""
    turned: bool
    """Whether the picture has to be turned or mirrored, after its EXIF orientation."""
    metadata: Metadata

    def looks_like(self, other: "Appearance") -> bool:
        """Whether pixels look the same with both."""
        return (
            self.transparent == other.transparent
            and self.turned == other.turned
            and np.array_equal(self.palette, other.palette)  # type: ignore[arg-type]
        )


class PngReader:
    """A PNG file. Every call of `blocks` reads it once, from the start."""

    def __init__(self, file: PngFile, appearance: Appearance) -> None:
        self._file = file
        self._appearance = appearance
        frames = file.frames
        note = f"holds {frames} frames, {FIRST_ALONE}"
        self.notes: tuple[str, ...] = (note,) if frames > 1 else ()
        self.metadata = appearance.metadata
        layout = file.layout
        count = SAMPLES[layout.color] + (appearance.transparent is not None)
        if appearance.palette is not None:
            count = appearance.palette.shape[1]
        dtype = np.dtype(np.uint16 if layout.depth == 16 else np.uint8)
        self.header = Header(
            layout.height, layout.width, CHANNEL_NAMES[count], dtype, white_of(dtype)
        )
        weakref.finalize(self, file.close)

    def blocks(self) -> Iterator[Array]:
        layout = self._file.layout
        with closing(self._file.pieces()) as pieces:
            rows = RowDecoder(pieces, layout)
            if layout.interlaced:
                yield from self._interlaced(rows)
            else:
                for block in rows.of(layout):
                    yield self._pixels(block, layout.width)
            rows.finish()
        if not self._file.seekable and not _appearance(self._file).looks_like(self._appearance):
            raise ConvtoolError(
                "has a chunk after its pixels that changes their look, too late in a pipe; "
                "read it from a file"
            )

    def _interlaced(self, rows: RowDecoder) -> Iterator[Array]:
        """The rows of an interlaced picture, from when its last pass is read.

        The passes before it, half of the pixels, wait in memory as bytes.
        """
        layout = self._file.layout
        *early, last = layout.parts
        kept = [rows.whole(part) for part in early]
        first = 0
        for block in rows.of(last):
            end = first + 2 * len(block)
            pixels = self._even_rows(kept, first, end)
            pixels[1::2] = self._pixels(block, layout.width)
            yield pixels
            first = end
        if first < layout.height:
            yield self._even_rows(kept, first, layout.height)

    def _even_rows(self, kept: list[Array], first: int, last: int) -> Array:
        """Pixels (last - first, W, C); only the rows 0, 2, 4, ... are filled in."""
        layout = self._file.layout
        shape = last - first, layout.width, len(self.header.channels)
        pixels = np.empty(shape, self.header.dtype)
        for place, part, all_ in zip(PASSES, layout.parts, kept, strict=False):
            rows = place.rows_between(first, last)
            some = all_[rows]
            if some.size:
                top = place.top + rows.start * place.down - first
                pixels[top :: place.down, place.left :: place.across] = self._pixels(
                    some, part.width
                )
        return pixels

    def _pixels(self, samples: Array, width: int) -> Array:
        """Pixels (n, width, C) from the bytes of rows."""
        layout, appearance = self._file.layout, self._appearance
        if layout.depth == 16:
            samples = samples.view(">u2").astype(np.uint16)
        elif layout.depth < 8:
            samples = _split_bits(samples, layout.depth)[:, :width]
        if appearance.palette is not None:
            return appearance.palette.take(samples, axis=0)
        pixels = samples.reshape(len(samples), width, SAMPLES[layout.color])
        white = np.iinfo(pixels.dtype).max
        opaque = None
        if appearance.transparent is not None:
            opaque = (pixels != appearance.transparent).any(axis=-1, keepdims=True)
        if layout.depth < 8:
            pixels = pixels * np.uint8(white // (2**layout.depth - 1))
        if opaque is None:
            return pixels
        alpha = np.where(opaque, white, 0).astype(pixels.dtype)
        return np.concatenate([pixels, alpha], axis=-1)


def _split_bits(rows: Array, depth: int) -> Array:
    """Samples of `depth` bits, which lie side by side in bytes, the first in the highest bits."""
    shifts = np.arange(8 - depth, -1, -depth, dtype=np.uint8)
    samples = rows[..., np.newaxis] >> shifts & np.uint8(2**depth - 1)
    return samples.reshape(len(rows), -1)


def _appearance(file: PngFile) -> Appearance:
    """The look of the pixels, as Pillow reads the chunks around them."""
    layout = file.layout
    has_palette = layout.color == PALETTE
    if len(file.before) == BARE and file.after[4:8] in (b"", b"IEND"):
        return Appearance(None, None, False, NONE)
    from PIL.PngImagePlugin import PngImageFile  # slow to import

    from ..pillow import expanded, is_turned, metadata_of, pillow_decodes

    with pillow_decodes(), PngImageFile(io.BytesIO(_with_few_pixels(file))) as image:
        image.load()
        palette = np.asarray(expanded(image))[0] if has_palette else None
        found = image.info.get("transparency")
        transparent = None
        if found is not None and not has_palette:
            in_range = 2**layout.depth - 1
            transparent = [value & in_range for value in np.atleast_1d(found).tolist()]
        return Appearance(palette, transparent, is_turned(image), metadata_of(image))


def _with_few_pixels(file: PngFile) -> bytes:
    """The file with one row of pixels instead of all: one pixel, or one of each palette index."""
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
