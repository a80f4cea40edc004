"""Processes as a pool, and batches of real images by them."""

import os
import signal

import numpy as np
import pytest
import skimage.data
from helpers.running import PARENT, needs_proc, running, wait_until
from PIL import Image

from convtool import conv2d, find_kernel, read_image
from convtool.batch import processes, run
from convtool.batch.job import Job, Work, do
from convtool.batch.processes import Processes
from convtool.batch.run import do_all
from convtool.batch.schedule import outcomes
from convtool.ops.base import Operator
from convtool.ops.conv import Conv

WORK = Work(((Conv(find_kernel("edge")),), (Conv(find_kernel("box3")),)))


@pytest.fixture
def pieces(folder):
    """Small pieces of a photo, and the jobs for two maps of each."""
    photo = skimage.data.chelsea()
    jobs = []
    for i in range(12):
        Image.fromarray(photo[10 * i : 10 * i + 50, :60]).save(f"{i}.png")
        jobs.append(Job(f"{i}.png", ((0, f"out/{i}-edge.npy"), (1, f"out/{i}-box3.npy")), "npy"))
    return jobs


def check(jobs):
    for job in jobs:
        image = read_image(job.source)
        for (_, target), name in zip(job.targets, ("edge", "box3"), strict=True):
            assert np.array_equal(read_image(target), conv2d(image, find_kernel(name)))


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_all_jobs_are_done(pieces, method):
    with Processes(WORK, 3, None, method) as pool:
        found = dict(outcomes(pieces, pool))
    assert [found[job].error for job in pieces] == [None] * 12
    assert [len(found[job].reports) for job in pieces] == [2] * 12
    check(pieces)


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_large_images_are_put_off_and_done(pieces, monkeypatch, threads):
    monkeypatch.setattr(run, "LARGE", 50 * 60 - 1)
    Image.fromarray(skimage.data.chelsea()[:20, :20]).save("3.png")
    done = [job for job, outcome in do_all(pieces, WORK, threads) if outcome.error is None]
    assert set(done) == set(pieces)
    if threads > 1:
        assert done[0] == pieces[3]  # the only small one
    check(pieces)


def test_an_image_over_the_limit_is_not_put_off(pieces):
    small = WORK._replace(max_pixels=100)
    assert do(small, pieces[0], 1, 50).put_off
    assert "is 50x60, more than the limit of 100" in do(small, pieces[0], 2).error
    assert "more than the limit of 100" in do(small, pieces[0], 1, 200).error


def test_a_bad_image_is_told_and_the_rest_goes_on(pieces, folder):
    (folder / "4.png").write_bytes(b"no image")
    (folder / "7.png").unlink()
    data = (folder / "9.png").read_bytes()
    (folder / "9.png").write_bytes(data[: len(data) // 2])
    found = {job.source: outcome.error for job, outcome in do_all(pieces, WORK, 2)}
    assert found["4.png"].startswith("4.png: is no image")
    assert found["7.png"] == "7.png: no such file"
    assert found["9.png"].startswith("9.png: is broken")
    assert len(list((folder / "out").iterdir())) == 2 * 9
    check([job for job in pieces if job.source not in ("4.png", "7.png", "9.png")])


def children():
    return running(PARENT, os.getpid())


@needs_proc
def test_a_process_that_is_killed_is_replaced(pieces):
    before = set(children())
    with Processes(WORK, 2, None, "fork") as pool:
        found, killed = [], 0
        for job, outcome in outcomes(pieces, pool):
            found.append((job, outcome.error))
            alive = set(children()) - before  # none, if what two of them did is told only now
            if killed < 3 and alive:
                os.kill(min(alive), signal.SIGKILL)
                killed += 1
    assert killed == 3
    assert sorted(found) == sorted((job, None) for job in pieces)
    check(pieces)
    assert set(children()) <= before


class Deadly(Operator):
    """An operator that ends its process."""

    def bind(self, header):
        os._exit(3)


def test_an_image_that_kills_its_process_is_a_failure(pieces):
    deadly = Work(((Deadly(),), (Conv(find_kernel("box3")),)))
    jobs = [*pieces[:5], *(Job(job.source, job.targets[1:], "npy") for job in pieces[5:])]
    with Processes(deadly, 2, None, "fork") as pool:
        found = {job: outcome.error for job, outcome in outcomes(jobs, pool)}
    assert [found[job] for job in jobs[5:]] == [None] * 7
    assert [found[job] for job in jobs[:5]] == [f"{i}.png: 3 workers died of it" for i in range(5)]


def half_done():
    return [name for name in os.listdir("out") if name.startswith(".convtool")]


@needs_proc
def test_leaving_early_ends_the_processes_and_leaves_nothing_half_done(
    pieces, endless, folder, monkeypatch
):
    monkeypatch.setattr(run, "LARGE", None)  # so that a process is at it
    (folder / "1.png").write_bytes(endless)
    before = set(children())
    started = do_all(pieces, WORK, 2)
    next(started)
    wait_until(half_done)
    started.close()
    assert set(children()) <= before
    assert not half_done()


@needs_proc
def test_a_process_that_has_no_time_to_clean_up_leaves_nothing_half_done(
    pieces, endless, folder, monkeypatch
):
    """It is stopped here, and waited for no longer: as on a machine that is very busy."""
    monkeypatch.setattr(processes, "PATIENCE", 0.01)
    monkeypatch.setattr(run, "LARGE", None)
    (folder / "1.png").write_bytes(endless)
    before = set(children())
    started = do_all(pieces, WORK, 2)
    next(started)
    wait_until(half_done)
    for child in set(children()) - before:
        os.kill(child, signal.SIGSTOP)
    started.close()
    assert not half_done()
    wait_until(lambda: set(children()) <= before)


class Faulty(Operator):
    """An operator with a fault."""

    def bind(self, header):
        raise ZeroDivisionError("of all things")


def test_a_fault_of_our_own_is_told_and_the_rest_goes_on(pieces):
    work = Work(((Faulty(),), (Conv(find_kernel("box3")),)))
    jobs = [pieces[0], *(Job(job.source, job.targets[1:], "npy") for job in pieces[1:])]
    found = {job: outcome.error for job, outcome in do_all(jobs, work, 2)}
    assert found.pop(pieces[0]) == "0.png: ZeroDivisionError: of all things"
    assert set(found.values()) == {None}


def test_a_worker_of_another_version_says_so(pieces):
    other = WORK._replace(version="0.0.1")
    assert "expected 0.0.1" in do(other, pieces[0]).error
