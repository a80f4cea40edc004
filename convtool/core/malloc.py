"""The C library's memory allocator, set for bands of pixels. Needs no NumPy."""

from contextlib import suppress
from functools import lru_cache

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
LARGEST_KEPT = 32 << 20
"""Bytes: the largest threshold that glibc takes."""


@lru_cache(maxsize=1)
def keep_freed_memory() -> None:
    """Let glibc's malloc keep freed blocks of up to 32 MiB, in the whole process, for good.

    By default it returns large blocks to the system at once. The next band then faults in every
    page again, which can take longer than the arithmetic (mallopt(3)). Other C libraries are
    left as they are.
    """
    import ctypes  # slow to import

    with suppress(AttributeError, OSError, TypeError):  # of systems without this function
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(M_MMAP_THRESHOLD, LARGEST_KEPT)
        mallopt(M_TRIM_THRESHOLD, 2 * LARGEST_KEPT)
