"""NumPy's .npy files, written band by band."""

from typing import BinaryIO

import numpy as np

from ..image import Header
from ..precision import Array


class NpyWriter:
    """Writes a map as an array (H, W), or (H, W, C) if it has several channels."""

    def __init__(self, file: BinaryIO, header: Header) -> None:
        self._file = file
        self._header = header
        self._dtype = header.dtype.newbyteorder("=")
        self._started = False

    def encode(self, band: Array) -> memoryview:
        """The bytes of the rows of a band."""
        return np.ascontiguousarray(band, self._dtype).data

    def write(self, band: memoryview) -> None:
        """Write the next band, and the file's header before the first."""
        if not self._started:
            self._write_header()
            self._started = True
        self._file.write(band)

    def close(self) -> None:
        """Nothing is left to write."""

    def _write_header(self) -> None:
        height, width, count = self._header.height, self._header.width, len(self._header.channels)
        header = {
            "descr": np.lib.format.dtype_to_descr(self._dtype),
            "fortran_order": False,
            "shape": (height, width, count) if count > 1 else (height, width),
        }
        np.lib.format.write_array_header_1_0(self._file, header)
