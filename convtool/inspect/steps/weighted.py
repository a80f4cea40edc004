"""How a value is calculated where pixels count as much as they are opaque."""

from fractions import Fraction

import numpy as np

from ...core.dtypes import FLOAT64, Array, is_integer, is_whole, limits
from ...core.validation import Pair
from ...ops.conv import Conv
from ...ops.conv_stage import ConvStage
from ...ops.pool import Pool
from ...ops.weighted import WeightedStage, opaque
from . import base
from .base import OFF, Band, Calculation, Patch, Place, Step, Value


def calculate_weighted(
    operator: Conv | Pool, stage: WeightedStage, band: Band, cut: Pair, place: Place, value: Value
) -> Calculation:
    """Products of weight and alpha are the weights of a colour; their sum divides its sum."""
    row, col, index = place
    colors, alphas, planes = _patches(operator, stage, band, place)
    share = _share(stage, cut, row, col)
    weights = [alpha.pixels * plane for alpha, plane in zip(alphas, planes, strict=True)]
    added = base.total(weights)
    if index == stage.input.colors:
        patches, factors, products = alphas, planes, weights
        expected = base.exact(added) / base.exact(share[0])
        steps = [Step("sum of the products", added)]
        steps += _times(Fraction(1), share[0], expected)
    else:
        patches, factors = colors, weights
        products = [
            np.where(weight != 0, color.pixels * weight, 0)
            for color, weight in zip(colors, weights, strict=True)
        ]
        steps, expected = _colour(base.total(products), added, share, stage.bias)
    shown = tuple(
        patch._replace(weights=factor, products=product)
        for patch, factor, product in zip(patches, factors, products, strict=True)
    )
    dtype, off = stage.output.dtype, 0.0
    if not (is_integer(products[0].dtype) and is_integer(dtype)):
        largest = max(float(np.abs(patch.pixels.astype(FLOAT64)).max()) for patch in shown)
        off = OFF * (largest * abs(share[1] / share[2]) + abs(stage.bias))
    if is_integer(dtype):
        low, high = limits(dtype)
        expected, off = min(max(expected, low), high), off + 0.5
    base.check(operator.label, value, expected, dtype, off)
    scores = [np.abs(product) for product in products]
    element = base.most(shown, scores, "the largest product")
    return Calculation(
        operator.label,
        "weighted",
        stage.output.channels[index],
        *(index, row, col, shown, (), tuple(steps), value, element, off),
    )


def _patches(
    operator: Conv | Pool, stage: WeightedStage, band: Band, place: Place
) -> tuple[tuple[Patch, ...], tuple[Patch, ...], list[Array]]:
    """Of each slice the window in the channel and in alpha, and the kernel's plane; of a pooling 1
    for each pixel."""
    row, col, index = place
    header, plain = stage.input, stage.plain
    (laid,) = plain.laid
    fill, white = 0.0, 0.0
    if isinstance(plain, ConvStage):
        fill, white = plain.fill, opaque(header)
    colors, alphas = (
        base.patches_of(band, header, laid.grid, (row, col), number, outside)
        for number, outside in ((index, fill), (header.colors, white))
    )
    if isinstance(operator, Pool):
        return colors, alphas, [patch.has_source.astype(np.int64) for patch in colors]
    whole = is_whole(operator.weights) and is_integer(alphas[0].pixels.dtype)
    weights = operator.weights.astype(np.int64 if whole else FLOAT64)
    return colors, alphas, np.split(weights, len(colors))


def _share(stage: WeightedStage, cut: Pair, row: int, col: int) -> tuple[Value, Value, Value]:
    """The sum of the weights; and that over the divisor, as two numbers."""
    found = []
    for part in stage.share(*cut):
        one = part[row - cut[0], col, 0] if np.ndim(part) else np.asarray(part)
        number = float(one)
        found.append(int(number) if number.is_integer() else number)
    return found[0], found[1], found[2]


def _colour(
    added: Value, weight: Value, share: tuple[Value, Value, Value], bias: float
) -> tuple[list[Step], Fraction | float]:
    """The steps from the sum of the products to a colour."""
    if weight == 0:
        return [Step("all under the window is transparent", 0)], Fraction(0)
    result = base.exact(added) / base.exact(weight)
    steps = [
        Step("sum of the products", added),
        Step(
            f"/ {base.numeral(weight)}, the sum of the weights times alpha", base.as_float(result)
        ),
    ]
    over, under = base.exact(share[1]), base.exact(share[2])
    result *= over / under
    steps += _times(over, under, result)
    if bias:
        result += base.exact(bias)
        sign = "-" if bias < 0 else "+"
        steps.append(Step(f"{sign} {base.numeral(abs(bias))}", base.as_float(result)))
    return steps, result


def _times(over: Fraction | Value, under: Fraction | Value, result: Fraction | float) -> list[Step]:
    """The step of a multiplication by a quotient that is not 1."""
    parts = [
        f"{sign} {base.numeral(base.as_float(number))}"
        for sign, number in (("x", over), ("/", under))
        if number != 1
    ]
    if not parts or over == under:
        return []
    return [Step(", ".join(parts), base.as_float(result))]
