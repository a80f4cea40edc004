"""convtool fit: two images in, the kernel out that turns one into the other."""

import os
import sys
from collections.abc import Mapping, Sequence
from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from convtool.core.choices import STREAM
from convtool.core.frames import ALL
from convtool.core.params import SizeInDepth, Steps, WhichFrames
from convtool.kernel.formats.table import KERNEL_FORMATS

from .. import command, job, options
from ..output import check_replaces_none, kernel_format, table_of
from ..page import is_page

if TYPE_CHECKING:
    from convtool.kernel.formats.table import KernelFormat

MOST_SHOWN, MOST_REACHED = 121, 160
"""Weights of a kernel, and rows or columns of a window, that the page of --replay has room for."""


@click.command(no_args_is_help=True)
@click.argument("images", nargs=-1, metavar="[BEFORE AFTER]", type=command.FILE)
@click.option(
    "-s",
    "--size",
    type=command.Value(SizeInDepth(1)),
    default="3",
    show_default=True,
    help="The kernel's: 3, 3x5 (rows x columns), or 3x3x3 (over slices, too).",
)
@click.option("--bias", is_flag=True, help="Learn a number that is added, too.")
@click.option(
    "--rational",
    is_flag=True,
    help="Look for whole weights over a divisor near the numbers, and keep them if they reproduce "
    "AFTER's pixels as well.",
)
@click.option(
    "--stride",
    type=command.Value(Steps(1)),
    default="1",
    help="Step from window to window in AFTER: 2, 2x1 (rows x columns), or 1x2x2 (slices first). "
    "Default: 1.",
)
@click.option(
    "--dilation",
    type=command.Value(Steps(1)),
    default="1",
    show_default=True,
    help="Step from element to element inside a window.",
)
@click.option(
    "--layer",
    is_flag=True,
    help="Learn weights (out, in, h, w), of each channel in for each channel out, as a .npy; with "
    "depth, (out, in, d, h, w). With --bias their biases beside it, as NAME-bias.npy.",
)
@click.option(
    "--pairs",
    metavar="LIST",
    type=command.FILE,
    help="Learn from all pairs in a file, a line each: BEFORE AFTER, separated by a tab or blanks, "
    "quoted as in a shell; a line that begins with # is left out; - is stdin.",
)
@click.option(
    "-o",
    "--output",
    metavar="OUT",
    type=command.FILE,
    help="Where the kernel goes; the extension tells the format. Default: stdout, and the report "
    "goes to stderr then.",
)
@click.option(
    "--format",
    "format_",
    metavar="NAME",
    type=command.TEXT,
    shell_complete=lambda *_: list(KERNEL_FORMATS),
    help=f"{', '.join(KERNEL_FORMATS)}. Default: the extension of --output, else txt, npy for a "
    "layer.",
)
@click.option(
    "--json", "json_", is_flag=True, help="Print kernel and report as one JSON object on stdout."
)
@click.option(
    "--replay",
    metavar="PAGE",
    type=command.FILE,
    help="Also write a page for a browser, as lesson.html: gradient descent on the same least "
    "squares, step by step from random weights to the closed form. For kernels of rows and "
    "columns, of up to 121 weights.",
)
@click.option(
    "--frames",
    type=command.Value(WhichFrames()),
    help="Which frames of animations, or pages of TIFFs, of BEFORE and AFTER alike. Default: all.",
)
@options.axes
@options.max_pixels
@options.delimiter
@options.header
@options.threads
@options.quiet
@click.pass_context
def fit(ctx: click.Context, /, images: tuple[str, ...], **given: Any) -> None:
    """Learn the kernel that turns BEFORE into AFTER.

    \b
    Examples:
      convtool fit samples/scene.png samples/scene-edge.png --rational
      convtool fit samples/scene.png samples/scene-edge.png -o learned.json
      convtool fit samples/scene.png samples/scene-edge.png --replay training.html
      convtool conv photo.png -k box5 | convtool fit photo.png - -s 5 --json

    What training does to a convolution layer, in closed form: least squares over all pixels.
    AFTER may have padding same, valid or full. Its pixels at the border are ignored, and so are
    black and white ones, which may have been clipped. Images that are flat or repeat themselves
    do not determine a kernel: that is an error.

    Pages of a TIFF, frames of an animation and slices of numbers (--axes zyx) are slices. A size
    of rows and columns learns from each slice alike; one of three numbers, as 3x3x3, reaches over
    slices.

    The kernel is ready for --kernel of convtool conv.
    """
    _check(images, given)
    if STREAM in (*images, given["pairs"]):
        job.help_if_nothing_piped(ctx, (STREAM,), {"from_file": None})

    from ..messages import say
    from ..pairs import Sources
    from .fit_report import tell

    target = KernelTarget.of(given)

    from convtool.core.filenames import plain
    from convtool.core.malloc import keep_freed_memory
    from convtool.core.threads import check_threads
    from convtool.fit.fit import fit_placed
    from convtool.fit.pairs import Model
    from convtool.fit.placement import likeliest_placement
    from convtool.io.limits import MAX_PIXELS
    from convtool.ops.window_options import in_depth

    keep_freed_memory()
    frames = given["frames"] or ALL
    sources = Sources(given["max_pixels"] or MAX_PIXELS, table_of(given), frames)
    pairs = [sources.pair(*images)] if images else []
    if given["pairs"]:
        pairs += sources.pairs_of(given["pairs"])
    for path in target.files(biases=given["layer"] and given["bias"]):
        check_replaces_none(path, sources.paths, "an image that is learned from")
    check_replaces_none(given["replay"], sources.paths, "an image that is learned from", "--replay")
    steps = {name: given[name] for name in ("stride", "dilation")}
    if len(given["size"]) == 3:
        with command.usage():
            steps = in_depth(steps)
    model = Model.of(given["size"], **steps, bias=given["bias"], layer=given["layer"])
    stem = os.path.splitext(os.path.basename(target.path or ""))[0]
    placement = likeliest_placement(pairs, model, check_threads(given["threads"]))
    found = fit_placed(
        pairs,
        placement,
        rational=given["rational"],
        name=plain(stem) if stem else "fitted",
        threads=given["threads"],
    )
    pages = {}
    if given["replay"]:
        from convtool.render.replay.replay import replay

        pages[given["replay"]] = replay(pairs, placement, found)
    if not given["quiet"]:
        say(*sources.notes)
    tell(found, target, pages, rational=given["rational"], quiet=given["quiet"])


