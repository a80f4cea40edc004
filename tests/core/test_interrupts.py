"""Signals that come where Python swallows what a handler raises."""

import signal
import subprocess
import sys

import pytest
from helpers.running import LIMIT

SWALLOWED = """
import os, signal, weakref
from convtool.core.interrupts import Interrupted, end_on, heed_swallowed

class Thing:
    pass

{setup}
heed_swallowed()
thing = Thing()
weakref.finalize(thing, lambda: os.kill(os.getpid(), {number}) or [1 for _ in range(9)])
try:
    del thing
    signal.pause()
except KeyboardInterrupt as error:
    print("heeded", getattr(error, "number", "by Ctrl-C"))
"""


@pytest.mark.skipif(not hasattr(signal, "pause"), reason="no signal.pause on this system")
@pytest.mark.parametrize(
    ("setup", "number", "heeded"),
    [
        ("end_on(signal.SIGTERM)", signal.SIGTERM, b"heeded 15\n"),
        (
            "signal.signal(signal.SIGINT, signal.default_int_handler)",
            signal.SIGINT,
            b"heeded by Ctrl-C\n",
        ),
    ],
)
def test_a_signal_in_a_finalizer_is_heeded(setup, number, heeded):
    code = SWALLOWED.format(setup=setup, number=int(number))
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, timeout=LIMIT, check=False
    )
    assert (result.stdout, result.stderr) == (heeded, b"")


PENDING = """
import os, signal, threading
from convtool.core.interrupts import end_on, heed_pending

def strike():
    if os.read(waits, 1):
        # Python's handler notes it on this thread, and breaks off no call of the main one.
        signal.pthread_kill(threading.get_ident(), signal.{name})

end_on(signal.{name})
heed_pending()
waits, goes = os.pipe()
empty, never = os.pipe()
threading.Thread(target=strike, daemon=True).start()
try:
    os.write(goes, b"1")
    os.read(empty, 1)
except KeyboardInterrupt as error:
    print("heeded", error.number)
"""


@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="no pthread_kill on this system")
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_a_signal_that_breaks_off_nothing_is_heeded(name):
    code = PENDING.format(name=name)
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, timeout=LIMIT, check=False
    )
    assert (result.stdout, result.stderr) == (b"heeded %d\n" % signal.Signals[name], b"")


def test_what_else_is_swallowed_is_told():
    code = (
        "import weakref\nfrom convtool.core.interrupts import heed_swallowed\nheed_swallowed()\n"
        "class Thing: pass\nthing = Thing()\nweakref.finalize(thing, lambda: 1 / 0)\ndel thing"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, timeout=LIMIT, check=False
    )
    assert b"ZeroDivisionError" in result.stderr
