"""Volumes in memory beside SciPy and PyTorch, and stacks of frames from file to file."""

import shutil
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from statistics import geometric_mean, median
from typing import Any

import click
import numpy as np
import tifffile
from PIL import Image

import convtool

from . import peers
from .commands import photo
from .job import OURS, SCRIPTS, SLOW, Commands, Job, measure, own, report
from .timing import Run, interleaved, ratio

SIDE = 256
FRAMES, PAGES = 100, 64

Call = tuple[str, Any, dict[str, Run]]
"""(name, our call, the peers' by name)"""


def run(rounds: int, threads: int, work: Path, out: Path) -> None:
    """Measure all, and write volumes.md to a folder."""
    peers.set_threads(threads)
    convtool.set_threads(threads, keep_memory=True)
    work.mkdir(parents=True, exist_ok=True)
    lines: list[str] = []
    ratios: dict[str, list[float]] = {"SciPy": [], "torch": []}
    for name, mine, theirs in calls():
        times = interleaved({OURS: mine, **theirs}, rounds)
        found = {peer: ratio(times, OURS, peer) for peer in theirs}
        for peer, value in found.items():
            ratios[peer].append(value)
        cells = (f"{found[peer]:.2f}" if peer in found else "" for peer in ratios)
        lines.append(f"| {name} | {median(times[OURS]) * 1e3:.0f} | {' | '.join(cells)} |")
        click.echo(lines[-1])
    targets: list[tuple[str, object, str]] = []
    for peer, (mean, most) in {"SciPy": (0.1, 0.2), "torch": (0.5, 1.0)}.items():
        if ratios[peer]:
            name = f"{SIDE}^3 in memory over {peer}, geometric mean; worst"
            values = f"{geometric_mean(ratios[peer]):.2f}; {max(ratios[peer]):.2f}"
            targets.append((name, f"{mean}; {most}", values))
    found_jobs = []
    for job, target in jobs(work):
        measure(job, rounds)
        click.echo(str(job))
        found_jobs.append(job)
        targets += [(job.name, target, f"{job.ratio(peer):.2f}") for peer in job.peers]
    text = report(
        "Volumes and frames",
        f"Medians of {rounds} interleaved rounds; what takes more than {SLOW:g} seconds is run "
        "once.",
        f"Arrays of {SIDE}x{SIDE}x{SIDE} on {threads} threads, and whole commands.",
        targets,
        found_jobs,
    )
    table = [
        "| in memory | ms | over SciPy | over torch |",
        "| --- | --- | --- | --- |",
        *lines,
        "",
    ]
    out.mkdir(parents=True, exist_ok=True)
    (out / "volumes.md").write_text(text + "\n" + "\n".join(table))


def calls() -> Iterator[Call]:
    """Every job in memory, with the peers that are installed."""
    rng = np.random.default_rng(0)
    line = np.exp(-(np.arange(-3, 4) ** 2) / 2)
    gauss = np.multiply.outer(line, np.multiply.outer(line, line)) / line.sum() ** 3
    kernels = {f"{k}x{k}x{k}": rng.normal(size=(k, k, k)) for k in (3, 5, 9)}
    for dtype in ("float32", "uint8"):
        volume = rng.integers(0, 256, (SIDE, SIDE, SIDE)).astype(dtype)
        for name, weights in {**kernels, "gaussian 7x7x7": gauss}.items():
            separable = name.startswith("gaussian")
            theirs = dict(_convolutions(volume, weights, separable))
            yield f"{name}, {dtype}", partial(convtool.conv3d, volume, weights), theirs
        for size, stride in ((2, 2), (5, 1)):
            padding: Any = "same" if stride == 1 else 0
            mine = partial(convtool.pool3d, volume, size, stride=stride, padding=padding)
            theirs = dict(_pools(volume, size, stride))
            yield f"max {size}x{size}x{size}, stride {stride}, {dtype}", mine, theirs


def _convolutions(volume: Any, weights: Any, separable: bool) -> Iterator[tuple[str, Run]]:
    if ndimage := peers.installed("scipy.ndimage"):
        floats = volume.astype(np.float32)
        if separable:
            yield "SciPy", lambda: ndimage.gaussian_filter(floats, 1, radius=3, mode="nearest")
        else:
            yield "SciPy", lambda: ndimage.correlate(floats, weights, mode="nearest")
    if torch := peers.installed("torch"):
        tensor = torch.from_numpy(volume.astype(np.float32))[None, None]
        kernel = torch.from_numpy(weights.astype(np.float32))[None, None]
        conv = torch.nn.functional.conv3d
        yield "torch", lambda: conv(tensor, kernel, padding=weights.shape[0] // 2)


def _pools(volume: Any, size: int, stride: int) -> Iterator[tuple[str, Run]]:
    if ndimage := peers.installed("scipy.ndimage"):
        if stride == 1:
            yield "SciPy", lambda: ndimage.maximum_filter(volume, size)
        else:
            yield "SciPy", lambda: ndimage.maximum_filter(volume, size)[::2, ::2, ::2]
    if torch := peers.installed("torch"):
        tensor = torch.from_numpy(volume.astype(np.float32))[None, None]
        pool = torch.nn.functional.max_pool3d
        yield "torch", lambda: pool(tensor, size, stride, padding=(size // 2) * (stride == 1))


def jobs(work: Path) -> Iterator[tuple[Job, str]]:
    """Every job from file to file, and how long it may take of the peer's time."""
    animation, pages = _animation(work), _pages(work)
    commands: Commands = {OURS: lambda a, b: [own(), "conv", a, "-k", "edge", "-qo", b]}
    if magick := shutil.which("convert"):
        weights = "3x3: -1,-1,-1 -1,8,-1 -1,-1,-1"
        commands["ImageMagick"] = lambda a, b: [
            magick, a, "-coalesce", "-morphology", "Convolve", weights, b,
        ]  # fmt: skip
    name = f"{FRAMES} frames of 270x480, GIF to GIF, edge, over ImageMagick"
    megapixels = FRAMES * 270 * 480 / 1e6
    yield Job(name, megapixels, animation, str(work / "o.gif"), commands), "0.2"
    script = str(SCRIPTS / "pages_with_scipy.py")
    yield (
        Job(
            f"{PAGES} pages of 1000x1000 of 16 bits, TIFF to TIFF, Gaussian 9x9, over SciPy",
            PAGES * 1.0,
            pages,
            str(work / "o.tif"),
            {
                OURS: lambda a, b: [own(), "conv", a, "-k", "gaussian:9", "-qo", b],
                "tifffile and SciPy": lambda a, b: [sys.executable, script, a, b],
            },
        ),
        "0.15",
    )


def _animation(work: Path) -> str:
    """A photo that moves, in 64 colours."""
    path = work / "moving.gif"
    if not path.exists():
        with Image.open(photo(work, 1, ".png")) as image:
            frames = [image.crop((n, n, n + 480, n + 270)).quantize(64) for n in range(FRAMES)]
        frames[0].save(path, save_all=True, append_images=frames[1:], duration=50, loop=0)
    return str(path)


def _pages(work: Path) -> str:
    """A stack of pages of noise on a ramp, uncompressed."""
    path = work / "pages.tif"
    if not path.exists():
        rng = np.random.default_rng(0)
        pages = rng.integers(0, 65536, (PAGES, 1000, 1000), np.uint16)
        tifffile.imwrite(path, pages, photometric="minisblack", metadata=None)
    return str(path)
