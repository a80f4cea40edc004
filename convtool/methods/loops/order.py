"""The k-th smallest of several arrays, value by value, by comparing whole arrays.

A sorting network sorts any input by the same comparisons, each of two places, of which the smaller
value goes to the one and the larger to the other. Two calls do such a comparison for whole arrays.
What does not lead to the places asked for is left out.
"""

from collections.abc import Collection, Sequence
from functools import lru_cache

import numpy as np

from ...core.dtypes import Array
from ...core.engine import compiled, rows_of
from ...core.geometry import Axis

TYPES = "BbHhfd"
"""Those that the compiled loops compare."""


def select(arrays: Sequence[Array], ranks: Collection[int]) -> dict[int, Array]:
    """The values of these ranks, 0 being the smallest, of arrays of one shape. NaN gives NaN.

    >>> select([np.array([3, 1]), np.array([2, 9]), np.array([7, 5])], [1])[1].tolist()
    [3, 5]
    """
    places = list(arrays)
    for low, high, wanted_low, wanted_high in network(len(arrays), tuple(ranks)):
        smaller = np.minimum(places[low], places[high]) if wanted_low else places[low]
        larger = np.maximum(places[low], places[high]) if wanted_high else places[high]
        places[low], places[high] = smaller, larger
    return {rank: places[rank] for rank in ranks}


def middle_into(
    padded: Array, taps: Sequence[Sequence[int]], axes: Sequence[Axis], out: Array
) -> bool:
    """Write the middle one of each window's elements, an odd number, by the compiled loops.

    `padded` is (slices, P, P', C), what lies under one slice of windows, of which `taps` are the
    elements' numbers along the `axes`; `out` is (height, W', C). False if they cannot.
    """
    loops, lines, flat = compiled(), rows_of(out), padded.reshape(-1)
    _, rows, cols = axes
    if not (loops and lines is not None and padded.dtype == out.dtype and cols.stride == 1):
        return False
    if out.dtype.char not in TYPES or not (padded.flags.aligned and out.flags.aligned):
        return False
    if out.dtype.kind == "f" and np.isnan(loops.peak(flat)):
        return False
    row = padded[0, 0].size
    steps = padded[0].size, row, padded.shape[3]
    apart = [axis.dilation * step for axis, step in zip(axes, steps, strict=True)]
    offsets = np.array(taps, np.int64) @ np.array(apart, np.int64)
    middle = len(offsets) // 2
    pairs = np.array([pair[:2] for pair in network(len(offsets), (middle,))], np.int64).ravel()
    loops.order(flat, offsets, pairs, middle, rows.stride * row, lines)
    return True


@lru_cache(maxsize=32)
def network(length: int, ranks: tuple[int, ...]) -> list[tuple[int, int, bool, bool]]:
    """The comparisons (low, high, whether low is used later, whether high is) that ranks need.

    K. E. Batcher, Sorting networks and their applications, 1968: odd-even merging, here in the
    form of D. E. Knuth, The Art of Computer Programming 3, algorithm 5.2.2M, for any length.
    """
    comparisons = []
    top = 1 << max((length - 1).bit_length() - 1, 0)
    p = top
    while p > 0:
        q, r, d = top, 0, p
        while d > 0:
            comparisons += [(i, i + d) for i in range(length - d) if i & p == r]
            d, q, r = q - p, q >> 1, p
        p >>= 1
    needed, kept = set(ranks), []
    for low, high in reversed(comparisons):
        if low in needed or high in needed:
            kept.append((low, high, low in needed, high in needed))
            needed |= {low, high}
    return kept[::-1]
