"""Many jobs at once, done by workers that may die: processes here, or those of a cluster."""

from collections import Counter, deque
from collections.abc import Generator, Hashable, Iterable, Mapping
from typing import NamedTuple, Protocol

from .job import Job, Outcome

MOST_DEATHS = 3
"""Workers that a job may take with it before it is given up."""

SHARES = 2
"""Into so many shares for each worker the jobs that are left are divided at least."""

Worker = Hashable

Share = tuple[Job, ...]
"""Jobs that are given to a worker at once."""


class Done(NamedTuple):
    """What a worker did."""

    worker: Worker
    share: Share | None
    """None: the worker died."""
    outcomes: tuple[Outcome, ...] = ()


class Crew(Protocol):
    """Workers, each of which does the shares that it is given in their order.

    A crew is in a block of its own; where that ends, jobs under way leave nothing half done.
    """

    @property
    def most(self) -> int:
        """The most jobs of a share."""
        ...

    def workers(self) -> Mapping[Worker, int]:
        """Who is there, and how many shares each works on at a time."""
        ...

    def give(self, worker: Worker, share: Share) -> None:
        """Give a worker one more share."""
        ...

    def wait(self) -> Iterable[Done]:
        """What has happened since; waits a while if nothing has."""
        ...


def outcomes(jobs: Iterable[Job], crew: Crew) -> Generator[tuple[Job, Outcome]]:
    """Let a crew do the jobs; yields each with its outcome, as they come.

    Each worker has one share more than it works on, lest it waits for us. What a worker was at
    when it died is done again, job by job, when the others are done, by workers that do nothing
    else meanwhile. If as many as `MOST_DEATHS` have died of a job, that is its outcome.
    """
    waiting, suspects = deque(jobs), deque[Job]()
    deaths: Counter[Job] = Counter()
    given: dict[Worker, deque[Share]] = {}
    while waiting or suspects or any(given.values()):
        widths = dict(crew.workers())
        for worker, width in widths.items():
            mine = given.setdefault(worker, deque())
            while waiting and len(mine) <= width:
                count = max(1, min(crew.most, len(waiting) // (SHARES * sum(widths.values()))))
                mine.append(tuple(waiting.popleft() for _ in range(count)))
                crew.give(worker, mine[-1])
            if suspects and not mine:
                mine.append((suspects.popleft(),))
                crew.give(worker, mine[-1])
        for worker, share, found in crew.wait():
            mine = given.get(worker, deque())
            if share is not None:
                if share in mine:
                    mine.remove(share)
                    yield from zip(share, found, strict=True)
                continue
            begun = [mine.popleft() for _ in range(min(len(mine), widths.get(worker, 1)))]
            waiting.extendleft(job for share in reversed(mine) for job in reversed(share))
            given.pop(worker, None)
            for job in (job for share in begun for job in share):
                deaths[job] += 1
                if deaths[job] < MOST_DEATHS:
                    suspects.append(job)
                else:
                    yield job, Outcome(error=f"{job.source}: {MOST_DEATHS} workers died of it")
