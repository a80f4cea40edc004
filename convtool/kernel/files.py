"""Kernels from files' bytes and from text, in whatever form: the one way in for files, pipes and
command lines.

Every function gives a tuple of kernels: one, or several where the file holds a bank. A .npy may
hold a layer in place of a kernel.
"""

import math
import re
from typing import TypeVar

from ..core.dtypes import Array
from ..core.errors import ConvtoolError, NoImage, at, quoted
from ..io.npy import MAGIC
from .kernel import Kernel, Layer

LARGEST_FILE = 64 * 2**20
"""Bytes."""

LARGEST_TEXT = 16 * 2**20
"""Bytes of a kernel as JSON or rows."""

LARGEST_WINDOW = 2**20
"""Weights of one kernel: as of 1024x1024."""

MOST_WEIGHTS = 2**22
"""Weights of a layer: as of 512 outputs of 512 channels under 4x4."""

_IMAGEMAGICK = r"(?:\s|#[^\n]*\n)*+(?:\d[^:;,=#\n]{0,60}|[A-Za-z]{2,40}\s*):"
"""How kernels of ImageMagick's open: a size, or a name, and a colon, comments before them."""

_VIPS = r"[ \t]*[1-9]\d*[ \t]+[1-9]\d*([ \t]+[^\s#,;=]+){0,2}[ \t]*\r?\n"
"""How matrices of libvips open, as weights may."""

Found = TypeVar("Found", bound=Kernel | Layer)


def read_file(path: str) -> bytes:
    """A file's bytes, or so many of them that it is seen to be too large."""
    try:
        with open(path, "rb") as file:
            return file.read(LARGEST_FILE + 1)
    except OSError as error:
        raise ConvtoolError(f"{path}: cannot be read: {error.strerror}") from None


def parse_bytes(
    data: bytes, source: str, name: str, *, pictures: bool = True
) -> tuple[Kernel | Layer, ...]:
    """The kernels, or the layer, in a file's bytes.

    `source` is the place that errors name; `name` is given to a kernel that has none. Without
    `pictures` one of these is an error, and is not decoded.
    """
    with at(source):
        if len(data) > LARGEST_FILE:
            raise ConvtoolError(f"is larger than {LARGEST_FILE >> 20} MiB, expected a kernel")
        if data.startswith(MAGIC):
            from .formats.npy import parse_npy

            return _checked(parse_npy(data, name))
        if source.lower().endswith(".mat"):  # whose first bytes are numbers like any other's
            from .formats.libvips import parse_vips

            return _checked(parse_vips(_short(data), name))
        text = _text(data)
        if text is None:
            if not pictures:
                raise ConvtoolError("is no text and no .npy, expected a kernel as JSON or rows")
            from .formats.picture import parse_picture

            try:
                return _checked(parse_picture(data, name, LARGEST_WINDOW))
            except NoImage:
                raise ConvtoolError(
                    "is no text and no .npy or picture, expected a kernel as JSON or rows"
                ) from None
        _short(data)
    return parse(text, source, name)


def _short(data: bytes) -> bytes:
    """The bytes of a text, which is not too large."""
    if len(data) > LARGEST_TEXT:
        raise ConvtoolError(f"is larger than {LARGEST_TEXT >> 20} MiB, expected a kernel file")
    return data


def _text(data: bytes) -> str | None:
    """The text that the bytes are; None for what may be a picture."""
    plain = data[:1] == b"P" and data[1:2].isdigit() and data[2:3].isspace()  # as in P2 3 3 255
    if plain or b"\0" in data:
        return None
    try:
        return data.decode()
    except UnicodeDecodeError:
        return None


def parse(text: str, source: str, name: str) -> tuple[Kernel, ...]:
    """The kernels in a file's text: JSON or ImageMagick's if it opens so, else rows of numbers."""
    text = text.removeprefix("\ufeff")
    with at(source):
        if text.lstrip()[:1] in ("{", "["):
            from .formats.json import parse_json  # each needs libraries of its own

            return _checked(*parse_json(text, name))
        if _is_imagemagick(text):
            from .formats.imagemagick import parse_imagemagick

            return _checked(*parse_imagemagick(text, name))
        if re.match(_VIPS, text):
            from .formats.libvips import looks_so

            if looks_so(text):
                raise ConvtoolError(
                    "looks like a matrix of libvips, which a file is whose name ends in .mat; "
                    "as rows of weights, write commas between them"
                )
        from .formats.text import parse_text

        return _checked(*parse_text(text, name))


def parse_inline(text: str) -> tuple[Kernel, ...]:
    """The kernels written on a command line: ``0 1 0; 1 -4 1; 0 1 0``, or as ImageMagick has them.

    In rows a semicolon ends a row, in ``3x3: 0,1,0 1,-4,1 0,1,0; 2x1: 1,-1`` a kernel.
    """
    from .formats.text import parse_text

    with at(f"kernel {quoted(text)}"):
        if _is_imagemagick(text):
            from .formats.imagemagick import parse_imagemagick

            return _checked(*parse_imagemagick(text, "kernel"))
        _check_rows(text)
        return _checked(*parse_text(text.replace(";", "\n"), "kernel"))


def _check_rows(text: str) -> None:
    """ConvtoolError for commas where rows end: ``0 -1 0, -1 5 -1``."""
    parts = [len(part.split()) for part in text.split(",")]
    one_line = ";" not in text and "\n" not in text
    if one_line and len(parts) > 1 and parts[0] > 1 and len(set(parts)) == 1:
        raise ConvtoolError(
            f"has commas between {len(parts)} times {parts[0]} numbers, "
            "expected a semicolon between rows: '1 2; 3 4'"
        )


def _is_imagemagick(text: str) -> bool:
    """Whether a text opens as ImageMagick's kernels do."""
    return ":" in text and re.match(_IMAGEMAGICK, text) is not None


def read_bias(path: str, length: int) -> Array:
    """The vector of biases, one for each of so many outputs, in a .npy file."""
    from .formats.npy import parse_bias

    data = read_file(path)
    with at(path):
        return parse_bias(data, length)


def _checked(*kernels: Found) -> tuple[Found, ...]:
    """The kernels, none of which is too large."""
    for kernel in kernels:
        shape = kernel.weights.shape
        for sizes, most in ((shape[-2:], LARGEST_WINDOW), (shape, MOST_WEIGHTS)):
            if math.prod(sizes) > most:
                found = "x".join(map(str, sizes))
                raise ConvtoolError(f"has {found} weights, expected {most} at most")
    return kernels
