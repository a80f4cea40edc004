"""Where a result goes that is bytes: a file, or stdout."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from convtool.errors import ConvtoolError


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
