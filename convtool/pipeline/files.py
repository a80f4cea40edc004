"""Whole images in and out of files, for Python."""

import os

import numpy as np
import numpy.typing as npt

from ..core.choices import COMPRESSIONS, RANGES, Compression, Range
from ..core.dtypes import Array
from ..core.errors import ConvtoolError, quoted
from ..core.image import Header, check_image
from ..core.validation import check_word, whole_number
from ..io.atomic import whole_file
from ..io.base import ArrayReader
from ..io.formats import format_of
from ..io.limits import MAX_PIXELS
from ..io.source import open_image
from .run import filter_image


def read_image(path: str | os.PathLike[str], *, max_pixels: int = MAX_PIXELS) -> Array:
    """Read an image: a picture, ``.csv`` or ``.npy``.

    Returns shape (H, W), or (H, W, C) if it has several channels: uint8; uint16 for 16-bit
    grey; the type of the numbers for CSV and NPY. EXIF orientation is applied, palettes and
    1-bit images are expanded, CMYK and the like become RGB.

    Raises ConvtoolError, naming the file, if it is missing, empty, no image, broken, or has
    more than `max_pixels` pixels.
    """
    reader = open_image(path, whole_number(max_pixels, "max_pixels", 1))
    pixels = np.concatenate(list(reader.blocks()))
    return pixels[..., 0] if pixels.shape[2] == 1 else pixels


def write_image(
    path: str | os.PathLike[str],
    image: npt.ArrayLike,
    *,
    range: Range = "clip",
    depth: int | None = None,
    compression: Compression = "fast",
) -> None:
    """Write an array (H, W) or (H, W, C) to a file, in the format of its extension.

    `range` says how values become pixels of `depth` 8 or 16 bits; of 2 and 4 channels the last is
    alpha. CSV and NPY hold the values as they are. A PNG is compressed "fast" or "small".

    Raises ConvtoolError on an unknown extension, where the format cannot hold the array, and
    where the file cannot be written; a file that was there before then stays as it was.
    """
    pixels = check_image(image)
    check_word("range", range, RANGES)
    check_word("compression", compression, COMPRESSIONS)
    if not (depth is None or (type(depth) is int and depth in (8, 16))):
        raise ConvtoolError(f"depth is {quoted(depth)}, expected 8 or 16")
    format_ = format_of(path)
    reader = ArrayReader(Header.of_array(pixels, may_have_alpha=True), pixels)
    with whole_file(path) as file:
        filter_image(
            reader,
            (),
            file,
            format_,
            range_=range,
            depth=depth,
            compression=compression,
            place=os.fspath(path),
        )
