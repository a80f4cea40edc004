"""What conv, pool and run do once their options are read: one image, or many."""

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from convtool.core.choices import STREAM, STRETCHED
from convtool.core.malloc import keep_freed_memory
from convtool.ops.operation import Maps

from .command import usage
from .messages import say_text
from .output import Output

if TYPE_CHECKING:
    from convtool.ops.base import Operator

MANY = ("out_dir", "from_file", "json_", "skip_existing", "scheduler")
"""Options that treat even a single image as a batch."""

ALONE = ("out_dir", "skip_existing", "fail_fast", "json_", "scheduler")
"""Options that work on images one by one."""


def run(images: Sequence[str], given: Mapping[str, Any], make: Callable[[], Maps]) -> None:
    """Read the images, and write one file for each map that `make` names, of each image.

    `make` imports NumPy, so it is called only when the first image is being opened.
    """
    keep_freed_memory()
    if given["output"] and not given["out_dir"] and _is_folder(given["output"]):
        given = {**given, "out_dir": given["output"], "output": None}
    output = Output.of(given)

    def maps() -> Maps:
        with usage():
            found = make()
        if output.look.range in (*STRETCHED, "abs") and any(map(_keeps_some, found.values())):
            raise click.UsageError(
                f"--range {output.look.range} is for maps, and --only keeps some of the image"
            )
        return found

    if given["name"] and not given["out_dir"]:
        raise click.UsageError("--name goes with --out-dir")
    if given["null"] and not given["from_file"]:
        raise click.UsageError("-0 goes with --from-file")
    if given["stack"]:
        _run_stack(images, given, maps, output)
    elif is_many(images, given):
        for option, asked in (("--show", output.show), ("--sheet", output.sheet)):
            if asked:
                flags = ", ".join(map(_flag, MANY))
                raise click.UsageError(f"{option} is for a single image, without any of {flags}")
        from . import many_images

        many_images.run(images, many_images.Request.of(given), maps, output)
    else:
        from . import one_image

        one_image.run(images[0] if images else STREAM, maps, output)


def _run_stack(
    images: Sequence[str], given: Mapping[str, Any], make: Callable[[], Maps], output: Output
) -> None:
    """Take the images as the slices of one volume."""
    for name in ALONE:
        if given[name]:
            raise click.UsageError(
                f"--stack makes one volume for -o OUT, and {_flag(name)} is for many images"
            )
    if not images and not given["from_file"]:
        raise click.UsageError("--stack takes files and folders, and none is given")
    from . import one_image
    from .inputs import shell_sorted, slices

    found = slices(images, given["from_file"], given["null"], given["recursive"])
    if pair := shell_sorted(found):
        output.say(
            f"the slices keep the order of the list, {pair[0]} before {pair[1]}; those of a folder "
            "are sorted by their numbers"
        )
    one_image.run(images[0] if len(images) == 1 else found[0], make, output, found)


def _flag(name: str) -> str:
    """The option that has a name as a parameter."""
    return f"--{name.strip('_').replace('_', '-')}"


def _keeps_some(operators: "Sequence[Operator]") -> bool:
    """Whether some of the image stays as it is."""
    from convtool.ops.only import Only

    return any(isinstance(one, Only) for one in operators)


def _is_folder(path: str) -> bool:
    """Whether OUT is meant as a folder: it is one, or ends as one."""
    return os.path.isdir(path) or path.endswith(tuple(filter(None, (os.sep, os.altsep))))


def is_many(images: Sequence[str], given: Mapping[str, Any]) -> bool:
    """Whether the images are a batch, whose maps get names of their own."""
    asked = any(given[name] for name in MANY)
    return asked or len(images) > 1 or (len(images) == 1 and os.path.isdir(images[0]))


def reads_stdin(images: Sequence[str], given: Mapping[str, Any]) -> bool:
    """Whether an image, or the list of them, comes from stdin."""
    if given["from_file"]:
        return bool(given["from_file"] == STREAM)
    return not images or STREAM in images


def help_if_nothing_piped(
    ctx: click.Context, images: Sequence[str], given: Mapping[str, Any], *kernels: str
) -> None:
    """Show the command's help and exit with 2 rather than wait for somebody to type an image."""
    on_terminal = not sys.stdin or sys.stdin.isatty()
    if on_terminal and (reads_stdin(images, given) or STREAM in kernels):
        say_text(ctx.get_help())
        missing = "IMAGE is given, and none" if reads_stdin(images, given) else "kernel"
        say_text(f"\n{ctx.command_path}: no {missing} is piped in")
        ctx.exit(2)
