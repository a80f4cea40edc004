"""Images in: one file a format, one table here, and the choice between them."""

import io
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from ..errors import ConvtoolError
from .array import Reader
from .csv import read_csv
from .npy import read_npy
from .pillow import read_picture

MAX_PIXELS = 2 * 10**9
"""The default limit on an image's pixels, rows times columns."""

STDIN = "stdin"

ReadFile = Callable[[BinaryIO, str, int], Reader]
"""(seekable file, name for errors, most pixels) -> reader"""

BY_EXTENSION: dict[str, ReadFile] = {".csv": read_csv, ".npy": read_npy}
"""The formats that are told by their name; every other file is told by its first bytes."""

_NPY_MAGIC = b"\x93NUMPY"


def open_image(path: str | os.PathLike[str], max_pixels: int = MAX_PIXELS) -> Reader:
    """The reader for an image file: what Pillow opens, ``.csv`` or ``.npy``.

    Raises ConvtoolError, naming the file, if it is missing, empty, no image, broken, or has
    more than `max_pixels` pixels.
    """
    name = os.fspath(path)
    with _open_file(Path(path)) as file:
        read = BY_EXTENSION.get(Path(path).suffix.lower()) or _told_by_content(file)
        _check_not_empty(file, name)
        return read(file, name, max_pixels)


def read_stream(stream: BinaryIO, max_pixels: int = MAX_PIXELS) -> Reader:
    """The reader for an image that comes through a pipe, told by its first bytes."""
    file = io.BytesIO(stream.read())
    if not file.getbuffer():
        raise ConvtoolError("stdin: is empty, expected an image; did the command before it fail?")
    return _told_by_content(file)(file, STDIN, max_pixels)


def _open_file(path: Path) -> BinaryIO:
    """The file, open for reading; the bytes of a pipe."""
    try:
        file = path.open("rb")
        if stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            return file
        with file:
            return io.BytesIO(file.read())
    except FileNotFoundError:
        raise ConvtoolError(f"{path}: no such file") from None
    except IsADirectoryError:
        raise ConvtoolError(f"{path}: is a folder, expected an image") from None
    except OSError as error:
        raise ConvtoolError(f"{path}: cannot be read: {error.strerror or error}") from None
    except ValueError as error:
        raise ConvtoolError(f"{str(path)!r} is no file name: {error}") from None


def _check_not_empty(file: BinaryIO, name: str) -> None:
    if file.seek(0, io.SEEK_END) == 0:
        raise ConvtoolError(f"{name}: is empty, expected an image")
    file.seek(0)


def _told_by_content(file: BinaryIO) -> ReadFile:
    """The format that a file's first bytes speak of; text that begins as a number is CSV."""
    file.seek(0)
    head = file.read(4096)
    file.seek(0)
    if head.startswith(_NPY_MAGIC):
        return read_npy
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    plain = b"\0" not in head
    if plain and (text[:1] in b"+-.0123456789" or text.startswith((b"# ", b"nan", b"inf"))):
        return read_csv
    return read_picture
