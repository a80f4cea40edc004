"""NumPy's .npy files: an array (H, W) or (H, W, C), or one whose axes are said.

2 and 4 channels end in alpha.

Rows are read when they are needed, from a file or a pipe. There is no memory map: with one, a file
that is cut off while it is read would end the process.
"""

import io
import math
import os
import warnings
import weakref
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

import numpy as np

from ..core.dtypes import Array
from ..core.errors import ConvtoolError, shortened
from ..core.geometry import band_height, cut
from ..core.image import DEPTH, Header, check_image, check_shape
from ..core.metadata import NONE
from .base import ArrayReader, Reader
from .limits import check_channels, check_size

MOST_AXES, LONGEST = 32, 2**40
"""The most axes of an array, and the most elements along one."""

MOST_USUAL = 4
"""Channels of an image of which nobody asks whether they are columns of slices."""

LONGEST_HEADER = 10_000
"""Bytes: NumPy's own limit."""


class NpyHeader(NamedTuple):
    """The header of a file: it describes the array after it."""

    shape: tuple[int, ...]
    by_columns: bool
    """Whether the first axis varies fastest (Fortran's order)."""
    dtype: np.dtype[np.generic]

    @property
    def size(self) -> int:
        """Bytes of the array."""
        return math.prod(self.shape) * self.dtype.itemsize


