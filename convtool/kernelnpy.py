"""Kernels, layers and biases as NumPy's .npy files."""

import io
import math
import warnings

import numpy as np

from .errors import ConvtoolError
from .kernel import Kernel, Layer
from .precision import FLOAT64, Array

MAGIC = b"\x93NUMPY"


def parse_npy(data: bytes, name: str) -> Kernel | Layer:
    """A kernel of shape (h, w), or a layer of shape (out, in, h, w)."""
    weights = _array(data)
    if weights.ndim == 2:
        return Kernel(weights, name=name)
    if weights.ndim != 4:
        raise ConvtoolError(f"has shape {weights.shape}, expected (h, w) or (out, in, h, w)")
    return Layer(weights, name)


def parse_bias(data: bytes, length: int) -> Array:
    """A bias of one number for each of so many outputs, as float64."""
    if not data.startswith(MAGIC):
        raise ConvtoolError("is no .npy file, expected a vector of biases")
    bias = _array(data)
    if bias.shape != (length,):
        raise ConvtoolError(f"has shape {bias.shape}, expected ({length},)")
    if bias.dtype.kind not in "iuf":
        raise ConvtoolError(f"holds values of {bias.dtype}, expected numbers")
    return bias.astype(FLOAT64)


def _array(data: bytes) -> Array:
    """The array in a file's bytes; objects (pickles) are refused, and shapes that lie."""
    file = io.BytesIO(data)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of headers that Python 2 wrote
        try:
            version = np.lib.format.read_magic(file)
            one = version == (1, 0)
            formats = np.lib.format
            read = formats.read_array_header_1_0 if one else formats.read_array_header_2_0
            shape, by_columns, dtype = read(file)
        except Exception as error:  # a header is Python, and may fail in any way
            raise ConvtoolError(f"is no sound .npy file: {error}") from None
    if min(shape, default=0) < 0:
        raise ConvtoolError(f"is no sound .npy file: its shape is {shape}")
    if dtype.hasobject:
        raise ConvtoolError("holds Python objects, expected numbers")
    left, expected = len(data) - file.tell(), math.prod(shape) * dtype.itemsize
    if left < expected:
        raise ConvtoolError(
            f"is no sound .npy file: it holds {left} bytes of numbers, expected {expected}"
        )
    flat = np.frombuffer(data, dtype, math.prod(shape), file.tell())
    return flat.reshape(shape, order="F" if by_columns else "C")
