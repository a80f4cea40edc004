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
    row, col, index = place
    patches = base.patches_of(band, plain.input, stage.grid, (row, col), index, plain.fill)
    if stage.rule.how == "zero":
        rows = np.nan_to_num(band.rows, nan=0.0, posinf=np.inf, neginf=-np.inf)
        return calculate_conv(operator, plain, Band(band.top, rows), cut, place, value)
    there = np.concatenate([~np.isnan(patch.pixels) for patch in patches])
    if there.all():
        return calculate_conv(operator, plain, band, cut, place, value)
    weights = np.where(there, operator.weights.astype(FLOAT64), 0)
    pixels = np.concatenate([patch.pixels for patch in patches])
    products = np.where(there, pixels * weights, 0)
    down, across = stage.grid.center(row, col)
    middle = band.rows[down - band.top, across, index]
    steps, expected = _steps(operator, stage, weights, products, bool(np.isnan(middle)))
    factor = float(operator.weights.sum()) / (float(weights.sum()) or 1) / operator.divisor
    off = OFF * (float(np.abs(products).sum()) * abs(factor) + abs(float(operator.bias)))
    base.check(operator.label, value, expected, plain.output.dtype, off)
    shown = tuple(
        patch._replace(weights=plane, products=product)
        for patch, plane, product in zip(
            patches, *(np.split(one, len(patches)) for one in (weights, products)), strict=True
        )
    )
    scores = [np.abs(one) for one in np.split(products, len(patches))]
    element = base.most(shown, scores, "the largest product")
    return Calculation(
        operator.label,
        "conv",
        plain.output.channels[index],
        *(index, row, col, shown, (), tuple(steps), value, element, off),
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
