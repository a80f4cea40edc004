"""The padding and the anchor behind the results: those whose least squares leaves the least."""

from collections.abc import Sequence
from functools import reduce
from typing import NamedTuple

import numpy as np

from ..core.dtypes import is_integer
from ..core.errors import ConvtoolError, at
from ..core.image import Header
from ..core.threads import one_blas_thread
from .least_squares import REMEDY, Solution, detail, solve_all
from .normal_equations import Equations, gather
from .pairs import ImagePair, Model, likely_models, overlay

LEAST_DETAIL = 1.5 / 12
"""Mean square, in grey levels: rounding alone leaves 1 / 12 of any image, however smooth."""


class PairEquations(NamedTuple):
    """The equations of one pair of images, and what its values were used for."""

    equations: list[Equations]
    before: Header
    after: Header
    scale: float
    """A value of the result times this is in the unit of the image."""
    used: int
    left_out: int
    border: int
    clips: bool
    """Whether the result has a white, at which values may have been clipped."""
    rounded: bool
    alpha: bool
    """Whether either image has alpha, which is left out."""

    @property
    def channels(self) -> tuple[int, int]:
        """(in, out)"""
        return len(self.before.channels), len(self.after.channels)


class Placement(NamedTuple):
    """A model with a padding and an anchor, and its least squares over all pairs."""

    model: Model
    pairs: list[PairEquations]
    equations: list[Equations]
    """Of each output, over all pairs."""
    solutions: list[Solution]


def likeliest_placement(pairs: Sequence[ImagePair], model: Model, threads: int) -> Placement:
    """Least squares with the padding and the anchor that explain most.

    Raises ConvtoolError where the pairs do not go together or do not determine the weights.
    """
    first = _gather_pairs(pairs, model, threads)
    alike = likely_models(first[0].before, first[0].after, model)
    if len(alike) == 1:
        return _solved(pairs, model, first)  # and each pair may have a padding of its own
    found: list[Placement] = []
    errors: list[ConvtoolError] = []
    for one in alike:
        try:
            gathered = first if one is alike[0] else _gather_pairs(pairs, one, threads)
            found.append(_solved(pairs, one, gathered))
        except ConvtoolError as error:  # so little may a wrong one explain
            errors.append(error)
    if not found:
        raise errors[0]
    return min(found, key=lambda each: sum(one.rms**2 for one in each.solutions))


def _solved(pairs: Sequence[ImagePair], model: Model, gathered: list[PairEquations]) -> Placement:
    """Least squares over all pairs."""
    # What overflows is an error of `solve_all`.
    overflowing = np.errstate(over="ignore", invalid="ignore")
    with at(_name(pairs)), one_blas_thread(), overflowing:
        equations = [
            reduce(Equations.plus, parts)
            for parts in zip(*(each.equations for each in gathered), strict=True)
        ]
        solutions = solve_all(equations, bias=model.bias)
    return Placement(model, gathered, equations, solutions)


def check_detail(pairs: Sequence[ImagePair], placement: Placement) -> None:
    """Raise ConvtoolError for whole pixels that hold little more than their own rounding.

    If neighbours differ by a level at most, rounding the result is not noise: it depends on the
    pixels, and moves the weights by far more than their standard errors.
    """
    rounded = all(one.rounded and is_integer(one.before.dtype) for one in placement.pairs)
    scaled = any(one.scale != 1 for one in placement.pairs)
    if placement.model.layer or not rounded or scaled:
        return
    if detail(placement.equations[0]) < LEAST_DETAIL:
        raise ConvtoolError(
            f"{_name(pairs)}: the images are so smooth that they hold little more detail than "
            f"their own rounding, which does not determine a kernel; {REMEDY}"
        )


def _gather_pairs(pairs: Sequence[ImagePair], model: Model, threads: int) -> list[PairEquations]:
    gathered: list[PairEquations] = []
    for images in (overlay(one, model) for one in pairs):
        with at(images.name):
            channels = len(images.before.channels), len(images.after.channels)
            known = gathered[0].channels if gathered else channels
            if model.layer and channels != known:
                raise ConvtoolError(
                    f"the image has {channels[0]} channel(s) and the result {channels[1]}, "
                    f"expected {known[0]} and {known[1]} as in the pair before"
                )
            equations = gather(images, model, threads)
        used = sum(one.pixels for one in equations)
        result = images.after
        gathered.append(
            PairEquations(
                equations,
                images.before,
                images.after,
                images.scale,
                used,
                images.inner - used,
                images.border,
                result.white is not None,
                is_integer(result.dtype),
                images.before_reader.header.has_alpha or images.after_reader.header.has_alpha,
            )
        )
    return gathered


def _name(pairs: Sequence[ImagePair]) -> str:
    return pairs[0].name if len(pairs) == 1 else f"{len(pairs)} pairs"
