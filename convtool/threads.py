"""Bands on threads: how many there are, and how they share the work."""

import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from functools import lru_cache
from typing import Any, TypeVar

import numpy as np

from .arguments import whole_number

LARGEST_KEPT = (32 << 20) - (1 << 16)
"""Bytes: just below the largest block for which malloc changes its mind."""

Item = TypeVar("Item")

_default: int | None = None


def usable_cores() -> int:
    """The cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def set_threads(threads: int | None) -> None:
    """Set how many threads conv2d and pool2d use from now on, in the whole process.

    None, the default, is one for each core that the process may use. A call's own `threads`
    goes before. Results do not depend on it.

    Raises ConvtoolError on anything else than None or a whole number from 1.
    """
    global _default
    _default = None if threads is None else whole_number(threads, "threads", 1)


def get_threads() -> int:
    """How many threads conv2d and pool2d use unless told otherwise."""
    return usable_cores() if _default is None else _default


def check_threads(threads: object) -> int:
    """A number of threads from 1; None is the default of the process."""
    return get_threads() if threads is None else whole_number(threads, "threads", 1)


def on_threads(work: Callable[[Item], object], items: Iterable[Item], threads: int) -> None:
    """Call ``work(item)`` for each item, on this thread and up to ``threads - 1`` more.

    BLAS keeps to the thread that calls it meanwhile.
    Returns when all is done. The first error stops the rest and is raised.
    """
    _keep_freed_memory()
    waiting = deque(items)
    errors: list[BaseException] = []

    def take() -> None:
        try:
            while waiting:
                try:
                    item = waiting.popleft()
                except IndexError:  # another thread was quicker
                    return
                work(item)
        except BaseException as error:
            waiting.clear()
            errors.append(error)

    helpers = [
        threading.Thread(target=take, daemon=True) for _ in range(min(threads, len(waiting)) - 1)
    ]
    with one_blas_thread() if helpers else nullcontext():
        for helper in helpers:
            helper.start()
        take()
        for helper in helpers:
            helper.join()
    if errors:
        raise errors[0]


@lru_cache(maxsize=1)
def _keep_freed_memory() -> None:
    """Let glibc's malloc keep what is freed, up to about what the bands at work need.

    It hands large blocks back to the system at once, and the next band has to fault every page in
    again, which can take longer than the arithmetic. It stops doing so for blocks of a size that
    it has seen freed (mallopt(3), M_MMAP_THRESHOLD, "dynamic"). Elsewhere this does nothing.
    """
    np.empty(LARGEST_KEPT, np.uint8)


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Keep BLAS, which matrix products go to, on the thread that calls it.

    Left to itself it would split each product over all cores, beside our own threads, and differ
    in the last bits. May be entered on any number of threads; the last to leave restores.
    """
    with _lock:
        if not _inside:
            _before[:] = [library.num_threads for library in _blas()]
        _inside.append(None)
        _limit_blas([1] * len(_before))
    try:
        yield
    finally:
        with _lock:
            _inside.pop()
            if not _inside:
                _limit_blas(_before)


_lock = threading.Lock()
_inside: list[None] = []
"""An entry for each that is inside."""
_before: list[int] = []
"""The threads of each BLAS library before the first came in."""


def _limit_blas(threads: list[int]) -> None:
    """Set the threads of each BLAS library, whichever thread set them last."""
    for library, count in zip(_blas(), threads, strict=True):
        # From 3.8 on, threadpoolctl heeds only the thread that came first until it lets go.
        let_go = getattr(library, "clear_controlling_thread", None)
        if let_go:
            let_go(force=True)
        library.set_num_threads(count)
        if let_go:
            let_go(force=True)


@lru_cache(maxsize=1)
def _blas() -> list[Any]:
    """The BLAS libraries that are loaded."""
    from threadpoolctl import ThreadpoolController  # only products of matrices need it

    controller = ThreadpoolController().select(user_api="blas")
    return list(controller.lib_controllers)
