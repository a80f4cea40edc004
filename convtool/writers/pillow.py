"""Every picture format that Pillow writes."""

import io
from functools import cache
from typing import Any, BinaryIO

import numpy as np
from PIL import Image, UnidentifiedImageError

from ..background import Later
from ..errors import ConvtoolError
from ..image import Header
from ..metadata import Metadata
from ..precision import Array
from ..readers.pillow import open_listed, pillow_limit

_OPTIONS: dict[str, dict[str, Any]] = {
    "JPEG": {"quality": 95},
    "WEBP": {"lossless": True, "exact": True},
}
"""Pillow's format -> how it is saved: pixels kept where the format can."""


@cache
def pillow_formats() -> dict[str, str]:
    """Extension -> Pillow's name, of all formats that Pillow writes; it loads every one of them."""
    registered = Image.registered_extensions()
    return {ext: name for ext, name in registered.items() if name in Image.SAVE}


class PillowWriter:
    """Collects a map's pixels (uint8, or uint16 with one channel) and saves them at the end."""

    def __init__(self, file: BinaryIO, header: Header, metadata: Metadata, name: str) -> None:
        """`name` is Pillow's for the format."""
        self._file = file
        self._name = name
        fitting = metadata.fitting(len(header.channels))
        known = {"icc_profile": fitting.icc_profile, "dpi": fitting.dpi}
        self._metadata = {key: value for key, value in known.items() if value}
        shape = header.height, header.width, len(header.channels)
        if shape[2] > 4:
            raise ConvtoolError(
                f"a map of {shape[2]} channels is no picture, expected 1 to 4; "
                "CSV and NPY hold any number"
            )
        if self._name == "GIF" and shape[2] > 1:
            raise ConvtoolError("GIF holds no true colour, expected a grey map; PNG holds colour")
        self._pixels = np.empty(shape, header.dtype)
        self._row = 0

    def encode(self, band: Array) -> Array:
        """The band as it is: Pillow encodes whole pictures."""
        return band

    def write(self, band: Array) -> None:
        """Keep the next band."""
        self._pixels[self._row : self._row + len(band)] = band
        self._row += len(band)

    def close(self) -> None:
        """Encode and write the picture."""
        # Encoded on a thread of its own: no signal is heeded while Pillow is at it on this one.
        self._file.write(Later(self._encoded).result().getbuffer())

    def _encoded(self) -> io.BytesIO:
        """The file's bytes."""
        pixels = self._pixels[..., 0] if self._pixels.shape[2] == 1 else self._pixels
        encoded = io.BytesIO()
        try:
            options = {**self._metadata, **_OPTIONS.get(self._name, {})}
            Image.fromarray(pixels).save(encoded, self._name, **options)
        except Exception as error:  # each encoder has its own way to refuse a picture
            raise ConvtoolError(
                f"{self._name} cannot hold this map ({error}); PNG holds grey and colour with alpha"
            ) from None
        self._check_held(encoded)
        return encoded

    def _check_held(self, encoded: BinaryIO) -> None:
        """Raise ConvtoolError if the encoder has dropped alpha or made another size of it."""
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
