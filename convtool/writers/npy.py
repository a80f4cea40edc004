"""NumPy's .npy files, written band by band."""

from typing import BinaryIO

import numpy as np

from ..image import Header
from ..stage import Array


class NpyWriter:
    """Writes a map as an array (H, W), or (H, W, C) if it has several channels."""

    def __init__(self, file: BinaryIO, header: Header) -> None:
        self._file = file
        count = len(header.channels)
        self._dtype = header.dtype.newbyteorder("=")
        np.lib.format.write_array_header_1_0(
            file,
            {
                "descr": np.lib.format.dtype_to_descr(self._dtype),
                "fortran_order": False,
                "shape": (header.height, header.width, *([count] if count > 1 else [])),
            },
        )

    def write(self, band: Array) -> None:
        """Write the next rows."""
        self._file.write(np.ascontiguousarray(band, self._dtype).data)

    def close(self) -> None:
        """Nothing is left to write."""
