"""The formats of kernel files: one table of how each is named, recognized, read and written.

Needs no NumPy, as ``--help`` lists the names. The module that knows a format is imported when a
kernel is read or written in it.
"""

import os
import re
from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

from ...core.errors import ConvtoolError, quoted
from ...io.formats import NPY_SIGNATURE, extension_of

if TYPE_CHECKING:
    from ..kernel import Kernel, Layer

IMAGEMAGICK_SIZE = r"\d[^:;,=#\n]{0,60}:"
"""The size that a kernel for ImageMagick starts with; an origin and flags may follow it."""

IMAGEMAGICK = rf"(?:\s|#[^\n]*\n)*+(?:{IMAGEMAGICK_SIZE}|[A-Za-z]{{2,40}}\s*:)"
"""The start of a text of such kernels: a size or a name, after comments."""


class KernelFormat(NamedTuple):
    """How kernels in a format are named, recognized, read and written."""

    name: str
    extensions: tuple[str, ...]
    """The first is the one that new files get."""
    module: str
    """The module in this folder that has its `read` and `encode`."""
    signature: bytes = b""
    """The first bytes of a file that is no text."""
    start: str = ""
    """A regular expression for the start of a text in this format."""
    holds_one: bool = False
    """Whether a file holds a single kernel."""
    flat: bool = False
    """Whether kernels have rows and columns only."""

    def read(self, data: bytes, name: str) -> "tuple[Kernel | Layer, ...]":
        """The kernels in a file's bytes; one that has no name gets `name`."""
        found: tuple[Kernel | Layer, ...] = self._loaded().read(data, name)
        return found

    def encode(self, kernels: "Sequence[Kernel]") -> bytes:
        """A file's bytes. Raises ConvtoolError for kernels that it cannot hold whole."""
        if self.holds_one and len(kernels) != 1:
            raise ConvtoolError(
                f"{len(kernels)} kernels do not go into one {self.name} file: "
                "JSON, text and imagemagick hold them"
            )
        for kernel in kernels:
            if self.flat and kernel.weights.ndim == 3:
                raise ConvtoolError(
                    f"kernel {kernel.name or 'of weights'} has depth, and does not go into "
                    f"{self.name}: JSON, text and NPY hold it"
                )
        data: bytes = self._loaded().encode(kernels)
        return data

    def _loaded(self) -> Any:
        return import_module(f".{self.module}", __package__)


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


def _text_or_none(data: bytes) -> str | None:
    """The text that the bytes are; None for what may be a picture."""
    plain = data[:1] == b"P" and data[1:2].isdigit() and data[2:3].isspace()  # as in P2 3 3 255
    if plain or b"\0" in data:
        return None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None


_TABLE = (
    KernelFormat("json", (".json",), "json", start=r"\s*+[\[{]"),
    KernelFormat("txt", (".txt",), "text"),
    KernelFormat("npy", (".npy",), "npy", signature=NPY_SIGNATURE, holds_one=True),
    KernelFormat("vips", (".mat",), "libvips", holds_one=True, flat=True),
    KernelFormat("imagemagick", (".kernel",), "imagemagick", start=IMAGEMAGICK, flat=True),
)

KERNEL_FORMATS = {format_.name: format_ for format_ in _TABLE}
"""The formats by name. Pictures are read as kernels too, and not written."""
