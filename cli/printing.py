"""Tables and JSON on stdout: text that fits a terminal, or 80 columns where there is none."""

import json
import shutil
import sys
from collections.abc import Sequence
from typing import Any

import click

NO_TERMINAL, WIDEST = 80, 120
"""Columns."""


def width() -> int:
    """Columns of a line."""
    if sys.stdout is None or not sys.stdout.isatty():
        return NO_TERMINAL
    return min(shutil.get_terminal_size().columns, WIDEST)


def print_table(head: Sequence[str], rows: Sequence[Sequence[object]], right: str = "") -> None:
    """A table with a line for each row; what is too long for its column goes on below.

    `right` has a letter for each column, r where its words end at the right.
    """
    from rich.console import Console  # which these alone need
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for name, side in zip(head, right.ljust(len(head)), strict=True):
        table.add_column(name, justify="right" if side == "r" else "left", overflow="fold")
    for row in rows:
        table.add_row(*map(str, row))
    console = Console(width=width(), markup=False, highlight=False, emoji=False)
    with console.capture() as captured:
        console.print(table)
    for line in captured.get().splitlines():
        click.echo(line.rstrip())


def print_json(value: Any) -> None:
    """A value as JSON, for scripts."""
    click.echo(json.dumps(value, indent=2))
