"""Kernels that find differences between pixels: edges, spots, stripes. All except `unsharp` and
number 9 of `freichen` sum to exactly 0: a flat area vanishes."""

import math

import numpy as np

from ...core.dtypes import Array
from ...core.errors import ConvtoolError
from ...core.validation import Pair
from ..kernel import Kernel
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


def sobel(size: int = 3, axis: str = "x") -> Kernel:
    """A slope, smoothed: binomial weights across it, their difference along it.

    Parameters
    ----------
    size : an odd number from 3 to 31, so that all weights are below 2**53
    axis : x from left to right, y from top to bottom

    ``[1 4 6 4 1]`` times ``[-1 -2 0 2 1]``, which is ``[1 2 1]`` convolved with ``[-1 0 1]``; as
    ``cv2.getDerivKernels`` without normalisation. Unscaled: a slope of 1 gives 8 at size 3.
    """
    smooth = binomials(size)
    inner = [0, 0, *binomials(size - 2), 0, 0]
    slope = [before - after for before, after in zip(inner, inner[2:], strict=False)]
    way, words = (
        ((smooth, slope), "left to right") if axis == "x" else ((slope, smooth), "top to bottom")
    )
    return Kernel(
        outer(*way).astype(np.int64), description=f"Slope from {words}, smoothed over {size} pixels"
    )


def laplacian(size: int | None = None, number: int | None = None) -> Kernel:
    """The second derivative, smoothed: ``0 1 0; 1 -4 1; 0 1 0`` of a binomial blur.

    Parameters
    ----------
    size : an odd number from 3 to 27, so that weights and divisor are below 2**53; by default 3
    number : 0, 1, 2, 3, 5, 7, 15 or 19, in place of a size: ImageMagick's Laplacian of that number

    The blur has size - 2. The scale is that of the derivative at every size: x^2 + y^2 gives 4.
    (``cv2.Laplacian`` adds up second Sobel derivatives: a diagonal cross instead of an upright
    one, and no divisor.)

    The numbered ones have whole weights without a divisor, and as in ImageMagick a middle that is
    positive. 0 and 1 take a pixel's 8 or 4 neighbours from it. 5 and 7 are the mean of x^2 + y^2
    over the window minus x^2 + y^2, and so is 2, three times. 3 is ``1 -2 1`` times ``1 -2 1``.
    15 and 19 are Laplacians of a Gaussian, rounded: 5x5, and 9x9 of sigma 1.4.

    Raises ConvtoolError if both are given.
    """
    if number is not None:
        if size is not None:
            raise ConvtoolError(f"size is {size} and number is {number}, expected one of the two")
        quarter = _QUARTERS[number]
        return Kernel(
            np.pad(quarter, (0, len(quarter) - 1), mode="reflect"),
            description=f"Second derivative, Laplacian {number} of ImageMagick",
        )
    size = size or 3
    blur = binomials(size - 2)
    smooth = [0, *blur, 0]
    padded = [0, *smooth, 0]
    second = [padded[i] - 2 * padded[i + 1] + padded[i + 2] for i in range(size)]
    return Kernel(
        *over(outer(second, smooth) + outer(smooth, second), 4 ** (size - 3)),
        description=f"Second derivative, smoothed over {size} pixels",
    )


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


