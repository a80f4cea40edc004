"""Streams that are read once, from front to back: pipes, devices, stdin."""

import io
from typing import BinaryIO, cast

from ..core.errors import ConvtoolError

MOST_IN_MEMORY = 1 << 24
"""Bytes of a stream that are kept in memory. A longer one goes to a temporary file."""

PIECE = 1 << 20

LARGEST_PIXEL = 128
"""The most bytes of a pixel in a file: four channels of float64 as text."""

LARGEST_SURROUNDINGS = 1 << 26
"""The most bytes of a file beside its pixels."""


class Pipe(io.RawIOBase):
    """A stream of bytes, some of which may be put back."""

    def __init__(self, stream: BinaryIO, *, owned: bool = False) -> None:
        """`owned` says whether `close` closes the stream as well."""
        self._stream = stream
        self._owned = owned
        self._head = b""

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        """`size` bytes, fewer only at the end; all that are left if `size` is negative."""
        found = self._head if size < 0 else self._head[:size]
        self._head = self._head[len(found) :]
        return found + self._stream.read(-1 if size < 0 else size - len(found))

    def put_back(self, data: bytes) -> None:
        """Read these bytes next."""
        self._head = data + self._head

    def close(self) -> None:
        super().close()
        if self._owned:
            self._stream.close()


def rewind(file: BinaryIO, head: bytes) -> None:
    """Go back to the start of a file or pipe of which only `head` has been read."""
    if isinstance(file, Pipe):
        file.put_back(head)
    else:
        file.seek(0)


def kept(stream: BinaryIO, max_pixels: int) -> BinaryIO:
    """The bytes of a stream as a file that can be read again: in memory, or on disk if many.

    A stream need not end. Raises ConvtoolError if it has more bytes than an image of `max_pixels`
    pixels can need, or than half of the room in the folder of temporary files.
    """
    import shutil  # slow to import
    from tempfile import SpooledTemporaryFile, gettempdir

    most = LARGEST_SURROUNDINGS + LARGEST_PIXEL * max_pixels
    room = shutil.disk_usage(gettempdir()).free // 2
    file = SpooledTemporaryFile(MOST_IN_MEMORY)  # noqa: SIM115  its reader closes it
    try:
        size = 0
        while piece := stream.read(PIECE):
            size += len(piece)
            if size > most:
                raise ConvtoolError(
                    f"is longer than the {most >> 20} MiB that an image of {max_pixels} pixels can "
                    "need; raise the limit (--max-pixels) if it is meant"
                )
            if size > max(room, MOST_IN_MEMORY):
                raise ConvtoolError(
                    f"is longer than {room >> 20} MiB, half of what is free in {gettempdir()}; "
                    "read it from a file"
                )
            file.write(piece)
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return cast(BinaryIO, file)
