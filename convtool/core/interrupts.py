"""Signals that end the process as Ctrl-C does: by an exception in the main thread."""

import _thread
import signal
import sys
import threading
import time
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

SOON = 0.01
"""Seconds in which Python is done with what it swallowed."""


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


def heed_swallowed() -> None:
    """Have an interrupt come again that Python swallows, as it does in finalizers and callbacks."""
    sys.unraisablehook = _come_again


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
    _thread.start_new_thread(_send, (number,))


def _send(number: int) -> None:
    """Send the main thread a signal; where that can be, in the middle of a call of the system."""
    time.sleep(SOON)
    main = threading.main_thread().ident
    if hasattr(signal, "pthread_kill") and main is not None:
        signal.pthread_kill(main, number)
    else:
        _thread.interrupt_main(signal.Signals(number))
