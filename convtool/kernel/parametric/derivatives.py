"""Kernels that find differences between pixels: edges, spots, stripes. All except `unsharp` and
number 9 of `freichen` sum to exactly 0: a flat area vanishes."""

import math
from functools import reduce
from typing import Literal

import numpy as np

from ...core.dtypes import EXACT_IN_FLOAT64, Array
from ...core.errors import ConvtoolError
from ...core.validation import Pair, Sizes, shape_words
from ..kernel import Kernel, middle
from .exact_sums import bell, binomials, outer, over, positions, summing_exactly_to, summing_to_one
from .smoothing import REACH, binomial, gaussian, gaussian_size

MARR = 1.6
"""The wider sigma over the narrower one for which a difference of Gaussians comes nearest to the
Laplacian of one: Marr and Hildreth, Theory of edge detection, 1980."""

ONE_OCTAVE = math.sqrt(math.log(2) / 2) * 3 / math.pi
"""Sigma over wavelength for which a Gabor filter passes one octave, 0.56: Petkov and Kruizinga,
Computational models of visual neurons specialised in the detection of gratings, 1997."""

FAINTEST = 0.01
"""The least gain of a Gabor filter, as a share of its Gaussian's; 0.5 is usual. Less is no wave."""


_QUARTERS = {
    0: [[-1, -1], [-1, 8]],
    1: [[0, -1], [-1, 4]],
    2: [[-2, 1], [1, 4]],
    3: [[1, -2], [-2, 4]],
    5: [[-4, -1, 0], [-1, 2, 3], [0, 3, 4]],
    7: [[-10, -5, -2, -1], [-5, 0, 3, 4], [-2, 3, 6, 7], [-1, 4, 7, 8]],
    15: [[0, 0, -1], [0, -1, -2], [-1, -2, 16]],
    19: [
        [0, -1, -1, -2, -2],
        [-1, -2, -4, -5, -5],
        [-1, -4, -5, -3, 0],
        [-2, -5, -3, 12, 24],
        [-2, -5, 0, 24, 40],
    ],
}
"""The upper left quarters of ImageMagick's Laplacians, up to the middle, by number."""


_ROOT = math.sqrt(2)

_FREI_CHEN: dict[int, tuple[list[list[float]], float, str]] = {
    0: ([[-1, 0, 1], [-_ROOT, 0, _ROOT], [-1, 0, 1]], 1, "slope from left to right"),
    1: ([[1, _ROOT, 1], [0, 0, 0], [-1, -_ROOT, -1]], 2 * _ROOT, "slope from bottom to top"),
    2: ([[1, 0, -1], [_ROOT, 0, -_ROOT], [1, 0, -1]], 2 * _ROOT, "slope from right to left"),
    3: ([[0, -1, _ROOT], [1, 0, -1], [-_ROOT, 1, 0]], 2 * _ROOT, "ripple"),
    4: ([[_ROOT, -1, 0], [-1, 0, 1], [0, 1, -_ROOT]], 2 * _ROOT, "ripple"),
    5: ([[0, 1, 0], [-1, 0, -1], [0, 1, 0]], 2, "upright lines"),
    6: ([[-1, 0, 1], [0, 0, 0], [1, 0, -1]], 2, "diagonal lines"),
    7: ([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], 6, "Laplacian"),
    8: ([[-2, 1, -2], [1, 4, 1], [-2, 1, -2]], 6, "Laplacian"),
    9: ([[1, 1, 1], [1, 1, 1], [1, 1, 1]], 3, "mean, times 3"),
}
"""The masks of Frei and Chen: weights, divisor, what they find."""


_WAYS = {
    "x": (-1, "left to right"),
    "y": (-2, "top to bottom"),
    "z": (-3, "the first slice to the last"),
}
"""For each axis which of a kernel's it is, and where a slope along it rises."""


