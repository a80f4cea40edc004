"""Light, and the values that stand for it.

In most pictures a value of half of white stands for a fifth of its light, so that a mean of values
is too dark. Light is decoded by the image's own curve, and encoded by it again. White stays the
same number, and alpha is left alone: it is a share already.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from ..core.dtypes import FLOAT64, Array, DType, result_float
from ..core.errors import ConvtoolError
from ..core.image import Header
from ..core.light import Curve
from ..io.icc import curves_of
from .base import Operator
from .pointwise import PointStage


class Linear(Operator):
    """From values to the light that they stand for, as floats with the same white."""

    label = "linear"

    def bind(self, header: Header) -> PointStage:
        """The stage for images of this description.

        Raises ConvtoolError where the values are light already, where none of them is white, and
        where the curve is unknown.
        """
        if header.transfer.linear:
            raise ConvtoolError("linear: the values are linear light already")
        output = _turned(header)
        return PointStage(header, output, Decoding(*curves(header), output.dtype).of)


class Encode(Operator):
    """From light, as `Linear` gives it, back to values."""

    label = "encode"

    def bind(self, header: Header) -> PointStage:
        """The stage for images of this description; ConvtoolError if they are not of light."""
        if not header.transfer.linear:
            raise ConvtoolError("encode: the values are no linear light, expected linear before it")
        output = _turned(header)
        return PointStage(header, output, Encoding(*curves(header), output.dtype).of)


def _turned(header: Header) -> Header:
    """What comes out, of values or of light."""
    transfer = header.transfer._replace(linear=not header.transfer.linear)
    return header._replace(dtype=result_float(header.dtype), transfer=transfer)


def curves(header: Header) -> tuple[tuple[Curve, ...], float]:
    """The curve of all channels, or of each of them, and the value that is white.

    Raises ConvtoolError where one of these is not known.
    """
    if header.white is None:
        raise ConvtoolError(
            f"light is decoded of pictures, and none of these values of {header.dtype} is known to "
            "be white"
        )
    found = curves_of(header.transfer)
    if len(found) not in (1, header.colors):
        raise ConvtoolError(
            f"light is decoded by a curve for each of {len(found)} channels, and the image has "
            f"{header.colors}"
        )
    return found, header.white


class Decoding(NamedTuple):
    """The light of values (n, W, C)."""

    curves: tuple[Curve, ...]
    white: float
    dtype: DType

    def of(self, values: Array) -> Array:
        """The light, in floats."""
        if values.dtype.kind == "f":
            return self._light(values.astype(self.dtype))
        count = len(self.curves)
        # There are few whole pixels: the light of each is looked up.
        pixels = np.arange(self.white + 1, dtype=FLOAT64)
        table = self._light(np.stack([pixels] * count, axis=-1)).astype(self.dtype)
        if count == 1:
            return np.take(table[:, 0], values)
        return np.stack([table[values[..., n], n] for n in range(count)], axis=-1)

    def _light(self, values: Array) -> Array:
        return _each([curve.decode for curve in self.curves], values, self.white)


class Encoding(NamedTuple):
    """The values of light (n, W, C)."""

    curves: tuple[Curve, ...]
    white: float
    dtype: DType

    def of(self, light: Array) -> Array:
        """The values, in floats."""
        return _each([curve.encode for curve in self.curves], light.astype(self.dtype), self.white)


def _each(ways: Sequence[Callable[[Array], Array]], values: Array, white: float) -> Array:
    """Each channel of floats on its way, in shares of white."""
    shares = values / white
    if len(ways) == 1:
        found = ways[0](shares)
    else:
        found = np.stack([way(shares[..., n]) for n, way in enumerate(ways)], axis=-1)
    return (found * white).astype(values.dtype, copy=False)
