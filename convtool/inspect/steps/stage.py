"""How a value of each kind of stage is calculated: the choice, and combined maps."""

import math
from collections.abc import Callable

import numpy as np

from ...core.validation import Pair
from ...ops.base import Operator, Stage, run_band
from ...ops.combine import Combine, CombineStage
from ...ops.conv_stage import ConvStage
from ...ops.missing import MissingStage
from ...ops.only import Only, OnlyStage
from ...ops.pointwise import PointStage
from ...ops.pool_stage import PoolStage
from ...ops.transpose import ConvTranspose
from ...ops.transpose_stage import TransposeStage
from ...ops.unpool import UnpoolStage
from ...ops.weighted import WeightedStage, opaque
from ...ops.within import WithinStage
from .base import Band, Calculation, Place, Step, Value, check, followed, item, numeral, pixel_of
from .conv import calculate_conv
from .missing import calculate_missing
from .pointwise import calculate_point
from .pool import calculate_pool, calculate_unpool
from .regions import calculate_only, calculate_within
from .weighted import calculate_weighted


def calculate(
    operator: Operator, stage: Stage, band: Band, cut: Pair, place: Place, value: Value
) -> Calculation:
    """Calculate the value at `place` of a stage's map once more, on paper.

    `value` is the engine's. It computed the rows `cut` (first, last) of the map from the rows of
    the input in `band`.

    Raises ConvtoolError where the engine's value is wrong.
    """
    row, col, channel = place
    if stage.output.has_alpha and channel == stage.output.colors:
        source = stage.carried_from(row, col)
        if source is not None:
            return _carried(operator, stage, band, source, place, value)
    return CALCULATED[type(stage)](operator, stage, band, cut, place, value)


def fill_of(stage: Stage, channel: int) -> float:
    """What a constant border holds in a channel of a stage's input."""
    if isinstance(stage, WeightedStage) and channel == stage.input.colors:
        return opaque(stage.input)
    plain = stage.plain if isinstance(stage, WeightedStage | MissingStage) else stage
    return plain.fill if isinstance(plain, ConvStage) else 0.0


def _carried(
    operator: Operator, stage: Stage, band: Band, source: Pair, place: Place, value: Value
) -> Calculation:
    """Alpha, which is carried along and not filtered."""
    row, col, index = place
    before = stage.input
    patch = pixel_of(band, before, source, before.colors)
    pixel = item(patch.pixels[0, 0])
    check(operator.label, value, pixel, stage.output.dtype, 0.0)
    steps = (Step(f"alpha of {before.where(*source)}", pixel),)
    element = followed((patch,), 0, 0, "alpha is carried along")
    return Calculation(
        operator.label, "carried", "A", index, row, col, (patch,), (), steps, value, element
    )


def _combine(
    operator: Combine, stage: CombineStage, band: Band, cut: Pair, place: Place, value: Value
) -> Calculation:
    """The value of each map, and how they are combined."""
    row, col, index = place
    terms = []
    for one, made in zip(operator.operators, stage.stages, strict=True):
        values = run_band(made, band.rows, band.top, *cut)
        term = item(values[row - cut[0], col, index])
        terms.append(calculate(one, made, band, cut, place, term)._replace(stage=one.title))
    found = [float(term.value) for term in terms]
    shown = [numeral(v) for v in found]
    with np.errstate(all="ignore"):
        match stage.how:
            case "sum":
                text, result = " + ".join(shown), float(np.sum(found))
            case "mean":
                text = f"({' + '.join(shown)}) / {len(shown)}"
                result = float(np.sum(found)) / len(found)
            case "max":
                text, result = f"the largest of {', '.join(shown)}", float(np.max(found))
            case "abs-sum":
                text = " + ".join(f"|{v}|" for v in shown)
                result = float(np.sum(np.abs(found)))
            case "abs-max":
                text = f"the largest of {', '.join(f'|{v}|' for v in shown)}"
                result = float(np.max(np.abs(found)))
            case "magnitude":
                squares = " + ".join(f"{v}^2" if v[0] != "-" else f"({v})^2" for v in shown)
                text, result = f"root of {squares}", float(np.sqrt(np.sum(np.square(found))))
    finite = [abs(v) for v in found if math.isfinite(v)]
    check(operator.label, value, result, stage.output.dtype, 1e-6 * sum(finite))
    score = found if stage.how == "max" else [abs(v) for v in found]
    ranked = [math.inf if v != v else v for v in score]
    best = ranked.index(max(ranked))
    element = terms[best].followed
    if element is not None:
        name = terms[best].stage.removeprefix("conv ")
        element = element._replace(why=f"{element.why} of {name}", term=best)
    return Calculation(
        operator.label,
        "combine",
        stage.output.channels[index],
        *(index, row, col, (), tuple(terms), (Step(text, result),), value, element),
        sum(term.off for term in terms),
    )


def _only(
    operator: Only, stage: OnlyStage, band: Band, _: Pair, place: Place, value: Value
) -> Calculation:
    """The map's value, the image's, or some of each."""
    return calculate_only(calculate, operator, stage, band, place, value)


def _transposed(
    operator: ConvTranspose,
    stage: TransposeStage,
    band: Band,
    cut: Pair,
    place: Place,
    value: Value,
) -> Calculation:
    """The pixels whose kernels lie on the value, each times the weight that lies there."""
    row, col, index = place
    reached = stage.phase_of(row, col)
    if reached is None:
        return _elsewhere(operator, stage, band, place, value)
    phase, inner = reached
    found = calculate_conv(phase.conv, phase.stage, band, cut, (*inner, index), value)
    return found._replace(stage=operator.label, row=row, col=col)


def _elsewhere(
    operator: ConvTranspose, stage: TransposeStage, band: Band, place: Place, value: Value
) -> Calculation:
    """A value on which no kernel lies: the bias."""
    row, col, index = place
    bias = item(stage.elsewhere[index])
    check(operator.label, value, bias, stage.output.dtype, 0.0)
    start, _ = stage.rows_needed(row, row + 1)
    patch = pixel_of(band, stage.input, (start, 0), min(index, stage.input.colors - 1))
    zero = np.zeros((1, 1), np.int64)
    patches = (patch._replace(weights=zero, products=zero),)
    steps, name = (Step("no kernel lies here: the bias", bias),), stage.output.channels[index]
    return Calculation(
        operator.label, "conv", name, index, row, col, patches, (), steps, value, None
    )


CALCULATED: dict[type, Callable[..., Calculation]] = {
    ConvStage: calculate_conv,
    PoolStage: calculate_pool,
    UnpoolStage: calculate_unpool,
    TransposeStage: _transposed,
    PointStage: calculate_point,
    CombineStage: _combine,
    WeightedStage: calculate_weighted,
    MissingStage: calculate_missing,
    WithinStage: calculate_within,
    OnlyStage: _only,
}
"""The calculation for each kind of stage."""
