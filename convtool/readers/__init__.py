"""Images in: one file a format, one table here, and the choice between them.

A reader's module is imported when an image is read by it: each needs other libraries.
"""

import io
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO, NamedTuple, cast

from ..background import import_apart
from ..errors import ConvtoolError, at
from ..words import STDIN
from .limits import MAX_PIXELS

if TYPE_CHECKING:
    from ..image import Header
    from ..metadata import Metadata
    from ..precision import Array
    from .array import Reader

ReadFile = Callable[[BinaryIO, int, bool], "Reader"]
"""(file, most pixels, whether on a thread of its own) -> reader, which closes the file when it
needs it no more"""

SNIFFED = 4096
"""The bytes that tell a format."""

MOST_IN_MEMORY = 1 << 24
"""Bytes of a pipe that is kept; what is longer goes to a temporary file."""

PIECE = 1 << 20

_NPY_MAGIC = b"\x93NUMPY"
_PNG_MAGIC = b"\x89PNG\r\n\x1a\n"


def _png(file: BinaryIO, max_pixels: int, ahead: bool) -> "Reader":
    """A PNG, row by row; one that is out of the ordinary is read like any other picture."""
    from .pngfile import Irregular, PngFile  # which inflates while NumPy is imported

    try:
        opened = PngFile(file, max_pixels, ahead)
    except Irregular as irregular:
        return _picture(_from_start(file, irregular.seen), max_pixels, ahead)
    from .png import read_png

    try:
        return read_png(opened, max_pixels)
    except BaseException:
        opened.close()
        raise


def _picture(file: BinaryIO, max_pixels: int, _: bool) -> "Reader":
    from .pillow import read_picture

    return read_picture(_seekable(file), max_pixels)


def _csv(file: BinaryIO, max_pixels: int, _: bool) -> "Reader":
    import_apart("orjson")
    from .csv import read_csv

    return read_csv(_seekable(file), max_pixels)


def _npy(file: BinaryIO, max_pixels: int, _: bool) -> "Reader":
    from .npy import read_npy

    return read_npy(_seekable(file), max_pixels)


BY_EXTENSION: dict[str, ReadFile] = {".csv": _csv, ".npy": _npy}
"""The formats that are told by their name; every other file is told by its first bytes."""


def open_image(
    path: str | os.PathLike[str], max_pixels: int = MAX_PIXELS, *, ahead: bool = True
) -> "Reader":
    """The reader for an image file: what Pillow opens, ``.csv`` or ``.npy``.

    `ahead` says whether a thread of its own may read it ahead, where that can be.

    Raises ConvtoolError, naming the file, if it is missing, empty, no image, broken, or has
    more than `max_pixels` pixels; what is broken further on shows when its rows are read.
    """
    place = os.fspath(path)
    extension = os.path.splitext(place)[1].lower()
    with at(place), _unreadable_as_error():
        return _opened(_open_file(path), place, max_pixels, BY_EXTENSION.get(extension), ahead)


def open_stream(stream: BinaryIO, max_pixels: int = MAX_PIXELS, *, again: bool = True) -> "Reader":
    """The reader for an image that comes through a pipe, told by its first bytes.

    `again` says whether its rows will be read more than once. If not, they may be used as they
    come; else the image waits in memory or, if it is large, in a temporary file.
    """
    with at(STDIN), _unreadable_as_error():
        file = _kept(stream) if again else cast(BinaryIO, _Pipe(b"", stream))
        return _opened(file, STDIN, max_pixels, None, ahead=True)


def open_picture(data: bytes, max_pixels: int) -> "Reader":
    """The reader for the bytes of a picture; its errors name no place."""
    read = _png if data.startswith(_PNG_MAGIC) else _picture
    return read(io.BytesIO(data), max_pixels, False)


class _Placed(NamedTuple):
    """A reader whose errors name the place that the image came from."""

    reader: "Reader"
    place: str

    @property
    def header(self) -> "Header":
        return self.reader.header

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
    file: BinaryIO, place: str, max_pixels: int, read: ReadFile | None, ahead: bool
) -> "Reader":
    """The reader for an open file."""
    try:
        if read is None:
            head = file.read(SNIFFED)
            if not head:
                raise ConvtoolError("is empty, expected an image; did the command before it fail?")
            file = _from_start(file, head)
            read = _told_by(head)
        return _Placed(read(file, max_pixels, ahead), place)
    except BaseException:
        file.close()
        raise


def _open_file(path: str | os.PathLike[str]) -> BinaryIO:
    """The file, open for reading and not empty."""
    try:
        file: BinaryIO = open(path, "rb")  # noqa: SIM115  its reader closes it
    except FileNotFoundError:
        raise ConvtoolError("no such file") from None
    except IsADirectoryError:
        raise ConvtoolError("is a folder, expected an image") from None
    except ValueError as error:
        raise ConvtoolError(f"is no file name: {error}") from None
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        with file:
            return _kept(file)
    if os.fstat(file.fileno()).st_size == 0:
        file.close()
        raise ConvtoolError("is empty, expected an image")
    return file


class _Pipe(io.RawIOBase):
    """Bytes that were read before, and then a stream's; closing it leaves the stream open."""

    def __init__(self, head: bytes, stream: BinaryIO) -> None:
        self._head = head
        self._stream = stream

    def read(self, size: int = -1) -> bytes:
        """So many bytes, fewer at the end only; or all that are left."""
        found = self._head if size < 0 else self._head[:size]
        self._head = self._head[len(found) :]
        return found + self._stream.read(-1 if size < 0 else size - len(found))


@contextmanager
def _unreadable_as_error() -> "Iterator[None]":
    """Tell an error of the system's from one in writing, which looks the same."""
    try:
        yield
    except OSError as error:
        raise ConvtoolError(f"cannot be read: {error.strerror or error}") from None


def _from_start(file: BinaryIO, head: bytes) -> BinaryIO:
    """A file of which `head` has been read, from its start."""
    if not file.seekable():
        return cast(BinaryIO, _Pipe(head, file))
    file.seek(0)
    return file


def _kept(stream: BinaryIO) -> BinaryIO:
    """A stream's bytes in a file in which one can go back."""
    from tempfile import SpooledTemporaryFile

    file = SpooledTemporaryFile(MOST_IN_MEMORY)  # noqa: SIM115  its reader closes it
    while piece := stream.read(PIECE):
        file.write(piece)
    file.seek(0)
    return cast(BinaryIO, file)


def _told_by(head: bytes) -> ReadFile:
    """The format that a file's first bytes speak of; text that begins as a number is CSV."""
    if head.startswith(_PNG_MAGIC):
        return _png
    if head.startswith(_NPY_MAGIC):
        return _npy
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    number = text[:1] in b"+-.0123456789" or text[:3].lower() in (b"nan", b"inf")
    if b"\0" not in head and (number or text.startswith(b"# ")):
        return _csv
    return _picture


def _seekable(file: BinaryIO) -> BinaryIO:
    """The same bytes where one can go back and forth: those of a pipe, in memory."""
    return file if file.seekable() else io.BytesIO(file.read())
