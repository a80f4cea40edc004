"""What a stage may be, by its name: its options, and the operators built from them.

One definition serves the command of that name, the words of a pipeline, and a pipeline's file.
NumPy is not imported until operators are built.
"""

import re
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

from ..core.choices import ALPHAS, BORDERS, COMBINATIONS, LIGHTS, MISSING, POOL_MODES
from ..core.errors import ConvtoolError, OptionError, at, nearest, quoted, shortened
from ..core.filenames import distinct, plain
from ..core.params import (
    Count,
    FileName,
    Flag,
    KernelName,
    MaskName,
    Number,
    Option,
    Padding,
    Position,
    SizeInDepth,
    SizeOrGlobal,
    Word,
)

if TYPE_CHECKING:
    from ..kernel.kernel import Kernel, Layer
    from ..kernel.lookup import Lookup
    from .base import Operator
    from .mask import Mask

Given = Mapping[str, Any]
"""The values of all options of a stage by name; None where one was not given."""

Maps = dict[str, "list[Operator]"]
"""Name of a map -> the operators, one after another, that make it."""


class Operation(NamedTuple):
    """One kind of stage."""

    name: str
    options: tuple[Option, ...]
    make: "Callable[[Given, Lookup], Maps]"
    check: Callable[[Given], None] = lambda given: None
    """Raises OptionError for options that contradict one another."""

    @property
    def names(self) -> list[str]:
        """Those of its options."""
        return [option.name for option in self.options]

    def read(self, given: Mapping[str, object]) -> dict[str, Any]:
        """The values of all options, of those that were given by name.

        Raises OptionError for a name that is unknown, and for a value that is none.
        """
        for name in given:
            if name not in self.names:
                raise OptionError(f"no option {quoted(name)}, {self._expected(name, self.names)}")
        values = {option.name: _value(option, given.get(option.name)) for option in self.options}
        self.check(values)
        return values

    def option(self, flag: str) -> Option:
        """The option that a word like --size or -s begins; OptionError if there is none."""
        for option in self.options:
            if flag == option.flag or (option.short and flag == f"-{option.short}"):
                return option
        flags = [option.flag for option in self.options]
        raise OptionError(f"no such option {shortened(flag)}, {self._expected(flag, flags)}")

    def _expected(self, found: str, known: list[str]) -> str:
        """What could have been meant by a name."""
        if not known:
            return f"{self.name} takes none"
        near = nearest(found, known)
        return f"nearest: {', '.join(near)}" if near else f"expected one of: {', '.join(known)}"


def _value(option: Option, given: object) -> Any:
    """An option's value, or its default."""
    if given is None and option.default is not None:
        given = option.default
    if given is None:
        return () if option.several else False if isinstance(option.kind, Flag) else None
    try:
        if option.several:
            each = given if isinstance(given, list | tuple) else [given]
            return tuple(option.kind.read(value) for value in each)
        return option.kind.read(given)
    except ConvtoolError as error:
        raise OptionError(f"{option.name}: {error}") from None


def _padding(default: str, made_of: str) -> Option:
    return Option(
        "padding",
        Padding(),
        f"Rows and columns around the image, {made_of}: same (the map keeps the image's size, "
        "or its ceil(size / stride)), same_lower, valid (none), full, 1, 1x2, or "
        "TOP,BOTTOM,LEFT,RIGHT.",
        default,
    )


def _stride(default: str) -> Option:
    how = "Step from window to window: 2, or 2x1 (rows x columns)."
    return Option("stride", SizeInDepth(1), f"{how} Default: {default}.")


MEAN = {"avg": "mean", "average": "mean"}

MODES_ELSEWHERE = {**MEAN, "maximum": "max", "minimum": "min"}

BORDERS_ELSEWHERE = {
    "zero": "constant",
    "zeros": "constant",
    "replicate": "edge",
    "nearest": "edge",
    "symmetric": "reflect",
    "circular": "wrap",
}

MISSING_ELSEWHERE = {"interpolate": "skip", "ignore": "skip", "fill": "zero"}

DILATION = Option("dilation", SizeInDepth(1), "Step from element to element inside a window.", "1")

ALPHA = Option(
    "alpha",
    Word(ALPHAS),
    "What is done with transparency. weight: pixels count as much as they are opaque, so that "
    "hidden colours do not show; keep: alpha is carried along; channel: alpha is filtered like a "
    "colour.",
)

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


