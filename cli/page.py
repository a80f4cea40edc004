"""The page that explain writes: its file, and the browser that shows it."""

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from convtool.core.errors import ConvtoolError, at
from convtool.core.filenames import shown
from convtool.core.frames import FIRST_ALONE

from .messages import say
from .output import write_files

if TYPE_CHECKING:
    from convtool.inspect.explain import Explanation
    from convtool.io.base import Reader
    from convtool.ops.operation import Maps

EXTENSIONS = (".html", ".htm")

READING = {
    "frame": "--frames",
    "axes": "--axes",
    "nodata": "--nodata",
    "delimiter": "--delimiter",
    "header": "--header",
}
"""The options that say how an image is read, and those of `convtool run` for them."""


def is_page(path: str | None) -> bool:
    """Whether a file is to be a page, by its name."""
    return path is not None and path.lower().endswith(EXTENSIONS)


def check_page(given: Mapping[str, Any]) -> None:
    """Raise UsageError for options that do not go with a page, or only with one."""
    if not is_page(given["output"]):
        if given["open_"]:
            raise click.UsageError(
                "--open opens a page: expected -o with a name such as lesson.html"
            )
        return
    for name, flag in {"range_": "--range", "depth": "--depth", "white": "--white"}.items():
        if given[name] is not None:
            raise click.UsageError(f"{flag} is for one pixel, and a page shows all ranges")
    if given["place"] is None:
        raise click.UsageError("found no --at ROW,COL, expected the value that the page opens at")


def write_page(
    name: str,
    reader: "Reader",
    maps: "Maps",
    found: "Mapping[str, Explanation]",
    given: Mapping[str, Any],
) -> None:
    """Write the page of an explained value, as the options say; ConvtoolError where there are
    several maps."""
    from convtool.render.page.facts import Source, facts_of
    from convtool.render.page.fill import page

    path: str = given["output"]
    key, operators = next(iter(maps.items()))
    if len(maps) > 1:
        raise ConvtoolError(
            f"{shown(path)}: a page shows one map, and there are {len(maps)}: name one, as {key}, "
            "or give --combine"
        )
    with at(name):
        source = Source(_words_of_image(reader, given), _files(given))
        facts = facts_of(name, reader, operators, found[key], source, given["nodata"])
    write_files({path: page(facts)})


def _words_of_image(reader: "Reader", given: Mapping[str, Any]) -> list[str]:
    """The words of `convtool run` that read the same image, and of several frames the same one."""
    found = [given["image"]]
    if given["frame"] is None and any(note.endswith(FIRST_ALONE) for note in reader.notes):
        found.append("--frames=first")
    for name, flag in READING.items():
        value = given[name]
        if value is not None and value is not False:
            found.append(flag if value is True else f"{flag}={value}")
    return found


def _files(given: Mapping[str, Any]) -> list[dict[str, str]]:
    """For each convolution that is asked for in words, the files that its options name."""
    steps = [("conv", given)] if given["kernel"] else _steps(given["pipeline"] or "")
    return [
        {"kernel": options["kernel"][0], "bias_file": options.get("bias_file") or ""}
        for name, options in steps
        if name == "conv" and options.get("kernel")
    ]


def _steps(pipeline: str) -> list[tuple[Any, Mapping[str, Any]]]:
    """The stages of a pipeline in words; none of one in a file, which has its own folder."""
    from convtool.core.errors import OptionError
    from convtool.pipeline.parse import steps_of_words

    try:
        return steps_of_words(pipeline)
    except OptionError:
        return []


def open_page(path: str) -> None:
    """Open a written page in the user's browser; say so where there is none."""
    import webbrowser
    from urllib.request import pathname2url

    if not webbrowser.open(f"file://{pathname2url(os.path.abspath(path))}"):
        say(f"{shown(path)}: found no browser to open it in")
