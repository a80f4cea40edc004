"""The formats of images: one table of how each is named, recognized, read and written.

Needs no NumPy, as ``--help`` lists the names. The module that reads and writes a format is
imported when an image is read or written in it: each needs other libraries.
"""

import os
import re
from collections.abc import Callable, Container
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from ..core.encoding import COMMAS, Packing, Table
from ..core.errors import ConvtoolError, quoted
from ..core.frames import Frames
from .limits import MOST_CHANNELS

if TYPE_CHECKING:
    from ..core.image import Header
    from ..core.metadata import Metadata
    from .base import Reader, Writer

OpenReader = Callable[[BinaryIO, int, bool, Frames | None], "Reader"]
"""(file, most pixels, whether a thread may read ahead, the frames that are meant, or None for the
first with a note) -> reader, which closes the file"""

MakeWriter = Callable[[BinaryIO, "Header", "Metadata", Packing], "Writer"]
"""(open file, description of the map, what its pixels mean, how to pack them) -> writer"""

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
TIFF_SIGNATURES = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
NPY_SIGNATURE = b"\x93NUMPY"

WITHOUT_ALPHA = ("JPEG", "PPM", "BMP", "DIB", "GIF", "PCX", "MPO", "MSP", "XBM", "EPS", "PDF")
"""Pillow's names of formats that hold no transparency, or one bit of it."""

EVERYTHING = ("icc_profile", "dpi", "srgb", "gamma", "chromaticities", "exif", "xmp", "timing")
"""What PNG holds of an image's metadata."""

CARRIED = ("icc_profile", "dpi", "exif", "xmp")

HELD = {
    **dict.fromkeys(("JPEG", "MPO"), CARRIED),
    "WEBP": ("icc_profile", "exif", "xmp", "timing"),
    "AVIF": ("icc_profile", "exif", "xmp"),
    "GIF": ("timing",),
    **dict.fromkeys(("BMP", "DIB", "PCX"), ("dpi",)),
}
"""What other formats hold of it, by Pillow's names."""

ANIMATED = ("GIF", "WEBP")
"""Formats of Pillow whose frames are written, too."""

LOSSY = ("JPEG", "WEBP", "AVIF")

_ROW = re.compile(rb"\n[ \t]*[-+.]?\d[-+.eE\d]*[ \t]*[,;\t|][-+.eE\d,;\t |]*\r?\n")
"""A line of numbers."""

SNIFFED = 4096
"""Bytes at the start of a file that show its format."""


def read_picture(
    file: BinaryIO, max_pixels: int, _: bool = False, frames: Frames | None = None
) -> "Reader":
    """The reader for a picture of any format that Pillow reads."""
    from . import pillow, pipe

    file = file if file.seekable() else pipe.kept(file, max_pixels)
    return pillow.read_picture(file, max_pixels, frames)


class Format(NamedTuple):
    """How images of a format are named, recognized, written and read; what they can hold."""

    name: str
    extensions: tuple[str, ...]
    """The first is the one that new files get."""
    write: MakeWriter
    read: OpenReader = read_picture
    starts: Callable[[bytes], bool] | None = None
    """Whether a file with these first bytes is in this format. None: Pillow recognizes it."""
    pixels: bool = True
    """Whether it holds pixels, which `tone` computes; if not, the map's own numbers."""
    numbers: bool = False
    """Whether it holds pixels and the map's own numbers, which it gets where none is white."""
    deep: Container[int] = ()
    """The counts of channels with which it holds pixels of 16 bits."""
    packed: bool = False
    """Whether it heeds how to pack."""
    text: bool = False
    read_numbers: Callable[[BinaryIO, int, Table], "Reader"] | None = None
    """What reads numbers, as it is told how they lie, in place of `read`."""
    read_pages: Callable[[BinaryIO, int, Frames | None, str], "Reader"] | None = None
    """What reads pages, as it is told what their axes are, in place of `read`."""
    alpha: bool = True
    """Whether it holds transparency."""
    lossy: bool = False
    """Whether it heeds a quality."""
    holds: tuple[str, ...] = ()
    """The fields of `Metadata` that it holds."""
    layers: bool = False
    """Whether it holds any number of channels, and none is alpha by its place."""
    frames: bool = False
    """Whether it holds several frames."""
    apart: bool = False
    """Whether each frame goes to a file of its own."""
    streams: bool = True
    """Whether it is written band by band; if not, the whole map is held until then."""


