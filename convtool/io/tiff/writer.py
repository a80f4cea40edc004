"""Writes TIFF files of any type: the header, then the bands of the map, one strip each.

Pillow lays out the header's tags. They come first, so that a file can go into a pipe.
"""

import shutil
import struct
import zlib
from tempfile import SpooledTemporaryFile
from typing import Any, BinaryIO

import numpy as np
from isal import isal_zlib
from PIL import Image
from PIL.TiffImagePlugin import ImageFileDirectory_v2

from ...core.choices import Compression
from ...core.dtypes import Array, in_type, is_integer
from ...core.errors import ConvtoolError
from ...core.georeference import DOUBLES, KEYS, PIXEL_SCALE, TEXTS, TIEPOINTS, TRANSFORMATION
from ...core.image import CHANNEL_NAMES, Header
from ...core.metadata import Metadata
from ..pillow import SUBFILES
from .axes import NO_UNIT
from .description import description
from .metadata import ACROSS, DESCRIPTION, DOWN, NODATA, PROFILE, UNIT, XMP

WIDTH, HEIGHT, BITS, COMPRESSION, PHOTOMETRIC = 256, 257, 258, 259, 262
OFFSETS, SAMPLES, ROWS, COUNTS, PLANAR = 273, 277, 278, 279, 284
PREDICTOR, EXTRA, FORMAT = 317, 338, 339
"""Tags."""

LAYOUT = {
    *range(254, 267), *range(277, 282), *range(322, 326), *range(338, 348), *range(512, 533),
    *(273, 284, 317, 320, 330),
}  # fmt: skip
"""Tags about where pixels lie and how they are packed: EXIF may have those of another picture."""

ASCII, SHORT, LONG, UNDEFINED, DOUBLE, LONG8 = 2, 3, 4, 7, 12, 16
"""Their types."""

FORMATS = {"u": 1, "i": 2, "f": 3}

CLASSIC = b"II\x2a\0\x08\0\0\0"
BIG = b"II\x2b\0\x08\0\0\0\x10\0\0\0\0\0\0\0"
"""The first bytes of a file, with the place of the first tags."""

LARGEST_CLASSIC = 2**32 - 2**24
"""Bytes of pixels that offsets of 32 bits reach."""

MOST_IN_MEMORY = 1 << 24
"""Bytes of packed strips; more go to a temporary file until the header can be written."""


