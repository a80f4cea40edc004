"""Decodes pictures of every format that Pillow knows. Needs no NumPy: it is imported meanwhile."""

import io
import logging
import re
import struct
import threading
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from PIL import Image, UnidentifiedImageError
from PIL.ImageFile import ImageFile

from ..core.errors import ConvtoolError, NoImage, TooManyPixels
from ..core.frames import FIRST_ALONE, Frames
from ..core.metadata import LARGEST_DPI, Metadata
from .libtiff import DAMAGED, findings
from .limits import check_size

if TYPE_CHECKING:
    from .base import Reader

ORIENTATION = 0x0112
"""The EXIF tag."""

BITS, PHOTOMETRIC, X_RESOLUTION, PLANAR, SAMPLE_FORMAT = 258, 262, 282, 284, 339
"""TIFF tags."""

DESCRIPTIVE = (270, 271, 272, 305, 306, 315, 33432)
"""Those TIFF tags that are EXIF: what is shown, camera, software, date, artist, copyright."""

SIZES = (0xA002, 0xA003)
"""The EXIF tags with the picture's width and height, which a map may not have."""

SUBFILES = (0x8769, 0x8825)
"""The EXIF tags with further ones: of the shot, and of its place."""

logging.getLogger("PIL").addHandler(logging.NullHandler())  # or it prints on stderr

COMMON = ("BMP", "DIB", "GIF", "JPEG", "PPM", "PNG")
"""The formats that Pillow knows before it imports all of its modules."""

READ_FORMATS = (
    *COMMON, "AVIF", "BLP", "CUR", "DCX", "DDS", "FLI", "FTEX", "GBR", "ICNS", "ICO", "JPEG2000",
    "MCIDAS", "MSP", "PCX", "PIXAR", "PSD", "QOI", "SGI", "SUN", "TIFF", "WEBP", "XBM", "XPM",
    "XVTHUMB", "IM", "IMT", "PCD", "SPIDER", "TGA",
)  # fmt: skip
"""Pillow's names of the formats that are read. None of them runs a program to be decoded. The
formats without a signature come last."""

UNREAD = (
    (0, b"%!PS", "PostScript"),
    (0, b"\xc5\xd0\xd3\xc6", "PostScript"),
    (0, b"%PDF", "PDF"),
    (0, b"\xd7\xcd\xc6\x9a", "WMF"),
    (40, b" EMF", "EMF"),
    (0, b"\xd0\xcf\x11\xe0", "FPX, MIC or another OLE file"),
    (0, b"SIMPLE  =", "FITS"),
    (0, b"\x89HDF", "HDF5"),
    (0, b"GRIB", "GRIB"),
    (0, b"BUFR", "BUFR"),
    (0, b"\0\0\x01\xb3", "MPEG"),
)
"""(offset, signature, name) of formats that are refused."""

ANIMATED = ("GIF", "WEBP", "AVIF", "FLI")
"""The formats whose frames are read. In others they are layers, or pictures of any size."""

SIGNATURES = 64
"""Bytes at the start of a file that hold its signature."""

NESTING = (b"\0\0\1\0", b"icns", b"BLP")
"""The first bytes of formats that hold a picture of another format, and not its size."""

LARGEST_NESTED = 1 << 24
"""Pixels of such an inner picture."""

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
"""Pillow's mode -> the mode with the same picture in plain channels."""

_PLAIN = ("L", "LA", "RGB", "RGBA", "I", "F")
"""The modes whose arrays hold plain channels."""

_pillow_limit = threading.Lock()


def read_picture(file: BinaryIO, max_pixels: int, frames: Frames | None = None) -> "Reader":
    """The reader for a picture: upright; palettes and 1 bit expanded; CMYK and the like as RGB.

    Of several frames it is for the first, with a note, or for `frames`, those that are meant.
    """
    if frames is not None and _count(file) > 1:
        from .frames import FrameReader

        return FrameReader(file, frames, max_pixels)
    if frames is not None:
        frames.of(1)
    picture = decoded(file, max_pixels)
    from .pictures import PictureReader  # which needs NumPy

    return PictureReader(picture)


