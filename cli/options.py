"""Options as click has them: a stage's, which the library defines, and those of every command."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import click

from convtool.core.choices import COMPRESSIONS, RANGES
from convtool.core.errors import ConvtoolError, OptionError, quoted
from convtool.core.params import (
    Axes,
    Color,
    Delimiter,
    FileName,
    Flag,
    KernelName,
    Kind,
    Number,
    Option,
    Positive,
    WhichFrames,
    Word,
)
from convtool.io.formats import FORMATS
from convtool.ops.operation import Operation
from convtool.ops.registry import OPERATIONS

MOST_THREADS = 2**31 - 1

Command = TypeVar("Command", bound=Callable[..., Any])

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    ParamType = click.ParamType[Any]
else:
    ParamType = click.ParamType  # older versions of click know it without a parameter only


class Words(ParamType):
    """A word of one of the library's kinds, left for the library to read."""

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        self.name = kind.metavar

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        """How help shows such a value; click would write it in capitals."""
        return self.kind.metavar

    def convert(self, value: Any, param: Any, ctx: Any) -> Any:
        """The word."""
        return value

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> "list[CompletionItem]":
        """The words or kernels that begin so; for a kernel and any file, the shell's files too."""
        from click.shell_completion import CompletionItem

        # Files first: what bash has collected before them, it forgets.
        files = isinstance(self.kind, FileName | KernelName)
        found = [CompletionItem(incomplete, type="file")] if files else []
        names: Sequence[str] = ()
        if isinstance(self.kind, Word):
            names = self.kind.words
        elif isinstance(self.kind, KernelName):
            from convtool.kernel.lookup import bundled_folder, file_names
            from convtool.kernel.parametric.catalog import GENERATORS

            names = [*file_names(bundled_folder()), *GENERATORS]
        return found + [CompletionItem(name) for name in names if name.startswith(incomplete)]


class Value(Words):
    """A value of an option that is a command's alone, read at once."""

    def convert(self, value: Any, param: Any, ctx: Any) -> Any:
        """What the word means."""
        try:
            return self.kind.read(value) if isinstance(value, str) else value
        except ConvtoolError as error:
            self.fail(str(error), param, ctx)


HEADINGS = {"conv": "convolution", "pool": "pooling"}
"""What the help calls the options of a stage."""


def parameter(*same: Option) -> Callable[[Command], Command]:
    """An option that one or several stages have; the first describes it, with all defaults."""
    option = same[0]
    names = [f"-{option.short}"] * bool(option.short) + [option.flag, option.name]
    if isinstance(option.kind, Flag):
        return click.option(*names, is_flag=True, help=option.help)
    help_ = option.help.partition(" Default: ")[0]
    defaults = [one.default or one.help.partition(" Default: ")[2].rstrip(".") for one in same]
    if any(defaults):
        help_ += f" Default: {', of --pool '.join(dict.fromkeys(defaults))}."
    return click.option(*names, type=Words(option.kind), multiple=option.several, help=help_)


def stage(*operations: Operation, leave: Sequence[str] = ()) -> Callable[[Command], Command]:
    """The options of one or several kinds of stages, each once; those named in `leave` not."""
    found: dict[str, list[Option]] = {}
    for operation in operations:
        for option in operation.options:
            found.setdefault(option.name, []).append(option)
    sections: dict[str, list[Callable[[Command], Command]]] = {}
    for name, same in found.items():
        if name not in leave:
            of = [HEADINGS[one.name] for one in operations if name in one.names]
            sections.setdefault(" and ".join(of).capitalize(), []).append(parameter(*same))
    return in_order(*(in_order(*each, heading=heading) for heading, each in sections.items()))


