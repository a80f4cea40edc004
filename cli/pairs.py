"""The pairs of images that a kernel is learned from: of a command line, and of a list."""

import os
import shlex
from contextlib import nullcontext
from typing import TYPE_CHECKING

from convtool.core.choices import STREAM
from convtool.core.encoding import COMMAS, Table
from convtool.core.errors import ConvtoolError, at, quoted
from convtool.core.filenames import shown
from convtool.core.frames import ALL, Frames

from .lists import entries

if TYPE_CHECKING:
    from convtool.fit.pairs import ImagePair, Opening
    from convtool.io.base import Reader

MOST_LINES = 100_000


class Sources:
    """Opens images, as often as they are asked for."""

    def __init__(self, max_pixels: int, table: Table = COMMAS, frames: Frames = ALL) -> None:
        self.notes: dict[str, None] = {}
        """What is to be said of them, each thing once."""
        self.paths: list[str] = []
        """Those of all images that have been named."""
        self._max_pixels, self._table, self._frames = max_pixels, table, frames

    def pair(self, before: str, after: str, place: str = "") -> "ImagePair":
        """Two images by their paths; `place` is where that pair is named.

        What the axes are is said of numbers; a picture beside them knows its own.
        """
        from convtool.fit.pairs import ImagePair

        self.paths += [before, after]
        return ImagePair(
            self._opening(before, place, self._table_for(before, after)),
            self._opening(after, place, self._table_for(after, before)),
            place or f"{shown(before)}, {shown(after)}",
        )

    def pairs_of(self, path: str) -> "list[ImagePair]":
        """The pairs in a list: BEFORE AFTER in a line, separated by a tab or by blanks.

        Raises ConvtoolError, naming the line, where there are not two names in it.
        """
        pairs = []
        for number, line in enumerate(entries(path, MOST_LINES), start=1):
            if line.strip() and not line.lstrip().startswith("#"):
                place = f"{shown(path)}: line {number}"
                with at(place):
                    before, after = _names(line)
                if STREAM in (before, after) and path == STREAM:
                    raise ConvtoolError(f"{place}: stdin is the list, expected a file")
                pairs.append(self.pair(before, after, place))
        if not pairs:
            raise ConvtoolError(f"{shown(path)}: holds no pairs, expected lines as: a.png b.png")
        return pairs

    def _table_for(self, path: str, other: str) -> Table:
        """How numbers lie in one of two images."""
        if self._is_picture(path) and not self._is_picture(other):
            return self._table._replace(axes=None)
        return self._table

    def _is_picture(self, path: str) -> bool:
        """Whether its name says so."""
        from convtool.io.formats import format_of_file

        found = format_of_file(path, self._table)
        return found is not None and found.read_numbers is None

    def _opening(self, path: str, place: str, table: Table) -> "Opening":
        """What opens an image; a pipe is opened once, and its bytes are kept.

        Errors name the place in a list, if the image is named there.
        """
        kept: list[Reader] = []

        def opened() -> "Reader":
            from convtool.io.source import open_named
            from convtool.pipeline.nodata import with_nodata

            if kept:
                return kept[0]
            with at(place) if place else nullcontext():
                opened = open_named(path, self._max_pixels, table=table, frames=self._frames)
                reader = with_nodata(opened, None)
            if path == STREAM or not os.path.isfile(path):
                kept.append(reader)
            self.notes.update(dict.fromkeys(f"{shown(path)}: {note}" for note in reader.notes))
            return reader

        return opened


def _names(line: str) -> tuple[str, str]:
    """The two names in a line."""
    try:
        if "\t" in line:
            names = [_unquoted(part.strip()) for part in line.split("\t") if part.strip()]
        else:
            names = shlex.split(line)
    except ValueError as error:
        raise ConvtoolError(f"{str(error).lower()} in {quoted(line)}") from None
    if len(names) != 2:
        raise ConvtoolError(f"found {len(names)} name(s), expected two: BEFORE AFTER")
    return names[0], names[1]


def _unquoted(name: str) -> str:
    """A name between tabs, where blanks are part of it and quotes need not be."""
    return " ".join(shlex.split(name)) if name[0] in "'\"" else name
