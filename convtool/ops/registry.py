"""What a stage may be, by its name."""

import re
from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING

from ..core.errors import OptionError, at, quoted
from ..core.params import Number, Option
from .conv_options import CONV
from .inverse_options import CONV_TRANSPOSE, UNPOOL
from .operation import Given, Maps, Operation
from .pool_options import POOL

if TYPE_CHECKING:
    from ..kernel.lookup import Lookup
    from .base import Operator


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
