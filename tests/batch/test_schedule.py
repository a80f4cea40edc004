"""Who is given what, and who is to blame where a worker dies; with workers that are made up."""

from collections import Counter

import pytest

from convtool.batch.job import Job, Outcome
from convtool.batch.schedule import MOST_DEATHS, Done, outcomes


class MadeUp:
    """Workers that do a share each round, and die of some jobs, some number of times."""

    def __init__(self, workers, most=1, deadly=(), times=99):
        self.most = most
        self.widths = dict(workers)
        self.queues = {worker: [] for worker in workers}
        self.deadly = Counter(dict.fromkeys(deadly, times))
        self.dead = 0
        self.done = Counter()
        self.alone = []

    def workers(self):
        return self.widths

    def give(self, worker, share):
        self.queues[worker].append(share)

    def wait(self):
        for worker in list(self.widths):
            queue = self.queues[worker]
            shares, queue[:] = queue[: self.widths[worker]], queue[self.widths[worker] :]
            if not shares:
                continue
            victims = [job for share in shares for job in share if self.deadly[job.source] > 0]
            if victims:
                self.deadly[victims[0].source] -= 1
                self.alone.append(len(shares) == 1 and len(shares[0]) == 1 and not queue)
                self.dead += 1
                width = self.widths.pop(worker)
                yield Done(worker, None)
                self.widths[f"{worker}+"] = width  # one more comes in its place
                self.queues[f"{worker}+"] = []
                continue
            for share in shares:
                self.done.update(job.source for job in share)
                yield Done(worker, share, tuple(Outcome(seconds=1) for _ in share))


def jobs(count):
    return [Job(f"{i}.png", ((0, f"{i}-out.png"),), "png") for i in range(count)]


@pytest.mark.parametrize("most", [1, 4, 100])
@pytest.mark.parametrize("widths", [{"a": 1}, {"a": 1, "b": 1}, {"a": 3, "b": 1, "c": 2}])
@pytest.mark.parametrize("count", [0, 1, 2, 7, 100])
def test_every_job_is_done_once(count, widths, most):
    pool = MadeUp(widths, most)
    found = list(outcomes(jobs(count), pool))
    assert sorted(job.source for job, _ in found) == sorted(job.source for job in jobs(count))
    assert set(pool.done.values()) <= {1}


@pytest.mark.parametrize("most", [1, 8])
@pytest.mark.parametrize("widths", [{"a": 1, "b": 1}, {"a": 4}])
def test_a_job_that_kills_its_workers_is_given_up_and_no_other(widths, most):
    pool = MadeUp(widths, most, deadly=["5.png"])
    found = {job.source: outcome.error for job, outcome in outcomes(jobs(40), pool)}
    assert found.pop("5.png") == "5.png: 3 workers died of it"
    assert len(found) == 39
    assert set(found.values()) == {None}
    assert pool.dead == MOST_DEATHS
    assert pool.alone[1:] == [True] * (MOST_DEATHS - 1)


def test_several_of_them():
    deadly = ["3.png", "4.png", "30.png"]
    pool = MadeUp({"a": 1, "b": 2}, 8, deadly=deadly)
    found = {job.source: outcome.error for job, outcome in outcomes(jobs(40), pool)}
    assert sorted(source for source in found if found[source]) == sorted(deadly)
    assert len(found) == 40


def test_a_worker_that_dies_for_another_reason_costs_nothing():
    pool = MadeUp({"a": 1, "b": 1}, 4, deadly=["5.png"], times=MOST_DEATHS - 1)
    found = list(outcomes(jobs(20), pool))
    assert len(found) == 20
    assert not any(outcome.error for _, outcome in found)


def test_what_a_dead_worker_says_is_not_heard():
    class Late(MadeUp):
        def wait(self):
            yield from super().wait()
            yield Done("nobody", (jobs(1)[0],), (Outcome(error="late"),))

    found = list(outcomes(jobs(3), Late({"a": 1})))
    assert not any(outcome.error for _, outcome in found)
