"""How light is calculated from a value, and a value from light."""

import math

import numpy as np

from ...core.dtypes import FLOAT64
from ...core.image import Header
from ...core.light import Curve
from ...ops.light import Linear, curves
from .base import Step, Value, as_float, numeral

OFF = 2e-6
"""How far floats may be off, as a share of white."""


def light_steps(
    operator: object, header: Header, index: int, pixel: Value
) -> tuple[tuple[Step, ...], float, float]:
    """Steps of a value's way to light or back, their result, and how far floats may be off."""
    known, white = curves(header)
    curve: Curve = known[index if len(known) > 1 else 0]
    share = as_float(pixel) / white
    if not math.isfinite(share):
        return (Step("stays", as_float(pixel)),), as_float(pixel), 0.0
    to_light = isinstance(operator, Linear)
    words, way = (curve.decoding, curve.decode) if to_light else (curve.encoding, curve.encode)
    text = words(numeral(abs(share)), share)
    found = float(way(np.array(share, FLOAT64)))
    steps = (
        Step(f"{numeral(pixel)} / white {numeral(white)}", share),
        Step(f"-({text}), mirrored below black" if share < 0 else text, found),
        Step(f"x {numeral(white)}", found * white),
    )
    return steps, found * white, OFF * white * max(1.0, abs(found))