class KernelTarget(NamedTuple):
    """Where the kernel goes, and in which format."""

    path: str | None
    """None is stdout."""
    format: "KernelFormat"
    as_json: bool

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> "KernelTarget":
        """From the parsed options; UsageError where the format cannot hold the result."""
        path = None if given["output"] == STREAM else given["output"]
        layer, size = given["layer"], given["size"]
        format_ = kernel_format(path, given["format_"], "npy" if layer else "txt")
        if given["json_"] and given["format_"] and path is None:
            raise click.UsageError("--json prints JSON: --format goes with -o, or without --json")
        target = cls(path, format_, given["json_"])
        if layer and format_.name != "npy":
            raise click.UsageError(
                f"--layer makes weights (out, in, h, w), which {format_.name} does not hold: "
                "use -o NAME.npy"
            )
        if given["bias"] and not layer and format_.name in ("npy", "imagemagick"):
            raise click.UsageError(
                f"--bias: {format_.name} holds no bias of a kernel: use json or txt"
            )
        if format_.flat and len(size) == 3:
            from convtool.core.validation import shape_words

            raise click.UsageError(
                f"--size {shape_words(size)}: {format_.name} holds kernels of rows and columns: "
                "use json, txt or npy"
            )
        if target.prints_kernel and format_.name == "npy":
            if given["bias"]:
                raise click.UsageError("--bias with --layer makes two files: use -o NAME.npy")
            if sys.stdout is not None and sys.stdout.isatty():
                raise click.UsageError("a terminal shows no npy: use -o NAME.npy")
        return target

    @property
    def prints_kernel(self) -> bool:
        """Whether the kernel itself is what stdout gets."""
        return self.path is None and not self.as_json

    def files(self, *, biases: bool) -> list[str]:
        """The files that are written: the kernel's, and that of a layer's biases."""
        if self.path is None:
            return []
        return [self.path, f"{os.path.splitext(self.path)[0]}-bias.npy"][: 1 + biases]


def _check(images: Sequence[str], given: Mapping[str, Any]) -> None:
    """UsageError for options that contradict one another, and for too few images or too many."""
    if len(images) == 1 or (not images and not given["pairs"]):
        raise click.UsageError(
            f"{len(images) or 'no'} image given, expected two, BEFORE AFTER, or --pairs LIST"
        )
    if len(images) > 2:
        raise click.UsageError(
            f"{len(images)} images given, expected two; several pairs go into a list: --pairs LIST"
        )
    if [*images, given["pairs"]].count(STREAM) > 1:
        raise click.UsageError("only one of BEFORE, AFTER and LIST can come from stdin")
    if given["layer"] and given["rational"]:
        raise click.UsageError("--rational is for kernels: it excludes --layer")
    if given["replay"] is not None:
        _check_replay(given)


def _check_replay(given: Mapping[str, Any]) -> None:
    """UsageError for what the page of --replay does not show, and for a name of no page."""
    from convtool.core.validation import sizes

    page, size = given["replay"], given["size"]
    if not is_page(page):
        raise click.UsageError(f"--replay {page}: writes a page, expected a name as lesson.html")
    if given["layer"]:
        raise click.UsageError("--replay shows one kernel learned: it excludes --layer")
    if len(size) == 3:
        raise click.UsageError("--replay shows kernels of rows and columns, and --size has slices")
    if prod(size) > MOST_SHOWN:
        raise click.UsageError(
            f"--replay shows up to {MOST_SHOWN} weights, as of 11x11, and --size has {prod(size)}"
        )
    steps = sizes(given["dilation"], "dilation")
    reach = max((taps - 1) * step + 1 for taps, step in zip(size, steps, strict=True))
    if reach > MOST_REACHED:
        raise click.UsageError(
            f"--replay shows windows of up to {MOST_REACHED} rows or columns, and --dilation "
            f"makes them {reach}"
        )
    if given["output"] and os.path.realpath(page) == os.path.realpath(given["output"]):
        raise click.UsageError(f"--replay and -o both name {page}, expected two files")
