"""What every filtering command does once its options are read: files, names, messages."""

import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import reduce
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

import click

from convtool.background import Later
from convtool.errors import ConvtoolError, at
from convtool.words import STDIN, STRETCHED, Compression, Range

if TYPE_CHECKING:
    from convtool.pipeline import Report
    from convtool.readers.array import Reader
    from convtool.stage import Operator
    from convtool.writers import Format

PLACEHOLDER = "{kernel}"

STREAM = (None, "-")
"""What stands for stdin where a path could."""


class Output(NamedTuple):
    """What the command line says of the result."""

    path: str | None
    format: str | None
    range: Range | None
    depth: int | None
    compression: Compression
    threads: int | None
    max_pixels: int
    quiet: bool

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> "Output":
        """From the parsed options."""
        from convtool.readers.limits import MAX_PIXELS

        return cls(
            given["output"],
            given["format_"],
            given["range_"],
            int(given["depth"]) if given["depth"] else None,
            given["compress"],
            given["threads"],
            given["max_pixels"] or MAX_PIXELS,
            given["quiet"],
        )


def help_if_nothing_piped(ctx: click.Context, *sources: str | None) -> None:
    """Show the command's help and exit with 2 rather than wait for somebody to type an image.

    A source that is None or - is stdin.
    """
    if any(source in STREAM for source in sources) and (not sys.stdin or sys.stdin.isatty()):
        click.echo(ctx.get_help(), err=True)
        click.echo(f"\n{ctx.command_path}: no IMAGE is given, and none is piped in", err=True)
        ctx.exit(2)


def distinct(names: Sequence[str]) -> list[str]:
    """Names as plain path components, each once: a second ``edge`` becomes ``edge-2``."""
    found: list[str] = []
    for name in map(plain, names):
        count, candidate = 1, name
        while candidate in found:
            count += 1
            candidate = f"{name}-{count}"
        found.append(candidate)
    return found


def plain(name: str) -> str:
    """A name that is one path component and leads nowhere else."""
    return re.sub(r"[^\w.+-]+", "_", name).strip("._")[:60] or "kernel"


