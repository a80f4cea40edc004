"""The stage conv: its options, and the operators built from them."""

from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from ..core.choices import BORDERS, COMBINATIONS
from ..core.errors import ConvtoolError, OptionError, at
from ..core.filenames import distinct, plain
from ..core.params import Count, FileName, Flag, KernelName, Number, Option, Position, Word
from . import window_options as shared
from .operation import Given, Maps, Operation

if TYPE_CHECKING:
    from ..kernel.kernel import Kernel, Layer
    from ..kernel.lookup import Lookup

BORDERS_ELSEWHERE = {
    "zero": "constant",
    "zeros": "constant",
    "replicate": "edge",
    "nearest": "edge",
    "symmetric": "reflect",
    "circular": "wrap",
}


def _check_conv(given: Given) -> None:
    shared.check_regions(given)
    if not given["kernel"]:
        raise OptionError("Missing option '--kernel', for instance --kernel edge")
    if given["fill"] is not None and given["border"] != "constant":
        raise OptionError("--fill goes with --border constant")
    if given["divisor"] == 0:
        raise OptionError("--divisor is 0, expected any other number")
    if given["normalize"] and given["divisor"] is not None:
        raise OptionError("--normalize and --divisor exclude each other")
    if given["bias_file"] and given["bias"] is not None:
        raise OptionError("--bias-file and --bias exclude each other")


def _conv(given: Given, lookup: "Lookup") -> Maps:
    from ..kernel.kernel import Layer
    from .conv import Conv

    filters = [found for spec in given["kernel"] for found in lookup.filters(spec)]
    masks = shared.regions(given, lookup)
    placing = (
        "stride",
        "padding",
        "dilation",
        "groups",
        "border",
        "fill",
        "flip",
        "alpha",
        *shared.MARKS,
    )
    options = {name: given[name] for name in placing if given[name] is not None}
    options["missing"] = shared.how_missing(given)
    if given["combine"]:
        if given["alpha"] == "weight":
            raise OptionError("--alpha weight is for single maps: --combine takes keep or channel")
        options.setdefault("alpha", "keep")
    implied = given["within"] and not given["missing"]
    with at("--within without --missing") if implied else nullcontext():
        operators = [
            Conv(
                **weights_of(one, given, lookup),
                **(options if one.weights.ndim in (2, 4) else shared.in_depth(options)),
            )
            for one in filters
        ]
    combination = given["combine"]
    if combination and any(isinstance(one, Layer) for one in filters):
        raise OptionError("--combine is for kernels, and a layer makes one map as it is")
    if combination:
        from .combine import Combine

        combined = Combine(operators, combination)
        return {combination: masks.around(combined, given)}
    names = distinct([plain(one.name) for one in filters])
    return {name: masks.around(one, given) for name, one in zip(names, operators, strict=True)}


def weights_of(found: "Kernel | Layer", given: Given, lookup: "Lookup") -> dict[str, Any]:
    """What `Conv` is told of the weights, with what was asked in place of a kernel's own."""
    from dataclasses import replace

    from ..kernel.files import read_bias
    from ..kernel.kernel import Layer

    if given["normalize"] and isinstance(found, Layer):
        raise OptionError("--normalize is for kernels, and none of a layer's is alone")
    changes = {key: given[key] for key in ("divisor", "bias", "anchor") if given[key] is not None}
    if given["normalize"]:
        changes["divisor"] = sum(found.weights.ravel().tolist())
        if changes["divisor"] == 0:
            whose = "" if found.name == "kernel" else f" of kernel {found.name}"
            raise OptionError(
                f"--normalize: the weights{whose} sum to 0, expected any other sum; "
                "leave --normalize out"
            )
    if not isinstance(found, Layer):
        for name in ("bias_file", "groups"):
            if given[name]:
                flag = name.replace("_", "-")
                raise OptionError(f"--{flag} goes with a layer, weights (out, in, h, w) in a .npy")
        try:
            return {"weights": replace(found, **changes)}
        except ConvtoolError as error:
            raise OptionError(str(error)) from None
    if given["bias_file"]:
        changes["bias"] = read_bias(lookup.path(given["bias_file"]), len(found.weights))
    return {"weights": found.weights, "name": found.name, **changes}


CONV = Operation(
    "conv",
    (
        Option(
            "kernel",
            KernelName(),
            "A kernel file (- for one from stdin), the name of a bundled kernel, a parametric one "
            "as gaussian:7,1.5, or rows of weights as '0 1 0; 1 -4 1; 0 1 0'. A file is JSON or "
            "rows, a .npy of weights (h, w), (d, h, w) or (out, in, h, w), a .mat of libvips, "
            "kernels as ImageMagick has them, or a picture, whose grey values are the weights. "
            "Give several for several maps.",
            short="k",
            several=True,
        ),
        Option(
            "combine",
            Word(COMBINATIONS, "--sheet puts all maps on one picture", shared.MEAN),
            "Combine the maps of several kernels into one. magnitude: root of the sum of squares; "
            "abs-sum, abs-max: sum and largest of the values without their signs.",
        ),
        shared.stride_option("1"),
        shared.padding_option("same", "filled as --border says"),
        Option(
            "border",
            Word(BORDERS, meant=BORDERS_ELSEWHERE),
            "What lies outside the image: the nearest pixel, a constant, the image mirrored with "
            "(reflect) or without (mirror) its last pixel repeated, or wrapped around.",
            "edge",
        ),
        Option("fill", Number(), "The value of a constant border."),
        shared.DILATION,
        Option("flip", Flag(), "Turn the kernel by 180 degrees first."),
        Option("divisor", Number(), "Divide by this, not the kernel's own."),
        Option("normalize", Flag(), "Divide by the sum of the weights."),
        Option("bias", Number(), "Add this, not the kernel's own."),
        Option("bias_file", FileName(), "A .npy of one bias for each output of a layer."),
        Option("groups", Count(), "Groups of a layer's channels that do not mix. Default: 1."),
        Option(
            "anchor",
            Position(),
            "The kernel's element that sits on the output pixel; of a kernel with depth SLICE,ROW,"
            "COL. Default: the middle.",
        ),
        shared.alpha_option("weight for kernels without negative weights, else keep"),
        shared.MISSING_,
        shared.MIN_VALID,
        Option(
            "fill_missing",
            Flag(),
            "Under --missing skip, give missing pixels a value from those around them, too.",
        ),
        shared.LIGHT,
        shared.ONLY,
        shared.WITHIN,
        shared.GRAY,
        Option("relu", Flag(), "Set negative values of the map to 0."),
    ),
    _conv,
    _check_conv,
)
