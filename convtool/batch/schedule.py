"""Many jobs at once, done by workers that may die: processes here, or those of a cluster."""

from collections import Counter, deque
from collections.abc import Generator, Hashable, Iterable, Iterator, Mapping
from typing import NamedTuple, Protocol

from .job import Job, Outcome

MOST_DEATHS = 3
"""A job that has killed so many workers is given up."""

SHARES = 2
"""The jobs that are left are divided into at least so many shares a worker."""

Worker = Hashable

Share = tuple[Job, ...]
"""Jobs that are given to a worker at once."""


class Done(NamedTuple):
    """What a worker did."""

    worker: Worker
    share: Share | None
    """None: the worker died."""
    outcomes: tuple[Outcome, ...] = ()


class WorkerPool(Protocol):
    """Workers, each of which does the shares that it is given in their order.

    A pool is used in a `with` block. When the block ends, jobs that are not finished leave no
    files behind.
    """

    @property
    def most(self) -> int:
        """The most jobs of a share."""
        ...

    def workers(self) -> Mapping[Worker, int]:
        """The workers, and how many shares each works on at a time."""
        ...

    def give(self, worker: Worker, share: Share) -> None:
        """Give a worker one more share."""
        ...

    def wait(self) -> Iterable[Done]:
        """What has happened since the last call; waits a while if nothing has."""
        ...


def outcomes(jobs: Iterable[Job], pool: WorkerPool) -> Generator[tuple[Job, Outcome]]:
    """Let the workers of a pool do the jobs; yields each job with its outcome when it is done.

    A worker always holds one share more than it works on, so that it need not wait for the next.

    If a worker dies, one of the jobs that it was working on may have killed it. Each of them is
    tried again when all others are done, alone on a worker, so that the next death tells which
    job is to blame. A job that has killed `MOST_DEATHS` workers fails.
    """
    schedule = _Schedule(jobs, pool)
    while schedule.is_busy:
        widths = dict(pool.workers())
        schedule.hand_out(widths)
        for worker, share, found in pool.wait():
            if share is None:
                yield from schedule.after_death(worker, widths.get(worker, 1))
            elif schedule.accept(worker, share):
                yield from zip(share, found, strict=True)


class _Schedule:
    """Which jobs wait, and which worker holds which."""

    def __init__(self, jobs: Iterable[Job], pool: WorkerPool) -> None:
        self._pool = pool
        self._waiting = deque(jobs)
        self._suspects = deque[Job]()
        self._deaths: Counter[Job] = Counter()
        self._held: dict[Worker, deque[Share]] = {}

    @property
    def is_busy(self) -> bool:
        return bool(self._waiting or self._suspects or any(self._held.values()))

    def hand_out(self, widths: Mapping[Worker, int]) -> None:
        """Give every worker that has room as many shares as it may hold."""
        for worker, width in widths.items():
            held = self._held.setdefault(worker, deque())
            while self._waiting and len(held) <= width:
                count = min(self._pool.most, len(self._waiting) // (SHARES * sum(widths.values())))
                self._give(worker, tuple(self._waiting.popleft() for _ in range(max(1, count))))
            if self._suspects and not held:
                self._give(worker, (self._suspects.popleft(),))

    def _give(self, worker: Worker, share: Share) -> None:
        self._held[worker].append(share)
        self._pool.give(worker, share)

    def accept(self, worker: Worker, share: Share) -> bool:
        """Take a share that is done from its worker; False if the worker did not hold it."""
        held = self._held.get(worker, deque())
        if share not in held:  # it was thought dead, and others do its jobs
            return False
        held.remove(share)
        return True

    def after_death(self, worker: Worker, width: int) -> Iterator[tuple[Job, Outcome]]:
        """Put the jobs of a dead worker back; yields those that are given up.

        It was working on its first shares, `width` of them. The others it never began.
        """
        held = self._held.pop(worker, deque())
        begun = [held.popleft() for _ in range(min(len(held), width))]
        self._waiting.extendleft(job for share in reversed(held) for job in reversed(share))
        for job in (job for share in begun for job in share):
            self._deaths[job] += 1
            if self._deaths[job] < MOST_DEATHS:
                self._suspects.append(job)
            else:
                yield job, Outcome(error=f"{job.source}: {MOST_DEATHS} workers died of it")
