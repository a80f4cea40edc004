"""How a value is calculated from windows in which some values are missing."""

import math
from fractions import Fraction

import numpy as np

from ...core.dtypes import FLOAT64, Array
from ...core.validation import Pair
from ...ops.conv import Conv
from ...ops.conv_stage import ConvStage
from ...ops.missing import MissingStage
from ...ops.pool import Pool
from ...ops.pool_stage import PoolStage
from . import base
from .base import OFF, Band, Calculation, Place, Step, Value
from .conv import calculate_conv
from .pool import calculate_pool


def calculate_missing(
    operator: Conv | Pool, stage: MissingStage, band: Band, cut: Pair, place: Place, value: Value
) -> Calculation:
    """As where nothing is missing, or with the weights that have a value."""
    plain = stage.plain
    if isinstance(operator, Pool):
        assert isinstance(plain, PoolStage)
        return calculate_pool(operator, plain, band, cut, place, value)
    assert isinstance(plain, ConvStage)
    patch = base.patch_of(
        band, plain.input, stage.window, place[:2], place[2], plain.border, plain.fill
    )
    if stage.rule.how == "zero":
        rows = np.nan_to_num(band.rows, nan=0.0, posinf=np.inf, neginf=-np.inf)
        return calculate_conv(operator, plain, Band(band.top, rows), cut, place, value)
    if not np.isnan(patch.pixels).any():
        return calculate_conv(operator, plain, band, cut, place, value)
    there = ~np.isnan(patch.pixels)
    weights = np.where(there, operator.weights.astype(FLOAT64), 0)
    products = np.where(there, patch.pixels * weights, 0)
    row, col, index = place
    down, across = (
        axis.centers(at, at + 1)[0] for axis, at in zip(stage.window, place, strict=False)
    )
    middle = band.rows[down - band.top, across, index]
    steps, expected = _steps(operator, stage, weights, products, bool(np.isnan(middle)))
    factor = float(operator.weights.sum()) / (float(weights.sum()) or 1) / operator.divisor
    off = OFF * (float(np.abs(products).sum()) * abs(factor) + abs(float(operator.bias)))
    base.check(operator.label, value, expected, plain.output.dtype, off)
    shown = patch._replace(weights=weights, products=products)
    element = base.most((shown,), [np.abs(products)], "the largest product")
    return Calculation(
        operator.label,
        "conv",
        plain.output.channels[index],
        *(index, row, col, (shown,), (), tuple(steps), value, element, off),
    )


def _steps(
    operator: Conv, stage: MissingStage, weights: Array, products: Array, middle_is_missing: bool
) -> tuple[list[Step], Fraction | float]:
    """The steps where some values are missing, and what they come to."""
    if middle_is_missing and not stage.rule.fill:
        return [Step("the pixel in the middle is missing, and so is the value", math.nan)], math.nan
    whole, found = float(operator.weights.sum()), float(weights.sum())
    if found / whole <= 0 or found / whole < stage.rule.min_valid:
        words = f"{found / whole:.0%} of the weights have a value, too few"
        return [Step(words, math.nan)], math.nan
    added = base.total([products])
    result = base.exact(added) / base.exact(found)
    words = f"/ {base.numeral(found)}, the sum of the weights that have a value"
    steps = [Step("sum of the products", added), Step(words, base.as_float(result))]
    ratio = base.exact(whole) / base.exact(operator.divisor)
    if ratio != 1:
        result *= ratio
        steps.append(Step(f"x {base.numeral(base.as_float(ratio))}", base.as_float(result)))
    if operator.bias:
        result += base.exact(float(operator.bias))
        sign = "-" if operator.bias < 0 else "+"
        words = f"{sign} {base.numeral(abs(float(operator.bias)))}"
        steps.append(Step(words, base.as_float(result)))
    return steps, result