def _count(file: BinaryIO) -> int:
    """How many frames a file holds, of which it is left at the start; 1 if it cannot be told."""
    with pillow_decodes(), pillow_limit(None):
        _refuse(file.read(SIGNATURES))
        file.seek(0)
        opened = open_listed(file)
        count = frame_count(opened) if opened.format in ANIMATED else 1
    file.seek(0)
    return count


def frame_count(opened: ImageFile) -> int:
    """How many frames a picture has.

    Raises ConvtoolError, naming the frame, where they are cut short.
    """
    try:
        with pillow_decodes():
            return int(getattr(opened, "n_frames", 1))
    except ConvtoolError as error:
        raise ConvtoolError(f"frame {opened.tell() + 1}: {error}") from None


def decoded(file: BinaryIO, max_pixels: int, number: int = 0) -> "Picture":
    """The picture in a file, which is closed: its frame of this number."""
    with file, pillow_decodes():
        head = file.read(SIGNATURES)
        file.seek(0)
        _refuse(head)
        nested = head.startswith(NESTING)
        decoded_at_once = nested or head[8:12] == b"WEBP"
        with limited(max_pixels, nested) if decoded_at_once else pillow_limit(None):
            opened = open_listed(file)
        with opened:
            check_size(opened.height, opened.width, max_pixels)
            with limited(max_pixels, nested):
                notes = tuple(notes_of(opened, alone=number == 0))
                if number:
                    opened.seek(number)
                return _loaded(opened, notes)


def _loaded(opened: ImageFile, notes: tuple[str, ...]) -> "Picture":
    sample_type = _sample_type(opened)
    with findings() as damage:
        try:
            opened.load()
        except OSError as error:  # libtiff's reason says more than Pillow's number
            raise OSError(damage[0] if damage else error) from None
    image = upright(opened)
    if image.mode == "CMYK":
        image, note = from_cmyk(image)
        notes = (*notes, note)
    image = expanded(image)
    if image.mode.partition(";")[0] not in _PLAIN:
        raise ConvtoolError(f"is a picture of mode {image.mode}, expected grey or RGB")
    if opened.format == "TIFF" and X_RESOLUTION not in getattr(opened, "tag_v2", {}):
        image.info.pop("dpi", None)  # Pillow's 1 stands for an unknown resolution
    metadata = metadata_of(image)
    if damage:
        more = f", and {len(damage) - 1} more" if len(damage) > 1 else ""
        notes = (*notes, f"{DAMAGED}: {damage[0]}{more}")
    sixteen_bits = image.mode == "I" and opened.format in ("PNG", "PPM")  # never more
    dtype = sample_type or ("uint16" if sixteen_bits else None)
    # In some TIFFs 0 is white. Pillow inverts those of 8 bits only.
    inverted = image.mode.startswith("I;16") and _tag(opened, PHOTOMETRIC, 1) == 0
    return Picture(image, dtype, inverted, notes, metadata)


class Picture(NamedTuple):
    """A picture that Pillow has decoded."""

    image: Image.Image
    """Upright, in plain channels."""
    dtype: str | None
    """The type of its values, where Pillow gives them another."""
    inverted: bool
    """Whether 0 is white."""
    notes: tuple[str, ...]
    metadata: Metadata


def open_listed(file: BinaryIO) -> ImageFile:
    """The picture, opened by Pillow, if its format is one of `READ_FORMATS`.

    Raises UnidentifiedImageError if not.
    """
    try:
        return Image.open(file, formats=COMMON)
    except UnidentifiedImageError:
        Image.init()
        others = [name for name in READ_FORMATS if name not in COMMON and name in Image.OPEN]
        return Image.open(file, formats=others)


def check_start(head: bytes) -> None:
    """Raise ConvtoolError if a file with these first bytes is no picture that can be read."""
    with pillow_decodes():
        _refuse(head)
        for import_formats in (Image.preinit, Image.init):  # the second is slow
            import_formats()
            if any(_accepted(name, head[:16]) for name in READ_FORMATS):
                return
        unsigned = [name for name in READ_FORMATS if Image.OPEN.get(name, (None, True))[1] is None]
        Image.open(io.BytesIO(head), formats=unsigned)


