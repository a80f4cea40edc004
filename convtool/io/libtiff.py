"""The errors that libtiff finds in a file. By default it prints them on stderr.

Pillow decodes compressed TIFFs by libtiff, and raises an error only where decoding has to stop.
"""

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager

from PIL import _imaging

LONGEST = 500
"""Bytes of one message."""

DAMAGED = "is damaged, and shown as far as it can be decoded"
"""What is said of a picture in which it finds errors."""

NO_NAME = b"tempfile.tif"
"""The name that Pillow gives every file."""

_Handler = ctypes.CFUNCTYPE(None, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_void_p)
"""(function or file, printf's format, printf's arguments, which C passes as a pointer)"""


@contextmanager
def findings() -> Iterator[list[str]]:
    """A list that collects libtiff's messages inside the block, about any file of the process.

    It stays empty, and libtiff prints as usual, if Pillow's libtiff cannot be reached.
    """
    found: list[str] = []

    def tell(who: bytes | None, format_: bytes, arguments: int) -> None:
        words = ctypes.create_string_buffer(LONGEST)
        ctypes.pythonapi.PyOS_vsnprintf(
            words, ctypes.c_size_t(LONGEST), format_, ctypes.c_void_p(arguments)
        )
        parts = [words.value] if who in (None, NO_NAME) else [who, words.value]
        found.append(b": ".join(parts).decode(errors="replace"))

    try:
        # The libtiff that Pillow's module is linked with.
        set_handler = ctypes.CDLL(_imaging.__file__).TIFFSetErrorHandler
    except (AttributeError, OSError):  # there is none, or it is built in
        yield found
        return
    handler = _Handler(tell)
    set_handler.argtypes, set_handler.restype = [ctypes.c_void_p], ctypes.c_void_p
    before = set_handler(ctypes.cast(handler, ctypes.c_void_p))
    try:
        yield found
    finally:
        set_handler(before)