def read_header(file: BinaryIO) -> NpyHeader:
    """The header of an open file, from where the array is read next.

    Raises ConvtoolError for what is no header, for an array of Python objects (pickles can run
    programs), and for a file that holds less than the header says.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about headers that Python 2 wrote
        try:
            formats = np.lib.format
            header_bytes = io.BytesIO(_start(file))
            one = formats.read_magic(header_bytes) == (1, 0)
            read = formats.read_array_header_1_0 if one else formats.read_array_header_2_0
            header = NpyHeader(*read(header_bytes))
        except Exception:  # a broken header can raise almost any error
            raise ConvtoolError(
                "is no sound .npy file: its header is missing, broken or longer than "
                f"{LONGEST_HEADER} bytes"
            ) from None
    if header.dtype.hasobject:
        raise ConvtoolError("is a .npy file of Python objects, expected numbers")
    if header.dtype.subdtype or header.dtype.fields:
        raise ConvtoolError(
            f"is a .npy file of {shortened(str(header.dtype))}, expected plain numbers"
        )
    sound = all(type(length) is int and 0 <= length <= LONGEST for length in header.shape)
    if not sound or len(header.shape) > MOST_AXES:
        raise ConvtoolError(f"is no sound .npy file: its shape is {shortened(str(header.shape))}")
    if file.seekable():  # a pipe shows its length only when it is read
        start = file.tell()
        left = file.seek(0, os.SEEK_END) - start
        file.seek(start)
        if left < header.size:
            raise ConvtoolError(
                f"is no sound .npy file: it holds {left} bytes of numbers, expected {header.size}"
            )
    return header


def _start(file: BinaryIO) -> bytes:
    """The bytes of the header: signature, version, length, text; too long a text is cut off."""
    magic = file.read(8)
    length = file.read(2 if magic[6:7] == b"\1" else 4)
    return magic + length + file.read(min(int.from_bytes(length, "little"), LONGEST_HEADER + 1))


def read_npy(file: BinaryIO, max_pixels: int, axes: str | None = None) -> Reader:
    """The reader for a .npy file, whose axes are rows, columns and channels, or as `axes` says.

    Objects (pickles) are refused.
    """
    header = read_header(file)
    shape = header.shape
    depth, height, width, channels = _laid(shape, axes)
    check_size(height, width, max_pixels)
    check_channels(channels)
    note = _taken(shape) if axes is None else ()
    may_have_alpha = "c" not in (axes or "")
    stacked = "t" if axes and axes[0] == "t" else DEPTH
    if header.by_columns:
        with file:
            pixels = check_image(_whole(file, header).reshape(depth * height, width, channels))
        described = Header.of_array(pixels, may_have_alpha=may_have_alpha)
        described = described._replace(depth=depth, stacked=stacked)
        return ArrayReader(described, pixels, (*note, *_notes(described)))
    row = check_image(np.empty((1, width, channels), header.dtype))
    laid = Header.of_array(row, may_have_alpha=may_have_alpha)
    laid = laid._replace(height=depth * height, depth=depth, stacked=stacked)
    return NpyReader(file, laid, (*note, *_notes(laid)))


def _laid(shape: tuple[int, ...], axes: str | None) -> tuple[int, int, int, int]:
    """(slices, rows, columns, channels) of an array."""
    if axes is None:
        if len(shape) == 4:
            raise ConvtoolError(f"has shape {shape}; --axes zyxc takes it for slices")
        if len(shape) == 1:
            raise ConvtoolError(f"has shape {shape}; --axes x takes it for a row")
        check_shape(shape)
        axes = "yxc"[: len(shape)]
    if len(axes) != len(shape):
        raise ConvtoolError(f"has shape {shape}, and --axes {axes} says {len(axes)} axes")
    if 0 in shape:
        raise ConvtoolError(f"has shape {shape}, expected at least one number")
    if "c" in axes[:-1]:
        raise ConvtoolError(f"has its channels last, and --axes {axes} is for pages of a TIFF")
    sizes = dict(zip(axes.replace("t", "z"), shape, strict=True))
    depth, height, width, channels = (sizes.get(axis, 1) for axis in "zyxc")
    return depth, height, width, channels


def _taken(shape: tuple[int, ...]) -> tuple[str, ...]:
    """A note on an array that may as well be a volume."""
    if len(shape) < 3 or shape[2] <= MOST_USUAL or shape[2] < min(shape[:2]):
        return ()
    return (
        f"its shape {shape} is taken for rows, columns and channels (--axes yxc); --axes zyx takes "
        "it for slices",
    )


def _whole(file: BinaryIO, header: NpyHeader) -> Array:
    """The array after a header; its first axis varies fastest."""
    data = file.read(header.size)
    if len(data) < header.size:
        raise ConvtoolError(f"is no sound .npy file: it ends after {len(data)} bytes of numbers")
    return np.frombuffer(data, header.dtype).reshape(header.shape, order="F")


class NpyReader:
    """A .npy file that holds rows one after another."""

    metadata = NONE

    def __init__(self, file: BinaryIO, header: Header, notes: tuple[str, ...] = ()) -> None:
        """The file is at the end of its header, and is closed with the reader."""
        self._file = file
        self._start = file.tell() if file.seekable() else None
        self._row_bytes = header.row_elements * header.dtype.itemsize
        self.header, self.notes = header, notes
        weakref.finalize(self, file.close)

    def blocks(self) -> Iterator[Array]:
        """The rows from top to bottom in blocks (n, W, C). A pipe can be read once only."""
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
    """Notes for a person: what is assumed about an array."""
    note = (
        f"the last of its {len(header.channels)} channels is taken for alpha; --alpha channel "
        "filters it like the others"
    )
    return (note,) if header.has_alpha else ()


class NpyWriter:
    """Writes a map as an array (H, W), or (H, W, C) if it has several channels; several slices as
    (D, H, W) or (D, H, W, C)."""

    def __init__(self, file: BinaryIO, header: Header) -> None:
        self._file = file
        self._header = header
        self._dtype = header.dtype.newbyteorder("=")
        self._started = False

    def encode(self, band: Array) -> memoryview:
        return np.ascontiguousarray(band, self._dtype).data

    def write(self, band: memoryview) -> None:
        """Write the next band, and the file's header before the first."""
        if not self._started:
            self._write_header()
            self._started = True
        self._file.write(band)

    def close(self) -> int:
        """Do nothing: all is written."""
        return 0

    def _write_header(self) -> None:
        shape = self._header.shape
        header = {
            "descr": np.lib.format.dtype_to_descr(self._dtype),
            "fortran_order": False,
            "shape": shape if shape[-1] > 1 else shape[:-1],
        }
        np.lib.format.write_array_header_1_0(self._file, header)
