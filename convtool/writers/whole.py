"""A file that appears whole or not at all."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from ..errors import ConvtoolError


@contextmanager
def whole_file(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """Open a file for writing that takes its name only when the block ends without an error.

    Until then it is a hidden file in the same folder; on an error that is removed, and a file
    that was there before stays as it was. Pipes and devices are written to directly.

    Raises ConvtoolError, naming the path, where it cannot be written.
    """
    given = Path(path)
    target = Path(os.path.realpath(path))
    try:
        if given.exists() and not given.is_file() and not given.is_dir():
            with given.open("wb") as file:
                yield file
            return
        yield from _beside(target)
    except BrokenPipeError:
        raise
    except OSError as error:
        reason = error.strerror or str(error)
        if not target.parent.is_dir():
            reason = f"there is no folder {target.parent}"
        raise ConvtoolError(f"{os.fspath(path)}: cannot be written: {reason}") from None


def _beside(target: Path) -> Iterator[BinaryIO]:
    """A temporary file in the target's folder, renamed to it at the end."""
    if target.is_dir():
        raise IsADirectoryError(None, "it is a folder")
    handle, temporary = tempfile.mkstemp(prefix=".convtool-", suffix=".tmp", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
        Path(temporary).chmod(_mode(target))
        Path(temporary).replace(target)
    except BaseException:
        with suppress(OSError):
            Path(temporary).unlink()
        raise


def _mode(target: Path) -> int:
    """The permissions of the file that is replaced, or those of a new file."""
    if target.exists():
        return target.stat().st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
