"""A file that appears whole or not at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import BinaryIO

from ..errors import ConvtoolError

try:
    import fcntl
except ImportError:  # Windows has no such locks
    fcntl = None  # type: ignore[assignment]

PREFIX, SUFFIX = ".convtool-", ".tmp"


@contextmanager
def whole_file(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """Open a file for writing that takes its name only when the block ends without an error.

    Until then it is a hidden file in the same folder; on an error that is removed, and a file
    that was there before stays as it was. Pipes and devices are written to directly.

    Raises ConvtoolError, naming the path, where it cannot be written.
    """
    target = os.path.realpath(path)
    try:
        if os.path.exists(path) and not os.path.isfile(path) and not os.path.isdir(path):
            with open(path, "wb") as file:
                yield file
            return
        yield from _beside(target)
    except BrokenPipeError:
        raise
    except OSError as error:
        reason = error.strerror or str(error)
        folder = os.path.dirname(target)
        if not os.path.isdir(folder):
            reason = f"there is no folder {folder}"
        raise ConvtoolError(f"{os.fspath(path)}: cannot be written: {reason}") from None


def _beside(target: str) -> Iterator[BinaryIO]:
    """A temporary file in the target's folder, renamed to it at the end."""
    if os.path.isdir(target):
        raise IsADirectoryError(None, "it is a folder")
    temporary, file = _hidden_file(os.path.dirname(target))
    with file:
        try:
            yield file
            file.flush()
            if os.path.exists(target):
                os.chmod(temporary, os.stat(target).st_mode & 0o777)
            file.close()
            os.replace(temporary, target)
        except BaseException:
            with suppress(OSError):
                file.close()
            with suppress(OSError):
                os.unlink(temporary)
            raise


def _hidden_file(folder: str) -> tuple[str, BinaryIO]:
    """A new hidden file, and its path; it is locked while it is open."""
    while True:
        path = os.path.join(folder, f"{PREFIX}{os.urandom(8).hex()}{SUFFIX}")
        file: BinaryIO = open(path, "xb")  # noqa: SIM115  the caller closes it
        if _lock(file) is not False:
            return path, file
        file.close()  # `sweep` was quicker, and removes it


def _lock(file: BinaryIO) -> bool | None:
    """Whether the file could be locked; None where there are no locks."""
    if fcntl is None:
        return None
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # file systems of a network may have none
        return None
    return True


def sweep(folder: str) -> None:
    """Remove the hidden files that killed commands have left in a folder.

    Those that somebody still writes are locked, and are left alone.
    """
    try:
        names = os.listdir(folder or ".")
    except OSError:
        return
    for name in names:
        if name.startswith(PREFIX) and name.endswith(SUFFIX):
            path = os.path.join(folder, name)
            with suppress(OSError), open(path, "r+b") as file:
                if not _lock(file):
                    continue
                os.unlink(path)
