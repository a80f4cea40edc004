import os
import subprocess
import sys
import threading

import numpy as np
import pytest

from convtool import ConvtoolError, conv2d, get_threads, pool2d, set_threads
from convtool.threads import on_threads, one_blas_thread, usable_cores


@pytest.fixture(autouse=True)
def default_threads():
    yield
    set_threads(None)


def test_the_default_is_every_core_that_may_be_used():
    assert get_threads() == usable_cores() >= 1
    set_threads(3)
    assert get_threads() == 3
    set_threads(None)
    assert get_threads() == usable_cores()


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="no affinity on this system")
def test_cores_are_those_that_the_process_is_given():
    code = (
        "import os; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})\n"
        "import convtool; assert convtool.get_threads() == 1"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("threads", [0, -1, 1.5, "two", True])
def test_bad_numbers_of_threads(threads):
    for call in (
        lambda: set_threads(threads),
        lambda: conv2d([[1]], [[1]], threads=threads),
        lambda: pool2d([[1]], 1, threads=threads),
    ):
        with pytest.raises(ConvtoolError, match="threads is"):
            call()


def test_every_item_is_done_once_and_on_so_many_threads():
    done, names, together = [], set(), threading.Barrier(3, timeout=60)

    def work(item):
        if item < 3:
            together.wait()
        names.add(threading.current_thread().name)
        done.append(item)

    on_threads(work, range(50), 3)
    assert sorted(done) == list(range(50))
    assert len(names) == 3
    assert threading.current_thread().name in names


def test_the_first_error_stops_the_rest_and_is_raised():
    done = []

    def work(item):
        if item == 2:
            raise IndexError("no such item")
        done.append(item)

    with pytest.raises(IndexError, match="no such item"):
        on_threads(work, range(10_000), 2)
    assert len(done) < 10_000


def test_blas_keeps_to_one_thread_meanwhile_and_is_let_go_after():
    threadpoolctl = pytest.importorskip("threadpoolctl")

    def threads():
        return [pool["num_threads"] for pool in threadpoolctl.threadpool_info()
                if pool["user_api"] == "blas"]  # fmt: skip

    with threadpoolctl.threadpool_limits(2, user_api="blas"):
        before = threads()
        with one_blas_thread(), one_blas_thread():
            assert set(threads()) <= {1}
        assert threads() == before


@pytest.mark.parametrize("mode", ["max", "mean", "median"])
def test_pools_are_the_same_bytes_on_any_number_of_threads(mode, monkeypatch):
    monkeypatch.setattr("convtool.geometry.BAND_ELEMENTS", 5000)
    image = np.random.default_rng(1).random((400, 100, 3)).astype(np.float32)
    one = pool2d(image, 3, mode, stride=1, padding=1, threads=1)
    assert pool2d(image, 3, mode, stride=1, padding=1, threads=4).tobytes() == one.tobytes()
