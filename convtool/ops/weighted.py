"""Windows over an image with transparency, in which a pixel counts as much as it is opaque.

    alpha  = sum(w a) / sum(w)
    colour = sum(w c a) / sum(w a) * sum(w) / divisor + bias

Where all is opaque that is the plain value. Colour times alpha is as in T. Porter and T. Duff,
Compositing digital images, 1984; the quotient is H. Knutsson and C.-F. Westin's normalized
convolution, 1993. Products of whole pixels are whole, and so are their sums: they are divided and
rounded once. A pixel whose new alpha is 0 has no colour, and becomes 0.
"""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ..core.dtypes import FLOAT64, Array, DType, is_integer
from ..core.image import Header
from ..core.validation import Pair
from ..methods.planner import Plan
from .base import Laid, Stage, Sum, run_band, store


class Share(NamedTuple):
    """What the sums over some rows of windows are divided by. Each is a number, or one a window."""

    weight: Any
    """The sum of the weights."""
    over: Any
    """The weight over the divisor is this ..."""
    under: Any
    """... over that."""

    @classmethod
    def of(cls, weight: float, divisor: float) -> "Share":
        """That of a kernel whose weights add up to this."""
        common = 1.0
        if weight.is_integer() and float(divisor).is_integer():
            common = math.gcd(int(weight), int(divisor))
        elif weight == divisor:
            common = weight
        return cls(weight, weight / common, divisor / common)


class WeightedStage(NamedTuple):
    """A convolution or a pooling bound to an image whose last channel is alpha."""

    plain: Stage
    """The same where all is opaque."""
    products: Stage
    """What adds up weights times colours times alpha, and weights times alpha, undivided."""
    output: Header
    share: Callable[[int, int], Share]
    """(first, last) row of windows -> what their sums are divided by."""
    bias: float = 0

    @property
    def input(self) -> Header:
        """The description of the image."""
        return self.plain.input

    @property
    def laid(self) -> tuple[Laid, ...]:
        """The window, laid on colours and alpha alike."""
        return self.plain.laid

    @property
    def plan(self) -> Plan:
        """How a convolution's sums are computed."""
        plan: Plan = self.products.plan  # type: ignore[attr-defined]
        return plan

    @property
    def sums(self) -> tuple[Sum, ...]:
        """Those of the products."""
        return tuple(one._replace(values=self.output.values) for one in self.products.sums)

    def carried_from(self, row: int, col: int) -> Pair | None:
        """Alpha is computed."""
        return None

    def rows_needed(self, first: int, last: int) -> Pair:
        """The rows under the windows."""
        return self.plain.rows_needed(first, last)

    def run(self, band: Array, top: int, first: int, out: Array) -> None:
        """Write the output rows from `first` on."""
        last = first + len(out)
        if self._is_opaque(band):
            store(run_band(self.plain, band, top, first, last), out)
            store(np.full((*out.shape[:2], 1), self.input.white, FLOAT64), out[..., -1:])
            return
        sums = run_band(self.products, self._multiplied(band), top, first, last).astype(FLOAT64)
        colors, alpha = sums[..., :-1], sums[..., -1:]
        share = self.share(first, last)
        values = np.zeros(colors.shape)
        under, over = alpha * share.under, colors * share.over
        if self.bias:
            over += self.bias * under
        store(alpha / share.weight, out[..., -1:])
        np.divide(over, under, out=values, where=(alpha != 0) & (out[..., -1:] != 0))
        store(values, out[..., :-1])

    def _is_opaque(self, band: Array) -> bool:
        """Whether every pixel is, of a type that says so."""
        white = self.input.white
        return white is not None and bool((band[..., -1] == white).all())

    def _multiplied(self, band: Array) -> Array:
        """Colours times alpha, and alpha; nothing of what is wholly transparent, NaN neither."""
        dtype = self.products.input.dtype
        colors, alpha = band[..., :-1], band[..., -1:]
        out = np.zeros(band.shape, dtype)
        shown = True if is_integer(dtype) else alpha != 0
        np.multiply(colors, alpha, out=out[..., :-1], dtype=dtype, where=shown)
        out[..., -1] = band[..., -1]
        return out


def product_type(dtype: DType) -> DType:
    """A type that holds the product of two pixels of a type: exactly, of up to 16 bits."""
    if dtype.kind in "iu" and dtype.itemsize <= 2:
        return np.dtype(f"{dtype.kind}{2 * dtype.itemsize}")
    return np.dtype(np.uint8) if dtype.kind == "b" else FLOAT64


def opaque(header: Header) -> float:
    """The alpha of what lies in a border: that of an opaque pixel."""
    return 1 if header.white is None else header.white
