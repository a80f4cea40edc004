import threading
import time

import pytest

from convtool.background import Ahead, Later


def test_a_result_that_comes_later():
    started = threading.Event()
    later = Later(lambda: (started.set(), 7)[1])
    assert started.wait(20)
    assert later.result() == later.result() == 7


def test_an_error_that_comes_later():
    later = Later(lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        later.result()


def test_items_are_made_ahead_and_no_further():
    made = []

    def items():
        for item in range(100):
            made.append(item)
            yield item

    ahead = Ahead(items(), 3)
    deadline = time.monotonic() + 20
    while len(made) < 4 and time.monotonic() < deadline:
        time.sleep(0.001)
    time.sleep(0.05)
    assert len(made) == 4  # three wait, and one has no room yet
    assert list(ahead) == list(range(100))


def test_an_error_comes_after_the_items_before_it():
    def items():
        yield 1
        raise KeyError

    ahead = iter(Ahead(items(), 5))
    assert next(ahead) == 1
    with pytest.raises(KeyError):
        next(ahead)


@pytest.mark.parametrize("taken", [0, 2])
def test_closing_ends_the_thread(taken):
    before = threading.active_count()
    ahead = Ahead(iter(range(1000)), 2)
    items = iter(ahead)
    for _ in range(taken):
        next(items)
    ahead.close()
    assert threading.active_count() == before


def test_what_may_stall_is_not_waited_for():
    comes = threading.Event()

    def items():
        yield 1
        comes.wait(60)
        yield 2

    before = set(threading.enumerate())
    ahead = Ahead(items(), 2, may_stall=True)
    assert next(iter(ahead)) == 1
    ahead.close()
    (left,) = set(threading.enumerate()) - before
    assert not comes.is_set()
    comes.set()
    left.join()
