"""How a process of the command begins and ends: signals, threads, exit codes."""

import gc
import os
import signal
import sys
from contextlib import suppress
from typing import NoReturn

from convtool.core.interrupts import end_on, exit_code, heed_pending, heed_swallowed, received

MANY_OBJECTS = 50_000
"""Objects made before Python looks for garbage among them: imports make many, and no garbage."""


def main() -> None:
    """The console script. A termination and a hang-up clean up like Ctrl-C does."""
    # BLAS would start a thread for each core as NumPy is imported, and these would wait busily.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    gc.set_threshold(MANY_OBJECTS)
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):  # Windows has no SIGHUP, and nohup ignores it
        number = getattr(signal, name, None)
        if number and signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler):
            end_on(number)
    heed_swallowed()
    heed_pending()
    try:
        _end(_run())
    except BaseException:
        if received() is None:
            raise
        _end(exit_code())


def _run() -> int:
    """Run the command; its exit code."""
    from .main import cli  # only now: a signal may come while modules are read

    try:
        cli.main(prog_name="convtool")
    except SystemExit as end:
        if received() is not None:
            # Frames that the signal broke off may hold a file that nobody else knows yet: without
            # them its generator ends, and removes it.
            end.__context__ = None
            gc.collect()
        return end.code if isinstance(end.code, int) else 0


def _end(code: int) -> NoReturn:
    """End the process. All is written and closed; for Python to take itself apart would be a tenth
    of a small job."""
    if sys.stdout is not None:
        with suppress(OSError):
            sys.stdout.flush()
    os._exit(code)
