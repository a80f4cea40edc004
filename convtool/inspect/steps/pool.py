"""How the value of a pooling is calculated."""

import math
from collections.abc import Callable
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np

from ...core.choices import PoolMode
from ...core.dtypes import EXACT_IN_FLOAT64, FLOAT64, Array, is_integer
from ...core.validation import Pair
from ...ops.pool import Pool
from ...ops.pool_stage import PoolStage
from ...ops.unpool import Unpool, UnpoolStage
from . import base
from .base import HUGE, OFF, Band, Calculation, Followed, Patch, Place, Step, Value


def calculate_pool(
    operator: Pool, stage: PoolStage, band: Band, _: Pair, place: Place, value: Value
) -> Calculation:
    """The window without padding, and the steps from its pixels to the value."""
    row, col, index = place
    patches = base.patches_of(band, stage.input, stage.grid, (row, col), index)
    if operator.footprint is not None:
        patches = tuple(
            patch._replace(elements=plane)
            for patch, plane in zip(patches, operator.footprint, strict=True)
        )
    kept = np.flatnonzero([patch.has_source for patch in patches])
    pixels = np.ravel([patch.pixels for patch in patches])[kept]
    mode, name = operator.mode, stage.output.channels[index]
    steps: tuple[Step, ...]
    expected: Fraction | Value
    inside = len(kept)
    if pixels.dtype.kind == "f" and operator.missing.how == "skip":
        kept = kept[~np.isnan(pixels)]
        pixels = pixels[~np.isnan(pixels)]
    elif pixels.dtype.kind == "f" and operator.missing.how == "zero":
        pixels = np.where(np.isnan(pixels), 0, pixels)
    if len(kept) < inside and (not len(kept) or len(kept) / inside < operator.missing.min_valid):
        words = f"{len(kept)} of {_elements(inside)} have a value, too few"
        steps, expected, off, place_of, why = (Step(words, math.nan),), math.nan, 0.0, 0, ""
        base.check(operator.label, value, expected, stage.output.dtype, off)
        return Calculation(
            operator.label, mode, name, index, row, col, patches, (), steps, value, None
        )
    if pixels.dtype.kind == "f" and np.isnan(pixels).any():
        place_of = int(np.argmax(np.isnan(pixels)))
        steps, expected, off = (Step("NaN in a window makes NaN", math.nan),), math.nan, 0.0
        why = "the first NaN"
    else:
        steps, expected, off, place_of, why = MERGED[mode](operator, stage, place, pixels)
    if math.isfinite(value) or base.largest_of(pixels) < HUGE:
        base.check(operator.label, value, expected, stage.output.dtype, off)
    number, inner = divmod(int(kept[place_of]), patches[0].pixels.size)
    element = base.followed(patches, number, inner, why)
    return Calculation(
        operator.label, mode, name, index, row, col, patches, (), steps, value, element, off
    )


def calculate_unpool(
    operator: Unpool, stage: UnpoolStage, band: Band, _: Pair, place: Place, value: Value
) -> Calculation:
    """A window that holds the pixel: one of which it is the largest, if there is any."""
    row, col, index = place
    pixel = base.pixel_of(band, stage.input, (row, col), index)
    windows = _windows_over(stage, band, place)
    won = [_largest(patches).source == (row, col) for patches in windows]
    patches = windows[won.index(True) if any(won) else 0] if windows else (pixel,)
    match len(windows):
        case 0:
            text = "in no window"
        case 1:
            text = f"{'' if any(won) else 'not '}the largest in its window"
        case count:
            text = f"the largest in {sum(won) or 'none'} of its {count} windows"
    expected = base.item(pixel.pixels[0, 0]) if any(won) else 0
    base.check(operator.label, value, expected, stage.output.dtype, 0.0)
    here = int(np.argmax(_at(patches, row, col)))
    number, inner = divmod(here, patches[0].pixels.size)
    element = base.followed(patches, number, inner, "its pixel")
    name, steps = stage.output.channels[index], (Step(text, expected),)
    return Calculation(
        operator.label, "unpool", name, index, row, col, patches, (), steps, value, element
    )


def _windows_over(stage: UnpoolStage, band: Band, place: Place) -> list[tuple[Patch, ...]]:
    """The windows that hold a pixel."""
    row, col, index = place
    at = *divmod(row, stage.input.size[1]), col
    spans = (range(*stage.windows(axis, (one, one + 1))) for axis, one in enumerate(at))
    grid = stage.pool.grid
    windows = (
        base.patches_of(band, stage.input, grid, (z * grid.rows.output + y, x), index)
        for z, y, x in product(*spans)
    )  # of which some have it between their elements
    return [patches for patches in windows if any(one.any() for one in _at(patches, row, col))]


