"""convtool shape: the shapes and the cost of a pipeline, without computing any pixel."""

import sys
from typing import TYPE_CHECKING

import click

from convtool.core.choices import STREAM
from convtool.core.encoding import Table
from convtool.core.filenames import shown
from convtool.core.frames import ALL, Frames

from .. import command, options, usage
from ..messages import say

if TYPE_CHECKING:
    from convtool.core.image import Header
    from convtool.inspect.shapes import Shapes

DRAWN = "The map after each stage, from the image to the last one, with its size and its cost."
"""What the picture shows, for those who hear it."""

HEAD = ("stage", "output", "weights", "multiply-adds", "field", "step", "method")

NO_BREAK = "\N{NO-BREAK SPACE}"

SHORTEST = 14
"""Columns that names of stages have at least."""


@click.command(
    cls=command.TakesPipeline,
    no_args_is_help=True,
    short_help="Tell shapes and cost of PIPELINE, without computing a pixel.",
)
@click.argument("image", metavar="IMAGE|HxWxC", type=command.FILE)
@click.argument("pipeline", metavar="PIPELINE", type=command.FILE)
@click.option(
    "-o",
    "--output",
    metavar="OUT",
    type=command.FILE,
    help="Draw the pipeline as a picture, for a slide, and print nothing. A .svg has lines and "
    "texts.",
)
@options.axes
@options.delimiter
@options.header
@click.option("--json", "json_", is_flag=True, help="Print one object of JSON.")
def shape(
    image: str,
    pipeline: str,
    output: str | None,
    json_: bool,
    axes: str | None,
    delimiter: str | None,
    header: bool,
) -> None:
    """Tell the shapes and the cost of PIPELINE, without computing any pixel.

    \b
    Examples:
      convtool shape photo.png 'conv -k edge --stride 2 | relu | pool --size 2'
      convtool shape 1000x1000 'conv -k edge'
      convtool shape 224x224x3 'conv -k samples/conv1.npy | relu | pool' --json
      convtool shape photo.png layer.toml
      convtool shape photo.png 'conv -k edge | relu | pool' -o net.svg

    HxW or HxWxC stands for an 8-bit image of that size, DxHxWxC for a volume. Of a PNG or NPY
    file only the size, type and channels are read, unless the PNG is shown rotated. Any other
    IMAGE is decoded whole. PIPELINE is what `convtool run` takes, and may come first.

    For each stage, named with the stride, padding and dilation that are not its defaults: its
    map (rows x columns x channels), its weights (biases not counted), its multiply-adds (a
    product for each weight and value of the map; pooling has none), the receptive field (the
    piece of IMAGE that one value depends on), the step in IMAGE from one value's field to the
    next one's, and the method that the engine plans for a convolution.

    Last, the weights of a fully connected layer, which joins each value of IMAGE to each value
    of the last map, for comparison with the weights of PIPELINE; and which loops compute the
    convolutions, compiled ones or NumPy's.
    """
    from convtool.core.errors import at
    from convtool.inspect.shapes import header_of_size, shapes

    pipeline, image = usage.pipeline_first([image, pipeline], usual=1)
    if output is not None:
        from ..output import check_picture, check_replaces_none

        check_replaces_none(output, [image], "the image whose shapes are drawn")
        check_replaces_none(output, [pipeline], "the pipeline that is drawn")
        check_picture(output, "shape", "; --json prints the numbers")
    with command.usage():
        found_header = header_of_size(image)
        from convtool.pipeline.pipeline import Pipeline

        found_pipeline = Pipeline.find(pipeline)
        if found_header is None:
            in_depth = any(one.dimensions > 2 for one in found_pipeline.operators)
            table = Table(delimiter or ",", header, axes)
            found_header = _header_of_file(image, table, ALL if in_depth else None)
    say(*found_pipeline.notes)
    with at(image):
        found = shapes(found_pipeline.operators, found_header)
    _say_too_large(found)
    if output is not None:
        from convtool.render.network import draw_shapes

        from ..output import write_picture

        name = shown(image)
        write_picture(draw_shapes(name, found), output, f"{name}: {pipeline}", DRAWN)
    if json_:
        from convtool.render.serialize import json_of_shapes

        from ..printing import print_json

        print_json(json_of_shapes(found))
    elif output is None:
        _print(found)


def _header_of_file(image: str, table: Table, frames: Frames | None) -> "Header":
    from convtool.core.errors import ConvtoolError, TooManyPixels
    from convtool.io.source import open_named

    usage.check_size(image)
    try:
        if image == STREAM and (sys.stdin is None or sys.stdin.isatty()):
            raise click.UsageError("no image is piped in")
        return open_named(image, again=False, ahead=False, table=table, frames=frames).header
    except TooManyPixels as error:
        told = str(error).partition(";")[0]
        raise ConvtoolError(f"{told}; give its size in place of it, as HxWxC") from None


def _say_too_large(found: "Shapes") -> None:
    """Name the first map that is too large to compute."""
    from convtool.io.limits import MAX_PIXELS

    sizes = [("the image", found.input), *((row.stage, row.shape) for row in found.rows)]
    for name, (*_, height, width, _) in sizes:
        if height * width > MAX_PIXELS:
            say(
                f"{name}: {height}x{width} is more than the {MAX_PIXELS} pixels that "
                "conv, pool and run take without --max-pixels"
            )
            return


def _print(found: "Shapes") -> None:
    from convtool.render.shape_text import exact_number, sentences, times

    from ..printing import print_line, print_table, width

    rows: list[tuple[str, ...]] = [("image", times(found.input), "", "", "", "", "")]
    rows += [
        (
            row.stage,
            times(row.shape),
            f"{row.weights:,}",
            exact_number(row.multiply_adds),
            times(row.field),
            times(row.step),
            row.method,
        )
        for row in found.rows
    ]
    if len(found.rows) > 1:
        totals = f"{found.weights:,}", exact_number(found.multiply_adds)
        rows.append(("in all", "", *totals, "", "", ""))
    # Names of stages fold, so that no number has to.
    others = sum(max(map(len, column)) + 2 for column in list(zip(HEAD, *rows, strict=True))[1:])
    room = max(width() - others, SHORTEST)
    cells = [(_folded(stage, room), *rest) for stage, *rest in rows]
    print_table(HEAD, cells, right=" rrrrr ")
    print_line("")
    for line in sentences(found):
        print_line(line)


def _folded(stage: str, room: int) -> list[str]:
    """The name of a stage in lines; ``padding valid`` stays together."""
    from textwrap import wrap

    name, *places = stage.split(", ")
    whole = ", ".join((name, *(place.replace(" ", NO_BREAK) for place in places)))
    lines = wrap(whole, room, break_on_hyphens=False)
    return [line.replace(NO_BREAK, " ") for line in lines]
