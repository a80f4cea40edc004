"""A number that marks what is missing: NaN on the way, and itself in files of numbers."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from ..core.dtypes import FLOAT64, Array
from ..core.image import Header
from ..core.metadata import Metadata
from ..io.base import Reader


class NodataReader(NamedTuple):
    """An image in which this value is missing, and becomes NaN; whole numbers become float64."""

    reader: Reader
    value: float

    @property
    def header(self) -> Header:
        """The description of the image, of floats."""
        header = self.reader.header
        return header if header.dtype.kind == "f" else header._replace(dtype=FLOAT64)

    @property
    def notes(self) -> tuple[str, ...]:
        """Those of the image."""
        return self.reader.notes

    @property
    def metadata(self) -> Metadata:
        """That of the image."""
        return self.reader.metadata

    def blocks(self) -> Iterator[Array]:
        """The rows, alpha as it is."""
        header = self.header
        for block in self.reader.blocks():
            missing = block[..., : header.colors] == np.asarray(self.value, block.dtype)
            values = block.astype(header.dtype)
            values[..., : header.colors][missing] = np.nan
            yield values


def with_nodata(reader: Reader, value: float | None) -> Reader:
    """The image, of which this value is missing, if it is one."""
    return reader if value is None else NodataReader(reader, value)


def marked(band: Array, value: float | None) -> Array:
    """Values for a file of numbers: what is missing is this value again, if it is one."""
    if value is None or band.dtype.kind != "f":
        return band
    return np.where(np.isnan(band), np.asarray(value, band.dtype), band)
