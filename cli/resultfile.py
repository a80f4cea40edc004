"""Where a result goes that is bytes: a file, or stdout."""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import BinaryIO

import click

from convtool.errors import ConvtoolError


def check_replaces_nothing(output: str, inputs: Mapping[str, str | None]) -> None:
    """UsageError where `output` is the file of one of the inputs, {what it is: its path}."""
    for what, path in inputs.items():
        if path is not None and _is_same(output, path):
            raise click.UsageError(f"-o {output} would replace {what}")


def _is_same(one: str, other: str) -> bool:
    """Whether two paths are the same file."""
    try:
        return os.path.samefile(one, other)
    except OSError:  # one of them is not there
        return os.path.realpath(one) == os.path.realpath(other)


@contextmanager
def result_file(path: str | None) -> Iterator[BinaryIO]:
    """The file that a result goes to, opened; stdout if it has no path."""
    if path is not None:
        from convtool.writers.whole import whole_file

        with whole_file(path) as file:
            yield file
        return
    if sys.stdout is None:
        raise ConvtoolError("stdout is closed: give -o FILE")
    try:
        # Not sys.stdout.buffer: with PYTHONUNBUFFERED that may write a part and call it done.
        with open(sys.stdout.fileno(), "wb", closefd=False) as file:
            yield file
    except BrokenPipeError:
        raise
    except OSError as error:
        raise ConvtoolError(f"stdout: cannot be written: {error.strerror or error}") from None
