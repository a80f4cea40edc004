"""The kernel that turns one image into another, learned from both: training in closed form.

Least squares over all pixels gives the weights. `rational` then looks for whole weights over a
divisor near them: first within the errors of least squares, then within the bounds of rounding.
The engine runs each candidate over the image. It is kept if it reproduces the result's pixels at
least as well.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ..core.dtypes import Array
from ..core.errors import ConvtoolError, at
from ..core.image import Header, check_image
from ..core.threads import check_threads, one_blas_thread
from ..core.validation import SizeLike, check_flag
from ..io.base import ArrayReader
from ..kernel.kernel import Kernel, Layer
from .candidates import Learned
from .least_squares import solve
from .pairs import ImagePair, Model, Opening, has_transparency
from .placement import PairEquations, Placement, check_detail, likeliest_placement
from .score import Agreement, Score

POOR = 0.5
"""Grey levels: rounding alone leaves a smaller residual (0.29)."""

PLAIN = 256
"""Larger divisors are kept only if the bounds of rounding leave no smaller one."""

POOR_SHARE = 1e-3
"""The same for results without a white, as a share of their span."""


class Fit(NamedTuple):
    """A kernel learned from images, and how far it is to be trusted."""

    kernel: Kernel | Layer
    """A layer's weights are (out, in, kh, kw), (out, in, kd, kh, kw) or (out, in, k). A kernel for
    signals has one row: (1, k)."""
    biases: Array | None
    """Of a layer whose biases were learned: (out,). A kernel has its bias in it."""
    errors: Array
    """The standard error of each weight of least squares, in the weights' shape.

    It treats rounding as noise. That suits photos, where true errors were 0.8 to 1.4 times this.
    Drawn pictures repeat themselves: there weights may be off by ten times this, and more.
    """
    bias_errors: Array | None
    """The same of the bias: (1,), or (out,) for a layer."""
    condition: float
    """Of the equations, each column scaled to length 1: 1 is best, 1e6 hopeless."""
    pairs: int
    used: int
    """Values of the results that were learned from."""
    clipped: int
    """Values left out because they are black or white, and may have been clipped."""
    undefined: int
    """Values left out that are not finite, or lie under windows that are not."""
    border: int
    """Values left out because their windows reach over the border."""
    spread: float
    """The root mean square of the residual over the used values, before rounding."""
    exact: bool
    """Whether float64 does not tell that from 0."""
    agreement: Agreement
    """The kernel's pixels compared with those of the results, clipped ones included."""
    rounded_up: Agreement | None
    """The same with halves rounded up, if that explains more of the results; else None."""
    whole: bool
    """Whether weights are whole numbers over a divisor."""
    poor: bool
    """Whether the residual is more than rounding leaves: no such kernel made the results."""
    offset: float | None
    """The bias that would explain much more, if none was learned; else None."""
    slice_by_slice: bool = False
    """Whether the images are volumes, and the kernel has no depth."""
    transparent: bool = False
    """Whether the kernel is poor, and an image has pixels that are not opaque: alpha is left
    out, and `conv` weights pixels by it."""
    nearly_whole: bool = False
    """Whether the weights are exact but not whole, and whole ones over a small divisor would be
    exact as well."""


def fit_kernel(
    before: npt.ArrayLike,
    after: npt.ArrayLike,
    size: SizeLike = 3,
    *,
    bias: bool = False,
    stride: SizeLike = 1,
    dilation: SizeLike = 1,
    layer: bool = False,
    rational: bool = False,
    threads: int | None = None,
) -> Fit:
    """Learn the kernel that turns one image into the other, by least squares.

    >>> import numpy as np
    >>> from convtool import conv2d
    >>> before = np.random.default_rng(0).integers(0, 256, (40, 40), dtype=np.uint8)
    >>> after = conv2d(before, [[1, 2, 1], [2, 4, 2], [1, 2, 1]], divisor=16, dtype=np.uint8)
    >>> kernel = fit_kernel(before, after, 3, rational=True).kernel
    >>> kernel.weights.tolist(), kernel.divisor
    ([[1, 2, 1], [2, 4, 2], [1, 2, 1]], 16)

    The size has as many numbers as the kernel has dimensions:

    >>> from convtool import conv3d
    >>> volume = np.random.default_rng(0).integers(0, 256, (9, 20, 20), dtype=np.uint8)
    >>> after = conv3d(volume, [[[1]], [[2]], [[1]]], divisor=4, dtype=np.uint8)
    >>> kernel = fit_kernel(volume, after, (3, 1, 1), rational=True).kernel
    >>> kernel.weights.tolist(), kernel.divisor
    ([[[1]], [[2]], [[1]]], 4)

    Parameters
    ----------
    before, after : arrays (H, W) or (H, W, C); bool, any integer or float type
        volumes (D, H, W) or (D, H, W, C) and signals (L,) or (L, C) where `size` says so.
        `after` has the size that `conv2d`, `conv3d` or `conv1d` gives with padding "same", "valid"
        or "full". Its channels are all learned from together. Values whose windows reach over the
        border are left out, and so are black and white of uint8 and uint16, which may have been
        clipped.
    size : int or (rows, cols), of the kernel; (slices, rows, cols) for volumes; (samples,) for
        signals. Of an even one both middles are tried as its anchor
    bias : learn a number that is added, too
    stride, dilation : int, or one for each number of `size`, from 1, that made `after`
    layer : learn weights for each channel out and each channel in, (out, in, kh, kw), with kd
        before kh for volumes; (out, in, k) for signals
    rational : look for whole weights over a divisor, and keep them if they reproduce the pixels
        of `after` at least as well
    threads : as in `conv2d`

    Raises ConvtoolError on an argument out of its range, where sizes or channels do not go
    together, and where the images do not determine the weights: where they are flat or repeat
    themselves, or are so smooth that they hold little more than their own rounding (unless
    `rational` finds weights that reproduce every pixel).
    """
    flags = {"bias": check_flag("bias", bias), "layer": check_flag("layer", layer)}
    model = Model.of(size, stride, dilation, **flags)
    opened = [
        _opening(image, model.dimensions, name)
        for image, name in ((before, "before"), (after, "after"))
    ]
    images = ImagePair(opened[0], opened[1], "before and after")
    return fit_pairs([images], model, rational=check_flag("rational", rational), threads=threads)


