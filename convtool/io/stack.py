"""Image files as the slices of one volume, each opened when its rows come."""

import os
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ..core.encoding import COMMAS, Table
from ..core.errors import ConvtoolError, at, shortened
from ..core.frames import ALL, FIRST, Frames
from ..core.metadata import Metadata, note_on_differing, same_number
from .limits import MAX_PIXELS
from .source import Placed, open_image

if TYPE_CHECKING:
    from ..core.dtypes import Array
    from ..core.image import Header


class StackReader:
    """The slices in several files, in this order; those of a file that holds several follow one
    another.

    Neither memory nor open files grow with their number: every file is opened once to be checked,
    and again when its rows are read.
    """

    def __init__(
        self,
        paths: Sequence[str],
        max_pixels: int = MAX_PIXELS,
        *,
        table: Table = COMMAS,
        frames: Frames | None = ALL,
    ) -> None:
        """There is at least one path. `frames` are the slices that are meant, counted through all
        files; None: the first, with a note.

        Raises ConvtoolError, naming the file, for one that cannot be read, and where its slices
        are not of the size, channels, type and marker of missing data that the first file's have.
        """
        self._max_pixels, self._table = max_pixels, table
        self._place, first = paths[0], self._open(paths[0], ALL)
        self._nodata = first.metadata.nodata
        self.format = first.format
        self.metadata = first.metadata._replace(timing=None, hyperstack=None)
        self.header = first.header
        depths, notes, differing = [], dict[str, list[str]](), dict[str, None]()
        for number, path in enumerate(paths):
            opened = self._checked(path, ALL) if number else first
            depths.append(opened.header.depth)
            own = opened.metadata._replace(timing=None, hyperstack=None)
            differing |= dict.fromkeys(self.metadata.differing(own))
            for note in (*opened.notes, *_left(opened.metadata)):
                notes.setdefault(note, []).append(path)
        count = sum(depths)
        meant = (frames or FIRST).of(count)
        self._parts = list(_parts(paths, depths, meant))
        rows = first.header.size[1]
        self.header = first.header._replace(height=len(meant) * rows, depth=len(meant))
        unread = (f"holds {count} slices, only the first is read",)
        self.notes = (
            *(unread if frames is None and count > 1 else ()),
            *(f"{note} ({_named(files)})" for note, files in notes.items()),
            *note_on_differing("slices", differing),
        )

    def blocks(self) -> "Iterator[Array]":
        """The rows of each slice, one slice after another; every call starts over."""
        for path, frames in self._parts:
            yield from self._checked(path, frames).blocks()

    def _open(self, path: str, frames: Frames) -> Placed:
        with at(path):
            if os.path.exists(path) and not os.path.isfile(path):
                raise ConvtoolError("is no file, and the slices of a stack are read twice")
        return open_image(path, self._max_pixels, ahead=False, table=self._table, frames=frames)

    def _checked(self, path: str, frames: Frames) -> Placed:
        """A file, opened; its slices are like those of the first file."""
        opened = self._open(path, frames)
        if _kind(opened.header) != _kind(self.header):
            raise ConvtoolError(
                f"{path}: is {_described(opened.header)}, but {self._place} "
                f"{_described(self.header)}, and the slices of a stack are alike"
            )
        if not same_number(opened.metadata.nodata, self._nodata):
            raise ConvtoolError(
                f"{path}: has another number for what is missing than {self._place}"
            )
        return opened


def _left(metadata: Metadata) -> Iterator[str]:
    """What is told of the frames of one file."""
    if metadata.timing:
        yield "the timing of its frames stays behind"
    if metadata.hyperstack:
        yield "what it tells of its pages stays behind"


def _parts(
    paths: Sequence[str], depths: Sequence[int], meant: range
) -> Iterator[tuple[str, Frames]]:
    """The files with slices that are meant, and which of their own these are."""
    start = 0
    for path, depth in zip(paths, depths, strict=True):
        first, last = max(meant.start - start, 0), min(meant.stop - start, depth) - 1
        if first <= last:
            yield path, Frames(first, last)
        start += depth


def _kind(header: "Header") -> tuple[object, ...]:
    """What is the same of all slices."""
    return header.size[1:], header.channels, header.dtype


def _described(header: "Header") -> str:
    """A slice in words."""
    _, height, width = header.size
    channels = shortened(" ".join(header.channels))
    return f"{height}x{width} {header.dtype} of channels {channels}"


def _named(files: Sequence[str]) -> str:
    """The first file, and how many more there are."""
    more = len(files) - 1
    return files[0] + (f" and {more} other{'s' * (more > 1)}" if more else "")
