"""convtool pool: images in, each window of them merged into one value."""

from typing import Any

import click

from convtool.ops.operation import Maps
from convtool.ops.pool_options import POOL

from .. import command, job, options
from ..messages import say


@click.command(cls=command.GroupedCommand, no_args_is_help=False)
@options.images
@command.stage(POOL)
@options.result
@options.many
@click.pass_context
def pool(ctx: click.Context, /, images: tuple[str, ...], **given: Any) -> None:
    """Merge each window of IMAGE into one value.

    \b
    Examples:
      convtool pool photo.png --mode max --size 2 -o half.png
      convtool pool photo.png --mode mean --size 8x8 --ceil -o thumbnail.png
      convtool conv photo.png -k edge --format npy | convtool pool -m max -o e.png
      convtool pool photo.png --size 16 --show
      convtool pool photos/*.jpg --mode mean --size 4 -d small

    The stride is the window's size unless --stride says otherwise.

    Without IMAGE, or with -, the image comes from stdin. The maps of several images, or of a
    folder of them, go to --out-dir.
    """
    job.help_if_nothing_piped(ctx, images, given)
    stage = command.values(POOL, given)

    def maps() -> Maps:
        from convtool.kernel.lookup import Lookup

        lookup = Lookup()
        found = POOL.make(stage, lookup)
        if not given["quiet"]:
            say(*lookup.notes)
        return found

    job.run(images, given, maps)
