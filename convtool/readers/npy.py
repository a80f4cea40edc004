"""NumPy's .npy files: an array (H, W) or (H, W, C); 2 and 4 channels end in alpha.

Rows are read as they are needed, from a file or a pipe. A memory map would do as well, but for a
file that is cut off meanwhile, which ends the process there and then.
"""

import math
import weakref
from collections.abc import Iterator
from typing import BinaryIO

import numpy as np

from ..errors import ConvtoolError
from ..geometry import band_height, cut
from ..image import Header, check_image, check_shape
from ..metadata import NONE
from ..npyheader import NpyHeader, read_header
from ..precision import Array
from .array import ArrayReader, Reader
from .limits import check_channels, check_size


def read_npy(file: BinaryIO, max_pixels: int) -> Reader:
    """The reader for a .npy file; objects (pickles) are refused."""
    header = read_header(file)
    shape = header.shape
    check_shape(shape)
    check_size(shape[0], shape[1], max_pixels)
    check_channels(math.prod(shape[2:]))
    if header.by_columns:
        with file:
            pixels = check_image(_whole(file, header))
        described = Header.of_array(pixels, may_have_alpha=True)
        return ArrayReader(described, pixels, _notes(described))
    return NpyReader(file, (shape[0], shape[1], math.prod(shape[2:])), header.dtype)


def _whole(file: BinaryIO, header: NpyHeader) -> Array:
    """The array behind a header, whose first axis varies quickest."""
    data = file.read(header.size)
    if len(data) < header.size:
        raise ConvtoolError(f"is no sound .npy file: it ends after {len(data)} bytes of numbers")
    return np.frombuffer(data, header.dtype).reshape(header.shape, order="F")


class NpyReader:
    """A .npy file of rows, one after another."""

    metadata = NONE

    def __init__(self, file: BinaryIO, shape: tuple[int, int, int], dtype: np.dtype[np.generic]):
        """The file stands behind its header, and is closed when the reader is let go.

        Raises ConvtoolError if it is no image.
        """
        self._file = file
        self._start = file.tell() if file.seekable() else None
        self._row_bytes = shape[1] * shape[2] * dtype.itemsize
        described = check_image(np.empty((1, *shape[1:]), dtype))
        self.header = Header.of_array(described, may_have_alpha=True)._replace(height=shape[0])
        self.notes = _notes(self.header)
        weakref.finalize(self, file.close)

    def blocks(self) -> Iterator[Array]:
        """The rows from top to bottom in blocks (n, W, C); once only from a pipe."""
        header = self.header
        if self._start is not None:
            self._file.seek(self._start)
        for first, last in cut(header.height, band_height(header.row_elements, 1)):
            size = (last - first) * self._row_bytes
            data = self._file.read(size)
            if len(data) < size:
                raise ConvtoolError(f"is no sound .npy file: it ends before row {last}")
            rows = np.frombuffer(data, header.dtype)
            yield rows.reshape(last - first, header.width, len(header.channels))


def _notes(header: Header) -> tuple[str, ...]:
    """What is taken for granted of an array."""
    note = f"the last of its {len(header.channels)} channels is taken for alpha"
    return (note,) if header.has_alpha else ()
