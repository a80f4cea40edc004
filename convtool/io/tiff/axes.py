"""What the pages of a TIFF file are: slices, moments or channels."""

import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import tifffile

from ...core.errors import ConvtoolError
from ...core.image import DEPTH

UNKNOWN = ("q", "i")
"""Axes of which tifffile knows nothing: they may be depth."""


class PageAxes(NamedTuple):
    """The axes that pages lie along, the slowest first, and how many there are along each."""

    letters: str
    """As those of --axes: z slices, t moments, c channels; and what others there may be."""
    counts: tuple[int, ...]

    @property
    def pages(self) -> int:
        """How many there are in all."""
        return math.prod(self.counts)


class Slices(NamedTuple):
    """The slices that pages make up."""

    pages: list[tuple[int, ...]]
    """The numbers of the pages that are each slice's channels; or of its only page."""
    axes: str
    """What the slices lie along."""


def described(opened: tifffile.TiffFile) -> PageAxes | None:
    """The axes of the pages as ImageJ, OME or tifffile have written them into a description."""
    page = opened.pages.first
    if not (page.is_imagej or page.is_ome or page.is_shaped):
        return None
    try:
        if page.is_imagej:
            return _of_imagej(opened.imagej_metadata or {}, page.samplesperpixel)
        series = opened.series[0]
        letters = series.axes.removesuffix(page.axes)
        counts = tuple(map(int, series.shape[: len(letters)]))
    except Exception:  # a broken description can raise almost any error, and says nothing
        return None
    return PageAxes(letters.lower(), counts) if letters and letters != series.axes else None


def _of_imagej(words: Mapping[str, object], samples: int) -> PageAxes | None:
    """What ImageJ says, whose channels lie next to one another, then slices, then frames. tifffile
    itself does not believe it where a file is cut short."""
    keys = {"t": "frames", "z": "slices", "c": "channels"}
    counts = {axis: int(str(words.get(key, 1))) for axis, key in keys.items()}
    if counts["c"] == samples > 1:
        counts["c"] = 1  # of each page
    counts["i"] = int(str(words["images"])) // math.prod(counts.values())
    several = {axis: count for axis, count in counts.items() if count > 1}
    return PageAxes("".join(several), tuple(several.values())) if several else None


def slices(count: int, samples: int, found: PageAxes | None, asked: str | None) -> Slices:
    """The slices of so many pages of so many channels each, which lie as `asked` says, or else as
    the file itself does.

    Raises ConvtoolError where pages cannot lie as asked.
    """
    each: list[tuple[int, ...]] = [(number,) for number in range(count)]
    if asked is None:
        letters = found.letters if found else ""
        return Slices(each, DEPTH if letters in ("", *UNKNOWN) else letters)
    own = "yxc" if samples > 1 else "yx"
    along = asked.removesuffix(own)
    if asked != along + own:
        raise ConvtoolError(f"has pages of {samples} channel(s), and --axes {asked} says otherwise")
    if "c" not in along:
        return Slices(each, along or DEPTH)
    if samples > 1:
        raise ConvtoolError(
            f"has pages of {samples} channels, and --axes {asked} joins pages of one"
        )
    if along == "c":
        return Slices([tuple(range(count))], DEPTH)
    if found is None or found.letters != along:
        told = f"calls them {found.letters}" if found else "does not say how many channels"
        raise ConvtoolError(
            f"holds {count} pages, and its description {told}: --axes {asked} cannot be"
        )
    numbers = np.moveaxis(np.arange(count).reshape(found.counts), along.index("c"), -1)
    joined = [tuple(map(int, pages)) for pages in numbers.reshape(-1, numbers.shape[-1])]
    return Slices(joined, along.replace("c", ""))
