"""The header of NumPy's .npy files, which is Python that may say anything."""

import math
import os
import warnings
from typing import BinaryIO, NamedTuple

import numpy as np

from .errors import ConvtoolError, shortened

MAGIC = b"\x93NUMPY"

MOST_AXES, LONGEST = 32, 2**40
"""What no array of ours passes: how many axes, and elements along one."""


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
    are programs), and where less is behind it than its shape says.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of headers that Python 2 wrote
        try:
            version = np.lib.format.read_magic(file)
            formats = np.lib.format
            one = version == (1, 0)
            read = formats.read_array_header_1_0 if one else formats.read_array_header_2_0
            header = NpyHeader(*read(file))
        except Exception:  # whatever that Python raises; NumPy's advice is to trust the file
            raise ConvtoolError(
                "is no sound .npy file: its header is missing, broken or longer than 10000 bytes"
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
    start = file.tell()
    left = file.seek(0, os.SEEK_END) - start
    file.seek(start)
    if left < header.size:
        raise ConvtoolError(
            f"is no sound .npy file: it holds {left} bytes of numbers, expected {header.size}"
        )
    return header
