"""CSV, every value exactly as computed; `readers.csv` reads it back."""

import shutil
from tempfile import SpooledTemporaryFile
from typing import BinaryIO, NamedTuple

import numpy as np
import orjson

from ..image import Header
from ..precision import EXACT_IN_FLOAT64, FLOAT32, FLOAT64, Array
from ..readers.csv import WIDE, differs_in_float32, reads_as_float32

MOST_WAITING = 1 << 22
"""Bytes of a channel that wait in memory before they wait on the disk."""


class Lines(NamedTuple):
    """A band as text."""

    channels: list[bytes]
    narrow: bool
    """Whether the numbers would be read back as float32, though they are float64."""
    differ: bool
    """Whether any of them would not be the same then."""


class CsvWriter:
    """Writes a map a row a line; several channels as blocks under ``# channel 0: R``."""

    def __init__(self, file: BinaryIO, header: Header) -> None:
        self._file = file
        self._channels = header.channels
        # The first channel goes straight to the file; the others wait until it is complete.
        self._waiting = [SpooledTemporaryFile(MOST_WAITING) for _ in header.channels[1:]]  # noqa: SIM115
        dtype = header.dtype.newbyteorder("=")
        if dtype.kind == "f":
            # The shortest text of a float16 reads back as another float32; a long double has none.
            dtype = FLOAT32 if dtype.itemsize <= 4 else FLOAT64
        self._dtype = dtype
        self._narrow = self._dtype == FLOAT64
        self._differ = False
        self._started = False

    def encode(self, band: Array) -> Lines:
        """The text of a band's rows, channel by channel."""
        with np.errstate(over="ignore", invalid="ignore"):
            band = band.astype(self._dtype, copy=False)
        narrow = self._dtype == FLOAT64 and reads_as_float32(band)
        channels = [_text(band[..., channel]) for channel in range(band.shape[2])]
        return Lines(channels, narrow, narrow and differs_in_float32(band))

    def write(self, band: Lines) -> None:
        """Write the next band, as far as its first channel."""
        self._narrow = self._narrow and band.narrow
        self._differ = self._differ or band.differ
        if self._waiting and not self._started:
            self._file.write(self._title(0))
        self._started = True
        for file, text in zip([self._file, *self._waiting], band.channels, strict=True):
            file.write(text)

    def close(self) -> None:
        """Write the channels that waited, and the type where the numbers do not tell it."""
        for channel, rows in enumerate(self._waiting, start=1):
            self._file.write(b"\n" + self._title(channel))
            with rows:
                rows.seek(0)
                shutil.copyfileobj(rows, self._file)
        if self._narrow and self._differ:
            self._file.write(f"{WIDE}\n".encode())

    def _title(self, channel: int) -> bytes:
        return f"# channel {channel}: {self._channels[channel]}\n".encode()


def _text(rows: Array) -> bytes:
    """Rows as lines: whole numbers without a point, others as the shortest that reads back."""
    if rows.dtype.kind == "b":
        rows = rows.astype(np.uint8)
    if rows.dtype.kind != "f":
        return _lines(rows)
    if not np.isfinite(rows).all():  # JSON has neither NaN nor infinity
        return "".join(f"{','.join(map(_word, row.tolist(), row))}\n" for row in rows).encode()
    # Past that bound all floats are whole; an exponent writes them shorter.
    if np.abs(rows).max() < EXACT_IN_FLOAT64 and np.array_equal(np.rint(rows), rows):
        return _lines(rows.astype(np.int64))
    return _lines(rows).replace(b".0,", b",").replace(b".0\n", b"\n")


def _lines(rows: Array) -> bytes:
    """Finite numbers as lines."""
    matrix = orjson.dumps(np.ascontiguousarray(rows), option=orjson.OPT_SERIALIZE_NUMPY)
    return matrix[2:-2].replace(b"],[", b"\n") + b"\n"


def _word(value: float, number: np.floating) -> str:
    """One number, whole ones without a point; `number` is the same in its own type."""
    if value.is_integer() and abs(value) < EXACT_IN_FLOAT64:
        return str(int(value))
    return str(number)
