"""Every picture format that Pillow opens."""

import logging
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError
from PIL.ImageFile import ImageFile

from ..errors import ConvtoolError
from ..image import Header, check_image
from .array import ArrayReader, Reader, check_size

ORIENTATION = 0x0112
"""The EXIF tag."""

BITS, PHOTOMETRIC, PLANAR, SAMPLE_FORMAT = 258, 262, 284, 339
"""TIFF tags."""

logging.getLogger("PIL").addHandler(logging.NullHandler())  # or its words go to stderr

_EXPANDED = {
    "1": "L",
    "PA": "RGBA",
    "La": "LA",
    "RGBa": "RGBA",
    "RGBX": "RGB",
    "CMYK": "RGB",
    "YCbCr": "RGB",
    "HSV": "RGB",
}
"""Pillow's mode -> the mode of the same picture as plain channels."""

_PLAIN = ("L", "LA", "RGB", "RGBA", "I", "F")
"""The modes whose arrays are their channels."""

_pillow_limit = threading.Lock()


def read_picture(file: BinaryIO, max_pixels: int) -> Reader:
    """The reader for a picture: upright, palettes and 1-bit expanded, CMYK and the like as RGB."""
    with warnings.catch_warnings():
        # What Pillow warns of is metadata it cannot make sense of; the pixels are sound or fail.
        warnings.simplefilter("ignore")
        try:
            with own_limit(), Image.open(file) as opened:
                check_size(opened.height, opened.width, max_pixels)
                notes = tuple(_notes(opened))
                sample_type = _sample_type(opened)
                opened.load()
                image = _expanded(_upright(opened))
                if image.mode.partition(";")[0] not in _PLAIN:
                    raise ConvtoolError(f"is a picture of mode {image.mode}, expected grey or RGB")
                pixels = np.asarray(image)
        except UnidentifiedImageError:
            raise ConvtoolError(
                "is no image that can be read, expected PNG, JPEG, TIFF, ..., "
                "a CSV of numbers or .npy"
            ) from None
        except ConvtoolError:
            raise
        except Exception as error:  # a broken file makes Pillow's decoders raise almost anything
            raise ConvtoolError(f"is broken and cannot be decoded: {error}") from None
    if image.mode == "I" and opened.format in ("PNG", "PPM"):
        pixels = pixels.astype(np.uint16)  # these formats have 16 bits, never more
    if sample_type:
        pixels = pixels.view(sample_type)
    if image.mode.startswith("I;16") and _tag(opened, PHOTOMETRIC, 1) == 0:
        pixels = 65535 - pixels  # white is 0, which Pillow heeds in 8 bits only
    pixels = check_image(pixels)
    return ArrayReader(Header.of_array(pixels, may_have_alpha=True), pixels, notes)


@contextmanager
def own_limit() -> Iterator[None]:
    """Put Pillow's own limit on pixels aside: ours is checked before a pixel is decoded."""
    with _pillow_limit:
        before = Image.MAX_IMAGE_PIXELS
        Image.MAX_IMAGE_PIXELS = None
        try:
            yield
        finally:
            Image.MAX_IMAGE_PIXELS = before


def _notes(image: ImageFile) -> Iterator[str]:
    """What is lost on the way from the file to the pixels."""
    frames = 1 if image.format == "MPO" else getattr(image, "n_frames", 1)
    if frames > 1:
        yield f"holds {frames} frames, only the first is read"
    raw = image.tile[0].args if image.tile else ()
    raw = raw if isinstance(raw, tuple) else (raw,)
    mode = next((word for word in raw if isinstance(word, str)), "")
    largest = max((number for number in raw if type(number) is int), default=0)
    deep = ";16" in mode or _tag(image, BITS) > 8 or (image.format == "PPM" and largest > 255)
    if image.mode in ("LA", "RGB", "RGBA") and deep:
        yield "has 16 bits a channel, read as 8"
    if "transparency" in image.info and (mode in ("1", "L;2", "L;4") or ";16" in mode):
        yield "its transparent colour is ignored"


def _sample_type(image: ImageFile) -> str | None:
    """The type that a TIFF's samples have, where Pillow gives them in another of that size.

    Raises ConvtoolError for samples that Pillow is known to take for something else.
    """
    bits, kind = _tag(image, BITS), _tag(image, SAMPLE_FORMAT, 1)
    if image.mode != "I;16" and bits == 16 and _tag(image, PLANAR, 1) == 2:
        raise ConvtoolError("planes of 16 bits cannot be read; save it with interleaved channels")
    swapped = getattr(getattr(image, "tag_v2", None), "prefix", b"") == b"MM"
    if swapped and kind != 1 and image.info.get("compression") != "raw":
        raise ConvtoolError(
            "compressed big-endian numbers cannot be read; save it uncompressed or little-endian"
        )
    return {(32, 1, "I"): "uint32", (8, 2, "L"): "int8"}.get((bits, kind, image.mode))


def _tag(image: ImageFile, number: int, default: int = 0) -> int:
    """A TIFF tag, or the largest of its values."""
    value = getattr(image, "tag_v2", {}).get(number, default)
    found = max(value) if isinstance(value, tuple) and value else value
    return found if isinstance(found, int) else default


def _upright(image: Image.Image) -> Image.Image:
    """The picture as its EXIF orientation says it is to be seen."""
    if image.getexif().get(ORIENTATION, 1) == 1:
        return image
    return ImageOps.exif_transpose(image)


def _expanded(image: Image.Image) -> Image.Image:
    """The same picture in plain channels."""
    mode = image.mode
    if image.has_transparency_data and mode in ("1", "L", "P", "RGB"):
        return image.convert("LA" if mode in ("1", "L") else "RGBA")
    if mode == "P":
        return image.convert("RGB")
    if mode == "LAB":
        from PIL import ImageCms  # a library of its own, for a rare mode

        lab, rgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
        return ImageCms.profileToProfile(image, lab, rgb, outputMode="RGB") or image
    return image.convert(_EXPANDED[mode]) if mode in _EXPANDED else image
