"""Checks of what callers pass: each gives the value in its plain form, or a ConvtoolError
that names the argument."""

import math
import operator
from collections.abc import Sequence
from numbers import Real
from typing import SupportsIndex, TypeVar

import numpy as np

from .choices import NAMED_PADDINGS, NamedPadding
from .dtypes import EXACT_IN_FLOAT64
from .errors import ConvtoolError, quoted

Pair = tuple[int, int]
Sizes = tuple[int, ...]
"""A number for each dimension: (rows, columns)."""

Sides = tuple[Pair, ...]
"""A pair for each dimension: ((top, bottom), (left, right))."""

DIMENSIONS = {1: "", 2: " or (rows, columns)", 3: " or (slices, rows, columns)"}
"""What may stand for one number, by how many dimensions there are."""

SizeLike = SupportsIndex | Sequence[SupportsIndex]
PaddingLike = NamedPadding | SupportsIndex | Sequence[SupportsIndex | Sequence[SupportsIndex]]

LARGEST = 2**31 - 1
"""The largest stride, dilation, padding or window: more than any image has rows."""


Word = TypeVar("Word", bound=str)


def check_word(name: str, word: object, known: tuple[Word, ...]) -> Word:
    """Return `word` if it is one of `known`; raise ConvtoolError naming the argument if not."""
    for candidate in known:
        if isinstance(word, str) and word == candidate:
            return candidate
    raise ConvtoolError(f"{name} is {quoted(word)}, expected one of: {', '.join(known)}")


def whole_number(value: object, name: str, least: int) -> int:
    """An int from `least` to LARGEST; ConvtoolError, naming the argument, for anything else."""
    try:
        if isinstance(value, bool):
            raise TypeError
        number = operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        raise ConvtoolError(f"{name} is {quoted(value)}, expected a whole number") from None
    if number < least:
        raise ConvtoolError(f"{name} is {number}, expected {least} or more")
    if number > LARGEST:
        raise ConvtoolError(f"{name} is {number}, expected {LARGEST} or less")
    return number


def sizes(value: object, name: str, dimensions: int = 2, *, least: int = 1) -> Sizes:
    """An int, or one for each dimension, as a tuple of these; each at least `least`."""
    values = value if isinstance(value, tuple | list) else (value,) * dimensions
    if len(values) != dimensions:
        expected = f"expected one number{DIMENSIONS[dimensions]}"
        raise ConvtoolError(f"{name} is {quoted(value)}, {expected}")
    return tuple(whole_number(one, name, least) for one in values)


def pair(value: object, name: str, *, least: int = 1) -> Pair:
    """An int, or a (rows, columns) pair of them, as a pair; each at least `least`."""
    first, second = sizes(value, name, least=least)
    return first, second


def sides(padding: object, dimensions: int = 2) -> NamedPadding | Sides:
    """Padding in one of its forms: a name, or ((top, bottom), (left, right)); in one dimension
    (before, after), too."""
    if isinstance(padding, str):
        return check_word("padding", padding, NAMED_PADDINGS)
    each = padding if isinstance(padding, tuple | list) else (padding,) * dimensions
    if dimensions == 1 and len(each) == 2:
        each = (padding,)
    if len(each) != dimensions:
        sizes(padding, "padding", dimensions)  # which says what is expected
    return tuple(pair(one, "padding", least=0) for one in each)


def check_float(name: str, value: object) -> float:
    """An int of up to 2**53 as it is, any other number as a float; NaN and infinity pass."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, bool | np.bool_) or not isinstance(value, Real):
        raise ConvtoolError(f"{name} is {quoted(value)}, expected a number")
    if isinstance(value, int) and abs(value) <= EXACT_IN_FLOAT64:
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
        raise ConvtoolError(f"{name} is {quoted(value)}, expected True or False")
    return bool(value)


def check_divisor(value: object) -> float:
    """A finite number other than 0."""
    divisor = check_number("divisor", value)
    if divisor == 0:
        raise ConvtoolError("divisor is 0, expected any other number")
    return divisor


def shape_words(values: Sizes) -> str:
    """Numbers of rows and columns: ``3x3``; with slices before them: ``5x3x3``."""
    return "x".join(map(str, values))


def size_words(values: Sizes) -> str:
    """The same as an option has them.

    >>> size_words((2, 2)), size_words((2, 1))
    ('2', '2x1')
    """
    return str(values[0]) if len(set(values)) == 1 else shape_words(values)


def padding_words(padding: NamedPadding | Sides) -> str:
    """A padding as an option has it.

    >>> padding_words("valid"), padding_words(((1, 1), (2, 2))), padding_words(((0, 1), (0, 1)))
    ('valid', '1x2', '0,1,0,1')
    """
    if isinstance(padding, str):
        return padding
    if all(before == after for before, after in padding):
        return size_words(tuple(before for before, _ in padding))
    return ",".join(str(count) for each in padding for count in each)
