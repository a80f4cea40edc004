"""How a value is calculated that depends on masks: what is read, and where the map is written."""

import math
from collections.abc import Callable
from fractions import Fraction

from ...core.dtypes import is_integer
from ...core.validation import Pair
from ...ops.base import Operator, Stage
from ...ops.mask import Mask
from ...ops.only import Only, OnlyStage
from ...ops.within import Within, WithinStage
from . import base
from .base import Band, Calculation, Patch, Place, Step, Value

Calculate = Callable[[Operator, Stage, Band, Pair, Place, Value], Calculation]


def calculate_within(
    operator: Within, stage: WithinStage, band: Band, _: Pair, place: Place, value: Value
) -> Calculation:
    """A pixel as it is, or missing."""
    patch = base.pixel_of(band, stage.input, place[:2], place[2])
    mask = operator.mask
    counts = _counts(mask, place)
    inside = counts >= mask.least_inside
    expected = base.item(patch.pixels[0, 0]) if inside else math.nan
    told = "read" if inside else "less than half, and missing"
    steps = (Step(f"mask {counts} of {mask.white}: {told}", expected),)
    return _of_pixel(operator, stage, patch, place, steps, value, "within")


def calculate_only(
    calculate: Calculate,
    operator: Only,
    stage: OnlyStage,
    band: Band,
    place: Place,
    value: Value,
) -> Calculation:
    """The map's value, the image's, or some of each. `calculate` is for the operators' stages."""
    row, col, index = place
    patch = base.pixel_of(band, stage.input, stage.grid.center(row, col), index)
    counts, white = _counts(operator.mask, place), operator.mask.white
    head = f"mask {counts} of {white}"
    pixel = base.item(patch.pixels[0, 0])
    if counts == 0:
        steps = (Step(f"{head}: the image stays", pixel),)
        return _of_pixel(operator, stage, patch, place, steps, value, "only")
    found = _made(calculate, operator, stage, band, place)
    made = found[0]
    behind = tuple(step for one in reversed(found) for step in one.steps)
    if stage.mends and math.isnan(made.value):
        last, expected = Step(f"{head}, and no value: the image stays", pixel), base.exact(pixel)
    elif counts == white:
        last, expected = Step(f"{head}: the map", made.value), base.exact(made.value)
    else:
        share = Fraction(counts, white)
        text = (
            f"{head}: {base.numeral(float(share))} x {base.numeral(made.value)} + "
            f"{base.numeral(float(1 - share))} x {base.numeral(pixel)}"
        )
        expected = share * base.exact(made.value) + (1 - share) * base.exact(pixel)
        last = Step(text, base.as_float(expected))
    off = sum(one.off for one in found)
    if not is_integer(stage.output.dtype):
        off += base.OFF * abs(base.as_float(expected))
    base.check(operator.label, value, expected, stage.output.dtype, off)
    windowed = found[-1]
    return windowed._replace(
        stage=operator.label,
        channel=stage.output.channels[index],
        number=index,
        row=row,
        col=col,
        steps=(*behind, last),
        value=value,
        off=off,
    )


def _made(
    calculate: Calculate, operator: Only, stage: OnlyStage, band: Band, place: Place
) -> list[Calculation]:
    """The calculations of the map's value, the last stage first, to the one with windows."""
    row, (_, col, index) = place[0], place
    whole = stage.whole
    start, stop = whole.rows_needed(row, row + 1)
    rows = band.rows[start - band.top : stop - band.top]
    maps = [(start, rows), *whole.steps(rows, start, row, row + 1)]
    found = []
    for number in reversed(range(len(whole.before), len(whole.stages))):
        top, values = maps[number + 1]
        value = base.item(values[row - top, col, index])
        inner = Band(*maps[number])
        one = calculate(
            operator.operators[number],
            whole.stages[number],
            inner,
            (top, top + len(values)),
            (row, col, index),
            value,
        )
        found.append(one)
    return found


def _counts(mask: Mask, place: Place) -> int:
    """How much a pixel counts."""
    return int(mask.rows(place[0], place[0] + 1)[0, place[1]])


def _of_pixel(
    operator: Operator,
    stage: Stage,
    patch: Patch,
    place: Place,
    steps: tuple[Step, ...],
    value: Value,
    kind: str,
) -> Calculation:
    """The calculation of a value that one pixel gives."""
    row, col, index = place
    base.check(operator.label, value, steps[-1].value, stage.output.dtype, 0.0)
    name = stage.output.channels[index]
    followed = base.followed((patch,), 0, 0, "its pixel")
    return Calculation(
        operator.label, kind, name, index, row, col, (patch,), (), steps, value, followed
    )
