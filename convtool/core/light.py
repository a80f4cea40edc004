"""The curves between light and the values that stand for it in a picture.

Values and light are shares of white here. A curve is defined from black to white. Below black it
goes on as its mirror image, as CSS Color 4 extends sRGB, so that negative light comes back as what
it was.
"""

from collections.abc import Callable
from typing import NamedTuple, Protocol

import numpy as np

from .dtypes import FLOAT64, Array
from .errors import ConvtoolError


class Curve(Protocol):
    """From values to light and back."""

    def decode(self, values: Array) -> Array:
        """The light of values, floats both."""
        ...

    def encode(self, light: Array) -> Array:
        """The values of light, floats both."""
        ...

    def decoding(self, value: str, share: float) -> str:
        """How the light of a value, which is a `share` of white, is calculated, in words."""
        ...

    def encoding(self, light: str, share: float) -> str:
        """How the value of light, which is a `share` of white, is calculated, in words."""
        ...


class Parametric(NamedTuple):
    """light = (a v + b)^g + e for v from d on, and c v + f below: ICC.1:2022, 10.18."""

    g: float
    a: float = 1.0
    b: float = 0.0
    c: float = 0.0
    d: float = 0.0
    e: float = 0.0
    f: float = 0.0

    @property
    def joint(self) -> float:
        """The light from which on the power holds."""
        return float((self.a * self.d + self.b) ** self.g) + self.e

    def check(self) -> None:
        """Raise ConvtoolError for a curve that does not rise from black to white."""
        sound = all(map(np.isfinite, self)) and self.g > 0 and self.a > 0 and self.c >= 0
        base = self.a * self.d + self.b
        if not (sound and 0 <= self.d <= 1 and base >= 0 and self.a + self.b > 0):
            raise ConvtoolError("has a curve that does not rise from black to white")

    def decode(self, values: Array) -> Array:
        """The light of values, floats both."""
        return _mirrored(values, self._light)

    def encode(self, light: Array) -> Array:
        """The values of light, floats both."""
        return _mirrored(light, self._value)

    def _light(self, values: Array) -> Array:
        base = np.maximum(values * self.a + self.b, 0)
        power = base**self.g + self.e
        return np.where(values < self.d, values * self.c + self.f, power) if self.d else power

    def _value(self, light: Array) -> Array:
        power = (np.maximum(light - self.e, 0) ** (1 / self.g) - self.b) / self.a
        if not self.d:
            return power
        straight = (light - self.f) / self.c if self.c else np.zeros_like(light)
        return np.where(light < self.joint, straight, power)

    def decoding(self, value: str, share: float) -> str:
        """How the light of a value, which is a `share` of white, is calculated, in words."""
        if abs(share) < self.d:
            return f"{value} x {self.c:.6g}{_plus(self.f)}"
        scaled = value if self.a == 1 else f"{self.a:.6g} x {value}"
        base = f"({scaled}{_plus(self.b)})" if self.b or self.a != 1 else value
        return f"{base}^{self.g:.6g}{_plus(self.e)}"

    def encoding(self, light: str, share: float) -> str:
        """How the value of light, which is a `share` of white, is calculated, in words."""
        if abs(share) < self.joint and self.d:
            above = f"({light}{_plus(-self.f)})" if self.f else light
            return f"{above} / {self.c:.6g}"
        root = f"({light}{_plus(-self.e)})" if self.e else light
        root = f"{root}^(1 / {self.g:.6g})"
        if self.b or self.a != 1:
            root = f"({root}{_plus(-self.b)}) / {self.a:.6g}"
        return root


SRGB = Parametric(2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
"""IEC 61966-2-1."""


class Sampled:
    """A curve through points at equal distances from black to white, straight between them."""

    def __init__(self, light: Array) -> None:
        """`light` has two entries at least; ConvtoolError where they do not rise."""
        self._light = np.asarray(light, FLOAT64)
        self._values = np.linspace(0, 1, len(self._light))
        if (np.diff(self._light) < 0).any() or not self._light[0] < self._light[-1]:
            raise ConvtoolError("has a curve that does not rise from black to white")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sampled) and np.array_equal(self._light, other._light)

    __hash__ = None  # type: ignore[assignment]

    def decode(self, values: Array) -> Array:
        """The light of values, floats both; above white as much as they are."""
        return _mirrored(values, lambda v: self._between(v, self._values, self._light))

    def encode(self, light: Array) -> Array:
        """The values of light, floats both; above white as much as it is."""
        return _mirrored(light, lambda v: self._between(v, self._light, self._values))

    def _between(self, given: Array, known: Array, found: Array) -> Array:
        inside = np.interp(given, known, found)
        return np.where(given > 1, given, inside).astype(given.dtype, copy=False)

    def decoding(self, value: str, share: float) -> str:
        """How the light of a value is found, in words."""
        return f"{value} by the profile's table of {len(self._light)} points"

    def encoding(self, light: str, share: float) -> str:
        """How the value of light is found, in words."""
        return f"{light} by the profile's table of {len(self._light)} points"


def _plus(number: float) -> str:
    """A summand in a formula; nothing for 0."""
    return f" {'-' if number < 0 else '+'} {abs(number):.6g}" if number else ""


def _mirrored(values: Array, curve: Callable[[Array], Array]) -> Array:
    """A curve of values from 0 on, and its mirror image below."""
    if not (values < 0).any():
        return curve(values)
    return np.copysign(curve(np.abs(values)), values)
