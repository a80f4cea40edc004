"""The kernel that turns one image into another, learned from both: training in closed form.

Least squares over all pixels gives the weights. Where they are asked for, whole weights over a
divisor are looked for behind these, first in what least squares leaves open, then in what the
bounds of rounding leave open; the engine then runs what was found over the image, and it is kept
if it makes the result's pixels at least as well.
"""

from collections.abc import Sequence
from functools import reduce
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ..core.dtypes import Array, is_integer
from ..core.errors import ConvtoolError, at
from ..core.image import Header, check_image
from ..core.threads import check_threads, one_blas_thread
from ..core.validation import PairLike, check_flag, pair
from ..io.base import ArrayReader
from ..kernel.kernel import Kernel, Layer
from .candidates import Learned
from .least_squares import REMEDY, Solution, detail, solve, solve_all
from .normal_equations import Equations, gather
from .pairs import ImagePair, Model, Opening, overlay, ways
from .score import Agreement, Judged

POOR = 0.5
"""Grey levels: what rounding alone leaves is less (0.29)."""

LEAST_DETAIL = 1.5 / 12
"""Mean square, in grey levels: rounding alone leaves 1 / 12 of any image, however smooth."""

PLAIN = 256
"""Whole weights over more than that are kept only if the bounds of rounding leave none plainer."""

POOR_SHARE = 1e-3
"""The same for results that have no white, beside their span."""


class Fit(NamedTuple):
    """A kernel learned from images, and how far it is to be trusted."""

    kernel: Kernel | Layer
    """A layer's weights are (out, in, kh, kw)."""
    biases: Array | None
    """Of a layer whose biases were learned: (out,). A kernel has its bias in it."""
    errors: Array
    """The standard error of each weight, before it was made whole: in the weights' shape.

    It takes rounding for noise. In photos it is (errors of weights were 0.8 to 1.4 times this); in
    drawn pictures, which repeat themselves, weights may be ten times as far off, and more.
    """
    bias_errors: Array | None
    """The same of the bias: (1,), or (out,) for a layer."""
    condition: float
    """Of the equations, each column scaled to length 1: 1 is best, 1e6 hopeless."""
    pairs: int
    used: int
    """Values of the results that were learned from."""
    clipped: int
    """Values left out as they are black or white, and may have been clipped."""
    undefined: int
    """Values left out that are not finite, or lie under windows that are not."""
    border: int
    """Values left out as their windows reach over the border."""
    spread: float
    """The root mean square of the residual over the used values, before rounding."""
    agreement: Agreement
    """Pixels that the kernel makes beside those of the results, clipped ones too."""
    rounded_up: Agreement | None
    """The same with halves rounded up and not to even, where that explains more of the results."""
    whole: bool
    """Whether weights are whole numbers over a divisor."""
    poor: bool
    """Whether the residual is more than rounding leaves: this is not how it was made."""
    offset: float | None
    """What a bias would have been, where none was learned and one explains much more."""


