"""Where results go: the format, the file or stdout, and what they may not replace."""

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple, TypeVar

import click

from convtool.core.choices import STREAM, STRETCHED
from convtool.core.encoding import WHITE, Look, Packing, Table
from convtool.core.errors import ConvtoolError, quoted
from convtool.core.frames import ALL, PLACE, Frames, existing

from .messages import say

if TYPE_CHECKING:
    from convtool.io.formats import Format
    from convtool.kernel.formats.table import KernelFormat
    from convtool.ops.operation import Maps
    from convtool.render.canvas import Block

STDOUT = ("/dev/stdout", "/dev/fd/1", "/proc/self/fd/1")
"""Paths that mean stdout: others may write into it too, so it is not replaced if it is a file."""

HINT = "; --format names one"
"""What an error about an unknown extension adds, for commands that have --format."""

DRAWING = ".svg"
"""The extension of pictures of lines and texts, for commands that draw."""

AnyFormat = TypeVar("AnyFormat")


class Output(NamedTuple):
    """What the command line says of the result."""

    path: str | None
    format: str | None
    look: Look
    packing: Packing
    threads: int | None
    max_pixels: int
    quiet: bool
    show: bool = False
    """Whether the terminal shows the map."""
    sheet: bool = False
    """Whether one picture shows all maps."""
    overwrite: bool = False
    """Whether a map may replace the image that it is computed from."""
    no_clobber: bool = False
    """Whether every file that is there is kept."""
    table: Table = Table()
    """How numbers are written in text."""
    frames: Frames | None = None
    """Which frames are asked for; None: those that the format of the result holds."""

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> "Output":
        """From the parsed options."""
        from convtool.io.limits import MAX_PIXELS

        if given["overwrite"] and given["no_clobber"]:
            raise click.UsageError("--overwrite and --no-clobber exclude each other")
        if given["depth"] == "float" and (given["range_"] or given["white"]):
            raise click.UsageError("--depth float goes without --range and --white, as of pixels")
        table = table_of(given)
        return cls(
            given["output"],
            given["format_"],
            look_of(given),
            Packing(given["compress"], given["quality"], given["strip"], table.delimiter),
            given["threads"],
            given["max_pixels"] or MAX_PIXELS,
            given["quiet"],
            given["show"],
            given["sheet"],
            given["overwrite"],
            given["no_clobber"],
            table,
            given["frames"],
        )

    def format_for(self, path: str | None, of: "Callable[[], Format | None]") -> "Format":
        """The format asked for, or the one of a path's extension, or that for maps of images in
        the format `of` says: PNG where pixels are asked for and that holds none."""
        from convtool.io.formats import FORMATS

        found = image_format(path, self.format, of)
        if self.look.numbers and found.pixels and not found.numbers:
            raise click.UsageError(
                f"--depth float: {found.name} holds pixels of 8 or 16 bits; --format tiff, npy and "
                "csv hold floats"
            )
        given = self.format or path not in (None, STREAM)
        return found if given or found.pixels or not self.look.asks_pixels else FORMATS["png"]

    def frames_for(self, format_: "Format | None", name: str | None) -> Frames | None:
        """Which frames of an image are meant for a result in a format, None if it is not known yet,
        and in files of this name; None: the first, and others are told."""
        alone = self.sheet or (self.show and _on_a_terminal())
        if alone and self.frames and self.frames.first != self.frames.last:
            raise click.UsageError("--sheet and --show are for a single frame: --frames N")
        if alone and self.frames is None:
            return None
        if self.frames is not None:
            return self.frames
        apart = PLACE in (name or "")
        return ALL if apart or format_ is None or format_.frames else None

    def say(self, *lines: str) -> None:
        """Words for a person, on stderr."""
        if not self.quiet:
            say(*lines)

    def say_beforehand(self, format_: "Format") -> None:
        """Say which options have nothing to act on."""
        if not format_.pixels and self.look.asks_pixels:
            self.say(
                f"{format_.name} holds the values themselves: --range, --depth and --white are for "
                "pictures"
            )
        if not format_.packed and self.packing.compression:
            self.say(
                f"--compress {self.packing.compression} is for png and tiff, and {format_.name} "
                "ignores it"
            )
        if not format_.lossy and self.packing.quality is not None:
            self.say(f"--quality is for jpeg, webp and avif, and {format_.name} ignores it")

    def check_files(self, images: Sequence[str], paths: Iterable[str | None], maps: "Maps") -> None:
        """UsageError if a map would replace one of its images or a mask, unless that is asked for.

        Raises ConvtoolError for a file that is there, if those are to be kept.
        """
        masks = masks_of(maps)
        for path in (there for one in paths if one for there in existing(one)):
            if not self.overwrite:
                check_replaces_none(path, images, "the image; --overwrite allows it")
                check_replaces_none(path, masks, "the mask; --overwrite allows it")
            if self.no_clobber:
                raise ConvtoolError(f"{path}: is there already, and --no-clobber keeps it")


def _on_a_terminal() -> bool:
    """Whether --show can show anything."""
    return any(stream is not None and stream.isatty() for stream in (sys.stdout, sys.stderr))


def masks_of(maps: "Maps") -> set[str]:
    """The files of all masks that the maps' operators have read."""
    return {name for operators in maps.values() for one in operators for name in one.masks}


def table_of(given: Mapping[str, Any]) -> Table:
    """How numbers are written in text, from the parsed options of a command."""
    return Table(given["delimiter"] or ",", given["header"], given.get("axes"))


