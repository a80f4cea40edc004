"""Whole images in and out of files, for Python."""

import os
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from ..core.choices import COMPRESSIONS, RANGES, STRETCHED, Compression, Range
from ..core.dtypes import Array
from ..core.encoding import Look, Packing, Table
from ..core.errors import ConvtoolError, at, quoted
from ..core.frames import ALL, Frames
from ..core.image import Header, check_image
from ..core.params import Axes, Color, Delimiter, Kind, Positive
from ..core.validation import check_flag, check_word, whole_number
from ..io.atomic import whole_file
from ..io.base import ArrayReader
from ..io.formats import extension_of, format_of
from ..io.limits import MAX_PIXELS
from ..io.npy import read_header
from ..io.source import open_image
from .nodata import with_nodata
from .run import Report, filter_image


def read_image(
    path: str | os.PathLike[str],
    *,
    max_pixels: int = MAX_PIXELS,
    delimiter: str = ",",
    header: bool = False,
) -> Array:
    """Read an image: a picture, ``.csv`` or ``.npy``. Its metadata stay behind.

    In a text, `delimiter` separates numbers (" " means any number of blanks), and with `header`
    rows that hold no numbers may come first.

    Returns shape (H, W), or (H, W, C) if it has several channels: uint8; uint16 for 16 bits; the
    type of the numbers for CSV, NPY and TIFF. What a TIFF says is missing (GDAL_NODATA) is NaN, and
    whole numbers are then float64. Of several frames or slices it is the first, see `read_volume`.
    EXIF orientation is applied, palettes and 1-bit images are expanded, CMYK and the like become
    RGB.

    Raises ConvtoolError, naming the file, if it is missing, empty, no image, broken, or has
    more than `max_pixels` pixels.
    """
    table = Table(_read("delimiter", Delimiter(), delimiter), check_flag("header", header))
    pixels: Array = _read_slices(path, table, None, max_pixels)[0]
    return pixels[..., 0] if pixels.shape[-1] == 1 else pixels


def read_volume(
    path: str | os.PathLike[str], *, axes: str | None = None, max_pixels: int = MAX_PIXELS
) -> Array:
    """Read all frames of an animation, pages of a TIFF, or slices of a ``.npy`` or ``.csv``.

    `axes` says what the axes of numbers are, or what pages are, as "zyx", "tyxc" or "zcyx", as
    --axes of the commands does; default: for a ``.npy`` "zyx", or "zyxc" of four axes, and else
    what the file says.

    Returns shape (D, H, W), or (D, H, W, C) if it has several channels, typed as by `read_image`.

    Raises ConvtoolError as `read_image` does, where the file's axes are others, and where pages
    differ in size or type.
    """
    if axes is None and extension_of(path) == ".npy" and os.path.isfile(path):
        with at(os.fspath(path)), open(path, "rb") as file:
            axes = {3: "zyx", 4: "zyxc"}.get(len(read_header(file).shape))
    asked = None if axes is None else _read("axes", Axes(), axes)
    pixels = _read_slices(path, Table(axes=asked), ALL._replace(asked=True), max_pixels)
    return pixels[..., 0] if pixels.shape[-1] == 1 else pixels


def _read_slices(
    path: str | os.PathLike[str], table: Table, frames: Frames | None, max_pixels: int
) -> Array:
    """The slices that are meant, (D, H, W, C); None: the first of a picture."""
    limit = whole_number(max_pixels, "max_pixels", 1)
    reader = with_nodata(open_image(path, limit, table=table, frames=frames), None)
    pixels = np.concatenate(list(reader.blocks()))
    return pixels.reshape(*reader.header.size, -1)


