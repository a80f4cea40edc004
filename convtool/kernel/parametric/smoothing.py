"""Kernels that blur. All sum to 1, to within a rounding: a flat area stays as it is."""

import math
from functools import reduce

import numpy as np

from ...core.dtypes import FLOAT64, Array
from ...core.errors import ConvtoolError
from ...core.validation import Pair, Sizes, shape_words
from ..kernel import Kernel
from .exact_sums import (
    bell,
    binomials,
    check_weight_count,
    check_window,
    positions,
    summing_exactly_to,
    summing_to_one,
)

REACH = 4
"""Sigmas from the middle to the edge of a Gaussian whose size is not given, as in SciPy."""

WHOLE_BINOMIAL = 53
"""Binary digits of the divisor up to which float64 holds all weights exactly."""

LARGEST_BINOMIAL = 1000
"""The longest side. The coefficients have as many binary digits."""


def gaussian(
    size: Sizes | None = None,
    sigma: float | None = None,
    sigma2: float | None = None,
    angle: float = 0,
) -> Kernel:
    """A Gaussian blur: ``exp(-(u^2 / sigma^2 + v^2 / sigma2^2) / 2)``, divided by its sum.

    Parameters
    ----------
    size : (rows, columns), or (slices, rows, columns); by default 4 sigma to each side of rows and
        columns, ``2 int(4 sigma + 0.5) + 1``, as in ``scipy.ndimage.gaussian_filter``, or 5x5 if
        sigma is not given either. For the columns
        sigma is ``sqrt((sigma cos(angle))^2 + (sigma2 sin(angle))^2)``, and so on for the rows
    sigma : along u, pixels, above 0; by default ``0.3 ((n - 1) / 2 - 1) + 0.8`` for each side n,
        as in ``cv2.getGaussianKernel``
    sigma2 : along v, at a right angle to u; by default sigma
    angle : of u, degrees, counter-clockwise from the right

    The weights are multiples of 2**-53, so that they add up to 1 in any order. At multiples of 90
    degrees they are a column times a row.

    Raises ConvtoolError for a sigma2 or an angle without a sigma.

    (OpenCV has rounded tables for sizes up to 9, which differ from its own rule. In even sizes it
    gives the two weights in the middle the value of x = 0.)
    """
    if sigma is None:
        if sigma2 is not None or angle:
            raise ConvtoolError("sigma2 or angle is given without sigma, expected sigma too")
        size = size or (5, 5)
        spread = [0.3 * ((n - 1) / 2 - 1) + 0.8 for n in size]
        words = " and ".join(f"{value:.4g}" for value in dict.fromkeys(spread))
    else:
        sigma2 = sigma if sigma2 is None else sigma2
        spread = _spread(sigma, sigma2, angle)
        size = size or gaussian_size(*spread)
        words = f"{sigma:.4g}"
        if sigma2 != sigma:
            words += f" at {angle:.4g} degrees, {sigma2:.4g} across"
    if len(size) == 3 and sigma is not None:
        if sigma2 != sigma or angle:
            raise ConvtoolError(
                "over slices there is one sigma for all axes, no sigma2 and no angle; two kernels "
                "one after another, as gaussian:5x1x1,0.7 and gaussian:7,1.5, have one each"
            )
        spread = [sigma] * 3
    offsets = positions(size)
    if sigma and sigma2 and sigma != sigma2 and angle % 90:
        down, right = offsets
        weights = _turned_bell(down, right, sigma, sigma2, angle)
        heaviest = weights == weights.max()
    else:
        weights, heaviest = reduce(np.multiply, map(bell, offsets, spread)), None
    return Kernel(
        summing_exactly_to(1, weights, heaviest), description=f"Gaussian blur, sigma {words}"
    )


def _turned_bell(down: Array, right: Array, sigma: float, sigma2: float, angle: float) -> Array:
    """A Gaussian with one sigma along an angle and one across, divided by its sum."""
    turn = math.radians(angle)
    u = right * math.cos(turn) - down * math.sin(turn)
    v = right * math.sin(turn) + down * math.cos(turn)
    power = 0.5 * (np.square(u / sigma) + np.square(v / sigma2))
    weights: Array = np.exp(power.min() - power)  # the largest is 1: they are not all 0
    weights /= weights.sum()
    return weights


def _spread(sigma: float, sigma2: float, angle: float) -> list[float]:
    """The sigmas down and to the right of a Gaussian that is turned by an angle."""
    if sigma == sigma2 or angle % 180 == 0:
        return [sigma2, sigma]
    if angle % 90 == 0:
        return [sigma, sigma2]
    right, up = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    return [math.hypot(sigma * up, sigma2 * right), math.hypot(sigma * right, sigma2 * up)]


