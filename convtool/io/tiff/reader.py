"""Reads a page of a TIFF file in its own type, by rows of strips or tiles.

Pillow reads what this cannot decode, where it keeps the type; `imagecodecs`, if it is installed,
decodes the rest.
"""

import lzma
import os
from collections.abc import Iterator
from copy import copy
from importlib.util import find_spec
from typing import BinaryIO, NamedTuple

import numpy as np
import tifffile
from isal import isal_zlib

from ...core.dtypes import Array, DType, is_integer
from ...core.errors import ConvtoolError
from ...core.geometry import band_height, cut
from ...core.image import CHANNEL_NAMES, Header, check_pixels, white_of
from ..limits import check_channels, check_size
from .metadata import DIRECTORIES, left_behind, metadata_of

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

CHECKED = 1 << 16
"""Bytes of a strip beyond its pixels that are unpacked to come to its checksum."""

LARGEST_TILE = 1 << 31
"""Bytes of a strip or tile, unpacked."""


def undecodable(page: tifffile.TiffPage) -> str | None:
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


def kept_by_pillow(page: tifffile.TiffPage) -> bool:
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
        self._behind = 0
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
        self.metadata = metadata_of(page, file)
        self.notes = (*other, *self._noted())

    def behind(self, count: int) -> "TiffReader":
        """The same of the slice that lies so many behind this one, and has no tags of its own."""
        found = copy(self)
        found._behind += count
        return found

    def _noted(self) -> Iterator[str]:
        if any(tag in self._page.tags for tag in DIRECTORIES) and self._page.parent.is_bigtiff:
            yield "its EXIF is not read, as it is a BigTIFF"
        yield from left_behind(self._page)
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
        size = header.height * row
        self._file.seek(self._page.dataoffsets[0] + self._behind * size)
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