def _how_missing(given: Given) -> str:
    """What is done with missing values: as asked, or as the mask asks for."""
    return given["missing"] or ("skip" if given["within"] else "propagate")


def _check_regions(given: Given) -> None:
    _check_missing(given)
    is_pool = "footprint" in given
    stride = given["stride"] or ((given["size"] or "the window's size") if is_pool else (1, 1))
    if given["only"] and stride != (1, 1):
        found = stride if isinstance(stride, str) else "x".join(map(str, stride))
        raise OptionError(f"--only goes with --stride 1, and the stride is {found}")


def _check_missing(given: Given) -> None:
    if given["min_valid"] is not None and not 0 <= given["min_valid"] <= 1:
        raise OptionError("--min-valid is a share, expected 0 to 1")
    for name in ("min_valid", "fill_missing"):
        if given.get(name) and _how_missing(given) != "skip":
            raise OptionError(f"--{name.replace('_', '-')} goes with --missing skip")


def _check_conv(given: Given) -> None:
    _check_regions(given)
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


def _regions(given: Given, lookup: "Lookup") -> Regions:
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


def _conv(given: Given, lookup: "Lookup") -> Maps:
    from ..kernel.kernel import Layer
    from .conv import Conv

    filters = [found for spec in given["kernel"] for found in lookup.filters(spec)]
    regions = _regions(given, lookup)
    placing = ("stride", "padding", "dilation", "groups", "border", "fill", "flip", "alpha", *MARKS)
    options = {name: given[name] for name in placing if given[name] is not None}
    options["missing"] = _how_missing(given)
    if given["combine"]:
        if given["alpha"] == "weight":
            raise OptionError("--alpha weight is for single maps: --combine takes keep or channel")
        options.setdefault("alpha", "keep")
    implied = given["within"] and not given["missing"]
    with at("--within without --missing") if implied else nullcontext():
        operators = [
            Conv(
                **_weights(one, given, lookup),
                **(options if one.weights.ndim in (2, 4) else in_depth(options)),
            )
            for one in filters
        ]
    combination = given["combine"]
    if combination and any(isinstance(one, Layer) for one in filters):
        raise OptionError("--combine is for kernels, and a layer makes one map as it is")
    if combination:
        from .combine import Combine

        combined = Combine(operators, combination)
        return {combination: regions.around(combined, given)}
    names = distinct([plain(one.name) for one in filters])
    return {name: regions.around(one, given) for name, one in zip(names, operators, strict=True)}


def in_depth(options: dict[str, Any]) -> dict[str, Any]:
    """The options for windows with depth, where one number stands for slices, rows and columns."""
    changed = dict(options)
    for name in ("stride", "dilation", "padding", "output_padding"):
        value = changed.get(name)
        if isinstance(value, tuple) and len(value) == 2:
            flat = value if isinstance(value[0], int) else (one for pair in value for one in pair)
            each = set(flat)
            if len(each) > 1:
                raise OptionError(
                    f"--{name}: a window with depth takes one number, or three: 1x2x2"
                )
            changed[name] = each.pop()
    return changed


def _weights(found: "Kernel | Layer", given: Given, lookup: "Lookup") -> dict[str, Any]:
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
            "rows, a .npy of weights (h, w) or (out, in, h, w), a .mat of libvips, kernels as "
            "ImageMagick has them, or a picture, whose grey values are the weights. Give several "
            "for several maps.",
            short="k",
            several=True,
        ),
        Option(
            "combine",
            Word(COMBINATIONS, "--sheet puts all maps on one picture", MEAN),
            "Combine the maps of several kernels into one. magnitude: root of the sum of squares; "
            "abs-sum, abs-max: sum and largest of the values without their signs.",
        ),
        _stride("1"),
        _padding("same", "filled as --border says"),
        Option(
            "border",
            Word(BORDERS, meant=BORDERS_ELSEWHERE),
            "What lies outside the image: the nearest pixel, a constant, the image mirrored with "
            "(reflect) or without (mirror) its last pixel repeated, or wrapped around.",
            "edge",
        ),
        Option("fill", Number(), "The value of a constant border."),
        DILATION,
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
        ALPHA._replace(
            help=f"{ALPHA.help} Default: weight for kernels without negative weights, else keep."
        ),
        MISSING_,
        MIN_VALID,
        Option(
            "fill_missing",
            Flag(),
            "Under --missing skip, give missing pixels a value from those around them, too.",
        ),
        LIGHT,
        ONLY,
        WITHIN,
        GRAY,
        Option("relu", Flag(), "Set negative values of the map to 0."),
    ),
    _conv,
    _check_conv,
)


