"""Threads for bands: their number, and how they share the work."""

import os
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from queue import SimpleQueue
from typing import Any, Generic, TypeVar

from .malloc import keep_freed_memory
from .validation import whole_number

AHEAD = 2
"""Items under way for each thread: enough that no thread waits for the result of another."""

Item = TypeVar("Item")
Result = TypeVar("Result")

_default: int | None = None


def usable_cores() -> int:
    """The cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def set_threads(threads: int | None, *, keep_memory: bool = False) -> None:
    """Set how many threads conv2d and pool2d use from now on, in the whole process.

    None, the default, is one for each core that the process may use. A call's own `threads`
    goes before. Results do not depend on it.

    `keep_memory` tells glibc's malloc, once and for the whole process, to keep freed blocks of
    up to 32 MiB for the next call. Large images are then filtered in as little as half of the
    time, and the process holds more memory. The command line does so; a library call alone
    leaves malloc as it is. Other C libraries are never changed.

    Raises ConvtoolError if `threads` is anything else than None or a whole number from 1.
    """
    global _default
    _default = None if threads is None else whole_number(threads, "threads", 1)
    if keep_memory:
        keep_freed_memory()


def get_threads() -> int:
    """How many threads conv2d and pool2d use unless told otherwise."""
    return usable_cores() if _default is None else _default


def check_threads(threads: object) -> int:
    """A number of threads from 1; None is the default of the process."""
    return get_threads() if threads is None else whole_number(threads, "threads", 1)


def on_threads(work: Callable[[Item], object], items: Iterable[Item], threads: int) -> None:
    """Call ``work(item)`` for each item, as `in_order` does, and return when all is done."""
    deque(in_order(work, items, threads), maxlen=0)


def in_order(
    work: Callable[[Item], Result], items: Iterable[Item], threads: int
) -> Generator[Result]:
    """Yield ``work(item)`` of each item, in order, computed on so many threads: see `Team`."""
    with Team(threads) as team:
        yield from team.in_order(work, items)


MOST_THREADS = 512
"""More than that do not help on any machine, and systems refuse to start very many."""


class Team:
    """Threads that work for the block; the calling thread is one of them."""

    def __init__(self, threads: int) -> None:
        self._threads = min(threads, MOST_THREADS)
        self._helpers: list[threading.Thread] = []
        self._waiting: SimpleQueue[_Job[Any, Any] | None] = SimpleQueue()
        self._under_way: list[deque[_Job[Any, Any]]] = []

    def __enter__(self) -> "Team":
        return self

    def in_order(self, work: Callable[[Item], Result], items: Iterable[Item]) -> Generator[Result]:
        """Yield ``work(item)`` of each item, in order.

        The calling thread takes items and results, and works too if the others fall behind. So
        only a few items are under way at any time. The items may come from another such call: the
        team works for both.

        The first error in the order of the items, from `items` or from `work`, is raised. Then, as
        when the block is left, jobs that have not begun are dropped, and the threads end. After
        Ctrl-C nobody waits for them.
        """
        jobs: deque[_Job[Item, Result]] = deque()
        self._under_way.append(jobs)
        while len(self._helpers) < self._threads - 1:
            self._helpers.append(threading.Thread(target=self._help_out, daemon=True))
            self._helpers[-1].start()
        most = AHEAD * self._threads if self._helpers else 0
        for item in items:
            jobs.append(_Job(work, item))
            self._waiting.put(jobs[-1])
            while jobs and (jobs[0].done.is_set() or len(jobs) > most):
                yield _result_of_first(jobs)
        while jobs:
            yield _result_of_first(jobs)

    def _help_out(self) -> None:
        while job := self._waiting.get():
            job.run()

    def __exit__(self, *error: object) -> None:
        for jobs in self._under_way:
            for job in jobs:
                job.drop()
        for _ in self._helpers:
            self._waiting.put(None)
        if isinstance(error[1], KeyboardInterrupt):
            return  # their jobs may take minutes, and nobody needs the results
        for helper in self._helpers:
            if helper.ident:
                helper.join()


class _Job(Generic[Item, Result]):
    """A call of the work with one item. The first thread that claims it does it."""

    def __init__(self, work: Callable[[Item], Result], item: Item) -> None:
        self._call: list[tuple[Callable[[Item], Result], Item]] = [(work, item)]
        self._results: list[Result] = []
        self._error: BaseException | None = None
        self.done = threading.Event()

    def run(self) -> bool:
        """Do the job unless another thread has begun it; returns whether this thread did it."""
        try:
            work, item = self._call.pop()  # only one thread gets it
        except IndexError:
            return False
        try:
            self._results.append(work(item))
        except BaseException as error:
            self._error = error
            if not isinstance(error, Exception):  # Ctrl-C is raised at once
                raise
        finally:
            self.done.set()
        return True

    def drop(self) -> None:
        """Make sure that no thread begins it."""
        self._call.clear()

    def result(self) -> Result:
        """The result of the call, or its error."""
        if self._error:
            raise self._error
        return self._results.pop()


def _result_of_first(jobs: deque[_Job[Item, Result]]) -> Result:
    """Take the first job's result. Until it is there, do jobs that no thread has begun."""
    while not jobs[0].done.is_set():
        if not any(job.run() for job in jobs):
            jobs[0].done.wait()
    return jobs.popleft().result()


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Keep BLAS, which computes matrix products, on the thread that calls it.

    By default it splits each product over all cores, beside our own threads, and the last bits
    differ. Any number of threads may be inside; the last to leave restores the default.
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
"""An entry for each thread inside."""
_before: list[int] = []
"""The threads of each BLAS library before the first entered."""


def _limit_blas(threads: list[int]) -> None:
    """Set the threads of each BLAS library, whichever thread set them last."""
    for library, count in zip(_blas(), threads, strict=True):
        # Since 3.8 threadpoolctl obeys only the thread that set it first, until that lets go.
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
