"""convtool conv: images and a kernel in, feature maps out."""

from typing import Any

import click

from convtool.core.choices import STREAM
from convtool.ops.conv_options import CONV
from convtool.ops.operation import Maps

from .. import command, job, options
from ..messages import say


@click.command(cls=command.GroupedCommand, no_args_is_help=False)
@options.images
@command.stage(CONV)
@options.result
@options.many
@click.pass_context
def conv(ctx: click.Context, /, images: tuple[str, ...], **given: Any) -> None:
    """Slide a kernel over IMAGE, and write the feature map.

    \b
    Examples:
      convtool conv photo.png --kernel edge.json -o edges.png
      convtool conv photo.png -k sobel_x -k sobel_y --combine max -o s.png
      convtool conv photo.png -k laplacian --range center -o laplacian.png
      convtool conv photo.png -k kirsch -o 'photo-{kernel}.png'
      convtool conv photo.png -k kirsch --sheet -o sheet.png --show
      convtool conv photo.png -k box3 --format csv | head
      convtool conv photos --recursive -k edge -d edges

    Each value is sum(weight x pixel) / divisor + bias over the window under the kernel. The
    kernel is laid on as it stands, as neural networks do; --flip turns it first.

    Without IMAGE, or with -, the image comes from stdin. The maps of several images, or of a
    folder of them, go to --out-dir.
    """
    job.help_if_nothing_piped(ctx, images, given, *given["kernel"])
    stage = command.values(CONV, given)
    if STREAM in given["kernel"] and job.reads_stdin(images, given):
        raise click.UsageError("image and kernel cannot both come from stdin")
    if given["kernel"].count(STREAM) > 1:
        raise click.UsageError("only one kernel can come from stdin")

    def maps() -> Maps:
        from ..inputs import kernels

        lookup = kernels()
        found = CONV.make(stage, lookup)
        if not given["quiet"]:
            say(*lookup.notes)
        return found

    job.run(images, given, maps)