def _check_pool(given: Given) -> None:
    _check_regions(given)
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
    options["missing"] = _how_missing(given)
    if given["footprint"]:
        options["footprint"] = _footprint(given["footprint"], lookup)
    window = options["footprint"].shape if given["footprint"] else given["size"]
    if isinstance(window, tuple) and len(window) == 3:
        options = {**in_depth(options), "dimensions": 3}
    operator = Pool(ceil_mode=options.pop("ceil"), **options)
    return {operator.name: _regions(given, lookup).around(operator, given)}


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
        _stride("the window's size"),
        _padding("0", "which win no max or min and add nothing"),
        DILATION,
        Option("ceil", Flag(), "Keep the last window even if a part of it lies outside."),
        Option("count_include_pad", Flag(), "Count padding as zeros in a mean."),
        Option("p", Number(), "The p of mode lp, from 1. Default: 2."),
        ALPHA._replace(help=f"{ALPHA.help} Default: weight in mean and sum, else channel."),
        MISSING_,
        MIN_VALID,
        LIGHT,
        ONLY,
        WITHIN,
        GRAY,
    ),
    _pool,
    _check_pool,
)


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
    weights = _weights(found[0], {**given, "normalize": False, "anchor": None}, lookup)
    return {plain(found[0].name): [ConvTranspose(**weights, **options)]}


CONV_TRANSPOSE = Operation(
    "conv_transpose",
    (
        CONV.option("--kernel")._replace(
            help="The kernel that each pixel lays on the map, times its value; where they overlap, "
            "they are added up. As for conv, but a layer is (in, out, h, w).",
        ),
        Option(
            "stride",
            SizeInDepth(1),
            "From pixel to pixel on the map: 2 doubles its size.",
            "1",
        ),
        Option("padding", Padding(), "Rows and columns that the map loses at each side.", "0"),
        Option("output_padding", SizeInDepth(0), "Rows and columns that it gains at its end.", "0"),
        DILATION,
        *(CONV.option(f"--{name}") for name in ("divisor", "bias", "bias-file", "groups")),
    ),
    _conv_transpose,
    _check_transpose,
)


def _pointwise(
    name: str, class_name: str, *options: Option, module: str = "pointwise"
) -> Operation:
    """A stage that looks at one pixel at a time; its options are the operator's own."""

    def make(given: Given, _: "Lookup") -> Maps:
        return {name: [getattr(import_module(f"{__package__}.{module}"), class_name)(**given)]}

    return Operation(name, options, make)


OPERATIONS = {
    operation.name: operation
    for operation in (
        CONV,
        POOL,
        UNPOOL,
        CONV_TRANSPOSE,
        _pointwise("relu", "Relu"),
        _pointwise(
            "leaky_relu",
            "LeakyRelu",
            Option("slope", Number(), "What negative values are multiplied by.", "0.01"),
        ),
        _pointwise("sigmoid", "Sigmoid"),
        _pointwise("tanh", "Tanh"),
        _pointwise("abs", "Abs"),
        _pointwise("gray", "Gray"),
        _pointwise("linear", "Linear", module="light"),
        _pointwise("encode", "Encode", module="light"),
    )
}
"""The stages by name."""


def make_stage(
    name: object, given: Mapping[str, object], lookup: "Lookup"
) -> "tuple[str, list[Operator]]":
    """A stage of a pipeline: the name of its map, and its operators.

    Raises OptionError for a name or options that are unknown or contradict one another, and
    ConvtoolError where a kernel cannot be had or several of them make several maps.
    """
    operation = OPERATIONS.get(name) if isinstance(name, str) else None
    if operation is None:
        raise OptionError(f"found {quoted(name)}, expected one of: {', '.join(OPERATIONS)}")
    with at(operation.name):
        values = operation.read(given)
        maps = operation.make(values, lookup)
        if len(maps) > 1:
            raise OptionError(f"{len(maps)} kernels make {len(maps)} maps: --combine makes one")
    return maps.popitem()


def is_stages(text: str) -> bool:
    """Whether a text begins as a pipeline does: with the name of a stage."""
    return next(iter(re.findall(r"[^\s|]+", text)), "") in OPERATIONS
