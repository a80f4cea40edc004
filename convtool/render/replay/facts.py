"""What the page of a kernel being learned shows, as JSON has it."""

from collections.abc import Sequence
from typing import Any

from ...core.dtypes import FLOAT64, Array
from ...core.version import __version__
from ...fit.descent import Descent, kept_steps
from ...fit.fit import Fit
from ...fit.pairs import ImagePair, Model
from ...fit.placement import Placement
from ...kernel.kernel import Kernel
from ...ops.conv import conv2d
from ..page.arrays import array_facts, narrowed
from .piece import Piece, liveliest_piece

COMPARED = 10
"""Of the steps that are shown, each so many-th is compared with convtool's."""

Facts = dict[str, Any]


def facts_of(pairs: Sequence[ImagePair], placement: Placement, found: Fit) -> Facts:
    """A descent towards the closed form of a kernel, and a piece of the first pair under it.

    The kernel is one of rows and columns, for all channels alike. Raises ConvtoolError where the
    images cannot be read again.
    """
    (equations,), (solution,) = placement.equations, placement.solutions
    model, first = placement.model, placement.pairs[0]
    descent = Descent.of(equations, solution)
    shown = liveliest_piece(pairs[0], model)
    steps = kept_steps()
    compared = steps[::COMPARED]
    return {
        "version": __version__,
        "name": pairs[0].name,
        "pairs": len(pairs),
        "size": list(first.before.size[1:]),
        "top": shown.top,
        "left": shown.left,
        "white": first.before.white,
        "limit": first.after.white,
        "scale": first.scale,
        "before": array_facts(narrowed(shown.before)),
        "after": array_facts(narrowed(shown.after)),
        "alpha": any(one.alpha for one in placement.pairs),
        "used": found.used,
        "clipped": found.clipped,
        "undefined": found.undefined,
        "border": found.border,
        "kernel": list(model.size),
        "stride": list(model.stride),
        "dilation": list(model.dilation),
        "bias": model.bias,
        "start": descent.start.tolist(),
        "steps": steps.tolist(),
        "whole": _whole(found),
        # Last, what has other last digits on another machine.
        "descent": {
            "curvatures": descent.curvatures.tolist(),
            "axes": _matrix(descent.axes),
            "end": descent.end.tolist(),
            "floor": descent.floor,
            "least": descent.least,
            "compared": {
                "steps": compared.tolist(),
                "weights": _matrix(descent.path(compared).weights),
            },
            "map": array_facts(narrowed(_map(shown, model, descent.end))),
        },
    }


def _matrix(values: Array) -> Facts:
    return array_facts(values[..., None])


def _map(shown: Piece, model: Model, solution: Array) -> Array:
    """What the engine makes of a piece by the weights of the closed form."""
    taps = model.taps
    return conv2d(
        shown.before.astype(FLOAT64),
        solution[:taps].reshape(model.shape),
        bias=float(solution[taps]) if model.bias else 0.0,
        stride=model.stride,
        dilation=model.dilation,
        padding="valid",
    )


def _whole(found: Fit) -> Facts | None:
    """The whole weights over a divisor, if they were looked for and found."""
    kernel = found.kernel
    if not found.whole or not isinstance(kernel, Kernel):
        return None
    return {
        "weights": kernel.weights.ravel().tolist(),
        "divisor": kernel.divisor,
        "bias": kernel.bias,
    }
