"""The kernel: weights with divisor, bias, anchor, name and description."""

import sys
from dataclasses import dataclass, fields
from importlib import import_module
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ..core.dtypes import Array
from ..core.errors import ConvtoolError, quoted
from ..core.validation import (
    LARGEST,
    Sizes,
    check_divisor,
    check_number,
    shape_words,
    whole_number,
)

MOST_SHOWN = 49
"""Weights of a kernel that its repr shows."""


@dataclass(frozen=True, eq=False, init=False)
class Kernel:
    """A grid of weights with a divisor, a bias and an anchor; immutable. It may have depth.

    A window's value is ``sum(weight * pixel) / divisor + bias``. Weights of an integer
    type are kept as int64, any others as float64.

    Parameters
    ----------
    weights : array of shape (kh, kw), 1x1 or larger; or (kd, kh, kw), for volumes
    divisor : number other than 0
    bias : number, added last
    anchor : (row, col) of the element that sits on the output pixel, or (slice, row, col); None:
        the middle one
    name, description : words for people; `name` also names output files

    Raises ConvtoolError on weights that are no grid of finite numbers, on a divisor of 0, and
    on an anchor outside the grid.

    >>> Kernel([[0, 1, 0], [1, -4, 1], [0, 1, 0]], name="laplacian").shape
    (3, 3)
    """

    weights: Array
    divisor: float
    bias: float
    anchor: Sizes | None
    name: str
    description: str

    def __init__(
        self,
        weights: npt.ArrayLike,
        divisor: float = 1,
        bias: float = 0,
        anchor: Sizes | None = None,
        name: str = "",
        description: str = "",
    ) -> None:
        checked = check_weights(weights, 2, 3)
        if checked.ndim > 3:
            raise ConvtoolError(f"weights have shape {checked.shape}, expected (rows, columns)")
        set_field = object.__setattr__  # the class is frozen from here on
        set_field(self, "weights", checked)
        set_field(self, "divisor", check_divisor(divisor))
        set_field(self, "bias", check_number("bias", bias))
        set_field(self, "anchor", check_anchor(anchor, self.shape))
        set_field(self, "name", _check_text("name", name))
        set_field(self, "description", _check_text("description", description))

    @property
    def shape(self) -> Sizes:
        """(rows, columns), or (slices, rows, columns)"""
        return self.weights.shape

    @property
    def place(self) -> Sizes:
        """The element (row, col) that sits on the output pixel: the anchor, or the middle one."""
        return middle(self.shape) if self.anchor is None else self.anchor

    def divided(self) -> Array:
        """The weights over the divisor, for formats without a divisor."""
        if self.divisor == 1:
            return self.weights
        with np.errstate(over="ignore"):
            quotients: Array = self.weights / self.divisor
        if not np.isfinite(quotients).all():
            raise ConvtoolError(f"weights over the divisor {self.divisor} are too large for floats")
        return quotients

    def __repr__(self) -> str:
        """All fields, without the weights of a large kernel."""
        large = self.weights.size > MOST_SHOWN
        size = shape_words(self.shape)
        weights = f"<{size} {self.weights.dtype}>" if large else repr(self.weights)
        others = (f"{field.name}={getattr(self, field.name)!r}" for field in fields(self)[1:])
        return f"Kernel(weights={weights}, {', '.join(others)})"

    def _repr_png_(self) -> bytes:
        """The picture that a notebook shows, as `convtool kernel show -o` draws it."""
        # Imported by name, as `convtool` imports its public names: kernels need no drawing.
        png: bytes = import_module("convtool.render.kernels").png_of(self)
        return png

    def __eq__(self, other: object) -> bool:
        """Equal in every field; weights of 1 and 1.0 are equal."""
        if not isinstance(other, Kernel):
            return NotImplemented
        return self._key() == other._key() and np.array_equal(self.weights, other.weights)

    def __hash__(self) -> int:
        return hash((self._key(), tuple(self.weights.flat)))

    def _key(self) -> tuple[object, ...]:
        return self.shape, self.divisor, self.bias, self.anchor, self.name, self.description


def _check_text(name: str, text: object) -> str:
    if not isinstance(text, str):
        raise ConvtoolError(f"{name} is {quoted(text)}, expected a text")
    return text


class Layer(NamedTuple):
    """The weights of a layer of a network."""

    weights: Array
    """Of shape (out, in, kh, kw), (out, in, kd, kh, kw), or (out, in, k) for signals; int64 or
    float64."""
    name: str


def middle(shape: Sizes) -> Sizes:
    """The element (row, col) that sits on the output pixel where there is no anchor."""
    return tuple((size - 1) // 2 for size in shape)


WEIGHTS = {
    1: "(k,) or (out, in, k)",
    2: "(kh, kw) or (out, in, kh, kw)",
    3: "(kd, kh, kw) or (out, in, kd, kh, kw)",
}
"""The shapes of weights, by the dimensions of a kernel."""


def check_weights(weights: object, *dimensions: int) -> Array:
    """Weights of a kernel or layer of so many dimensions, as a read-only int64 or float64 array;
    ConvtoolError if not finite numbers."""
    if "numpy.ma" in sys.modules and isinstance(weights, np.ma.MaskedArray):  # slow to import
        raise ConvtoolError("weights are a masked array, expected a plain one: fill it")
    try:
        values = np.array(weights)
    except ValueError:
        raise ConvtoolError("weights are ragged: every row needs as many numbers") from None
    if values.dtype.kind in "US" and values.ndim == 0:
        raise ConvtoolError(f"weights are the text {quoted(weights)}; find_kernel looks up a name")
    if not any(values.ndim in (count, count + 2) for count in dimensions):
        expected = " or ".join(WEIGHTS[count] for count in dimensions)
        raise ConvtoolError(f"weights have shape {values.shape}, expected {expected}")
    if values.dtype.kind == "O":
        try:
            values = values.astype(np.float64)
        except (TypeError, ValueError, OverflowError):
            raise ConvtoolError("weights are ragged, too large, or no numbers") from None
    if values.dtype.kind not in "biuf":
        raise ConvtoolError(f"weights are of {values.dtype}, expected numbers")
    if values.size == 0:
        raise ConvtoolError("weights are empty, expected one number at least")
    wide = values.dtype == np.uint64 and int(values.max()) >= 2**63
    with np.errstate(over="ignore", invalid="ignore"):
        values = values.astype(np.float64 if values.dtype.kind == "f" or wide else np.int64)
    if not np.isfinite(values).all():
        raise ConvtoolError("weights hold NaN or infinity, expected finite numbers")
    values.setflags(write=False)
    return values


PLACES = {1: "a position", 2: "(row, col)", 3: "(slice, row, col)"}
"""What an anchor is, by the dimensions of a kernel."""


def check_anchor(anchor: object, shape: Sizes) -> Sizes | None:
    """An anchor (row, col) inside a kernel of this shape, or None."""
    if anchor is None:
        return None
    try:
        given: list[object] = list(anchor)  # type: ignore[call-overload]
    except TypeError:
        given = [anchor]
    if len(given) != len(shape):
        raise ConvtoolError(f"anchor is {quoted(anchor)}, expected {PLACES[len(shape)]}") from None
    place = tuple(whole_number(value, "anchor", -LARGEST) for value in given)
    if not all(0 <= at < size for at, size in zip(place, shape, strict=True)):
        last = tuple(size - 1 for size in shape)
        raise ConvtoolError(
            f"anchor {place} lies outside the {shape_words(shape)} kernel, expected "
            f"{(0,) * len(shape)} to {last}"
        )
    return place
