"""The kernel: weights, and what goes with them."""

import math
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np
import numpy.typing as npt

from .errors import ConvtoolError
from .geometry import LARGEST, Pair, whole_number


@dataclass(frozen=True, eq=False)
class Kernel:
    """A grid of weights with a divisor, a bias and an anchor; immutable.

    A window's value is ``sum(weight * pixel) / divisor + bias``. Weights that are whole
    numbers are kept as int64, so that their sums are exact; any others as float64.

    Parameters
    ----------
    weights : array of shape (kh, kw), 1x1 or larger
    divisor : number other than 0
    bias : number, added last
    anchor : (row, col) of the element that sits on the output pixel; None: the middle one
    name, description : words for people; `name` also names output files

    Raises ConvtoolError on weights that are no grid of finite numbers, on a divisor of 0, and
    on an anchor outside the grid.

    >>> Kernel([[0, 1, 0], [1, -4, 1], [0, 1, 0]], name="laplacian").shape
    (3, 3)
    """

    weights: npt.NDArray[Any]
    divisor: float = 1
    bias: float = 0
    anchor: Pair | None = None
    name: str = ""
    description: str = ""

    def __post_init__(self) -> None:
        weights = check_weights(self.weights)
        if weights.ndim != 2:
            raise ConvtoolError(f"weights have shape {weights.shape}, expected (rows, columns)")
        set_field = object.__setattr__
        set_field(self, "weights", weights)
        set_field(self, "divisor", check_divisor(self.divisor))
        set_field(self, "bias", check_number("bias", self.bias))
        set_field(self, "anchor", check_anchor(self.anchor, self.shape))

    @property
    def shape(self) -> Pair:
        """(rows, columns)"""
        rows, cols = self.weights.shape
        return rows, cols

    def __eq__(self, other: object) -> bool:
        """Equal in every field; weights of 1 and 1.0 are equal."""
        if not isinstance(other, Kernel):
            return NotImplemented
        return self._key() == other._key() and np.array_equal(self.weights, other.weights)

    def __hash__(self) -> int:
        return hash((self._key(), tuple(self.weights.flat)))

    def _key(self) -> tuple[object, ...]:
        return self.shape, self.divisor, self.bias, self.anchor, self.name, self.description


def check_weights(weights: object) -> npt.NDArray[Any]:
    """Weights as a read-only int64 or float64 array; ConvtoolError if not finite numbers."""
    try:
        values = np.array(weights)
    except ValueError:
        raise ConvtoolError("weights are ragged: every row needs as many numbers") from None
    if values.dtype.kind in "US" and values.ndim == 0:
        raise ConvtoolError(f"weights are the text {weights!r}; find_kernel looks up a name")
    if values.ndim not in (2, 4):
        raise ConvtoolError(
            f"weights have shape {values.shape}, expected (kh, kw) or (out, in, kh, kw)"
        )
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
    with np.errstate(over="ignore"):
        values = values.astype(np.float64 if values.dtype.kind == "f" or wide else np.int64)
    if not np.isfinite(values).all():
        raise ConvtoolError("weights hold NaN or infinity, expected finite numbers")
    values.setflags(write=False)
    return values


def check_float(name: str, value: object) -> float:
    """An int of up to 2**53 as it is, any other number as a float; NaN and infinity pass."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, bool | np.bool_) or not isinstance(value, Real):
        raise ConvtoolError(f"{name} is {value!r}, expected a number")
    if isinstance(value, int) and abs(value) <= 2**53:
        return value
    try:
        return float(value)
    except OverflowError:
        return math.inf if value == abs(value) else -math.inf


def check_number(name: str, value: object) -> float:
    """A finite int or float, as it is where it is an int; ConvtoolError otherwise."""
    number = check_float(name, value)
    if not math.isfinite(number):
        raise ConvtoolError(f"{name} is {number}, expected a finite number")
    return number


def check_flag(name: str, value: object) -> bool:
    """True or False; ConvtoolError for anything else."""
    if not isinstance(value, bool | np.bool_):
        raise ConvtoolError(f"{name} is {value!r}, expected True or False")
    return bool(value)


def check_divisor(value: object) -> float:
    """A finite number other than 0."""
    divisor = check_number("divisor", value)
    if divisor == 0:
        raise ConvtoolError("divisor is 0, expected any other number")
    return divisor


def check_anchor(anchor: object, shape: Pair) -> Pair | None:
    """An anchor (row, col) inside a kernel of this shape, or None."""
    if anchor is None:
        return None
    try:
        place: list[object] = list(anchor)  # type: ignore[call-overload]
    except TypeError:
        place = []
    if len(place) != 2:
        raise ConvtoolError(f"anchor is {anchor!r}, expected (row, col)") from None
    row, col = (whole_number(value, "anchor", -LARGEST) for value in place)
    if not (0 <= row < shape[0] and 0 <= col < shape[1]):
        raise ConvtoolError(
            f"anchor ({row}, {col}) lies outside the {shape[0]}x{shape[1]} kernel, "
            f"expected (0, 0) to ({shape[0] - 1}, {shape[1] - 1})"
        )
    return row, col
