"""How far many images have come: a bar on a terminal, and lines that do not break it."""

import sys
import time
from types import TracebackType

import click

from .messages import say_line

CLEAR = "\r\033[K"


class Progress:
    """A bar on stderr with images, rate and time left, if that is a terminal and it is wanted."""

    def __init__(self, length: int, wanted: bool) -> None:
        on_terminal = sys.stderr is not None and sys.stderr.isatty()
        self._shown = wanted and on_terminal and length > 1
        self._bar = click.progressbar(
            length=length,
            file=sys.stderr,
            hidden=not self._shown,
            show_pos=True,
            show_eta=True,
            item_show_func=lambda rate: rate,
        )
        self._start = time.monotonic()
        self._done = 0

    def __enter__(self) -> "Progress":
        self._bar.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._bar.__exit__(kind, error, traceback)

    def step(self) -> None:
        """One more image is dealt with."""
        self._done += 1
        seconds = time.monotonic() - self._start
        self._bar.update(1, f"{self._done / max(seconds, 1e-3):.1f} images/s")

    def clear(self) -> None:
        """Take the bar away from under what stdout says on the same terminal."""
        if self._shown and sys.stdout is not None and sys.stdout.isatty():
            click.echo(CLEAR, err=True, nl=False)

    def say(self, *lines: str) -> None:
        """Words for a person, on stderr; the bar goes on below them."""
        for line in lines:
            say_line(f"convtool: {line}", CLEAR if self._shown else "")
