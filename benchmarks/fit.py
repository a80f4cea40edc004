"""A kernel learned from two pictures, beside the convolution that made the one of the other."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import click

from .commands import photo
from .job import OURS, Commands, Job, measure, own, report

CONV = "convtool conv"
SMALL, LARGE = 12, 48
"""Megapixels."""
MOST_TIMES = 10.0
"""Our time over conv's own."""
MOST_MORE = 1.5
"""Peak memory for the large pair over that for the small one."""


def run(rounds: int, work: Path, out: Path) -> None:
    """Measure all, and write fit.md to a folder."""
    work.mkdir(parents=True, exist_ok=True)
    found = []
    for megapixels, kernel, more in (
        (SMALL, "gaussian5", []),
        (SMALL, "gaussian5", ["--rational"]),
        (SMALL, "gaussian7", ["--rational"]),
        (LARGE, "gaussian5", []),
    ):
        job = learning(work, megapixels, kernel, more)
        measure(job, rounds)
        found.append(job)
        click.echo(str(job))
    out.mkdir(parents=True, exist_ok=True)
    text = report(
        "A kernel learned from two pictures",
        f"Medians of {rounds} interleaved rounds of whole processes.",
        "Two RGB PNGs, the one made of the other by convtool conv with a bundled kernel. "
        "gaussian7, over a divisor of 4096, is found from the bounds of rounding.",
        _targets(found),
        found,
    )
    (out / "fit.md").write_text(text)


def learning(work: Path, megapixels: float, kernel: str, more: list[str]) -> Job:
    """The job of finding a kernel again."""
    before = photo(work, megapixels, ".png")
    after = work / f"{kernel}-{megapixels:g}.png"
    if not after.exists():
        subprocess.run([own(), "conv", before, "-k", kernel, "-qo", str(after)], check=True)
    size = kernel[-1]
    commands: Commands = {
        OURS: lambda a, b: [own(), "fit", a, str(after), "-s", size, *more, "-qo", f"{b}/k.json"],
        CONV: lambda a, b: [own(), "conv", a, "-k", kernel, "-qo", f"{b}/map.png"],
    }
    results = work / "learned"
    results.mkdir(exist_ok=True)
    name = " ".join([f"{megapixels:g} MP, {kernel}", *more])
    return Job(name, megapixels, before, str(results), commands)


def _targets(found: list[Job]) -> Iterator[tuple[str, object, str]]:
    """The targets beside the measurements."""
    first, last = found[0], found[-1]
    for job in (first, found[1]):
        yield f"{job.name}, over conv's own time", MOST_TIMES, f"{job.ratio(CONV):.2f}"
    growth = last.measured[OURS].peak / first.measured[OURS].peak
    yield f"peak memory at {LARGE} MP over that at {SMALL} MP", MOST_MORE, f"{growth:.2f}"