def _accepted(name: str, prefix: bytes) -> bool:
    """Whether Pillow has imported this format, and accepts these first bytes as its signature."""
    _, accept = Image.OPEN.get(name, (None, None))
    try:
        return accept is not None and accept(prefix) is True
    except (IndexError, struct.error):  # too few bytes
        return False


def _refuse(head: bytes) -> None:
    """Raise ConvtoolError, with the format's name, for a format that is refused."""
    for place, signature, name in UNREAD:
        if head[place:].startswith(signature):
            raise ConvtoolError(f"is {name}, which is not read; save it as PNG or TIFF first")


@contextmanager
def pillow_decodes() -> Iterator[None]:
    """Turn any error of Pillow into a ConvtoolError, and suppress its warnings."""
    with warnings.catch_warnings():
        # Pillow warns about broken metadata. Broken pixels are errors.
        warnings.simplefilter("ignore")
        try:
            yield
        except UnidentifiedImageError:
            raise NoImage(
                "is no image that can be read, expected PNG, JPEG, TIFF, ..., "
                "a CSV of numbers or .npy"
            ) from None
        except (ConvtoolError, Image.DecompressionBombError):
            raise
        except MemoryError:
            raise ConvtoolError("needs more memory to be decoded than there is") from None
        except ValueError as error:
            if "MAX_TEXT" not in str(error):  # Pillow's limits on compressed text and profiles
                raise ConvtoolError(f"is broken and cannot be decoded: {error}") from None
            raise ConvtoolError(
                "holds text or a profile that unpacks to more than 1 MiB, or to more than 64 MiB "
                "in all; take it out if it is meant"
            ) from None
        except Exception as error:  # a broken file makes Pillow's decoders raise almost anything
            told = str(error) or type(error).__name__
            raise ConvtoolError(f"is broken and cannot be decoded: {told}") from None


def metadata_of(image: Image.Image) -> Metadata:
    """The metadata that Pillow has read."""
    info = image.info
    profile, dpi = info.get("icc_profile"), info.get("dpi")
    try:
        across, down = map(float, dpi or ())  # fractions in TIFF
        sound = 0 < across <= LARGEST_DPI and 0 < down <= LARGEST_DPI
        resolution = (across, down) if sound else None
    except (TypeError, ValueError, ZeroDivisionError):
        resolution = None
    return Metadata(
        profile if isinstance(profile, bytes) else None,
        resolution,
        info.get("srgb"),
        info.get("gamma"),
        info.get("chromaticity"),
        _exif_of(image.getexif, whole="exif" in image.info),
        info.get("xmp") if isinstance(info.get("xmp"), bytes) else None,
    )


def exif_in_tiff(file: BinaryIO, left: Iterable[int]) -> bytes | None:
    """The EXIF in an open TIFF that stands upright, without these tags, if it has any."""

    def read() -> Image.Exif:
        found = Image.Exif()
        file.seek(0)
        found.load_from_fp(file)
        for tag in left:
            del found[tag]
        return found

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return _exif_of(read, whole=False)


def exif_of_words(words: dict[int, str]) -> bytes | None:
    """EXIF of these texts by their tags, if there are any."""
    found = Image.Exif()
    found.update(words)
    return _exif_of(lambda: found, whole=False)


def _exif_of(read: Callable[[], Image.Exif], *, whole: bool) -> bytes | None:
    """The EXIF of a picture that stands upright by now; of a TIFF's tags those that are EXIF.

    A thumbnail in it stays behind.
    """
    try:
        found = read()
        kept = Image.Exif()
        for tag, value in found.items():
            if tag in SUBFILES:
                inner = found.get_ifd(tag).items()
                kept.get_ifd(tag).update((key, one) for key, one in inner if key not in SIZES)
            elif tag in DESCRIPTIVE or whole:
                kept[tag] = 1 if tag == ORIENTATION else value
        return kept.tobytes() if kept else None
    except Exception:  # broken EXIF is no reason to refuse the pixels
        return None


