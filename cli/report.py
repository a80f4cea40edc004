"""How the work on many images goes on and ended: a bar, image by image, and in all."""

import json
import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING, NamedTuple

import click

from convtool.core.frames import PLACE, existing

from .inputs import Image
from .messages import say_line, say_text

if TYPE_CHECKING:
    from convtool.batch.job import Outcome
    from convtool.pipeline.run import Report

CLEAR = "\r\033[K"


class Progress:
    """A bar on stderr with what is done, rate and time left, if that is a terminal and it is
    wanted."""

    def __init__(self, length: int, wanted: bool, unit: str = "images") -> None:
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
        self._unit = unit
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
        """One more is dealt with."""
        self._done += 1
        seconds = time.monotonic() - self._start
        self._bar.update(1, f"{self._done / max(seconds, 1e-3):.1f} {self._unit}/s")

    def clear(self) -> None:
        """Take the bar away from under what stdout says on the same terminal."""
        if self._shown and sys.stdout is not None and sys.stdout.isatty():
            say_text(CLEAR, end="")

    def say(self, *lines: str) -> None:
        """Words for a person, on stderr; the bar goes on below them."""
        for line in lines:
            say_line(f"convtool: {line}", CLEAR if self._shown else "")


class Planned(NamedTuple):
    """An image and the files of its maps."""

    image: Image
    files: tuple[str, ...]
    """Those that are still to be written."""
    there: tuple[str, ...] = ()
    """Those that exist already, and are left alone."""


class BatchReport:
    """Counts images, and tells of each on stdout and stderr."""

    def __init__(self, as_json: bool, quiet: bool, progress: Progress, first: int = 0) -> None:
        """`first` is the number of the first frame that is meant of each image."""
        self.maps: list[Report] = []
        self.done = self.skipped = self.failed = 0
        self._as_json = as_json
        self._quiet = quiet
        self._first = first
        self.progress = progress
        self._start = time.monotonic()

    def skip(self, plan: Planned) -> None:
        """Tell of the files that were there; the image counts if they are all of its maps'."""
        self.skipped += not plan.files
        for file in plan.there:
            self._print(plan, "skipped", existing(file) if PLACE in file else file)

    def add(self, plan: Planned, outcome: "Outcome") -> None:
        """Tell of an image that was worked on."""
        self.maps += outcome.reports
        self.failed += outcome.error is not None
        self.done += outcome.error is None
        for file, report in zip(plan.files, outcome.reports, strict=False):
            self._print(plan, "done", self._written(file, report), report, outcome.seconds)
        if outcome.error is not None:
            self.progress.say(outcome.error)
            self._print(plan, "failed", seconds=outcome.seconds, error=outcome.error)
            return
        if not self._quiet:
            self.progress.say(*(f"{plan.image.path}: {note}" for note in outcome.notes))

    def summary(self, planned: int) -> str:
        """All counts in one line."""
        parts = [f"{self.done} done", f"{self.skipped} skipped", f"{self.failed} failed"]
        left = planned - self.done - self.skipped - self.failed
        if left:
            parts.append(f"{left} not begun or not finished (--skip-existing resumes)")
        return f"{', '.join(parts)}, in {time.monotonic() - self._start:.1f} s"

    def _written(self, file: str, report: "Report") -> str | list[str]:
        """The file of a map, or those of its frames."""
        if PLACE not in file:
            return file
        from convtool.io.apart import names

        return list(names(file, range(self._first, self._first + report.output.depth)))

    def _print(
        self,
        plan: Planned,
        status: str,
        file: str | list[str] | None = None,
        report: "Report | None" = None,
        seconds: float | None = None,
        error: str | None = None,
    ) -> None:
        """A line of JSON on stdout, if that is asked for."""
        if not self._as_json:
            return
        line = {
            "input": plan.image.path,
            "output": file,
            "status": status,
            "shape": None,
            "seconds": None if seconds is None else round(seconds, 6),
            **dict.fromkeys(("clipped", "undefined", "transparent", "narrowed")),
            "error": error,
        }
        if report:
            output, lost = report.output, report.lost
            line |= {
                "shape": output.shape,
                "clipped": (lost.below + lost.above) / report.values,
                "undefined": lost.undefined / report.values,
                "transparent": lost.transparent / output.pixels,
                "narrowed": report.narrowed,
            }
        self.progress.clear()
        click.echo(json.dumps(line))