def sobel(size: Sizes = (3, 3), axis: Literal["x", "y", "z"] = "x") -> Kernel:
    """A slope, smoothed: binomial weights across it, their difference along it.

    Parameters
    ----------
    size : (rows, columns), or (slices, rows, columns), odd; 3 or more along the axis. Across it a
        side of 1 does not smooth
    axis : x from left to right, y from top to bottom, z from the first slice to the last

    ``[1 4 6 4 1]`` times ``[-1 -2 0 2 1]``, which is ``[1 2 1]`` convolved with ``[-1 0 1]``; as
    ``cv2.getDerivKernels`` without normalisation, and in three dimensions as
    ``scipy.ndimage.sobel``. Unscaled: a slope of 1 gives 8 at 3x3, and 32 at 3x3x3.

    Raises ConvtoolError for a size that is too short along the axis, and for one whose weights
    reach 2**53: beyond 31x31, or 21x21x21.
    """
    along, words = _WAYS[axis]
    if len(size) < -along:
        raise ConvtoolError(f"axis is z and size is {shape_words(size)}, expected one as 3x3x3")
    if size[along] < 3:
        raise ConvtoolError(f"size is {shape_words(size)}, expected 3 or more along {axis}")
    lines = [binomials(n) for n in size]
    inner = [0, 0, *binomials(size[along] - 2), 0, 0]
    lines[along] = [before - after for before, after in zip(inner, inner[2:], strict=False)]
    weights = outer(*lines)
    if weights.max() > EXACT_IN_FLOAT64:
        raise _not_whole(size)
    return Kernel(
        weights.astype(np.int64), description=f"Slope from {words}, smoothed over {_extent(size)}"
    )


def _extent(size: Sizes) -> str:
    """A window's size in words: ``3 pixels`` for 3x3."""
    return f"{size[0] if len(set(size)) == 1 else shape_words(size)} pixels"


def _not_whole(size: Sizes) -> ConvtoolError:
    """The error for a size whose weights, or divisor, leave the whole numbers of floats."""
    return ConvtoolError(
        f"size is {shape_words(size)}, expected a smaller one, with whole weights below 2**53"
    )


_NEIGHBOURS = {
    6: ([-6, 1, 0, 0], 1),
    18: ([-24, 2, 1, 0], 6),
    26: ([-128, 14, 3, 1], 30),
}
"""3x3x3 Laplacians by their neighbours: the middle's weight, those of neighbours that share a face,
an edge and a corner with it, and the divisor."""


def laplacian(
    size: Sizes | None = None, number: int | None = None, neighbours: int | None = None
) -> Kernel:
    """The second derivative, smoothed: ``0 1 0; 1 -4 1; 0 1 0`` of a binomial blur.

    Parameters
    ----------
    size : (rows, columns), or (slices, rows, columns), odd; by default 3x3. There is no derivative
        along a side of 1
    number : 0, 1, 2, 3, 5, 7, 15 or 19, in place of a size: ImageMagick's Laplacian of that number
    neighbours : 6, 18 or 26, in place of a size: 3x3x3, with so many neighbours of the middle

    In three dimensions ``1 -2 1`` along each axis adds up to a middle of -6 and its 6 neighbours;
    in one, ``1x3``, it is ``1 -2 1`` itself. The blur's sides are shorter by 2. The scale is that
    of the derivative at every size: x^2 + y^2 gives 4, x^2 + y^2 + z^2 gives 6. (``cv2.Laplacian``
    adds up second Sobel derivatives: a diagonal cross instead of an upright one, and no divisor.)

    18 and 26 neighbours have the same scale, and answer nearly alike to long waves of every
    direction: their error is the Laplacian of the Laplacian over 12. Source: M. Patra, M.
    Karttunen, Stencils with isotropic discretization error for differential operators, Numerical
    Methods for Partial Differential Equations, 2006.

    The numbered ones have whole weights without a divisor, and as in ImageMagick a middle that is
    positive. 0 and 1 take a pixel's 8 or 4 neighbours from it. 5 and 7 are the mean of x^2 + y^2
    over the window minus x^2 + y^2, and so is 2, three times. 3 is ``1 -2 1`` times ``1 -2 1``.
    15 and 19 are Laplacians of a Gaussian, rounded: 5x5, and 9x9 of sigma 1.4.

    Raises ConvtoolError if two of the three are given, for a size of 1 throughout, and for one
    whose weights or divisor reach 2**53: beyond 27x27, or 19x19x19.
    """
    given = {"size": size and shape_words(size), "number": number, "neighbours": neighbours}
    told = [f"{name} is {value}" for name, value in given.items() if value is not None]
    if len(told) > 1:
        raise ConvtoolError(f"{' and '.join(told)}, expected one of them")
    if number is not None:
        quarter = _QUARTERS[number]
        return Kernel(
            np.pad(quarter, (0, len(quarter) - 1), mode="reflect"),
            description=f"Second derivative, Laplacian {number} of ImageMagick",
        )
    if neighbours is not None:
        by_distance, divisor = _NEIGHBOURS[neighbours]
        steps = reduce(np.add, map(np.abs, positions((3, 3, 3))))
        return Kernel(
            np.array(by_distance)[steps.astype(np.int64)],
            divisor,
            description=f"Second derivative, from {neighbours} neighbours",
        )
    size = size or (3, 3)
    sides = [axis for axis, n in enumerate(size) if n > 1]
    if not sides:
        raise ConvtoolError(f"size is {shape_words(size)}, expected 3 or more along one side")
    smooth = [[0, *binomials(n - 2), 0] if n > 1 else [1] for n in size]
    terms = (outer(*smooth[:axis], _second(smooth[axis]), *smooth[axis + 1 :]) for axis in sides)
    weights, scale = over(reduce(np.add, terms), math.prod(map(sum, smooth)))
    if weights.dtype.kind == "f":
        raise _not_whole(size)
    return Kernel(weights, scale, description=f"Second derivative, smoothed over {_extent(size)}")


