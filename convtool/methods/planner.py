"""Which method computes a convolution, and why.

Pure: the same question has the same answer.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from ..core.choices import MethodName
from ..core.errors import ConvtoolError
from . import box, direct, fft, im2col, separable, toeplitz
from .base import Method, Task

METHODS: dict[MethodName, Callable[[Task], Iterator[Method]]] = {
    "direct": direct.ways,
    "separable": separable.ways,
    "box": box.ways,
    "product": toeplitz.ways,
    "layer": im2col.ways,
    "fft": fft.ways,
}
"""For each method its ways to do a task, none where it cannot."""


@dataclass(frozen=True, eq=False)
class Plan:
    """How a convolution is going to be computed.

    >>> import convtool
    >>> print(convtool.plan([[1, 0, -1], [2, 0, -2], [1, 0, -1]], "uint8", (3000, 4000)))
    separable: the kernel is a column times a row
      column [1 2 1], row [1 0 -1], sums int16
      3 operations a value, 36 million in all
      instead of: direct, product, fft
    """

    method: MethodName
    parameters: dict[str, str]
    reason: str
    operations: float
    """Additions and multiplications, zeros that are multiplied included."""
    values: int
    """Values of the map, alpha aside."""
    others: tuple[MethodName, ...]
    """The other methods that could, those estimated quicker first."""
    way: Method
    """The method, ready to run."""

    def __repr__(self) -> str:
        return f"<Plan {self.method}: {self.reason}>"

    def __str__(self) -> str:
        parameters = ", ".join(f"{name} {value}" for name, value in self.parameters.items())
        each = f"{self.operations / self.values:.4g}"
        noun = "operation" if each == "1" else "operations"
        return "\n  ".join(
            [
                f"{self.method}: {self.reason}",
                parameters,
                f"{each} {noun} a value, {_in_words(self.operations)} in all",
                f"instead of: {', '.join(self.others) or 'nothing else can'}",
            ]
        )


@lru_cache(maxsize=64)
def plan(task: Task, method: MethodName | None = None) -> Plan:
    """The plan with the least estimated cost; of one method, if it is named.

    Raises ConvtoolError if the method named cannot do the task.
    """
    ways = {
        name: min(found, key=lambda way: way.cost)
        for name, find in METHODS.items()
        if (task.numbers.moderate or name == "direct") and (found := list(find(task)))
    }
    if method is not None and method not in ways:
        raise ConvtoolError(
            f"method {method} cannot compute this convolution; those that can: {', '.join(ways)}"
        )
    ranked = sorted(ways, key=lambda name: ways[name].cost)
    chosen = ranked[0] if method is None else method
    way = ways[chosen]
    values = task.window[0].output * task.window[1].output * task.channels_out
    return Plan(
        chosen,
        dict(way.parameters),
        way.reason,
        float(way.operations) * values,
        values,
        tuple(name for name in ranked if name != chosen),
        way,
    )


def _in_words(number: float) -> str:
    """A large number to a few digits."""
    for size, word in ((1e9, " billion"), (1e6, " million")):
        if number >= size:
            return f"{number / size:.4g}{word}"
    return f"{number:,.0f}"
