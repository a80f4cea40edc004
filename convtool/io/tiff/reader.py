"""Reads TIFF files in their own type, by rows of strips or tiles; `tifffile` parses them.

Pillow reads what this cannot decode, where it keeps the type; `imagecodecs`, if it is installed,
decodes the rest.
"""

import logging
import lzma
import math
import os
import sys
import weakref
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from types import SimpleNamespace
from typing import BinaryIO, NamedTuple

import numpy as np
import tifffile
from isal import isal_zlib

from ...core.dtypes import Array, DType, is_integer
from ...core.errors import ConvtoolError
from ...core.frames import Frames
from ...core.geometry import band_height, cut
from ...core.georeference import (
    DOUBLES,
    KEYS,
    PIXEL_SCALE,
    TEXTS,
    TIEPOINTS,
    TRANSFORMATION,
    Georeference,
)
from ...core.image import CHANNEL_NAMES, Header, check_pixels, white_of
from ...core.metadata import LARGEST_DPI, Metadata
from ...core.params import Number
from ..base import ArrayReader, Reader
from ..limits import check_channels, check_size
from ..pipe import kept

logging.getLogger("tifffile").addHandler(logging.NullHandler())  # or it prints on stderr
logging.getLogger("tifffile").propagate = False

DEFLATE = (8, 32946)
LZMA = 34925
UNPACKED = (1, *DEFLATE, LZMA)
"""The compressions that are undone here."""

HORIZONTAL, FLOATING = 2, 3
"""Predictors."""

MINISWHITE, MINISBLACK, RGB = 0, 1, 2
"""Photometric interpretations."""

ALPHA = ASSOCIATED, UNASSOCIATED = 1, 2
"""Extra samples that are alpha, multiplied into the colours or not."""

ACROSS, DOWN, UNIT, XMP, PROFILE, NODATA = 282, 283, 296, 700, 34675, 42113
"""Tags: resolution, metadata, and the text by which GDAL marks what is missing."""

DESCRIPTIVE = (270, 271, 272, 305, 306, 315, 33432)
"""Those tags that are EXIF: what is shown, camera, software, date, artist, copyright."""

DESCRIPTION, ORIENTATION = 270, 274

TURNED = {
    2: (False, False, True),
    3: (False, True, True),
    4: (False, True, False),
    5: (True, False, False),
    6: (True, False, True),
    7: (True, True, True),
    8: (True, True, False),
}
"""Orientation -> whether rows become columns, and then the last row comes first, the last column.
"""

GEOREFERENCE_LOST = "it is turned upright, and its georeference stays behind"

OF_BANDS = (42112, 50844)
"""GDAL's tags of statistics and names, and of how a satellite looked."""

DIRECTORIES = (34665, 34853)
"""The tags with further ones: of the shot, and of its place."""

INCHES = {2: 1.0, 3: 2.54}
"""Units of a resolution -> how many of them an inch is."""

REDUCED, MASK = 1, 4
"""Bits of the type of a page that is none of its own."""

CHECKED = 1 << 16
"""Bytes of a strip beyond its pixels that are unpacked to come to its checksum."""

LARGEST_TILE = 1 << 31
"""Bytes of a strip or tile, unpacked."""


def read_tiff(file: BinaryIO, max_pixels: int, frames: Frames | None = None) -> Reader:
    """The reader for a TIFF file: for its first page, with a note if there are others, or for
    `frames`, the pages that are meant."""
    file = file if file.seekable() else kept(file, max_pixels)
    placed = Metadata()
    notes: tuple[str, ...] = ()
    number = 0
    try:
        pages, other = _pages(file)
        if frames is None and len(pages) > 1:
            other = (f"holds {len(pages)} frames, only the first is read", *other)
        elif frames is not None:
            meant = frames.of(len(pages))
            if len(meant) > 1:
                stack = _stack(file, [pages[n] for n in meant], meant, other, max_pixels)
                if not isinstance(stack, str):
                    weakref.finalize(stack, file.close)
                    return stack
                if all(map(_by_pillow, pages)) and len({_described(page) for page in pages}) == 1:
                    return _pages_by_pillow(file, pages[0], frames, other, max_pixels)
                if frames.asked:
                    raise ConvtoolError(stack)
                other = (f"{stack}: only the first is read", *other)
            number = meant.start
        page = pages[number]
        orientation = page.tags.valueof(ORIENTATION, 1)
        why_not = _undecodable(page)
        if why_not is None:
            reader = TiffReader(file, page, other, max_pixels)
            weakref.finalize(reader, file.close)
            return upright(reader, orientation) if orientation in TURNED else reader
        bits = page.bitspersample  # several numbers where samples differ
        if isinstance(bits, int) and bits > 8 and not _kept_by_pillow(page):
            raise ConvtoolError(why_not)
        placed, notes = _metadata(page, file), (*_left_behind(page), *other)
        if placed.georeference and orientation in TURNED:
            placed, notes = placed._replace(georeference=None), (*notes, GEOREFERENCE_LOST)
    except ConvtoolError:
        raise
    except Exception:  # a broken file can raise almost any error; Pillow's reason is better
        pass
    file.seek(0)
    from ..pictures import PictureReader
    from ..pillow import decoded

    picture = decoded(file, max_pixels, number)
    metadata = picture.metadata._replace(
        georeference=placed.georeference, nodata=placed.nodata, exif=placed.exif
    )
    return PictureReader(picture._replace(notes=(*picture.notes, *notes), metadata=metadata))


