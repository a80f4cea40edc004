"""The formats of kernel files: one table of how each is named, recognized, read and written.

Needs no NumPy, as ``--help`` lists the names. The module that knows a format is imported when a
kernel is read or written in it.
"""

import os
import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from ...core.errors import ConvtoolError, at, quoted
from ...io.formats import NPY_SIGNATURE, extension_of

if TYPE_CHECKING:
    from ..kernel import Kernel, Layer

IMAGEMAGICK_SIZE = r"\d[^:;,=#\n]{0,60}:"
"""The size that a kernel for ImageMagick starts with; an origin and flags may follow it."""

IMAGEMAGICK = rf"(?:\s|#[^\n]*\n)*+(?:{IMAGEMAGICK_SIZE}|[A-Za-z]{{2,40}}\s*:)"
"""The start of a text of such kernels: a size or a name, after comments."""

_LIBVIPS = r"[ \t]*[1-9]\d*[ \t]+[1-9]\d*([ \t]+[^\s#,;=]+){0,2}[ \t]*\r?\n"
"""The first line of a matrix of libvips. Rows of weights may start with such a line, too."""


class KernelFormat(NamedTuple):
    """How kernels in a format are named, recognized, read and written."""

    name: str
    extensions: tuple[str, ...]
    """The first is the one that new files get."""
    read: "Callable[[bytes, str], tuple[Kernel | Layer, ...]]"
    """(a file's bytes, the name of a kernel that has none) -> kernels"""
    encode: "Callable[[Sequence[Kernel]], bytes]"
    """Raises ConvtoolError for kernels that it cannot hold whole."""
    signature: bytes = b""
    """The first bytes of a file that is no text."""
    start: str = ""
    """A regular expression for the start of a text in this format."""


def encode_kernels(found: "Sequence[Kernel | Layer]", format_: KernelFormat) -> bytes:
    """The bytes of a file of these kernels, or of one layer, which only NPY holds.

    JSON and text keep everything. The other formats keep no names and descriptions; NPY and
    ImageMagick's keep the weights divided by the divisor. Raises ConvtoolError where a format
    cannot hold a kernel, and names one that can.
    """
    from ..kernel import Kernel

    kernels = [one for one in found if isinstance(one, Kernel)]
    if len(kernels) == len(found):
        return format_.encode(kernels)
    (layer,) = found
    if format_.name != "npy":
        raise ConvtoolError(
            f"weights of shape {layer.weights.shape} do not go into {format_.name}: NPY holds them"
        )
    from .npy import npy_of_weights

    return npy_of_weights(layer.weights)


def kernel_format(name: str) -> KernelFormat:
    """A format by its name or extension without the dot; ConvtoolError for an unknown one."""
    for format_ in KERNEL_FORMATS.values():
        if name == format_.name or f".{name}" in format_.extensions:
            return format_
    known = ", ".join(KERNEL_FORMATS)
    raise ConvtoolError(f"kernel format {quoted(name)} is unknown, expected one of: {known}")


def kernel_format_of(path: str | os.PathLike[str]) -> KernelFormat:
    """The format that a file's extension stands for; ConvtoolError for an unknown one."""
    extension = extension_of(path)
    for format_ in KERNEL_FORMATS.values():
        if extension in format_.extensions:
            return format_
    known = ", ".join(end for format_ in KERNEL_FORMATS.values() for end in format_.extensions)
    raise ConvtoolError(
        f"{os.fspath(path)}: extension {quoted(extension)} is unknown, expected one of: {known}"
    )


def format_of_content(path: str, data: bytes) -> KernelFormat | None:
    """The format of a file's bytes; None for what may be a picture.

    A matrix of libvips is recognized by the file's name, everything else by its content.
    """
    for format_ in KERNEL_FORMATS.values():
        if format_.signature and data.startswith(format_.signature):
            return format_
    if extension_of(path) in KERNEL_FORMATS["vips"].extensions:
        return KERNEL_FORMATS["vips"]
    text = _text_or_none(data)
    if text is None:
        return None
    for format_ in KERNEL_FORMATS.values():
        if format_.start and re.match(format_.start, text):
            return format_
    return KERNEL_FORMATS["txt"]


