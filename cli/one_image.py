"""One image: from a file or stdin to a file or stdout."""

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from io import BytesIO
from typing import TYPE_CHECKING, BinaryIO

import click

from convtool.core.choices import STREAM, STRETCHED
from convtool.core.encoding import Look
from convtool.core.errors import ConvtoolError, at
from convtool.core.frames import PLACE
from convtool.ops.operation import Maps

from .lost import notes_on_lost
from .naming import PLACEHOLDER, check_names
from .output import Output, check_draws, result_file, sweep_beside
from .preview import Views
from .source import Source

if TYPE_CHECKING:
    from convtool.io.base import Reader
    from convtool.io.formats import Format
    from convtool.ops.base import Operator
    from convtool.pipeline.prepare import Prepared
    from convtool.pipeline.run import Report, Target

    from .terminal import Screen

STDOUT = "stdout"
"""What errors call it."""

SHEET = "sheet"
"""Stands in place of the kernel in the name of a file that shows all maps."""


def run(
    image: str, make: Callable[[], Maps], output: Output, slices: Sequence[str] | None = None
) -> None:
    """Read the image, and write one map for each that `make` names, or one picture of all.

    With `slices` it is the volume of these files, and `image` what they are called.
    """
    source = Source(image, output, slices)
    import numpy  # noqa: F401  here, where it takes less than on the source's thread

    maps = make()
    source.again = len(maps) > 1 or output.look.range in STRETCHED
    format_ = output.format_for(output.path, source.format)
    if output.sheet:
        _check_sheet(format_, output)
    screen = _screen(output)
    only_shown = screen is not None and output.path is None and _on_terminal()
    draws_sheet = output.sheet and not only_shown
    to_files = not (only_shown or draws_sheet)
    paths: Mapping[str, str | None] = {}
    if not only_shown:
        paths = _paths(source.name, [SHEET] if draws_sheet else list(maps), format_, output)
    if not any(PLACE in (path or "") for path in paths.values()):
        output.check_files(source.files, paths.values(), maps)

    from convtool.pipeline.nodata import with_nodata  # while the image is being opened
    from convtool.pipeline.prepare import prepare

    reader = with_nodata(source.reader, output.look.nodata)
    output.say(*(f"{source.name}: {note}" for note in reader.notes))
    if only_shown and (output.format or output.sheet):
        option = "--format" if output.format else "--sheet"
        output.say(f"--show makes no file of {option}: give -o FILE as well")
    elif not screen:
        output.say_beforehand(format_)
    with at(source.name):  # all of them before the first is written
        prepared = {
            name: prepare(operators, reader.header, output.max_pixels)
            for name, operators in maps.items()
        }
    numbers = {
        name: range(source.first, source.first + one.output.depth) for name, one in prepared.items()
    }
    for name, path in paths.items():
        if path and PLACE in path:
            from convtool.io.apart import names

            output.check_files(source.files, names(path, numbers.get(name, range(1))), maps)
    views = Views([one.output for one in prepared.values()], screen, sheet=draws_sheet)
    sweep_beside(paths.values())
    targets = []
    for name, one in prepared.items():
        for_file = format_ if to_files else None
        in_file, alone = views.formats(_caption(name, maps[name]), one.output, for_file)
        if in_file:
            targets.append(_to_file(one, in_file, paths[name], output, numbers[name]))
        targets += [_to_view(one, alone, output)] if alone else []
    reports = _written(reader, targets, output)
    if draws_sheet:
        _write_sheet(views.sheet(reader.metadata), format_, paths[SHEET], output)
    views.show()
    output.say(*notes_on_lost(reports, output.look, maps))


