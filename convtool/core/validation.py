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
Sides = tuple[Pair, Pair]
"""((top, bottom), (left, right))"""

PairLike = SupportsIndex | Sequence[SupportsIndex]
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


def pair(value: object, name: str, *, least: int = 1) -> Pair:
    """An int, or a (rows, columns) pair of them, as a pair; each at least `least`."""
    values = value if isinstance(value, tuple | list) else (value, value)
    if len(values) != 2:
        raise ConvtoolError(f"{name} is {quoted(value)}, expected one number or (rows, columns)")
    return whole_number(values[0], name, least), whole_number(values[1], name, least)


def sides(padding: object) -> NamedPadding | Sides:
    """Padding in one of its forms: a name, or ((top, bottom), (left, right))."""
    if isinstance(padding, str):
        return check_word("padding", padding, NAMED_PADDINGS)
    rows, cols = (
        padding if isinstance(padding, tuple | list) and len(padding) == 2 else (padding,) * 2
    )
    return pair(rows, "padding", least=0), pair(cols, "padding", least=0)


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


def pair_words(values: Pair) -> str:
    """A pair as an option has it.

    >>> pair_words((2, 2)), pair_words((2, 1))
    ('2', '2x1')
    """
    rows, cols = values
    return str(rows) if rows == cols else f"{rows}x{cols}"


def padding_words(padding: NamedPadding | Sides) -> str:
    """A padding as an option has it.

    >>> padding_words("valid"), padding_words(((1, 1), (2, 2))), padding_words(((0, 1), (0, 1)))
    ('valid', '1x2', '0,1,0,1')
    """
    if isinstance(padding, str):
        return padding
    (top, bottom), (left, right) = padding
    if top == bottom and left == right:
        return pair_words((top, left))
    return f"{top},{bottom},{left},{right}"