def _second(line: list[int]) -> list[int]:
    """The second differences of a line with zeros around it."""
    padded = [0, *line, 0]
    return [padded[i] - 2 * padded[i + 1] + padded[i + 2] for i in range(len(line))]


def freichen(number: int = 0) -> Kernel:
    """A mask of Frei and Chen: the slope from left to right, or one of nine that are a basis.

    `number` is 0 for the slope, which has ``1 sqrt(2) 1`` where Sobel's has ``1 2 1``, or from 1 to
    9. These are orthonormal: what the nine find in a window has squares that add up to those of
    its pixels. 1 and 2 are the slope from bottom to top and from right to left, 3 and 4 ripples,
    5 and 6 lines, 7 and 8 Laplacians, 9 the mean, times 3. The share of the first four in the sum
    of squares tells an edge, the share of the next four a line.

    Source: Frei and Chen, Fast boundary detection: a generalization and a new algorithm, IEEE
    Transactions on Computers, 1977. (ImageMagick's FreiChen:11 to 19 are 2, 1, 4, 3 and 5 to 9,
    some with the other sign, the first four twice as large. 12 and 17 differ, and are not
    orthogonal to the others.)
    """
    weights, divisor, words = _FREI_CHEN[number]
    found = np.array(weights)
    if found.dtype.kind == "f":
        found, divisor = summing_exactly_to(0, found / divisor), 1
    return Kernel(found, divisor, description=f"Frei-Chen {number}: {words}")


def log(size: Sizes | None = None, sigma: float | None = None) -> Kernel:
    """The Laplacian of a Gaussian: spots of radius ``sqrt(2) sigma``, dark ones positive.

    Parameters
    ----------
    size : (rows, columns), or (slices, rows, columns), odd; by default 4 sigma to each side of rows
        and columns. There is no derivative along a side of 1
    sigma : pixels, above 0; by default (shortest side above 1 - 1) / 8, or 1

    ``(x^2 + y^2 - 2 sigma^2) / sigma^4`` times the Gaussian that sums to 1, as in
    ``scipy.ndimage.gaussian_laplace``; in three dimensions ``(x^2 + y^2 + z^2 - 3 sigma^2) /
    sigma^4``, for spots of radius ``sqrt(3) sigma``. A multiple of that Gaussian is subtracted so
    that the weights sum to 0. (MATLAB's ``fspecial('log')`` subtracts their mean, which leaves a
    step at the window's edge.)
    """
    sigma = sigma or (_sigma_in(size) if size else 1.0)
    size = size or gaussian_size(sigma)
    offsets = positions(size)
    gaussians = [bell(axis, sigma) for axis in offsets]
    blur = reduce(np.multiply, gaussians)
    terms = []
    for axis, own in enumerate(gaussians):
        curve = (np.square(offsets[axis] / sigma) - 1) / sigma**2 * own
        terms.append(reduce(np.multiply, [*gaussians[:axis], curve, *gaussians[axis + 1 :]]))
    weights = reduce(np.add, terms)
    weights -= weights.sum() * blur
    return Kernel(
        _not_all_zero(summing_exactly_to(0, weights), f"a sigma of {sigma:.4g}"),
        description=f"Laplacian of a Gaussian, sigma {sigma:.4g}",
    )


def dog(
    size: Sizes | None = None, sigma: float | None = None, sigma2: float | None = None
) -> Kernel:
    """A difference of Gaussians: a narrow blur minus a wider one. Light spots are positive.

    Parameters
    ----------
    size : (rows, columns), or (slices, rows, columns), odd; by default 4 of the wider sigma to each
        side of rows and columns
    sigma : of the narrow Gaussian, pixels above 0; by default sigma2 / 1.6, else
        (shortest side above 1 - 1) / 8 / 1.6, else 1
    sigma2 : of the wide Gaussian; by default 1.6 sigma, which comes nearest to `log` (Marr and
        Hildreth 1980)
    """
    if sigma is None:
        sigma = sigma2 / MARR if sigma2 else _sigma_in(size) / MARR if size else 1.0
    sigma2 = sigma2 or sigma * MARR
    size = size or gaussian_size(max(sigma, sigma2))
    if sigma == sigma2:
        raise ConvtoolError(f"sigma and sigma2 are both {sigma:g}, expected two different ones")
    offsets = positions(size)
    narrow, wide = (
        reduce(np.multiply, (bell(axis, one) for axis in offsets)) for one in (sigma, sigma2)
    )
    return Kernel(
        _not_all_zero(
            summing_exactly_to(0, narrow - wide), f"sigmas of {sigma:.4g} and {sigma2:.4g}"
        ),
        description=f"Difference of Gaussians, sigma {sigma:.4g} and {sigma2:.4g}",
    )


