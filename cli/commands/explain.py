"""convtool explain: how one value of a map comes about, as a textbook draws it."""

import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from convtool.core.choices import STREAM
from convtool.core.errors import OptionError, at
from convtool.core.filenames import shown
from convtool.core.frames import ALL, Frames
from convtool.core.params import Position, Positive
from convtool.ops.conv_options import CONV
from convtool.ops.operation import Maps, Operation
from convtool.ops.pool_options import POOL

from .. import command, options, usage
from ..animation import EXTENSIONS, check_animation, check_no_animation, write_animation
from ..inputs import kernels
from ..messages import say
from ..page import check_page, is_page, open_page, write_page

if TYPE_CHECKING:
    from convtool.inspect.explain import Explanation
    from convtool.io.base import Reader

DRAWN = "Each stage, the last one first: its window, kernel, products and steps to the value."
"""What the picture shows, for those who hear it."""

MODE = POOL.option("--mode")


@click.command(
    cls=command.TakesPipeline,
    no_args_is_help=True,
    short_help="Explain one value of a map: window, kernel, products, pixel.",
)
@click.argument("image", metavar="IMAGE", type=command.FILE)
@click.argument("pipeline", required=False, metavar="[PIPELINE]", type=command.FILE)
@command.in_order(
    click.option(
        "--at",
        "place",
        type=command.Value(Position()),
        help="The value to explain: its row and column in the map, counted from 0; or, in a "
        "volume, its slice, row and column. Without it, OUT is an animation of all values.",
    ),
    command.parameter(MODE._replace(name="pool", short="", default=None)),
    click.option(
        "--frame",
        metavar="N",
        type=click.IntRange(0),
        help="Which frame of an animation, or page of a TIFF, counted from 0. Default: the first.",
    ),
    heading="What is explained",
)
@command.stage(CONV, POOL, leave=[MODE.name])
@command.in_order(
    click.option(
        "-o",
        "--output",
        metavar="OUT",
        type=command.FILE,
        help="Draw it as a picture, for a slide, and print nothing. A .svg has lines and texts. "
        "OUT.html becomes a page for a browser, in which kernel and stages can be changed. "
        "Without --at, an animation: .gif, .webp, .apng or .png.",
    ),
    click.option("--open", "open_", is_flag=True, help="Open the page OUT.html in the browser."),
    click.option(
        "--json", "json_", is_flag=True, help="Print all of it as a list, one entry a map."
    ),
    options.range_,
    options.depth,
    options.white,
    options.nodata,
    heading="Output",
)
@command.in_order(
    click.option(
        "--from",
        "first",
        type=command.Value(Position()),
        help="The first value that is shown. With --to: those of the block between these two "
        "corners. Default: the first of the map.",
    ),
    click.option(
        "--to",
        "last",
        type=command.Value(Position()),
        help="The last value that is shown. Default: the last of the map.",
    ),
    click.option(
        "--fps",
        metavar="N",
        type=command.Value(Positive()),
        help="Frames in a second, from 0.1 to 50. Default: 2.",
    ),
    click.option(
        "--scale",
        metavar="N",
        type=command.Value(Positive()),
        help="Its size, from 0.25 to 4; 1 has letters of 18 pixels. Default: 1.",
    ),
    click.option(
        "--whole",
        is_flag=True,
        help="Show input and map whole, as pictures with the window drawn in; only the window has "
        "numbers.",
    ),
    click.option("--dark", is_flag=True, help="Light letters on a dark ground."),
    heading="Animation",
)
@options.axes
@options.max_pixels
@options.delimiter
@options.header
@options.quiet
def explain(**given: Any) -> None:
    """Explain one value of a map of IMAGE: window, kernel, products, sum, value, pixel.

    \b
    Examples:
      convtool explain photo.png --kernel edge --at 0,5
      convtool explain photo.png --pool max --size 2 --at 10,20
      convtool explain photo.png 'gray | conv -k sobel_x | relu | pool' --at 3,4
      convtool explain photo.png -k gaussian5 --gray --at 9,9 -o steps.png
      convtool explain photo.png 'conv -k edge | pool' --at 40,60 -o lesson.html
      convtool explain samples/sunrise.gif -k box:3x3x3 --at 2,40,60
      convtool explain samples/matrix4x4.csv -k box3 --padding 1 -o slide.gif
      convtool explain photo.png -k edge --gray --stride 64 --whole -o slide.webp

    Give one of --kernel, --pool MODE and PIPELINE, which is what `convtool run` takes. Options
    go with --kernel and --pool as they do with `convtool conv` and `convtool pool`. Of a
    PIPELINE every stage is explained, the last one first. Each stage before it is explained at
    the element that counts most there: the largest of a max, else that of the largest product.

    Without --at, -o draws an animation: the window of the last stage slides over all values of
    the map, or over those from --from to --to, 1000 at most. What is larger than 16x16 is shown
    around the window; --whole shows it as a picture.

    What the border makes up is in parentheses; padding, which counts in no pool, is a dot.
    The values come from the engine, and each is worked out once more and compared. The pixel
    is the one that a PNG of the map has. IMAGE may be -, for stdin; PIPELINE may come before it.
    """
    if given["pipeline"] is not None:
        words = usage.pipeline_first([given["image"], given["pipeline"]], usual=1)
        given["pipeline"], given["image"] = words
    image: str = given["image"]
    _check(given)

    from convtool.io.limits import MAX_PIXELS
    from convtool.io.source import open_named

    from ..output import check_replaces_none, masks_of, table_of

    with command.usage():
        maps, notes = _maps(given)
    name = shown(image)
    table = table_of(given)
    frames = _frames(given, maps)
    limit = given["max_pixels"] or MAX_PIXELS
    reader = open_named(image, limit, table=table, frames=frames)
    if not given["quiet"]:
        say(*notes, *(f"{name}: {note}" for note in reader.notes))
    if given["output"]:
        check_replaces_none(given["output"], masks_of(maps), "a mask of the map")
    if given["place"] is None:
        write_animation(reader, maps, name, given)
        return
    found = _explained(reader, maps, name, given)
    if is_page(given["output"]):
        write_page(name, reader, maps, found, given)
        if given["open_"]:
            open_page(given["output"])
    elif given["output"]:
        from convtool.render.explanations import draw

        from ..output import write_picture

        places = ",".join(map(str, given["place"]))
        write_picture(draw(name, found), given["output"], f"{name}, value at {places}", DRAWN)
    if given["json_"]:
        from convtool.render.serialize import json_of_explanation

        from ..printing import print_json

        print_json([json_of_explanation(name, key, one) for key, one in found.items()])
    elif not given["output"]:
        from convtool.render.text import lines_of

        from ..printing import print_line, width

        for line in lines_of(name, list(found.values()), width()):
            print_line(line)