def _read_png(
    file: BinaryIO, max_pixels: int, ahead: bool, frames: Frames | None = None
) -> "Reader":
    """A PNG, row by row; Pillow reads those with unusual chunks, and several frames."""
    from .pipe import rewind
    from .png.chunks import Irregular, PngFile  # which inflates while NumPy is imported

    try:
        opened = PngFile(file, max_pixels, ahead)
    except Irregular as irregular:
        rewind(file, irregular.seen)
        return read_picture(file, max_pixels, ahead, frames)
    if frames is not None and opened.frames > 1:
        from .png.animation import AnimationReader

        return AnimationReader(opened.release(max_pixels), frames, max_pixels)
    from .png.reader import read_png

    try:
        if frames is not None:
            frames.of(1)
        return read_png(opened, max_pixels)
    except BaseException:
        opened.close()
        raise


def _write_png(
    file: BinaryIO, header: "Header", metadata: "Metadata", packing: Packing
) -> "Writer":
    from .png.writer import PngWriter

    return PngWriter(file, header, metadata, packing.compression or "fast")


def _read_csv(file: BinaryIO, max_pixels: int, table: Table) -> "Reader":
    _import_orjson()
    from .csv.reader import read_csv

    return read_csv(file, max_pixels, table)


def _write_csv(file: BinaryIO, header: "Header", _: "Metadata", packing: Packing) -> "Writer":
    _import_orjson()
    from .csv.writer import CsvWriter

    return CsvWriter(file, header, packing.delimiter)


def _import_orjson() -> None:
    from ..core.prefetch import import_apart

    import_apart("orjson")


def _starts_csv(head: bytes) -> bool:
    """Whether these are the first bytes of a text that starts with a number, after comments."""
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    while text.startswith(b"# "):
        text = text.partition(b"\n")[2].lstrip()
    number = text[:1] in b"+-.0123456789" or text[:3].lower() in (b"nan", b"inf")
    return b"\0" not in head and number


def _read_npy(file: BinaryIO, max_pixels: int, table: Table) -> "Reader":
    from .npy import read_npy

    return read_npy(file, max_pixels, table.axes)


def _write_npy(file: BinaryIO, header: "Header", _: "Metadata", __: Packing) -> "Writer":
    from .npy import NpyWriter

    return NpyWriter(file, header)


def _read_tiff(file: BinaryIO, max_pixels: int, _: bool, frames: Frames | None = None) -> "Reader":
    return _read_pages(file, max_pixels, frames)


def _read_pages(
    file: BinaryIO, max_pixels: int, frames: Frames | None, axes: str | None = None
) -> "Reader":
    from .tiff.pages import read_tiff

    return read_tiff(file, max_pixels, frames, axes)


def _write_tiff(
    file: BinaryIO, header: "Header", metadata: "Metadata", packing: Packing
) -> "Writer":
    from .tiff.writer import TiffWriter

    def make(header: "Header") -> "Writer":
        return TiffWriter(file, header, metadata, packing.compression or "none")

    if metadata.hyperstack and metadata.hyperstack.joined:
        from .tiff.channels import ChannelPages

        return ChannelPages(header, make)
    return make(header)


def _picture(pillow_name: str, *extensions: str, deep: tuple[int, ...] = ()) -> Format:
    """A format that Pillow reads and writes, by its name there and its extensions."""

    def write(file: BinaryIO, header: "Header", metadata: "Metadata", packing: Packing) -> "Writer":
        if header.depth > 1:
            return _animation(file, header, metadata, pillow_name, packing)
        from .pictures import PillowWriter

        return PillowWriter(file, header, metadata, pillow_name, packing.quality)

    return Format(
        pillow_name.lower(),
        extensions,
        write,
        deep=deep,
        alpha=pillow_name not in WITHOUT_ALPHA,
        lossy=pillow_name in LOSSY,
        holds=HELD.get(pillow_name, ()),
        frames=pillow_name in ANIMATED,
        streams=False,
    )


def _animation(
    file: BinaryIO, header: "Header", metadata: "Metadata", name: str, packing: Packing
) -> "Writer":
    if name == "GIF":
        from .gif import GifWriter

        return GifWriter(file, header, metadata)
    from .webp import WebpWriter

    return WebpWriter(file, header, metadata, packing.quality)


