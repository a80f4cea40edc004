"""A real scheduler and two worker processes on the loopback."""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress

import numpy as np
import pytest
import skimage.data
from helpers.servers import Server, relay
from PIL import Image

from convtool import ConvtoolError, conv2d, find_kernel, read_image
from convtool.batch import dask, dask_client
from convtool.batch.dask import Cluster
from convtool.batch.job import Job, Outcome, Work
from convtool.batch.run import do_all
from convtool.batch.schedule import outcomes
from convtool.ops.conv import Conv

distributed = pytest.importorskip("distributed")

LONG = 600.0
"""Seconds that are never waited for but where something hangs, however busy the machine is."""

EDGE = find_kernel("edge")
WORK = Work(((Conv(EDGE),),))


class Machines:
    """A scheduler and its workers, each a process of its own."""

    def __init__(self, folder):
        self.folder = folder
        self.processes = []
        address = folder / "dask_client.json"
        options = ["--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--no-show"]
        self.scheduler = self.start("dask_scheduler", *options, "--scheduler-file", str(address))
        self.address = None
        deadline = time.monotonic() + LONG
        while not self.address and time.monotonic() < deadline:
            time.sleep(0.05)
            with suppress(OSError, ValueError):  # it is not there yet, or not all of it
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

    def wait_for_workers(self, count):
        with distributed.Client(self.address, timeout=LONG, set_as_default=False) as client:
            client.wait_for_workers(count, timeout=LONG)

    def wait_for_a_client(self):
        """One besides the one that asks."""

        def clients(dask_scheduler):
            return [name for name in dask_scheduler.clients if name.startswith("Client-")]

        with distributed.Client(self.address, timeout=LONG, set_as_default=False) as client:
            deadline = time.monotonic() + LONG
            while len(client.run_on_scheduler(clients)) < 2 and time.monotonic() < deadline:
                time.sleep(0.05)

    def close(self):
        for process in reversed(self.processes):
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@pytest.fixture(scope="module")
def machines(tmp_path_factory):
    machines = Machines(tmp_path_factory.mktemp("dask"))
    machines.workers = [machines.worker(), machines.worker()]
    machines.wait_for_workers(2)
    yield machines
    machines.close()


@pytest.fixture(autouse=True)
def patience(monkeypatch):
    """A busy machine is no reason to give a scheduler up."""
    monkeypatch.setattr(dask_client, "PATIENCE", 60.0)
    monkeypatch.setattr(dask_client, "ABSENCE", LONG)


@pytest.fixture
def pieces(folder):
    """Small pieces of a photo, and their jobs, by paths that mean the same everywhere."""
    photo = skimage.data.chelsea()
    (folder / "out").mkdir()
    jobs = []
    for i in range(30):
        Image.fromarray(photo[5 * i : 5 * i + 80, :90]).save(f"{i}.png")
        jobs.append(Job(str(folder / f"{i}.png"), ((0, str(folder / "out" / f"{i}.npy")),), "npy"))
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


def test_masks_travel_with_the_work(machines, pieces, convtool, folder):
    mask = np.zeros((80, 90), np.uint8)
    mask[20:50, 30:60] = 200
    Image.fromarray(mask).save("mask.png")
    command = ["conv", *(f"{i}.png" for i in range(4)), "-k", "box5", "--only", "mask.png",
               "--within", "mask.png"]  # fmt: skip
    assert convtool(*command, "-d", "here", "--threads", "1").returncode == 0
    assert convtool(*command, "-d", "there", "--scheduler", machines.address).returncode == 0
    for name in os.listdir("here"):
        assert (folder / "here" / name).read_bytes() == (folder / "there" / name).read_bytes()


def test_a_worker_that_is_killed_in_the_middle(machines, pieces):
    victim = machines.worker()
    machines.wait_for_workers(3)
    with Cluster(machines.address, WORK) as pool:
        pool.most = 2
        found = {}
        for number, (job, outcome) in enumerate(outcomes(pieces, pool)):
            found[job] = outcome.error
            if number == 2:
                os.killpg(victim.pid, signal.SIGKILL)
    assert found == dict.fromkeys(pieces)
    check(pieces)