def look_of(given: Mapping[str, Any]) -> Look:
    """How values become pixels, from the parsed options of a command."""
    numbers = given["depth"] == "float"
    if given["white"] and given["range_"] in STRETCHED:
        raise click.UsageError(f"--white goes with --range clip and abs, not {given['range_']}")
    depth = None if numbers or not given["depth"] else int(given["depth"])
    background = given.get("background") or WHITE
    return Look(given["range_"], depth, numbers, given["white"], background, given["nodata"])


def image_format(
    path: str | None,
    name: str | None = None,
    of: "Callable[[], Format | None]" = lambda: None,
) -> "Format":
    """The format of an image by its name, or else of a path's extension, or else that for maps of
    images in the format `of` says."""
    from convtool.io.formats import format_for_maps, format_of, named_format

    def named(name: str) -> "Format":
        return named_format(name, f"--format {quoted(name)}")

    return _format(path, name, named, format_of, lambda: format_for_maps(of()))


def kernel_format(path: str | None, name: str | None, default: str = "txt") -> "KernelFormat":
    """The format of a kernel by its name, or else of a path's extension, or else the default."""
    from convtool.kernel.formats import table

    def default_() -> "KernelFormat":
        return table.KERNEL_FORMATS[default]

    return _format(path, name, table.kernel_format, table.kernel_format_of, default_)


def _format(
    path: str | None,
    name: str | None,
    named: Callable[[str], AnyFormat],
    of_path: Callable[[str], AnyFormat],
    default: Callable[[], AnyFormat],
) -> AnyFormat:
    if not name and (path is None or path == STREAM or path in STDOUT or _is_bare_device(path)):
        return default()
    try:
        if name:
            return named(name)
        assert path is not None
        if os.path.isdir(path):
            raise click.UsageError(f"-o {path}: is a folder, expected a file")
        return of_path(path)
    except ConvtoolError as error:
        raise click.UsageError(f"{error}{'' if name else HINT}") from None


def _is_bare_device(path: str) -> bool:
    """Whether a path is that of a pipe or device, as /dev/null, and tells no format."""
    from convtool.io.atomic import is_special

    return is_special(path) and not os.path.splitext(path)[1]


def check_picture(
    path: str, what: str, instead: str = "", expected: Sequence[str] | None = None
) -> None:
    """UsageError for what `what`, which has no --format, cannot draw a picture to.

    `expected` are the extensions that an error names, without dots. None: those of all pictures.
    """
    from convtool.io.formats import extension_of

    if path == STREAM:
        raise click.UsageError("-o takes a file: stdout has the text")
    if os.path.isdir(path):
        raise click.UsageError(f"-o {path}: is a folder, expected a file")
    if is_drawing(path):
        return
    try:
        format_ = image_format(path)
    except click.UsageError:
        raise click.UsageError(
            f"{path}: extension {quoted(extension_of(path))} is unknown, expected one of: "
            f"{', '.join(expected or pictures())}"
        ) from None
    check_draws(format_, what, path, instead)


def pictures() -> list[str]:
    """The extensions of the pictures that commands draw, without dots."""
    from convtool.io.formats import FORMATS

    return [DRAWING.removeprefix("."), *(name for name, one in FORMATS.items() if one.pixels)]


def is_drawing(path: str) -> bool:
    """Whether a drawn picture is written as lines and texts, not as pixels."""
    return os.path.splitext(path)[1].lower() == DRAWING


def check_draws(format_: "Format", what: str, path: str | None, instead: str = "") -> None:
    """UsageError where a format cannot hold the picture that `what` draws."""
    where = f"{path}: " if path else ""
    expected = "expected a format such as png"
    if not format_.pixels:
        raise click.UsageError(
            f"{where}{what} draws a picture, and {format_.name} holds numbers, {expected}{instead}"
        )


def check_replaces_none(
    path: str | None, inputs: Iterable[str], what: str, option: str = "-o"
) -> None:
    """UsageError where the file of an option is one that the result is computed from.

    `what` says what that file is: "the image that is explained". A name of no file is none.
    """
    if path is None:
        return
    for name in inputs:
        try:
            same = os.path.samefile(path, name) and os.path.isfile(path)
        except (OSError, ValueError):  # ValueError: a NUL in a name
            continue
        if same:
            raise click.UsageError(f"{option} {path} would replace {what}")


def sweep_beside(paths: Iterable[str | None]) -> None:
    """Remove what killed commands have left where files will be written, each folder read once.

    Commands do so, as they begin, and not whatever writes a file: Dask's workers may write into
    folders on which one machine does not see another's locks.
    """
    from convtool.io.atomic import sweep

    for folder in {os.path.dirname(os.path.realpath(path)) for path in paths if path}:
        sweep(folder)


@contextmanager
def result_file(path: str | None) -> Iterator[BinaryIO]:
    """The file that a result goes to, opened; stdout if it has no path."""
    if path is not None and path not in STDOUT:
        from convtool.io.atomic import whole_file

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


def write_picture(picture: "Block", path: str, title: str, description: str) -> None:
    """Write a drawn picture, in the format of its file; SVG has its title and description, too."""
    from convtool.render.canvas import write
    from convtool.render.svg import svg

    sweep_beside([path])
    with result_file(path) as file:
        if is_drawing(path):
            file.write(svg(picture, title, description))
        else:
            write(picture, file, image_format(path), path)


def write_files(files: Mapping[str | None, bytes]) -> None:
    """Write what goes to each path, None being stdout: all files appear, or none."""
    sweep_beside(files)
    with ExitStack() as stack:
        opened = [(stack.enter_context(result_file(path)), files[path]) for path in files]
        for file, data in opened:
            file.write(data)
