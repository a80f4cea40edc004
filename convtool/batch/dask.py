"""The workers of a Dask cluster as a pool; they see the same files."""

import pickle
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from functools import lru_cache
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any

from ..core.errors import ConvtoolError
from .dask_client import ABSENCE, PATIENCE, Scheduler
from .job import Outcome, Work, do
from .schedule import Done, Share, Worker

if TYPE_CHECKING:
    from distributed import Future

Outcomes = tuple[Outcome, ...]

GLANCE = 0.5
"""Seconds from one look at who is there to the next."""


class Cluster:
    """A scheduler's workers. Each share is for one of them, so that it is known who died of it."""

    most = 8

    def __init__(self, address: str, work: Work) -> None:
        """Raises ConvtoolError if Dask is not installed, or no scheduler answers."""
        self._address = address
        self._work = pickle.dumps(work)
        self._scheduler = Scheduler(address)
        self._done: SimpleQueue[tuple[Worker, Share, Future[Outcomes]]] = SimpleQueue()
        self._futures: dict[Share, Future[Outcomes]] = {}
        self._widths: dict[Worker, int] = {}
        self._looked = 0.0
        self._seen = time.monotonic()

    def __enter__(self) -> "Cluster":
        return self

    def __exit__(self, *_: object) -> None:
        self._scheduler.close()

    def workers(self) -> Mapping[Worker, int]:
        """All that are there, with their threads."""
        if not self._looked:
            self._look()
        return self._widths

    def give(self, worker: Worker, share: Share) -> None:
        """Give a worker one more share."""
        future = self._scheduler.client.submit(
            _do, self._work, share, workers=[worker], pure=False, allow_other_workers=False
        )
        self._futures[share] = future
        self._hear(worker, share, future)

    def wait(self) -> Iterable[Done]:
        """What has happened since; waits a while if nothing has."""
        done = []
        with suppress(Empty):
            done.append(self._done.get(timeout=GLANCE))
            while True:
                done.append(self._done.get_nowait())
        for worker, share, future in done:
            yield from self._told(worker, share, future)
        if time.monotonic() - self._looked > GLANCE:
            before = self._widths
            self._look()
            for worker in before.keys() - self._widths.keys():
                yield Done(worker, None)

    def _hear(self, worker: Worker, share: Share, future: "Future[Outcomes]") -> None:
        """Have it in the queue when it is done."""
        future.add_done_callback(lambda future: self._done.put((worker, share, future)))

    def _told(self, worker: Worker, share: Share, future: "Future[Outcomes]") -> Iterable[Done]:
        """What a future that is done says; nothing if it is of a worker that is gone."""
        if self._futures.get(share) is not future or worker not in self._widths:
            return
        if future.status == "cancelled":
            raise self._scheduler.gone("the connection was lost")
        if future.status == "error":
            error: Any = future.exception(timeout=PATIENCE)
            if type(error).__name__ == "KilledWorker":
                return
            told = (f"{job.source}: the worker cannot do it: {error}" for job in share)
            found = tuple(Outcome(error=line) for line in told)
        else:
            try:
                found = future.result(timeout=PATIENCE)
            except Exception:  # the worker has died with it, as will be seen, or was too busy
                self._hear(worker, share, future)
                return
        del self._futures[share]
        yield Done(worker, share, found)

    def _look(self) -> None:
        """See who is there."""
        self._widths = self._scheduler.workers()
        self._looked = time.monotonic()
        if self._widths:
            self._seen = self._looked
        elif self._looked - self._seen > ABSENCE:
            raise ConvtoolError(
                f"scheduler {self._address} has had no worker for {ABSENCE:.0f} seconds; "
                f"start one where convtool is installed: dask worker {self._address}"
            )


def _do(packed: bytes, share: Share) -> Outcomes:
    """A share, on a worker."""
    return tuple(do(_unpacked(packed), job) for job in share)


@lru_cache(maxsize=4)
def _unpacked(packed: bytes) -> Work:
    work: Work = pickle.loads(packed)
    return work
