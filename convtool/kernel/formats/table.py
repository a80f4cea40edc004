"""Kernels as the bytes of files, in each form: the counterpart of `kernelfile`."""

import io
import os
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from ...core.errors import ConvtoolError, at, quoted
from ..kernel import Kernel, Layer


class KernelFormat(NamedTuple):
    """A form that kernels are written in."""

    name: str
    extensions: tuple[str, ...]
    """The first is the one that new files get."""
    encode: Callable[[Sequence[Kernel]], bytes]
    """ConvtoolError for kernels that it cannot hold whole."""


def encode_kernels(found: Sequence[Kernel | Layer], format_: KernelFormat) -> bytes:
    """The bytes of a file of these kernels, or of one layer, which NPY alone holds.

    Of JSON and text the same kernels are read again. The other forms hold no names and
    descriptions, and NPY and ImageMagick's the weights over their divisor. Raises ConvtoolError
    where a form cannot hold what a kernel does; the sentence says which one can.
    """
    kernels = [one for one in found if isinstance(one, Kernel)]
    if len(kernels) == len(found):
        return format_.encode(kernels)
    (layer,) = found
    if format_.name != "npy":
        raise ConvtoolError(
            f"weights of shape {layer.weights.shape} do not go into {format_.name}: NPY holds them"
        )
    return _npy_bytes(layer)


def kernel_format(name: str) -> KernelFormat:
    """A form by its name or extension without the dot; ConvtoolError for an unknown one."""
    for format_ in FORMATS.values():
        if name == format_.name or f".{name}" in format_.extensions:
            return format_
    raise ConvtoolError(f"kernel format {quoted(name)} is unknown, expected one of: {_known()}")


def kernel_format_of(path: str | os.PathLike[str]) -> KernelFormat:
    """The form that a file's extension stands for; ConvtoolError for an unknown one."""
    extension = os.path.splitext(path)[1].lower()
    for format_ in FORMATS.values():
        if extension in format_.extensions:
            return format_
    known = ", ".join(end for format_ in FORMATS.values() for end in format_.extensions)
    raise ConvtoolError(
        f"{os.fspath(path)}: extension {quoted(extension)} is unknown, expected one of: {known}"
    )


def _json(kernels: Sequence[Kernel]) -> bytes:
    from .json import json_of_kernels  # each needs libraries of its own

    return json_of_kernels(kernels).encode()


def _text(kernels: Sequence[Kernel]) -> bytes:
    from .text import text_of_kernel

    return "\n".join(map(text_of_kernel, kernels)).encode()


def _npy(kernels: Sequence[Kernel]) -> bytes:
    kernel = single(kernels, "npy")
    with at(f"kernel {kernel.name}"):
        if kernel.bias or kernel.anchor is not None:
            raise ConvtoolError("NPY holds no bias and no anchor: JSON does")
        return _npy_bytes(Layer(kernel.divided(), kernel.name))


def _vips(kernels: Sequence[Kernel]) -> bytes:
    from .libvips import vips_of_kernel

    kernel = single(kernels, "vips")
    with at(f"kernel {kernel.name}"):
        return vips_of_kernel(kernel).encode()


def _imagemagick(kernels: Sequence[Kernel]) -> bytes:
    from .imagemagick import imagemagick_of_kernel

    parts = []
    for kernel in kernels:
        with at(f"kernel {kernel.name}"):
            parts.append(imagemagick_of_kernel(kernel))
    return ";\n".join(parts).encode()


def _npy_bytes(found: Kernel | Layer) -> bytes:
    file = io.BytesIO()
    np.save(file, found.weights)
    return file.getvalue()


def single(kernels: Sequence[Kernel], format_name: str) -> Kernel:
    """The one kernel there is; ConvtoolError for several."""
    if len(kernels) != 1:
        raise ConvtoolError(
            f"{len(kernels)} kernels do not go into one {format_name} file: "
            "JSON, text and imagemagick hold them"
        )
    return kernels[0]


_TABLE = (
    KernelFormat("json", (".json",), _json),
    KernelFormat("txt", (".txt",), _text),
    KernelFormat("npy", (".npy",), _npy),
    KernelFormat("vips", (".mat",), _vips),
    KernelFormat("imagemagick", (".kernel",), _imagemagick),
)

FORMATS = {format_.name: format_ for format_ in _TABLE}
"""The forms by name."""


def _known() -> str:
    return ", ".join(FORMATS)
