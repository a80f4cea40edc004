"""Lists of names, from a file or stdin, read piece by piece: they may have no end."""

import os
import sys
from collections.abc import Iterator
from typing import BinaryIO

from convtool.core.choices import STREAM
from convtool.core.errors import ConvtoolError, at
from convtool.core.filenames import shown

PIECE = LONGEST = 1 << 16
"""Bytes that are read at once; of an entry, and more than any path has."""

MOST_BYTES = 1 << 28

_MARK = b"\xef\xbb\xbf"
"""What editors on Windows put before a text."""


def entries(path: str, most: int, end: bytes = b"\n") -> Iterator[str]:
    """The entries of a list, each with `end` behind it; names may be any bytes but that.

    Raises ConvtoolError, naming the list, where it cannot be read, where it has an entry of more
    than 64 KiB, and where it has more than `most` of them or more than 256 MiB.
    """
    with at(shown(path)):
        try:
            if path != STREAM:
                with open(path, "rb") as file:
                    yield from _entries(file, most, end)
            elif sys.stdin is None:
                raise ConvtoolError("is closed, expected a list")
            else:
                yield from _entries(sys.stdin.buffer, most, end)
        except ConvtoolError:
            raise
        except (OSError, ValueError) as error:  # ValueError: a NUL in a name
            reason = getattr(error, "strerror", None) or error
            raise ConvtoolError(f"cannot be read: {reason}") from None


def _entries(file: BinaryIO, most: int, end: bytes) -> Iterator[str]:
    """Those of an open file."""
    count = size = 0
    left = b""
    while piece := file.read(PIECE):
        if not size:
            piece = piece.removeprefix(_MARK)
        *whole, left = (left + piece).split(end)
        count += len(whole)
        size += len(piece)
        if len(left) > LONGEST:
            raise ConvtoolError(f"holds a line of more than {LONGEST} bytes, expected names")
        if count > most or size > MOST_BYTES:
            raise ConvtoolError(
                f"is longer than {most} lines or {MOST_BYTES >> 20} MiB, expected several lists"
            )
        yield from map(os.fsdecode, whole)
    if left:
        yield os.fsdecode(left)