def _at(patches: tuple[Patch, ...], row: int, col: int) -> list[Array]:
    """Which elements of a window are this pixel."""
    return [np.logical_and.outer(one.source_rows == row, one.source_cols == col) for one in patches]


def _largest(patches: tuple[Patch, ...]) -> Followed:
    """The largest pixel of a window, the first of several."""
    places = np.flatnonzero([one.has_source for one in patches])
    pixels = np.ravel([one.pixels for one in patches])[places]
    number, inner = divmod(int(places[np.argmax(pixels)]), patches[0].pixels.size)
    return base.followed(patches, number, inner, "the largest")


Merged = tuple[tuple[Step, ...], Fraction | Value, float, int, str]
"""Steps, their result, how far a float may be off, the element to follow, and why."""

Explain = Callable[[Pool, PoolStage, Place, Array], Merged]


def _extreme(find: Callable[[Array], Any], name: str) -> Explain:
    def explain(_: Pool, __: PoolStage, ___: Place, pixels: Array) -> Merged:
        best = int(find(pixels))
        value = base.item(pixels[best])
        return (Step(name, value),), value, 0.0, best, name

    return explain


def _sum(operator: Pool, stage: PoolStage, place: Place, pixels: Array) -> Merged:
    count, peak = len(pixels), base.largest_of(pixels)
    added = base.total([pixels])
    exactly = is_integer(pixels.dtype) and count * peak < EXACT_IN_FLOAT64
    off = 0.0 if exactly else OFF * count * peak
    steps = (Step(f"sum of {_elements(count)}", added),)
    largest = int(np.argmax(np.abs(pixels.astype(FLOAT64))))
    return steps, base.exact(added), off, largest, "the largest magnitude"


def _mean(operator: Pool, stage: PoolStage, place: Place, pixels: Array) -> Merged:
    steps, result, off, largest, why = _sum(operator, stage, place, pixels)
    count = counted = len(pixels)
    if operator.count_include_pad:
        inside, both = (
            int(stage.elements.counts(place[0], place[0] + 1, padding=padding)[0, place[1], 0])
            for padding in (False, True)
        )
        counted = both - (inside - count)  # those that are missing
    result = result / counted
    padding = f", {counted - count} of them padding" if counted > count else ""
    step = Step(f"/ {counted} elements{padding}", base.as_float(result))
    return (*steps, step), result, off, largest, why


def _elements(count: int) -> str:
    return f"{count} element{'s' * (count > 1)}"


def _median(_: Pool, __: PoolStage, ___: Place, pixels: Array) -> Merged:
    order = np.argsort(pixels, kind="stable")
    lower, upper = order[(len(order) - 1) // 2], order[len(order) // 2]
    low, high = base.item(pixels[lower]), base.item(pixels[upper])
    if len(order) % 2:
        step = Step(f"the middle one of {_elements(len(order))} in order", low)
        return (step,), low, 0.0, int(lower), "the middle one"
    middle = base.exact(low) if low == high else (base.exact(low) + base.exact(high)) / 2
    if low == high:
        text, why = (
            f"the middle two of {len(order)} are both {base.numeral(low)}",
            "one of these two",
        )
    else:
        between = f"{base.numeral(low)} and {base.numeral(high)}"
        text = f"halfway between {between}, the middle two of {len(order)}"
        why = "the lower one of the middle two"
    off = 1e-6 * max(abs(low), abs(high)) if math.isfinite(low) and math.isfinite(high) else 0.0
    step = Step(text, base.as_float(middle))
    return (step,), middle, off, int(lower), why


def _norm(operator: Pool, _: PoolStage, __: Place, pixels: Array) -> Merged:
    """The p-norm; relative to the largest magnitude, as powers may be beyond the largest float."""
    p, magnitudes = operator.p, np.abs(pixels.astype(FLOAT64))
    largest = int(np.argmax(magnitudes))
    peak = float(magnitudes[largest])
    if peak == 0 or not math.isfinite(peak):
        return (Step("the largest magnitude", peak),), peak, 0.0, largest, "the largest magnitude"
    scaled = math.fsum(((magnitudes / peak) ** p).tolist())
    norm = peak * scaled ** (1 / p)
    steps = [Step(f"to the power 1/{base.numeral(p)}", norm)] if p != 1 else []
    try:
        powers = peak**p * scaled
    except OverflowError:
        powers = math.inf
    power = f"|x|^{base.numeral(p)}" if p != 1 else "|x|"
    steps.insert(0, Step(f"sum of {power}", powers))
    return tuple(steps), norm, OFF * norm, largest, "the largest magnitude"


MERGED: dict[PoolMode, Explain] = {
    "max": _extreme(np.argmax, "the largest"),
    "min": _extreme(np.argmin, "the smallest"),
    "mean": _mean,
    "sum": _sum,
    "median": _median,
    "lp": _norm,
}
"""How each mode merges a window without NaN, step by step."""
