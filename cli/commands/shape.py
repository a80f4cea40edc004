"""convtool shape: the shapes and the cost of a pipeline, without computing any pixel."""

import sys
from typing import TYPE_CHECKING

import click

from convtool.core.choices import STREAM
from convtool.core.encoding import Table
from convtool.core.frames import ALL, Frames

from .. import command, options, usage
from ..messages import say

if TYPE_CHECKING:
    from collections.abc import Sequence
    from fractions import Fraction

    from convtool.core.image import Header
    from convtool.inspect.shapes import Shapes

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
@options.axes
@options.delimiter
@options.header
@click.option("--json", "json_", is_flag=True, help="Print one object of JSON.")
def shape(
    image: str,
    pipeline: str,
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
    if json_:
        from convtool.render.serialize import json_of_shapes

        from ..printing import print_json

        print_json(json_of_shapes(found))
    else:
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
    from ..printing import print_line, print_table, width

    rows: list[tuple[str, ...]] = [("image", _times(found.input), "", "", "", "", "")]
    rows += [
        (
            row.stage,
            _times(row.shape),
            f"{row.weights:,}",
            _table_number(row.multiply_adds),
            _times(row.field),
            _times(row.step),
            row.method,
        )
        for row in found.rows
    ]
    if len(found.rows) > 1:
        totals = f"{found.weights:,}", _table_number(found.multiply_adds)
        rows.append(("in all", "", *totals, "", "", ""))
    # Names of stages fold, so that no number has to.
    others = sum(max(map(len, column)) + 2 for column in list(zip(HEAD, *rows, strict=True))[1:])
    room = max(width() - others, SHORTEST)
    cells = [(_folded(stage, room), *rest) for stage, *rest in rows]
    print_table(HEAD, cells, right=" rrrrr ")
    joined = f"{_number(found.inputs)} x {_number(found.outputs)}"
    print_line("")
    print_line(f"A fully connected layer: {joined} = {_number(found.fully_connected)} weights.")
    print_line(
        f"{'These stages' if len(found.rows) > 1 else 'This stage'}: {_number(found.weights)}."
    )
    loops = dict.fromkeys(name for row in found.rows for name in row.loops.split(", ") if name)
    if loops:
        print_line(f"Loops: {', '.join(loops)}.")
    if found.alpha:
        print_line("The image's alpha is in the shapes, and in none of the other numbers.")


def _folded(stage: str, room: int) -> list[str]:
    """The name of a stage in lines; ``padding valid`` stays together."""
    from textwrap import wrap

    name, *places = stage.split(", ")
    whole = ", ".join((name, *(place.replace(" ", NO_BREAK) for place in places)))
    lines = wrap(whole, room, break_on_hyphens=False)
    return [line.replace(NO_BREAK, " ") for line in lines]


def _times(sizes: "Sequence[int | Fraction]") -> str:
    return "x".join(map(str, sizes))


def _table_number(count: int) -> str:
    """A count to the last digit, unless that takes too much of a line."""
    return f"{count:,}" if count < 10**12 else _number(count)


def _number(count: int) -> str:
    """A readable count: powers of ten as such, large ones to two digits."""
    digits = str(count)
    if len(digits) > 6 and digits == "1" + "0" * (len(digits) - 1):
        return f"10^{len(digits) - 1}"
    if len(digits) <= 9:
        return f"{count:,}"
    power = len(digits) - 1
    tenths = (count * 10 + 10**power // 2) // 10**power
    if tenths == 100:
        tenths, power = 10, power + 1
    return f"{tenths // 10}.{tenths % 10} x 10^{power}"
