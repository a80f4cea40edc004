"""conv2d and pool2d on arrays in memory, beside the peers."""

import math
import platform
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from statistics import geometric_mean, median
from typing import Any

import click
import numpy as np

import convtool
from convtool.core.choices import PoolMode

from . import peers
from .machine import machine
from .plot import draw
from .timing import Run, interleaved, ratio

OURS, ONE = "convtool", "convtool, 1 thread"
SIZES = (3, 5, 7, 9, 15, 31)
GROWTH_KERNELS = (3, 5, 7, 9, 11, 15, 21, 31, 47, 63)
GROWTH_MEGAPIXELS = (0.25, 1, 3, 12, 50)

POOLS: tuple[tuple[PoolMode, int, int], ...] = (
    ("max", 2, 2),
    ("min", 2, 2),
    ("mean", 2, 2),
    ("max", 3, 2),
    ("max", 7, 1),
)


@dataclass(frozen=True)
class Row:
    """One line of the table: a job, and the seconds that each took, round by round."""

    group: str
    job: str
    method: str
    times: dict[str, list[float]]

    @property
    def ours(self) -> float:
        """Median milliseconds."""
        return median(self.times[OURS]) * 1e3

    @property
    def ratios(self) -> dict[str, float]:
        """Our time over each peer's."""
        return {
            name: ratio(self.times, OURS, name) for name in self.times if name not in (OURS, ONE)
        }

    @property
    def second_thread(self) -> float:
        """How many times faster than on one thread."""
        return 1 / ratio(self.times, OURS, ONE)


def run(rounds: int, threads: int, megapixels: float, out: Path) -> None:
    """Measure all, and write engine.md and engine.png to a folder."""
    peers.set_threads(threads)
    convtool.set_threads(threads, keep_memory=True)
    rows = []
    for group, job, method, mine, theirs in jobs(megapixels):
        row = measure(group, job, method, mine, theirs, rounds)
        rows.append(row)
        click.echo(f"{group}: {job}: {row.ours:.1f} ms, {_list(row.ratios)}")
    sizes = [
        measure_growth(f"{k}x{k}", _image(megapixels, 1, np.float32), _random(k), rounds)
        for k in GROWTH_KERNELS
    ]
    areas = [
        measure_growth(f"{mp:g}", _image(mp, 1, np.uint8), _random(5), rounds)
        for mp in GROWTH_MEGAPIXELS
    ]
    out.mkdir(parents=True, exist_ok=True)
    (out / "engine.md").write_text(_report(rows, sizes, areas, rounds, threads, megapixels))
    draw(rows, sizes, areas, out / "engine.png")
    click.echo(f"{out / 'engine.md'}, {out / 'engine.png'}")


def measure(
    group: str, job: str, method: str, mine: Any, theirs: list[tuple[str, Run, int]], rounds: int
) -> Row:
    """Time one job: ours on all threads and on one, and the peers'."""
    runs = {OURS: mine, ONE: partial(mine, threads=1), **{name: run for name, run, _ in theirs}}
    times = interleaved(runs, rounds)
    for name, _, less in theirs:
        times[name] = [seconds * less for seconds in times[name]]
    return Row(group, job, method, times)


def measure_growth(job: str, image: Any, weights: Any, rounds: int) -> Row:
    """Time one kernel with float results, beside OpenCV and SciPy's Fourier transform."""
    found = peers.convolutions(image, weights, np.float32, None, False)
    theirs = [peer for peer in found if peer[0] in ("OpenCV filter2D", "scipy oaconvolve")]
    method = convtool.plan(weights, image.dtype, image.shape).method
    return measure("growth", job, method, partial(convtool.conv2d, image, weights), theirs, rounds)


def jobs(megapixels: float) -> Iterator[tuple[str, str, str, Any, list[tuple[str, Run, int]]]]:
    """(group, job, method, our call, the peers') for each line of the table."""
    for channels, color in ((1, "grey"), (3, "RGB")):
        pixels = {np.dtype(t): _image(megapixels, channels, t) for t in (np.uint8, np.float32)}
        for name, kernel in _kernels():
            weights = kernel.weights / kernel.divisor
            for (source, image), result in (
                (pair, result) for pair in pixels.items() for result in (np.float32, np.uint8)
            ):
                asked = None if result == np.float32 else np.uint8
                plan = convtool.plan(kernel, source, image.shape, result=asked)
                yield (
                    "conv",
                    f"{name}, {color}, {source} to {np.dtype(result)}",
                    plan.method,
                    partial(convtool.conv2d, image, kernel, dtype=asked),
                    list(peers.convolutions(image, weights, result, *_shape_of(name, weights))),
                )
        for source, image in pixels.items():
            for mode, size, stride in POOLS:
                yield (
                    "pool",
                    f"{mode} {size}x{size} stride {stride}, {color}, {source}",
                    "",
                    partial(convtool.pool2d, image, size, mode, stride=stride),
                    list(peers.pools(image, mode, size, stride)),
                )
    weights = np.random.default_rng(8).normal(size=(8, 3, 3, 3))
    for source, image in pixels.items():
        yield (
            "layer",
            f"8 outputs of 3x3 on RGB, {source} to float32",
            convtool.plan(weights, source, image.shape).method,
            partial(convtool.conv2d, image, weights),
            list(peers.layer(image, weights)),
        )


