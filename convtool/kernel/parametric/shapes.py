"""Means over a shape of pixels: ones inside, zeros outside, divided by the number of ones.

The shapes are ImageMagick's kernels of these names, `circle` being its Disk. There the ones are not
divided.
"""

import numpy as np

from ...core.dtypes import Array
from ...core.errors import ConvtoolError
from ..kernel import Kernel
from .exact_sums import positions


def circle(radius: float = 2.5) -> Kernel:
    """The mean of the pixels whose middles lie in a circle: a disk with a hard edge.

    `radius` is in pixels, above 0; a pixel at that distance belongs to it. The size is
    ``2 floor(radius) + 1``. (`disk` has the part of each pixel that is inside.)
    """
    down, right = _around(int(radius))
    return _mean_over(down**2 + right**2 <= radius**2, f"a disk, radius {radius:.4g}")


def ring(inner: float | None = None, outer: float | None = None) -> Kernel:
    """The mean of the pixels between two circles: those of the outer one, without the inner one's.

    Parameters
    ----------
    inner : radius in pixels, from 0; by default outer - 1, or 2.5
    outer : radius in pixels, above inner; by default inner + 1

    Raises ConvtoolError if outer is not larger than inner, and if no pixel lies between them.
    (ImageMagick swaps the two where they are the other way round.)
    """
    inner = (2.5 if outer is None else max(outer - 1, 0)) if inner is None else inner
    outer = inner + 1 if outer is None else outer
    if inner >= outer:
        raise ConvtoolError(f"inner is {inner:g} and outer is {outer:g}, expected a larger outer")
    down, right = _around(int(outer))
    distance = down**2 + right**2
    inside = (inner**2 < distance) & (distance <= outer**2)
    if not inside.any():
        raise ConvtoolError(
            f"no pixel lies between the radii {inner:g} and {outer:g}, expected a wider ring"
        )
    return _mean_over(inside, f"a ring, radius {inner:.4g} to {outer:.4g}")


def diamond(radius: int = 1) -> Kernel:
    """The mean of the pixels with ``|x| + |y| <= radius``: a square on its corner."""
    down, right = _around(radius)
    return _mean_over(abs(down) + abs(right) <= radius, f"a diamond, radius {radius}")


def octagon(radius: int = 2) -> Kernel:
    """The mean of a square of this radius without its corners: ``|x| + |y| <= floor(1.5 radius)``.

    At a radius of 1 it is the diamond.
    """
    down, right = _around(radius)
    inside = abs(down) + abs(right) <= radius + radius // 2
    return _mean_over(inside, f"an octagon, radius {radius}")


def plus(radius: int = 2) -> Kernel:
    """The mean of a row and a column that cross: arms of `radius` pixels and the middle."""
    down, right = _around(radius)
    return _mean_over((down == 0) | (right == 0), f"a plus, radius {radius}")


def cross(radius: int = 2) -> Kernel:
    """The mean of two diagonals that cross: arms of `radius` pixels and the middle."""
    down, right = _around(radius)
    return _mean_over(abs(down) == abs(right), f"a diagonal cross, radius {radius}")


def _around(radius: int) -> tuple[Array, Array]:
    """Offsets from the middle of a square: down, as a column, and to the right, as a row."""
    down, right = positions((2 * radius + 1, 2 * radius + 1))
    return down, right


def _mean_over(inside: Array, shape: str) -> Kernel:
    count = int(np.count_nonzero(inside))
    noun = "pixel" if count == 1 else "pixels"
    words = f"Mean of {count} {noun}: {shape}"
    return Kernel(inside.astype(np.int64), count, description=words)
