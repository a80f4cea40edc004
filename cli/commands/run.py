"""convtool run: images through a chain of stages."""

from typing import Any

import click

from convtool.ops.operation import Maps
from convtool.ops.registry import OPERATIONS

from .. import command, job, options, usage
from ..messages import say


@click.command(
    cls=command.TakesPipeline,
    no_args_is_help=False,
    short_help="Run stages over IMAGE, in one pass, with exact values between.",
)
@click.argument("pipeline", required=False, metavar="PIPELINE", type=command.FILE)
@options.images
@options.result
@options.many
@click.pass_context
def run(ctx: click.Context, /, pipeline: str | None, images: tuple[str, ...], **given: Any) -> None:
    """Run a PIPELINE of stages over IMAGE, in one pass, with exact values between them.

    \b
    Examples:
      convtool run 'conv -k edge | relu | pool --size 2' photo.png -o layer.png
      convtool run 'gray | conv -k sobel_x | abs' photo.png --format npy > s.npy
      convtool run layer.toml photos --recursive -d maps
      convtool run 'gray | conv -k sobel_x | abs' photo.png --show

    PIPELINE is stages separated by |, in the words of the commands, or a .toml or .json file with a
    list of stages. Stages are conv and pool, with the options that come before --output in the
    help of these commands; conv_transpose, which makes a map larger, and unpool, which leaves the
    largest pixel of each window and makes others 0; relu, leaky_relu (--slope 0.01), sigmoid, tanh,
    abs, gray, linear (from values to light) and encode (back).

    PIPELINE and IMAGE may be in either order. Without IMAGE, or with -, the image comes from
    stdin. The maps of several images, or of a folder of them, go to --out-dir.
    """
    if pipeline is None:
        names = ", ".join(OPERATIONS)
        raise click.UsageError(f"Missing argument 'PIPELINE', stages of {names} separated by |")
    spec, *images_ = usage.pipeline_first([pipeline, *images], usual=0)
    usage.check_pipeline(spec)
    job.help_if_nothing_piped(ctx, images_, given)

    def maps() -> Maps:
        from convtool.pipeline.pipeline import Pipeline

        found = Pipeline.find(spec)
        if not given["quiet"]:
            say(*found.notes)
        return {found.name: list(found.operators)}

    job.run(images_, given, maps)
