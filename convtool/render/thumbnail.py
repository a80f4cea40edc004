"""Small pictures of maps, gathered while the maps go by: what is shown where a map is too large.

A thumbnail is a `Writer` as a file format has one. It is fed the pixels that a picture would get,
adds up what lies under each of its own, and keeps no more than one row of sums.
"""

from collections.abc import Sequence
from typing import Any, BinaryIO, NamedTuple

import numpy as np
import numpy.typing as npt

from ..core.choices import Compression
from ..core.dtypes import Array
from ..core.image import CHANNEL_NAMES, Header
from ..core.metadata import Metadata
from ..core.rounding import divide, saturate
from ..core.validation import Pair
from ..io.base import Writer
from ..io.formats import Format

SQUARE = 8
"""Pixels of a thumbnail in a square of the board that shows where a map is transparent."""

DARK, LIGHT = 102, 153
"""The greys of that board."""

FEW_ROWS = 1 << 16
"""Rows whose sums surely fit into 32 bits: less than this times 255 x 255."""


class Cell(NamedTuple):
    """A small picture and what it is called."""

    label: str
    pixels: npt.NDArray[np.uint8]
    """(h, w, 3), red, green and blue."""


class Thumbnail:
    """Shrinks a map to at most (height, width) by the mean of the area under each pixel.

    The map's pixels are uint8, or uint16, which become 8 bits first. The mean is exact, rounded
    half to even; a pixel on an edge counts by its part. Smaller maps stay as they are. What is
    transparent shows a board of grey squares, and weighs by its alpha.
    """

    def __init__(self, header: Header, most: Pair) -> None:
        """`header` describes the map, of any type."""
        self.header = header
        self.size = fitting((header.height, header.width), most)
        self._pixels = np.empty((*self.size, header.colors), np.uint8)
        self._sums = np.zeros((header.width, len(header.channels)), np.int64)
        self._done = 0  # rows of the thumbnail
        self._seen = 0  # rows of the map

    def encode(self, band: Array) -> Array:
        """Rows in 8 bits, colours times their alpha."""
        if band.dtype != np.uint8:
            band = saturate(band / 257, np.dtype(np.uint8))
        if not self.header.has_alpha:
            return band
        rows = band.astype(np.uint16)
        rows[..., :-1] *= rows[..., -1:]
        return rows

    def write(self, band: Array) -> None:
        """Add the next rows up.

        In parts of a row, of which a row of the map has as many as the thumbnail has rows, a row
        of the thumbnail has as many as the map has rows: whole numbers, both.
        """
        parts, needed = self.size[0], self.header.height
        row, stop = self._seen, self._seen + len(band)
        while row < stop:
            whole, rest = divmod((self._done + 1) * needed, parts)
            last = min(whole, stop)
            self._sums += parts * _total(band[row - self._seen : last - self._seen])
            row = last
            if row < whole or (rest and row == stop):
                break
            if rest:  # the row on the edge is shared
                shared = band[row - self._seen].astype(np.int64)
                self._finish_row(self._sums + rest * shared)
                self._sums = (parts - rest) * shared
                row += 1
            else:
                self._finish_row(self._sums)
                self._sums = np.zeros_like(self._sums)
        self._seen = stop

    def close(self) -> None:
        """Nothing waits: a row is done as soon as all that lies under it has been seen."""

    def cells(self, name: str) -> list[Cell]:
        """The thumbnail as a picture, or a picture of each channel where the map is none itself."""
        if is_single(self.header):
            return [Cell(name, _as_rgb(self._pixels))]
        labels = [f"{name} {channel}".strip() for channel in self.header.channels]
        return [
            Cell("".join(filter(str.isprintable, label)), _as_rgb(self._pixels[..., i : i + 1]))
            for i, label in enumerate(labels[: self.header.colors])
        ]

    def _finish_row(self, sums: Array) -> None:
        """Make the next row of pixels of the sums under it."""
        area = self.header.height * self.header.width
        sums = _gathered(sums, self.size[1])
        if self.header.has_alpha:
            colors, alpha = sums[:, :-1], sums[:, -1:]
            squares = np.arange(self.size[1]) // SQUARE + self._done // SQUARE
            board = np.where(squares % 2, DARK, LIGHT)[:, np.newaxis]
            area *= 255
            sums = colors + board * (area - alpha)
        divide(sums, area, self._pixels[self._done])
        self._done += 1


