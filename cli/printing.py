"""Tables and JSON on stdout: text that fits a terminal, or 80 columns where there is none."""

import json
import re
import shutil
import sys
from collections.abc import Sequence
from typing import Any

import click

from convtool.core.errors import ConvtoolError
from convtool.core.strict_json import without_nan

from .messages import printable

NO_TERMINAL, WIDEST = 80, 120
"""Columns."""


def width() -> int:
    """Columns of a line."""
    if sys.stdout is None or not sys.stdout.isatty():
        return NO_TERMINAL
    return min(shutil.get_terminal_size().columns, WIDEST)


def print_table(head: Sequence[str], rows: Sequence[Sequence[object]], right: str = "") -> None:
    """A table with a line for each row; what is too long for its column goes on below.

    A cell may be a list of lines. `right` has a letter for each column, r where its words end at
    the right.
    """
    from rich.console import Console  # which these alone need
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for name, side in zip(head, right.ljust(len(head)), strict=True):
        table.add_column(name, justify="right" if side == "r" else "left", overflow="fold")
    for row in rows:
        table.add_row(*map(_cell, row))
    console = Console(width=width(), markup=False, highlight=False, emoji=False)
    with console.capture() as captured:
        console.print(table)
    for line in captured.get().splitlines():
        print_line(line.rstrip())


def _cell(value: object) -> str:
    lines = value if isinstance(value, list) else [value]
    return "\n".join(printable(str(line)) for line in lines)


def wrapped(words: str, columns: int) -> list[str]:
    """Printable words in lines of so many columns, of which some letters take two."""
    if words.isascii():
        import textwrap

        return textwrap.wrap(words, columns)
    from rich.console import Console  # which knows how wide letters are
    from rich.text import Text

    lines = Text(words).wrap(Console(width=columns), columns)
    return [line.plain.rstrip() for line in lines]


def print_line(line: str) -> None:
    """A line; ConvtoolError where stdout is closed, or cannot be written."""
    _print(printable(line))


def _print(text: str) -> None:
    """A text as it is, which has nothing in it that a terminal would obey."""
    if sys.stdout is None:
        raise ConvtoolError("stdout is closed, expected it open for what is printed")
    try:
        click.echo(text)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise ConvtoolError(f"stdout: cannot be written: {error.strerror or error}") from None


def print_json(value: Any) -> None:
    """A value as JSON, for scripts; lists of plain values on a line each."""
    text = json.dumps(without_nan(value), indent=2, allow_nan=False)
    # JSON has no line ends in its texts; a list with a bracket in one of them stays as it is.
    _print(re.sub(r"\[\n *([^\[\]{}]*?)\n *\]", _on_a_line, text))


def _on_a_line(found: re.Match[str]) -> str:
    return "[" + re.sub(r"\n *", " ", found[1]) + "]"
