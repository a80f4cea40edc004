"""How the work on many images ended, image by image and in all."""

import json
import time
from typing import TYPE_CHECKING, NamedTuple

import click

from .inputs import Image
from .progress import Progress

if TYPE_CHECKING:
    from convtool.batch.job import Outcome
    from convtool.pipeline.run import Report


class Plan(NamedTuple):
    """An image and the files of its maps."""

    image: Image
    files: tuple[str, ...]
    """Those that are still to be written."""
    there: tuple[str, ...] = ()
    """Those that exist already, and are left alone."""


class BatchReport:
    """Counts images, and tells of each on stdout and stderr."""

    def __init__(self, as_json: bool, quiet: bool, progress: Progress) -> None:
        self.maps: list[Report] = []
        self.done = self.skipped = self.failed = 0
        self._as_json = as_json
        self._quiet = quiet
        self.progress = progress
        self._start = time.monotonic()

    def skip(self, plan: Plan) -> None:
        """Tell of the files that were there; the image counts if they are all of its maps'."""
        self.skipped += not plan.files
        for file in plan.there:
            self._print(plan, "skipped", file)

    def add(self, plan: Plan, outcome: "Outcome") -> None:
        """Tell of an image that was worked on."""
        self.maps += outcome.reports
        for file, report in zip(plan.files, outcome.reports, strict=False):
            self._print(plan, "done", file, report, outcome.seconds)
        if outcome.error is not None:
            self.failed += 1
            self.progress.say(outcome.error)
            self._print(plan, "failed", seconds=outcome.seconds, error=outcome.error)
            return
        self.done += 1
        if not self._quiet:
            self.progress.say(*(f"{plan.image.path}: {note}" for note in outcome.notes))

    def summary(self, planned: int) -> str:
        """All counts in one line."""
        parts = [f"{self.done} done", f"{self.skipped} skipped", f"{self.failed} failed"]
        left = planned - self.done - self.skipped - self.failed
        if left:
            parts.append(f"{left} not begun or not finished (--skip-existing resumes)")
        return f"{', '.join(parts)}, in {time.monotonic() - self._start:.1f} s"

    def _print(
        self,
        plan: Plan,
        status: str,
        file: str | None = None,
        report: "Report | None" = None,
        seconds: float | None = None,
        error: str | None = None,
    ) -> None:
        """A line of JSON on stdout, if that is asked for."""
        if not self._as_json:
            return
        shape = None
        if report:
            shape = [report.output.height, report.output.width, len(report.output.channels)]
        line = {
            "input": plan.image.path,
            "output": file,
            "status": status,
            "shape": shape,
            "seconds": None if seconds is None else round(seconds, 6),
            "clipped": report.lost.total / report.values if report else None,
            "error": error,
        }
        self.progress.clear()
        click.echo(json.dumps(line))