class TiffWriter:
    """Writes a map, a page for each slice; all bands of a slice but the last have one height.

    A band is of whole slices, or of a part of one.
    """

    def __init__(
        self, file: BinaryIO, header: Header, metadata: Metadata, compression: Compression
    ) -> None:
        self._file = file
        self._header = header
        self._height = header.size[1]
        self._dtype = header.dtype.newbyteorder("<")
        self._metadata = metadata.fitting(len(header.channels))
        self._level = {"none": None, "fast": 1, "small": 9}[compression]
        plain = header.height * header.row_elements * self._dtype.itemsize
        self._big = plain > LARGEST_CLASSIC
        self._position = self._page = self._seen = self._rows = 0

    def encode(self, band: Array) -> list[tuple[int, Any]]:
        """The rows of each slice in a band, and their bytes."""
        return [
            self._strip(band[top : top + self._height]) for top in range(0, len(band), self._height)
        ]

    def _strip(self, rows: Array) -> tuple[int, Any]:
        pixels = np.ascontiguousarray(rows, self._dtype)
        if self._level is None:
            return len(rows), pixels.data
        if is_integer(self._dtype):
            pixels = _differences(pixels)
        pack = isal_zlib.compress if self._level == 1 else zlib.compress
        return len(rows), pack(pixels.data, self._level)

    def write(self, band: list[tuple[int, Any]]) -> None:
        for rows, data in band:
            if not self._rows:
                self._rows = rows
                if self._level is None:
                    self._write_header(self._plain_sizes())
                else:
                    self._packed = SpooledTemporaryFile(MOST_IN_MEMORY)  # noqa: SIM115  until its end
                    self._sizes: list[int] = []
            self._seen += rows
            if self._level is None:
                self._put(data)
            else:
                self._sizes.append(len(data))
                self._packed.write(data)
            if self._seen == self._height:
                self._end_page()

    def close(self) -> int:
        """Do nothing: the last page is written."""
        return 0

    def _end_page(self) -> None:
        """Write the packed strips, whose sizes are known now."""
        if self._level is not None:
            self._write_header(self._sizes)
            self._position += self._packed.tell()
            self._packed.seek(0)
            shutil.copyfileobj(self._packed, self._file, MOST_IN_MEMORY)
            self._packed.close()
        self._put(bytes(self._position % 2))  # tags begin at even places
        self._page, self._seen, self._rows = self._page + 1, 0, 0

    def _put(self, data: Any) -> None:
        self._file.write(data)
        self._position += len(data) if isinstance(data, bytes) else data.nbytes

    def _plain_sizes(self) -> list[int]:
        """Bytes of each strip that is not packed."""
        row = self._header.row_elements * self._dtype.itemsize
        tops = range(0, self._height, self._rows)
        return [min(self._rows, self._height - top) * row for top in tops]

    def _write_header(self, sizes: list[int]) -> None:
        """The tags of a page, and where those of the next one come."""
        if not self._page:
            self._put(BIG if self._big else CLASSIC)
        stack = self._metadata.hyperstack if not self._page else None
        found = self._tags(sizes, description(stack, self._header) if stack else "")
        pixels = self._header.height * self._header.row_elements * self._dtype.itemsize
        if stack and pixels < len(found) + sum(sizes):
            # Then tifffile would take what follows its own words for all pages in one block.
            found = self._tags(sizes, description(stack, self._header, tiny=True))
        if self._page + 1 < self._header.depth:
            following = self._position + len(found) + sum(sizes)
            found = _with_next(found, following + following % 2, big=self._big)
        self._put(found)

    def _tags(self, sizes: list[int], words: str) -> bytes:
        """The tags of a page with strips of so many bytes, under these words."""
        tags = ImageFileDirectory_v2(BIG if self._big else CLASSIC)
        self._carry(tags)
        if words:
            tags[DESCRIPTION] = words
        self._describe(tags)
        offsets = np.cumsum([0, *sizes[:-1]]).tolist()  # from the end of the tags, Pillow's way
        for tag, values in ((OFFSETS, offsets), (COUNTS, sizes)):
            tags.tagtype[tag] = LONG8 if self._big else LONG
            tags[tag] = tuple(values)
        return tags.tobytes(self._position)

    def _describe(self, tags: ImageFileDirectory_v2) -> None:
        """What the pixels are."""
        header, count = self._header, len(self._header.channels)
        colors = 3 if header.channels[:3] == CHANNEL_NAMES[3] else 1
        tags[WIDTH], tags[HEIGHT], tags[ROWS] = header.width, self._height, self._rows
        tags[BITS] = (8 * self._dtype.itemsize,) * count
        tags[FORMAT] = (FORMATS[self._dtype.kind],) * count
        tags[COMPRESSION] = 1 if self._level is None else 8
        tags[PHOTOMETRIC] = 2 if colors == 3 else 1
        tags[SAMPLES], tags[PLANAR] = count, 1
        if self._level is not None and is_integer(self._dtype):
            tags[PREDICTOR] = 2
        if count > colors:
            others = (0,) * (count - colors - header.has_alpha)
            tags.tagtype[EXTRA] = SHORT
            tags[EXTRA] = (*others, *(2,) * header.has_alpha)

    def _carry(self, tags: ImageFileDirectory_v2) -> None:
        """What goes along."""
        metadata = self._metadata
        if metadata.exif and not self._page:
            exif = Image.Exif()
            exif.load(metadata.exif)
            for tag in exif.keys() - LAYOUT:
                tags[tag] = exif.get_ifd(tag) if tag in SUBFILES else exif[tag]
        stack = metadata.hyperstack
        if metadata.dpi:
            tags[ACROSS], tags[DOWN] = metadata.dpi
            tags[UNIT] = 2
        elif stack and stack.density and stack.program == "ImageJ":
            tags[ACROSS], tags[DOWN] = stack.density
            tags[UNIT] = NO_UNIT
        for tag, data in ((PROFILE, metadata.icc_profile), (XMP, metadata.xmp)):
            if data:
                tags.tagtype[tag] = UNDEFINED
                tags[tag] = data
        if metadata.nodata is not None and in_type(metadata.nodata, self._dtype) is not None:
            tags.tagtype[NODATA] = ASCII
            whole = isinstance(metadata.nodata, int)
            tags[NODATA] = str(metadata.nodata) if whole else f"{metadata.nodata:.17g}"
        geo = metadata.georeference
        if geo:
            for tag, kind, values in (
                (PIXEL_SCALE, DOUBLE, geo.pixel_scale),
                (TIEPOINTS, DOUBLE, geo.tiepoints),
                (TRANSFORMATION, DOUBLE, geo.transformation),
                (KEYS, SHORT, geo.keys),
                (DOUBLES, DOUBLE, geo.doubles),
                (TEXTS, ASCII, geo.texts),
            ):
                if values:
                    tags.tagtype[tag] = kind
                    tags[tag] = values


def _with_next(tags: bytes, place: int, *, big: bool) -> bytes:
    """Tags, of which the place of the next ones comes after the last entry (TIFF 6.0, 2)."""
    if not big and place >= 2**32:
        raise ConvtoolError(
            "the pages reach beyond 4 GiB, more than a packed TIFF holds; --compress none"
        )
    count, entry, kind = ("<Q", 20, "<Q") if big else ("<H", 12, "<I")
    (entries,) = struct.unpack_from(count, tags)
    at = struct.calcsize(count) + entries * entry
    return tags[:at] + struct.pack(kind, place) + tags[at + struct.calcsize(kind) :]


def _differences(pixels: Array) -> Array:
    """Each pixel less the one on its left, modulo the type (TIFF 6.0, 14)."""
    bits = pixels.view(f"<u{pixels.dtype.itemsize}")
    found = bits.copy()
    np.subtract(bits[:, 1:], bits[:, :-1], out=found[:, 1:])
    return found
