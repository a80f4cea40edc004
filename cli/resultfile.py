"""Where a result goes that is bytes: a file, or stdout."""

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import BinaryIO

import click

from convtool.core.errors import ConvtoolError

STDOUT = ("/dev/stdout", "/dev/fd/1", "/proc/self/fd/1")
"""Paths that mean stdout: others may write into it too, so it is not replaced if it is a file."""


def check_replaces_none(path: str | None, inputs: Iterable[str], what: str) -> None:
    """Raise UsageError where OUT is one of the files that something is made of.

    `what` says what that file is: "the image that is explained". A name of no file is none.
    """
    if path is None:
        return
    for name in inputs:
        try:
            same = os.path.samefile(path, name)
        except (OSError, ValueError):  # ValueError: a NUL in a name
            continue
        if same:
            raise click.UsageError(f"-o {path} would replace {what}")


def sweep_beside(paths: Iterable[str | None]) -> None:
    """Remove what killed commands have left where files will be written, each folder read once.

    Commands do so, as they begin, and not whatever writes a file: Dask's workers may write into
    folders on which one machine does not see another's locks.
    """
    from convtool.io.atomic import sweep

    for folder in {os.path.dirname(os.path.realpath(path)) for path in paths if path}:
        sweep(folder)


@contextmanager
def result_file(path: str | None) -> Iterator[BinaryIO]:
    """The file that a result goes to, opened; stdout if it has no path."""
    if path is not None and path not in STDOUT:
        from convtool.io.atomic import whole_file

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
