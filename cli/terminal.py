"""Pictures on a terminal: two pixels in each character, one above the other, in its own colours."""

import os
import shutil
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Literal, NamedTuple, TextIO

import click

from .messages import printable, say_text

if TYPE_CHECKING:
    from convtool.core.validation import Pair
    from convtool.render.canvas import Colors
    from convtool.render.thumbnail import Cell

Ability = Literal["truecolor", "256", "ascii"]

UPPER_HALF = "\N{UPPER HALF BLOCK}"
"""Its foreground is the pixel above, its background the one below."""

RAMP = " .:-=+*#%@"
"""Letters from black to white, on a dark terminal."""

RESET = "\033[0m"

KEPT = 3
"""Lines for a note and the prompt."""

GAP = 2
"""Columns between pictures."""

LEAST = 16
"""Columns of a picture among many: rather than make them narrower, the terminal scrolls."""


class Screen(NamedTuple):
    """A terminal."""

    columns: int
    lines: int
    ability: Ability
    on_stderr: bool = False


class Layout(NamedTuple):
    """How pictures are laid out."""

    columns: int
    """Pictures side by side."""
    cell: "Pair"
    """The room of each, (height, width) in pixels."""


def find_screen() -> Screen | None:
    """The terminal that stdout is, or else stderr; None if neither is one."""
    for stream in (sys.stdout, sys.stderr):
        if stream is not None and stream.isatty():
            columns, lines = _size(stream)
            return Screen(columns, lines, _ability(stream), stream is sys.stderr)
    return None


def _size(stream: TextIO) -> tuple[int, int]:
    """Columns and lines; those that the environment names go first."""
    columns = lines = 0
    with suppress(OSError, ValueError):
        columns, lines = os.get_terminal_size(stream.fileno())
    return shutil.get_terminal_size((columns or 80, lines or 24))


def _ability(stream: TextIO) -> Ability:
    """What the terminal can show."""
    from rich.console import Console

    console = Console(file=stream)
    if console.no_color or not _has_half_block(stream):
        return "ascii"
    systems: dict[str | None, Ability] = {"truecolor": "truecolor", "256": "256"}
    return systems.get(console.color_system, "ascii")


def _has_half_block(stream: TextIO) -> bool:
    """Whether the terminal's letters are more than ASCII, as far as one is told.

    Of the locale C Python makes one of UTF-8 for itself, and then says so in LC_CTYPE.
    """
    kind = os.environ.get("LC_CTYPE", "")
    kind = "" if kind == "C.UTF-8" else kind
    locale = os.environ.get("LC_ALL") or kind or os.environ.get("LANG")
    try:
        UPPER_HALF.encode(stream.encoding)
    except UnicodeEncodeError:
        return False
    return locale not in ("C", "POSIX")


