"""Some slices of a stack."""

from collections.abc import Iterator

from ..core.dtypes import Array
from ..core.image import Header
from ..core.metadata import Metadata
from .base import Reader


class SomeSlices:
    """Those of these numbers, which follow one another."""

    def __init__(self, reader: Reader, numbers: range) -> None:
        self._reader, self._numbers = reader, numbers

    @property
    def header(self) -> Header:
        """The description of these slices."""
        header, count = self._reader.header, len(self._numbers)
        return header._replace(height=count * header.size[1], depth=count)

    @property
    def notes(self) -> tuple[str, ...]:
        """Those of the stack."""
        return self._reader.notes

    @property
    def metadata(self) -> Metadata:
        """That of the stack."""
        return self._reader.metadata

    def blocks(self) -> Iterator[Array]:
        """The rows of these slices; what comes before them is read, and let go."""
        height = self._reader.header.size[1]
        start, stop = self._numbers.start * height, self._numbers.stop * height
        top = 0
        for block in self._reader.blocks():
            part = block[max(start - top, 0) : max(stop - top, 0)]
            top += len(block)
            if len(part):
                yield part
            if top >= stop:
                return
