"""Feature maps out: one file a format, one table here, and the choice between them."""

import os
from collections.abc import Callable
from typing import Any, BinaryIO, NamedTuple, Protocol

from ..core.choices import Compression
from ..core.dtypes import Array
from ..core.errors import ConvtoolError, quoted
from ..core.image import Header
from ..core.metadata import Metadata
from ..core.prefetch import import_apart


class Writer(Protocol):
    """What takes a map's bands and makes a file of them.

    A band is encoded on any thread, in any order; what comes of it is written in order.
    """

    def encode(self, band: Array) -> Any:
        """Rows of shape (n, W, C) as the file holds them, for `write`."""
        ...

    def write(self, band: Any) -> None:
        """Write the next band, encoded."""
        ...

    def close(self) -> None:
        """Write what is still to be written; the file itself stays open."""
        ...


MakeWriter = Callable[[BinaryIO, Header, Metadata, Compression], Writer]
"""(open file, description of the map, what its pixels mean, how to pack) -> writer"""


class Format(NamedTuple):
    """A file format."""

    name: str
    extensions: tuple[str, ...]
    """The first is the one that new files get."""
    write: MakeWriter
    pixels: bool = True
    """Whether it holds pixels, made of the map by its tone; if not, the map's own numbers."""
    deep: tuple[int, ...] = ()
    """Of how many channels it holds pixels of 16 bits."""
    packed: bool = False
    """Whether it heeds how to pack."""
    text: bool = False
    colors: bool = True
    """Whether it holds pictures of any colour."""
    layers: bool = False
    """Whether channels are kept apart, any number of them, and none is alpha by its place."""
    streams: bool = True
    """Whether it is written band by band; if not, the whole map is held until then."""


def _png(file: BinaryIO, header: Header, metadata: Metadata, packing: Compression) -> Writer:
    from .png.writer import PngWriter

    return PngWriter(file, header, metadata, packing)


def _csv(file: BinaryIO, header: Header, _: Metadata, __: Compression) -> Writer:
    import_apart("orjson")
    from .csv import CsvWriter

    return CsvWriter(file, header)


def _npy(file: BinaryIO, header: Header, _: Metadata, __: Compression) -> Writer:
    from .npy import NpyWriter

    return NpyWriter(file, header)


def _picture(pillow_name: str, *extensions: str, deep: tuple[int, ...] = ()) -> Format:
    """A format that Pillow writes, by its name there and its extensions."""

    def write(file: BinaryIO, header: Header, metadata: Metadata, _: Compression) -> Writer:
        from .pillow import PillowWriter

        return PillowWriter(file, header, metadata, pillow_name)

    colors = pillow_name != "GIF"
    return Format(pillow_name.lower(), extensions, write, deep=deep, colors=colors, streams=False)


_TABLE = (
    Format("png", (".png",), _png, deep=(1, 2, 3, 4), packed=True),
    Format("csv", (".csv",), _csv, pixels=False, text=True),
    Format("npy", (".npy",), _npy, pixels=False),
    _picture("TIFF", ".tif", ".tiff", deep=(1,)),
    _picture("JPEG", ".jpg", ".jpeg"),
    _picture("WEBP", ".webp"),
    _picture("BMP", ".bmp"),
    _picture("GIF", ".gif"),
    _picture("PPM", ".ppm", ".pgm", ".pnm", deep=(1,)),
)
"""A format's module is imported when a map is written in it: each needs other libraries."""

FORMATS = {format_.name: format_ for format_ in _TABLE}
"""The formats by name. Any other that Pillow writes is found by its extension."""

_BY_EXTENSION = {extension: format_ for format_ in _TABLE for extension in format_.extensions}


def format_of(path: str | os.PathLike[str]) -> Format:
    """The format that a file's extension stands for; ConvtoolError for an unknown one."""
    extension = os.path.splitext(path)[1].lower()
    return named_format(
        extension.removeprefix("."), f"{os.fspath(path)}: extension {quoted(extension)}"
    )


def named_format(name: str, where: str) -> Format:
    """A format by its name or extension without the dot; ConvtoolError for an unknown one."""
    name = name.lower()
    known = FORMATS.get(name) or _BY_EXTENSION.get(f".{name}")
    if known:
        return known
    from .pillow import pillow_formats

    others = pillow_formats()
    if f".{name}" in others:
        return _picture(others[f".{name}"], f".{name}")
    raise ConvtoolError(f"{where} is unknown, expected one of: {', '.join(FORMATS)}")
