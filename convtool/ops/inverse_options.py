"""The stages conv_transpose and unpool, which go the other way: their options, and the operators
built from them."""

from typing import TYPE_CHECKING

from ..core.errors import OptionError
from ..core.filenames import plain
from ..core.params import Option, Padding, SizeInDepth, Steps
from .conv_options import CONV, weights_of
from .operation import Given, Maps, Operation
from .pool_options import POOL
from .window_options import DILATION, in_depth

if TYPE_CHECKING:
    from ..kernel.lookup import Lookup


def _unpool(given: Given, _: "Lookup") -> Maps:
    from .unpool import Unpool

    options = {key: value for key, value in given.items() if value is not None}
    if len(options["size"]) == 3:
        options = {**in_depth(options), "dimensions": 3}
    return {"unpool": [Unpool(ceil_mode=options.pop("ceil"), **options)]}


UNPOOL = Operation(
    "unpool",
    (
        Option("size", SizeInDepth(1), "The window: 2, 2x3 or 2x2x2.", "2", short="s"),
        *(POOL.option(f"--{name}") for name in ("stride", "padding", "dilation", "ceil")),
    ),
    _unpool,
)


def _check_transpose(given: Given) -> None:
    if len(given["kernel"]) != 1:
        raise OptionError(f"found {len(given['kernel'])} kernels, expected one --kernel")
    if given["divisor"] == 0:
        raise OptionError("--divisor is 0, expected any other number")
    if given["bias_file"] and given["bias"] is not None:
        raise OptionError("--bias-file and --bias exclude each other")


def _conv_transpose(given: Given, lookup: "Lookup") -> Maps:
    from .transpose import ConvTranspose

    found = lookup.filters(given["kernel"][0])
    if len(found) != 1:
        raise OptionError(f"{len(found)} kernels make {len(found)} maps: name one of them")
    placing = ("stride", "padding", "output_padding", "dilation", "groups")
    options = {name: given[name] for name in placing if given[name] is not None}
    if found[0].weights.ndim in (3, 5):
        options = in_depth(options)
    weights = weights_of(found[0], {**given, "normalize": False, "anchor": None}, lookup)
    return {plain(found[0].name): [ConvTranspose(**weights, **options)]}


CONV_TRANSPOSE = Operation(
    "conv_transpose",
    (
        CONV.option("--kernel")._replace(
            help="The kernel that each pixel lays on the map, times its value; where they overlap, "
            "they are added up. As for conv, but a layer is (in, out, h, w). Alpha is a channel "
            "like the others.",
        ),
        Option(
            "stride",
            Steps(1),
            "From pixel to pixel on the map: 2 doubles its size.",
            "1",
        ),
        Option("padding", Padding(), "Rows and columns that the map loses at each side.", "0"),
        Option("output_padding", Steps(0), "Rows and columns that it gains at its end.", "0"),
        DILATION,
        *(CONV.option(f"--{name}") for name in ("divisor", "bias", "bias-file", "groups")),
    ),
    _conv_transpose,
    _check_transpose,
)