@contextmanager
def pillow_limit(most: int | None) -> Iterator[None]:
    """Replace Pillow's limit on the pixels of pictures, which holds for all threads."""
    with _pillow_limit:
        before = Image.MAX_IMAGE_PIXELS
        Image.MAX_IMAGE_PIXELS = None if most is None else -(-most // 2)  # twice that is an error
        try:
            yield
        finally:
            Image.MAX_IMAGE_PIXELS = before


@contextmanager
def limited(max_pixels: int, nested: bool) -> Iterator[None]:
    """Limit the pixels of a picture, or of one `nested` in a file; more raise TooManyPixels."""
    most = min(max_pixels, LARGEST_NESTED) if nested else max_pixels
    try:
        with pillow_limit(most):
            yield
    except Image.DecompressionBombError as error:
        found = re.findall(r"\d+", str(error))[0]
        if nested:
            raise TooManyPixels(
                f"holds a picture of {found} pixels, expected {most} at most in such a file"
            ) from None
        raise TooManyPixels(
            f"has {found} pixels, more than the limit of {max_pixels}; "
            "raise the limit (--max-pixels) if it is meant"
        ) from None


def notes_of(image: ImageFile, *, alone: bool) -> Iterator[str]:
    """Notes for a person: what of the file the pixels do not show."""
    frames = 1 if image.format == "MPO" else frame_count(image)
    if frames > 1 and alone:
        yield f"holds {frames} frames, {FIRST_ALONE}"
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
    """The type of a TIFF's samples, where Pillow gives another type of the same size.

    Raises ConvtoolError for samples that Pillow decodes wrongly.
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
    """A TIFF tag's value; the largest of several."""
    value = getattr(image, "tag_v2", {}).get(number, default)
    found = max(value) if isinstance(value, tuple) and value else value
    return found if isinstance(found, int) else default


def is_turned(image: Image.Image) -> bool:
    """Whether its EXIF orientation asks to turn or mirror it."""
    return bool(image.getexif().get(ORIENTATION, 1) != 1)


def upright(image: Image.Image) -> Image.Image:
    """The picture, turned and mirrored as its EXIF orientation asks."""
    if not is_turned(image):
        return image
    from PIL import ImageOps  # few pictures need it

    upright = ImageOps.exif_transpose(image)
    if upright.size != image.size and "dpi" in image.info:
        upright.info["dpi"] = image.info["dpi"][::-1]
    return upright


def expanded(image: Image.Image) -> Image.Image:
    """The same picture in plain channels."""
    mode = image.mode
    if image.has_transparency_data and mode in ("1", "L", "P", "RGB"):
        return image.convert("LA" if mode in ("1", "L") else "RGBA")
    if mode == "P":
        return image.convert("RGB")
    if mode == "LAB":
        from PIL import ImageCms  # a library of its own, for a rare mode

        lab, rgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
        found = ImageCms.profileToProfile(image, lab, rgb, outputMode="RGB") or image
        found.info.pop("icc_profile", None)  # which holds the time of its creation
        return found
    return image.convert(_EXPANDED[mode]) if mode in _EXPANDED else image


def from_cmyk(image: Image.Image) -> tuple[Image.Image, str]:
    """A CMYK picture as RGB, and how it was converted: by its profile, perceptually, to sRGB."""
    profile = image.info.pop("icc_profile", None)
    why = "without a profile"
    if profile:
        from PIL import ImageCms  # a library of its own, for a rare mode

        try:
            own, srgb = (
                ImageCms.ImageCmsProfile(io.BytesIO(profile)),
                ImageCms.createProfile("sRGB"),
            )
            intent = ImageCms.Intent.PERCEPTUAL
            found = ImageCms.profileToProfile(image, own, srgb, intent, outputMode="RGB")
        except (ImageCms.PyCMSError, OSError):
            why = "with a profile that does not hold for it"
        else:
            assert found is not None
            found.info.pop("icc_profile", None)
            return found, "is CMYK, converted to sRGB by its profile"
    return image.convert("RGB"), f"is CMYK {why}: its colours as RGB are a guess"


@cache
def pillow_formats() -> dict[str, str]:
    """Extension -> Pillow's name of every format that Pillow writes. Imports all of them."""
    registered = Image.registered_extensions()
    return {ext: name for ext, name in registered.items() if name in Image.SAVE}
