"""Writes CSV files."""

import shutil
from typing import BinaryIO, NamedTuple, cast

import numpy as np

from ...core.dtypes import FLOAT32, FLOAT64, Array
from ...core.image import Header
from . import WIDE
from .numbers import differs_in_float32, reads_as_float32, text_of

MOST_WAITING = 1 << 22
"""Bytes of a waiting channel that are kept in memory. More go to the disk."""


class Lines(NamedTuple):
    """Rows of one slice as text."""

    rows: int
    channels: list[bytes]
    narrow: bool
    """Whether these numbers of float64 would be read back as float32."""
    differ: bool
    """Whether that would change any of them."""


class CsvWriter:
    """Writes a line for each row; several channels as blocks under ``# channel 0: R``, and several
    slices under ``# slice 0``."""

    def __init__(self, file: BinaryIO, header: Header, delimiter: str = ",") -> None:
        self._file = file
        self._delimiter = delimiter.encode()
        self._channels = header.channels
        self._depth, self._height, _ = header.size
        self._waiting: list[BinaryIO] = []
        dtype = header.dtype.newbyteorder("=")
        if dtype.kind == "f":
            # The shortest text of a float16 reads back as another float32; a long double has none.
            dtype = FLOAT32 if dtype.itemsize <= 4 else FLOAT64
        self._dtype = dtype
        self._narrow = self._dtype == FLOAT64
        self._differ = False
        self._seen = 0

    def encode(self, band: Array) -> list[Lines]:
        """A band, whole slices of it one by one."""
        height = self._height if len(band) % self._height == 0 else len(band)
        return [self._encoded(band[top : top + height]) for top in range(0, len(band), height)]

    def _encoded(self, band: Array) -> Lines:
        with np.errstate(over="ignore", invalid="ignore"):
            band = band.astype(self._dtype, copy=False)
        narrow = self._dtype == FLOAT64 and reads_as_float32(band)
        channels = [text_of(band[..., channel]) for channel in range(band.shape[2])]
        if self._delimiter != b",":
            channels = [rows.replace(b",", self._delimiter) for rows in channels]
        return Lines(len(band), channels, narrow, narrow and differs_in_float32(band))

    def write(self, band: list[Lines]) -> None:
        """Write the first channel of the next band, and put the others aside."""
        for lines in band:
            self._narrow = self._narrow and lines.narrow
            self._differ = self._differ or lines.differ
            if self._seen % self._height == 0:
                self._begin_slice()
            for file, text in zip([self._file, *self._waiting], lines.channels, strict=True):
                file.write(text)
            self._seen += lines.rows
            if self._seen % self._height == 0:
                self._end_slice()

    def _begin_slice(self) -> None:
        """The first channel goes straight to the file; the others wait until it is complete."""
        if len(self._channels) > 1:
            from tempfile import SpooledTemporaryFile  # not needed for reading

            files = [SpooledTemporaryFile(MOST_WAITING) for _ in self._channels[1:]]  # noqa: SIM115
            self._waiting = cast(list[BinaryIO], files)
        self._begin_block(0)

    def _end_slice(self) -> None:
        """Write the channels that were put aside."""
        for channel, rows in enumerate(self._waiting, start=1):
            self._begin_block(channel)
            with rows:
                rows.seek(0)
                shutil.copyfileobj(rows, self._file)

    def _begin_block(self, channel: int) -> None:
        """Write what stands above a block, if there are several."""
        number = (self._seen - bool(channel)) // self._height
        told = [f"slice {number}"] * (self._depth > 1)
        told += [f"channel {channel}: {self._channels[channel]}"] * (len(self._channels) > 1)
        if told:
            gap = "\n" if number or channel else ""
            self._file.write(f"{gap}# {', '.join(told)}\n".encode())

    def close(self) -> int:
        """Write the type if the numbers do not show it."""
        if self._narrow and self._differ:
            self._file.write(f"{WIDE}\n".encode())
        return 0
