"""Options that several commands share, each defined once, and the types of their values."""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from convtool.words import COMPRESSIONS, FORMATS, NAMED_PADDINGS, RANGES

Command = TypeVar("Command", bound=Callable[..., Any])

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    ParamType = click.ParamType[Any]
else:
    ParamType = click.ParamType  # older versions of click know it without a parameter only


class Size(ParamType):
    """A whole number, 3, or one for rows and one for columns, 3x5."""

    name = "size"

    def __init__(self, least: int) -> None:
        self.least = least

    def convert(self, value: Any, param: Any, ctx: Any) -> tuple[int, int]:
        """The pair (rows, columns)."""
        match = re.fullmatch(r"(\d{1,9})(?:x(\d{1,9}))?", value, re.ASCII)
        if match is None:
            self.fail(f"found {value!r}, expected a size as 3 or 3x5", param, ctx)
        size = int(match[1]), int(match[2] or match[1])
        if min(size) < self.least:
            self.fail(f"found {value!r}, expected {self.least} or more", param, ctx)
        return size


class Padding(ParamType):
    """A named padding, a size, or TOP,BOTTOM,LEFT,RIGHT."""

    name = "padding"

    def convert(self, value: Any, param: Any, ctx: Any) -> Any:
        """What `conv2d` takes for padding."""
        if value in NAMED_PADDINGS:
            return value
        if re.fullmatch(r"\d{1,9}(,\d{1,9}){3}", value, re.ASCII):
            top, bottom, left, right = map(int, value.split(","))
            return (top, bottom), (left, right)
        if not value[:1].isdigit():
            names = ", ".join(NAMED_PADDINGS)
            self.fail(f"found {value!r}, expected {names}, 1, 1x2 or 1,1,2,2", param, ctx)
        return Size(least=0).convert(value, param, ctx)


class Position(ParamType):
    """A place in a kernel, ROW,COL, counted from 0."""

    name = "ROW,COL"

    def convert(self, value: Any, param: Any, ctx: Any) -> tuple[int, int]:
        """The pair (row, column)."""
        match = re.fullmatch(r"(\d{1,9})\s*[,\s]\s*(\d{1,9})", value, re.ASCII)
        if match is None:
            self.fail(f"found {value!r}, expected a position as 0,1", param, ctx)
        return int(match[1]), int(match[2])


class Number(ParamType):
    """A finite number; a whole one stays whole."""

    name = "NUMBER"

    def convert(self, value: Any, param: Any, ctx: Any) -> float:
        """The int or float."""
        try:
            number = int(value) if re.fullmatch(r"[+-]?\d+", str(value)) else float(value)
        except ValueError:
            self.fail(f"found {value!r}, expected a number", param, ctx)
        if abs(number) >= float("inf") or number != number:
            self.fail(f"found {value!r}, expected a finite number", param, ctx)
        return number


class Kernel(ParamType):
    """A kernel's name, path or weights; completed by the bundled names and by files."""

    name = "K"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> "list[CompletionItem]":
        """The bundled kernels that begin so, and whatever files the shell finds."""
        from click.shell_completion import CompletionItem

        from convtool.library import bundled_folder, file_names

        found = [name for name in file_names(bundled_folder()) if name.startswith(incomplete)]
        # Files first: what bash has collected before them, it forgets.
        return [CompletionItem(incomplete, type="file"), *map(CompletionItem, found)]


FILE = click.Path(path_type=str)
"""A path as it stands; its type lets shells complete it."""

image = click.argument("image", required=False, metavar="[IMAGE]", type=FILE)

stride = click.option(
    "--stride",
    type=Size(1),
    help="Step from window to window: 2, or 2x1 (rows x columns). Default: 1; for pool, --size.",
)


def padding(default: str, made_of: str) -> Callable[[Command], Command]:
    """--padding, whose default and making is the operator's own."""
    help_ = (
        f"Rows and columns around the image, {made_of}: same (the map keeps the image's size, "
        "or its ceil(size / stride)), same_lower, valid (none), full, 1, 1x2, or "
        "TOP,BOTTOM,LEFT,RIGHT."
    )
    return click.option("--padding", type=Padding(), default=default, show_default=True, help=help_)


dilation = click.option(
    "--dilation",
    type=Size(1),
    default="1",
    show_default=True,
    help="Step from element to element inside a window.",
)

gray = click.option("--gray", is_flag=True, help="Make the image grey first (BT.601 luma).")

range_ = click.option(
    "--range",
    "range_",
    type=click.Choice(RANGES),
    help=(
        "How values become pixels. clip: rounded, below 0 is black, above white is white; "
        "abs: their magnitude; normalize: smallest to black, largest to white; center: 0 to "
        "mid-grey, nothing clipped. CSV and NPY hold the values themselves. Default: clip."
    ),
)

depth = click.option(
    "--depth",
    type=click.Choice(["8", "16"]),
    help=(
        "Bits of a pixel. White stays white; floats from CSV and NPY, which have no white, "
        "become pixels as they are. Default: 16 for images of 16 bits where the format holds them."
    ),
)

format_ = click.option(
    "--format",
    "format_",
    metavar="NAME",
    shell_complete=lambda *_: list(FORMATS),
    help=(f"{', '.join(FORMATS)}, ... Default: the extension of --output, else png."),
)

compress = click.option(
    "--compress",
    type=click.Choice(COMPRESSIONS),
    default="fast",
    show_default=True,
    help="How a PNG is packed: fast, or small, which takes many times longer.",
)

threads = click.option(
    "--threads",
    type=click.IntRange(min=1),
    metavar="N",
    help="How many to use; the result is the same. Default: one for each core.",
)

max_pixels = click.option(
    "--max-pixels",
    type=click.IntRange(min=1),
    metavar="N",
    help="Refuse larger images and maps. Default: 2 gigapixels.",
)

quiet = click.option("-q", "--quiet", is_flag=True, help="Say nothing but errors.")


def output(help_: str) -> Callable[[Command], Command]:
    """-o/--output, with what the command says of it."""
    return click.option("-o", "--output", metavar="OUT", type=FILE, help=help_)


def in_order(*decorators: Callable[[Command], Command]) -> Callable[[Command], Command]:
    """Several options at once, listed by --help in this order."""

    def decorate(command: Command) -> Command:
        for decorator in reversed(decorators):
            command = decorator(command)
        return command

    return decorate


result = in_order(range_, depth, format_, compress, threads, max_pixels, quiet)