def _pages(file: BinaryIO) -> tuple[list[tifffile.TiffPage], tuple[str, ...]]:
    """The pages that show something of their own, and what of the file is on no page."""
    file.seek(0)
    nameless = SimpleNamespace(read=file.read, seek=file.seek, tell=file.tell)  # some have no name
    opened = tifffile.TiffFile(nameless, _multifile=False)
    pages: list[tifffile.TiffPage] = []
    offsets: set[int] = set()
    for each in opened.pages:
        if isinstance(each, tifffile.TiffPage):
            if each.offset in offsets:
                raise ConvtoolError("is broken: its pages go round in a circle")
            offsets.add(each.offset)
            pages.append(each)
    tags = [page.tags.get(254) for page in pages]
    kinds = [tag.value if tag else 0 for tag in tags]
    page = pages[0]
    notes = []
    if page.imagedepth > 1:
        notes.append(f"holds {page.imagedepth} slices on its page, only the first is read")
    if any(kind & MASK for kind in kinds):
        notes.append("its mask of what is valid is not read; --within takes one from a file")
    others = zip(pages[1:], kinds[1:], strict=True)
    return [page, *(one for one, kind in others if not kind & (REDUCED | MASK))], tuple(notes)


def _stack(
    file: BinaryIO,
    pages: Sequence[tifffile.TiffPage],
    numbers: range,
    other: tuple[str, ...],
    max_pixels: int,
) -> "PagesReader | str":
    """The reader for several pages, one under another; why there is none, if they differ."""
    readers: list[TiffReader] = []
    for number, page in zip(numbers, pages, strict=True):
        why_not = _undecodable(page)
        if why_not or page.tags.valueof(ORIENTATION, 1) in TURNED:
            return f"page {number} {why_not or 'is not upright'}"
        readers.append(TiffReader(file, page, other, max_pixels))
        if readers[-1].metadata.nodata != readers[0].metadata.nodata:
            return f"page {number} has another number for what is missing than page {numbers.start}"
        first, here = readers[0].header, readers[-1].header
        if (first.size, first.channels, first.dtype) != (here.size, here.channels, here.dtype):
            return (
                f"page {number} is {here.height}x{here.width} of {len(here.channels)} x "
                f"{here.dtype}, and page {numbers.start} {first.height}x{first.width} of "
                f"{len(first.channels)} x {first.dtype}"
            )
    return PagesReader(readers)


def _by_pillow(page: tifffile.TiffPage) -> bool:
    """Whether Pillow decodes a page, in its own type."""
    bits = page.bitspersample
    return isinstance(bits, int) and (bits <= 8 or _kept_by_pillow(page))


def _described(page: tifffile.TiffPage) -> tuple[object, ...]:
    """What is the same of pages that go together."""
    tags = (page.tags.valueof(tag) for tag in (ORIENTATION, NODATA))
    return page.shape, page.dtype, page.photometric, *tags


