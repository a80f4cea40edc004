"""A picture as a kernel: its grey values are the weights, and their sum is the divisor.

Grey is that of ``--gray`` (BT.601), times alpha where a pixel is not opaque. The kernel is not
turned: a point of light becomes the picture upside down, and with ``--flip`` the picture.
"""

import math

import numpy as np

from ...core.color import gray_of
from ...core.dtypes import Array
from ...core.errors import ConvtoolError, TooManyPixels
from ...core.image import Header
from ...io.source import open_picture
from ..kernel import Kernel, check_weights


def parse_picture(data: bytes, name: str, most: int) -> Kernel:
    """The kernel in a picture's bytes, of `most` pixels at most.

    A weight is a pixel's grey value (BT.601), 0 to 255 or 65535, times its alpha if any pixel of
    the picture is not opaque. The divisor is the sum of the weights, so that a flat area stays as
    it is. All are whole numbers, and so exact. Of several frames the first is read.

    Raises NoImage for what is no picture, and ConvtoolError for one that is broken, too large,
    or black.
    """
    try:
        reader = open_picture(data, most)
    except TooManyPixels as error:
        found = str(error).partition(",")[0].removesuffix(" pixels")
        raise ConvtoolError(f"{found} pixels, expected {most} at most in a kernel") from None
    weights = check_weights(_weights(np.concatenate(list(reader.blocks())), reader.header), 2)
    values = weights.ravel().tolist()
    divisor = sum(values) if weights.dtype.kind == "i" else math.fsum(values)
    if divisor == 0:
        raise ConvtoolError("is black or wholly transparent, expected a sum of grey above 0")
    return Kernel(weights, divisor, name=name)


def _weights(pixels: Array, header: Header) -> Array:
    gray = gray_of(pixels[..., : header.colors])[..., 0]
    alpha = pixels[..., header.colors :]
    if (alpha != header.white).any():
        return gray.astype(np.int64) * alpha[..., 0]
    return gray
