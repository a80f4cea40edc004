"""A real scheduler and two worker processes on the loopback."""

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import skimage.data
from PIL import Image

from convtool import ConvtoolError, conv2d, find_kernel, read_image
from convtool.batch import do_all
from convtool.cluster import Cluster
from convtool.conv import Conv
from convtool.crews import outcomes
from convtool.jobs import Job, Work

distributed = pytest.importorskip("distributed")

EDGE = find_kernel("edge")
WORK = Work(((Conv(EDGE),),), "npy")


class Machines:
    """A scheduler and its workers, each a process of its own."""

    def __init__(self, folder):
        self.folder = folder
        self.processes = []
        address = folder / "scheduler.json"
        options = ["--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--no-show"]
        self.scheduler = self.start("dask_scheduler", *options, "--scheduler-file", str(address))
        deadline = time.monotonic() + 60
        while not address.exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        time.sleep(0.1)
        self.address = json.loads(address.read_text())["address"]

    def start(self, module, *arguments):
        environment = {**os.environ, "PYTHONWARNINGS": "ignore"}
        process = subprocess.Popen(
            [sys.executable, "-m", f"distributed.cli.{module}", *arguments],
            cwd=self.folder,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # a worker and its nanny end together
        )
        self.processes.append(process)
        return process

    def worker(self, *options):
        """One more worker of one thread, without a nanny that would start it anew."""
        return self.start("dask_worker", self.address, "--nthreads", "1", "--no-dashboard",
                          *(options or ["--no-nanny"]))  # fmt: skip

    def close(self):
        for process in reversed(self.processes):
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@pytest.fixture(scope="module")
def machines(tmp_path_factory):
    machines = Machines(tmp_path_factory.mktemp("dask"))
    machines.workers = [machines.worker(), machines.worker()]
    with distributed.Client(machines.address, set_as_default=False) as client:
        client.wait_for_workers(2, timeout=60)
    yield machines
    machines.close()


@pytest.fixture
def pieces(folder):
    """Small pieces of a photo, and their jobs, by paths that mean the same everywhere."""
    photo = skimage.data.chelsea()
    (folder / "out").mkdir()
    jobs = []
    for i in range(30):
        Image.fromarray(photo[5 * i : 5 * i + 80, :90]).save(f"{i}.png")
        jobs.append(Job(str(folder / f"{i}.png"), ((0, str(folder / "out" / f"{i}.npy")),)))
    return jobs


def check(jobs):
    for job in jobs:
        expected = conv2d(read_image(job.source), EDGE)
        assert np.array_equal(read_image(job.targets[0][1]), expected)


def test_all_jobs_are_done(machines, pieces):
    found = dict(do_all(pieces, WORK, scheduler=machines.address))
    assert [found[job].error for job in pieces] == [None] * 30
    check(pieces)


def test_the_command_gives_the_same_on_a_cluster(machines, pieces, convtool, folder):
    command = ["run", "conv -k log5 | relu | pool", *(f"{i}.png" for i in range(30))]
    (folder / "3.png").write_bytes(b"no image")
    here = convtool(*command, "-d", "here", "--json", "--threads", "2")
    there = convtool(*command, "-d", "there", "--json", "--scheduler", machines.address)
    assert (here.returncode, there.returncode) == (1, 1)
    names = sorted(os.listdir("here"))
    assert names == sorted(os.listdir("there"))
    assert len(names) == 29
    for name in names:
        assert (folder / "here" / name).read_bytes() == (folder / "there" / name).read_bytes()
    for result in (here, there):
        assert result.stdout.count(b"\n") == 30
        assert result.stderr.count(b"3.png: is no image") == 1
        assert b"convtool: 29 done, 0 skipped, 1 failed, in " in result.stderr.splitlines()[-1]
    assert b'"output": "there/5-log5-relu-max2.png"' in there.stdout


def test_a_worker_that_is_killed_in_the_middle(machines, pieces):
    victim = machines.worker()
    with distributed.Client(machines.address, set_as_default=False) as client:
        client.wait_for_workers(3, timeout=60)
    with Cluster(machines.address, WORK) as crew:
        crew.most = 2
        found = {}
        for number, (job, outcome) in enumerate(outcomes(pieces, crew)):
            found[job] = outcome.error
            if number == 2:
                os.killpg(victim.pid, signal.SIGKILL)
    assert found == dict.fromkeys(pieces)
    check(pieces)


DEADLY = """
import os

class Deadly:
    def bind(self, header):
        os._exit(3)
"""


def test_an_image_that_kills_its_workers_is_a_failure(machines, pieces, folder, monkeypatch):
    """Three workers die of it; a nanny starts each anew, elsewhere."""
    (folder / "deadly.py").write_text(DEADLY)
    monkeypatch.syspath_prepend(str(folder))
    from deadly import Deadly

    own = Machines(folder)
    try:
        monkeypatch.setenv("PYTHONPATH", str(folder))
        own.worker("--nanny")
        own.worker("--nanny")
        work = Work(((Conv(EDGE),), (Deadly(),)), "npy")
        jobs = [*pieces[:12], Job(pieces[12].source, ((1, pieces[12].targets[0][1]),)),
                *pieces[13:]]  # fmt: skip
        with distributed.Client(own.address, set_as_default=False) as client:
            client.wait_for_workers(2, timeout=60)
        with Cluster(own.address, work) as crew:
            found = {job.source: outcome.error for job, outcome in outcomes(jobs, crew)}
        deadly = pieces[12].source
        assert found.pop(deadly) == f"{deadly}: 3 workers died of it"
        assert set(found.values()) == {None}
        check(pieces[:12] + pieces[13:])
    finally:
        own.close()


def test_nobody_answers(folder):
    with pytest.raises(ConvtoolError, match=r"^scheduler tcp://127.0.0.1:1 does not answer"):
        list(do_all([Job("a", ()), Job("b", ())], WORK, scheduler="tcp://127.0.0.1:1"))


def test_a_scheduler_that_goes_away(pieces, folder):
    own = Machines(folder)

    def run():
        with Cluster(own.address, WORK) as crew:
            for _ in outcomes(pieces * 40, crew):
                if own.scheduler.poll() is None:
                    os.killpg(own.scheduler.pid, signal.SIGKILL)

    try:
        own.worker()
        with distributed.Client(own.address, set_as_default=False) as client:
            client.wait_for_workers(1, timeout=60)
        with pytest.raises(ConvtoolError, match=r"is gone"):
            run()
    finally:
        own.close()