_TABLE = (
    Format(
        "png",
        (".png", ".apng"),
        _write_png,
        _read_png,
        lambda head: head.startswith(PNG_SIGNATURE),
        deep=(1, 2, 3, 4),
        packed=True,
        holds=EVERYTHING,
        frames=True,
    ),
    Format(
        "csv",
        (".csv",),
        _write_csv,
        starts=_starts_csv,
        pixels=False,
        text=True,
        read_numbers=_read_csv,
        frames=True,
    ),
    Format(
        "npy",
        (".npy",),
        _write_npy,
        starts=lambda head: head.startswith(NPY_SIGNATURE),
        pixels=False,
        read_numbers=_read_npy,
        frames=True,
    ),
    Format(
        "tiff",
        (".tif", ".tiff"),
        _write_tiff,
        _read_tiff,
        lambda head: head.startswith(TIFF_SIGNATURES),
        read_pages=_read_pages,
        deep=range(1, MOST_CHANNELS + 1),
        packed=True,
        numbers=True,
        layers=True,
        holds=(*CARRIED, "georeference", "hyperstack"),
        frames=True,
    ),
    _picture("JPEG", ".jpg", ".jpeg"),
    _picture("WEBP", ".webp"),
    _picture("BMP", ".bmp"),
    _picture("GIF", ".gif"),
    _picture("PPM", ".ppm", ".pgm", ".pnm", deep=(1,)),
)

FORMATS = {format_.name: format_ for format_ in _TABLE}
"""The formats by name. Any other that Pillow writes is found by its extension."""

_BY_EXTENSION = {extension: format_ for format_ in _TABLE for extension in format_.extensions}

PICTURE_EXTENSIONS = frozenset(
    (
        *(extension for extension, format_ in _BY_EXTENSION.items() if format_.pixels),
        *(".jpe", ".jfif", ".avif", ".pbm", ".jp2", ".j2k"),
        *(".tga", ".ico", ".pcx", ".sgi"),
    )
)
"""The usual extensions of pictures, including formats that only Pillow reads."""

IMAGE_EXTENSIONS = PICTURE_EXTENSIONS | _BY_EXTENSION.keys()
"""The extensions of images in a folder; other files are left alone."""


def format_of(path: str | os.PathLike[str]) -> Format:
    """The format that a file's extension stands for; ConvtoolError for an unknown one."""
    extension = extension_of(path)
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
    for extension, pillow_name in others.items():
        if name in (extension.removeprefix("."), pillow_name.lower()):
            return _picture(pillow_name, extension)
    raise ConvtoolError(f"{where} is unknown, expected one of: {', '.join(FORMATS)}")


def format_for_maps(of: Format | None) -> Format:
    """The format of maps of an image in this one, if nobody names any: numbers stay numbers."""
    return of if of and (of.numbers or not of.pixels) else FORMATS["png"]


def format_by_name(path: str | os.PathLike[str]) -> Format | None:
    """The format by the file's name, for numbers. None for a picture: its content decides."""
    format_ = _BY_EXTENSION.get(extension_of(path))
    return None if format_ is None or format_.pixels else format_


def format_of_file(path: str, table: Table) -> Format | None:
    """The format that a file's extension stands for, or that of text where it is called a table;
    None for those that only Pillow knows."""
    return _BY_EXTENSION.get(extension_of(path)) or format_of_text(path, b"", table)


def format_by_start(head: bytes) -> Format | None:
    """The format by the file's first bytes; None if only Pillow may recognize it."""
    return next((format_ for format_ in _TABLE if format_.starts and format_.starts(head)), None)


def holds_rows(head: bytes) -> bool:
    """Whether these first bytes of a file hold a row of numbers, under whatever headings."""
    return b"\0" not in head and bool(_ROW.search(head))


def format_of_text(path: str, head: bytes, table: Table) -> Format | None:
    """The format of a file that somebody calls a table of numbers, if it may be one."""
    plain = b"\0" not in head and not head.startswith((b"P1", b"P2", b"P3"))
    told = table._replace(axes=None) != COMMAS and extension_of(path) not in PICTURE_EXTENSIONS
    return FORMATS["csv"] if told and plain else None


def extension_of(path: str | os.PathLike[str]) -> str:
    """A file's extension, in small letters, with its dot."""
    return os.path.splitext(os.fspath(path))[1].lower()


def import_usual() -> None:
    """Import what most images need: once, before processes are forked from this one."""
    from . import pictures  # noqa: F401
    from .png import reader, writer  # noqa: F401
