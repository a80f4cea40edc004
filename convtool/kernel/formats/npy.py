"""Kernels, layers and biases as NumPy's .npy files.

A kernel is an array (h, w), a layer (out, in, h, w), either with depth before its rows, and biases
are a vector (out,). There is no
divisor: a kernel's weights are written divided by it. A kernel with a bias or an anchor of its own
is an error. Arrays of Python objects are not read.
"""

import io
import math
from collections.abc import Sequence

import numpy as np

from ...core.dtypes import FLOAT64, Array
from ...core.errors import ConvtoolError, at
from ...io.formats import NPY_SIGNATURE
from ...io.npy import read_header
from ..kernel import Kernel, Layer


def read(data: bytes, name: str) -> tuple[Kernel | Layer]:
    """A kernel of shape (w,), a row, (h, w) or (d, h, w), or a layer of shape (out, in, h, w) or
    (out, in, d, h, w)."""
    weights = _array(data)
    if weights.ndim in (1, 2, 3):
        return (Kernel(np.atleast_2d(weights), name=name),)
    if weights.ndim not in (4, 5):
        raise ConvtoolError(
            f"has shape {weights.shape}, expected (w,), (h, w), (d, h, w), (out, in, h, w) or "
            "(out, in, d, h, w)"
        )
    return (Layer(weights, name),)


def encode(kernels: Sequence[Kernel]) -> bytes:
    (kernel,) = kernels
    with at(f"kernel {kernel.name}"):
        if kernel.bias or kernel.anchor is not None:
            raise ConvtoolError("NPY holds no bias and no anchor: JSON does")
        return npy_of_weights(kernel.divided())


def npy_of_weights(weights: Array) -> bytes:
    file = io.BytesIO()
    np.save(file, weights)
    return file.getvalue()


def parse_bias(data: bytes, length: int) -> Array:
    """A bias of `length` numbers, one for each output, as float64."""
    if not data.startswith(NPY_SIGNATURE):
        raise ConvtoolError("is no .npy file, expected a vector of biases")
    bias = _array(data)
    if bias.shape != (length,):
        raise ConvtoolError(f"has shape {bias.shape}, expected ({length},)")
    if bias.dtype.kind not in "iuf":
        raise ConvtoolError(f"holds values of {bias.dtype}, expected numbers")
    return bias.astype(FLOAT64)


def _array(data: bytes) -> Array:
    file = io.BytesIO(data)
    header = read_header(file)
    if not header.size:
        raise ConvtoolError(f"has shape {header.shape}, expected one number at least")
    flat = np.frombuffer(data, header.dtype, math.prod(header.shape), file.tell())
    if header.dtype.kind == "f" and header.dtype.itemsize > 8:
        with np.errstate(over="ignore"):  # an infinite weight is refused later
            flat = flat.astype(FLOAT64)
    return flat.reshape(header.shape, order="F" if header.by_columns else "C")
