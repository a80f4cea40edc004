"""Which processes there are, on systems that have /proc."""

import os

import pytest

PARENT, SESSION = 1, 3
"""Fields of /proc/PID/stat behind the name."""

needs_proc = pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="no /proc on this system")


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
