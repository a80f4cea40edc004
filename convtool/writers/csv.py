"""CSV, every value exactly as computed; `readers.csv` reads it back."""

import io
from typing import BinaryIO

import numpy as np

from ..image import Header
from ..precision import EXACT_IN_FLOAT64, Array
from ..readers.csv import WIDE, differs_in_float32, reads_as_float32


class CsvWriter:
    """Writes a map a row a line; several channels as blocks under ``# channel 0: R``."""

    def __init__(self, file: BinaryIO, header: Header) -> None:
        self._file = file
        self._channels = header.channels
        # The first channel goes straight to the file; the others wait until it is complete.
        self._waiting = [io.BytesIO() for _ in header.channels[1:]]
        dtype = header.dtype.newbyteorder("=")
        # The shortest text of a float16 reads back as another float32.
        self._dtype = np.dtype(np.float32) if dtype == np.float16 else dtype
        self._narrow = dtype == np.float64
        """Whether the numbers so far would be read back as float32, though they are float64."""
        self._differ = False
        """Whether any of them would not be the same then."""
        self._started = False

    def write(self, band: Array) -> None:
        """Write the next rows."""
        band = band.astype(self._dtype, copy=False)
        if self._narrow:
            self._narrow = reads_as_float32(band)
            self._differ = self._differ or differs_in_float32(band)
        if self._waiting and not self._started:
            self._file.write(self._title(0))
        self._started = True
        for channel, file in enumerate([self._file, *self._waiting]):
            file.write("".join(f"{_line(row)}\n" for row in band[..., channel]).encode())

    def close(self) -> None:
        """Write the channels that waited, and the type where the numbers do not tell it."""
        for channel, rows in enumerate(self._waiting, start=1):
            self._file.write(b"\n" + self._title(channel))
            self._file.write(rows.getbuffer())
        if self._narrow and self._differ:
            self._file.write(f"{WIDE}\n".encode())

    def _title(self, channel: int) -> bytes:
        return f"# channel {channel}: {self._channels[channel]}\n".encode()


def _line(row: Array) -> str:
    """One row as text: whole numbers without a point, others as the shortest that reads back."""
    if row.dtype.kind in "biu":
        return ",".join(map(str, (row * 1 if row.dtype.kind == "b" else row).tolist()))
    # Past that bound all floats are whole; an exponent writes them shorter.
    whole = (np.rint(row) == row) & (np.abs(row.astype(np.float64)) < EXACT_IN_FLOAT64)
    if whole.all():
        return ",".join(map(str, row.astype(np.int64).tolist()))
    words = row.astype(str).astype(object)
    words[whole] = row[whole].astype(np.int64).astype(str)
    return ",".join(words)
