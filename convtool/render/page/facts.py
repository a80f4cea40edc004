"""What a page shows, as JSON has it."""

import base64
import io
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from ...core.dtypes import FLOAT32, result_float
from ...core.encoding import PLAIN, Look
from ...core.version import __version__
from ...inspect.explain import Explanation
from ...io.base import Reader
from ...io.formats import FORMATS
from ...kernel.kernel import Kernel
from ...kernel.lookup import bundled_folder, file_names, listed_filters
from ...kernel.parametric.catalog import generate, generator_of
from ...ops.base import Operator
from ...pipeline.nodata import with_nodata
from ...pipeline.run import filter_image
from ..canvas import Colors, diverging, greys, pixels, write
from ..thumbnail import Thumbnail, only
from .arrays import array_facts, narrowed
from .described import Described, described
from .excerpt import Excerpt, excerpt

LARGEST_PICTURE = 200, 200
"""(height, width) of the picture of the whole image."""

MID_GREY = 128
"""The pixel of the value 0, where pixels are centred."""

Facts = dict[str, Any]


class Source(NamedTuple):
    """Where image and kernels come from, in words of a command line."""

    image: Sequence[str]
    """Its path, and the options that read it."""
    files: Sequence[Mapping[str, str]] = ()
    """For each convolution the files that were named, by ``kernel`` and ``bias_file``."""


def facts_of(
    name: str,
    reader: Reader,
    operators: Sequence[Operator],
    found: Explanation,
    source: Source,
    nodata: float | None = None,
) -> Facts:
    """An explained value, the excerpt of its image with the map of that, and the stages. Pixels of
    the value `nodata` are missing. `name` is the image's for people.

    Raises ConvtoolError for images and operators that a page does not show, as `excerpt` and
    `described` do.
    """
    stages = described(operators)
    for stage, files in zip(filter(_convolves, stages), source.files, strict=False):
        if stage["op"] == "layer":
            stage["files"] = files
    reader = with_nodata(reader, nodata)
    shown = excerpt(reader, operators, found)
    image = found.input
    return {
        "version": __version__,
        "name": name,
        "source": list(source.image),
        "size": [image.height, image.width],
        "channels": list(image.channels[: image.colors]),
        "opaque": image.has_alpha,
        "white": image.white,
        "whole": image.dtype.kind in "biu",
        "single": result_float(image.dtype) == FLOAT32,
        "at": [found.row, found.col],
        "values": [_number(path.value) for path in found.paths[: found.output.colors]],
        "excerpt": {"top": shown.top, "left": shown.left, **array_facts(narrowed(shown.pixels))},
        "picture": _picture(reader, shown),
        "stages": stages,
        "map": array_facts(narrowed(shown.map)),
        "place": list(shown.place),
        "presets": presets(stages),
    }


def _convolves(stage: Described) -> bool:
    return stage["op"] in ("conv", "combine", "layer")


def _number(value: int | float) -> int | float | str:
    """A number as JSON has it; others as JavaScript reads them."""
    if np.isfinite(value):
        return value
    return "NaN" if value != value else f"{'-' if value < 0 else ''}Infinity"


def _picture(reader: Reader, shown: Excerpt) -> str | None:
    """The whole image, small, as a data: URL; None if the excerpt is all of it."""
    header = reader.header
    if shown.pixels.shape[:2] == (header.height, header.width):
        return None
    thumbnail = Thumbnail(header, LARGEST_PICTURE)
    look = PLAIN if header.white else Look(range="center")
    filter_image(reader, (), io.BytesIO(), only([thumbnail]), look=look)
    colors = thumbnail.cells("")[0].pixels
    png = io.BytesIO()
    drawn = pixels(colors if header.white else _numbers(colors))
    write(drawn, png, FORMATS["png"], "the page")
    return f"data:image/png;base64,{base64.b64encode(png.getvalue()).decode()}"


def _numbers(colors: Colors) -> Colors:
    """Pixels around mid-grey in the colours of numbers: greys from 0 on, or those of signs."""
    values = colors[..., 0].astype(np.int16) - MID_GREY
    return diverging(values, 127) if values.min() < 0 else greys(values, 127)


def presets(stages: Sequence[Described] = ()) -> list[Facts]:
    """The bundled kernels, and the ones of these stages that their names compute."""
    folder = bundled_folder()
    bundled = [
        one
        for file in file_names(folder)
        for one in listed_filters(f"{folder}/{file}")
        if isinstance(one, Kernel)
    ]
    kernels = [one for stage in stages for one in stage.get("kernels", [stage])]
    names = dict.fromkeys(one["name"] for one in kernels if "name" in one)
    computed = [generate(name) for name in names if generator_of(name)]
    return [_preset(one) for one in (*bundled, *computed)]


def _preset(kernel: Kernel) -> Facts:
    return {
        "name": kernel.name,
        "weights": kernel.weights.tolist(),
        "divisor": kernel.divisor,
        "bias": kernel.bias,
        "anchor": None if kernel.anchor is None else list(kernel.anchor),
    }
