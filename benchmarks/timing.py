"""Interleaved timing: in each round everything is run once, so that all see the same machine."""

import time
from collections.abc import Callable
from statistics import median

Run = Callable[[], object]


SLOW = 1.0
"""Seconds: what takes longer is measured once."""


def interleaved(runs: dict[str, Run], rounds: int) -> dict[str, list[float]]:
    """Seconds of each run, a list of `rounds`, or of one for what is slow.

    The first round, in which caches, plans and pools of threads are made, does not count.
    """
    times: dict[str, list[float]] = {name: [] for name in runs}
    first = {name: _seconds(run) for name, run in runs.items()}
    for _ in range(rounds):
        for name, run in runs.items():
            if first[name] <= SLOW or not times[name]:
                times[name].append(_seconds(run))
    return times


def ratio(times: dict[str, list[float]], ours: str, peer: str) -> float:
    """The median of the ratios of our time to the peer's, round by round."""
    mine, theirs = times[ours], times[peer]
    if len(mine) == len(theirs):
        return median(a / b for a, b in zip(mine, theirs, strict=True))
    return median(mine) / median(theirs)


def _seconds(run: Run) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start
