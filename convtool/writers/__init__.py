"""Feature maps out: one file a format, one table here, and the choice between them."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePath
from typing import BinaryIO, Protocol

from ..errors import ConvtoolError
from ..image import Header
from ..precision import Array
from .csv import CsvWriter
from .npy import NpyWriter
from .pillow import PillowWriter, pillow_formats


class Writer(Protocol):
    """What takes the finished bands of a map in order, and then closes it."""

    def write(self, band: Array) -> None:
        """Take the next rows, shape (n, W, C)."""
        ...

    def close(self) -> None:
        """Write what is still to be written; the file itself stays open."""
        ...


@dataclass(frozen=True)
class Format:
    """A file format."""

    name: str
    extensions: tuple[str, ...]
    """The first is the one that new files get."""
    write: Callable[[BinaryIO, Header], Writer]
    """(open file, description of the map) -> writer"""
    pixels: bool = True
    """Whether it holds pixels, made of the map by its tone; if not, the map's own numbers."""
    deep: bool = False
    """Whether it holds grey pixels of 16 bits."""
    text: bool = False


def _picture(pillow_name: str, *extensions: str, deep: bool = False) -> Format:
    """A format that Pillow writes, by its name there and its extensions."""

    def write(file: BinaryIO, header: Header) -> Writer:
        return PillowWriter(file, header, pillow_name)

    return Format(pillow_name.lower(), extensions, write, deep=deep)


_TABLE = (
    _picture("PNG", ".png", deep=True),
    Format("csv", (".csv",), CsvWriter, pixels=False, text=True),
    Format("npy", (".npy",), NpyWriter, pixels=False),
    _picture("TIFF", ".tif", ".tiff", deep=True),
    _picture("JPEG", ".jpg", ".jpeg"),
    _picture("WEBP", ".webp"),
    _picture("BMP", ".bmp"),
    _picture("GIF", ".gif"),
    _picture("PPM", ".ppm", ".pgm", ".pnm", deep=True),
)

FORMATS = {format_.name: format_ for format_ in _TABLE}
"""The formats by name. Any other that Pillow writes is found by its extension."""

_BY_EXTENSION = {extension: format_ for format_ in _TABLE for extension in format_.extensions}


def format_of(path: str | os.PathLike[str]) -> Format:
    """The format that a file's extension stands for; ConvtoolError for an unknown one."""
    extension = PurePath(path).suffix.lower()
    return named_format(extension.removeprefix("."), f"{os.fspath(path)}: extension {extension!r}")


def named_format(name: str, where: str) -> Format:
    """A format by its name or extension without the dot; ConvtoolError for an unknown one."""
    name = name.lower()
    known = FORMATS.get(name) or _BY_EXTENSION.get(f".{name}")
    if known:
        return known
    others = pillow_formats()
    if f".{name}" in others:
        return _picture(others[f".{name}"], f".{name}")
    raise ConvtoolError(f"{where} is unknown, expected one of: {', '.join(FORMATS)}")
