"""Operators as plain numbers and words, for those who compute them elsewhere."""

from collections.abc import Callable, Sequence
from typing import Any

from ...core.errors import ConvtoolError
from ...ops.base import Operator
from ...ops.conv import Conv
from ...ops.pointwise import Abs, Gray, LeakyRelu, Relu, Sigmoid, Tanh
from ...ops.pool import Pool

Described = dict[str, Any]
"""``op``, the stage's name, and its parameters: numbers, words, lists of these."""


def described(operators: Sequence[Operator]) -> list[Described]:
    """Each operator as a stage's name and all of its parameters.

    Sizes are [rows, columns], a padding is a word or [[top, bottom], [left, right]].

    Raises ConvtoolError for an operator that has no such description.

    >>> from convtool import Pipeline
    >>> described(Pipeline.parse("relu | pool --size 2x3").operators)[1]["size"]
    [2, 3]
    """
    return [_described(operator) for operator in operators]


def _described(operator: Operator) -> Described:
    describe = DESCRIBED.get(type(operator))
    if describe is None or operator.dimensions != 2:
        words = ", ".join(("conv", "pool", *NAMES.values(), "leaky_relu"))
        raise ConvtoolError(f"{operator.label}: a page does not show this stage, only {words}")
    return describe(operator)


def _conv(operator: Any) -> Described:
    conv: Conv = operator
    _check_plain(conv, "the weights of a layer" if conv.is_layer else "", "kernels")
    return {
        "op": "conv",
        "name": conv.name,
        "weights": conv.weights.tolist(),
        "divisor": conv.divisor,
        "bias": conv.bias.item(),
        "border": conv.border,
        "fill": conv.fill,
        "anchor": None if conv.anchor is None else list(conv.anchor),
        **_placed(conv),
    }


def _pool(operator: Any) -> Described:
    pool: Pool = operator
    _check_plain(pool, "" if pool.footprint is None else "--footprint", "windows")
    return {
        "op": "pool",
        "mode": pool.mode,
        "size": pool.size if isinstance(pool.size, str) else list(pool.size),
        "ceil": pool.ceil_mode,
        "countPadding": pool.count_include_pad,
        "p": pool.p,
        **_placed(pool),
    }


def _check_plain(operator: Conv | Pool, why: str, what: str) -> None:
    """Raise ConvtoolError for `why`, if there is something, and for missing values that do not
    propagate."""
    how = operator.missing.how
    why = why or ("" if how == "propagate" else f"--missing {how}")
    if why:
        raise ConvtoolError(f"{operator.label}: a page does not show {why}, only plain {what}")


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
    Pool: _pool,
    LeakyRelu: _leaky,
    **{kind: lambda _, name=name: {"op": name} for kind, name in NAMES.items()},  # type: ignore[misc]
}
"""What describes each kind of operator."""
