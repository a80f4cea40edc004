"""What the tags of a TIFF page say of its pixels."""

import math
import sys
from collections.abc import Iterator
from typing import BinaryIO

import tifffile

from ...core.errors import ConvtoolError
from ...core.georeference import (
    DOUBLES,
    KEYS,
    PIXEL_SCALE,
    TEXTS,
    TIEPOINTS,
    TRANSFORMATION,
    Georeference,
)
from ...core.metadata import LARGEST_DPI, Metadata
from ...core.params import Number

ACROSS, DOWN, UNIT, XMP, PROFILE, NODATA = 282, 283, 296, 700, 34675, 42113
"""Tags: resolution, metadata, and the text by which GDAL marks what is missing."""

DESCRIPTIVE = (270, 271, 272, 305, 306, 315, 33432)
"""Those tags that are EXIF: what is shown, camera, software, date, artist, copyright."""

DESCRIPTION = 270

OF_BANDS = (42112, 50844)
"""GDAL's tags of statistics and names, and of how a satellite looked."""

DIRECTORIES = (34665, 34853)
"""The tags with further ones: of the shot, and of its place."""

INCHES = {2: 1.0, 3: 2.54}
"""Units of a resolution -> how many of them an inch is."""


def metadata_of(page: tifffile.TiffPage, file: BinaryIO) -> Metadata:
    """What the file says of its pixels; a broken tag says nothing. EXIF is read from the file."""
    geo = Georeference(
        _numbers(page, PIXEL_SCALE),
        _numbers(page, TIEPOINTS),
        _numbers(page, TRANSFORMATION),
        tuple(map(int, _numbers(page, KEYS))),
        _numbers(page, DOUBLES),
        str(page.tags.valueof(TEXTS, "")),
    )
    return Metadata(
        icc_profile=_bytes(page, PROFILE),
        dpi=_resolution(page),
        exif=_exif(page, file),
        xmp=_bytes(page, XMP),
        georeference=geo if any(geo) else None,
        nodata=_nodata(page.tags.valueof(NODATA)),
    )


def _nodata(text: object) -> float | None:
    """The number that GDAL's text names, if it is one: whole ones exactly.

    GDAL writes 15 digits, and those of the largest float64 are a little more than it is.
    """
    try:
        value = Number().read(str(text).strip(" \0"))
    except ConvtoolError:
        try:
            value = float(str(text).strip(" \0"))
        except ValueError:
            return None
        if math.isinf(value) and "inf" not in str(text).lower():
            value = math.copysign(sys.float_info.max, value)
    return value


def _exif(page: tifffile.TiffPage, file: BinaryIO) -> bytes | None:
    """The EXIF, if there is any; Pillow, slow to import, knows what it is."""
    left = {DESCRIPTION} if _describes_layout(page) else set()
    descriptive = [tag for tag in DESCRIPTIVE if tag in page.tags and tag not in left]
    if not descriptive and not any(tag in page.tags for tag in DIRECTORIES):
        return None
    from ..pillow import exif_in_tiff, exif_of_words

    if page.parent.is_bigtiff:  # which Pillow's EXIF does not know
        words = {tag: page.tags.valueof(tag) for tag in descriptive}
        return exif_of_words({tag: word for tag, word in words.items() if isinstance(word, str)})
    return exif_in_tiff(file, left)


def _describes_layout(page: tifffile.TiffPage) -> bool:
    """Whether its description tells programs how the pages of this very file lie."""
    return bool(page.is_shaped or page.is_imagej or page.is_ome)


def _numbers(page: tifffile.TiffPage, tag: int) -> tuple[float, ...]:
    value = page.tags.valueof(tag, ())
    try:
        return tuple(map(float, value if isinstance(value, tuple) else (value,)))
    except (TypeError, ValueError):
        return ()


def _bytes(page: tifffile.TiffPage, tag: int) -> bytes | None:
    value = page.tags.valueof(tag)
    return bytes(value) if isinstance(value, bytes | tuple) and value else None


def _resolution(page: tifffile.TiffPage) -> tuple[float, float] | None:
    """Pixels per inch, across and down."""
    unit = INCHES.get(page.tags.valueof(UNIT, 2))
    pairs = page.tags.valueof(ACROSS), page.tags.valueof(DOWN)
    try:
        across, down = (top / bottom * unit for top, bottom in pairs)
    except (TypeError, ValueError, ZeroDivisionError):  # there is none, or no unit
        return None
    sound = 0 < across <= LARGEST_DPI and 0 < down <= LARGEST_DPI
    return (across, down) if sound else None


def left_behind(page: tifffile.TiffPage) -> Iterator[str]:
    """What of the file no map keeps, and no format holds."""
    if any(tag in page.tags for tag in OF_BANDS):
        yield "what GDAL tells of its bands (GDAL_METADATA, RPC) stays behind"
