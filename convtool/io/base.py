"""What every reader and every writer of images offers; a reader of an array in memory."""

from collections.abc import Iterator
from typing import Any, NamedTuple, Protocol

from ..core.dtypes import Array
from ..core.image import Header
from ..core.metadata import NONE, Metadata


class Reader(Protocol):
    """An open image, which yields its rows in order."""

    @property
    def header(self) -> Header:
        """The description of the image."""
        ...

    @property
    def notes(self) -> tuple[str, ...]:
        """Notes for a person: what of the file is ignored or assumed."""
        ...

    @property
    def metadata(self) -> Metadata:
        """What the file says about the meaning of its pixels."""
        ...

    def blocks(self) -> Iterator[Array]:
        """The rows from top to bottom in blocks (n, W, C); every call starts over."""
        ...


class Writer(Protocol):
    """Writes the bands of a map to an open file.

    Any thread may encode a band, in any order; the encoded bands are written in order.
    """

    def encode(self, band: Array) -> Any:
        """Rows of shape (n, W, C) as the file holds them, for `write`."""
        ...

    def write(self, band: Any) -> None:
        """Write the next band, encoded."""
        ...

    def close(self) -> int:
        """Write the end of the file's content; the file itself stays open.

        Returns how many pixels took another colour, as the file holds only some.
        """
        ...


class ArrayReader(NamedTuple):
    """An array (H, W, C) in memory, as a reader of one block."""

    header: Header
    pixels: Array
    notes: tuple[str, ...] = ()
    metadata: Metadata = NONE

    def blocks(self) -> Iterator[Array]:
        yield self.pixels
