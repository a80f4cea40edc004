"""An explanation as a picture: windows, kernels and products as coloured cells, for a slide."""

from collections.abc import Mapping, Sequence

import numpy as np

from .drawing import (
    BODY,
    FAINT,
    GAP,
    SMALL,
    TITLE,
    Block,
    Colors,
    above,
    arrow,
    beside,
    diverging,
    greys,
    grid,
    lines,
    on_page,
    words,
)
from .explain import WON, Explanation, Path, abridged
from .image import Header
from .precision import FLOAT64, Array
from .workings.facts import Patch, Step, Working, numeral

MOST_CHANNELS = 4
"""Channels that are drawn; of more a line says so."""


def draw(image: str, found: Mapping[str, Explanation]) -> Block:
    """The explanations of values of an image's maps, one below the other."""
    return on_page(above(*(_drawn(image, one) for one in found.values()), gap=4 * GAP))


def _drawn(image: str, found: Explanation) -> Block:
    title = words(f"{image}: row {found.row}, column {found.col} of the map", TITLE)
    stages = [_stage(found, number) for number in range(len(found.stops))]
    return above(title, *stages, gap=2 * GAP)


def _stage(found: Explanation, number: int) -> Block:
    """A stage: a heading, a line for each channel, and what the value depends on."""
    stop = found.stops[number]
    reached = [(path, path.workings[number]) for path in found.paths if len(path.workings) > number]
    ordinal = f"{len(found.stops) - number}. " if len(found.stops) > 1 else ""
    parts = [words(f"{ordinal}{stop.label}", BODY + 4)]
    for path, one in reached[:MOST_CHANNELS]:
        parts.append(_channel(found, path, one, number, stop.input))
    if len(reached) > MOST_CHANNELS:
        parts.append(words(f"... and {len(reached) - MOST_CHANNELS} channels more", SMALL, FAINT))
    if not reached:
        parts.append(words("all in the window behind it is made up", SMALL, FAINT))
    rows, cols = stop.region.rows, stop.region.cols
    before = len(found.stops) - number - 1
    where = f"the map of stage {before}" if before else "the image"
    region = f"rows {rows[0]} to {rows[1] - 1}, columns {cols[0]} to {cols[1] - 1} of {where}"
    hatched = f"; hatched: {_outside(stop.border)}" if _has_border(reached) else ""
    parts.append(words(f"depends on {region}{hatched}", SMALL, FAINT))
    return above(*parts)


def _outside(border: str) -> str:
    return border if border == "padding" else f"border, {border}"


def _has_border(reached: "Sequence[tuple[Path, Working]]") -> bool:
    shown = [each for _, one in reached[:MOST_CHANNELS] for each in (one, *one.terms)]
    return any(patch.border.any() for one in shown for patch in one.patches)


def _channel(found: Explanation, path: Path, one: Working, number: int, input_: Header) -> Block:
    """Windows, an arrow, what they come to, and, at the end of a pipeline, the pixel."""
    steps = list(one.steps)
    for term in reversed(one.terms):
        name = term.stage.removeprefix("conv ")
        steps[:0] = [Step(f"{name}: {step.text}", step.value) for step in term.steps]
    if number == 0:
        steps += [Step("value", one.value), *path.steps[:-1]]
    blocks = [
        _windows(one, input_),
        arrow(),
        lines([(step.text, numeral(step.value)) for step in steps]),
    ]
    if number == 0 and path.pixel is not None:
        blocks += [arrow(), _pixel(path.pixel, path.steps[-1].text, found.depth)]
    line = beside(*blocks, gap=GAP)
    if len(found.paths) == 1:
        return line
    return beside(words(one.channel, BODY + 4), line)


def _pixel(pixel: int, told: str, depth: int) -> Block:
    """The pixel as a cell of its own grey."""
    cell = grid([[str(pixel)]], greys(np.array([[pixel]]), 2.0**depth - 1), size=TITLE)
    return above(words("pixel", SMALL, FAINT), cell, *_remark(told), gap=GAP // 2, align="middle")


def _remark(told: str) -> list[Block]:
    return [] if told == "pixel" else [words(told, SMALL, FAINT)]


def _windows(one: Working, input_: Header) -> Block:
    """The windows of a working, or of those of the maps that are combined, one below the other."""
    shown = []
    for each in one.terms or (one,):
        for patch in each.patches[:MOST_CHANNELS]:
            marked = each.followed and each.patches[each.followed.patch] is patch
            place = (each.followed.row, each.followed.col) if marked and each.followed else None
            line = _patch(patch, input_, place if each.kind in WON else None)
            shown.append(beside(words(patch.channel), line) if len(each.patches) > 1 else line)
        if len(each.patches) > MOST_CHANNELS:
            more = len(each.patches) - MOST_CHANNELS
            shown.append(words(f"... and {more} channels more", SMALL, FAINT))
    return above(*shown)


def _patch(patch: Patch, input_: Header, won: tuple[int, int] | None) -> Block:
    """A window, times its kernel if it has one, and the products."""
    rows, cols = (abridged(count) for count in patch.pixels.shape)
    values = patch.pixels.astype(FLOAT64)
    pool = patch.weights is None
    texts = [
        [
            "" if pool and not patch.has_source[i, j] else numeral(patch.pixels[i, j].item())
            for j in range(values.shape[1])
        ]
        for i in range(values.shape[0])
    ]
    marked = np.zeros(values.shape, bool)
    if won:
        marked[won] = True
    window = grid(
        _picked_texts(texts, rows, cols),
        _picked(_pixel_colors(values, input_.white), rows, cols, 255),
        rows=_heads(patch.rows, rows),
        cols=_heads(patch.cols, cols),
        marked=_picked(marked, rows, cols, False),
        hatched=_picked(patch.border, rows, cols, False),
    )
    if patch.weights is None or patch.products is None:
        return window
    kernel, products = (_numbers(one, rows, cols) for one in (patch.weights, patch.products))
    signs = (words(sign, TITLE) for sign in "x=")
    return beside(window, next(signs), kernel, next(signs), products)


def _numbers(values: Array, rows: list[int | None], cols: list[int | None]) -> Block:
    """A grid of numbers in colours that tell their sign and size."""
    texts = [[numeral(value) for value in row] for row in values.tolist()]
    finite = np.nan_to_num(values.astype(FLOAT64), nan=0.0, posinf=0.0, neginf=0.0)
    colors = _picked(diverging(finite), rows, cols, 255)
    return grid(_picked_texts(texts, rows, cols), colors)


def _pixel_colors(values: Array, white: float | None) -> Colors:
    """Pixels as greys; values that are none, negative or beyond white, by sign and size."""
    values = np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0)
    top = white or 255.0
    if values.min() < 0 or values.max() > top:
        return diverging(values)
    return greys(values, top)


def _heads(positions: tuple[int, ...], picked: list[int | None]) -> list[str]:
    return [".." if i is None else str(positions[i]) for i in picked]


def _picked_texts(
    texts: list[list[str]], rows: list[int | None], cols: list[int | None]
) -> list[list[str]]:
    return [[".." if i is None or j is None else texts[i][j] for j in cols] for i in rows]


def _picked(values: Array, rows: list[int | None], cols: list[int | None], left_out: int) -> Array:
    """The rows and columns that are shown, and one of another value for those left out."""
    for axis, picked in enumerate((rows, cols)):
        kept = [0 if i is None else i for i in picked]
        values = np.take(values, kept, axis)
        gaps = [number for number, i in enumerate(picked) if i is None]
        values[(slice(None),) * axis + (gaps,)] = left_out
    return values
