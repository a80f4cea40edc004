"""Kernels turned clockwise: any shape by 90 degrees, odd squares by 45 degrees, ring by ring."""

from dataclasses import replace

import numpy as np

from ..core.dtypes import Array
from ..core.errors import ConvtoolError, at
from ..core.validation import Pair, Sizes, shape_words
from .kernel import Kernel

EIGHTH = 45
"""Degrees."""


def rotated(kernel: Kernel, degrees: int) -> Kernel:
    """A kernel turned clockwise by a multiple of 90 degrees, or of 45 if it is an odd square.

    Its anchor turns with it, and its description names the kernel and the angle. A multiple of 360
    degrees gives the kernel itself. By 45 degrees each ring around the middle moves on by an
    eighth of its length, as the compass masks of Kirsch and Robinson do.

    Raises ConvtoolError for any other angle, for 45 where it has no such rings, and for a kernel
    with depth.

    >>> rotated(Kernel([[1, 2, 1], [0, 0, 0], [-1, -2, -1]]), 45).weights.tolist()
    [[0, 1, 2], [-1, 0, 1], [-2, -1, 0]]
    """
    _check_flat(kernel)
    name, angle = kernel.name or "kernel", degrees % 360
    if not angle:
        return kernel
    turns, rest = divmod(degrees, EIGHTH)
    with at(f"kernel {kernel.name}" if kernel.name else "kernel"):
        if rest:
            raise ConvtoolError(f"cannot be turned by {degrees} degrees, expected a multiple of 45")
        if turns % 2 and not is_odd_square(kernel.shape):
            size = "{}x{}".format(*kernel.shape)
            raise ConvtoolError(f"is {size} and turns by multiples of 90, not by {degrees} degrees")
    mark = np.zeros(kernel.shape, np.int64)
    mark[kernel.place] = 1
    weights, mark = turned(np.stack([kernel.weights, mark]), turns)
    return replace(
        _anchored(kernel, weights, mark),
        name=f"{name}_{angle}",
        description=f"{name} turned clockwise by {angle} degrees",
    )


def compass(kernel: Kernel) -> list[Kernel]:
    """The kernel and its 7 turns, clockwise: NAME_0, NAME_45, ... NAME_315.

    Raises ConvtoolError for a kernel that is no odd square, or has depth.
    """
    _check_flat(kernel)
    name = kernel.name or "kernel"
    if not is_odd_square(kernel.shape):
        size = "{}x{}".format(*kernel.shape)
        raise ConvtoolError(
            f"kernel {name}: is {size} and turns by multiples of 90, expected an odd square as 3x3"
        )
    turns = [rotated(kernel, EIGHTH * i) for i in range(1, 8)]
    return [replace(kernel, name=f"{name}_0"), *turns]


def _check_flat(kernel: Kernel) -> None:
    """Raise ConvtoolError for a kernel with depth: an angle does not say around which axis."""
    if kernel.weights.ndim == 3:
        raise ConvtoolError(
            f"kernel {kernel.name or 'of weights'} is {shape_words(kernel.shape)}, expected one "
            "without depth to turn"
        )


def is_odd_square(shape: Sizes) -> bool:
    """Whether it has rings around a middle, so that it can turn by 45 degrees."""
    return shape[0] == shape[1] and shape[0] % 2 == 1


def turned(grids: Array, eighths: int) -> Array:
    """Grids (..., rows, columns) turned clockwise by so many times 45 degrees.

    Only odd squares turn by an odd number of eighths.
    """
    if eighths % 2:
        grids = _rings_turned(grids)
    return np.rot90(grids, -(eighths % 8 // 2), (-2, -1))


def _rings_turned(grids: Array) -> Array:
    """Odd squares turned by 45 degrees: ring r, of 8 r elements, by r of them."""
    moved = grids.copy()
    size = grids.shape[-1]
    for inset in range(size // 2):
        ring = (..., *_ring(size, inset))
        values = grids[ring]
        moved[ring] = np.roll(values, values.shape[-1] // 8, -1)
    return moved


def _ring(size: int, inset: int) -> tuple[Array, Array]:
    """The (rows, columns) of a ring, clockwise from its upper left."""
    first, last = inset, size - 1 - inset
    along = np.arange(first, last)
    ends, starts = np.full_like(along, last), np.full_like(along, first)
    back = along[::-1] + 1
    return (
        np.concatenate([starts, along, ends, back]),
        np.concatenate([along, ends, back, starts]),
    )


def _anchored(kernel: Kernel, weights: Array, mark: Array) -> Kernel:
    """The kernel with these weights and the anchor at the mark; None stays None in the middle."""
    place = place_of(mark)
    other = replace(kernel, weights=weights, anchor=None)
    if kernel.anchor is None and other.place == place:
        return other
    return replace(other, anchor=place)


def place_of(mark: Array) -> Pair:
    """The one element (row, col) that is not 0."""
    (row,), (col,) = np.nonzero(mark)
    return int(row), int(col)
