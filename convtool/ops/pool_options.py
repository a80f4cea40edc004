"""The stage pool: its options, and the operators built from them."""

from typing import TYPE_CHECKING

from ..core.choices import POOL_MODES
from ..core.errors import OptionError, at, shortened
from ..core.params import Flag, KernelName, Number, Option, SizeOrGlobal, Word
from . import window_options as shared
from .operation import Given, Maps, Operation

if TYPE_CHECKING:
    from ..kernel.kernel import Kernel
    from ..kernel.lookup import Lookup

MODES_ELSEWHERE = {**shared.MEAN, "maximum": "max", "minimum": "min"}


def _check_pool(given: Given) -> None:
    shared.check_regions(given)
    if given["p"] is not None and given["mode"] != "lp":
        raise OptionError("--p goes with --mode lp")
    if given["p"] is not None and given["p"] < 1:
        raise OptionError("--p is less than 1, expected 1 or more")
    if given["count_include_pad"] and given["mode"] != "mean":
        raise OptionError("--count-include-pad goes with --mode mean")
    if given["footprint"] and given["size"]:
        raise OptionError("--footprint and --size exclude each other")


def _footprint(spec: str, lookup: "Lookup") -> "Kernel":
    """The kernel whose elements windows have."""
    from ..kernel.kernel import Kernel

    with at("--footprint"):
        found = lookup.filters(spec)
        if len(found) != 1 or not isinstance(found[0], Kernel):
            raise OptionError(f"{shortened(spec)} is no single kernel, expected one")
    return found[0]


def _pool(given: Given, lookup: "Lookup") -> Maps:
    from .pool import Pool

    around = ("gray", "light", "only", "within")
    own = {key: value for key, value in given.items() if key not in around}
    options = {key: value for key, value in own.items() if value is not None}
    options["missing"] = shared.how_missing(given)
    if given["footprint"]:
        options["footprint"] = _footprint(given["footprint"], lookup)
    window = options["footprint"].shape if given["footprint"] else given["size"]
    if isinstance(window, tuple) and len(window) == 3:
        options = {**shared.in_depth(options), "dimensions": 3}
    operator = Pool(ceil_mode=options.pop("ceil"), **options)
    return {operator.name: shared.regions(given, lookup).around(operator, given)}


POOL = Operation(
    "pool",
    (
        Option(
            "mode",
            Word(POOL_MODES, meant=MODES_ELSEWHERE),
            "How a window is merged. lp: its p-norm.",
            "max",
            short="m",
        ),
        Option(
            "size",
            SizeOrGlobal(1),
            "The window: 2, 2x3 (rows x columns), 2x2x2 (over slices, too), or global: all of the "
            "image. Default: 2.",
            short="s",
        ),
        Option(
            "footprint",
            KernelName(),
            "In place of --size a window whose elements are those of a kernel that are not 0, as "
            "disk:5. At stride 1 and --padding same, max spreads what is bright (dilation), min "
            "shrinks it (erosion).",
        ),
        shared.stride_option("the window's size"),
        shared.padding_option("0", "which win no max or min and add nothing"),
        shared.DILATION,
        Option("ceil", Flag(), "Keep the last window even if a part of it lies outside."),
        Option("count_include_pad", Flag(), "Count padding as zeros in a mean."),
        Option("p", Number(), "The p of mode lp, from 1. Default: 2."),
        shared.alpha_option("weight in mean and sum, else channel"),
        shared.MISSING_,
        shared.MIN_VALID,
        shared.LIGHT,
        shared.ONLY,
        shared.WITHIN,
        shared.GRAY,
    ),
    _pool,
    _check_pool,
)
