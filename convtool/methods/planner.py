"""Which method computes a convolution, and why.

Pure: the same question has the same answer.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from ..core.choices import MethodName
from ..core.errors import ConvtoolError
from . import box, depth, direct, fft, fft_depth, im2col, separable, toeplitz
from .base import Method, Task

METHODS: dict[MethodName, Callable[[Task], Iterator[Method]]] = {
    "direct": direct.candidates,
    "separable": separable.candidates,
    "box": box.candidates,
    "product": toeplitz.candidates,
    "layer": im2col.candidates,
    "fft": fft.candidates,
}
"""For each method its candidates for a task, none where it cannot do it."""


@dataclass(frozen=True, eq=False)
class Plan:
    """How a convolution is going to be computed.

    >>> import convtool
    >>> plan = convtool.plan([[1, 0, -1], [2, 0, -2], [1, 0, -1]], "uint8", (3000, 4000))
    >>> plan.method, plan.parameters["column"], plan.parameters["sums"]
    ('separable', '[1 2 1]', 'int16')

    Printed, it says all that is known, and by which engine.
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
    chosen: Method
    """The method, ready to run."""

    @property
    def loops(self) -> str:
        """Which run the method: ``compiled`` or ``NumPy``."""
        return "compiled" if self.chosen.compiled else "NumPy"

    def __repr__(self) -> str:
        return f"<Plan {self.method}: {self.reason}>"

    def __str__(self) -> str:
        parameters = ", ".join(f"{name} {value}" for name, value in self.parameters.items())
        each = f"{self.operations / self.values:.4g}"
        noun = "operation" if each == "1" else "operations"
        return "\n  ".join(
            [
                f"{self.method}: {self.reason}",
                f"{parameters}, loops {self.loops}",
                f"{each} {noun} a value, {_in_words(self.operations)} in all",
                f"instead of: {', '.join(self.others) or 'nothing else can'}",
            ]
        )


@lru_cache(maxsize=64)
def plan(task: Task, method: MethodName | None = None) -> Plan:
    """The plan with the least estimated cost; of one method, if it is named.

    Raises ConvtoolError if the method named cannot do the task.
    """
    candidates = {
        name: min(found, key=lambda candidate: candidate.cost)
        for name in METHODS
        if (task.numbers.moderate or name == "direct") and (found := list(_candidates(task, name)))
    }
    if method is not None and method not in candidates:
        raise ConvtoolError(
            f"method {method} cannot compute this convolution; "
            f"those that can: {', '.join(candidates)}"
        )
    ranked = sorted(candidates, key=lambda name: candidates[name].cost)
    name = ranked[0] if method is None else method
    chosen = candidates[name]
    values = task.depth.output * task.window[0].output * task.window[1].output
    values *= task.channels_out
    return Plan(
        name,
        dict(chosen.parameters),
        chosen.reason,
        float(chosen.operations) * values,
        values,
        tuple(other for other in ranked if other != name),
        chosen,
    )


def _candidates(task: Task, name: MethodName) -> Iterator[Method]:
    """The ways of one method; under depth those for its planes, too."""
    find = METHODS[name]
    if task.is_flat or name == "direct":
        yield from find(task)
    if not task.is_flat and task.numbers.moderate:
        yield from depth.candidates(task, find)
    if name == "fft":
        yield from fft_depth.candidates(task)


def _in_words(number: float) -> str:
    """A large number to a few digits."""
    for size, word in ((1e9, " billion"), (1e6, " million")):
        if number >= size:
            return f"{number / size:.4g}{word}"
    return f"{number:,.0f}"
