import threading

import pytest
from helpers.running import LIMIT, wait_until

from convtool.core.prefetch import Ahead, Later


def test_a_result_that_comes_later():
    started = threading.Event()
    later = Later(lambda: (started.set(), 7)[1])
    assert started.wait(LIMIT)
    assert later.result() == later.result() == 7


def test_an_error_that_comes_later():
    later = Later(lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        later.result()


def test_items_are_made_ahead_and_no_further():
    made = asked = most = 0

    def items():
        nonlocal made, most
        for item in range(100):
            made += 1
            most = max(most, made - asked)
            yield item

    ahead = iter(Ahead(items(), 3))
    wait_until(lambda: made >= 4)  # three wait, and one has no room yet
    for item in range(100):
        asked += 1
        assert next(ahead) == item
    assert most == 4


def test_an_error_comes_after_the_items_before_it():
    def items():
        yield 1
        raise KeyError

    ahead = iter(Ahead(items(), 5))
    assert next(ahead) == 1
    with pytest.raises(KeyError):
        next(ahead)


@pytest.mark.parametrize("taken", [0, 2])
def test_closing_ends_the_thread(new_threads, taken):
    ahead = Ahead(iter(range(1000)), 2)
    items = iter(ahead)
    for _ in range(taken):
        next(items)
    ahead.close()
    assert not new_threads()


def test_what_may_stall_is_not_waited_for():
    comes = threading.Event()

    def items():
        yield 1
        comes.wait(LIMIT)
        yield 2

    before = set(threading.enumerate())
    ahead = Ahead(items(), 2, may_stall=True)
    assert next(iter(ahead)) == 1
    ahead.close()
    (left,) = set(threading.enumerate()) - before
    assert not comes.is_set()
    comes.set()
    left.join()