DEADLY = """
import os

from convtool.ops.base import Operator


class Deadly(Operator):
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
        work = Work(((Conv(EDGE),), (Deadly(),)))
        jobs = [*pieces[:12], Job(pieces[12].source, ((1, pieces[12].targets[0][1]),), "npy"),
                *pieces[13:]]  # fmt: skip
        own.wait_for_workers(2)
        with Cluster(own.address, work) as pool:
            found = {job.source: outcome.error for job, outcome in outcomes(jobs, pool)}
        deadly = pieces[12].source
        assert found.pop(deadly) == f"{deadly}: 3 workers died of it"
        assert set(found.values()) == {None}
        check(pieces[:12] + pieces[13:])
    finally:
        own.close()


@pytest.fixture
def workerless(folder):
    """A scheduler for one test, without workers."""
    machines = Machines(folder)
    yield machines
    machines.close()


@pytest.fixture
def own(workerless):
    """A scheduler for one test, with one worker."""
    workerless.worker()
    workerless.wait_for_workers(1)
    return workerless


def test_a_scheduler_that_goes_away(pieces, own):
    def run():
        with Cluster(own.address, WORK) as pool:
            for _ in outcomes(pieces * 40, pool):
                if own.scheduler.poll() is None:
                    os.killpg(own.scheduler.pid, signal.SIGKILL)

    with pytest.raises(ConvtoolError, match=r"is gone: "):
        run()


def test_a_scheduler_that_says_nothing_any_more(pieces, own, monkeypatch):
    def run():
        with Cluster(own.address, WORK) as pool:
            for _ in outcomes(pieces * 40, pool):
                os.killpg(own.scheduler.pid, signal.SIGSTOP)
                monkeypatch.setattr(dask_client, "ABSENCE", 1.0)
                monkeypatch.setattr(dask, "PATIENCE", 1.0)

    with pytest.raises(ConvtoolError, match=r"is gone: it has not said anything for 1 seconds"):
        run()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_while_a_scheduler_says_nothing(pieces, workerless, number):
    code = (
        f"import convtool.batch.dask_client; convtool.batch.dask_client.ABSENCE = {LONG}\n"
        "from convtool.cli.process import main; main()"
    )
    command = ["conv", "1.png", "2.png", "-k", "edge", "-d", "out"]
    process = subprocess.Popen(
        [sys.executable, "-c", code, *command, "--scheduler", workerless.address],
        stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    workerless.wait_for_a_client()
    os.killpg(workerless.scheduler.pid, signal.SIGSTOP)
    process.send_signal(number)
    _, err = process.communicate(timeout=LONG)
    assert process.returncode == 128 + number
    assert err.splitlines()[0].startswith(b"convtool: 0 done, 0 skipped, 0 failed, 2 not begun")
    assert err.strip().count(b"\n") == 0


def test_a_connection_that_is_lost_for_a_while(pieces, own):
    """Dask connects again, and has forgotten what it was asked for."""

    def run():
        with Cluster(address, WORK) as pool:
            for number, _ in enumerate(outcomes(pieces * 40, pool)):
                if number == 0:
                    server.cut()

    with Server(relay(own.address.removeprefix("tcp://"))) as server:
        address = f"tcp://{server.location}"
        with pytest.raises(ConvtoolError, match=f"^scheduler {address} is gone: "):
            run()


class Slow:
    """A future that cannot be had at the first try."""

    status = "finished"

    def __init__(self, share):
        self._share = share
        self._tries = 0

    def add_done_callback(self, call):
        call(self)

    def result(self, timeout):
        self._tries += 1
        if self._tries == 1:
            raise TimeoutError
        return tuple(Outcome() for _ in self._share)


class SlowScheduler:
    """What is left of a cluster without Dask."""

    def __init__(self, address):
        self.client = self

    def workers(self):
        return {"worker": 1}

    def submit(self, call, work, share, **_):
        return Slow(share)

    def close(self):
        pass


def test_what_a_busy_worker_has_done_is_asked_for_again(monkeypatch):
    monkeypatch.setattr(dask, "Scheduler", SlowScheduler)
    jobs = [Job(f"{i}.png", (), "png") for i in range(20)]
    assert dict(do_all(jobs, WORK, scheduler="busy")) == dict.fromkeys(jobs, Outcome())