def _explained(
    reader: "Reader", maps: Maps, name: str, given: Mapping[str, Any]
) -> "dict[str, Explanation]":
    from convtool.inspect.explain import explain
    from convtool.io.limits import MAX_PIXELS

    from ..output import look_of

    found = {}
    for key, operators in maps.items():
        with at(name):
            found[key] = explain(
                reader,
                operators,
                given["place"],
                look=look_of(given),
                max_pixels=given["max_pixels"] or MAX_PIXELS,
            )
    return found


def _frames(given: Mapping[str, Any], maps: Maps) -> Frames | None:
    """The frames that are read; all of a volume. None: the first, with a note of the others."""
    number = given["frame"]
    if number is not None:
        return Frames(number, number, asked=True)
    has_depth = any(one.dimensions > 2 for operators in maps.values() for one in operators)
    return ALL if has_depth or _names_slices(given) else None


def _names_slices(given: Mapping[str, Any]) -> bool:
    """Whether a place in a volume is given."""
    return any(len(given[name] or ()) > 2 for name in ("place", "first", "last"))


def _check(given: Mapping[str, Any]) -> None:
    """Raise UsageError unless one thing is asked for."""
    asked = {"--kernel": given["kernel"], "--pool": given["pool"], "PIPELINE": given["pipeline"]}
    named = [name for name, value in asked.items() if value]
    if len(named) != 1:
        found = " and ".join(named) if named else "none"
        raise click.UsageError(f"found {found}, expected one of --kernel, --pool and PIPELINE")
    if given["frame"] is not None and _names_slices(given):
        raise click.UsageError("--frame is for one frame, where --at is ROW,COL")
    if given["image"] == STREAM and STREAM in given["kernel"]:
        raise click.UsageError("image and kernel cannot both come from stdin")
    if STREAM in (given["image"], *given["kernel"]) and (not sys.stdin or sys.stdin.isatty()):
        raise click.UsageError("nothing is piped in")
    if given["output"]:
        from ..output import check_picture, check_replaces_none, pictures

        check_replaces_none(given["output"], [given["image"]], "the image that is explained")
        check_replaces_none(given["output"], given["kernel"], "the kernel of the map")
        numbers = "; --json prints the numbers"
        if not is_page(given["output"]):
            expected = EXTENSIONS if given["place"] is None else ["html", *pictures()]
            check_picture(given["output"], "explain", numbers, expected)
    check_page(given)
    if given["place"] is not None:
        check_no_animation(given)
        return
    if not given["output"]:
        raise click.UsageError(
            "found no --at ROW,COL, expected the value to explain; or -o OUT.gif, an animation of "
            "all values"
        )
    check_animation(given)


def _maps(given: Mapping[str, Any]) -> tuple[Maps, Sequence[str]]:
    """The operators of each map that is asked for, and what to say of their kernels."""
    if given["pipeline"]:
        _words(given, None)
        from convtool.pipeline.pipeline import Pipeline

        try:
            found = Pipeline.find(given["pipeline"])
        except OptionError as error:
            raise OptionError(f"{error}{usage.kernel_hint(given['pipeline'])}") from None
        return {found.name: list(found.operators)}, found.notes
    lookup = kernels()
    if given["kernel"]:
        values = CONV.read(_words(given, CONV))
        return CONV.make(values, lookup), lookup.notes
    values = POOL.read({"mode": given["pool"], **_words(given, POOL)})
    return POOL.make(values, lookup), lookup.notes


def _words(given: Mapping[str, Any], operation: Operation | None) -> dict[str, Any]:
    """The words given for an operation; UsageError for one that only others take."""
    known = operation.options if operation else ()
    names = [option.name for option in known if option is not MODE]
    for other in (*CONV.options, *POOL.options):
        if other is not MODE and other.name not in names and given[other.name]:
            goes = "--kernel" if other in CONV.options else "--pool"
            hint = f"goes with {goes}" if operation else "goes into the words of PIPELINE"
            raise click.UsageError(f"{other.flag} {hint}")
    return {name: given[name] for name in names if given[name] not in (None, (), False)}