def _kernels() -> Iterator[tuple[str, convtool.Kernel]]:
    for name in ("sobel_x", "laplacian", "sharpen", "box3", "gaussian5"):
        yield name, convtool.find_kernel(name)
    for size in SIZES:
        yield f"random {size}x{size}", convtool.Kernel(_random(size))


def _shape_of(name: str, weights: Any) -> tuple[tuple[Any, Any] | None, bool]:
    """Column and row for OpenCV's sepFilter2D, and whether its blur does it."""
    if name in ("sobel_x", "gaussian5"):
        column = weights.sum(axis=1) if name == "gaussian5" else np.array([1.0, 2, 1])
        row = weights.sum(axis=0) if name == "gaussian5" else weights[0]
        return (column, row), False
    return None, name == "box3"


def _random(size: int) -> Any:
    return np.random.default_rng(size).normal(size=(size, size))


def _image(megapixels: float, channels: int, dtype: Any) -> Any:
    """Noise: nothing here is quicker for being smooth. Three rows to four columns."""
    height = round(math.sqrt(megapixels * 1e6 * 3 / 4))
    shape = (height, height * 4 // 3, channels)
    image = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    return image.reshape(shape[:2] if channels == 1 else shape).astype(dtype)


def _summary(rows: list[Row]) -> list[tuple[str, str, str]]:
    """(what, target, measured) for each target."""
    conv = [row for row in rows if row.group == "conv"]

    def worst(chosen: list[Row], peer: str) -> str:
        found = [(row.ratios[peer], row.job) for row in chosen if peer in row.ratios]
        return "not installed" if not found else "{:.2f} ({})".format(*max(found))

    filter2d = [row.ratios["OpenCV filter2D"] for row in conv if "OpenCV filter2D" in row.ratios]
    slow = [row.second_thread for row in rows if row.ours >= 5]
    layers, pools = ([row for row in rows if row.group == group] for group in ("layer", "pool"))
    return [
        (
            "OpenCV filter2D, geometric mean",
            "0.7",
            f"{geometric_mean(filter2d):.2f}" if filter2d else "not installed",
        ),
        ("OpenCV filter2D, worst row", "1.2", worst(conv, "OpenCV filter2D")),
        ("OpenCV blur, worst row", "1.2", worst(conv, "OpenCV blur")),
        ("OpenCV sepFilter2D, worst row", "1.2", worst(conv, "OpenCV sepFilter2D")),
        ("scipy.ndimage.correlate, worst row", "0.2", worst(conv, "scipy.ndimage")),
        ("torch conv2d, single kernels, worst row", "0.3", worst(conv, "torch conv2d")),
        ("torch conv2d, the layer, worst row", "0.7", worst(layers, "torch conv2d")),
        ("torch pooling, worst row", "0.3", worst(pools, "torch")),
        ("scikit-image pooling, worst row", "0.2", worst(pools, "scikit-image")),
        (
            "a second thread, on rows of 5 ms and more: median, least",
            "1.7",
            f"{median(slow):.2f}, {min(slow):.2f}" if slow else "no such rows",
        ),
    ]


def _report(
    rows: list[Row],
    sizes: list[Row],
    areas: list[Row],
    rounds: int,
    threads: int,
    megapixels: float,
) -> str:
    """The table in Markdown."""
    versions = {"convtool": convtool.__version__, "NumPy": np.__version__, **peers.versions()}
    lines = [
        "# The engine beside its peers",
        "",
        f"{date.today():%d %B %Y}; {machine()}; Python {platform.python_version()}, "
        + ", ".join(f"{name} {version}" for name, version in versions.items())
        + f". {megapixels:g} megapixels of noise, {threads} threads for all that take them, "
        f"medians of {rounds} interleaved rounds.",
        "",
        "Ratios are convtool's time over the peer's: below 1, convtool is quicker. Peers that go "
        f"over every weight are timed on a {peers.PART}th of the image for kernels of "
        f"{peers.LARGE} weights and more; what takes more than a second is timed once.",
        "",
        "| | target | measured |",
        "| --- | --- | --- |",
        *(f"| {what} | {target} | {found} |" for what, target, found in _summary(rows)),
        "",
        "| job | method | ms | second thread | ratios |",
        "| --- | --- | --- | --- | --- |",
        *map(_line, rows),
        "",
        f"Random kernels of growing size, float32, {megapixels:g} megapixels, grey:",
        "",
        "| kernel | method | ms | second thread | ratios |",
        "| --- | --- | --- | --- | --- |",
        *map(_line, sizes),
        "",
        "A random 5x5 kernel, 8 bits to float32, grey, by megapixels:",
        "",
        "| megapixels | method | ms | second thread | ratios |",
        "| --- | --- | --- | --- | --- |",
        *map(_line, areas),
        "",
    ]
    return "\n".join(lines)


def _line(row: Row) -> str:
    return (
        f"| {row.job} | {row.method} | {row.ours:.1f} | {row.second_thread:.2f} "
        f"| {_list(row.ratios)} |"
    )


def _list(ratios: dict[str, float]) -> str:
    return ", ".join(f"{name} {value:.2g}" for name, value in ratios.items())
