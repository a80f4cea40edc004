"""Whole commands beside one another: how they are measured, and what is told of them."""

import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from statistics import median

import click

import convtool

from .machine import machine

OURS = "convtool"
SCRIPTS = Path(__file__).parent / "scripts"
SLOW = 6.0
"""Seconds: what takes longer is run once."""

Commands = dict[str, Callable[[str, str], list[str]]]
"""Name -> the command line for an input and an output."""


@dataclass
class Measured:
    """One program at one job, round by round."""

    seconds: list[float] = field(default_factory=list)
    peak: int = 0
    """Most memory in bytes."""
    size: int = 0
    """Bytes of the output."""


@dataclass
class Job:
    """What all programs are given to do."""

    name: str
    megapixels: float
    source: str
    target: str
    commands: Commands
    measured: dict[str, Measured] = field(default_factory=dict)

    def ratio(self, peer: str) -> float:
        """The median of our time over the peer's, round by round."""
        ours, theirs = self.measured[OURS].seconds, self.measured[peer].seconds
        if len(ours) == len(theirs):
            return median(a / b for a, b in zip(ours, theirs, strict=True))
        return median(ours) / median(theirs)

    def __str__(self) -> str:
        ours = f"{median(self.measured[OURS].seconds):.2f} s"
        ratios = (f"{peer} {self.ratio(peer):.2f}" for peer in self.peers)
        return f"{self.name}: {', '.join([ours, *ratios])}"

    @property
    def peers(self) -> list[str]:
        """The others, the quickest first."""
        others = [name for name in self.measured if name != OURS]
        return sorted(others, key=lambda name: median(self.measured[name].seconds))


def own() -> str:
    """The command, of the environment that this runs in."""
    return str(Path(sys.executable).parent / "convtool")


def measure(job: Job, rounds: int) -> None:
    """Run every program in every round; one more round before them does not count."""
    for number in range(rounds + 1):
        for name, command in job.commands.items():
            before = job.measured.get(name)
            if before and before.seconds and before.seconds[0] > SLOW and name != OURS:
                continue
            found = once(command(job.source, job.target), job.target)
            if found is None:
                click.echo(f"{job.name}: {name} fails, and is left out", err=True)
                job.commands = {n: c for n, c in job.commands.items() if n != name}
                job.measured.pop(name, None)
            elif before is None or (number == 1 and before.seconds[0] <= SLOW):
                job.measured[name] = found
            else:
                before.seconds += found.seconds
                before.peak = max(before.peak, found.peak)


def once(command: list[str], target: str) -> Measured | None:
    """One run; None if it fails."""
    path = Path(target)
    if path.is_dir():
        shutil.rmtree(path)
        path.mkdir()
    else:
        path.unlink(missing_ok=True)
    timed = [sys.executable, "-I", "-S", str(SCRIPTS / "timed.py"), *command]
    words = subprocess.run(timed, capture_output=True, text=True, check=True).stdout.split()
    seconds, peak, code = float(words[0]), int(words[1]) * 1024, int(words[2])
    if code:
        return None
    files = path.rglob("*") if path.is_dir() else [path]
    size = sum(file.stat().st_size for file in files if file.is_file())
    return Measured([seconds], peak, size)


def _table(job: Job) -> list[str]:
    """What was measured of a job, in Markdown."""
    rows = ((name, job.measured[name]) for name in (OURS, *job.peers))
    return [
        f"## {job.name}",
        "",
        "| | seconds | ratio | peak MB | output MB |",
        "| --- | --- | --- | --- | --- |",
        *(
            f"| {name} | {median(m.seconds):.3g} | "
            f"{'' if name == OURS else format(job.ratio(name), '.2f')} "
            f"| {m.peak / 1e6:.0f} | {m.size / 1e6:.2f} |"
            for name, m in rows
        ),
        "",
    ]


def report(
    title: str, how: str, what: str, targets: Iterable[tuple[str, object, str]], jobs: list[Job]
) -> str:
    """All tables in Markdown: targets beside what was measured, and each job."""
    lines = [
        f"# {title}",
        "",
        f"{_conditions()}. {how}",
        "",
        f"{what} The ratio is convtool's time over the peer's: below 1, convtool is quicker.",
        "",
        "| | target | measured |",
        "| --- | --- | --- |",
        *(f"| {name} | {target} | {value} |" for name, target, value in targets),
        "",
    ]
    for job in jobs:
        lines += _table(job)
    return "\n".join(lines)


def _conditions() -> str:
    """When, on what and with what the measurements were taken."""
    names = {"numpy": "NumPy", "pillow": "Pillow", "scipy": "SciPy"}
    names["distributed"] = "Dask distributed"
    versions = [f"convtool {convtool.__version__} ({convtool.engine()})"]
    versions += [f"{names[name]} {version(name)}" for name in names if find_spec(_MODULE[name])]
    if find_spec("cv2"):
        versions.append(f"OpenCV {import_module('cv2').__version__}")
    if find_spec("pyvips"):
        libvips = map(import_module("pyvips").version, range(3))
        versions.append(f"libvips {'.'.join(map(str, libvips))} by pyvips")
    return (
        f"{date.today():%d %B %Y}; {machine()}; Python {platform.python_version()}, "
        + ", ".join([*versions, *_programs()])
    )


_MODULE = {"pillow": "PIL"} | {n: n for n in ("numpy", "scipy", "distributed")}
"""Name of a package -> the module that it brings."""


def _programs() -> list[str]:
    """The programs that are here, with their versions."""
    found = []
    for name, arguments in (
        ("vips", ["--version"]),
        ("gm", ["version"]),
        ("convert-im6.q16", ["-version"]),
        ("oiiotool", ["--version"]),
        ("ffmpeg", ["-version"]),
    ):
        if path := shutil.which(name):
            result = subprocess.run([path, *arguments], capture_output=True, text=True, check=False)
            words = result.stdout.split("\n")[0].removeprefix("Version: ").split()
            found.append(" ".join(words[:3] if words[0] == "ffmpeg" else words[:2]))
    return found