def values(operation: Operation, given: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a stage's options, of a command's words; UsageError for those that are none."""
    with usage():
        return operation.read(
            {
                option.name: given[option.name]
                for option in operation.options
                if option.name in given
            }
        )


@contextmanager
def usage() -> Iterator[None]:
    """Turn an error about options into one of wrong usage."""
    try:
        yield
    except OptionError as error:
        raise click.UsageError(str(error)) from None


class GroupedCommand(click.Command):
    """A command whose help lists options under the headings that `in_order` gave them."""

    def sections(self, ctx: click.Context) -> dict[str, list[click.Option]]:
        """The options under their headings, those without one last."""
        sections: dict[str, list[click.Option]] = {}
        others: list[click.Option] = []
        for param in self.get_params(ctx):
            if isinstance(param, click.Option):
                heading = getattr(param, "heading", None)
                (sections.setdefault(heading, []) if heading else others).append(param)
        return {**sections, "Other options" if sections else "Options": others}

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """As any command does; a number in the place of an option is of a kernel without quotes."""
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            if not error.option_name[1:].isdecimal():
                raise
            raise click.UsageError(
                f"No such option {quoted(error.option_name)}. Weights are one word, in quotes: "
                "--kernel '0 -1 0; -1 5 -1; 0 -1 0'",
                ctx,
            ) from None

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the sections of the help."""
        for heading, options in self.sections(ctx).items():
            with formatter.section(heading):
                formatter.write_dl(
                    list(filter(None, (one.get_help_record(ctx) for one in options)))
                )


class TakesPipeline(GroupedCommand):
    """A command that knows a pipeline whose quotes were forgotten."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """As any command does."""
        first = next((word for word in args[:2] if word in OPERATIONS), None)
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            if first:
                hint = f"Is the pipeline quoted? '{first} ... | relu'"
            elif _is_of_a_stage(error.option_name):
                hint = "Options of a stage go into the pipeline: 'gray | conv -k edge'"
            else:
                raise
            raise click.UsageError(
                f"No such option {quoted(error.option_name)}. {hint}", ctx
            ) from None


def _is_of_a_stage(flag: str) -> bool:
    return any(flag == option.flag for stage in OPERATIONS.values() for option in stage.options)


class _File(click.Path):
    """A path as it stands; its type lets shells complete it."""

    def convert(self, value: Any, param: Any, ctx: Any) -> Any:
        """The path, which is not empty as that of a script's unset variable."""
        return _not_empty(self, super().convert(value, param, ctx), param, ctx)


class _Name(ParamType):
    """A text that is not empty."""

    name = "text"

    def convert(self, value: Any, param: Any, ctx: Any) -> Any:
        """The text."""
        return _not_empty(self, value, param, ctx)


def _not_empty(kind: ParamType, value: Any, param: Any, ctx: Any) -> Any:
    if not value:
        kind.fail("found '', expected a text", param, ctx)
    return value


FILE = _File(path_type=str)
TEXT = _Name()

images = click.argument("images", nargs=-1, metavar="[IMAGE]...", type=FILE)

range_ = click.option(
    "--range",
    "range_",
    type=click.Choice(RANGES),
    help=(
        "How values become pixels. clip: rounded, below 0 is black, above white is white; "
        "abs: their magnitude; normalize: smallest to black, largest to white; center: 0 to "
        "mid-grey, nothing clipped. CSV and NPY hold the values themselves, and so does TIFF of "
        "images of floats and the like, which have no white. Default: clip."
    ),
)

depth = click.option(
    "--depth",
    type=click.Choice(["8", "16", "float"]),
    help=(
        "Bits of a pixel; float: none, a TIFF is to hold the values themselves. White stays white; "
        "numbers, which have no white, become pixels as they are. Default: 16 for images of 16 "
        "bits where the format holds them."
    ),
)

white = click.option(
    "--white",
    type=Value(Positive()),
    help=(
        "The value that is shown as white: 1 for a map of shares. Default: white as the image has "
        "it, and 255 or 65535 for numbers, which have none."
    ),
)

nodata = click.option(
    "--nodata",
    type=Value(Number()),
    help=(
        "The number that marks missing values in the image, besides NaN. In CSV and NPY what is "
        "missing is this number again. --missing says what is done with it."
    ),
)

background = click.option(
    "--background",
    type=Value(Color()),
    help=(
        "What a map with transparency is laid over in a format that holds none, as JPEG: a name, "
        "or #rrggbb. Default: white."
    ),
)

quality = click.option(
    "--quality",
    type=click.IntRange(1, 100),
    metavar="N",
    help=(
        "Quality of a JPEG, WebP or AVIF, from 1 to 100. Default: 95 for JPEG, no loss for WebP, "
        "Pillow's for others."
    ),
)

strip = click.option("--strip", is_flag=True, help="Leave EXIF and XMP behind.")

format_ = click.option(
    "--format",
    "format_",
    metavar="NAME",
    type=TEXT,
    shell_complete=lambda *_: list(FORMATS),
    help=(
        f"{', '.join(FORMATS)}, ... CSV and NPY get the values themselves, TIFF too of images "
        "of floats and the like, all others pixels. Default: the extension of --output, else the "
        "image's own format if it is csv, npy or tiff, else png."
    ),
)

compress = click.option(
    "--compress",
    type=click.Choice(COMPRESSIONS),
    help=(
        "How a PNG or TIFF is packed: fast, small, which takes many times longer, or none. "
        "Default: fast for PNG, none for TIFF."
    ),
)

threads = click.option(
    "--threads",
    type=click.IntRange(1, MOST_THREADS),
    metavar="N",
    help=(
        "How many to use in all, on several images or on the parts of a large one; the result "
        "is the same. Default: one for each core."
    ),
)

max_pixels = click.option(
    "--max-pixels",
    type=click.IntRange(min=1),
    metavar="N",
    help="Refuse images and maps of more pixels. Default: 2000000000.",
)

delimiter = click.option(
    "--delimiter",
    type=Value(Delimiter()),
    help=(
        "What separates numbers in CSV, read and written: one character as ';', or tab; ' ' reads "
        "any number of blanks. Default: a comma."
    ),
)

header = click.option(
    "--header",
    is_flag=True,
    help="Skip the rows of headings that a CSV begins with: those that hold no number.",
)

quiet = click.option("-q", "--quiet", is_flag=True, help="Say nothing but errors.")

output = click.option(
    "-o",
    "--output",
    metavar="OUT",
    type=FILE,
    help=(
        "Where the map goes; the extension tells the format, and a folder is as --out-dir. "
        "{kernel} stands for the kernel's name (of pool and run for what is done, as max2). "
        "Default: stdout, or on a terminal a file IMAGE-KERNEL.png in the current folder."
    ),
)

overwrite = click.option(
    "--overwrite", is_flag=True, help="Let a map replace the image that it is computed from."
)

no_clobber = click.option(
    "--no-clobber", is_flag=True, help="Refuse to replace any file. Default: maps replace others."
)

out_dir = click.option(
    "-d",
    "--out-dir",
    metavar="DIR",
    type=FILE,
    help="The folder for the maps of several images, which is created if needed.",
)

name = click.option(
    "--name",
    metavar="TEMPLATE",
    type=TEXT,
    help=(
        "How maps in --out-dir are called: {stem} is the image's name without its extension, "
        "{ext} that extension, {kernel} the kernel's name, {frame} a frame's number. "
        "Default: '{stem}-{kernel}' with the extension of the format."
    ),
)

axes = click.option(
    "--axes",
    type=Value(Axes()),
    help=(
        "What the axes of a .npy are, or what the pages of a TIFF or the blocks of a CSV are: z "
        "slices, t frames, y rows, x columns, c channels, as zyx; zcyx joins pages as channels. "
        "Default: as a TIFF says itself; yx, or yxc of three axes."
    ),
)

stack = click.option(
    "--stack",
    is_flag=True,
    help=(
        "Take all images as the slices of one volume, in the order that they are given in; those "
        "of a folder by the numbers in their names, slice2 before slice10."
    ),
)

recursive = click.option(
    "--recursive", is_flag=True, help="Go down into folders, and make the same ones in --out-dir."
)

from_file = click.option(
    "--from-file",
    metavar="LIST",
    type=FILE,
    help="Take images, or folders, from a file of names, one a line; - is stdin.",
)

null = click.option(
    "-0",
    "--null",
    is_flag=True,
    help="Names in LIST end with a NUL byte, as find -print0 writes.",
)

frames = click.option(
    "--frames",
    type=Value(WhichFrames()),
    help=(
        "Which frames of an animation, or pages of a TIFF. Default: all, where OUT holds frames "
        "(PNG, GIF, WebP, TIFF, NPY, CSV), else the first. {frame} in OUT makes a file for each."
    ),
)

skip_existing = click.option(
    "--skip-existing",
    is_flag=True,
    help="Skip maps that already exist: continue an interrupted run.",
)

fail_fast = click.option("--fail-fast", is_flag=True, help="Stop at the first image that fails.")

json_ = click.option(
    "--json", "json_", is_flag=True, help="Print a line of JSON for each map on stdout."
)

scheduler = click.option(
    "--scheduler",
    metavar="ADDRESS",
    type=TEXT,
    help="A Dask cluster does the work: tcp://host:8786. Its workers need convtool and the files.",
)


show = click.option(
    "--show",
    is_flag=True,
    help=(
        "Show the map on the terminal, as large as fits; of several maps, and of a map of more "
        "channels than a picture has, all with their names. With no OUT, no file is written."
    ),
)

sheet = click.option(
    "--sheet",
    is_flag=True,
    help=(
        "Write one picture that shows all maps, and all outputs of a layer, each with its name: "
        "a contact sheet."
    ),
)


def in_order(
    *decorators: Callable[[Command], Command], heading: str = ""
) -> Callable[[Command], Command]:
    """Several options at once, listed by --help in this order, and under this heading."""

    def decorate(command: Command) -> Command:
        before = len(getattr(command, "__click_params__", []))
        for decorator in reversed(decorators):
            command = decorator(command)
        for param in getattr(command, "__click_params__", [])[before:]:
            if heading:
                param.heading = heading
        return command

    return decorate


result = in_order(
    *(output, overwrite, no_clobber, sheet, show, range_, white, depth, background, nodata),
    *(format_, compress, quality, strip),
    heading="Output",
)
"""How values become pixels, and where the map goes."""

many = in_order(
    in_order(
        *(
            out_dir,
            name,
            stack,
            recursive,
            from_file,
            null,
            skip_existing,
            fail_fast,
            json_,
            scheduler,
        ),
        heading="Many images",
    ),
    *(frames, axes, threads, max_pixels, delimiter, header, quiet),
)
"""Several images, who does the work, and what is said of it."""
