"""An explanation as a picture, for a slide: stage below stage, a line for each channel."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from ..inspect.explain import WON, Explanation, Path, worked_out
from ..inspect.steps.base import Patch, Working, numeral
from .canvas import (
    BODY,
    FAINT,
    GAP,
    SMALL,
    TITLE,
    Block,
    above,
    arrow,
    beside,
    greys,
    grid,
    lines,
    on_page,
    room,
    words,
)
from .windows import Room, patch_block

MOST_CHANNELS = 4
"""Channels that are drawn; of more a line says so."""

HEADING = BODY + 4


def draw(image: str, found: Mapping[str, Explanation]) -> Block:
    """The explanations of values of an image's maps, one below the other.

    Raises ConvtoolError where the picture would be too large.
    """
    return on_page(above(*(_drawn(image, one) for one in found.values()), gap=4 * GAP))


def _drawn(image: str, found: Explanation) -> Block:
    title = words(f"{image}: row {found.row}, column {found.col} of the map", TITLE)
    stages = [_stage(found, number) for number in range(len(found.stops))]
    return above(title, *stages, gap=2 * GAP)


def _stage(found: Explanation, number: int) -> Block:
    """A stage: a heading, a line for each channel, and what the value depends on."""
    stop = found.stops[number]
    before = len(found.stops) - number - 1
    reached = [(path, path.workings[number]) for path in found.paths if len(path.workings) > number]
    drawn = reached[:MOST_CHANNELS]
    patches = [patch for _, one in drawn for patch in _patches(one)]
    needed = Room.of(patches)
    names = max((words(one.channel, HEADING).width for _, one in drawn), default=0)
    parts = [words(f"{before + 1}. {stop.label}" if len(found.stops) > 1 else stop.label, HEADING)]
    for path, one in drawn:
        windows = _windows(one, stop.input.white, needed, follow=before > 0)
        blocks = [windows, arrow(), _calculation(one, path, number == 0)]
        if number == 0 and path.pixel is not None:
            blocks += [arrow(), _pixel(path.pixel, path.steps[-1].text, found.depth)]
        if len(found.paths) > 1:
            blocks.insert(0, above(words(one.channel, HEADING), room(names, 1), gap=0))
        parts.append(beside(*blocks))
    if len(reached) > len(drawn):
        parts.append(_remark(f"... and {len(reached) - len(drawn)} channels more"))
    if not reached:
        parts.append(_remark("all in the window behind it is made up"))
    where = f"the map of stage {before}" if before else "the image"
    said = [f"receptive field in {where}: {stop.region}"]
    if any(patch.border.any() for patch in patches):
        outside = stop.border if stop.border == "padding" else f"border ({stop.border})"
        said.append(f"hatched: {outside}")
    if before and any(_is_framed(one) for _, one in drawn):
        said.append(f"framed: goes on in stage {before}")
    parts.append(_remark("; ".join(said)))
    return above(*parts)


def _remark(text: str) -> Block:
    return words(text, SMALL, FAINT)


def _patches(one: Working) -> Iterator[Patch]:
    """The windows that are drawn of a working."""
    for each in one.terms or (one,):
        yield from each.patches[:MOST_CHANNELS]


def _windows(one: Working, white: float | None, needed: Room, *, follow: bool) -> Block:
    """The windows of a working, or of those of the maps that are combined, one below the other."""
    shown = []
    for number, each in enumerate(one.terms or (one,)):
        for index, patch in enumerate(each.patches[:MOST_CHANNELS]):
            marked = _marked(one, each, number, index, follow)
            block = patch_block(patch, white, needed, marked)
            shown.append(beside(words(patch.channel), block) if len(each.patches) > 1 else block)
        if len(each.patches) > MOST_CHANNELS:
            shown.append(_remark(f"... and {len(each.patches) - MOST_CHANNELS} channels more"))
    return above(*shown)


def _is_framed(one: Working) -> bool:
    """Whether the element that the value is followed to is one of several that are drawn."""
    if one.followed is None or one.followed.patch >= MOST_CHANNELS:
        return False
    each = one.terms[one.followed.term] if one.terms else one
    return each.patches[one.followed.patch].pixels.size > 1


def _marked(
    one: Working, each: Working, term: int, index: int, follow: bool
) -> tuple[int, int] | None:
    """The element of a window that won, or at which the stage before is explained."""
    followed = one.followed
    if followed is None or (followed.term, followed.patch) != (term, index):
        return None
    wanted = follow or each.kind in WON
    return (followed.row, followed.col) if wanted and each.patches[index].pixels.size > 1 else None


def _calculation(one: Working, path: Path, last: bool) -> Block:
    """The steps from the products to the value, and on to the pixel."""
    steps = [*worked_out(one, last), *(path.steps[:-1] if last else ())]
    return lines([(step.text, numeral(step.value)) for step in steps])


def _pixel(pixel: int, told: str, depth: int) -> Block:
    """The pixel as a cell of its own grey."""
    cell = grid([[str(pixel)]], greys(np.array([[pixel]]), 2.0**depth - 1), size=TITLE)
    remarks: Sequence[Block] = [] if told == "pixel" else [_remark(told)]
    return above(_remark("pixel"), cell, *remarks, gap=GAP // 2, align="middle")
