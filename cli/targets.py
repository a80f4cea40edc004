"""What the maps of many images are called, and that no two of them are called the same."""

import os
import re
from collections.abc import Sequence

import click

from convtool.errors import ConvtoolError
from convtool.names import component

from .inputs import Image

PLACEHOLDERS = ("stem", "ext", "kernel")


def check_template(template: str) -> None:
    """Raise UsageError for a template of names that is none, or leads out of the folder."""
    for name in re.findall(r"\{(.*?)\}", template):
        if name not in PLACEHOLDERS:
            known = ", ".join(f"{{{known}}}" for known in PLACEHOLDERS)
            raise click.UsageError(f"--name: found {{{name}}}, expected {known}")
    parts = re.split(r"[/\\]" if os.name == "nt" else "/", template)
    if os.path.isabs(template) or ".." in parts or parts[-1] in ("", "."):
        raise click.UsageError(f"--name: found {template!r}, expected a name inside --out-dir")


def targets(
    images: Sequence[Image], maps: Sequence[str], folder: str, template: str
) -> list[list[str]]:
    """The files of each image's maps.

    Raises ConvtoolError where two maps would be one file, or one would replace an image.
    """
    sources = {os.path.realpath(image.path): image.path for image in images}
    taken: dict[str, str] = {}
    found = []
    for image in images:
        mine = [os.path.join(folder, image.folder, _name(template, image, map_)) for map_ in maps]
        for path in mine:
            place = os.path.normcase(os.path.realpath(path))
            if place in sources:
                raise ConvtoolError(
                    f"{path} would replace the image {sources[place]}; "
                    "choose another --out-dir or --name"
                )
            if place in taken:
                raise ConvtoolError(
                    f"{taken[place]} and {image.path} would both become {path}; "
                    f"put {{ext}} or {{stem}} into --name, or give them a folder each"
                )
            taken[place] = image.path
        found.append(mine)
    return found


def _name(template: str, image: Image, map_: str) -> str:
    """The template with its placeholders filled, each by one plain part of a path."""
    stem, extension = os.path.splitext(os.path.basename(image.path))
    values = {"stem": stem, "ext": extension.removeprefix("."), "kernel": map_}
    return re.sub(r"\{(\w+)\}", lambda match: component(values[match[1]]), template)
