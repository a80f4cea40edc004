"""An explanation as text: stage after stage, the last one first, in every channel."""

from collections.abc import Iterator, Sequence
from textwrap import wrap
from typing import TYPE_CHECKING

from ..core.validation import shape_words
from ..inspect.explain import WON
from ..inspect.steps.base import numeral
from .grid_text import IN_FULL, lines_of_patch
from .layout import (
    MOST_CHANNELS,
    Entries,
    StageView,
    name_of,
    stages_of,
    steps_of,
    terms_of,
    windows_of,
)

if TYPE_CHECKING:
    from ..core.image import Header
    from ..inspect.explain import Explanation, Path
    from ..inspect.receptive_field import StageField
    from ..inspect.steps.base import Calculation

BRIEF = 12
"""Channels after those in full, of which only the value is shown."""


def lines_of(image: str, found: "Sequence[Explanation]", width: int) -> Iterator[str]:
    """The lines, of this width if possible, of explanations of values of an image's maps."""
    for number, one in enumerate(found):
        if number:
            yield ""
        yield from _explanation(image, one, width)


def _explanation(image: str, found: "Explanation", width: int) -> Iterator[str]:
    place = f"{found.output.where(found.row, found.col)} of the map ({_size(found.output)})"
    alone = f"{found.fields[0].label}, " if len(found.fields) == 1 else ""
    yield from _wrapped(f"{image} ({_size(found.input)}): {alone}{place}", width)
    for stage in stages_of(found):
        yield ""
        yield from _stage(found, stage, width)
        yield ""
        for text in _foot(stage):
            yield from (f"  {line}" for line in wrap(text, width - 2))


def _wrapped(text: str, width: int) -> list[str]:
    """A heading; what does not fit into its line is indented below."""
    return wrap(text, width, subsequent_indent="  ", break_on_hyphens=False)


def _size(header: "Header") -> str:
    return shape_words(header.shape)


def _stage(found: "Explanation", stage: StageView, width: int) -> Iterator[str]:
    field, before, is_last, reached = stage
    one_place = len({(one.row, one.col) for _, one in reached}) == 1
    if len(found.fields) > 1:
        where = f"{_where(field, reached[0][1])} of " if one_place else ""
        head = f"{before + 1}. {field.label}: {where}its map ({_size(field.output)})"
        yield from _wrapped(head, width)
        yield ""
    if not reached:
        yield "  no value comes from here: all in the window behind it is made up"
    for index, (path, one) in enumerate(reached):
        name = _name(path, one, len(found.paths))
        if not one_place:
            name += f", {_where(field, one)}"
        table = _rows(path, one, field.input, before, is_last=is_last)
        if index == MOST_CHANNELS + BRIEF:
            yield f"  ... and {len(reached) - index} channels more{IN_FULL}"
            return
        if index >= MOST_CHANNELS:
            pixel = f", pixel {path.pixel}" if is_last and path.pixel is not None else ""
            hint = IN_FULL if index == MOST_CHANNELS else ""
            yield f"  {name}: {numeral(one.value)}{pixel}{hint}"
            continue
        if index:
            yield ""
        if name:
            yield f"  {name}"
        for line in (*_grids(one, width - 4), *_table(table, width - 4)):
            yield f"    {line}".rstrip()


def _where(field: "StageField", one: "Calculation") -> str:
    return field.output.where(one.row, one.col)


def _name(path: "Path", one: "Calculation", count: int) -> str:
    channels = {patch.number for patch in one.patches}
    if count == 1 and (len(channels) <= 1 or one.kind == "gray"):
        return ""
    behind = f", for channel {path.channel}" if path.channel != one.channel else ""
    return f"channel {one.channel}{behind}"


def _rows(
    path: "Path", one: "Calculation", input_: "Header", before: int, *, is_last: bool
) -> Entries:
    """The steps to the value and the pixel, and the element that is explained next."""
    rows = steps_of(one, path, is_last=is_last)
    ending = [_ending(path)] if is_last else []
    if one.followed is None:
        return rows + ending
    where, why = input_.where(*one.followed.source), one.followed.why
    if one.kind in WON and one.steps[-1].text.startswith(why):
        rows[0] = f"{rows[0][0]}, from {where}", rows[0][1]
    elif before and one.kind in ("conv", "combine", "mean", "sum", "lp", *WON):
        ending.append((f"goes on in stage {before} at {where}: {why}", ""))
    elif one.kind in WON:
        ending.append((f"{why}: {where}", ""))
    return rows + ending


def _ending(path: "Path") -> tuple[str, str]:
    if path.pixel is None:
        return "no pixel: a map of so many channels is no picture", ""
    told = path.steps[-1].text
    return told if told == "pixel" else f"pixel, {told}", str(path.pixel)


def _table(rows: Entries, width: int) -> Iterator[str]:
    """Words at the left, numbers in a column."""
    right = max(len(number) for _, number in rows)
    left = max((len(text) for text, number in rows if number), default=0)
    left = min(left, width - right - 2)
    for text, number in rows:
        *above, last = wrap(text, left) if number else wrap(text, width)
        yield from above
        yield f"{last.ljust(left)}  {number.rjust(right)}"


def _grids(one: "Calculation", width: int) -> Iterator[str]:
    """The windows of a calculation, and those of combined maps."""
    for term in one.terms:
        yield from _wrapped(f"{term.stage}:", width)
        yield from _grids(term, width)
    if all(patch.pixels.size == 1 for patch in one.patches) and one.kind not in ("conv", *WON):
        return
    patches, left_out = windows_of(one)
    for patch in patches:
        if len(one.patches) > 1:
            yield f"from {name_of(patch, one.patches)}"
        yield from lines_of_patch(patch, width)
        yield ""
    if left_out:
        yield f"... and from {left_out} more{IN_FULL}"
        yield ""


def _foot(stage: StageView) -> Iterator[str]:
    """The elements in the border, and the receptive field in a stage's input."""
    region = stage.field.region
    yield from _outside([one for _, one in stage.reached], stage.field.border)
    yield f"{stage.field_text} ({region.size})"
    if not region.is_seen:
        if not any(one.followed for _, one in stage.reached):  # as alpha may be
            yield "read there: nothing, all of it is made up"
    elif not region.is_inside:
        yield f"read there: {region.seen}"


def _outside(calculations: "Sequence[Calculation]", border: str) -> Iterator[str]:
    """How many elements lie in the border; of combined maps of each, where they differ."""
    most: dict[str, tuple[int, int]] = {}
    for one in calculations:
        for each in terms_of(one):
            if each.kind != "carried" and each.patches:  # which is never in the border
                count = max(_outside_by_channel(each).values())
                most[each.stage] = max(most.get(each.stage, count), count)
    what = f"lie in the border ({border}), here in parentheses"
    if border == "padding":
        what = "are padding, here (.)"
    alike = len(set(most.values())) == 1
    for name, (outside, size) in list(most.items())[: 1 if alike else None]:
        of = "" if alike else f"{name.removeprefix('conv ')}: "
        if outside:
            yield f"{of}{outside} of {size} elements {what}"


def _outside_by_channel(one: "Calculation") -> dict[int, tuple[int, int]]:
    """How many elements of its window lie in the border, and how many there are."""
    found: dict[int, tuple[int, int]] = {}
    for patch in one.patches:
        outside, size = patch.outside
        before = found.get(patch.number, (0, 0))
        found[patch.number] = before[0] + outside, before[1] + size
    return found