def _text_of(data: bytes) -> str:
    return data.decode().removeprefix("\ufeff")


def _text_or_none(data: bytes) -> str | None:
    """The text that the bytes are; None for what may be a picture."""
    plain = data[:1] == b"P" and data[1:2].isdigit() and data[2:3].isspace()  # as in P2 3 3 255
    if plain or b"\0" in data:
        return None
    try:
        return _text_of(data)
    except UnicodeDecodeError:
        return None


def _read_json(data: bytes, name: str) -> "tuple[Kernel, ...]":
    from .json import parse_json

    return parse_json(_text_of(data), name)


def _json(kernels: "Sequence[Kernel]") -> bytes:
    from .json import json_of_kernels

    return json_of_kernels(kernels).encode()


def _read_text(data: bytes, name: str) -> "tuple[Kernel, ...]":
    from .text import parse_text

    text = _text_of(data)
    if re.match(_LIBVIPS, text):
        from .libvips import is_matrix

        if is_matrix(text):
            raise ConvtoolError(
                "looks like a matrix of libvips: those are read from files named *.mat; "
                "if these are rows of weights, write commas between them"
            )
    return parse_text(text, name)


def _text(kernels: "Sequence[Kernel]") -> bytes:
    from .text import text_of_kernel

    return "\n".join(map(text_of_kernel, kernels)).encode()


def _read_npy(data: bytes, name: str) -> "tuple[Kernel | Layer, ...]":
    from .npy import parse_npy

    return (parse_npy(data, name),)


def _npy(kernels: "Sequence[Kernel]") -> bytes:
    from .npy import npy_of_weights

    kernel = _single(kernels, "npy")
    with at(f"kernel {kernel.name}"):
        if kernel.bias or kernel.anchor is not None:
            raise ConvtoolError("NPY holds no bias and no anchor: JSON does")
        return npy_of_weights(kernel.divided())


def _read_libvips(data: bytes, name: str) -> "tuple[Kernel, ...]":
    from .libvips import parse_vips

    return (parse_vips(data, name),)


def _libvips(kernels: "Sequence[Kernel]") -> bytes:
    from .libvips import vips_of_kernel

    kernel = _single(kernels, "vips")
    with at(f"kernel {kernel.name}"):
        return vips_of_kernel(kernel).encode()


def _read_imagemagick(data: bytes, name: str) -> "tuple[Kernel, ...]":
    from .imagemagick import parse_imagemagick

    return parse_imagemagick(_text_of(data), name)


def _imagemagick(kernels: "Sequence[Kernel]") -> bytes:
    from .imagemagick import imagemagick_of_kernel

    parts = []
    for kernel in kernels:
        with at(f"kernel {kernel.name}"):
            parts.append(imagemagick_of_kernel(kernel))
    return ";\n".join(parts).encode()


def _single(kernels: "Sequence[Kernel]", format_name: str) -> "Kernel":
    """The one kernel there is; ConvtoolError for several."""
    if len(kernels) != 1:
        raise ConvtoolError(
            f"{len(kernels)} kernels do not go into one {format_name} file: "
            "JSON, text and imagemagick hold them"
        )
    return kernels[0]


_TABLE = (
    KernelFormat("json", (".json",), _read_json, _json, start=r"\s*+[\[{]"),
    KernelFormat("txt", (".txt",), _read_text, _text),
    KernelFormat("npy", (".npy",), _read_npy, _npy, signature=NPY_SIGNATURE),
    KernelFormat("vips", (".mat",), _read_libvips, _libvips),
    KernelFormat("imagemagick", (".kernel",), _read_imagemagick, _imagemagick, start=IMAGEMAGICK),
)

KERNEL_FORMATS = {format_.name: format_ for format_ in _TABLE}
"""The formats by name. Pictures are read as kernels too, and not written."""
