"""Kernels from the bytes of files and from the command line, in any format.

Every function gives a tuple of kernels: one, or several where the file holds a bank. A .npy file
may hold a layer instead.
"""

import math
import re
from collections.abc import Sequence

from ..core.dtypes import Array
from ..core.errors import ConvtoolError, NoImage, at, quoted
from .formats.table import IMAGEMAGICK, IMAGEMAGICK_SIZE, format_of_content
from .kernel import Kernel, Layer

LARGEST_FILE = 64 * 2**20
"""Bytes."""

LARGEST_TEXT = 16 * 2**20
"""Bytes of a kernel as JSON or rows."""

LARGEST_WINDOW = 2**20
"""Weights of one kernel: as of 1024x1024."""

MOST_WEIGHTS = 2**22
"""Weights of a layer: as of 512 outputs of 512 channels under 4x4."""

_NUMBERS = r"\s*[-+]?[.\d]+(?:/[-+]?[.\d]+|[eE][-+]?\d+)?\s*(?:[\s,;].*)?"
_INLINE = rf"(?s){_NUMBERS}|\s*{IMAGEMAGICK_SIZE}.*"
"""Rows of numbers, or a kernel for ImageMagick that starts with its size."""


def read_file(path: str) -> bytes:
    """A file's bytes, or enough of them to see that it is too large."""
    try:
        with open(path, "rb") as file:
            return file.read(LARGEST_FILE + 1)
    except OSError as error:
        raise ConvtoolError(f"{path}: cannot be read: {error.strerror}") from None


def parse_bytes(
    data: bytes, source: str, name: str, *, pictures: bool = True
) -> tuple[Kernel | Layer, ...]:
    """The kernels, or the layer, in a file's bytes.

    Errors name `source`; a kernel without a name gets `name`. Without `pictures` a picture is an
    error, and is not decoded.
    """
    with at(source):
        if len(data) > LARGEST_FILE:
            raise ConvtoolError(f"is larger than {LARGEST_FILE >> 20} MiB, expected a kernel")
        format_ = format_of_content(source, data)
        if format_ is None:
            return _checked([_picture(data, name, allowed=pictures)])
        if not format_.signature and len(data) > LARGEST_TEXT:
            raise ConvtoolError(f"is larger than {LARGEST_TEXT >> 20} MiB, expected a kernel file")
        return _checked(format_.read(data, name))


def _picture(data: bytes, name: str, *, allowed: bool) -> Kernel:
    if not allowed:
        raise ConvtoolError("is no text and no .npy, expected a kernel as JSON or rows")
    from .formats.picture import parse_picture

    try:
        return parse_picture(data, name, LARGEST_WINDOW)
    except NoImage:
        raise ConvtoolError(
            "is no text and no .npy or picture, expected a kernel as JSON or rows"
        ) from None


def is_inline(text: str) -> bool:
    """Whether a word of the command line is a kernel itself, not the name of one."""
    return re.fullmatch(_INLINE, text) is not None


def parse_inline(text: str) -> tuple[Kernel | Layer, ...]:
    """The kernels written on a command line: ``0 1 0; 1 -4 1; 0 1 0``, or as for ImageMagick.

    A semicolon ends a row; in ``3x3: 0,1,0 1,-4,1 0,1,0; 2x1: 1,-1`` it ends a kernel.
    """
    with at(f"kernel {quoted(text)}"):
        if re.match(IMAGEMAGICK, text):
            from .formats.imagemagick import parse_imagemagick

            return _checked(parse_imagemagick(text, "kernel"))
        from .formats.text import parse_text

        _check_rows(text)
        return _checked(parse_text(text.replace(";", "\n"), "kernel"))


def _check_rows(text: str) -> None:
    """Raise ConvtoolError for commas between rows: ``0 -1 0, -1 5 -1``."""
    parts = [len(part.split()) for part in text.split(",")]
    one_line = ";" not in text and "\n" not in text
    if one_line and len(parts) > 1 and parts[0] > 1 and len(set(parts)) == 1:
        raise ConvtoolError(
            f"has commas between {len(parts)} times {parts[0]} numbers, "
            "expected a semicolon between rows: '1 2; 3 4'"
        )


def read_bias(path: str, length: int) -> Array:
    """The vector of biases, one for each of so many outputs, in a .npy file."""
    from .formats.npy import parse_bias

    data = read_file(path)
    with at(path):
        return parse_bias(data, length)


def _checked(kernels: Sequence[Kernel | Layer]) -> tuple[Kernel | Layer, ...]:
    """The kernels, none of which is too large."""
    for kernel in kernels:
        shape = kernel.weights.shape
        for sizes, most in ((shape[-2:], LARGEST_WINDOW), (shape, MOST_WEIGHTS)):
            if math.prod(sizes) > most:
                found = "x".join(map(str, sizes))
                raise ConvtoolError(f"has {found} weights, expected {most} at most")
    return tuple(kernels)