def _pages_by_pillow(
    file: BinaryIO,
    first: tifffile.TiffPage,
    frames: Frames,
    other: tuple[str, ...],
    max_pixels: int,
) -> Reader:
    """The reader for pages that Pillow decodes, with what it does not know of them."""
    from ..frames import FrameReader

    known = _metadata(first, file)
    if known.georeference and first.tags.valueof(ORIENTATION, 1) in TURNED:
        known = known._replace(georeference=None)
        other = (*other, GEOREFERENCE_LOST)
    reader = FrameReader(file, frames, max_pixels)
    reader.notes = (*reader.notes, *_left_behind(first), *other)
    reader.metadata = reader.metadata._replace(
        georeference=known.georeference, nodata=known.nodata, exif=known.exif, timing=None
    )
    return reader


class PagesReader:
    """Pages of one description as one image, one under another."""

    def __init__(self, readers: "Sequence[TiffReader]") -> None:
        first, count = readers[0], len(readers)
        self._readers = readers
        self.header = first.header._replace(height=count * first.header.height, depth=count)
        notes = dict.fromkeys(note for reader in readers for note in reader.notes)
        differing = dict.fromkeys(
            name for reader in readers[1:] for name in first.metadata.differing(reader.metadata)
        )
        if differing:
            told = " and ".join(differing)
            notes[f"its pages differ in {told}, and that of the first goes along for all"] = None
        self.notes = tuple(notes)
        self.metadata = first.metadata

    def blocks(self) -> Iterator[Array]:
        """The rows of each page, one page after another; every call starts over."""
        for reader in self._readers:
            yield from reader.blocks()


def _undecodable(page: tifffile.TiffPage) -> str | None:
    """Why a page cannot be decoded here; None if it can."""
    dtype = page.dtype
    if dtype is not None and dtype.kind == "c":
        raise ConvtoolError(f"holds complex numbers ({dtype}), expected integers or floats")
    if page.photometric not in (MINISWHITE, MINISBLACK, RGB) or page.is_subsampled:
        colors = getattr(page.photometric, "name", page.photometric)
        return f"has colours of {colors} in {page.bitspersample} bits, expected grey or RGB"
    if dtype is None or page.bitspersample not in (8, 16, 32, 64) or page.imagedepth != 1:
        return f"has samples of {page.bitspersample} bits"
    if page.fillorder != 1:
        return "has its bits in reverse order"
    if page.compression in UNPACKED and page.predictor in (1, HORIZONTAL, FLOATING):
        return None
    if find_spec("imagecodecs"):
        return None
    name = getattr(page.compression, "name", page.compression)
    return (
        f"is compressed by {name}, of {page.samplesperpixel} samples of {dtype}; with imagecodecs "
        "installed it can be read"
    )


def _left_behind(page: tifffile.TiffPage) -> Iterator[str]:
    """What of the file no map keeps, and no format holds."""
    if page.is_imagej or page.is_ome:
        yield "what it tells ImageJ or OME of its pages stays behind"
    if any(tag in page.tags for tag in OF_BANDS):
        yield "what GDAL tells of its bands (GDAL_METADATA, RPC) stays behind"


def _kept_by_pillow(page: tifffile.TiffPage) -> bool:
    """Whether Pillow keeps the type of pixels of more than 8 bits."""
    native = page.dtype is not None and page.dtype.name in ("uint16", "int32", "uint32", "float32")
    return native and page.samplesperpixel == 1


def _channels(page: tifffile.TiffPage) -> tuple[str, ...]:
    """The names of the samples: of colours, of others by their numbers, of alpha if it is last."""
    count = page.samplesperpixel
    names = list(map(str, range(count)))
    if page.photometric == RGB and count >= 3:
        names[:3] = CHANNEL_NAMES[3]
    if page.extrasamples[-1:] and page.extrasamples[-1] in ALPHA:
        names[-1] = "A"
    if count - (names[-1] == "A") == 1:
        names[:1] = CHANNEL_NAMES[1]
    return tuple(names)


class _Grid(NamedTuple):
    """The strips or tiles of a page."""

    height: int
    width: int
    down: int
    across: int
    planes: int
    samples: int
    """In one of them."""


