"""Options that stages with windows share: where these stand, what is missing, light, and masks."""

from typing import TYPE_CHECKING, Any, NamedTuple

from ..core.choices import ALPHAS, LIGHTS, MISSING
from ..core.errors import OptionError, at
from ..core.params import Flag, MaskName, Number, Option, Padding, Steps, Word
from .operation import Given

if TYPE_CHECKING:
    from ..kernel.lookup import Lookup
    from .base import Operator
    from .mask import Mask


def padding_option(default: str, made_of: str) -> Option:
    """How many rows and columns are added, by default, and what they are made of."""
    return Option(
        "padding",
        Padding(),
        f"Rows and columns around the image, {made_of}: same (the map keeps the image's size, "
        "or its ceil(size / stride)), same_lower, valid (none), full, 1, 1x2, or "
        "TOP,BOTTOM,LEFT,RIGHT, with FRONT,BACK before these in a volume.",
        default,
    )


def stride_option(default: str) -> Option:
    """How far apart windows stand."""
    how = "Step from window to window: 2 along all axes, 2x1 (rows x columns) or 1x2x2."
    return Option("stride", Steps(1), f"{how} Default: {default}.")


def alpha_option(default: str) -> Option:
    """What is done with transparency, and by default."""
    how = (
        "What is done with transparency. weight: pixels count as much as they are opaque, so that "
        "hidden colours do not show; keep: alpha is carried along; channel: alpha is filtered like "
        "a colour."
    )
    return Option("alpha", Word(ALPHAS), f"{how} Default: {default}.")


MEAN = {"avg": "mean", "average": "mean"}

MISSING_ELSEWHERE = {"interpolate": "skip", "ignore": "skip", "fill": "zero"}

DILATION = Option("dilation", Steps(1), "Step from element to element inside a window.", "1")

MISSING_ = Option(
    "missing",
    Word(MISSING, meant=MISSING_ELSEWHERE),
    "What is done where numbers are missing, NaN or --nodata. propagate: a window with one has no "
    "value; skip: those that are there count alone; zero: it counts as 0. Default: propagate, and "
    "skip with --within.",
)

MIN_VALID = Option(
    "min_valid",
    Number(),
    "The least share of a window that has values, from 0 to 1, under --missing skip. Default: 0.",
)

LIGHT = Option(
    "light",
    Word(LIGHTS),
    "What is summed up. encoded: the pixels' values; linear: the light that they stand for, by the "
    "image's own curve, so that a blur is as bright as the picture.",
    "encoded",
)

ONLY = Option(
    "only",
    MaskName(),
    "What is written: the map only where this mask, an image of the map's size, is white. The "
    "image stays where it is black, and grey blends. A mask with transparency counts as it is "
    "opaque, others by their grey.",
)

WITHIN = Option(
    "within",
    MaskName(),
    "What is read: pixels only where this mask, an image of the image's size, is at least half "
    "white. Others are missing, and stay so in the map; --fill-missing gives them values, and "
    "under --only the image stays there.",
)

GRAY = Option("gray", Flag(), "Make the image grey first (BT.601 luma).")


MARKS = ("missing", "min_valid", "fill_missing")
"""The options about what is missing."""


def how_missing(given: Given) -> str:
    """What is done with missing values: as asked, or as the mask asks for."""
    return given["missing"] or ("skip" if given["within"] else "propagate")


def check_regions(given: Given) -> None:
    _check_missing(given)
    is_pool = "footprint" in given
    stride = given["stride"] or ((given["size"] or "the window's size") if is_pool else (1, 1))
    each = stride if isinstance(stride, tuple) else (stride,)
    if given["only"] and set(each) != {1}:
        found = "x".join(map(str, each))
        raise OptionError(f"--only goes with --stride 1, and the stride is {found}")


def _check_missing(given: Given) -> None:
    if given["min_valid"] is not None and not 0 <= given["min_valid"] <= 1:
        raise OptionError("--min-valid is a share, expected 0 to 1")
    for name in ("min_valid", "fill_missing"):
        if given.get(name) and how_missing(given) != "skip":
            raise OptionError(f"--{name.replace('_', '-')} goes with --missing skip")


def in_depth(options: dict[str, Any]) -> dict[str, Any]:
    """The options for windows with depth: what is told of rows and columns leaves slices alone."""
    changed = dict(options)
    for name, alone in (("stride", 1), ("dilation", 1), ("padding", 0), ("output_padding", 0)):
        value = changed.get(name)
        if isinstance(value, tuple) and len(value) == 2:
            changed[name] = (alone if isinstance(value[0], int) else (alone, alone), *value)
    return changed


class Regions(NamedTuple):
    """The masks of a stage."""

    only: "Mask | None"
    within: "Mask | None"

    def around(self, operator: "Operator", given: Given) -> "list[Operator]":
        """An operator with windows, and all that is done before and after it."""
        from .light import Encode, Linear
        from .only import Only
        from .pointwise import Gray, Relu
        from .within import Within

        every = given["alpha"] == "channel" and "kernel" in given
        linear = given["light"] == "linear"
        stages: list[Operator] = [*[Linear()] * linear]
        stages += [Within(self.within, alpha_too=every)] if self.within else []
        stages += [operator, *[Relu()] * bool(given.get("relu")), *[Encode()] * linear]
        stages = [Only(stages, self.only)] if self.only else stages
        return [*[Gray()] * given["gray"], *stages]


def regions(given: Given, lookup: "Lookup") -> Regions:
    """The masks that were asked for, read."""
    found: dict[str, Mask | None] = {"only": None, "within": None}
    empty = {"only": "nothing is changed", "within": "every pixel is missing"}
    for name in found:
        if given[name]:
            from .mask import read_mask

            with at(f"--{name}"):
                mask, notes = read_mask(lookup.path(given[name]))
            found[name] = mask
            lookup.notes += notes
            if not mask.values.any():
                lookup.notes.append(f"{mask.name}: the mask is empty: {empty[name]}")
    return Regions(**found)
