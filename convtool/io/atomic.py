"""A file that appears whole or not at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import BinaryIO

from ..core.errors import ConvtoolError

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
    with unwritable_as_error(os.fspath(path)):
        if is_special(path):
            with open(path, "wb") as file:
                yield file
            return
        folder = os.path.dirname(target)
        if not os.path.isdir(folder):
            raise FileNotFoundError(None, f"there is no folder {folder}")
        yield from _beside(target)


def is_special(path: str | os.PathLike[str]) -> bool:
    """Whether a path is a pipe or a device, which cannot be replaced."""
    return os.path.exists(path) and not os.path.isfile(path) and not os.path.isdir(path)


@contextmanager
def unwritable_as_error(place: str) -> Iterator[None]:
    """Turn an error of the system into one that names the file; a closed pipe is left as it is."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise ConvtoolError(f"{place}: cannot be written: {error.strerror or error}") from None


def _beside(target: str) -> Iterator[BinaryIO]:
    """A temporary file in the target's folder, renamed to it at the end."""
    if os.path.isdir(target):
        raise IsADirectoryError(None, "it is a folder")
    path = os.path.join(os.path.dirname(target), f"{PREFIX}{os.urandom(8).hex()}{SUFFIX}")
    try:  # from before the file is there: an interrupt may come at any moment
        with _locked_file(path, _permissions(target)) as file, _kept_open(file):
            yield file
            if os.path.exists(target):
                os.chmod(path, os.stat(target).st_mode & 0o777)
            file.close()
            os.replace(path, target)
    except BaseException:
        with suppress(OSError):
            os.unlink(path)
        raise


def _permissions(target: str) -> int:
    """The permissions of the temporary file: those of the file it replaces; umask applies."""
    try:
        return os.stat(target).st_mode & 0o777 | 0o600  # `sweep` opens what it removes
    except FileNotFoundError:
        return 0o666


def _locked_file(path: str, permissions: int) -> BinaryIO:
    """A new file, locked while it is open, so that `sweep` does not remove it."""

    def opened(name: str, flags: int) -> int:
        return os.open(name, flags, permissions)

    while True:
        file: BinaryIO = open(path, "xb", opener=opened)  # noqa: SIM115  the caller closes it
        _lock(file, wait=True)
        if os.path.exists(path):
            return file
        file.close()  # `sweep` removed it before it was locked


@contextmanager
def _kept_open(file: BinaryIO) -> Iterator[None]:
    """Keep a file locked until the block ends, even if the file is closed inside."""
    if fcntl is None:
        yield  # Windows cannot rename an open file
        return
    number = os.dup(file.fileno())
    try:
        yield
    finally:
        os.close(number)


def _lock(file: BinaryIO, *, wait: bool) -> bool:
    """Lock a file; False if another process holds the lock, or if there are no locks."""
    if fcntl is None:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:  # locked, or on a network file system without locks
        return False
    return True


def sweep(folder: str) -> None:
    """Remove the hidden files that killed commands have left in a folder.

    A file that is still being written is locked, and stays.
    """
    try:
        names = os.listdir(folder or ".")
    except OSError:
        return
    for name in names:
        if name.startswith(PREFIX) and name.endswith(SUFFIX):
            path = os.path.join(folder, name)
            with suppress(OSError), open(path, "r+b") as file:
                if _lock(file, wait=False):
                    os.unlink(path)
