"""What a reader is; and one for pixels that are in memory already."""

from collections.abc import Iterator
from typing import NamedTuple, Protocol

from ..core.dtypes import Array
from ..core.image import Header
from ..core.metadata import NONE, Metadata


class Reader(Protocol):
    """An image that yields its rows in order."""

    @property
    def header(self) -> Header:
        """The description of the image."""
        ...

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person should know of what was left out or taken for granted."""
        ...

    @property
    def metadata(self) -> Metadata:
        """What the file says of its pixels."""
        ...

    def blocks(self) -> Iterator[Array]:
        """The rows from top to bottom in blocks (n, W, C); every call starts over."""
        ...


class ArrayReader(NamedTuple):
    """A reader of an array (H, W, C), which it yields as one block."""

    header: Header
    pixels: Array
    notes: tuple[str, ...] = ()
    metadata: Metadata = NONE

    def blocks(self) -> Iterator[Array]:
        """The whole array."""
        yield self.pixels
