"""Many jobs: on processes here, or on a Dask cluster."""

import os
from collections.abc import Generator, Sequence

from ..core.threads import check_threads
from ..io.atomic import sweep
from .job import Job, Outcome, Work, do
from .schedule import outcomes

LARGE = 4_000_000
"""Pixels: from this size on, all threads work on one image together."""


def do_all(
    jobs: Sequence[Job], work: Work, threads: int | None = None, scheduler: str | None = None
) -> Generator[tuple[Job, Outcome]]:
    """Do all jobs on `threads` threads in all (None: what `set_threads` says); yields each job with
    its outcome when it is done.

    First every worker takes one image at a time. Then the large images follow one after another,
    all threads on the same one, so that memory is bounded. With the address of a `scheduler`, the
    workers of that Dask cluster do all jobs. The files are the same in each case.

    Raises ConvtoolError if the cluster cannot be reached. If the generator is closed early, jobs
    that are not finished leave no files behind.
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
