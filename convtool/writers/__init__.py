"""Feature maps out: one file a format, one table here, and the choice between them."""

import os
from dataclasses import dataclass
from pathlib import PurePath
from typing import BinaryIO, Protocol

from ..errors import ConvtoolError
from ..image import Header
from ..stage import Array
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
    extension: str
    pixels: bool
    """Whether it holds pixels, made of the map by its tone; if not, the map's own numbers."""
    deep: bool = False
    """Whether it holds grey pixels of 16 bits."""
    text: bool = False

    def writer(self, file: BinaryIO, header: Header) -> Writer:
        """A writer of a map of this description to an open file."""
        if self.name == "csv":
            return CsvWriter(file, header)
        if self.name == "npy":
            return NpyWriter(file, header)
        return PillowWriter(file, header, self.name)


FORMATS = {
    "png": Format("png", ".png", pixels=True, deep=True),
    "csv": Format("csv", ".csv", pixels=False, text=True),
    "npy": Format("npy", ".npy", pixels=False),
    "tiff": Format("tiff", ".tif", pixels=True, deep=True),
    "jpeg": Format("jpeg", ".jpg", pixels=True),
    "webp": Format("webp", ".webp", pixels=True),
    "bmp": Format("bmp", ".bmp", pixels=True),
    "gif": Format("gif", ".gif", pixels=True),
    "ppm": Format("ppm", ".ppm", pixels=True, deep=True),
}
"""The formats by name. Any other that Pillow writes is found by its extension."""

_EXTENSIONS = {
    **{format_.extension: format_ for format_ in FORMATS.values()},
    ".tiff": FORMATS["tiff"],
    ".jpeg": FORMATS["jpeg"],
    ".pgm": FORMATS["ppm"],
    ".pnm": FORMATS["ppm"],
}


def format_of(path: str | os.PathLike[str]) -> Format:
    """The format that a file's extension stands for; ConvtoolError for an unknown one."""
    extension = PurePath(path).suffix.lower()
    if extension in _EXTENSIONS:
        return _EXTENSIONS[extension]
    return named_format(extension.removeprefix("."), f"{os.fspath(path)}: extension {extension!r}")


def named_format(name: str, where: str) -> Format:
    """A format by its name or extension without the dot; ConvtoolError for an unknown one."""
    name = name.lower()
    known = FORMATS.get(name) or _EXTENSIONS.get(f".{name}")
    if known:
        return known
    if name and f".{name}" in pillow_formats():
        return Format(name, f".{name}", pixels=True)
    raise ConvtoolError(f"{where} is unknown, expected one of: {', '.join(FORMATS)}")
