"""The header of NumPy's .npy files, which is Python that may say anything."""

import io
import math
import os
import warnings
from typing import BinaryIO, NamedTuple

import numpy as np

from .errors import ConvtoolError, shortened

MAGIC = b"\x93NUMPY"

MOST_AXES, LONGEST = 32, 2**40
"""What no array of ours passes: how many axes, and elements along one."""

LONGEST_HEADER = 10_000
"""Bytes: NumPy's own limit."""


class NpyHeader(NamedTuple):
    """What a file says of the array behind its header."""

    shape: tuple[int, ...]
    by_columns: bool
    """Whether the first axis is the one that varies quickest (Fortran's order)."""
    dtype: np.dtype[np.generic]

    @property
    def size(self) -> int:
        """Bytes of the array."""
        return math.prod(self.shape) * self.dtype.itemsize


def read_header(file: BinaryIO) -> NpyHeader:
    """The header of an open file, which is left behind it.

    Raises ConvtoolError where it is none, where the array holds Python objects (pickles, which
    are programs), and where less is behind it in a file than its shape says.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of headers that Python 2 wrote
        try:
            formats = np.lib.format
            header_bytes = io.BytesIO(_start(file))
            one = formats.read_magic(header_bytes) == (1, 0)
            read = formats.read_array_header_1_0 if one else formats.read_array_header_2_0
            header = NpyHeader(*read(header_bytes))
        except Exception:  # whatever that Python raises; NumPy's advice is to trust the file
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
    if file.seekable():  # how much comes through a pipe shows when it is read
        start = file.tell()
        left = file.seek(0, os.SEEK_END) - start
        file.seek(start)
        if left < header.size:
            raise ConvtoolError(
                f"is no sound .npy file: it holds {left} bytes of numbers, expected {header.size}"
            )
    return header


def _start(file: BinaryIO) -> bytes:
    """The bytes of the header: magic, version, length, and so many more, if not too many."""
    magic = file.read(8)
    length = file.read(2 if magic[6:7] == b"\1" else 4)
    return magic + length + file.read(min(int.from_bytes(length, "little"), LONGEST_HEADER + 1))
