"""What the pages of a TIFF file are: slices, moments or channels."""

import math
import re
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import tifffile

from ...core.errors import ConvtoolError
from ...core.hyperstack import Hyperstack
from ...core.image import DEPTH
from .metadata import ACROSS, DOWN, UNIT

UNKNOWN = ("q", "i")
"""Axes of which tifffile knows nothing: they may be depth."""

NO_UNIT = 1
"""Resolutions are in the units that the description names."""

OF_IMAGEJ = ("ImageJ", "images", "channels", "slices", "frames", "hyperstack", "unit", "spacing")
"""The words of ImageJ that are understood here; `mode` and `loop` go without saying."""

MORE_OF_IMAGEJ = (50838, 50839)
"""ImageJ's tags of labels, ranges and tables of colours."""


class Slices(NamedTuple):
    """The slices that pages make up."""

    pages: list[tuple[int, ...]]
    """The numbers of the pages that are each slice's channels; or of its only page."""
    axes: str
    """What the slices lie along."""


def described(opened: tifffile.TiffFile) -> Hyperstack | None:
    """The axes of the pages as ImageJ, OME or tifffile have written them into a description."""
    page = opened.pages.first
    try:
        if page.is_imagej:
            return _of_imagej(page, opened.imagej_metadata or {})
        if page.is_ome or page.is_shaped:
            series = opened.series[0]
            letters = series.axes.removesuffix(page.axes)
            counts = tuple(map(int, series.shape[: len(letters)]))
            if letters and letters != series.axes:
                if page.is_ome:
                    return _of_ome(page.description, letters.lower(), counts)
                return Hyperstack(letters.lower(), counts, "tifffile")
    except Exception:  # a broken description can raise almost any error, and says nothing
        pass
    return None


def _of_imagej(page: tifffile.TiffPage, words: Mapping[str, object]) -> Hyperstack | None:
    """What ImageJ says. tifffile itself does not believe it where a file is cut short."""
    if words.get("order", "czt") != "czt":
        return None
    keys = {"t": "frames", "z": "slices", "c": "channels"}
    counts = {axis: int(str(words.get(key, 1))) for axis, key in keys.items()}
    if counts["c"] == page.samplesperpixel > 1:
        counts["c"] = 1  # of each page
    counts["i"] = int(str(words.get("images", 1))) // math.prod(counts.values())
    several = {axis: count for axis, count in counts.items() if count > 1}
    if not several:
        return None
    unit, spacing = words.get("unit"), words.get("spacing")
    more = words.keys() - {*OF_IMAGEJ, "mode", "loop"}
    return Hyperstack(
        "".join(several),
        tuple(several.values()),
        "ImageJ",
        str(unit) if unit else None,
        float(str(spacing)) if spacing else None,
        _density(page),
        bool(more) or any(tag in page.tags for tag in MORE_OF_IMAGEJ),
    )


def _density(page: tifffile.TiffPage) -> tuple[float, float] | None:
    """Pixels in a unit of the description's own."""
    if page.tags.valueof(UNIT) != NO_UNIT:
        return None
    (a, b), (c, d) = page.tags.valueof(ACROSS), page.tags.valueof(DOWN)
    return (a / b, c / d) if min(a, b, c, d) > 0 else None


def _of_ome(description: str, letters: str, counts: tuple[int, ...]) -> Hyperstack:
    """What OME says. Nearly every file says more."""
    from html import unescape  # slow to import

    pixels = re.search(r"<(?:\w+:)?Pixels\b[^>]*>", description)
    found = dict(re.findall(r'(\w+)="([^"]*)"', pixels[0] if pixels else ""))
    sizes = {axis: float(found.get(f"PhysicalSize{axis}", 0)) for axis in "XYZ"}
    units = {unescape(found.get(f"PhysicalSize{axis}Unit", "µm")) for axis in "XYZ" if sizes[axis]}
    unit = units.pop() if len(units) == 1 else None
    across, down = sizes["X"], sizes["Y"]
    return Hyperstack(
        letters,
        counts,
        "OME",
        unit,
        sizes["Z"] if unit and sizes["Z"] > 0 else None,
        (1 / across, 1 / down) if unit and min(across, down) > 0 else None,
        more=True,
    )


def slices(count: int, samples: int, found: Hyperstack | None, asked: str | None) -> Slices:
    """The slices of so many pages of so many channels each, which lie as `asked` says, or else as
    the file itself does.

    Raises ConvtoolError where pages cannot lie as asked.
    """
    each: list[tuple[int, ...]] = [(number,) for number in range(count)]
    if asked is None:
        axes = found.axes if found else ""
        return Slices(each, DEPTH if axes in ("", *UNKNOWN) else axes)
    own = "yxc" if samples > 1 else "yx"
    along = asked.removesuffix(own)
    if asked != along + own:
        raise ConvtoolError(f"has pages of {samples} channel(s), and --axes {asked} says otherwise")
    if "c" not in along:
        return Slices(each, along or DEPTH)
    if along == "c":
        return Slices([tuple(range(count))], DEPTH)
    if found and found.axes.endswith(along):  # of volumes that follow one another
        counts = found.counts[-len(along) :]
        found = found._replace(axes=along, counts=(-1, *counts[1:]))
    if found is None or found.axes != along:
        told = f"calls them {found.axes}" if found else "does not say how many channels"
        raise ConvtoolError(
            f"holds {count} pages, and its description {told}: --axes {asked} cannot be"
        )
    numbers = np.moveaxis(np.arange(count).reshape(found.counts), along.index("c"), -1)
    joined = [tuple(map(int, pages)) for pages in numbers.reshape(-1, numbers.shape[-1])]
    return Slices(joined, along.replace("c", ""))


def of_slices(found: Hyperstack | None, laid: Slices, count: int) -> Hyperstack | None:
    """What is said of the pages, for so many of these slices; None where they lie otherwise, or it
    is not known how."""
    if found is None or laid.axes.strip("ztc"):
        return None
    if len(laid.axes) == 1:
        channels = len(laid.pages[0])
        if channels > 1:
            return found._replace(axes=f"{laid.axes}c", counts=(count, channels), joined=True)
        return found._replace(axes=laid.axes, counts=(count,))
    return found if (laid.axes, found.pages) == (found.axes, count) else None
