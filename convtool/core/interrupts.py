"""Signals that end the process as Ctrl-C does: by an exception in the main thread."""

import _thread
import os
import signal
import sys
import threading
import time
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

SOON = 0.01
"""Seconds in which Python is done with what it swallowed, or has come to a handler."""


class Interrupted(KeyboardInterrupt):
    """A signal.

    Not a SystemExit: Python's compiler, which may be at work on an import, loses that.
    """

    def __init__(self, number: int) -> None:
        self.number = number


_received: list[int] = []


def end_on(number: int) -> None:
    """Have a signal raise Interrupted.

    All but Ctrl-C do so once: a second one would come in the way of cleaning up.
    """
    signal.signal(number, _interrupt)


def received() -> int | None:
    """The number of the signal that came first: what it raised may have become another error."""
    return _received[0] if _received else None


def exit_code() -> int:
    """The exit code of a process that a signal ends."""
    return 128 + (received() or signal.SIGINT)


def heed_swallowed() -> None:
    """Have an interrupt come again that Python swallows, as it does in finalizers and callbacks."""
    sys.unraisablehook = _come_again


def heed_pending() -> None:
    """Have a signal come again that Python has not heeded soon.

    It looks for signals between its own steps, and where a call of the system is broken off. One
    that comes between the two, right before a pipe is read, would wait for as long as the pipe.
    """
    if not hasattr(signal, "pthread_kill"):
        return
    heard, told = os.pipe()
    os.set_blocking(told, False)
    signal.set_wakeup_fd(told, warn_on_full_buffer=False)
    os.register_at_fork(after_in_child=lambda: signal.set_wakeup_fd(-1))
    _thread.start_new_thread(_repeat, (heard,))


def _repeat(heard: int) -> None:
    while number := os.read(heard, 1):
        time.sleep(SOON)
        if signal.getsignal(number[0]) is _interrupt and number[0] not in _received:
            _send(number[0])


def _interrupt(number: int, _: object) -> NoReturn:
    _received.append(number)
    if number != signal.SIGINT:
        signal.signal(number, signal.SIG_IGN)
    raise Interrupted(number)


def _come_again(swallowed: "UnraisableHookArgs") -> None:
    error = swallowed.exc_value
    if not isinstance(error, KeyboardInterrupt):
        sys.__unraisablehook__(swallowed)
        return
    number: int = signal.SIGINT
    if isinstance(error, Interrupted):
        number = error.number
        end_on(number)
    _thread.start_new_thread(_send_soon, (number,))


def _send_soon(number: int) -> None:
    time.sleep(SOON)
    _send(number)


def _send(number: int) -> None:
    """Send the main thread a signal; where that can be, in the middle of a call of the system."""
    main = threading.main_thread().ident
    if hasattr(signal, "pthread_kill") and main is not None:
        signal.pthread_kill(main, number)
    else:
        _thread.interrupt_main(signal.Signals(number))