def _not_all_zero(weights: Array, sigmas: str) -> Array:
    """The weights; ConvtoolError if all of them are 0."""
    if not weights.any():
        raise ConvtoolError(
            f"with a size of {shape_words(weights.shape)} and {sigmas} all weights are 0, "
            "expected a larger size and sigma"
        )
    return weights


def _sigma_in(size: Sizes) -> float:
    """The sigma of a Gaussian that a window of this size holds; a side of 1 holds any."""
    return (min((side for side in size if side > 1), default=2) - 1) / (2 * REACH)


def gabor(
    size: Pair = (21, 21),
    wavelength: float | None = None,
    angle: float = 0,
    sigma: float | None = None,
    aspect: float = 1,
    phase: float = 0,
) -> Kernel:
    """A wave under a Gaussian: answers to stripes of one width and direction.

    Parameters
    ----------
    size : (rows, columns)
    wavelength : pixels from stripe to stripe, from 2; by default a third of the shorter side
    angle : degrees, counter-clockwise, in which the wave runs: 0 finds vertical stripes
    sigma : of the Gaussian along the wave, pixels; by default 0.56 wavelengths, so that one octave
        passes (Petkov and Kruizinga 1997)
    aspect : sigma over the Gaussian's sigma along the stripes
    phase : degrees; 0 finds light stripes, 90 edges

    ``exp(-(u^2 + aspect^2 v^2) / (2 sigma^2)) (cos(2 pi u / wavelength + phase) - c)``, with u
    along the wave and v along the stripes. Unlike in ``cv2.getGaborKernel``, c makes the sum 0, and
    a scale makes the gain for the stripes themselves 1.
    """
    wavelength = max(min(size) / 3, 2) if wavelength is None else wavelength
    sigma = ONE_OCTAVE * wavelength if sigma is None else sigma
    down, right = positions(size)
    turn, lag = math.radians(angle), math.radians(phase)
    u = right * math.cos(turn) - down * math.sin(turn)
    v = right * math.sin(turn) + down * math.cos(turn)
    envelope = np.exp(-0.5 * (np.square(u / sigma) + np.square(aspect * v / sigma)))
    wave = np.cos(2 * math.pi / wavelength * u + lag)
    total = envelope.sum()
    weights = envelope * (wave - (envelope * wave).sum() / total) if total else envelope
    gain = abs(np.sum(weights * np.exp(-2j * math.pi / wavelength * u)))
    if gain <= FAINTEST * total:
        raise ConvtoolError(
            f"a window of {size[0]}x{size[1]} with a sigma of {sigma:g} holds too little of a wave "
            f"of {wavelength:g} pixels, expected a larger one or a shorter wave"
        )
    return Kernel(
        summing_exactly_to(0, weights / gain),
        description=f"Gabor: stripes of {wavelength:.4g} pixels at {angle:.4g} degrees",
    )


def unsharp(size: Sizes = (5, 5), amount: float = 1, sigma: float | None = None) -> Kernel:
    """Unsharp mask: the image plus `amount` times what a blur removes. The weights sum to 1.

    Parameters
    ----------
    size : (rows, columns), or (slices, rows, columns), odd
    amount : 0 leaves the image as it is
    sigma : of a Gaussian blur, pixels above 0; by default the blur is `binomial`, and weights are
        whole
    """
    blur = binomial(size) if sigma is None else gaussian(size, sigma)
    words = f"Unsharp mask: {amount:.4g} times what a {shape_words(size)} blur takes away is added"
    place = middle(size)
    if blur.weights.dtype.kind == "i":
        from fractions import Fraction  # only needed here

        share = Fraction(str(amount))
        whole = blur.weights.astype(object) * -share.numerator
        divisor = int(blur.divisor) * share.denominator
        whole[place] += divisor + int(blur.divisor) * share.numerator
        return Kernel(*over(whole, divisor), description=words)
    weights = -amount * blur.weights
    weights[place] += 1 + amount
    return Kernel(summing_to_one(weights), description=words)
