"""convtool explain: how one value of a map comes about, as a textbook draws it."""

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from convtool.core.choices import STDIN
from convtool.core.errors import ConvtoolError, OptionError, at
from convtool.core.params import Position
from convtool.ops.registry import CONV, POOL, Maps, Operation

from .. import options, usage
from ..job import STREAM
from ..messages import say

if TYPE_CHECKING:
    from convtool.inspect.explain import Explanation
    from convtool.io.base import Reader

MODE = next(option for option in POOL.options if option.name == "mode")

MERGED = POOL._replace(
    options=(
        MODE._replace(name="pool", short="", default=None),
        *(option for option in POOL.options if option is not MODE),
    )
)
"""pool with its mode as --pool, which asks for it."""


@click.command(
    cls=options.TakesPipeline,
    no_args_is_help=True,
    short_help="Explain one value of a map: window, kernel, products, pixel.",
)
@click.argument("image", metavar="IMAGE", type=options.FILE)
@click.argument("pipeline", required=False, metavar="[PIPELINE]", type=options.FILE)
@click.option(
    "--at",
    "place",
    required=True,
    type=options.Value(Position()),
    help="The value to explain: its row and column in the map, counted from 0.",
)
@options.words(CONV, MERGED)
@click.option(
    "-o",
    "--output",
    metavar="OUT",
    type=options.FILE,
    help="Draw it as a picture, for a slide, and print nothing.",
)
@click.option("--json", "json_", is_flag=True, help="Print all of it as a list, one entry a map.")
@options.range_
@options.depth
@options.max_pixels
@options.quiet
def explain(**given: Any) -> None:
    """Explain one value of a map of IMAGE: window, kernel, products, sum, value, pixel.

    \b
    Examples:
      convtool explain photo.png --kernel edge --at 0,5
      convtool explain photo.png --pool max --size 2 --at 10,20
      convtool explain photo.png 'gray | conv -k sobel_x | relu | pool' --at 3,4
      convtool explain photo.png -k gaussian5 --gray --at 9,9 -o steps.png

    Give one of --kernel, --pool MODE and PIPELINE, which is what `convtool run` takes. Options
    go with --kernel and --pool as they do with `convtool conv` and `convtool pool`. Of a
    PIPELINE every stage is explained, the last one first: each where the value behind it
    comes from, the element that won (of a max) or that adds most.

    What the border makes up is in parentheses; padding, which counts in no pool, is a dot.
    The values come from the engine, and each is worked out once more and compared. The pixel
    is the one that a PNG of the map has. IMAGE may be -, for stdin.
    """
    image: str = given["image"]
    usage.check_image_first(image, given["pipeline"])
    _check(given)
    with options.usage():
        maps = _maps(given)
    name = STDIN if image == STREAM else image
    reader = _reader(image, given)
    if not given["quiet"]:
        say(*(f"{name}: {note}" for note in reader.notes))
    found = _explained(reader, maps, name, given)
    if given["output"]:
        from convtool.render.canvas import save
        from convtool.render.explanations import draw

        from ..resultfile import sweep_beside

        sweep_beside([given["output"]])
        save(draw(name, found), given["output"])
    if given["json_"]:
        from convtool.inspect.serialize import as_json

        from ..printing import print_json

        print_json([as_json(name, key, one) for key, one in found.items()])
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

    found = {}
    for key, operators in maps.items():
        with at(name):
            found[key] = explain(
                reader,
                operators,
                given["place"],
                range_=given["range_"] or "clip",
                depth=int(given["depth"]) if given["depth"] else None,
                max_pixels=given["max_pixels"] or MAX_PIXELS,
            )
    return found


def _check(given: Mapping[str, Any]) -> None:
    """Raise UsageError unless one thing is asked for."""
    asked = {"--kernel": given["kernel"], "--pool": given["pool"], "PIPELINE": given["pipeline"]}
    named = [name for name, value in asked.items() if value]
    if len(named) != 1:
        found = " and ".join(named) if named else "none"
        raise click.UsageError(f"found {found}, expected one of --kernel, --pool and PIPELINE")
    if given["image"] == STREAM and STREAM in given["kernel"]:
        raise click.UsageError("image and kernel cannot both come from stdin")
    if STREAM in (given["image"], *given["kernel"]) and (not sys.stdin or sys.stdin.isatty()):
        raise click.UsageError("nothing is piped in")
    if given["output"]:
        from convtool.io.formats import format_of

        from ..resultfile import check_replaces_none

        check_replaces_none(given["output"], [given["image"]], "the image that is explained")
        check_replaces_none(given["output"], given["kernel"], "the kernel of the map")
        try:
            if format_of(given["output"]).pixels:
                return
        except ConvtoolError as error:
            raise click.UsageError(str(error)) from None
        raise click.UsageError(
            f"-o {given['output']}: holds numbers, expected a picture such as steps.png; "
            "--json prints the numbers"
        )


def _maps(given: Mapping[str, Any]) -> Maps:
    """The operators of each map that is asked for."""
    from convtool.kernel.lookup import Lookup

    if given["pipeline"]:
        _words(given, None)
        from convtool.pipeline.pipeline import Pipeline

        try:
            found = Pipeline.find(given["pipeline"])
        except OptionError as error:
            raise OptionError(f"{error}{usage.kernel_hint(given['pipeline'])}") from None
        return {found.name: list(found.operators)}
    if given["kernel"]:
        lookup = Lookup(stdin=sys.stdin.buffer if sys.stdin else None)
        return CONV.make(CONV.read(_words(given, CONV)), lookup)
    words = _words(given, MERGED)
    return POOL.make(POOL.read({"mode": words.pop("pool"), **words}), Lookup())


def _words(given: Mapping[str, Any], operation: Operation | None) -> dict[str, Any]:
    """The words given for an operation; UsageError for one that only others take."""
    known = operation.options if operation else ()
    names = [option.name for option in known]
    for other in (*CONV.options, *MERGED.options):
        if other.name not in names and given[other.name]:
            goes = "--kernel" if other in CONV.options else "--pool"
            hint = f"goes with {goes}" if operation else "goes into the words of PIPELINE"
            raise click.UsageError(f"{other.flag} {hint}")
    return {name: given[name] for name in names if given[name] not in (None, (), False)}


def _reader(image: str, given: Mapping[str, Any]) -> "Reader":
    from convtool.io.limits import MAX_PIXELS
    from convtool.io.source import open_image, open_stream

    most = given["max_pixels"] or MAX_PIXELS
    if image != STREAM:
        return open_image(image, most)
    return open_stream(sys.stdin.buffer, most, again=True)
