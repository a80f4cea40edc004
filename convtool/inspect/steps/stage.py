"""How a value of each kind of stage comes about: the choice, and maps that are combined."""

import math
from collections.abc import Callable

import numpy as np

from ...core.image import Header
from ...core.validation import Pair
from ...ops.base import Operator, Stage, run_band
from ...ops.combine import Combine, CombineStage
from ...ops.conv_stage import ConvStage
from ...ops.pointwise import PointStage
from ...ops.pool import PoolStage
from .base import Block, Place, Step, Value, Working, check, followed, item, numeral, patch_at
from .conv import conv_working
from .pointwise import point_working
from .pool import pool_working


def working(
    operator: Operator, stage: Stage, block: Block, cut: Pair, place: Place, value: Value
) -> Working:
    """How the value at `place` of a stage's map comes about.

    The engine has made it, as `value`, with the band `cut` (first, last) of the map's rows, of the
    rows of its input in `block`.

    Raises ConvtoolError where that is not what the numbers come to.
    """
    row, col, channel = place
    if stage.output.has_alpha and channel == stage.output.colors:
        source = stage.carried_from(row, col)
        if source is not None:
            return _carried(operator, stage.input, stage.output, block, source, place, value)
    return EXPLAINED[type(stage)](operator, stage, block, cut, place, value)


def _carried(
    operator: Operator,
    input_: Header,
    output: Header,
    block: Block,
    source: Pair,
    place: Place,
    value: Value,
) -> Working:
    """Alpha, which is not filtered."""
    row, col, index = place
    channel = input_.channels[-1], input_.colors
    size = input_.height, input_.width
    patch = patch_at(block, size, ((source[0],), (source[1],)), channel)
    pixel = item(patch.pixels[0, 0])
    check(operator.label, value, pixel, output.dtype, 0.0)
    steps = (Step(f"alpha of row {source[0]}, column {source[1]}", pixel),)
    element = followed((patch,), 0, 0, "alpha is carried along")
    return Working(
        operator.label, "carried", "A", index, row, col, (patch,), (), steps, value, element
    )


def _combine(
    operator: Combine,
    stage: CombineStage,
    block: Block,
    cut: Pair,
    place: Place,
    value: Value,
) -> Working:
    """The values of several maps, and what is made of them."""
    row, col, index = place
    terms = []
    for one, made in zip(operator.operators, stage.stages, strict=True):
        band = run_band(made, block.rows, block.top, *cut)
        term = item(band[row - cut[0], col, index])
        terms.append(working(one, made, block, cut, place, term)._replace(stage=one.title))
    values = [float(term.value) for term in terms]
    shown = [numeral(v) for v in values]
    with np.errstate(all="ignore"):
        match stage.how:
            case "sum":
                text, result = " + ".join(shown), float(np.sum(values))
            case "mean":
                text = f"({' + '.join(shown)}) / {len(shown)}"
                result = float(np.sum(values)) / len(values)
            case "max":
                text, result = f"the largest of {', '.join(shown)}", float(np.max(values))
            case "magnitude":
                squares = " + ".join(f"{v}^2" if v[0] != "-" else f"({v})^2" for v in shown)
                text, result = f"root of {squares}", float(np.sqrt(np.sum(np.square(values))))
    finite = [abs(v) for v in values if math.isfinite(v)]
    check(operator.label, value, result, stage.output.dtype, 1e-6 * sum(finite))
    score = values if stage.how == "max" else [abs(v) for v in values]
    ranked = [math.inf if v != v else v for v in score]
    best = ranked.index(max(ranked))
    element = terms[best].followed
    if element is not None:
        name = terms[best].stage.removeprefix("conv ")
        element = element._replace(why=f"{element.why} of {name}", term=best)
    return Working(
        operator.label,
        "combine",
        stage.output.channels[index],
        *(index, row, col, (), tuple(terms), (Step(text, result),), value, element),
        sum(term.off for term in terms),
    )


EXPLAINED: dict[type, Callable[..., Working]] = {
    ConvStage: conv_working,
    PoolStage: pool_working,
    PointStage: point_working,
    CombineStage: _combine,
}
"""For each kind of stage how a value of its map comes about."""
