"""The animation that explain writes: what goes with it, and its file."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from convtool.core.errors import at
from convtool.ops.operation import Maps

if TYPE_CHECKING:
    from convtool.io.base import Reader

ANIMATIONS = ("gif", "webp", "png")
"""Formats of animations, which browsers show."""

EXTENSIONS = ("gif", "webp", "apng", "png")
"""Those of their files, without dots."""


def check_no_animation(given: Mapping[str, Any]) -> None:
    """Raise UsageError for options that only animations have."""
    flags = {name: f"--{name}" for name in ("fps", "scale", "whole", "dark")}
    flags |= {"first": "--from", "last": "--to"}
    for name, flag in flags.items():
        if given[name]:
            raise click.UsageError(f"{flag} is for an animation of values, without --at")


def check_animation(given: Mapping[str, Any]) -> None:
    """Raise UsageError for options and files that no animation has."""
    flags = {"json_": "--json", "range_": "--range", "depth": "--depth", "white": "--white"}
    for name, flag in flags.items():
        if given[name]:
            raise click.UsageError(f"{flag} is for one value, --at ROW,COL, and no animation")
    for name, (low, high) in {"fps": (0.1, 50), "scale": (0.25, 4)}.items():
        if given[name] is not None and not low <= given[name] <= high:
            raise click.UsageError(f"--{name} {given[name]:g}, expected {low:g} to {high:g}")
    from .output import image_format, is_drawing

    path = given["output"]
    name = "svg" if is_drawing(path) else image_format(path).name
    if name not in ANIMATIONS:
        raise click.UsageError(
            f"{path}: {name} holds no animation of values, expected one of: "
            f"{', '.join(EXTENSIONS)}; or --at ROW,COL for a picture of one value"
        )


def write_animation(reader: "Reader", maps: Maps, name: str, given: Mapping[str, Any]) -> None:
    """Write the animation of the map of an image."""
    from convtool.inspect.explain import walk
    from convtool.inspect.whole import whole
    from convtool.io.limits import MAX_PIXELS
    from convtool.render.animation import MOST_FRAMES, Style, draw
    from convtool.render.sliding import MOST

    from .output import image_format, look_of, result_file, sweep_beside
    from .report import Progress

    if len(maps) > 1:
        raise click.UsageError(f"found {len(maps)} maps, expected one for an animation")
    (operators,) = maps.values()
    path = given["output"]
    style = Style(given["fps"] or Style().fps, given["scale"] or Style().scale, given["dark"])
    look, max_pixels = look_of(given), given["max_pixels"] or MAX_PIXELS
    shown = None
    with at(name):
        walked = walk(
            reader,
            operators,
            given["first"],
            given["last"],
            look=look,
            max_pixels=max_pixels,
            margin=MOST,
            most=MOST_FRAMES,
        )
        if given["whole"]:
            shown = whole(reader, operators, nodata=look.nodata, max_pixels=max_pixels)
    sweep_beside([path])
    progress = Progress(len(walked), not given["quiet"], "frames")
    with result_file(path) as file, at(name), progress:
        draw(walked, name, file, image_format(path), style, shown, progress.step)