def fit_pairs(
    pairs: Sequence[ImagePair],
    model: Model,
    *,
    rational: bool = False,
    name: str = "fitted",
    threads: int | None = None,
) -> Fit:
    """Learn one kernel from several pairs of images, each read band by band.

    Each pair is opened anew for each pass: one to learn from, one to compare pixels, and for
    `rational` some more where rounding hides the weights. The other parameters are those of
    `fit_kernel`.

    Raises ConvtoolError as `fit_kernel` does, and names the pair.
    """
    if rational and model.layer:
        raise ConvtoolError("whole weights are for kernels: rational and layer exclude each other")
    if not pairs:
        raise ConvtoolError("there are no pairs of images, expected one at least")
    placement = likeliest_placement(pairs, model, check_threads(threads))
    return fit_placed(pairs, placement, rational=rational, name=name, threads=threads)


def fit_placed(
    pairs: Sequence[ImagePair],
    placement: Placement,
    *,
    rational: bool = False,
    name: str = "fitted",
    threads: int | None = None,
) -> Fit:
    """`fit_pairs`, where the least squares of these pairs is known."""
    count = check_threads(threads)
    learned = Learned(pairs, placement.model, name, count, placement.equations, placement.solutions)
    kernels: list[Kernel | Layer] = [learned.kernel()]
    by_rounding = all(one.rounded for one in placement.pairs)
    if rational:
        with one_blas_thread():
            kernels += learned.whole_kernels(by_rounding)
    scores = learned.scores(kernels)
    best = _best(scores, kernels)
    if rational and by_rounding and not _is_poor(scores[0].better):
        rounds = learned.whole_kernels_within_bounds()
        settled = scores[best].better.exact == 1 and best > 0 and _divisor(kernels[best]) <= PLAIN
        while not settled and (more := next(rounds, None)) is not None:
            kernels += more
            scores += learned.scores(more)
            best = _best(scores, kernels)
            settled = scores[best].better.exact == 1 and best > 0
    if scores[best].better.exact < 1:
        check_detail(pairs, placement)
    return _report(learned, placement.pairs, kernels[best], scores[best], whole=best > 0)


def _divisor(kernel: Kernel | Layer) -> float:
    return kernel.divisor if isinstance(kernel, Kernel) else 1


def _best(scores: Sequence[Score], kernels: Sequence[Kernel | Layer]) -> int:
    """The number of the kernel to keep; the first one is that of least squares.

    It reproduces the most pixels, no fewer than least squares, and has the smallest divisor. If
    least squares does not explain the result, no whole weights can.
    """
    agreements = [one.better for one in scores]
    if _is_poor(agreements[0]):
        return 0
    good = [i for i in range(1, len(agreements)) if agreements[i].as_good_as(agreements[0])]
    return min(good, key=lambda i: (-agreements[i].equal, _divisor(kernels[i]), i), default=0)


def _is_poor(agreement: Agreement) -> bool:
    """Whether the differences are more than rounding alone leaves."""
    span = agreement.high - agreement.low
    return agreement.rms > (POOR if agreement.white or not span > 0 else POOR_SHARE * span)


def _report(
    learned: Learned,
    pairs: Sequence[PairEquations],
    kernel: Kernel | Layer,
    score: Score,
    *,
    whole: bool,
) -> Fit:
    solutions = learned.solutions
    errors, bias_errors = learned.shaped([one.errors for one in solutions])
    # In the unit of the result, like differences of pixels.
    spread = float(np.sqrt(np.mean([one.rms**2 for one in solutions]))) / pairs[0].scale
    poor = _is_poor(score.better)
    return Fit(
        kernel,
        learned.biases(),
        errors,
        bias_errors,
        max(one.condition for one in solutions),
        len(pairs),
        sum(one.used for one in pairs),
        sum(one.left_out for one in pairs if one.clips),
        sum(one.left_out for one in pairs if not one.clips),
        sum(one.border for one in pairs),
        spread,
        all(one.rms <= one.least_rms for one in solutions),
        score.to_even,
        score.up,
        whole,
        poor,
        None if score.better.exact == 1 else _offset(learned),
        learned.model.dimensions == 2 and any(one.before.depth > 1 for one in pairs),
        poor and any(map(has_transparency, learned.pairs)),
        not whole and learned.nearly_whole(),
    )


def _offset(learned: Learned) -> float | None:
    """The bias that would explain much more, if one would."""
    if learned.model.bias or learned.model.layer:
        return None
    try:
        other = solve(learned.equations[0], bias=True)
    except ConvtoolError:
        return None
    return float(other.weights[-1]) if other.rms < 0.9 * learned.solutions[0].rms else None


def _opening(image: npt.ArrayLike, dimensions: int, name: str) -> Opening:
    with at(name):
        pixels = check_image(image, dimensions)
    reader = ArrayReader(Header.of_array(pixels), pixels.reshape(-1, *pixels.shape[-2:]))
    return lambda: reader
