"""How the value of a stage of single pixels is calculated."""

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np

from ...core.color import LUMA
from ...core.dtypes import FLOAT64, DType, is_integer, limits
from ...core.validation import Pair
from ...ops.base import Operator
from ...ops.light import Encode, Linear
from ...ops.pointwise import Abs, Gray, LeakyRelu, PointStage, Relu, Sigmoid, Tanh
from . import base
from .base import OFF, Band, Calculation, Place, Step, Value
from .light import light_steps

GRAY = tuple(part / 1000 for part in LUMA)


CURVES: dict[type, tuple[str, Callable[[float], float]]] = {
    Relu: ("max(x, 0)", lambda x: x if x != x else max(x, 0)),
    Abs: ("|x|", abs),
    Tanh: ("tanh(x)", math.tanh),
    Sigmoid: (
        "1 / (1 + exp(-x))",
        lambda x: 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x)),
    ),
}
"""Functions of single pixels: how they are written, and Python's own."""


def calculate_point(
    operator: Operator, stage: PointStage, band: Band, _: Pair, place: Place, value: Value
) -> Calculation:
    """A function of a single pixel."""
    row, col, index = place
    gray = isinstance(operator, Gray)
    numbers = range(stage.input.colors) if gray else [index]
    patches = tuple(base.pixel_of(band, stage.input, (row, col), n) for n in numbers)
    pixels = [base.item(p.pixels[0, 0]) for p in patches]
    if isinstance(operator, Linear | Encode):
        steps, expected, off = light_steps(operator, stage.input, index, pixels[0])
    else:
        steps, expected, off = _applied(operator, pixels, stage.output.dtype)
    if gray and len(patches) == 3:
        patches = tuple(
            p._replace(weights=np.array([[w]]), products=p.pixels * w)
            for p, w in zip(patches, GRAY, strict=True)
        )
        if is_integer(stage.output.dtype) and stage.output.dtype.itemsize <= 4:
            steps = (*steps, Step("rounded", round(expected)))
            expected = round(expected)
        elif is_integer(stage.output.dtype):
            off = 0.5 + abs(base.as_float(expected)) * 2.0**-52
    base.check(operator.label, value, expected, stage.output.dtype, off)
    scores = [np.abs(p.pixels if p.products is None else p.products) for p in patches]
    element = base.most(patches, scores, "the largest product" if len(patches) > 1 else "its pixel")
    kind = operator.label.partition(" ")[0]
    name = stage.output.channels[index]
    return Calculation(
        operator.label, kind, name, index, row, col, patches, (), steps, value, element, off
    )


def _applied(
    operator: Operator, pixels: list[Value], dtype: DType
) -> tuple[tuple[Step, ...], Any, float]:
    """Steps, their result, and how far floats may be off."""
    pixel = pixels[0]
    if isinstance(operator, Gray):
        if len(pixels) == 1:
            return (Step("grey already", pixel),), pixel, 0.0
        if not all(map(math.isfinite, pixels)):
            with np.errstate(all="ignore"):
                mixed = float(np.dot(np.array(GRAY), np.array(pixels, FLOAT64)))
            return (Step("sum of the products", mixed),), mixed, 0.0
        text = " + ".join(f"{w} x {base.numeral(p)}" for p, w in zip(pixels, GRAY, strict=True))
        parts = [Fraction(p) * w for p, w in zip(pixels, LUMA, strict=True)]
        result = sum(parts) / 1000
        step = Step(text, base.as_float(result))
        return (step,), result, OFF * float(max(map(abs, parts))) / 1000
    if isinstance(operator, LeakyRelu):
        if not pixel < 0:
            return (Step(f"{base.numeral(pixel)} is not negative, and stays", pixel),), pixel, 0.0
        slope = operator.slope
        leaked = float(pixel) * slope
        text = f"{base.numeral(slope)} x {base.numeral(pixel)}, which is negative"
        return (Step(text, leaked),), leaked, 1e-6 * abs(leaked) if math.isfinite(leaked) else 0.0
    text, function = CURVES[type(operator)]
    result = function(pixel)
    shown = text.replace("x)", f"{base.numeral(pixel)})").replace("|x|", f"|{base.numeral(pixel)}|")
    if isinstance(operator, Relu):
        shown = f"max({base.numeral(pixel)}, 0)"
    if isinstance(operator, Abs) and isinstance(pixel, int):
        result = min(result, limits(dtype)[1])  # int64 has no magnitude of its smallest value
    off = 1e-6 * abs(result) + 1e-37 if isinstance(operator, Sigmoid | Tanh) else 0.0
    return (Step(shown, result),), result, off