def log(size: Pair | None = None, sigma: float | None = None) -> Kernel:
    """The Laplacian of a Gaussian: spots of radius ``sqrt(2) sigma``, dark ones positive.

    Parameters
    ----------
    size : (rows, columns), odd; by default 4 sigma to each side
    sigma : pixels, above 0; by default (shorter side - 1) / 8, or 1

    ``(x^2 + y^2 - 2 sigma^2) / sigma^4`` times the Gaussian that sums to 1, as in
    ``scipy.ndimage.gaussian_laplace``. A multiple of that Gaussian is subtracted so that the
    weights sum to 0. (MATLAB's ``fspecial('log')`` subtracts their mean, which leaves a step at the
    window's edge.)
    """
    sigma = sigma or (_sigma_in(size) if size else 1.0)
    size = size or gaussian_size(sigma)
    down, right = positions(size)
    bells = bell(down, sigma), bell(right, sigma)
    curve = [
        (np.square(offsets / sigma) - 1) / sigma**2 * own
        for offsets, own in zip((down, right), bells, strict=True)
    ]
    weights = curve[0] * bells[1] + bells[0] * curve[1]
    weights -= weights.sum() * bells[0] * bells[1]
    return Kernel(
        _not_all_zero(summing_exactly_to(0, weights), f"a sigma of {sigma:.4g}"),
        description=f"Laplacian of a Gaussian, sigma {sigma:.4g}",
    )


def dog(
    size: Pair | None = None, sigma: float | None = None, sigma2: float | None = None
) -> Kernel:
    """A difference of Gaussians: a narrow blur minus a wider one. Light spots are positive.

    Parameters
    ----------
    size : (rows, columns), odd; by default 4 of the wider sigma to each side
    sigma : of the narrow Gaussian, pixels above 0; by default sigma2 / 1.6, else
        (shorter side - 1) / 8 / 1.6, else 1
    sigma2 : of the wide Gaussian; by default 1.6 sigma, which comes nearest to `log` (Marr and
        Hildreth 1980)
    """
    if sigma is None:
        sigma = sigma2 / MARR if sigma2 else _sigma_in(size) / MARR if size else 1.0
    sigma2 = sigma2 or sigma * MARR
    size = size or gaussian_size(max(sigma, sigma2))
    if sigma == sigma2:
        raise ConvtoolError(f"sigma and sigma2 are both {sigma:g}, expected two different ones")
    down, right = positions(size)
    narrow, wide = (bell(down, one) * bell(right, one) for one in (sigma, sigma2))
    return Kernel(
        _not_all_zero(
            summing_exactly_to(0, narrow - wide), f"sigmas of {sigma:.4g} and {sigma2:.4g}"
        ),
        description=f"Difference of Gaussians, sigma {sigma:.4g} and {sigma2:.4g}",
    )


def _not_all_zero(weights: Array, sigmas: str) -> Array:
    """The weights; ConvtoolError if all of them are 0."""
    if not weights.any():
        rows, cols = weights.shape
        raise ConvtoolError(
            f"with a size of {rows}x{cols} and {sigmas} all weights are 0, "
            "expected a larger size and sigma"
        )
    return weights


def _sigma_in(size: Pair) -> float:
    """The sigma of a Gaussian that a window of this size holds."""
    return max(min(size) - 1, 1) / (2 * REACH)


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


def unsharp(size: Pair = (5, 5), amount: float = 1, sigma: float | None = None) -> Kernel:
    """Unsharp mask: the image plus `amount` times what a blur removes. The weights sum to 1.

    Parameters
    ----------
    size : (rows, columns), odd
    amount : 0 leaves the image as it is
    sigma : of a Gaussian blur, pixels above 0; by default the blur is `binomial`, and weights are
        whole
    """
    blur = binomial(size) if sigma is None else gaussian(size, sigma)
    words = f"Unsharp mask: {amount:.4g} times what a {size[0]}x{size[1]} blur takes away is added"
    middle = size[0] // 2, size[1] // 2
    if blur.weights.dtype.kind == "i":
        from fractions import Fraction  # only needed here

        share = Fraction(str(amount))
        whole = blur.weights.astype(object) * -share.numerator
        divisor = int(blur.divisor) * share.denominator
        whole[middle] += divisor + int(blur.divisor) * share.numerator
        return Kernel(*over(whole, divisor), description=words)
    weights = -amount * blur.weights
    weights[middle] += 1 + amount
    return Kernel(summing_to_one(weights), description=words)