def gaussian_size(down: float, right: float | None = None) -> Pair:
    """The size that holds a Gaussian of these sigmas, down and to the right."""
    sigmas = (down, down if right is None else right)
    rows, cols = (2 * int(REACH * sigma + 0.5) + 1 for sigma in sigmas)
    return check_window(rows, cols)


def box(size: Sizes) -> Kernel:
    """The mean of rows x columns pixels, or of so many slices of them: ones, over their count."""
    check_weight_count(size)
    words = f"Mean of {shape_words(size)} pixels"
    return Kernel(np.ones(size, np.int64), math.prod(size), description=words)


def triangle(size: Pair) -> Kernel:
    """Weights that fall evenly from the middle: a box blur twice, ``1 2 3 2 1`` for a side of 5.

    A side of n is a box of ceil(n / 2) convolved with one of floor(n / 2) + 1: Bartlett's window.
    """
    rows, cols = check_window(*size)
    column, row = ([min(i + 1, n - i) for i in range(n)] for n in size)
    return Kernel(
        np.outer(column, row),
        sum(column) * sum(row),
        description=f"Triangle blur: two box blurs, over {rows}x{cols} pixels",
    )


def binomial(size: Sizes) -> Kernel:
    """Binomial coefficients, the whole numbers that come nearest to a Gaussian.

    A side of n, of (rows, columns) or (slices, rows, columns), has ``C(n - 1, i) / 2^(n - 1)``,
    which is the Gaussian of sigma sqrt(n - 1) / 2. Whole where the divisor stays below 2**53.
    """
    check_weight_count(size)
    if max(size) > LARGEST_BINOMIAL:
        raise ConvtoolError(f"size is {shape_words(size)}, expected {LARGEST_BINOMIAL} at most")
    sigma = " and ".join(f"{math.sqrt(n - 1) / 2:.3g}" for n in dict.fromkeys(size))
    words = f"Gaussian blur, binomial weights, sigma {sigma}"
    digits = sum(size) - len(size)
    if digits < WHOLE_BINOMIAL:
        weights = reduce(np.multiply.outer, (np.array(binomials(n)) for n in size))
        return Kernel(weights, 2**digits, description=words)
    lines = (np.array([value / 2 ** (n - 1) for value in binomials(n)]) for n in size)
    return Kernel(summing_to_one(reduce(np.multiply.outer, lines)), description=words)


def disk(size: Pair | None = None, radius: float | None = None) -> Kernel:
    """A lens out of focus: each weight is the part of its pixel inside a circle.

    Parameters
    ----------
    size : (rows, columns); by default the smallest odd one that the circle fits in, or 5x5
        where the radius is not given either
    radius : pixels, above 0; by default half the shorter side

    The parts are exact areas, by the integral of ``sqrt(r^2 - x^2)``; MATLAB's
    ``fspecial('disk')`` has the same idea.
    """
    if size is None:
        side = 5 if radius is None else 2 * math.ceil(radius - 0.5) + 1
        size = check_window(side, side)
    radius = min(size) / 2 if radius is None else radius
    down, right = positions(size)
    # Lengths in radii, whose squares are neither too large nor too small.
    sides = [(axis + half) / radius for axis in (down, right) for half in (-0.5, 0.5)]
    top, bottom, start, end = sides
    areas = _area(bottom, end) - _area(top, end) - _area(bottom, start) + _area(top, start)
    inside = np.hypot(np.abs(down) + 0.5, np.abs(right) + 0.5) <= radius
    nearest = [np.maximum(np.abs(axis) - 0.5, 0) for axis in (down, right)]
    outside = np.hypot(*nearest) >= radius
    areas = np.where(inside, 1 / radius**2, np.where(outside, 0, np.maximum(areas, 0)))
    for axis in (0, 1):  # rounding differs between the two sides
        areas = (areas + np.flip(areas, axis)) / 2
    # The rest goes to the edge, so that all weights inside stay equal.
    edge = ~inside & (areas > 0.5 / radius**2)
    weights = summing_to_one(areas / areas.sum(), edge if edge.any() else None)
    return Kernel(weights, description=f"A lens out of focus, radius {radius:.4g}")


def _area(down: Array, right: Array) -> Array:
    """The area of the unit circle between its middle and this corner, negative on one side."""
    y, x = np.minimum(np.abs(down), 1), np.minimum(np.abs(right), 1)
    flat = np.minimum(np.sqrt(1 - y * y), x)  # up to here the rectangle is inside
    area: Array = flat * y + _under_arc(x) - _under_arc(flat)
    return area * np.sign(down) * np.sign(right)


