"""Images in: one file a format, one table here, and the choice between them.

A reader's module is imported when an image is read by it: each needs other libraries.
"""

import io
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO, NamedTuple, cast

from ..core.choices import STDIN
from ..core.errors import ConvtoolError, at
from ..core.prefetch import import_apart
from .limits import MAX_PIXELS
from .pipe import Pipe, kept

if TYPE_CHECKING:
    from ..core.dtypes import Array
    from ..core.image import Header
    from ..core.metadata import Metadata
    from .base import Reader

ReadFile = Callable[[BinaryIO, int, bool], "Reader"]
"""(file, most pixels, whether on a thread of its own) -> reader, which closes the file when it
needs it no more"""

SNIFFED = 4096
"""The bytes that tell a format."""

_NPY_MAGIC = b"\x93NUMPY"
_PNG_MAGIC = b"\x89PNG\r\n\x1a\n"


def _png(file: BinaryIO, max_pixels: int, ahead: bool) -> "Reader":
    """A PNG, row by row; one that is out of the ordinary is read like any other picture."""
    from .png.chunks import Irregular, PngFile  # which inflates while NumPy is imported

    try:
        opened = PngFile(file, max_pixels, ahead)
    except Irregular as irregular:
        _go_back(file, irregular.seen)
        return _picture(file, max_pixels, ahead)
    from .png.reader import read_png

    try:
        return read_png(opened, max_pixels)
    except BaseException:
        opened.close()
        raise


def _picture(file: BinaryIO, max_pixels: int, _: bool) -> "Reader":
    from .pillow import read_picture

    return read_picture(file if file.seekable() else kept(file, max_pixels), max_pixels)


def _csv(file: BinaryIO, max_pixels: int, _: bool) -> "Reader":
    import_apart("orjson")
    from .csv import read_csv

    return read_csv(file, max_pixels)


def _npy(file: BinaryIO, max_pixels: int, _: bool) -> "Reader":
    from .npy import read_npy

    return read_npy(file, max_pixels)


BY_EXTENSION: dict[str, ReadFile] = {".csv": _csv, ".npy": _npy}
"""The formats that are told by their name; every other file is told by its first bytes."""


def open_image(
    path: str | os.PathLike[str], max_pixels: int = MAX_PIXELS, *, ahead: bool = True
) -> "Reader":
    """The reader for an image file: a picture, ``.csv`` or ``.npy``.

    `ahead` says whether a thread of its own may read it ahead, where that can be.

    Raises ConvtoolError, naming the file, if it is missing, empty, no image, broken, or has
    more than `max_pixels` pixels; what is broken further on shows when its rows are read.
    """
    place = os.fspath(path)
    extension = os.path.splitext(place)[1].lower()
    with at(place), _unreadable_as_error():
        read = BY_EXTENSION.get(extension)
        return _opened(_open_file(path), place, max_pixels, read, ahead=ahead)


def open_stream(stream: BinaryIO, max_pixels: int = MAX_PIXELS, *, again: bool = True) -> "Reader":
    """The reader for an image that comes through a pipe, told by its first bytes.

    `again` says whether its rows will be read more than once. If not, they may be used as they
    come; else the image waits in memory or, if it is large, in a temporary file.
    """
    with at(STDIN), _unreadable_as_error():
        file = cast(BinaryIO, Pipe(stream))
        return _opened(file, STDIN, max_pixels, None, ahead=True, again=again)


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
    file: BinaryIO,
    place: str,
    max_pixels: int,
    read: ReadFile | None,
    *,
    ahead: bool,
    again: bool = True,
) -> "Reader":
    """The reader for an open file."""
    try:
        head = file.read(SNIFFED)
        if not head:
            hint = "" if file.seekable() else "; did the command before it fail?"
            raise ConvtoolError(f"is empty, expected an image{hint}")
        read = read or _told_by(head)
        _go_back(file, head)
        if not file.seekable():  # it need not end: what is no image is not waited for
            if read is _picture:
                from .pillow import check_start

                check_start(head)
            if again:
                with file:
                    file = kept(file, max_pixels)
        return _Placed(read(file, max_pixels, ahead), place)
    except BaseException:
        file.close()
        raise


def _open_file(path: str | os.PathLike[str]) -> BinaryIO:
    """The file, open for reading; what is no regular file, as a pipe."""
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
    """Tell an error of the system's from one in writing, which looks the same."""
    try:
        yield
    except OSError as error:
        raise ConvtoolError(f"cannot be read: {error.strerror or error}") from None


def _go_back(file: BinaryIO, head: bytes) -> None:
    """Go back to the start of a file of which `head` has been read."""
    if isinstance(file, Pipe):
        file.put_back(head)
    else:
        file.seek(0)


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