def _to_file(
    prepared: "Prepared",
    format_: "Format",
    path: str | None,
    output: Output,
    numbers: range = range(1),
) -> "Target":
    """A map on its way to a file, as the command line says; to one for each frame, if its name has
    a place for the number."""
    from convtool.io.atomic import is_special
    from convtool.pipeline.run import Target

    open_: Callable[[], AbstractContextManager[BinaryIO]] = partial(result_file, path)
    if path and PLACE in path:
        from convtool.io.apart import apart, opener

        open_, _ = opener(path, result_file, numbers)
        format_ = apart(format_)
    return Target(
        prepared,
        format_,
        open_,
        path or STDOUT,
        output.look,
        output.packing,
        alone=path is not None and is_special(path),
    )


def _to_view(prepared: "Prepared", format_: "Format", output: Output) -> "Target":
    """A map that is looked at, and written nowhere."""
    from convtool.pipeline.run import Target

    return Target(prepared, format_, lambda: nullcontext(BytesIO()), "", output.look)


def _written(reader: "Reader", targets: "Sequence[Target]", output: Output) -> "list[Report]":
    """Write all maps; returns the reports of the files, or of the views if these are all.

    A person is told of a file whose name is not theirs.
    """
    from convtool.pipeline.run import write_maps

    replaced = [target.place for target in targets if os.path.exists(target.place)]
    in_files, in_views = [], []
    for target, report in zip(targets, write_maps(reader, targets, output.threads), strict=True):
        if not target.place:
            in_views.append(report._replace(format="png", narrowed=False, left=()))
            continue
        in_files.append(report)
        if output.path is None and target.place != STDOUT:
            output.say(f"{'replaced' if target.place in replaced else 'wrote'} {target.place}")
    return in_files or in_views


def _write_sheet(sheet: "Reader", format_: "Format", path: str | None, output: Output) -> None:
    """Write the contact sheet."""
    from convtool.pipeline.prepare import prepare

    prepared = prepare((), sheet.header, None)
    _written(sheet, [_to_file(prepared, format_, path, output._replace(look=Look()))], output)


def _caption(name: str, operators: "Sequence[Operator]") -> str:
    """What a map is called where it is shown: as its kernel, whose name a file's may not be."""
    from convtool.core.filenames import plain

    own = [getattr(operator, "name", "") for operator in operators]
    return next((one for one in own if one.isprintable() and plain(one) == name), name)


def _check_sheet(format_: "Format", output: Output) -> None:
    """Raise UsageError for options that do not go with --sheet."""
    check_draws(format_, "--sheet", output.path)
    if output.look.depth == 16:
        raise click.UsageError("--sheet draws in 8 bits, expected no --depth 16")


def _screen(output: Output) -> "Screen | None":
    """The terminal that is to show the maps."""
    if not output.show:
        return None
    from .terminal import find_screen

    screen = find_screen()
    if screen is None:
        output.say("--show: neither stdout nor stderr is a terminal, and nothing is shown")
    return screen


def _on_terminal() -> bool:
    return sys.stdout is not None and sys.stdout.isatty()


def _paths(
    source: str, names: Sequence[str], format_: "Format", output: Output
) -> Mapping[str, str | None]:
    """Where each map goes; None is stdout."""
    if output.path == STREAM or (output.path is None and not _on_terminal()):
        if len(names) > 1:
            raise click.UsageError(
                f"{len(names)} kernels make {len(names)} maps: name the files by -o "
                f"'out-{PLACEHOLDER}.png', or make one map by --combine"
            )
        if _on_terminal() and not format_.text:
            raise click.UsageError("a terminal shows no pictures: use -o FILE or --format csv")
        return {names[0]: None}
    if output.path is None:
        stem = os.path.splitext(os.path.basename(os.path.abspath(source)))[0]
        return {name: f"{stem}-{name}{format_.extensions[0]}" for name in names}
    check_names(names, output.path, "-o")
    paths = {name: output.path.replace(PLACEHOLDER, name) for name in names}
    for path in filter(os.path.isdir, paths.values()):  # before any map is written
        raise ConvtoolError(f"{path}: cannot be written: it is a folder")
    return paths
