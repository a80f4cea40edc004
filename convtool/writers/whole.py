"""A file that appears whole or not at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import BinaryIO

from ..errors import ConvtoolError


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
    name = f".convtool-{os.urandom(8).hex()}.tmp"
    temporary = os.path.join(os.path.dirname(target), name)
    with open(temporary, "xb") as file:
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
