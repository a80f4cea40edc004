"""Many jobs at once, done by workers that may die: processes here, or those of a cluster."""

from collections import Counter, deque
from collections.abc import Generator, Hashable, Iterable, Mapping
from typing import NamedTuple, Protocol

from .jobs import Job, Outcome

MOST_DEATHS = 3
"""Workers that a job may take with it before it is given up."""

Worker = Hashable


class Done(NamedTuple):
    """What a worker did."""

    worker: Worker
    job: Job | None
    """None: the worker died."""
    outcome: Outcome = Outcome()


class Crew(Protocol):
    """Workers, each of which does the jobs that it is given in their order.

    A crew is in a block of its own; where that ends, jobs under way leave nothing half done.
    """

    @property
    def ahead(self) -> int:
        """How many jobs to give each beyond those that it does at a time, lest it waits for us."""
        ...

    def workers(self) -> Mapping[Worker, int]:
        """Who is there, and how many jobs each does at a time."""
        ...

    def give(self, worker: Worker, job: Job) -> None:
        """Give a worker one more job."""
        ...

    def wait(self) -> Iterable[Done]:
        """What has happened since; waits a while if nothing has."""
        ...


def outcomes(jobs: Iterable[Job], crew: Crew) -> Generator[tuple[Job, Outcome]]:
    """Let a crew do the jobs; yields each with its outcome, as they come.

    A job whose worker dies is done again, when the others are done, by a worker that does nothing
    else meanwhile. If as many as `MOST_DEATHS` have died of it, that is its outcome.
    """
    waiting, suspects = deque(jobs), deque[Job]()
    deaths: Counter[Job] = Counter()
    given: dict[Worker, deque[Job]] = {}
    while waiting or suspects or any(given.values()):
        for worker, width in crew.workers().items():
            mine = given.setdefault(worker, deque())
            while waiting and len(mine) < width + crew.ahead:
                mine.append(waiting.popleft())
                crew.give(worker, mine[-1])
            if suspects and not mine:
                mine.append(suspects.popleft())
                crew.give(worker, mine[-1])
        widths = crew.workers()
        for worker, job, outcome in crew.wait():
            mine = given.get(worker, deque())
            if job is not None:
                if job in mine:
                    mine.remove(job)
                    yield job, outcome
                continue
            for begun in [mine.popleft() for _ in range(min(len(mine), widths.get(worker, 1)))]:
                deaths[begun] += 1
                if deaths[begun] < MOST_DEATHS:
                    suspects.append(begun)
                else:
                    yield begun, Outcome(error=f"{begun.source}: {MOST_DEATHS} workers died of it")
            waiting.extendleft(reversed(mine))
            given.pop(worker, None)
