"""Windows over an image in which values are missing: NaN marks them.

    propagate  a window with a missing value has none, as IEEE 754 has it
    skip       the weights count where a value is: sum(w p) / sum(w there) * sum(w) / divisor + bias
    zero       what is missing is 0

astropy.convolution's `nan_treatment` calls the last two "interpolate" and "fill". What is missing
in the middle of a window stays so, as with its `preserve_nan`, unless asked otherwise.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from ..core.choices import MISSING, Missing
from ..core.dtypes import FLOAT64, Array
from ..core.errors import ConvtoolError
from ..core.geometry import Window
from ..core.image import Header
from ..core.slices import Grid
from ..core.validation import Pair, check_flag, check_number, check_word
from ..methods.planner import Plan
from .base import Laid, Stage, Sum, run_band, store

Merge = Callable[[Array, Array, int, int, int], tuple[Array, Array]]
"""(band, which of its values are there, its first row, first and last row of the output) -> the
values, and which share of the weights was there. What is missing in the band is 0."""


ROUNDING = 1e-9
"""How far a share of weights may be off."""


class Rule(NamedTuple):
    """What is done with missing values."""

    how: Missing = "propagate"
    min_valid: float = 0.0
    """The least share of the weights under a window that gives a value."""
    fill: bool = False
    """Whether a missing pixel gets a value from those around it."""


def check_rule(how: Missing, min_valid: float, fill: bool = False) -> Rule:
    """The rule of these arguments; ConvtoolError for what is none."""
    share = check_number("min_valid", min_valid)
    if not 0 <= share <= 1:
        raise ConvtoolError(f"min_valid is {min_valid}, expected 0 to 1")
    rule = Rule(check_word("missing", how, MISSING), share, check_flag("fill_missing", fill))
    if how != "skip" and (share or fill):
        name = "min_valid" if share else "fill_missing"
        raise ConvtoolError(f"{name} goes with missing skip, and missing is {how}")
    return rule


def check_missing(rule: Rule, header: Header) -> None:
    """ConvtoolError where values may be missing of an image that is weighted by its alpha."""
    if rule.how != "propagate" and header.dtype.kind == "f":
        raise ConvtoolError(
            f"missing is {rule.how} and alpha is weight, and only one can weight the pixels: "
            "expected alpha keep or channel"
        )


class MissingStage(NamedTuple):
    """A convolution or a pooling bound to an image of floats, some of them missing."""

    plain: Stage
    """The same where nothing is missing."""
    rule: Rule
    grid: Grid
    channels: int
    """Those in which values may be missing. One more is alpha."""
    merge: Merge

    @property
    def window(self) -> Window:
        """The windows over a slice."""
        return self.grid.window

    @property
    def input(self) -> Header:
        """The description of the image."""
        return self.plain.input

    @property
    def output(self) -> Header:
        """The description of the map."""
        return self.plain.output

    @property
    def laid(self) -> tuple[Laid, ...]:
        """The window."""
        return self.plain.laid

    @property
    def plan(self) -> Plan:
        """How a convolution's sums are computed."""
        plan: Plan = self.plain.plan  # type: ignore[attr-defined]
        return plan

    @property
    def sums(self) -> tuple[Sum, ...]:
        """Those where nothing is missing."""
        return self.plain.sums

    def carried_from(self, row: int, col: int) -> Pair | None:
        """As where nothing is missing."""
        return self.plain.carried_from(row, col)

    def rows_needed(self, first: int, last: int) -> Pair:
        """The rows under the windows, and in the middle of them."""
        start, stop = self.plain.rows_needed(first, last)
        centers = self.grid.centers(first, last)
        return min(start, centers[0]), max(stop, centers[-1] + 1)

    def run(self, band: Array, top: int, first: int, out: Array) -> None:
        """Write the output rows from `first` on."""
        count = self.channels
        missing = np.isnan(band[..., :count])
        if not missing.any():
            self.plain.run(band, top, first, out)
            return
        band = band.copy()
        band[..., :count][missing] = 0
        if self.rule.how == "zero" or count < len(self.input.channels):
            self.plain.run(band, top, first, out)
        if self.rule.how == "zero":
            return
        values, share = self.merge(band[..., :count], ~missing, top, first, first + len(out))
        gone = (share <= 0) | (share < self.rule.min_valid - ROUNDING)
        if not self.rule.fill:
            gone |= self.grid.sampled(missing, top, first, first + len(out))
        store(np.where(gone, np.nan, values), out[..., :count])


def skipping_conv(
    products: Stage, masks: Stage, weight: float, divisor: float, bias: float
) -> Merge:
    """The merge of a convolution, of what adds up weights times values, and weights alone."""

    def merge(band: Array, there: Array, top: int, first: int, last: int) -> tuple[Array, Array]:
        sums = run_band(products, band, top, first, last).astype(FLOAT64)
        marks = there.astype(masks.input.dtype)
        weights = run_band(masks, marks, top, first, last).astype(FLOAT64)
        with np.errstate(divide="ignore"):
            values = sums * weight / (weights * divisor)
        whole = weights == weight  # and then the bits are those of an image without holes
        np.divide(sums, divisor, out=values, where=whole)
        return values + bias, weights / weight

    return merge
