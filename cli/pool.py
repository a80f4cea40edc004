"""convtool pool: an image in, each window of it merged into one value."""

from typing import TYPE_CHECKING, Any

import click

from convtool.words import POOL_MODES

from . import options

if TYPE_CHECKING:
    from convtool.stage import Operator


@click.command(no_args_is_help=False)
@options.image
@click.option(
    "-m",
    "--mode",
    type=click.Choice(POOL_MODES),
    default="max",
    show_default=True,
    help="What becomes of a window. lp: its p-norm.",
)
@click.option(
    "-s",
    "--size",
    type=options.Size(1),
    default="2",
    show_default=True,
    help="The window: 2, or 2x3 (rows x columns).",
)
@options.output(
    "Where the map goes; the extension tells the format. "
    "Default: stdout, or on a terminal a file like IMAGE-max2.png in the current folder."
)
@options.stride
@options.padding("0", "which win no max or min and add nothing")
@options.dilation
@click.option(
    "--ceil", is_flag=True, help="Keep a last window that sticks out, unless all of it does."
)
@click.option("--count-include-pad", is_flag=True, help="Count padding as zeros in a mean.")
@click.option("--p", type=options.Number(), help="The p of mode lp, from 1. Default: 2.")
@options.gray
@options.result
@click.pass_context
def pool(ctx: click.Context, /, image: str | None, **given: Any) -> None:
    """Merge each window of IMAGE into one value.

    \b
    Examples:
      convtool pool photo.png --mode max --size 2 -o half.png
      convtool pool photo.png --mode mean --size 8x8 --ceil -o thumbnail.png
      convtool conv photo.png -k edge --format npy | convtool pool -m max -o e.png

    The stride is the window's size unless --stride says otherwise.

    Without IMAGE, or with -, the image comes from stdin.
    """
    from . import job

    job.help_if_nothing_piped(ctx, image)
    if given["p"] is not None and given["mode"] != "lp":
        raise click.UsageError("--p goes with --mode lp")
    if given["p"] is not None and given["p"] < 1:
        raise click.UsageError("--p is less than 1, expected 1 or more")
    if given["count_include_pad"] and given["mode"] != "mean":
        raise click.UsageError("--count-include-pad goes with --mode mean")
    output = job.Output.of(given)
    source = job.Source(image, output)

    from convtool.pointwise import Gray
    from convtool.pool import Pool

    operator = Pool(
        given["size"],
        given["mode"],
        stride=given["stride"],
        padding=given["padding"],
        dilation=given["dilation"],
        ceil_mode=given["ceil"],
        count_include_pad=given["count_include_pad"],
        p=2 if given["p"] is None else given["p"],
    )
    rows, cols = operator.size
    size = f"{rows}" if rows == cols else f"{rows}x{cols}"
    before: list[Operator] = [Gray()] if given["gray"] else []
    job.run(source, {f"{operator.mode}{size}": [*before, operator]}, output)
