"""What a reader is; and one for pixels that are in memory already."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from ..errors import ConvtoolError
from ..image import Header
from ..metadata import NONE, Metadata
from ..precision import Array


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


@dataclass(frozen=True)
class ArrayReader:
    """A reader of an array (H, W, C), which it yields as one block."""

    header: Header
    pixels: Array
    notes: tuple[str, ...] = ()
    metadata: Metadata = NONE

    def blocks(self) -> Iterator[Array]:
        """The whole array."""
        yield self.pixels


def check_size(height: int, width: int, max_pixels: int) -> None:
    """Raise ConvtoolError if an image has more pixels than allowed."""
    if height * width > max_pixels:
        raise ConvtoolError(
            f"is {height}x{width}, more than the limit of {max_pixels} pixels; "
            "raise the limit (--max-pixels) if it is meant"
        )
