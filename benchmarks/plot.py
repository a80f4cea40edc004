"""The measurements as a picture."""

from pathlib import Path
from statistics import median
from typing import Any

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

COLORS = {
    "OpenCV filter2D": "#d1495b",
    "OpenCV blur": "#e8963e",
    "OpenCV sepFilter2D": "#edae49",
    "scipy.ndimage": "#30638e",
    "scipy oaconvolve": "#6a9fb5",
    "Pillow": "#8d6a9f",
    "torch conv2d": "#3a7d44",
    "torch": "#3a7d44",
    "scikit-image": "#777777",
}


def draw(rows: list[Any], sizes: list[Any], areas: list[Any], path: Path) -> None:
    """Ratios of every row, and how time grows with the kernel and with the image."""
    figure = plt.figure(figsize=(13, 0.16 * len(rows) + 2), layout="constrained")
    parts: Any = figure.subfigures(1, 2, width_ratios=(3, 2))
    left, right = parts
    axes = left.subplots()
    for place, row in enumerate(rows):
        for name, value in row.ratios.items():
            axes.plot(value, place, "o", color=COLORS.get(name, "black"), markersize=4)
    for name, color in COLORS.items():
        if any(name in row.ratios for row in rows):
            axes.plot([], [], "o", color=color, label=name)
    axes.axvline(1, color="black", linewidth=0.8)
    axes.set(
        xscale="log",
        xlabel="convtool's time over the peer's: left of the line convtool is quicker",
        yticks=range(len(rows)),
        yticklabels=[row.job for row in rows],
        ylim=(len(rows), -1),
    )
    axes.tick_params(axis="y", labelsize=6)
    axes.legend(fontsize=8)
    top, bottom = right.subplots(2, 1)
    _lines(top, sizes, [float(row.job.partition("x")[0]) for row in sizes])
    top.set(xlabel="side of a random kernel, float32", ylabel="ms")
    _lines(bottom, areas, [float(row.job) for row in areas])
    bottom.set(xlabel="megapixels, random 5x5, 8 bits to float32", ylabel="ms")
    figure.savefig(path, dpi=110)
    plt.close(figure)


def _lines(axes: Any, rows: list[Any], places: list[float]) -> None:
    for name in rows[-1].times:
        times = [median(row.times[name]) * 1e3 if name in row.times else None for row in rows]
        color = COLORS.get(name, "black")
        style = "--" if "1 thread" in name else "-"
        axes.plot(places, times, style, marker=".", color=color, label=name)
    axes.set(xscale="log", yscale="log", xticks=places, xticklabels=[f"{p:g}" for p in places])
    axes.minorticks_off()
    axes.legend(fontsize=8)


def draw_commands(jobs: list[Any], path: Path) -> None:
    """The seconds of every program at every size, and our part of the peers'."""
    filters = [job for job in jobs if "PNG to PNG" in job.name or "JPEG" in job.name]
    figure, all_axes = plt.subplots(
        1, len(filters), figsize=(3.2 * len(filters), 4), layout="constrained"
    )
    for axes, job in zip(all_axes, filters, strict=True):
        names = ["convtool", *job.peers]
        times = [median(job.measured[name].seconds) for name in names]
        colors = ["#d1495b", *["#30638e"] * len(job.peers)]
        axes.barh(names, times, color=colors)
        axes.bar_label(axes.containers[0], fmt="%.3g", fontsize=7, padding=2)
        axes.invert_yaxis()
        axes.set(title=job.name, xlabel="seconds", xscale="log")
        axes.tick_params(axis="y", labelsize=7)
        axes.margins(x=0.2)
        axes.minorticks_off()
    figure.savefig(path, dpi=100)
    plt.close(figure)
