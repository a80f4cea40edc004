import os
import subprocess
import sys
import threading
import weakref

import numpy as np
import pytest
from helpers.running import LIMIT

from convtool import ConvtoolError, conv2d, get_threads, pool2d, set_threads
from convtool.core.threads import AHEAD, in_order, on_threads, usable_cores


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
    done, names, together = [], set(), threading.Barrier(3, timeout=LIMIT)

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


BLAS_CHECK = """
import threading, numpy, threadpoolctl
from convtool.core.threads import one_blas_thread

def threads():
    info = threadpoolctl.threadpool_info()
    return [pool["num_threads"] for pool in info if pool["user_api"] == "blas"]

before = threads()
in_helper, leave = threading.Event(), threading.Event()

def help():
    with one_blas_thread():
        in_helper.set()
        leave.wait()

helper = threading.Thread(target=help)
helper.start()
in_helper.wait()
assert set(threads()) <= {1}, threads()
with one_blas_thread():
    assert set(threads()) <= {1}, threads()
    leave.set()
    helper.join()
    assert set(threads()) <= {1}, threads()
assert threads() == before, (before, threads())
with one_blas_thread():
    assert set(threads()) <= {1}, threads()
assert threads() == before, (before, threads())
"""


def test_blas_keeps_to_one_thread_until_the_last_thread_lets_go():
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "2"}
    subprocess.run([sys.executable, "-c", BLAS_CHECK], check=True, env=environment)


def test_products_are_the_same_bytes_and_blas_is_as_before():
    code = (
        "import numpy as np, threadpoolctl as t, convtool as c\n"
        "before = [p['num_threads'] for p in t.threadpool_info()]\n"
        "image = np.random.default_rng(0).integers(0, 256, (900, 1500, 3), dtype=np.uint8)\n"
        "weights = np.random.default_rng(1).normal(size=(7, 7))\n"
        "one = c.conv2d(image, weights, method='product', threads=1).tobytes()\n"
        "for n in (2, 3, 2):\n"
        "    assert c.conv2d(image, weights, method='product', threads=n).tobytes() == one\n"
        "assert [p['num_threads'] for p in t.threadpool_info()] == before\n"
    )
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "2"}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment)


@pytest.mark.parametrize("mode", ["max", "mean", "median"])
def test_pools_are_the_same_bytes_on_any_number_of_threads(mode, monkeypatch):
    monkeypatch.setattr("convtool.core.geometry.BAND_ELEMENTS", 5000)
    image = np.random.default_rng(1).random((400, 100, 3)).astype(np.float32)
    one = pool2d(image, 3, mode, stride=1, padding=1, threads=1)
    assert pool2d(image, 3, mode, stride=1, padding=1, threads=4).tobytes() == one.tobytes()


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_results_come_in_the_order_of_the_items(threads):
    done = [threading.Event() for _ in range(40)]

    def work(item):
        makes_the_items = threading.current_thread() is threading.main_thread()
        if item % 2 == 0 and not makes_the_items:
            assert done[item + 1].wait(LIMIT)
        done[item].set()
        return item * item

    assert list(in_order(work, range(40), threads)) == [item * item for item in range(40)]


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_few_items_are_under_way_at_once(threads):
    made, taken, most = 0, 0, 0

    def items():
        nonlocal made, most
        for item in range(60):
            made += 1
            most = max(most, made - taken)
            yield item

    for _ in in_order(lambda item: item, items(), threads):
        taken += 1
    assert most <= AHEAD * threads + 1


@pytest.mark.parametrize("threads", [1, 3])
def test_an_error_comes_in_its_turn_and_ends_the_threads(new_threads, threads):
    results = in_order(lambda item: 1 / (item - 5), range(100), threads)
    assert [next(results) for _ in range(5)] == [1 / (item - 5) for item in range(5)]
    with pytest.raises(ZeroDivisionError):
        next(results)
    assert not new_threads()


def test_an_error_in_making_the_items_is_raised_after_what_was_made(new_threads):
    def items():
        yield from (1, 2)
        raise KeyError("no more")

    with pytest.raises(KeyError):
        list(in_order(lambda item: item, items(), 2))
    assert not new_threads()


def test_giving_up_ends_the_threads_and_drops_what_has_not_begun(new_threads):
    done = []
    results = in_order(done.append, range(1000), 3)
    next(results)
    results.close()
    assert not new_threads()
    assert len(done) < 20


class Item:
    """What can tell that nobody holds it any more."""

    def __init__(self, number):
        self.number = number


def items(count, dropped):
    """Items; the event is set when the third from the start is dropped."""
    for number in range(count):
        item = Item(number)
        if number == 2:
            weakref.finalize(item, dropped.set)
        yield item
        del item


def test_an_interrupt_does_not_wait_for_its_turn(new_threads):
    dropped = threading.Event()

    def work(item):
        if threading.current_thread() is threading.main_thread():
            raise KeyboardInterrupt
        if item.number == 0:
            assert dropped.wait(LIMIT)

    with pytest.raises(KeyboardInterrupt):
        list(in_order(work, items(50, dropped), 2))
    for thread in new_threads():
        thread.join()


def test_an_interrupt_waits_for_no_thread(new_threads):
    over = threading.Event()

    def work(item):
        if threading.current_thread() is threading.main_thread():
            raise KeyboardInterrupt
        over.wait(LIMIT)

    with pytest.raises(KeyboardInterrupt):
        list(in_order(work, range(50), 2))
    assert new_threads(), "they have been waited for"
    over.set()
    for thread in new_threads():
        thread.join()


def test_what_waits_for_a_thread_is_not_begun_after_giving_up():
    begun, at_work, dropped = [], threading.Event(), threading.Event()

    def broken_off():
        yield from items(4, dropped)
        assert at_work.wait(LIMIT)
        raise KeyError("no more")

    def work(item):
        begun.append(item.number)
        at_work.set()
        assert dropped.wait(LIMIT)

    with pytest.raises(KeyError):
        list(in_order(work, broken_off(), 2))
    assert begun == [0]


def test_more_threads_than_a_system_starts_are_as_many_as_help():
    image = np.ones((4, 5))
    assert np.array_equal(conv2d(image, [[1]], threads=10**9), image)
