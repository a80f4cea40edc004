"""Run a command, and print its seconds, its peak of memory in KiB and its exit code.

By a process of its own, which is small: a child's peak is never below its parent's size.
"""

import os
import sys
import time

start = time.perf_counter()
child = os.fork()
if child == 0:
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    os.execv(sys.argv[1], sys.argv[1:])
_, status, usage = os.wait4(child, 0)
print(time.perf_counter() - start, usage.ru_maxrss, os.waitstatus_to_exitcode(status))
