"""A number that marks what is missing: NaN on the way, and itself in files of numbers."""

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from ..core.dtypes import FLOAT64, Array, in_type
from ..core.image import Header
from ..core.metadata import Metadata
from ..io.base import Reader


class NodataReader(NamedTuple):
    """An image in which this value is missing, and becomes NaN; whole numbers become float64."""

    reader: Reader
    value: float
    asked: bool
    """Whether somebody named it; if not, the file does."""

    @property
    def header(self) -> Header:
        """The description of the image, of floats."""
        header = self.reader.header
        return header if header.dtype.kind == "f" else header._replace(dtype=FLOAT64)

    @property
    def notes(self) -> tuple[str, ...]:
        """Those of the image, and what marks missing values if nobody has named it."""
        own = self.reader.metadata.nodata
        if not self.asked:
            told = f"{self.value:g} marks what is missing, as the file says (GDAL_NODATA)"
        elif own not in (None, self.value):
            told = f"{own:g}, which the file calls missing (GDAL_NODATA), is not taken for that"
        else:
            return self.reader.notes
        return (*self.reader.notes, told)

    @property
    def metadata(self) -> Metadata:
        """That of the image, with this value."""
        return self.reader.metadata._replace(nodata=self.value)

    def blocks(self) -> Iterator[Array]:
        """The rows, alpha as it is."""
        header = self.header
        for block in self.reader.blocks():
            missing = _where(block[..., : header.colors], self.value)
            values = block.astype(header.dtype)
            values[..., : header.colors][missing] = np.nan
            yield values


def _where(values: Array, value: float) -> Array:
    """Which of the values are this one; none where their type does not hold it."""
    one = in_type(value, values.dtype)
    return np.zeros(values.shape, np.bool_) if one is None else values == one


def with_nodata(reader: Reader, asked: float | None) -> Reader:
    """The image, of which this value is missing, or else the one that its file names."""
    value = reader.metadata.nodata if asked is None else asked
    if value is None or math.isnan(value):
        return reader
    return NodataReader(reader, value, asked is not None)