def run(source: "Source", maps: Mapping[str, Sequence["Operator"]], output: Output) -> None:
    """Read the image, and write one map for each name in `maps`."""
    paths = _paths(source, list(maps), output)
    format_ = _format(output)

    from convtool.pipeline import Chain
    from convtool.pipeline import run as run_pipeline
    from convtool.readers.limits import check_size

    reader = source.reader(again=len(maps) > 1 or output.range in STRETCHED)
    _say(output, *(f"{source.name}: {note}" for note in reader.notes))
    if not format_.pixels and (output.range or output.depth):
        _say(
            output,
            f"{format_.name} holds the values themselves: --range and --depth are for pictures",
        )
    for operators in maps.values():  # all of them before the first is written
        header = Chain(operators).bind(reader.header).output
        with at("the map"):
            check_size(header.height, header.width, output.max_pixels)
    reports = []
    for name, path in paths.items():
        done = "replaced" if path and os.path.exists(path) else "wrote"
        with _file(path) as file:
            report = run_pipeline(
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
            _say(output, f"{done} {path}")
    if any(report.narrowed for report in reports):
        _say(output, f"{format_.name} holds 8 bits of such a map: 16 became 8; PNG holds 16")
    _tell_lost(reports, output)


def _paths(source: "Source", names: list[str], output: Output) -> dict[str, str | None]:
    """Where each map goes; None is stdout."""
    on_terminal = sys.stdout is not None and sys.stdout.isatty()
    to_stdout = output.path == "-" or (output.path is None and not on_terminal)
    if to_stdout:
        if len(names) > 1:
            raise click.UsageError(
                f"{len(names)} kernels make {len(names)} maps: name the files by -o "
                f"'out-{PLACEHOLDER}.png', or make one map by --combine"
            )
        if on_terminal and not _format(output).text:
            raise click.UsageError("a terminal shows no pictures: use -o FILE or --format csv")
        return {names[0]: None}
    if output.path is None:
        stem = os.path.splitext(os.path.basename(source.name))[0]
        return {name: f"{stem}-{name}{_format(output).extensions[0]}" for name in names}
    if len(names) > 1 and PLACEHOLDER not in output.path:
        raise click.UsageError(
            f"{len(names)} kernels make {len(names)} maps: put {PLACEHOLDER} into -o, "
            f"as in 'out-{PLACEHOLDER}.png', or make one map by --combine"
        )
    return {name: output.path.replace(PLACEHOLDER, name) for name in names}


def _format(output: Output) -> "Format":
    """The format asked for, or the one of the output's extension, or PNG."""
    from convtool.writers import FORMATS, format_of, named_format

    try:
        if output.format:
            return named_format(output.format, f"--format {output.format!r}")
        if output.path and output.path != "-":
            return format_of(output.path)
    except ConvtoolError as error:
        raise click.UsageError(f"{error}; --format names one") from None
    return FORMATS["png"]


class Source:
    """The image of a job. A file is opened, and begins to be decoded, at once and on a thread of
    its own: meanwhile this one imports NumPy and whatever else the job needs."""

    def __init__(self, image: str | None, output: Output) -> None:
        self.name = STDIN if image is None or image == "-" else image
        self.is_stream = image in STREAM
        self._max_pixels = output.max_pixels
        self._opening = None if self.is_stream else Later(self._open)

    def reader(self, *, again: bool) -> "Reader":
        """The image; `again` says whether it is to be read more than once."""
        if self._opening:
            return self._opening.result()
        from convtool.readers import open_stream

        return open_stream(sys.stdin.buffer, self._max_pixels, again=again)

    def _open(self) -> "Reader":
        from convtool.readers import open_image

        return open_image(self.name, self._max_pixels)


@contextmanager
def _file(path: str | None) -> Iterator[BinaryIO]:
    """The open output."""
    if path is not None:
        from convtool.writers.whole import whole_file

        with whole_file(path) as file:
            yield file
        return
    if sys.stdout is None:
        raise ConvtoolError("stdout is closed: give -o FILE")
    try:
        # Not sys.stdout.buffer: with PYTHONUNBUFFERED that may write a part and call it done.
        with open(sys.stdout.fileno(), "wb", closefd=False) as file:
            yield file
    except BrokenPipeError:
        raise
    except OSError as error:
        raise ConvtoolError(f"stdout: cannot be written: {error.strerror or error}") from None


def _tell_lost(reports: Sequence["Report"], output: Output) -> None:
    """Say what share of the values the pixels do not show."""
    from convtool.tone import Lost

    values = sum(report.values for report in reports)
    lost = reduce(Lost.plus, (report.lost for report in reports))
    if lost.total == 0:
        return
    kinds = {"below black": lost.below, "above white": lost.above, "NaN": lost.undefined}
    parts = [f"{_percent(count / values)} {kind}" for kind, count in kinds.items() if count]
    where = f" of {len(reports)} maps" if len(reports) > 1 else ""
    hint = ""
    if output.range in (None, "clip", "abs") and lost.below + lost.above:
        ways = ["abs"] * (not lost.above) + ["normalize", "center"]
        hint = f"; --range {', '.join(ways[:-1])} or {ways[-1]} shows them"
    _say(
        output,
        f"{_percent(lost.total / values)} of the values{where} were clipped "
        f"({', '.join(parts)}){hint}",
    )


def _percent(share: float) -> str:
    return "less than 0.1%" if share < 0.001 else f"{share:.1%}"


def _say(output: Output, *lines: str) -> None:
    """Words for a person, on stderr."""
    if output.quiet:
        return
    with suppress(OSError):  # a note that cannot be told does not undo the work
        for line in lines:
            click.echo(f"convtool: {line}", err=True)
