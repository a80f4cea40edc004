"""An explanation as a picture, for a slide: stage below stage, a line for each channel."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from ..core.geometry import cut
from ..inspect.explain import WON, Explanation
from ..inspect.steps.base import Calculation, Patch
from . import canvas
from .canvas import BODY, FAINT, GAP, SMALL, TITLE, Block
from .layout import MOST_CHANNELS, StageView, stages_of, steps_of, terms_of, windows_of
from .windows import Paint, Peaks, Widths, window_block

HEADING = BODY + 4

LONGEST, NAME = 2400, 400
"""Pixels of a line of words, and of the name of a channel."""


def draw(image: str, found: Mapping[str, Explanation]) -> Block:
    """The explanations of values of an image's maps, one below the other.

    Raises ConvtoolError where the picture would be too large.
    """
    return canvas.on_page(
        canvas.above(*(_drawn(image, one) for one in found.values()), gap=4 * GAP)
    )


def _drawn(image: str, found: Explanation) -> Block:
    where = found.output.where(found.row, found.col)
    title = canvas.named(image, f"{where} of the map", LONGEST, TITLE)
    stages = [_stage(found, stage) for stage in stages_of(found)]
    return canvas.above(title, *stages, gap=2 * GAP)


def _stage(found: Explanation, stage: StageView) -> Block:
    """A stage: a heading, a line for each channel, and the receptive field."""
    field, before, is_last, reached = stage
    drawn = reached[:MOST_CHANNELS]
    patches = [patch for _, one in drawn for patch in _patches(one)]
    widths = Widths.of(patches)
    names = max((_channel(one.channel, HEADING).width for _, one in drawn), default=0)
    title = f"{before + 1}. {field.label}" if len(found.fields) > 1 else field.label
    parts = [canvas.one_line(title, LONGEST, HEADING)]
    for path, one in drawn:
        windows = windows_block(one, field.input.white, widths, follow=before > 0)
        steps = steps_of(one, path, is_last=is_last)
        told = [(canvas.shortened(text, LONGEST), number) for text, number in steps]
        blocks = [windows, canvas.arrow(), canvas.lines(told)]
        if is_last and path.pixel is not None:
            blocks += [canvas.arrow(), _pixel(path.pixel, path.steps[-1].text, found.depth)]
        if len(found.paths) > 1:
            name = _channel(one.channel, HEADING)
            blocks.insert(0, canvas.above(name, canvas.room(names, 1), gap=0))
        parts.append(canvas.beside(*blocks))
    if len(reached) > len(drawn):
        parts.append(_remark(f"... and {len(reached) - len(drawn)} channels more"))
    if not reached:
        parts.append(_remark("all in the window behind it is made up"))
    said = [stage.field_text]
    if any(patch.border.any() for patch in patches):
        outside = field.border if field.border == "padding" else f"border ({field.border})"
        said.append(f"hatched: {outside}")
    if before and any(_is_framed(one) for _, one in drawn):
        said.append(f"framed: goes on in stage {before}")
    parts.append(_remark("; ".join(said)))
    return canvas.above(*parts)


def _channel(name: str, size: int = BODY) -> Block:
    return canvas.one_line(name, NAME, size)


def _remark(text: str) -> Block:
    return canvas.words(text, SMALL, FAINT)


def _patches(one: Calculation) -> Iterator[Patch]:
    for each in terms_of(one):
        yield from windows_of(each)[0]


def windows_block(
    one: Calculation,
    white: float | None,
    widths: Widths,
    *,
    follow: bool = False,
    paint: Paint | None = None,
) -> Block:
    """The windows of a calculation, or of combined maps, one below the other, and the slices of
    one side by side.

    The element that won is framed; to `follow`, the one that is explained next. Without a `paint`
    the strongest colours stand for the largest numbers of each window.
    """
    shown = []
    for number, each in enumerate(terms_of(one)):
        patches, left_out = windows_of(each)
        marked = [_marked(one, each, number, index, follow) for index in range(len(patches))]
        slices = len({patch.slice for patch in each.patches})
        for first, last in cut(len(patches), max(slices, 1)):
            own = paint or Paint(Peaks.of(patches[first:last]), white)
            block = window_block(patches[first:last], own, widths, marked[first:last])
            name = _channel(patches[first].channel)
            has_name = len(each.patches) > slices
            shown.append(canvas.beside(name, block) if has_name else block)
        if left_out:
            shown.append(_remark(f"... and {left_out} more"))
    return canvas.above(*shown)


def _is_framed(one: Calculation) -> bool:
    """Whether the element that the value is followed to is one of several that are drawn."""
    if one.followed is None or one.followed.patch >= MOST_CHANNELS:
        return False
    each = one.terms[one.followed.term] if one.terms else one
    return each.patches[one.followed.patch].pixels.size > 1


def _marked(
    one: Calculation, each: Calculation, term: int, index: int, follow: bool
) -> tuple[int, int] | None:
    """The element of a window that won, or at which the stage before is explained."""
    followed = one.followed
    if followed is None or (followed.term, followed.patch) != (term, index):
        return None
    wanted = follow or each.kind in WON
    return (followed.row, followed.col) if wanted and each.patches[index].pixels.size > 1 else None


def _pixel(pixel: int, told: str, depth: int) -> Block:
    cell = canvas.grid(
        [[str(pixel)]], canvas.greys(np.array([[pixel]]), 2.0**depth - 1), size=TITLE
    )
    remarks: Sequence[Block] = [] if told == "pixel" else [_remark(told)]
    return canvas.above(_remark("pixel"), cell, *remarks, gap=GAP // 2, align="middle")
