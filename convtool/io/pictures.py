"""The pictures of Pillow as arrays: rows of those that are read, and maps that are written."""

import io
from collections.abc import Iterator
from typing import Any, BinaryIO

import numpy as np
from PIL import Image, UnidentifiedImageError

from ..core.dtypes import Array
from ..core.errors import ConvtoolError
from ..core.geometry import band_height, cut
from ..core.image import Header, check_image
from ..core.metadata import Metadata
from ..core.prefetch import Later
from .formats import HELD
from .pillow import Picture, open_listed, pillow_limit


class PictureReader:
    """A picture that Pillow has decoded. Its rows become arrays when they are read."""

    def __init__(self, picture: Picture) -> None:
        self._picture = picture
        self.notes = picture.notes
        self.metadata = picture.metadata
        first = Header.of_array(self._rows(0, 1), may_have_alpha=True)
        self.header = first._replace(height=picture.image.height)

    def blocks(self) -> Iterator[Array]:
        for first, last in cut(self.header.height, band_height(self.header.row_elements, 1)):
            yield self._rows(first, last)

    def _rows(self, first: int, last: int) -> Array:
        image, dtype, inverted, *_ = self._picture
        pixels = np.asarray(image.crop((0, first, image.width, last)))
        if dtype:
            same_size = pixels.itemsize == np.dtype(dtype).itemsize
            pixels = pixels.view(dtype) if same_size else pixels.astype(dtype)
        return check_image(65535 - pixels if inverted else pixels)


_OPTIONS: dict[str, dict[str, Any]] = {
    "JPEG": {"quality": 95},
    "WEBP": {"lossless": True, "exact": True},
}
"""Pillow's format -> options for saving: without loss where the format can."""


XMP_TAG = 700
"""TIFF's."""

MOST_IN_JPEG = 65_000
"""Bytes of EXIF, and of XMP: a segment of a JPEG has 64 KiB, and its name in it."""


def _carried(name: str, metadata: Metadata) -> dict[str, Any]:
    """EXIF and XMP as Pillow takes them for a format."""
    parts = {"EXIF": metadata.exif, "XMP": metadata.xmp}
    if name in ("JPEG", "MPO"):
        for part, data in parts.items():
            if data and len(data) > MOST_IN_JPEG:
                raise ConvtoolError(
                    f"{name} holds no {part} of {len(data)} bytes; --strip leaves it behind"
                )
    if name == "TIFF" and metadata.xmp:
        tags = Image.Exif()
        tags.load(metadata.exif or b"")
        tags[XMP_TAG] = metadata.xmp
        return {"exif": tags}
    return {"exif": metadata.exif, "xmp": metadata.xmp}


class PillowWriter:
    """Collects a map's pixels (uint8, or uint16 with one channel) and saves them at the end."""

    def __init__(
        self, file: BinaryIO, header: Header, metadata: Metadata, name: str, quality: int | None
    ) -> None:
        """`name` is Pillow's name of the format."""
        self._file = file
        self._name = name
        fitting = metadata.fitting(len(header.channels))
        known = {"icc_profile": fitting.icc_profile, "dpi": fitting.dpi}
        if "exif" in HELD.get(name, ()):
            known |= _carried(name, metadata)
        asked = {"quality": quality} if quality else _OPTIONS.get(name, {})
        self._options = asked | {key: value for key, value in known.items() if value}
        shape = header.height, header.width, len(header.channels)
        if shape[2] > 4:
            raise ConvtoolError(
                f"a map of {shape[2]} channels is no picture, expected 1 to 4; "
                "TIFF, CSV and NPY hold any number"
            )
        self._pixels = np.empty(shape, header.dtype)
        self._row = 0

    def encode(self, band: Array) -> Array:
        """The band itself: Pillow encodes whole pictures."""
        return band

    def write(self, band: Array) -> None:
        self._pixels[self._row : self._row + len(band)] = band
        self._row += len(band)

    def close(self) -> int:
        # On a thread of its own: while Pillow encodes on this thread, Python handles no signal.
        encoded, others = Later(self._encoded).result()
        self._file.write(encoded.getbuffer())
        return others

    def _encoded(self) -> tuple[io.BytesIO, int]:
        """The file, and how many pixels took another colour."""
        pixels = self._pixels[..., 0] if self._pixels.shape[2] == 1 else self._pixels
        encoded, others = io.BytesIO(), 0
        try:
            image = Image.fromarray(pixels)
            if self._name == "GIF" and image.mode == "RGB":
                image = image.quantize(256)
                others = int((np.asarray(image.convert("RGB")) != pixels).any(axis=-1).sum())
            image.save(encoded, self._name, **self._options)
        except Exception as error:  # each encoder raises errors of its own
            raise ConvtoolError(
                f"{self._name} cannot hold this map ({error}); PNG holds grey and colour with alpha"
            ) from None
        self._check_held(encoded)
        return encoded, others

    def _check_held(self, encoded: BinaryIO) -> None:
        """Raise ConvtoolError if the encoder has dropped alpha or changed the size."""
        height, width, channels = self._pixels.shape
        try:
            with pillow_limit(None), open_listed(encoded) as kept:
                alpha = kept.has_transparency_data
                size = kept.size
        except UnidentifiedImageError:  # a format that is not read
            return
        if size != (width, height):
            raise ConvtoolError(
                f"{self._name} would make {size[1]}x{size[0]} of this {height}x{width} map; "
                "PNG holds any size"
            )
        if channels in (2, 4) and not alpha:
            opaque = self._pixels[..., -1].min() == np.iinfo(self._pixels.dtype).max
            if not opaque:
                raise ConvtoolError(f"{self._name} would drop the alpha channel; PNG holds it")