class TiffReader:
    """A TIFF whose strips or tiles are decoded when their rows are read."""

    def __init__(
        self, file: BinaryIO, page: tifffile.TiffPage, other: tuple[str, ...], max_pixels: int
    ) -> None:
        """`other` says what of the file is not on the page.

        Raises ConvtoolError if the page is no image.
        """
        self._file = file
        self._page = page
        assert page.dtype is not None
        height, width, samples = page.imagelength, page.imagewidth, page.samplesperpixel
        if 0 in (height, width, samples):
            raise ConvtoolError(f"is a TIFF of {height}x{width} pixels, expected at least one")
        check_size(height, width, max_pixels)
        check_channels(samples)
        check_pixels(page.dtype)
        in_file = page.dtype.newbyteorder(page.parent.byteorder)
        self._dtype = in_file.newbyteorder("=") if in_file.isnative else in_file
        self._associated = page.extrasamples[-1:] == (ASSOCIATED,)
        self._grid = self._checked_grid(height, width, samples)
        native = page.dtype.newbyteorder("=")
        self.header = Header(height, width, _channels(page), native, white_of(native))
        self.metadata = _metadata(page, file)
        self.notes = (*other, *self._noted())

    def _noted(self) -> Iterator[str]:
        if any(tag in self._page.tags for tag in DIRECTORIES) and self._page.parent.is_bigtiff:
            yield "its EXIF is not read, as it is a BigTIFF"
        yield from _left_behind(self._page)
        if self._associated:
            yield "its colours were multiplied by alpha, and are divided by it"
        if any(kind in ALPHA for kind in self._page.extrasamples[:-1]):
            yield "its alpha is not its last sample, and counts as a channel like others"

    def _checked_grid(self, height: int, width: int, samples: int) -> _Grid:
        """The grid of a page; ConvtoolError where it cannot be."""
        page = self._page
        if page.is_tiled:
            tall, wide = page.tilelength, page.tilewidth
        else:
            tall, wide = min(page.rowsperstrip, height), width
        if tall < 1 or wide < 1:
            raise ConvtoolError("is broken: its tiles have no size")
        separate = page.planarconfig == 2 and samples > 1
        planes, inside = (samples, 1) if separate else (1, samples)
        grid = _Grid(tall, wide, -(-height // tall), -(-width // wide), planes, inside)
        count = grid.down * grid.across * planes
        if min(len(page.dataoffsets), len(page.databytecounts)) < count:
            raise ConvtoolError(f"is broken: it lists fewer than {count} strips or tiles")
        end = self._file.seek(0, os.SEEK_END)
        ends = np.add(page.dataoffsets, page.databytecounts, dtype=np.float64)
        if ends.max() > end:
            raise ConvtoolError(
                f"is broken: it ends at {end}, before strip or tile {ends.argmax()}"
            )
        one = tall * wide * inside * self._dtype.itemsize
        if one > LARGEST_TILE and not self._is_raw:
            raise ConvtoolError(f"has a compressed strip or tile of {one} bytes, expected less")
        return grid

    @property
    def _is_raw(self) -> bool:
        """Whether the rows lie in the file one after another as they are."""
        return bool(self._page.is_contiguous) and not (
            self._page.planarconfig == 2 and self._page.samplesperpixel > 1
        )

    def blocks(self) -> Iterator[Array]:
        """The rows from top to bottom in blocks (n, W, C); every call starts over."""
        for rows in self._raw_blocks() if self._is_raw else self._unpacked_blocks():
            yield self._meant(rows.astype(self.header.dtype, copy=False))

    def _raw_blocks(self) -> Iterator[Array]:
        header = self.header
        row = header.row_elements * self._dtype.itemsize
        self._file.seek(self._page.dataoffsets[0])
        for first, last in cut(header.height, band_height(header.row_elements, 1)):
            data = self._file.read((last - first) * row)
            if len(data) < (last - first) * row:
                raise ConvtoolError(f"is broken: it ends before row {last}")
            yield np.frombuffer(data, self._dtype).reshape(last - first, header.width, -1)

    def _unpacked_blocks(self) -> Iterator[Array]:
        """A row of tiles, or a strip, at a time."""
        header, grid = self.header, self._grid
        for down, (first, last) in enumerate(cut(header.height, grid.height)):
            rows = np.empty((last - first, header.width, len(header.channels)), header.dtype)
            for plane in range(grid.planes):
                into = rows[..., plane : plane + 1] if grid.planes > 1 else rows
                for across, (left, right) in enumerate(cut(header.width, grid.width)):
                    index = (plane * grid.down + down) * grid.across + across
                    tile = self._tile(index, last - first)
                    into[:, left:right] = tile[: last - first, : right - left]
            yield from np.split(rows, range(0, len(rows), self._step)[1:])

    @property
    def _step(self) -> int:
        """Rows of a block."""
        return band_height(self.header.row_elements, 1)

    def _tile(self, index: int, rows: int) -> Array:
        """The pixels (rows, columns, samples) of a strip or tile, of which so many rows count."""
        page, grid = self._page, self._grid
        start, size = page.dataoffsets[index], page.databytecounts[index]
        tall = grid.height if page.is_tiled else rows
        if not size:  # left out, as GDAL does with what is nodata or 0
            empty = self.metadata.nodata or 0
            return np.full((tall, grid.width, grid.samples), empty).astype(self._dtype)
        self._file.seek(start)
        data = self._file.read(size)
        if len(data) < size:
            raise ConvtoolError(f"is broken: it ends in strip or tile {index + 1}")
        try:
            if page.compression in UNPACKED:
                return self._decoded(data, (tall, grid.width, grid.samples))
            found, *_ = page.decode(data, index, jpegtables=page.jpegtables)
            return np.asarray(found).reshape(-1, grid.width, grid.samples)
        except Exception as error:  # each decoder raises errors of its own
            raise ConvtoolError(
                f"is broken: strip or tile {index + 1} cannot be decoded ({error})"
            ) from None

    def _decoded(self, data: bytes, shape: tuple[int, int, int]) -> Array:
        size = int(np.prod(shape)) * self._dtype.itemsize
        data = _unpacked(self._page.compression, data, size)
        if len(data) < size:
            raise ValueError(f"it holds {len(data)} bytes, expected {size}")
        if self._page.predictor == FLOATING:
            return _from_planes(data[:size], shape, self._dtype)
        pixels = np.frombuffer(data, self._dtype, size // self._dtype.itemsize).reshape(shape)
        if self._page.predictor == HORIZONTAL:
            return _summed(pixels)
        return pixels

    def _meant(self, rows: Array) -> Array:
        """The pixels with black at 0, and straight alpha."""
        if self._page.photometric == MINISWHITE and is_integer(self.header.dtype):
            colors = rows[..., : self.header.colors]
            rows = rows.copy()
            rows[..., : self.header.colors] = ~colors  # the same as the largest less the value
        if self._associated:
            rows = _straight(rows, self.header.white)
        return rows


def upright(reader: TiffReader, orientation: int) -> ArrayReader:
    """An image turned as its orientation asks (TIFF 6.0, 8); it is held whole."""
    transposed, up, left = TURNED[orientation]
    pixels = np.concatenate(list(reader.blocks()))
    metadata, notes = reader.metadata, reader.notes
    if transposed:
        pixels = pixels.transpose(1, 0, 2)
        if metadata.dpi:
            metadata = metadata._replace(dpi=metadata.dpi[::-1])
    pixels = pixels[:: -1 if up else 1, :: -1 if left else 1]
    if metadata.georeference:
        metadata, notes = metadata._replace(georeference=None), (*notes, GEOREFERENCE_LOST)
    header = reader.header._replace(height=len(pixels), width=pixels.shape[1])
    return ArrayReader(header, np.ascontiguousarray(pixels), notes, metadata)


def _unpacked(compression: int, data: bytes, size: int) -> bytes:
    """The bytes of a strip, no more than `size` of them."""
    if compression not in (*DEFLATE, LZMA):
        return data
    if compression == LZMA:
        unpacker = lzma.LZMADecompressor()
        found = unpacker.decompress(data, size)
        if not unpacker.eof and not unpacker.needs_input:  # its checksum comes last
            unpacker.decompress(b"", CHECKED)
        return found
    inflater = isal_zlib.decompressobj()
    found = inflater.decompress(data, size)
    if not inflater.eof:
        inflater.decompress(inflater.unconsumed_tail, CHECKED)
    return found


def _summed(differences: Array) -> Array:
    """Pixels whose rows begin with themselves and go on with differences (TIFF 6.0, 14)."""
    unsigned = np.dtype(f"u{differences.dtype.itemsize}").newbyteorder(differences.dtype.byteorder)
    bits = differences.view(unsigned)
    native = bits.astype(unsigned.newbyteorder("="))
    summed = np.cumsum(native, axis=1, dtype=native.dtype)
    pixels: Array = summed.view(differences.dtype.newbyteorder("="))
    return pixels


def _from_planes(data: bytes, shape: tuple[int, int, int], dtype: DType) -> Array:
    """Floats whose rows hold first all highest bytes, then the next ones, as differences
    (Adobe Photoshop TIFF Technical Note 3)."""
    height, width, samples = shape
    rows = np.frombuffer(data, np.uint8).reshape(height, width * dtype.itemsize, samples)
    summed = np.cumsum(rows, axis=1, dtype=np.uint8).reshape(height, dtype.itemsize, -1)
    big_endian = np.ascontiguousarray(np.moveaxis(summed, 1, 2))
    return big_endian.view(dtype.newbyteorder(">")).reshape(shape)


def _straight(rows: Array, white: float | None) -> Array:
    """Colours divided by the alpha that they were multiplied by; 0 where it is 0."""
    alpha = rows[..., -1:].astype(np.float64)
    scaled = rows[..., :-1].astype(np.float64) * (1 if white is None else white)
    colors = np.divide(scaled, alpha, out=np.zeros(scaled.shape), where=alpha != 0)
    if is_integer(rows.dtype):
        colors = np.rint(np.minimum(colors, np.iinfo(rows.dtype).max))
    return np.concatenate([colors.astype(rows.dtype), rows[..., -1:]], axis=-1)


def _metadata(page: tifffile.TiffPage, file: BinaryIO) -> Metadata:
    """What the file says of its pixels; a broken tag says nothing. EXIF is read from the file."""
    geo = Georeference(
        _numbers(page, PIXEL_SCALE),
        _numbers(page, TIEPOINTS),
        _numbers(page, TRANSFORMATION),
        tuple(map(int, _numbers(page, KEYS))),
        _numbers(page, DOUBLES),
        str(page.tags.valueof(TEXTS, "")),
    )
    return Metadata(
        icc_profile=_bytes(page, PROFILE),
        dpi=_resolution(page),
        exif=_exif(page, file),
        xmp=_bytes(page, XMP),
        georeference=geo if any(geo) else None,
        nodata=_nodata(page.tags.valueof(NODATA)),
    )


def _nodata(text: object) -> float | None:
    """The number that GDAL's text names, if it is one: whole ones exactly.

    GDAL writes 15 digits, and those of the largest float64 are a little more than it is.
    """
    try:
        value = Number().read(str(text).strip(" \0"))
    except ConvtoolError:
        try:
            value = float(str(text).strip(" \0"))
        except ValueError:
            return None
        if math.isinf(value) and "inf" not in str(text).lower():
            value = math.copysign(sys.float_info.max, value)
    return value


def _exif(page: tifffile.TiffPage, file: BinaryIO) -> bytes | None:
    """The EXIF, if there is any; Pillow, slow to import, knows what it is."""
    left = {DESCRIPTION} if _describes_layout(page) else set()
    descriptive = [tag for tag in DESCRIPTIVE if tag in page.tags and tag not in left]
    if not descriptive and not any(tag in page.tags for tag in DIRECTORIES):
        return None
    from ..pillow import exif_in_tiff, exif_of_words

    if page.parent.is_bigtiff:  # which Pillow's EXIF does not know
        words = {tag: page.tags.valueof(tag) for tag in descriptive}
        return exif_of_words({tag: word for tag, word in words.items() if isinstance(word, str)})
    return exif_in_tiff(file, left)


def _describes_layout(page: tifffile.TiffPage) -> bool:
    """Whether its description tells programs how the pages of this very file lie."""
    return bool(page.is_shaped or page.is_imagej or page.is_ome)


def _numbers(page: tifffile.TiffPage, tag: int) -> tuple[float, ...]:
    value = page.tags.valueof(tag, ())
    try:
        return tuple(map(float, value if isinstance(value, tuple) else (value,)))
    except (TypeError, ValueError):
        return ()


def _bytes(page: tifffile.TiffPage, tag: int) -> bytes | None:
    value = page.tags.valueof(tag)
    return bytes(value) if isinstance(value, bytes | tuple) and value else None


def _resolution(page: tifffile.TiffPage) -> tuple[float, float] | None:
    """Pixels per inch, across and down."""
    unit = INCHES.get(page.tags.valueof(UNIT, 2))
    pairs = page.tags.valueof(ACROSS), page.tags.valueof(DOWN)
    try:
        across, down = (top / bottom * unit for top, bottom in pairs)
    except (TypeError, ValueError, ZeroDivisionError):  # there is none, or no unit
        return None
    sound = 0 < across <= LARGEST_DPI and 0 < down <= LARGEST_DPI
    return (across, down) if sound else None
