"""Weighted sums of arrays, one pass over memory for each addition or multiplication."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from ...core.dtypes import Array, DType


class WeightedSum(NamedTuple):
    """``sum(weight * array)`` over arrays of one shape.

    Arrays whose weights have the same magnitude are added up or subtracted first, and multiplied
    once: a symmetric kernel needs half the multiplications, a box of ones needs none. Integer
    arithmetic is modulo the type's range, so a sum that fits into the type is exact whatever
    happens on the way.
    """

    groups: tuple[tuple[Any, tuple[tuple[int, bool], ...]], ...]
    """(magnitude, ((position, whether it is subtracted), ...)); magnitude 1 is the last."""

    @classmethod
    def of(cls, weights: Iterable[float], *, skip_zeros: bool) -> "WeightedSum":
        """The weighted sum with these weights, in the arrays' order."""
        groups: dict[Any, list[tuple[int, bool]]] = {}
        for position, weight in enumerate(weights):
            if weight != 0 or not skip_zeros:
                groups.setdefault(abs(weight), []).append((position, weight < 0))
        ordered = sorted(groups.items(), key=lambda group: group[0] == 1)
        return cls(
            tuple(
                (magnitude, tuple(sorted(members, key=lambda member: member[1])))
                for magnitude, members in ordered
            )
        )

    @property
    def additions(self) -> int:
        """Passes that add or subtract."""
        return max(sum(len(members) for _, members in self.groups) - 1, 0)

    @property
    def multiplications(self) -> int:
        """Passes that multiply."""
        return sum(magnitude != 1 for magnitude, _ in self.groups)

    def of_arrays(self, arrays: Sequence[Array], dtype: DType) -> Array:
        """The sum as a new array of this type; the arrays must be of it too."""
        if not self.groups:
            return np.zeros(arrays[0].shape, dtype)
        total = None
        spare = None
        for magnitude, members in self.groups:
            if total is None:
                total = _group(arrays, members, magnitude, np.empty(arrays[0].shape, dtype))
            elif magnitude == 1:
                for position, subtracted in members:
                    merge = np.subtract if subtracted else np.add
                    merge(total, arrays[position], out=total)
            else:
                spare = np.empty_like(total) if spare is None else spare
                np.add(total, _group(arrays, members, magnitude, spare), out=total)
        assert total is not None
        return total


def _group(
    arrays: Sequence[Array], members: tuple[tuple[int, bool], ...], magnitude: Any, out: Array
) -> Array:
    """magnitude * (the sum of some arrays minus the sum of others), into `out`."""
    (first, negative), *rest = members
    # Where the first is subtracted all are, for those that are added come first.
    weight = np.asarray(-magnitude if negative else magnitude).astype(out.dtype)
    if not rest:
        np.multiply(arrays[first], weight, out=out)
        return out
    current = arrays[first]
    for position, subtracted in rest:
        merge = np.subtract if subtracted and not negative else np.add
        current = merge(current, arrays[position], out=out)
    if weight != 1:
        np.multiply(out, weight, out=out)
    return out
