"""Kernels from files' bytes and from text, in whatever form: the one way in for files, pipes and
command lines.

Every function gives a tuple of kernels: one, or several where the file holds a bank. A .npy may
hold a layer in place of a kernel.
"""

import math
from typing import TypeVar

from .errors import ConvtoolError, at
from .kernel import Kernel, Layer
from .npyheader import MAGIC
from .precision import Array

LARGEST_FILE = 64 * 2**20
"""Bytes."""

LARGEST_TEXT = 16 * 2**20
"""Bytes of a kernel as JSON or rows."""

LARGEST_WINDOW = 2**20
"""Weights of one kernel: as of 1024x1024."""

MOST_WEIGHTS = 2**22
"""Weights of a layer: as of 512 outputs of 512 channels under 4x4."""

Found = TypeVar("Found", bound=Kernel | Layer)


def read_file(path: str) -> bytes:
    """A file's bytes, or so many of them that it is seen to be too large."""
    try:
        with open(path, "rb") as file:
            return file.read(LARGEST_FILE + 1)
    except OSError as error:
        raise ConvtoolError(f"{path}: cannot be read: {error.strerror}") from None


def parse_bytes(data: bytes, source: str, name: str) -> tuple[Kernel | Layer, ...]:
    """The kernels, or the layer, in a file's bytes.

    `source` is the place that errors name; `name` is given to a kernel that has none.
    """
    with at(source):
        if len(data) > LARGEST_FILE:
            raise ConvtoolError(f"is larger than {LARGEST_FILE >> 20} MiB, expected a kernel")
        if data.startswith(MAGIC):
            from .kernelnpy import parse_npy

            return _checked(parse_npy(data, name))
        if len(data) > LARGEST_TEXT:
            raise ConvtoolError(f"is larger than {LARGEST_TEXT >> 20} MiB, expected a kernel file")
        try:
            text = data.decode()
        except UnicodeDecodeError:
            raise ConvtoolError(
                "is no text and no .npy, expected a kernel as JSON or rows"
            ) from None
    return parse(text, source, name)


def parse(text: str, source: str, name: str) -> tuple[Kernel, ...]:
    """The kernels in a file's text: JSON if it opens like JSON, rows of numbers otherwise."""
    text = text.removeprefix("\ufeff")
    with at(source):
        if text.lstrip()[:1] in ("{", "["):
            from .kerneljson import parse_json  # each needs libraries of its own

            return _checked(*parse_json(text, name))
        from .kerneltext import parse_text

        return _checked(*parse_text(text, name))


def parse_inline(text: str) -> tuple[Kernel, ...]:
    """The kernel written on a command line: rows apart by semicolons, ``0 1 0; 1 -4 1; 0 1 0``."""
    from .kerneltext import parse_text

    with at(f"kernel {text!r}"):
        return _checked(*parse_text(text.replace(";", "\n"), "kernel"))


def read_bias(path: str, length: int) -> Array:
    """The vector of biases, one for each of so many outputs, in a .npy file."""
    from .kernelnpy import parse_bias

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
