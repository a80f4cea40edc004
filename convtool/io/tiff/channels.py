"""Pages of one channel each, as the channels of slices."""

from collections.abc import Iterator, Sequence

import numpy as np

from ...core.dtypes import Array
from ...core.metadata import Metadata
from ..base import Reader


def joined(pages: Sequence[Reader], count: int) -> Sequence[Reader]:
    """Slices of so many pages each, which are its channels."""
    if count == 1:
        return pages
    return [Channels(pages[first : first + count]) for first in range(0, len(pages), count)]


class Channels:
    """The pages of a slice, which is held whole while it is read."""

    def __init__(self, pages: Sequence[Reader]) -> None:
        self._pages = pages
        names = tuple(map(str, range(len(pages))))
        self.header = pages[0].header._replace(channels=names)
        self.notes = tuple(dict.fromkeys(note for page in pages for note in page.notes))

    @property
    def metadata(self) -> Metadata:
        """That of the first channel."""
        return self._pages[0].metadata

    def blocks(self) -> Iterator[Array]:
        """The rows of all channels; every call starts over."""
        yield np.concatenate([np.concatenate(list(page.blocks())) for page in self._pages], axis=2)
