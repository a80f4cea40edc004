"""Stages that look at one pixel at a time."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple, TypeAlias

import numpy as np

from ..core.color import gray_of
from ..core.dtypes import FLOAT64, Array, DType, result_float
from ..core.errors import ConvtoolError
from ..core.image import Header
from ..core.validation import Pair, check_number
from .base import Laid, Operator, Sum

Function: TypeAlias = Callable[[Array], Array]


class PointStage(NamedTuple):
    """An operator that looks at one pixel at a time, bound to an image."""

    input: Header
    output: Header
    apply: Function
    """Colours of any shape (n, W, C), one after another in memory -> the new ones."""

    laid: tuple[Laid, ...] = ()
    sums: tuple[Sum, ...] = ()

    def carried_from(self, row: int, col: int) -> Pair | None:
        """The same pixel."""
        return row, col

    def rows_needed(self, first: int, last: int) -> Pair:
        """The same rows."""
        return first, last

    def run(self, band: Array, top: int, first: int, out: Array) -> None:
        """Write the output rows from `first` on; alpha is left alone."""
        rows = band[first - top :][: len(out)]
        colors = np.ascontiguousarray(rows[..., : self.input.colors])
        out[..., : self.output.colors] = self.apply(colors)
        out[..., self.output.colors :] = rows[..., self.input.colors :]


class Relu(Operator):
    """Negative values become 0; NaN stays, and alpha is left alone."""

    label = "relu"
    clips_below_0 = True

    def bind(self, header: Header) -> PointStage:
        """The stage for images of this description."""
        return PointStage(header, _native(header), _relu)


def _native(header: Header) -> Header:
    """The same with values in this machine's order of bytes."""
    return header._replace(dtype=header.dtype.newbyteorder("="))


def _relu(values: Array) -> Array:
    return np.maximum(values, 0)


class Abs(Operator):
    """Values become their magnitudes.

    Signed integers become the next wider type, which holds them all; int64 stays, and has no
    magnitude of its smallest value but the largest that it holds.
    """

    label = "abs"

    def bind(self, header: Header) -> PointStage:
        """The stage for images of this description."""
        wider = {"int8": np.int16, "int16": np.int32, "int32": np.int64}
        dtype = np.dtype(wider.get(header.dtype.name, header.dtype.newbyteorder("=")))
        return PointStage(header, header._replace(dtype=dtype), partial(_magnitudes, dtype=dtype))


def _magnitudes(values: Array, dtype: DType) -> Array:
    values = values.astype(dtype)
    if dtype == np.int64:
        values = np.maximum(values, -np.iinfo(np.int64).max)
    return np.abs(values)


class _Curve(Operator):
    """A function of each value as a float, of the type that `conv2d` has for results."""

    def __init__(self, label: str, function: Function) -> None:
        self._label = label
        self._function = function

    @property
    def label(self) -> str:
        """Its name and its parameter."""
        return self._label

    def bind(self, header: Header) -> PointStage:
        """The stage for images of this description."""
        dtype = result_float(header.dtype)
        curve = partial(_as_float, dtype=dtype, function=self._function)
        return PointStage(header, header._replace(dtype=dtype), curve)


def _as_float(values: Array, dtype: DType, function: Function) -> Array:
    return function(values.astype(dtype, copy=False))


class LeakyRelu(_Curve):
    """Negative values are multiplied by `slope`, a finite number."""

    def __init__(self, slope: float = 0.01) -> None:
        self.slope = check_number("slope", slope)
        super().__init__(f"leaky_relu {self.slope:g}", partial(_leaky, slope=self.slope))


def _leaky(values: Array, slope: float) -> Array:
    small = np.multiply(values, slope, dtype=FLOAT64)  # the slope may be no float32
    return np.where(values < 0, small, values).astype(values.dtype)


class Sigmoid(_Curve):
    """1 / (1 + exp(-x)), from 0 to 1."""

    def __init__(self) -> None:
        super().__init__("sigmoid", _sigmoid)


def _sigmoid(values: Array) -> Array:
    small = np.exp(-np.abs(values))  # of the two forms the one whose exponential stays finite
    above: Array = 1 / (1 + small)
    return np.where(values < 0, small / (1 + small), above)


class Tanh(_Curve):
    """The hyperbolic tangent, from -1 to 1."""

    def __init__(self) -> None:
        super().__init__("tanh", np.tanh)


class Gray(Operator):
    """Colour becomes grey: 0.299 R + 0.587 G + 0.114 B (ITU-R BT.601), alpha kept.

    Whole pixels stay whole, rounded half to even from the exact value. Grey stays as it is.
    """

    label = "gray"

    def bind(self, header: Header) -> PointStage:
        """The stage for images of this description; ConvtoolError if they have no colours."""
        if header.colors not in (1, 3):
            raise ConvtoolError(
                f"an image of {header.colors} channels has no grey, expected 1 or 3 channels"
            )
        output = _native(header)._replace(channels=("L", *header.channels[header.colors :]))
        return PointStage(header, output, gray_of)
