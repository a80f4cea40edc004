"""Small pictures of maps, computed while the maps are written.

A thumbnail is a `Writer`, as a file format has one. It gets the pixels that a picture file would
get, adds up the ones under each of its own pixels, and keeps only one row of sums.
"""

from collections.abc import Sequence
from typing import Any, BinaryIO, NamedTuple

import numpy as np
import numpy.typing as npt

from ..core.dtypes import Array
from ..core.encoding import Packing
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
        """Add the next rows of the map to the sums.

        One row of the thumbnail covers `header.height / size[0]` rows of the map, often not a
        whole number. Measured in units of 1 / `size[0]` of a map's row, both heights are whole:
        a row of the map is `size[0]` units high, a row of the thumbnail `header.height` units.
        """
        map_row, own_row = self.size[0], self.header.height
        row, stop = self._seen, self._seen + len(band)
        while row < stop:
            whole, rest = divmod((self._done + 1) * own_row, map_row)
            last = min(whole, stop)
            self._sums += map_row * _total(band[row - self._seen : last - self._seen])
            row = last
            if row < whole or (rest and row == stop):
                break
            if rest:  # two rows of the thumbnail share this row of the map
                shared = band[row - self._seen].astype(np.int64)
                self._finish_row(self._sums + rest * shared)
                self._sums = (map_row - rest) * shared
                row += 1
            else:
                self._finish_row(self._sums)
                self._sums = np.zeros_like(self._sums)
        self._seen = stop

    def close(self) -> int:
        """Nothing is left to do: each row was finished with the last row of the map under it."""
        return 0

    def cells(self, name: str) -> list[Cell]:
        """The thumbnail as one picture, or one of each channel if the map is no picture itself."""
        if is_single(self.header):
            return [Cell(name, _as_rgb(self._pixels))]
        labels = [f"{name} {channel}".strip() for channel in self.header.channels]
        return [
            Cell("".join(filter(str.isprintable, label)), _as_rgb(self._pixels[..., i : i + 1]))
            for i, label in enumerate(labels[: self.header.colors])
        ]

    def _finish_row(self, sums: Array) -> None:
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
        """A new thumbnail, for a map of this description."""
        thumbnail = Thumbnail(header, self.most)
        self._thumbnails.append((name, thumbnail))
        return thumbnail

    def cells(self) -> list[Cell]:
        """All pictures. The channels of a single map go by their own names, without the map's."""
        alone = len(self._thumbnails) == 1
        return [
            cell
            for name, thumbnail in self._thumbnails
            for cell in thumbnail.cells("" if alone and not is_single(thumbnail.header) else name)
        ]


class _Several(NamedTuple):
    """Writers that get the same bands."""

    writers: Sequence[Writer]

    def encode(self, band: Array) -> list[Any]:
        return [writer.encode(band) for writer in self.writers]

    def write(self, band: list[Any]) -> None:
        for writer, part in zip(self.writers, band, strict=True):
            writer.write(part)

    def close(self) -> int:
        return sum(writer.close() for writer in self.writers)


def only(thumbnails: Sequence[Thumbnail]) -> Format:
    """A format that writes nothing to its file: the pixels go to the thumbnails only."""

    def write(_: BinaryIO, __: Header, ___: Metadata, ____: Packing) -> Writer:
        return _Several(thumbnails)

    return Format("thumbnail", (), write, layers=True)


def beside(format_: Format, thumbnails: Sequence[Thumbnail]) -> Format:
    """The same format of pixels; the thumbnails get the pixels too."""

    def write(file: BinaryIO, header: Header, meta: Metadata, packing: Packing) -> Writer:
        return _Several([format_.write(file, header, meta, packing), *thumbnails])

    return format_._replace(write=write)


def fitting(size: Pair, most: Pair) -> Pair:
    """The largest (height, width) of the same shape that fits into `most` and is not above `size`.

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
    """Sums of columns (W, C), added up to (width, C).

    The units are those of `Thumbnail.write`: a column of the map is `width` units wide, one of the
    thumbnail is W units wide.
    """
    running = np.zeros((len(sums) + 1, sums.shape[1]), np.int64)
    np.cumsum(sums, axis=0, out=running[1:])
    whole, rest = np.divmod(np.arange(width + 1) * len(sums), width)
    on_edge = sums[np.minimum(whole, len(sums) - 1)]
    up_to = width * running[whole] + rest[:, np.newaxis] * on_edge
    return np.diff(up_to, axis=0)
