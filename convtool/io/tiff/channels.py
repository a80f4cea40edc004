"""Pages of one channel each, as the channels of slices."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from ...core.dtypes import Array
from ...core.image import Header
from ...core.metadata import Metadata
from ..base import Reader, Writer


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


class ChannelPages:
    """Writes the channels of each slice as pages, by a writer for slices of one channel."""

    def __init__(self, header: Header, make: Callable[[Header], Writer]) -> None:
        self._height, self._seen = header.size[1], 0
        self._count = count = len(header.channels)
        self._writer = make(
            header._replace(
                height=header.height * count, depth=header.depth * count, channels=("L",)
            )
        )
        self._waiting: list[list[Any]] = [[] for _ in range(count - 1)]

    def encode(self, band: Array) -> list[tuple[int, list[Any]]]:
        """The rows of each slice in a band, and these of each channel, encoded."""
        tops = range(0, len(band), self._height)
        parts = [band[top : top + self._height] for top in tops]
        return [
            (len(part), [self._writer.encode(part[..., n : n + 1]) for n in range(self._count)])
            for part in parts
        ]

    def write(self, band: list[tuple[int, list[Any]]]) -> None:
        """Write the first channel; the others wait until it is complete."""
        for rows, (first, *others) in band:
            self._writer.write(first)
            for waiting, encoded in zip(self._waiting, others, strict=True):
                waiting.append(encoded)
            self._seen += rows
            if self._seen % self._height == 0:
                self._end_slice()

    def _end_slice(self) -> None:
        for waiting in self._waiting:
            for encoded in waiting:
                self._writer.write(encoded)
            waiting.clear()

    def close(self) -> int:
        return self._writer.close()
