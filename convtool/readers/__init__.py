"""Images in: one file a format, one table here, and the choice between them."""

import io
import os
import stat
from collections.abc import Callable
from pathlib import PurePath
from typing import BinaryIO

from ..errors import ConvtoolError, at
from ..words import STDIN
from .array import Reader
from .csv import read_csv
from .npy import read_npy
from .pillow import read_picture

MAX_PIXELS = 2 * 10**9
"""The default limit on an image's pixels, rows times columns."""

ReadFile = Callable[[BinaryIO, int], Reader]
"""(seekable file, most pixels) -> reader"""

BY_EXTENSION: dict[str, ReadFile] = {".csv": read_csv, ".npy": read_npy}
"""The formats that are told by their name; every other file is told by its first bytes."""

_NPY_MAGIC = b"\x93NUMPY"


def open_image(path: str | os.PathLike[str], max_pixels: int = MAX_PIXELS) -> Reader:
    """The reader for an image file: what Pillow opens, ``.csv`` or ``.npy``.

    Raises ConvtoolError, naming the file, if it is missing, empty, no image, broken, or has
    more than `max_pixels` pixels.
    """
    with at(os.fspath(path)), _open_file(path) as file:
        read = BY_EXTENSION.get(PurePath(path).suffix.lower()) or _told_by_content(file)
        return read(file, max_pixels)


def open_stream(stream: BinaryIO, max_pixels: int = MAX_PIXELS) -> Reader:
    """The reader for an image that comes through a pipe, told by its first bytes."""
    with at(STDIN):
        file = io.BytesIO(_all_of(stream))
        if not file.getbuffer():
            raise ConvtoolError("is empty, expected an image; did the command before it fail?")
        return _told_by_content(file)(file, max_pixels)


def _open_file(path: str | os.PathLike[str]) -> BinaryIO:
    """The file, open for reading and not empty; of a pipe, its bytes."""
    try:
        file: BinaryIO = open(path, "rb")  # noqa: SIM115  the caller closes it
    except FileNotFoundError:
        raise ConvtoolError("no such file") from None
    except IsADirectoryError:
        raise ConvtoolError("is a folder, expected an image") from None
    except OSError as error:
        raise ConvtoolError(f"cannot be read: {error.strerror or error}") from None
    except ValueError as error:
        raise ConvtoolError(f"is no file name: {error}") from None
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        with file:
            return io.BytesIO(_all_of(file))
    if os.fstat(file.fileno()).st_size == 0:
        file.close()
        raise ConvtoolError("is empty, expected an image")
    return file


def _all_of(stream: BinaryIO) -> bytes:
    try:
        return stream.read()
    except OSError as error:
        raise ConvtoolError(f"cannot be read: {error.strerror or error}") from None


def _told_by_content(file: BinaryIO) -> ReadFile:
    """The format that a file's first bytes speak of; text that begins as a number is CSV."""
    file.seek(0)
    head = file.read(4096)
    file.seek(0)
    if head.startswith(_NPY_MAGIC):
        return read_npy
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    number = text[:1] in b"+-.0123456789" or text[:3].lower() in (b"nan", b"inf")
    if b"\0" not in head and (number or text.startswith(b"# ")):
        return read_csv
    return read_picture
