"""What tests wait for: conditions, never a time. And which processes there are, where /proc is."""

import os
import time
from contextlib import suppress

import pytest

LIMIT = 600
"""Seconds after which something hangs, on a busy machine too: for that alone, in every test."""

PARENT, SESSION = 1, 3
"""Fields of /proc/PID/stat behind the name."""

needs_proc = pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="no /proc on this system")


def wait_until(condition):
    """Wait until a function returns something true."""
    end = time.monotonic() + LIMIT
    while not condition():
        assert time.monotonic() < end, "it hangs"
        time.sleep(0.002)


def pipe_to_reader(path):
    """A named pipe, open for writing: somebody has opened it, and waits for what comes."""
    found = []

    def has_reader():
        with suppress(OSError):  # as long as there is none
            found.append(os.open(path, os.O_WRONLY | os.O_NONBLOCK))
        return found

    wait_until(has_reader)
    os.set_blocking(found[0], True)
    return open(found[0], "wb")


def running(field: int, value: int) -> list[int]:
    """The processes whose parent or session is this one, and that have not ended."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/stat") as file:
                fields = file.read().rpartition(")")[2].split()
        except OSError:  # it has just ended
            continue
        if int(fields[field]) == value and fields[0] != "Z":
            found.append(int(pid))
    return found
