"""Where the bytes of an image come from: a file, a pipe or memory.

The table in `formats` knows what the bytes mean; its readers take the open file.
"""

import io
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO, NamedTuple, cast

from ..core.choices import STDIN, STREAM
from ..core.encoding import COMMAS, Table
from ..core.errors import ConvtoolError, NoImage, at
from ..core.frames import ALL, Frames
from .formats import (
    SNIFFED,
    Format,
    format_by_name,
    format_by_start,
    format_of_text,
    holds_rows,
    read_picture,
)
from .limits import MAX_PIXELS
from .pipe import Pipe, kept, rewind

if TYPE_CHECKING:
    from ..core.dtypes import Array
    from ..core.image import Header
    from ..core.metadata import Metadata
    from .base import Reader


def open_image(
    path: str | os.PathLike[str],
    max_pixels: int = MAX_PIXELS,
    *,
    ahead: bool = True,
    table: Table = COMMAS,
    frames: Frames | None = None,
) -> "Placed":
    """The reader for an image file: a picture, ``.csv`` or ``.npy``.

    `ahead` allows a thread to read ahead, where the format can. `table` says how numbers are
    written in a text. Of several frames it is for the first, with a note, or for `frames`, those
    that are meant, one under another.

    Raises ConvtoolError, naming the file, if it is missing, empty, no image, broken, or has
    more than `max_pixels` pixels. Damage further on is found when those rows are read.
    """
    place = os.fspath(path)
    with at(place), _unreadable_as_error():
        return _opened(
            _open_file(path), place, max_pixels, format_by_name(path), table, frames, ahead=ahead
        )


def open_stream(
    stream: BinaryIO,
    max_pixels: int = MAX_PIXELS,
    *,
    again: bool = True,
    table: Table = COMMAS,
    frames: Frames | None = None,
) -> "Placed":
    """The reader for an image that comes through a pipe. Its first bytes show the format.

    `again` says whether its rows will be read more than once. Then the image is kept in memory or,
    if it is large, in a temporary file. Otherwise rows are used as they arrive.
    """
    with at(STDIN), _unreadable_as_error():
        file = cast(BinaryIO, Pipe(stream))
        return _opened(file, STDIN, max_pixels, None, table, frames, ahead=True, again=again)


def open_named(
    path: str,
    max_pixels: int = MAX_PIXELS,
    *,
    again: bool = True,
    ahead: bool = True,
    table: Table = COMMAS,
    frames: Frames | None = None,
) -> "Placed":
    """The reader for an image file as `open_image`, or as `open_stream` where ``-`` means stdin."""
    if path != STREAM:
        return open_image(path, max_pixels, ahead=ahead, table=table, frames=frames)
    if sys.stdin is None:
        raise ConvtoolError("stdin is closed, expected an image")
    return open_stream(sys.stdin.buffer, max_pixels, again=again, table=table, frames=frames)


def open_picture(data: bytes, max_pixels: int) -> "Reader":
    """The reader for the bytes of a picture. Its errors name no place."""
    format_ = format_by_start(data[:SNIFFED])
    read = format_.read if format_ and format_.pixels else read_picture
    return read(io.BytesIO(data), max_pixels, False, None)


class Placed(NamedTuple):
    """A reader whose errors name the place that the image came from."""

    reader: "Reader"
    place: str
    format: Format | None
    """None: one that only Pillow recognizes."""

    @property
    def header(self) -> "Header":
        return self.reader.header._replace(transfer=self.metadata.transfer)

    @property
    def notes(self) -> tuple[str, ...]:
        return self.reader.notes

    @property
    def metadata(self) -> "Metadata":
        return self.reader.metadata

    def blocks(self) -> "Iterator[Array]":
        with at(self.place), _unreadable_as_error():
            yield from self.reader.blocks()


def _opened(
    file: BinaryIO,
    place: str,
    max_pixels: int,
    format_: Format | None,
    table: Table,
    frames: Frames | None,
    *,
    ahead: bool,
    again: bool = True,
) -> "Placed":
    """The reader for an open file, in this format, or in that of its first bytes."""
    try:
        head = file.read(SNIFFED)
        if not head:
            hint = "" if file.seekable() else "; did the command before it fail?"
            raise ConvtoolError(f"is empty, expected an image{hint}")
        format_ = format_ or format_by_start(head) or format_of_text(place, head, table)
        rewind(file, head)
        if not file.seekable():
            if format_ is None:  # a pipe need not end: refuse what is no image at once
                from .pillow import check_start

                check_start(head)
            if again:
                with file:
                    file = kept(file, max_pixels)
        if format_ and format_.read_numbers:
            numbers = format_.read_numbers(file, max_pixels, table)
            return Placed(_some(numbers, frames), place, format_)
        if table.axes:
            if format_ is None or format_.read_pages is None:
                raise ConvtoolError(
                    "is a picture, and --axes is for numbers (.npy, CSV) and pages of a TIFF"
                )
            pages = format_.read_pages(file, max_pixels, frames, table.axes)
            return Placed(pages, place, format_)
        read = format_.read if format_ else read_picture
        return Placed(read(file, max_pixels, ahead, frames), place, format_)
    except NoImage as error:
        file.close()
        hint = "; --header reads rows of numbers under headings" if holds_rows(head) else ""
        raise NoImage(f"{error}{hint}") from None
    except BaseException:
        file.close()
        raise


def _some(reader: "Reader", frames: Frames | None) -> "Reader":
    """The slices of a stack of numbers that are meant as frames."""
    depth = reader.header.depth
    meant = (frames or ALL).of(depth)
    if len(meant) == depth:
        return reader
    from .slices import SomeSlices

    return SomeSlices(reader, meant)


def _open_file(path: str | os.PathLike[str]) -> BinaryIO:
    """The open file. Pipes and devices come as a `Pipe`."""
    try:
        file: BinaryIO = open(path, "rb")  # noqa: SIM115  its reader closes it
    except FileNotFoundError:
        raise ConvtoolError("no such file") from None
    except IsADirectoryError:
        raise ConvtoolError("is a folder, expected an image") from None
    except ValueError as error:
        raise ConvtoolError(f"is no file name: {error}") from None
    if stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        return file
    return cast(BinaryIO, Pipe(file, owned=True))


@contextmanager
def _unreadable_as_error() -> "Iterator[None]":
    """Turn an OSError into a ConvtoolError: later it would look like one of writing."""
    try:
        yield
    except OSError as error:
        raise ConvtoolError(f"cannot be read: {error.strerror or error}") from None
