"""A pool of processes on this machine.

They beat threads: the many short steps of a small image would wait for one interpreter's lock.
"""

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any, NamedTuple

from ..core.interrupts import Interrupted, end_on, heed_swallowed
from ..core.malloc import keep_freed_memory
from ..io.formats import import_usual
from .job import Work, do
from .schedule import Done, Share, Worker

START = "fork" if sys.platform == "linux" else "spawn"
"""On Linux processes are copies of this one; elsewhere that is not safe, and they start anew."""

ENDING = (
    {signal.SIGINT, signal.SIGTERM, signal.SIGHUP} if hasattr(signal, "pthread_sigmask") else set()
)
"""The signals that end a command, where they can be held back."""

PATIENCE = 5.0
"""Seconds for a process to clean up and end."""


class _Member(NamedTuple):
    process: BaseProcess
    link: "Connection[Any, Any]"


class Processes:
    """So many processes, each of which does one job at a time."""

    most = 1

    def __init__(
        self,
        work: Work,
        count: int,
        most_pixels: int | None,
        method: str = START,
    ) -> None:
        """`most_pixels` is for `do`; `method` is how processes start."""
        self._work = work
        self._count = count
        self._most_pixels = most_pixels
        import_usual()
        self._context: Any = multiprocessing.get_context(method)
        self._members: dict[Worker, _Member] = {}
        self._hired = 0

    def __enter__(self) -> "Processes":
        return self

    def workers(self) -> Mapping[Worker, int]:
        """All of them; in place of one that died there is a new one."""
        while len(self._members) < self._count:
            self._hire()
        return dict.fromkeys(self._members, 1)

    def give(self, worker: Worker, share: Share) -> None:
        """Give a process one more share."""
        with suppress(OSError):  # if it is dead, `wait` will tell
            self._members[worker].link.send(share)

    def wait(self) -> Iterable[Done]:
        """What has happened since; waits until something has."""
        ready = wait([member.link for member in self._members.values()])
        for worker, member in list(self._members.items()):
            if member.link not in ready:
                continue
            try:
                share, found = member.link.recv()
            except (EOFError, OSError):
                self._members.pop(worker)
                member.process.join(PATIENCE)
                yield Done(worker, None)
            else:
                yield Done(worker, share, found)

    def __exit__(self, *error: object) -> None:
        members = self._members.values()
        for member in members:
            if error[0] is not None:
                member.process.terminate()
            with suppress(OSError):
                member.link.send(None)
        for member in members:
            member.process.join(PATIENCE)
            if member.process.is_alive():
                member.process.kill()
                member.process.join()

    def _hire(self) -> None:
        ours, theirs = self._context.Pipe()
        arguments = (theirs, self._work, self._most_pixels)
        process = self._context.Process(target=_serve, args=arguments, daemon=True)
        with _signals_held():
            process.start()
        theirs.close()
        self._hired += 1
        self._members[self._hired] = _Member(process, ours)


@contextmanager
def _signals_held() -> Iterator[None]:
    """Let signals wait until the block ends.

    A fork calls functions of Python's that swallow what a handler raises; and the new process
    is to have its own handlers first.
    """
    if not ENDING:
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _serve(link: "Connection[Any, Any]", work: Work, most_pixels: int | None) -> None:
    """Do jobs until there are no more."""
    for name in ("SIGINT", "SIGHUP"):  # a terminal sends them to all; the parent ends us
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    end_on(signal.SIGTERM)
    heed_swallowed()
    keep_freed_memory()
    with suppress(EOFError, OSError, Interrupted):
        if ENDING:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)
        threading.Thread(target=_end_with_parent, daemon=True).start()
        while share := link.recv():
            link.send((share, tuple(do(work, job, 1, most_pixels) for job in share)))


def _end_with_parent() -> None:
    """End this process when the one that hired it is no more."""
    parent = multiprocessing.parent_process()
    if parent:
        wait([parent.sentinel])
        os._exit(1)
