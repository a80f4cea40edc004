"""A crew of the workers of a Dask cluster, which see the same files."""

import logging
import pickle
import time
import warnings
from collections.abc import Iterable, Mapping
from contextlib import suppress
from functools import lru_cache
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any

from .crews import Done, Share, Worker
from .errors import ConvtoolError
from .jobs import Outcome, Work, do

if TYPE_CHECKING:
    from distributed import Client, Future

Outcomes = tuple[Outcome, ...]

PATIENCE = 10.0
"""Seconds for a scheduler to answer."""

WORKERLESS = 30.0
"""Seconds that a cluster may be without any worker."""

GLANCE = 0.5
"""Seconds from one look at who is there to the next."""


class Cluster:
    """A scheduler's workers. Each share is for one of them, so that it is known who died of it."""

    most = 8

    def __init__(self, address: str, work: Work) -> None:
        """Raises ConvtoolError if Dask is not installed, or no scheduler answers."""
        self._address = address
        self._work = pickle.dumps(work)
        self._client = _connected(address)
        self._done: SimpleQueue[tuple[Worker, Share, Future[Outcomes]]] = SimpleQueue()
        self._futures: dict[Share, Future[Outcomes]] = {}
        self._widths: dict[Worker, int] = {}
        self._looked = self._seen = time.monotonic()
        self._look()

    def __enter__(self) -> "Cluster":
        return self

    def workers(self) -> Mapping[Worker, int]:
        """All that are there, with their threads."""
        return self._widths

    def give(self, worker: Worker, share: Share) -> None:
        """Give a worker one more share."""
        future = self._client.submit(
            _do, self._work, share, workers=[worker], pure=False, allow_other_workers=False
        )
        self._futures[share] = future
        future.add_done_callback(lambda future: self._done.put((worker, share, future)))

    def wait(self) -> Iterable[Done]:
        """What has happened since; waits a while if nothing has."""
        with suppress(Empty):
            worker, share, future = self._done.get(timeout=GLANCE)
            yield from self._told(worker, share, future)
            while True:
                yield from self._told(*self._done.get_nowait())
        if time.monotonic() - self._looked > GLANCE:
            before = self._widths
            self._look()
            for worker in before.keys() - self._widths.keys():
                yield Done(worker, None)

    def __exit__(self, *_: object) -> None:
        with suppress(Exception):  # it may be the scheduler that is no more
            self._client.cancel(list(self._futures.values()))
            self._client.close(PATIENCE)

    def _told(self, worker: Worker, share: Share, future: "Future[Outcomes]") -> Iterable[Done]:
        """What a future that is done says; nothing if it is of a worker that is gone."""
        if self._futures.get(share) is not future or worker not in self._widths:
            return
        if future.status == "finished":
            try:
                found = future.result(timeout=PATIENCE)
            except Exception:  # the worker has died with it, as will be seen
                return
            yield Done(worker, share, found)
        elif future.status == "error":
            error: Any = future.exception()
            if type(error).__name__ == "KilledWorker":
                return
            told = (f"{job.source}: the worker cannot do it: {error}" for job in share)
            yield Done(worker, share, tuple(Outcome(error=line) for line in told))
        del self._futures[share]

    def _look(self) -> None:
        """See who is there."""
        try:
            if self._client.status != "running":
                raise OSError("the connection is lost")
            self._widths = dict(self._client.nthreads())
        except Exception as error:  # whatever the network makes of it
            raise ConvtoolError(f"scheduler {self._address} is gone: {error}") from None
        self._looked = time.monotonic()
        if self._widths:
            self._seen = self._looked
        elif self._looked - self._seen > WORKERLESS:
            raise ConvtoolError(
                f"scheduler {self._address} has had no worker for {WORKERLESS:.0f} seconds; "
                f"start one where convtool is installed: dask worker {self._address}"
            )


def _connected(address: str) -> "Client":
    try:
        from distributed import Client
    except ImportError:
        raise ConvtoolError(
            "Dask is not installed: pip install '.[cluster]' in a checkout of convtool"
        ) from None
    for name in [*logging.root.manager.loggerDict]:  # we say what matters
        if name.partition(".")[0] in ("distributed", "tornado", "asyncio"):
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of versions that differ: `do` looks at our own
            return Client(address, timeout=PATIENCE, set_as_default=False)
    except (OSError, ValueError) as error:
        raise ConvtoolError(
            f"scheduler {address} does not answer, expected one as tcp://host:8786: {error}"
        ) from None


def _do(packed: bytes, share: Share) -> Outcomes:
    """A share, on a worker."""
    return tuple(do(_unpacked(packed), job) for job in share)


@lru_cache(maxsize=4)
def _unpacked(packed: bytes) -> Work:
    work: Work = pickle.loads(packed)
    return work
