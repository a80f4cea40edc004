"""The file names of the maps of many images; no two of them are the same."""

import os
import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import click

from convtool.core.errors import ConvtoolError, quoted, shortened
from convtool.core.filenames import component
from convtool.core.frames import PLACE, existing

if TYPE_CHECKING:
    from .inputs import Image

PLACEHOLDER = "{kernel}"
PLACEHOLDERS = ("stem", "ext", "kernel", "frame")


def check_names(names: Sequence[str], template: str, option: str) -> None:
    """Raise UsageError where several maps would have the same name."""
    if option == "-o" and (found := re.search(r"\{(stem|ext)\}", template)):
        raise click.UsageError(f"-o: found {found[0]}, which --name with --out-dir knows")
    if len(names) > 1 and PLACEHOLDER not in template:
        raise click.UsageError(
            f"{len(names)} kernels make {len(names)} maps: put {PLACEHOLDER} into {option}, "
            f"as in 'out-{PLACEHOLDER}.png', or make one map by --combine"
        )


def check_template(template: str) -> None:
    """Raise UsageError for a template that is not valid, or that leads out of the folder."""
    for name in re.findall(r"\{(.*?)\}", template):
        if name not in PLACEHOLDERS:
            known = ", ".join(f"{{{known}}}" for known in PLACEHOLDERS)
            raise click.UsageError(f"--name: found {{{shortened(name)}}}, expected {known}")
    if re.search(r"[{}]", re.sub(r"\{\w+\}", "", template)):
        raise click.UsageError(
            f"--name: found {quoted(template)}, expected each {{ to be closed by a }}"
        )
    parts = re.split(r"[/\\]" if os.name == "nt" else "/", template)
    if os.path.isabs(template) or ".." in parts or parts[-1] in ("", "."):
        raise click.UsageError(
            f"--name: found {quoted(template)}, expected a name inside --out-dir"
        )


def targets(
    images: "Sequence[Image]",
    maps: Sequence[str],
    folder: str,
    template: "Callable[[Image], str]",
    *,
    leave: bool,
    overwrite: bool,
) -> "list[tuple[Image, list[str]]]":
    """The images, each with the files of its maps.

    Raises ConvtoolError if two maps would go to the same file, or if a map would replace an input.
    With `leave` (existing files are kept), such an input is a map of an earlier run: it is skipped.
    With `overwrite` an image may be replaced by its own map.
    """
    sources = {_place(image.path): image for image in images}
    taken: dict[str, Image] = {}
    found = []
    for image in images:
        names = [_name(template(image), image, map_) for map_ in maps]
        files = [os.path.join(folder, image.folder, name) for name in names]
        for file in files:
            place = _place(file)
            replaced = [sources[_place(one)] for one in existing(file) if _place(one) in sources]
            if any(not overwrite if one is image else not leave for one in replaced):
                raise ConvtoolError(
                    f"the map {file} of {image.path} would replace an image that is an input too; "
                    "choose another --out-dir or --name"
                )
            if place in taken:
                raise ConvtoolError(
                    f"{taken[place].path} and {image.path} would both become {file}; "
                    "put {ext} or {stem} into --name, or give them a run each"
                )
            taken[place] = image
        found.append((image, files))
    return [
        (image, files)
        for image, files in found
        if taken.get(_place(image.path)) in (None, image)  # else it is a map of an earlier run
    ]


def _place(path: str) -> str:
    """One spelling for all paths to the same file, and for those that differ by a number beside a
    frame's."""
    path = re.sub(rf"\d*{re.escape(PLACE)}\d*", lambda _: PLACE, path)
    return os.path.normcase(os.path.realpath(path))


def _name(template: str, image: "Image", map_: str) -> str:
    """The template with its placeholders filled in."""
    stem, extension = os.path.splitext(os.path.basename(image.path))
    values = {"stem": stem, "ext": extension.removeprefix("."), "kernel": map_, "frame": PLACE}
    return re.sub(r"\{(\w+)\}", lambda match: component(values[match[1]]), template)