class Album:
    """Thumbnails of several maps, each of at most (height, width)."""

    def __init__(self, most: Pair) -> None:
        self.most = most
        self._thumbnails: list[tuple[str, Thumbnail]] = []

    def add(self, name: str, header: Header) -> Thumbnail:
        """A new one, which is to be fed a map of this description."""
        thumbnail = Thumbnail(header, self.most)
        self._thumbnails.append((name, thumbnail))
        return thumbnail

    def cells(self) -> list[Cell]:
        """All pictures; the channels of a single map are called as they are there."""
        alone = len(self._thumbnails) == 1
        return [
            cell
            for name, thumbnail in self._thumbnails
            for cell in thumbnail.cells("" if alone and not is_single(thumbnail.header) else name)
        ]


class _Several(NamedTuple):
    """Writers that are fed the same."""

    writers: Sequence[Writer]

    def encode(self, band: Array) -> list[Any]:
        """What each makes of it."""
        return [writer.encode(band) for writer in self.writers]

    def write(self, band: list[Any]) -> None:
        """Give each what it made."""
        for writer, part in zip(self.writers, band, strict=True):
            writer.write(part)

    def close(self) -> None:
        """Close each."""
        for writer in self.writers:
            writer.close()


def only(thumbnails: Sequence[Thumbnail]) -> Format:
    """A format whose files stay empty: the map's pixels go to the thumbnails."""

    def write(_: BinaryIO, __: Header, ___: Metadata, ____: Compression) -> Writer:
        return _Several(thumbnails)

    return Format("thumbnail", (), write, layers=True)


def beside(format_: Format, thumbnails: Sequence[Thumbnail]) -> Format:
    """A format of pixels, the same bytes, with the pixels going to the thumbnails too."""

    def write(file: BinaryIO, header: Header, meta: Metadata, packing: Compression) -> Writer:
        return _Several([format_.write(file, header, meta, packing), *thumbnails])

    return format_._replace(write=write)


def fitting(size: Pair, most: Pair) -> Pair:
    """The largest (height, width) of the same shape inside `most`, and not above `size`.

    >>> fitting((300, 451), (100, 80)), fitting((1, 5000), (100, 80)), fitting((2, 3), (9, 9))
    ((53, 80), (1, 80), (2, 3))
    """
    share = min(1.0, most[0] / size[0], most[1] / size[1])
    return max(1, round(size[0] * share)), max(1, round(size[1] * share))


def is_single(header: Header) -> bool:
    """Whether a map is shown as one picture. The outputs of a layer are shown as one each."""
    return header.colors == 1 or header.channels[: header.colors] == CHANNEL_NAMES[3]


def cells_of(header: Header) -> int:
    """The number of pictures that a map is shown as."""
    return 1 if is_single(header) else header.colors


def _as_rgb(pixels: Array) -> npt.NDArray[np.uint8]:
    return np.ascontiguousarray(np.broadcast_to(pixels, (*pixels.shape[:2], 3)), np.uint8)


def _total(rows: Array) -> Array:
    """The sum of rows; in 32 bits where that is enough, which takes half the time."""
    dtype = np.uint32 if len(rows) < FEW_ROWS else np.uint64
    total: Array = np.add.reduce(rows, axis=0, dtype=dtype).astype(np.int64)
    return total


def _gathered(sums: Array, width: int) -> Array:
    """Values (W, C) added up to (width, C), of which each has W parts and each value `width`."""
    running = np.zeros((len(sums) + 1, sums.shape[1]), np.int64)
    np.cumsum(sums, axis=0, out=running[1:])
    whole, rest = np.divmod(np.arange(width + 1) * len(sums), width)
    on_edge = sums[np.minimum(whole, len(sums) - 1)]
    up_to = width * running[whole] + rest[:, np.newaxis] * on_edge
    gathered: Array = np.diff(up_to, axis=0)
    return gathered
