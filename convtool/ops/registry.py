"""What a stage may be, by its name: its options, and the operators built from them.

One definition serves the command of that name, the words of a pipeline, and a pipeline's file.
NumPy is not imported until operators are built.
"""

from collections.abc import Callable, Mapping
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
    Number,
    Option,
    Padding,
    Position,
    Size,
    Word,
)

if TYPE_CHECKING:
    from ..kernel.kernel import Kernel, Layer
    from ..kernel.lookup import Lookup
    from .base import Operator

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
    return Option("stride", Size(1), f"{how} Default: {default}.")


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

DILATION = Option("dilation", Size(1), "Step from element to element inside a window.", "1")

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
    "value; skip: those that are there count alone; zero: it counts as 0.",
    "propagate",
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

GRAY = Option("gray", Flag(), "Make the image grey first (BT.601 luma).")


MARKS = ("missing", "min_valid", "fill_missing")
"""The options about what is missing."""


def _check_missing(given: Given) -> None:
    if given["min_valid"] is not None and not 0 <= given["min_valid"] <= 1:
        raise OptionError("--min-valid is a share, expected 0 to 1")
    for name in ("min_valid", "fill_missing"):
        if given.get(name) and given["missing"] != "skip":
            raise OptionError(f"--{name.replace('_', '-')} goes with --missing skip")


def _check_conv(given: Given) -> None:
    _check_missing(given)
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


def _around(given: Given) -> "tuple[list[Operator], list[Operator]]":
    """What is done to single pixels before a stage with windows, and after it."""
    from .light import Encode, Linear
    from .pointwise import Gray, Relu

    linear = given["light"] == "linear"
    before: list[Operator] = [*[Gray()] * given["gray"], *[Linear()] * linear]
    after: list[Operator] = [*[Relu()] * bool(given.get("relu")), *[Encode()] * linear]
    return before, after


def _conv(given: Given, lookup: "Lookup") -> Maps:
    from ..kernel.kernel import Layer
    from .conv import Conv

    filters = [found for spec in given["kernel"] for found in lookup.filters(spec)]
    before, after = _around(given)
    placing = ("stride", "padding", "dilation", "groups", "border", "fill", "flip", "alpha", *MARKS)
    options = {name: given[name] for name in placing if given[name] is not None}
    if given["combine"]:
        if given["alpha"] == "weight":
            raise OptionError("--alpha weight is for single maps: --combine takes keep or channel")
        options.setdefault("alpha", "keep")
    operators = [Conv(**_weights(one, given, lookup), **options) for one in filters]
    combination = given["combine"]
    if combination and any(isinstance(one, Layer) for one in filters):
        raise OptionError("--combine is for kernels, and a layer makes one map as it is")
    if combination:
        from .combine import Combine

        combined = Combine(operators, combination)
        return {combination: [*before, combined, *after]}
    names = distinct([plain(one.name) for one in filters])
    return {
        name: [*before, operator, *after] for name, operator in zip(names, operators, strict=True)
    }


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
            "The kernel's element that sits on the output pixel. Default: the middle.",
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
        GRAY,
        Option("relu", Flag(), "Set negative values of the map to 0."),
    ),
    _conv,
    _check_conv,
)


def _check_pool(given: Given) -> None:
    _check_missing(given)
    if given["p"] is not None and given["mode"] != "lp":
        raise OptionError("--p goes with --mode lp")
    if given["p"] is not None and given["p"] < 1:
        raise OptionError("--p is less than 1, expected 1 or more")
    if given["count_include_pad"] and given["mode"] != "mean":
        raise OptionError("--count-include-pad goes with --mode mean")


def _pool(given: Given, _: "Lookup") -> Maps:
    from .pool import Pool

    own = {key: value for key, value in given.items() if key not in ("gray", "light")}
    options = {key: value for key, value in own.items() if value is not None}
    operator = Pool(ceil_mode=options.pop("ceil"), **options)
    rows, cols = operator.size
    size = f"{rows}" if rows == cols else f"{rows}x{cols}"
    before, after = _around(given)
    return {f"{operator.mode}{size}": [*before, operator, *after]}


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
        Option("size", Size(1), "The window: 2, or 2x3 (rows x columns).", "2", short="s"),
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
        GRAY,
    ),
    _pool,
    _check_pool,
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
