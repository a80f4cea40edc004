"""Operators as plain numbers and words, for those who compute them elsewhere."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ...core.errors import ConvtoolError
from ...ops.base import Operator
from ...ops.combine import Combine
from ...ops.conv import Conv
from ...ops.pointwise import Abs, Gray, LeakyRelu, Relu, Sigmoid, Tanh
from ...ops.pool import Pool

Described = dict[str, Any]
"""``op``, the stage's name, and its parameters: numbers, words, lists of these."""


LARGEST_LAYER = 10_000
"""How many weights a layer may have."""


def described(operators: Sequence[Operator]) -> list[Described]:
    """Each operator as a stage's name and all of its parameters.

    Sizes are [rows, columns], a padding is a word or [[top, bottom], [left, right]]. The weights of
    a layer are of shape (out, in, h, w), and `layer` is its number among the layers. Kernels that
    are combined have their own weights, divisor, bias and anchor.

    Raises ConvtoolError for an operator that has no such description.

    >>> from convtool import Pipeline
    >>> described(Pipeline.parse("relu | pool --size 2x3").operators)[1]["size"]
    [2, 3]
    """
    found = [_described(operator) for operator in operators]
    layers = [stage for stage in found if stage["op"] == "layer"]
    for number, layer in enumerate(layers):
        layer["layer"] = number
    return found


def _described(operator: Operator) -> Described:
    describe = DESCRIBED.get(type(operator))
    if describe is None or operator.dimensions != 2:
        words = ", ".join(("conv", "pool", *NAMES.values(), "leaky_relu"))
        raise ConvtoolError(f"{operator.label}: a page does not show this stage, only {words}")
    return describe(operator)


def _conv(operator: Any) -> Described:
    conv: Conv = operator
    if not conv.is_layer:
        return {"op": "conv", **_kernel(conv), **_laid(conv)}
    if conv.weights.size > LARGEST_LAYER:
        raise ConvtoolError(
            f"{conv.label}: the layer has {conv.weights.size} weights, and a page shows "
            f"{LARGEST_LAYER} at most"
        )
    bias = np.broadcast_to(conv.bias, len(conv.weights)).tolist()
    return {"op": "layer", **_kernel(conv), "bias": bias, "groups": conv.groups, **_laid(conv)}


def _combine(operator: Any) -> Described:
    combine: Combine = operator
    kernels: list[Conv] = [one for one in combine.operators if isinstance(one, Conv)]
    first = kernels[0]
    alike = {(one.taps, one.anchor, one.bias.item()) for one in kernels}
    if len(alike) > 1:
        raise ConvtoolError(
            f"{combine.label}: a page shows kernels of one size, anchor and bias, and these differ"
        )
    described = [_kernel(one) for one in kernels]
    return {"op": "combine", "how": combine.how, "kernels": described, **_laid(first)}


def _kernel(conv: Conv) -> Described:
    """Its weights, and what is done with their sums."""
    return {
        "name": conv.name,
        "weights": conv.weights.tolist(),
        "divisor": conv.divisor,
        "bias": conv.bias.tolist(),
        "anchor": None if conv.anchor is None else list(conv.anchor),
    }


def _laid(conv: Conv) -> Described:
    """How it is laid on an image."""
    _check_plain(conv, "kernels")
    return {"border": conv.border, "fill": conv.fill, **_placed(conv)}


def _pool(operator: Any) -> Described:
    pool: Pool = operator
    _check_plain(pool, "windows")
    return {
        "op": "pool",
        "mode": pool.mode,
        "size": pool.size if isinstance(pool.size, str) else list(pool.size),
        "footprint": None if pool.footprint is None else pool.footprint[0].tolist(),
        "ceil": pool.ceil_mode,
        "countPadding": pool.count_include_pad,
        "p": pool.p,
        **_placed(pool),
    }


def _check_plain(operator: Conv | Pool, what: str) -> None:
    """Raise ConvtoolError for missing values that do not propagate."""
    how = operator.missing.how
    if how != "propagate":
        raise ConvtoolError(
            f"{operator.label}: a page does not show --missing {how}, only plain {what}"
        )


def _placed(operator: Conv | Pool) -> Described:
    """Where its windows stand."""
    padding = operator.padding
    return {
        "stride": list(operator.stride),
        "dilation": list(operator.dilation),
        "padding": padding if isinstance(padding, str) else [list(one) for one in padding],
    }


def _leaky(operator: Any) -> Described:
    return {"op": "leaky_relu", "slope": operator.slope}


NAMES: dict[type, str] = {Relu: "relu", Sigmoid: "sigmoid", Tanh: "tanh", Abs: "abs", Gray: "gray"}
"""The operators that have no parameters."""

DESCRIBED: dict[type, Callable[[Any], Described]] = {
    Conv: _conv,
    Combine: _combine,
    Pool: _pool,
    LeakyRelu: _leaky,
    **{kind: lambda _, name=name: {"op": name} for kind, name in NAMES.items()},  # type: ignore[misc]
}
"""What describes each kind of operator."""
