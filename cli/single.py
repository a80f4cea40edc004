"""One image: from a file or stdin to a file or stdout."""

import os
import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import click

from convtool.background import Later
from convtool.errors import at
from convtool.operations import Maps
from convtool.words import STDIN, STRETCHED

from .output import PLACEHOLDER, Output, check_names
from .resultfile import result_file

if TYPE_CHECKING:
    from convtool.readers.array import Reader


def run(image: str, make: Callable[[], Maps], output: Output) -> None:
    """Read the image, and write one map for each that `make` names."""
    source = Source(image, output)
    maps = make()
    paths = _paths(source, list(maps), output)
    format_ = output.format_for(output.path)

    from convtool.bands import check_sizes, segments
    from convtool.filtering import filter_image

    reader = source.reader(again=len(maps) > 1 or output.range in STRETCHED)
    output.say(*(f"{source.name}: {note}" for note in reader.notes))
    output.say_beforehand(format_)
    for operators in maps.values():  # all of them before the first is written
        with at(source.name):
            check_sizes(segments(operators, reader.header), output.max_pixels)
    reports = []
    for name, path in paths.items():
        done = "replaced" if path and os.path.exists(path) else "wrote"
        with result_file(path) as file:
            report = filter_image(
                reader,
                maps[name],
                file,
                format_,
                range_=output.range or "clip",
                depth=output.depth,
                compression=output.compression,
                threads=output.threads,
            )
        reports.append(report)
        if output.path is None and path is not None:
            output.say(f"{done} {path}")
    output.say_lost(reports, format_)


def _paths(source: "Source", names: list[str], output: Output) -> Mapping[str, str | None]:
    """Where each map goes; None is stdout."""
    on_terminal = sys.stdout is not None and sys.stdout.isatty()
    to_stdout = output.path == "-" or (output.path is None and not on_terminal)
    if to_stdout:
        if len(names) > 1:
            raise click.UsageError(
                f"{len(names)} kernels make {len(names)} maps: name the files by -o "
                f"'out-{PLACEHOLDER}.png', or make one map by --combine"
            )
        if on_terminal and not output.format_for(output.path).text:
            raise click.UsageError("a terminal shows no pictures: use -o FILE or --format csv")
        return {names[0]: None}
    if output.path is None:
        stem = os.path.splitext(os.path.basename(source.name))[0]
        extension = output.format_for(None).extensions[0]
        return {name: f"{stem}-{name}{extension}" for name in names}
    check_names(names, output.path, "-o")
    return {name: output.path.replace(PLACEHOLDER, name) for name in names}


class Source:
    """The image of a job. A file is opened, and begins to be decoded, at once and on a thread of
    its own: meanwhile this one imports NumPy and whatever else the job needs."""

    def __init__(self, image: str, output: Output) -> None:
        is_stream = image == "-"
        self.name = STDIN if is_stream else image
        self._max_pixels = output.max_pixels
        self._opening = None if is_stream else Later(self._open)

    def reader(self, *, again: bool) -> "Reader":
        """The image; `again` says whether it is to be read more than once."""
        if self._opening:
            return self._opening.result()
        from convtool.readers import open_stream

        return open_stream(sys.stdin.buffer, self._max_pixels, again=again)

    def _open(self) -> "Reader":
        from convtool.readers import open_image

        return open_image(self.name, self._max_pixels)
