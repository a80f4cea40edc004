"""How the work on many images goes on and ended: a bar, image by image, and in all."""

import json
import sys
import time
from collections.abc import Sequence
from functools import reduce
from types import TracebackType
from typing import TYPE_CHECKING, NamedTuple

import click

from .inputs import Image
from .messages import say_line, say_text

if TYPE_CHECKING:
    from convtool.batch.job import Outcome
    from convtool.core.choices import Range
    from convtool.io.formats import Format
    from convtool.ops.base import Operator
    from convtool.ops.registry import Maps
    from convtool.pipeline.run import Report


CLEAR = "\r\033[K"

LEAST_TOLD = 0.005
"""The share of clipped values from which on it is told, of kernels that do not sum to 0."""


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
            say_text(CLEAR, end="")

    def say(self, *lines: str) -> None:
        """Words for a person, on stderr; the bar goes on below them."""
        for line in lines:
            say_line(f"convtool: {line}", CLEAR if self._shown else "")


def notes_on_lost(
    reports: "Sequence[Report]", format_: "Format", range_: "Range | None", maps: "Maps"
) -> list[str]:
    """What of the values of all these maps the pixels do not show, in words for a person."""
    from convtool.pipeline.tone import Lost

    notes = []
    if any(report.narrowed for report in reports):
        notes.append(f"{format_.name} holds 8 bits of such a map: 16 became 8; PNG holds 16")
    values = sum(report.values for report in reports)
    lost = reduce(Lost.plus, (report.lost for report in reports), Lost())
    where = f" of {len(reports)} maps" if len(reports) > 1 else ""
    if lost.undefined:
        notes.append(f"{_percent(lost.undefined / values)} of the values{where} are NaN: black")
    clipped = lost.below + lost.above
    signed = range_ in (None, "clip", "abs") and any(map(_sums_to_zero, maps.values()))
    if clipped and (signed or clipped / values >= LEAST_TOLD):
        kinds = {"below black": lost.below, "above white": lost.above}
        parts = [f"{_percent(count / values)} {kind}" for kind, count in kinds.items() if count]
        hint = "; --range center or normalize shows them" if signed else ""
        notes.append(
            f"{_percent(clipped / values)} of the values{where} were clipped "
            f"({', '.join(parts)}){hint}"
        )
    return notes


def _sums_to_zero(operators: "Sequence[Operator]") -> bool:
    """Whether the last convolution of a map has values around 0, as of edges."""
    known = (getattr(operator, "sums_to_zero", None) for operator in reversed(operators))
    return next((sums for sums in known if sums is not None), False)


def _percent(share: float) -> str:
    return "less than 0.1%" if share < 0.001 else f"{share:.1%}"


class Planned(NamedTuple):
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

    def skip(self, plan: Planned) -> None:
        """Tell of the files that were there; the image counts if they are all of its maps'."""
        self.skipped += not plan.files
        for file in plan.there:
            self._print(plan, "skipped", file)

    def add(self, plan: Planned, outcome: "Outcome") -> None:
        """Tell of an image that was worked on."""
        self.maps += outcome.reports
        self.failed += outcome.error is not None
        self.done += outcome.error is None
        for file, report in zip(plan.files, outcome.reports, strict=False):
            self._print(plan, "done", file, report, outcome.seconds)
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

    def _print(
        self,
        plan: Planned,
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
            "clipped": (report.lost.below + report.lost.above) / report.values if report else None,
            "error": error,
        }
        self.progress.clear()
        click.echo(json.dumps(line))
