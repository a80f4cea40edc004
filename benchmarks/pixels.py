"""What it costs to heed what pixels mean: convtool beside itself, with and without."""

import sys
from pathlib import Path

import click
import numpy as np
import tifffile
from PIL import Image

from .commands import photo
from .job import OURS, SCRIPTS, SLOW, Commands, Job, measure, own, report

PLAIN = "without"


def run(rounds: int, work: Path, out: Path) -> None:
    """Measure all, and write pixels.md to a folder."""
    work.mkdir(parents=True, exist_ok=True)
    found = []
    targets: list[tuple[str, object, str]] = []
    for job, target in jobs(work):
        measure(job, rounds)
        click.echo(str(job))
        found.append(job)
        targets.append((job.name, target, f"{job.ratio(job.peers[0]):.2f}"))
    out.mkdir(parents=True, exist_ok=True)
    text = report(
        "What pixels mean, and what it costs",
        f"Medians of {rounds} interleaved rounds of whole processes; what takes more than "
        f"{SLOW:g} seconds is run once.",
        "Each job beside the same one with the option's other value; TIFF beside scripts.",
        targets,
        found,
    )
    (out / "pixels.md").write_text(text)


def jobs(work: Path) -> list[tuple[Job, str]]:
    """Every job, and how long it may take of the time without."""
    soft, holes = _soft(work), _holes(work)
    color = photo(work, 12, ".png")
    blur, mean = ("conv", "-k", "gaussian:5"), ("pool", "-m", "mean")
    found = [
        ("12 MP RGBA, Gaussian 5x5, --alpha weight over keep", soft, "o.png",
         _pair(blur, "--alpha", "weight", "keep"), "1.6"),
        ("12 MP RGBA, mean 2x2, --alpha weight over keep", soft, "o.png",
         _pair(mean, "--alpha", "weight", "keep"), "1.6"),
        ("12 MP RGB, Gaussian 5x5, --light linear over encoded", color, "o.png",
         _pair(blur, "--light", "linear", "encoded"), "2"),
        ("12 MP RGB, mean 2x2, --light linear over encoded", color, "o.png",
         _pair(mean, "--light", "linear", "encoded"), "2"),
        *((f"12 MP of float32, {words[2]}, --missing skip over propagate", holes, "o.npy",
           _pair(words, "--missing", "skip", "propagate"), "2.5")
          for words in (("conv", "-k", "box3"), blur, mean, ("pool", "-m", "max"),
                        ("pool", "-m", "median", "-s", "3"))),
    ]  # fmt: skip
    floats = _floats(work)
    for kernel, flag in (("edge", "filter2D"), ("gaussian:9", "sepFilter2D")):
        peer = _tiffs(kernel, flag)
        name = f"12 MP of float32, TIFF to TIFF, {kernel}, over tifffile and OpenCV's {flag}"
        found.append((name, floats, "o.tif", peer, "0.6"))
    return [
        (Job(name, 12, source, str(work / target), commands), limit)
        for name, source, target, commands, limit in found
    ]


def _pair(words: tuple[str, ...], option: str, with_: str, without: str) -> Commands:
    """The command with an option's two values."""

    def command(value: str, source: str, target: str) -> list[str]:
        return [own(), words[0], source, *words[1:], option, value, "-qo", target]

    return {
        OURS: lambda a, b: command(with_, a, b),
        PLAIN: lambda a, b: command(without, a, b),
    }


def _tiffs(kernel: str, flag: str) -> Commands:
    """A TIFF of floats through a kernel, beside a script by tifffile and OpenCV."""
    script = str(SCRIPTS / "tiff_with_opencv.py")
    return {
        OURS: lambda a, b: [own(), "conv", a, "-k", kernel, "-qo", b],
        "tifffile and OpenCV": lambda a, b: [sys.executable, script, a, b, flag],
    }


def _floats(work: Path) -> str:
    """The photo in grey as an uncompressed TIFF of float32."""
    path = work / "floats-12.tif"
    if not path.exists():
        with Image.open(photo(work, 12, ".png", "L")) as image:
            tifffile.imwrite(path, np.asarray(image, np.float32))
    return str(path)


def _soft(work: Path) -> str:
    """The photo with an alpha that rises from left to right, so that little of it is opaque."""
    path = work / "RGBA-12.png"
    if not path.exists():
        with Image.open(photo(work, 12, ".png")) as image:
            ramp = np.linspace(0, 255, image.width).astype(np.uint8)
            image.putalpha(Image.fromarray(np.tile(ramp, (image.height, 1))))
            image.save(path, compress_level=1)
    return str(path)


def _holes(work: Path) -> str:
    """The photo in grey as numbers, of which one in twenty is missing."""
    path = work / "holes-12.npy"
    if not path.exists():
        with Image.open(photo(work, 12, ".png", "L")) as image:
            values = np.asarray(image, np.float32).copy()
        values[np.random.default_rng(0).random(values.shape) < 0.05] = np.nan
        np.save(path, values)
    return str(path)
