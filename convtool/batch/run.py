"""Many jobs, by whichever workers suit them."""

import os
from collections.abc import Generator, Sequence

from ..core.threads import check_threads
from ..io.atomic import sweep
from .job import Job, Outcome, Work, do
from .schedule import outcomes

LARGE = 4_000_000
"""Pixels from which on all threads work on one image in place of one on each of several."""


def do_all(
    jobs: Sequence[Job], work: Work, threads: int | None = None, scheduler: str | None = None
) -> Generator[tuple[Job, Outcome]]:
    """Do all jobs, on so many threads in all (None: what `set_threads` says); yields each with its
    outcome, as they come.

    Images are worked on one on each thread; then the large ones, one after another, on all of
    them, so that memory is bounded. With the address of a `scheduler` the workers of that Dask
    cluster do it all. What is written is the same.

    Raises ConvtoolError if the cluster cannot be reached. When the generator is closed, jobs that
    are under way leave nothing half done behind.
    """
    if scheduler is not None:
        from .dask import Cluster  # which needs Dask

        with Cluster(scheduler, work) as cluster:
            yield from outcomes(jobs, cluster)
        return
    count = check_threads(threads)
    left: Sequence[Job] = jobs
    if count > 1 and len(jobs) > 1:
        from .processes import Processes  # which imports what workers need

        put_off = []
        try:
            with Processes(work, min(count, len(jobs)), LARGE) as pool:
                for job, outcome in outcomes(jobs, pool):
                    if outcome.put_off:
                        put_off.append(job)
                    else:
                        yield job, outcome
        except BaseException:  # processes that had no time to clean up have been killed
            for folder in {os.path.dirname(file) for job in jobs for _, file in job.targets}:
                sweep(folder)
            raise
        left = put_off
    for job in left:
        yield job, do(work, job, count)