def _under_arc(x: Array) -> Array:
    """The integral of sqrt(1 - t^2) from 0 to x."""
    area: Array = (x * np.sqrt(1 - x * x) + np.arcsin(x)) / 2
    return area


def motion(length: int, angle: float = 0) -> Kernel:
    """A camera that moved along a line: `length` pixels of it, all of the same weight.

    Parameters
    ----------
    length : columns that the line crosses, or rows if it is steeper than 45 degrees
    angle : degrees from the row to the right, counter-clockwise: at 45 it rises to the right

    Between two pixels the line is shared in proportion to their nearness (Bresenham's line,
    smoothed as by Xiaolin Wu). At multiples of 45 degrees weights are whole.
    """
    angle = angle % 180
    steep = 45 < angle < 135
    slope = _slope(angle)
    along = np.arange(length, dtype=FLOAT64) - (length - 1) / 2
    reach = abs(slope) * (length - 1) / 2
    # An odd length has its middle on a pixel, so the other side needs an odd length too.
    reach -= 1e-9  # a rounding error must not add a row
    side = 2 * math.ceil(reach) + 1 if length % 2 else math.ceil(2 * reach) + 1
    check_window(side, length)
    weights = _drawn(np.ones(length), along * slope + (side - 1) / 2, side)
    weights = weights.T if steep else weights
    pixels = "pixel" if length == 1 else "pixels"
    words = f"Motion blur over {length} {pixels} at {angle:.4g} degrees"
    if angle % 45 == 0:
        return Kernel(weights.astype(np.int64), length, description=words)
    return Kernel(summing_to_one(weights / length), description=words)


def comet(length: int | None = None, angle: float = 0, sigma: float | None = None) -> Kernel:
    """A bright point's trail: half of a Gaussian, along a line that leaves the point at an angle.

    Parameters
    ----------
    length : columns that the trail crosses, with the point's own, or rows if it is steeper than 45
        degrees; by default 4 sigma, ``int(4 sigma + 0.5) + 1`` at 0 degrees, or 9
    angle : degrees in which the trail leaves, counter-clockwise from the right
    sigma : pixels along the line, above 0; by default a quarter of the trail

    A pixel at a distance d along the line has ``exp(-d^2 / (2 sigma^2))``, divided by the sum; it
    is shared as in `motion`. The anchor is the point. The weights are multiples of 2**-53.

    (ImageMagick's Comet takes the mean of three points of the curve from d on, has its angles
    clockwise and only at multiples of 90 degrees.)
    """
    angle = angle % 360
    steep = 45 < angle % 180 < 135
    slope = abs(_slope(angle % 180))
    step = math.hypot(1, slope)  # from one column, or row, to the next
    if length is None:
        length = 9 if sigma is None else int(REACH * sigma / step + 0.5) + 1
    sigma = max(length - 1, 1) * step / REACH if sigma is None else sigma
    # A rounding error must not add a row.
    side, length = check_window(math.ceil(slope * (length - 1) - 1e-9) + 1, length)
    steps = np.arange(length)
    curve = np.exp(-0.5 * np.square(steps * step / sigma))
    weights = _drawn(curve / curve.sum(), steps * slope, side)
    head = np.zeros(weights.shape, bool)
    head[0, 0] = True
    weights = summing_exactly_to(1, weights, head)
    if steep:
        weights = weights.T
    rows, cols = weights.shape
    # The weights lie opposite to the trail: each pixel takes what the points there leave in it.
    falls, to_right = angle > 180, not 90 <= angle <= 270
    return Kernel(
        weights[:: -1 if falls else 1, :: -1 if to_right else 1],
        anchor=((rows - 1) * falls, (cols - 1) * to_right),
        description=f"Comet's trail at {angle:.4g} degrees, sigma {sigma:.4g}",
    )


def _drawn(values: Array, places: Array, rows: int) -> Array:
    """A grid with each value in its column, shared between the two rows nearest to its place."""
    first = np.floor(places).astype(np.int64)
    part = places - first
    grid = np.zeros((rows + 1, len(values)))
    columns = np.arange(len(values))
    grid[first, columns] = values * (1 - part)
    grid[first + 1, columns] += values * part
    return grid[:rows]


def _slope(angle: float) -> float:
    """How far the line goes down for each step along its longer side; exact at 45 degrees."""
    if angle % 90 == 0:
        return 0
    if angle % 45 == 0:
        return -1 if angle == 45 else 1
    radians = math.radians(angle)
    steep = 45 < angle < 135
    return -1 / math.tan(radians) if steep else -math.tan(radians)
