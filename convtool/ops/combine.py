"""Several feature maps of one image made into one."""

from collections.abc import Sequence
from copy import copy
from typing import NamedTuple, Protocol

import numpy as np

from ..core.choices import COMBINATIONS, Combination
from ..core.dtypes import FLOAT64, Array
from ..core.errors import ConvtoolError
from ..core.image import Header
from ..core.validation import Pair, check_word
from .base import Laid, Operator, Stage, Sum, run_band


class Windowed(Operator, Protocol):
    """An operator that lays windows on an image."""

    @property
    def title(self) -> str:
        """What people call it, wherever its windows are: ``conv sobel_x 3x3``."""
        ...

    @property
    def placing(self) -> tuple[str, ...]:
        """What of its windows' places is not as usual: ``stride 2``."""
        ...


class Combine(Operator):
    """Run several operators on the same image and combine their maps value by value.

    sum, mean, max; abs-sum, abs-max: the same of the values' magnitudes; magnitude: the root of the
    sum of squares. By sobel_x with sobel_y each of the last three is how strong an edge is.
    """

    def __init__(self, operators: Sequence[Windowed], how: Combination) -> None:
        self.operators = tuple(operators)
        self.how = check_word("combine", how, COMBINATIONS)
        self.dimensions = max(operator.dimensions for operator in self.operators)

    def widened(self) -> "Combine":
        """The same of maps in float64."""
        other = copy(self)
        other.operators = tuple(operator.widened() for operator in self.operators)
        return other

    @property
    def sums_to_zero(self) -> bool:
        """Whether the weights of every kernel sum to 0."""
        return all(getattr(operator, "sums_to_zero", False) for operator in self.operators)

    @property
    def label(self) -> str:
        """``magnitude of sobel_x 3x3, sobel_y 3x3``; of more than three, how many."""
        names = [operator.title.removeprefix("conv ") for operator in self.operators]
        shown = ", ".join(names) if len(names) <= 3 else f"{len(names)} kernels"
        places = dict.fromkeys(word for operator in self.operators for word in operator.placing)
        return ", ".join((f"{self.how} of {shown}", *places))

    def bind(self, header: Header) -> "CombineStage":
        """The stage for images of this description; ConvtoolError where map sizes differ."""
        stages = tuple(operator.bind(header) for operator in self.operators)
        sizes = list(dict.fromkeys(f"{s.output.height}x{s.output.width}" for s in stages))
        if len(sizes) > 1:
            raise ConvtoolError(
                f"combine {self.how}: the kernels give maps of {' and '.join(sizes)}, "
                "expected one size; padding same gives one"
            )
        types = (stage.output.dtype for stage in stages)
        output = stages[0].output._replace(dtype=np.result_type(*types))
        return CombineStage(self.how, stages, output)


class CombineStage(NamedTuple):
    """`Combine` bound to an image."""

    how: Combination
    stages: tuple[Stage, ...]
    output: Header

    @property
    def input(self) -> Header:
        """What goes into each of them."""
        return self.stages[0].input

    @property
    def laid(self) -> tuple[Laid, ...]:
        """The windows of all the kernels."""
        return tuple(laid for stage in self.stages for laid in stage.laid)

    @property
    def sums(self) -> tuple[Sum, ...]:
        """Those of all the kernels."""
        return tuple(found for stage in self.stages for found in stage.sums)

    def carried_from(self, row: int, col: int) -> Pair | None:
        """Where the first kernel takes it from, as all do."""
        return self.stages[0].carried_from(row, col)

    def rows_needed(self, first: int, last: int) -> Pair:
        """The input rows that any of the kernels needs."""
        needed = [stage.rows_needed(first, last) for stage in self.stages]
        return min(start for start, _ in needed), max(stop for _, stop in needed)

    def run(self, band: Array, top: int, first: int, out: Array) -> None:
        """Write the output rows from `first` on; alpha is the same in every map, and kept."""
        last = first + len(out)
        maps = [run_band(stage, band, top, first, last) for stage in self.stages]
        colors = self.output.colors
        out[..., :colors] = self._combine([map_[..., :colors].astype(FLOAT64) for map_ in maps])
        out[..., colors:] = maps[0][..., colors:]

    def _combine(self, maps: list[Array]) -> Array:
        match self.how:
            case "sum":
                combined: Array = np.add.reduce(maps)
            case "mean":
                combined = np.add.reduce(maps) / len(maps)
            case "max":
                combined = np.maximum.reduce(maps)
            case "abs-sum":
                combined = np.add.reduce([np.abs(values) for values in maps])
            case "abs-max":
                combined = np.maximum.reduce([np.abs(values) for values in maps])
            case "magnitude":
                combined = np.sqrt(np.add.reduce([values * values for values in maps]))
        return combined
