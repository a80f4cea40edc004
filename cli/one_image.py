"""One image: from a file or stdin to a file or stdout."""

import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from io import BytesIO
from typing import TYPE_CHECKING, BinaryIO

import click

from convtool.core.choices import GRID, STDIN, STRETCHED
from convtool.core.errors import at
from convtool.core.prefetch import Later
from convtool.ops.registry import Maps

from .output import PLACEHOLDER, Output, check_names
from .preview import Views
from .resultfile import result_file, sweep_beside

if TYPE_CHECKING:
    from convtool.io.base import Reader
    from convtool.io.formats import Format
    from convtool.ops.base import Operator
    from convtool.pipeline.run import Report

    from .terminal import Screen


def run(image: str, make: Callable[[], Maps], output: Output) -> None:
    """Read the image, and write one map for each that `make` names, or one picture of all."""
    source = Source(image, output)
    if output.grid:
        _check_grid(output)
    maps = make()
    on_terminal = sys.stdout is not None and sys.stdout.isatty()
    screen = _screen(output)
    only_shown = screen is not None and output.path is None and on_terminal
    paths = {} if only_shown else _paths(source, [GRID] if output.grid else list(maps), output)
    format_ = output.format_for(output.path)

    from convtool.pipeline.bands import check_sizes, segments

    twice = screen is not None and not format_.pixels
    reader = source.reader(again=len(maps) > 1 or output.range in STRETCHED or twice)
    output.say(*(f"{source.name}: {note}" for note in reader.notes))
    if only_shown and output.format:
        output.say("--show makes no file of --format: give -o FILE as well")
    elif not screen:
        output.say_beforehand(format_)
    headers = {}
    for name, operators in maps.items():  # all of them before the first is written
        with at(source.name):
            chain = segments(operators, reader.header)
            check_sizes(chain, output.max_pixels)
        headers[name] = chain[-1].output
    views = Views(list(headers.values()), screen, grid=output.grid and not only_shown)

    sweep_beside(paths.values())
    reports = []
    for name, operators in maps.items():
        alone, together = views.formats(_caption(name, operators), headers[name], format_)
        if only_shown or output.grid:
            report = _filter(reader, operators, BytesIO(), alone, output)
            reports.append(report._replace(narrowed=False))
            continue
        with _written(paths[name], output) as file:
            reports.append(_filter(reader, operators, file, together, output))
        if twice:
            _filter(reader, operators, BytesIO(), alone, output)
    if output.grid and not only_shown:
        sheet = views.sheet(reader.metadata)
        with _written(paths[GRID], output) as file:
            _filter(sheet, (), file, format_, output._replace(range=None))
    views.show()
    output.say_lost(reports, format_)


def _caption(name: str, operators: "Sequence[Operator]") -> str:
    """What a map is called where it is shown: as its kernel, whose name a file's may not be."""
    from convtool.core.filenames import plain

    own = [getattr(operator, "name", "") for operator in operators]
    return next((one for one in own if one.isprintable() and plain(one) == name), name)


def _filter(
    reader: "Reader",
    operators: "Sequence[Operator]",
    file: BinaryIO,
    format_: "Format",
    output: Output,
) -> "Report":
    """One pass over an image into a file, as the command line says."""
    from convtool.pipeline.run import filter_image

    return filter_image(
        reader,
        operators,
        file,
        format_,
        range_=output.range or "clip",
        depth=None if format_.layers else output.depth,
        compression=output.compression,
        threads=output.threads,
    )


def _check_grid(output: Output) -> None:
    """Raise UsageError for options that no picture of all maps goes with."""
    format_ = output.format_for(output.path)
    if not format_.pixels:
        raise click.UsageError(
            f"--combine grid draws a picture, and {format_.name} holds numbers, "
            "expected a format such as png"
        )
    if not format_.colors:
        where = f"{output.path}: " if output.path else ""
        raise click.UsageError(
            f"{where}--combine grid draws in colour, and {format_.name} holds grey maps only, "
            "expected a format such as png"
        )
    if output.depth == 16:
        raise click.UsageError("--combine grid draws in 8 bits, expected no --depth 16")


def _screen(output: Output) -> "Screen | None":
    """The terminal that is to show the maps."""
    if not output.show:
        return None
    from .terminal import find_screen

    screen = find_screen()
    if screen is None:
        output.say("--show: neither stdout nor stderr is a terminal, and nothing is shown")
    return screen


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
        from convtool.io.source import open_stream

        stdin = sys.stdin.buffer
        # On a thread of its own: a signal is not heeded while Pillow decodes on this one.
        return Later(lambda: open_stream(stdin, self._max_pixels, again=again)).result()

    def _open(self) -> "Reader":
        from convtool.io.source import open_image

        return open_image(self.name, self._max_pixels)


@contextmanager
def _written(path: str | None, output: Output) -> Iterator[BinaryIO]:
    """The open output; a person is told of a file whose name is not theirs."""
    done = "replaced" if path and os.path.exists(path) else "wrote"
    with result_file(path) as file:
        yield file
    if output.path is None and path is not None:
        output.say(f"{done} {path}")
