"""How the value of a convolution is calculated."""

import math
from fractions import Fraction

import numpy as np

from ...core.dtypes import FLOAT64, Array, is_integer, is_whole, limits
from ...core.slices import Grid
from ...core.validation import Pair
from ...ops.conv import Conv
from ...ops.conv_stage import ConvStage
from . import base
from .base import HUGE, OFF, Band, Calculation, Followed, Patch, Place, Step, Value


def calculate_conv(
    operator: Conv, stage: ConvStage, band: Band, _: Pair, place: Place, value: Value
) -> Calculation:
    """Window times kernel, the sum of the products, divisor and bias."""
    task, (row, col, index) = stage.task, place
    weights, first = operator.weights[np.newaxis], index
    if task.is_layer:
        weights = operator.weights[index]
        first = index // (task.channels_out // task.groups) * len(weights)
    whole = task.numbers.whole and is_whole(operator.weights)
    patches = []
    for number, kernel in enumerate(weights, start=first):
        planes = np.split(kernel.astype(np.int64 if whole else FLOAT64), task.depth.taps)
        found = base.patches_of(band, stage.input, stage.grid, (row, col), number, stage.fill)
        for patch, plane in zip(found, planes, strict=True):
            with np.errstate(over="ignore", invalid="ignore"):
                patches.append(patch._replace(weights=plane, products=patch.pixels * plane))
    products = [patch.products for patch in patches if patch.products is not None]
    divisor = operator.divisor
    bias = base.item(stage.bias[index] if stage.bias.ndim else stage.bias[()])
    steps, expected = _sum_steps(products, divisor, bias)
    largest = float(np.abs(weights).sum()) * max(base.largest_of(band.rows), abs(stage.fill))
    off = 0.0
    if not task.numbers.exact or stage.output.dtype != task.numbers.result:
        off = OFF * (largest / abs(divisor) + abs(bias))
    _check_conv(operator.label, stage, value, expected, patches, off)
    magnitudes = [np.abs(product) for product in products]
    if any(np.any(magnitude != 0) for magnitude in magnitudes):  # NaN is not 0, either
        element = base.most(tuple(patches), magnitudes, "the largest product")
    else:
        element = _middle(tuple(patches), stage.grid)
    return Calculation(
        operator.label,
        "conv",
        stage.output.channels[index],
        *(index, row, col, tuple(patches), (), steps, value, element, off),
    )


def _sum_steps(
    products: list[Array], divisor: Value, bias: Value
) -> tuple[tuple[Step, ...], Fraction | float]:
    """Sum, division and addition, unless they change nothing; and the result."""
    added = base.total(products)
    steps = [Step("sum of the products", added)]
    result = base.exact(added)
    if divisor != 1:
        result = result / base.exact(divisor)
        steps.append(Step(f"/ {base.numeral(divisor)}", base.as_float(result)))
    if bias:
        result = result + base.exact(bias)
        sign = "-" if bias < 0 else "+"
        steps.append(Step(f"{sign} {base.numeral(abs(bias))}", base.as_float(result)))
    return tuple(steps), result


def _check_conv(
    label: str,
    stage: ConvStage,
    value: Value,
    expected: Fraction | float,
    patches: list[Patch],
    off: float,
) -> None:
    """Compare the engine's value with the sum, which is rounded and saturated for integer types."""
    dtype = stage.output.dtype
    parts = [np.abs(one.astype(FLOAT64)) for p in patches for one in (p.pixels, p.products)]  # type: ignore[union-attr]
    if not math.isfinite(value) and any(not np.all(part < HUGE) for part in parts):
        return  # the order of the additions decides between infinity and NaN
    if is_integer(dtype):
        low, high = limits(dtype)
        expected = min(max(expected, low), high) if expected == expected else 0
        off += 0.5
    base.check(label, value, expected, dtype, off)


def _middle(patches: tuple[Patch, ...], grid: Grid) -> Followed | None:
    """The element in the middle, for a window whose products are all 0."""
    number, rows, cols = ((axis.taps - 1) // 2 for axis in grid.axes)
    if not patches[number].has_source[rows, cols]:
        return base.most(
            patches, [np.zeros(p.pixels.shape) for p in patches], "the first: all are 0"
        )
    place = rows * grid.cols.taps + cols
    return base.followed(patches, number, place, "the middle: all products are 0")
