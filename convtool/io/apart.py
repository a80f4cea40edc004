"""A file for each frame, named by its number."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from io import BytesIO
from types import TracebackType
from typing import Any, BinaryIO, cast

from ..core.dtypes import Array
from ..core.frames import PLACE
from ..core.image import Header
from ..core.metadata import Metadata
from .base import Writer
from .formats import Format

OpenNamed = Callable[[str], AbstractContextManager[BinaryIO]]
Open = Callable[[], AbstractContextManager[BinaryIO]]


def names(path: str, numbers: range) -> Iterator[str]:
    """The name of each frame's file; the numbers have as many digits as the last one.

    >>> list(names("map-{frame}.png", range(9, 11)))
    ['map-09.png', 'map-10.png']
    """
    digits = len(str(numbers[-1]))
    return (path.replace(PLACE, f"{number:0{digits}}") for number in numbers)


def opener(path: str, open_: OpenNamed, numbers: range) -> tuple[Open, bool]:
    """What opens the file of a map; or, if its name has a place for the number, `FrameFiles`, which
    is told."""
    if PLACE not in path:
        return partial(open_, path), False
    return partial(FrameFiles, names(path, numbers), open_), True


class FrameFiles:
    """The files of frames, opened one after another, each by `open_`."""

    def __init__(self, paths: Iterator[str], open_: OpenNamed) -> None:
        self._paths, self._open = paths, open_
        self._opened: AbstractContextManager[BinaryIO] | None = None

    def __enter__(self) -> BinaryIO:
        """Itself, in place of a file: `apart` knows."""
        return cast(BinaryIO, self)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._opened:
            self._opened.__exit__(kind, error, trace)

    def begin(self) -> BinaryIO:
        """The next file."""
        self._opened = self._open(next(self._paths))
        return self._opened.__enter__()

    def end(self) -> None:
        """Complete the file."""
        assert self._opened
        self._opened.__exit__(None, None, None)
        self._opened = None


def apart(format_: Format) -> Format:
    """The same format, each frame in a file of its own; its open file is to be `FrameFiles`."""

    def write(file: BinaryIO, header: Header, metadata: Metadata, packing: Any) -> Writer:
        one = header._replace(height=header.size[1], depth=1)
        alone = metadata._replace(timing=None, hyperstack=None)
        files = cast(FrameFiles, file)
        return _Apart(files, one, lambda own: format_.write(own, one, alone, packing))

    holds = (*format_.holds, "timing", "hyperstack")  # of which `Report.restacked` tells
    return format_._replace(write=write, frames=True, apart=True, holds=holds)


class _Apart:
    """Writes each frame by a writer of its own."""

    def __init__(
        self, files: FrameFiles, header: Header, make: Callable[[BinaryIO], Writer]
    ) -> None:
        self._files, self._make, self._height = files, make, header.height
        self._any = make(BytesIO())
        """Encodes bands, which is the same for all frames."""
        self._writer: Writer | None = None
        self._seen = self._others = 0

    def encode(self, band: Array) -> list[tuple[int, Any]]:
        tops = range(0, len(band), self._height)
        parts = [band[top : top + self._height] for top in tops]
        return [(len(part), self._any.encode(part)) for part in parts]

    def write(self, band: list[tuple[int, Any]]) -> None:
        for rows, encoded in band:
            if self._writer is None:
                self._writer = self._make(self._files.begin())
            self._writer.write(encoded)
            self._seen += rows
            if self._seen == self._height:
                self._others += self._writer.close()
                self._files.end()
                self._writer, self._seen = None, 0

    def close(self) -> int:
        """Do nothing: the last file is complete."""
        return self._others
