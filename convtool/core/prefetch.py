"""Work that goes on beside the caller's own, on a thread that needs no NumPy."""

import threading
from collections.abc import Callable, Iterator
from importlib import import_module
from queue import Empty, Queue
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Later(Generic[Item]):
    """The result of a call that has begun on a thread of its own."""

    def __init__(self, call: Callable[[], Item]) -> None:
        self._call = call
        self._results: list[Item] = []
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def result(self) -> Item:
        """What the call returned, once it has; or its error."""
        self._thread.join()
        if self._error:
            raise self._error
        return self._results[0]

    def _run(self) -> None:
        try:
            self._results.append(self._call())
        except BaseException as error:
            self._error = error


def import_apart(name: str) -> None:
    """Import a module on a thread of its own, where no signal comes in between.

    orjson, interrupted while it is being imported, crashes or swallows the interrupt.
    """
    Later(lambda: import_module(name)).result()


class Ahead(Generic[Item]):
    """An iterator's items, made on a thread of its own, up to `most` ahead of who takes them."""

    def __init__(self, items: Iterator[Item], most: int, *, may_stall: bool = False) -> None:
        """`may_stall` says whether an item may have to wait for somebody else, as in a pipe."""
        self._may_stall = may_stall
        self._queue: Queue[list[Item]] = Queue(most)
        self._error: BaseException | None = None
        self._closed = False
        self._thread = threading.Thread(target=self._run, args=[items], daemon=True)
        self._thread.start()

    def __iter__(self) -> Iterator[Item]:
        """The items in order; then the error that ended them, if one did."""
        while item := self._queue.get():
            yield item[0]
        if self._error:
            raise self._error

    def close(self) -> None:
        """End the thread; items that nobody took are dropped.

        One that may stall is not waited for: it ends when the item comes that it waits for.
        """
        self._closed = True
        while self._thread.is_alive():
            try:
                self._queue.get_nowait()  # it may be waiting for room
            except Empty:
                if self._may_stall:
                    return
                self._thread.join(0.001)

    def _run(self, items: Iterator[Item]) -> None:
        try:
            for item in items:
                if self._closed:
                    return
                self._queue.put([item])
        except BaseException as error:
            self._error = error
        self._queue.put([])