def fit_kernel(
    before: npt.ArrayLike,
    after: npt.ArrayLike,
    size: PairLike = 3,
    *,
    bias: bool = False,
    stride: PairLike = 1,
    dilation: PairLike = 1,
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

    Parameters
    ----------
    before, after : arrays (H, W) or (H, W, C); bool, any integer or float type
        `after` has the size that `conv2d` gives with padding "same", "valid" or "full". Its
        channels are all learned from together. Values whose windows reach over the border are
        left out, and so are black and white of uint8 and uint16, which may have been clipped.
    size : int or (rows, cols), of the kernel; of an even one both middles are tried as its anchor
    bias : learn a number that is added, too
    stride, dilation : int or (rows, cols), from 1, that made `after`
    layer : learn weights for each channel out and each channel in, (out, in, kh, kw)
    rational : look for whole weights over a divisor, and keep them where they make the pixels
        of `after` at least as well
    threads : as in `conv2d`

    Raises ConvtoolError on an argument out of its range, where sizes or channels do not go
    together, and where the images do not determine the weights: where they are flat or repeat
    themselves, or are so smooth that they hold little more than their own rounding (unless
    `rational` finds weights that make every pixel).
    """
    model = Model(
        pair(size, "size"),
        pair(stride, "stride"),
        pair(dilation, "dilation"),
        check_flag("bias", bias),
        check_flag("layer", layer),
    )
    images = ImagePair(_opening(before, "before"), _opening(after, "after"), "before and after")
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

    Each is opened anew for each pass over it: one to learn from, one to compare pixels, and for
    `rational` some more where rounding hides the weights. Parameters else as `fit_kernel`.

    Raises ConvtoolError as it does, naming the pair.
    """
    if rational and model.layer:
        raise ConvtoolError("whole weights are for kernels: rational and layer exclude each other")
    if not pairs:
        raise ConvtoolError("there are no pairs of images, expected one at least")
    count = check_threads(threads)
    model, gathered, equations, solutions = _placed(pairs, model, count)
    learned = Learned(pairs, model, name, count, equations, solutions)
    kernels: list[Kernel | Layer] = [learned.kernel()]
    by_rounding = all(one.rounded for one in gathered)
    if rational:
        with one_blas_thread():
            kernels += learned.whole_kernels(by_rounding)
    judged = learned.judged(kernels)
    best = _best(judged, kernels)
    if rational and by_rounding and not _is_poor(judged[0].better):
        rounds = learned.whole_kernels_within_bounds()
        settled = judged[best].better.exact == 1 and best > 0 and _divisor(kernels[best]) <= PLAIN
        while not settled and (more := next(rounds, None)) is not None:
            kernels += more
            judged += learned.judged(more)
            best = _best(judged, kernels)
            settled = judged[best].better.exact == 1 and best > 0
    if judged[best].better.exact < 1:
        _check_detail(pairs, gathered, equations, model)
    return _report(learned, gathered, kernels[best], judged[best], whole=best > 0)


class _Gathered(NamedTuple):
    """What one pair of images gives."""

    equations: list[Equations]
    before: Header
    after: Header
    scale: float
    """What makes a value of the result one of the image."""
    used: int
    left_out: int
    border: int
    clips: bool
    """Whether the result has a white, at which values may have been clipped."""
    rounded: bool

    @property
    def channels(self) -> tuple[int, int]:
        """In and out."""
        return len(self.before.channels), len(self.after.channels)


def _gather(pairs: Sequence[ImagePair], model: Model, threads: int) -> list[_Gathered]:
    """The equations of all pairs, and what is to be known of each."""
    gathered: list[_Gathered] = []
    for images in (overlay(one, model) for one in pairs):
        with at(images.name):
            channels = len(images.before.channels), len(images.after.channels)
            known = gathered[0].channels if gathered else channels
            if model.layer and channels != known:
                raise ConvtoolError(
                    f"the image has {channels[0]} channel(s) and the result {channels[1]}, "
                    f"expected {known[0]} and {known[1]} as in the pair before"
                )
            equations = gather(images, model, threads)
        used = sum(one.pixels for one in equations)
        result = images.after
        gathered.append(
            _Gathered(
                equations,
                images.before,
                images.after,
                images.scale,
                used,
                images.inner - used,
                images.border,
                result.white is not None,
                is_integer(result.dtype),
            )
        )
    return gathered


def _placed(
    pairs: Sequence[ImagePair], model: Model, threads: int
) -> tuple[Model, "list[_Gathered]", list[Equations], list[Solution]]:
    """What least squares finds, with the padding and the anchor that explain most."""
    found: list[tuple[Model, list[_Gathered], list[Equations], list[Solution]]] = []
    left = [model]
    while left:
        one = left.pop(0)
        gathered = _gather(pairs, one, threads)
        with at(_place(pairs)), one_blas_thread():
            equations = [
                reduce(Equations.plus, parts)
                for parts in zip(*(each.equations for each in gathered), strict=True)
            ]
            solutions = solve_all(equations, bias=model.bias)
        if not found and len(alike := ways(gathered[0].before, gathered[0].after, model)) > 1:
            one, *left = alike  # else each pair may have a padding of its own
        found.append((one, gathered, equations, solutions))
    return min(found, key=lambda way: sum(each.rms**2 for each in way[3]))


def _check_detail(
    pairs: Sequence[ImagePair],
    gathered: "Sequence[_Gathered]",
    equations: Sequence[Equations],
    model: Model,
) -> None:
    """Raise ConvtoolError for whole pixels that hold little more than their own rounding.

    Where neighbours differ by a level at the most, rounding the result is no noise: it goes with
    the pixels, and bends the weights by far more than their standard errors.
    """
    rounded = all(one.rounded and is_integer(one.before.dtype) for one in gathered)
    if model.layer or not rounded or any(one.scale != 1 for one in gathered):
        return
    if detail(equations[0]) < LEAST_DETAIL:
        raise ConvtoolError(
            f"{_place(pairs)}: the images are so smooth that they hold little more detail than "
            f"their own rounding, which does not determine a kernel; {REMEDY}"
        )


def _divisor(kernel: Kernel | Layer) -> float:
    return kernel.divisor if isinstance(kernel, Kernel) else 1


def _best(judged: Sequence[Judged], kernels: Sequence[Kernel | Layer]) -> int:
    """Which is to be kept: of those that make the most pixels, and no fewer than least squares,
    which is the first, the one over the smallest divisor. Where least squares does not explain
    the result, no whole weights can."""
    agreements = [one.better for one in judged]
    if _is_poor(agreements[0]):
        return 0
    good = [i for i in range(1, len(agreements)) if agreements[i].as_good_as(agreements[0])]
    return min(good, key=lambda i: (-agreements[i].equal, _divisor(kernels[i]), i), default=0)


def _is_poor(agreement: Agreement) -> bool:
    """Whether differences are more than rounding alone leaves."""
    span = agreement.high - agreement.low
    return agreement.rms > (POOR if agreement.white or not span > 0 else POOR_SHARE * span)


def _report(
    learned: Learned,
    gathered: list[_Gathered],
    kernel: Kernel | Layer,
    judged: Judged,
    *,
    whole: bool,
) -> Fit:
    """All that is to be told."""
    solutions = learned.solutions
    errors, bias_errors = learned.shaped([one.errors for one in solutions])
    # In the result's unit, as differences of pixels are.
    spread = float(np.sqrt(np.mean([one.rms**2 for one in solutions]))) / gathered[0].scale
    return Fit(
        kernel,
        learned.biases(),
        errors,
        bias_errors,
        max(one.condition for one in solutions),
        len(learned.pairs),
        sum(one.used for one in gathered),
        sum(one.left_out for one in gathered if one.clips),
        sum(one.left_out for one in gathered if not one.clips),
        sum(one.border for one in gathered),
        spread,
        judged.to_even,
        judged.up,
        whole,
        _is_poor(judged.better),
        None if judged.better.exact == 1 else _offset(learned),
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


def _place(pairs: Sequence[ImagePair]) -> str:
    return pairs[0].name if len(pairs) == 1 else f"{len(pairs)} pairs"


def _opening(image: npt.ArrayLike, name: str) -> Opening:
    """An array as what gives a reader of it."""
    with at(name):
        pixels = check_image(image)
    reader = ArrayReader(Header.of_array(pixels), pixels)
    return lambda: reader