def write_image(
    path: str | os.PathLike[str],
    image: npt.ArrayLike,
    *,
    range: Range | None = None,
    depth: int | Literal["float"] | None = None,
    white: float | None = None,
    background: str = "white",
    compression: Compression | None = None,
    quality: int | None = None,
    delimiter: str = ",",
) -> Report:
    """Write an array (H, W) or (H, W, C) to a file, in the format of its extension.

    `range` ("clip", "abs", "normalize", "center"; default: "clip") says how values become pixels of
    `depth` 8 or 16 bits, and `white` which value is white (default: 255, 65535 or 1 for uint8,
    uint16 and bool; others as they are); of 2 and 4 channels the last is alpha, which formats
    without it lay over the colour `background`: a name, or "#rrggbb". CSV and NPY hold the values
    as they are; so does TIFF where the type has no white and neither `range`, `depth` nor `white`
    is given, or with `depth="float"`. `compression` is "fast", "small" or "none" (default: fast
    for PNG, none for TIFF); `quality` from 1 to 100 is for JPEG, WebP and AVIF. In a
    CSV `delimiter` separates numbers.

    Returns what there is to say of it: ``lost.below``, ``lost.above`` and ``lost.undefined`` count
    the values that became black, white and, of NaN, black, out of ``values``; ``lost.transparent``
    the pixels that were laid over the background, ``lost.recolored`` those of a GIF that took
    another colour; ``narrowed`` says whether 16 bits became 8;
    of floats of which 255 was taken for white ``spread.between`` counts those between 0 and 1, and
    ``spread.beyond`` those above; ``output`` describes the map (``height``, ``width``, ...).

    Raises ConvtoolError on an unknown extension, where the format cannot hold the array or has no
    quality, and where the file cannot be written; a file that was there before then stays as it
    was.
    """
    header, pixels = _described(image, 2)
    return _write(
        path,
        ArrayReader(header, pixels),
        range=range,
        depth=depth,
        white=white,
        background=background,
        compression=compression,
        quality=quality,
        delimiter=delimiter,
    )


def write_volume(path: str | os.PathLike[str], volume: npt.ArrayLike, **options: Any) -> Report:
    """Write an array (D, H, W) or (D, H, W, C) to a file that holds slices: TIFF pages, NPY, CSV,
    or the frames of a PNG, GIF or WebP.

    `options` are those of `write_image`, and so is what is returned and raised.
    """
    header, pixels = _described(volume, 3)
    return _write(path, ArrayReader(header, pixels), **options)


def _described(image: npt.ArrayLike, dimensions: int) -> tuple[Header, Array]:
    """The header of an image or a volume, and its rows (n, W, C)."""
    pixels = check_image(image, dimensions)
    header = Header.of_array(pixels, may_have_alpha=True)
    return header, pixels.reshape(header.height, header.width, -1)


def _write(
    path: str | os.PathLike[str],
    reader: ArrayReader,
    *,
    range: Range | None = None,
    depth: int | Literal["float"] | None = None,
    white: float | None = None,
    background: str = "white",
    compression: Compression | None = None,
    quality: int | None = None,
    delimiter: str = ",",
) -> Report:
    """`write_image` of what a reader gives."""
    if not (depth is None or (type(depth) in (int, str) and depth in (8, 16, "float"))):
        raise ConvtoolError(f"depth is {quoted(depth)}, expected 8, 16 or float")
    look = Look(
        None if range is None else check_word("range", range, RANGES),
        depth if isinstance(depth, int) else None,
        depth == "float",
        None if white is None else _read("white", Positive(), white),
        _read("background", Color(), background),
    )
    if white is not None and range in STRETCHED:
        raise ConvtoolError(f"white goes with range clip and abs, and range is {range}")
    if compression is not None:
        check_word("compression", compression, COMPRESSIONS)
    format_ = format_of(path)
    if quality is not None:
        if not whole_number(quality, "quality", 1) <= 100:
            raise ConvtoolError(f"quality is {quality}, expected 1 to 100")
        if not format_.lossy:
            raise ConvtoolError(f"quality is for jpeg, webp and avif, and not for {format_.name}")
    separator = _read("delimiter", Delimiter(), delimiter)
    packing = Packing(compression, quality, delimiter=separator)
    place = os.fspath(path)
    with whole_file(path) as file:
        return filter_image(reader, (), file, format_, look=look, packing=packing, place=place)


def _read(name: str, kind: Kind, value: object) -> Any:
    """The value of an argument; an error names it."""
    try:
        return kind.read(value)
    except ConvtoolError as error:
        raise ConvtoolError(f"{name}: {error}") from None