def arrange(screen: Screen, sizes: "Sequence[Pair]") -> Layout:
    """The layout in which pictures of these (height, width) are largest.

    One alone has the whole terminal, and no name.
    """
    lines = max(screen.lines - KEPT, 1)
    if len(sizes) == 1:
        return Layout(1, (2 * lines, screen.columns))
    height, width = max(size[0] for size in sizes), max(size[1] for size in sizes)

    def layout(columns: int) -> Layout:
        rows = -(-len(sizes) // columns)
        room = (screen.columns + GAP) // columns - GAP
        return Layout(columns, (2 * (lines // rows - 1), room))

    def scale(layout: Layout) -> float:
        return min(layout.cell[0] / height, layout.cell[1] / width)

    narrowest = min(width, LEAST, screen.columns)
    most = max(1, min(len(sizes), (screen.columns + GAP) // (narrowest + GAP)))
    best = max(map(layout, range(1, most + 1)), key=scale)
    if scale(best) * width >= narrowest:
        return best
    return layout(most)._replace(cell=(max(2 * (lines - 1), 1), layout(most).cell[1]))


def show(screen: Screen, layout: Layout, cells: "Sequence[Cell]") -> None:
    """Print the pictures; tiny ones enlarged, all by the same whole number."""
    encoding = (sys.stderr if screen.on_stderr else sys.stdout).encoding
    text = "\n".join(drawn(screen.ability, layout, cells))
    text = text.encode(encoding, "replace").decode(encoding)
    if screen.on_stderr:
        say_text(text, color=True)
    else:
        click.echo(text, color=True)


def drawn(ability: Ability, layout: Layout, cells: "Sequence[Cell]") -> list[str]:
    """The pictures as lines of a terminal; each ends with the colours that it began with."""
    from rich.cells import cell_len, set_cell_size

    height = max(len(cell.pixels) for cell in cells)
    width = max(cell.pixels.shape[1] for cell in cells)
    room = layout.cell
    scale = max(1, min(room[0] // height, room[1] // width))
    draw = _letters if ability == "ascii" else _half_blocks
    pictures = [draw(_enlarged(cell.pixels, scale), ability) for cell in cells]
    if len(cells) == 1:
        return pictures[0]
    names = [printable(cell.label) for cell in cells]
    if ability == "ascii":
        names = [name.encode("ascii", "replace").decode() for name in names]
    step = min(room[1], max(scale * width, *map(cell_len, names)))
    found = []
    for start in range(0, len(cells), layout.columns):
        several = slice(start, start + layout.columns)
        titles = [set_cell_size(name, step) for name in names[several]]
        found.append((" " * GAP).join(titles).rstrip())
        row = list(zip(pictures[several], cells[several], strict=True))
        for i in range(max(len(lines) for lines, _ in row)):
            parts = []
            for lines, cell in row:
                used = scale * cell.pixels.shape[1] if i < len(lines) else 0
                parts.append((lines[i] if used else "") + " " * (step - used))
            found.append((" " * GAP).join(parts).rstrip(" "))
    return found


def _enlarged(pixels: "Colors", scale: int) -> "Colors":
    """Each pixel a square of so many."""
    return pixels.repeat(scale, axis=0).repeat(scale, axis=1)


def _half_blocks(pixels: "Colors", ability: Ability) -> list[str]:
    """Lines of half blocks, a change of colour before those that need one."""
    color = _true if ability == "truecolor" else _nearest
    rows = [[color(*pixel) for pixel in row] for row in pixels.tolist()]
    if len(rows) % 2:
        rows.append(["49"] * len(rows[0]))  # the terminal's own ground
    lines = []
    for above, below in zip(rows[::2], rows[1::2], strict=True):
        line, before = "", ("", "")
        for front, back in zip(above, below, strict=True):
            if (front, back) != before:
                line += f"\033[38;{front};{back if back == '49' else f'48;{back}'}m"
                before = front, back
            line += UPPER_HALF
        lines.append(line + RESET)
    return lines


def _letters(pixels: "Colors", _: Ability) -> list[str]:
    """Lines of letters, one for a pixel and the one below it, by their luma."""
    import numpy as np

    from convtool.core.color import LUMA

    luma = pixels @ np.array(LUMA)
    pairs = np.add.reduceat(luma, np.arange(0, len(luma), 2), axis=0)
    white = np.full(len(pairs), 2 * 255_000)
    if len(luma) % 2:
        white[-1] = 255_000
    levels = pairs * (len(RAMP) - 1) / white[:, np.newaxis]
    return ["".join(RAMP[level] for level in row) for row in np.rint(levels).astype(int).tolist()]


def _true(red: int, green: int, blue: int) -> str:
    return f"2;{red};{green};{blue}"


def _nearest(red: int, green: int, blue: int) -> str:
    """The nearest of 256 colours."""
    from rich.color import Color, ColorSystem

    return f"5;{Color.from_rgb(red, green, blue).downgrade(ColorSystem.EIGHT_BIT).number}"
