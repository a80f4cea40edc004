"""One image of many: what is done to it, on whichever machine, and how that ended."""

import os
import time
from typing import NamedTuple

from ..core.encoding import COMMAS, PLAIN, USUAL, Look, Packing, Table
from ..core.errors import ConvtoolError, TooManyPixels, at
from ..core.frames import ALL, PLACE, Frames
from ..core.version import __version__
from ..io.apart import apart, opener
from ..io.atomic import is_special, whole_file
from ..io.formats import named_format
from ..io.source import open_image
from ..ops.base import Operator
from ..pipeline.nodata import with_nodata
from ..pipeline.prepare import prepare
from ..pipeline.run import Report, Target, write_maps


class Work(NamedTuple):
    """What is done to every image; can be sent to other processes and machines."""

    maps: tuple[tuple[Operator, ...], ...]
    """The operators of each map."""
    look: Look = PLAIN
    packing: Packing = USUAL
    max_pixels: int = 2 * 10**9
    table: Table = COMMAS
    frames: Frames | None = None
    """Which frames are asked for; None: those that the format of the files holds."""
    version: str = __version__


class Job(NamedTuple):
    """One image."""

    source: str
    targets: tuple[tuple[int, str], ...]
    """Number of a map, and the file that it goes to."""
    format: str
    """That of the files."""


class Outcome(NamedTuple):
    """How a job ended."""

    reports: tuple[Report, ...] = ()
    """One for each target that was written, in their order."""
    notes: tuple[str, ...] = ()
    """What the user should know about the image."""
    seconds: float = 0.0
    error: str | None = None
    put_off: bool = False
    """Whether the image waits until all threads can work on it, because it is large."""


def do(work: Work, job: Job, threads: int = 1, most_pixels: int | None = None) -> Outcome:
    """Do a job. An image of more than `most_pixels` is put off.

    The outcome tells what is wrong with the image or its files. Files appear whole or not at all.
    """
    start = time.perf_counter()
    if work.version != __version__:
        return Outcome(error=f"the worker has convtool {__version__}, expected {work.version}")
    limit = min(work.max_pixels, most_pixels or work.max_pixels)
    reports: list[Report] = []
    try:
        notes = _write(work, job, threads, limit, reports)
    except TooManyPixels as error:
        if limit < work.max_pixels and not reports:
            return Outcome(put_off=True)
        told = str(error)
    except ConvtoolError as error:
        told = str(error)
    except MemoryError:
        told = "there is not enough memory for this image"
    except Exception as error:  # whatever it is, the other images go on
        told = f"{type(error).__name__}: {error}"
    else:
        return Outcome(tuple(reports), notes, time.perf_counter() - start)
    if not told.startswith((job.source, *(target for _, target in job.targets))):
        told = f"{job.source}: {told}"
    return Outcome(tuple(reports), (), time.perf_counter() - start, told)


def _write(
    work: Work, job: Job, threads: int, limit: int, reports: list[Report]
) -> tuple[str, ...]:
    """Write the maps of an image, and add a report of each; returns the reader's notes."""
    format_ = named_format(job.format, f"format {job.format!r}")
    each_apart = any(PLACE in path for _, path in job.targets)
    frames = work.frames or (ALL if format_.frames or each_apart else None)
    opened = open_image(job.source, limit, ahead=threads > 1, table=work.table, frames=frames)
    reader = with_nodata(opened, work.look.nodata)
    first = frames.first if frames else 0
    targets = []
    for number, path in job.targets:
        with at(job.source):
            prepared = prepare(work.maps[number], reader.header, work.max_pixels)
        how = work.look, work.packing, is_special(path)
        numbers = range(first, first + prepared.output.depth)
        open_, is_apart = opener(path, whole_file, numbers)
        own = apart(format_) if is_apart else format_
        targets.append(Target(prepared, own, open_, path, *how))
    for folder in {os.path.dirname(path) for _, path in job.targets}:
        _make_folder(folder)
    reports.extend(write_maps(reader, targets, threads))
    return reader.notes


def _make_folder(folder: str) -> None:
    try:
        os.makedirs(folder or ".", exist_ok=True)
    except OSError as error:
        raise ConvtoolError(f"{folder}: cannot be made: {error.strerror}") from None
