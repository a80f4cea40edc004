"""What libtiff finds wrong with a file; left alone, it prints that on stderr.

Pillow decodes compressed TIFFs by libtiff, and gives an error only where it cannot go on.
"""

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager

from PIL import _imaging

LONGEST = 500
"""Bytes of one finding."""

NO_NAME = b"tempfile.tif"
"""What Pillow calls every file."""

_Handler = ctypes.CFUNCTYPE(None, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_void_p)
"""(who found it, printf's format, printf's arguments); C passes such arguments on as a pointer."""


@contextmanager
def findings() -> Iterator[list[str]]:
    """A list of what libtiff finds wrong in the block, in any file of the process.

    It stays empty, and libtiff prints as ever, where Pillow's libtiff cannot be asked.
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
        # The module's own libtiff, among the libraries that it was linked with.
        set_handler = ctypes.CDLL(_imaging.__file__).TIFFSetErrorHandler
    except (AttributeError, OSError):  # none, or built in
        yield found
        return
    handler = _Handler(tell)
    set_handler.argtypes, set_handler.restype = [ctypes.c_void_p], ctypes.c_void_p
    before = set_handler(ctypes.cast(handler, ctypes.c_void_p))
    try:
        yield found
    finally:
        set_handler(before)
