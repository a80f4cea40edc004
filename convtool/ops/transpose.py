"""Transposed convolution: what makes a map larger again.

Each pixel lays the kernel, times its value, on the result; where kernels overlap, they are added
up. It is the gradient of a convolution with respect to its image, and no inverse of it. See V.
Dumoulin and F. Visin, A guide to convolution arithmetic for deep learning, 2016, chapter 4.

Of every `stride` values of the result each has weights of its own, so that each is a convolution of
the image with a part of the kernel: no zeros are put between pixels and multiplied.
"""

from itertools import product
from math import gcd
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ..core.dtypes import Array
from ..core.errors import ConvtoolError, quoted
from ..core.image import Header, check_image
from ..core.validation import PaddingLike, Pair, Sides, SizeLike, sides, sizes, whole_number
from ..kernel.kernel import Kernel, check_weights
from .base import on_array
from .conv import Bias, Conv


class Phase(NamedTuple):
    """Every `stride`-th position of a result along one axis, and what makes them."""

    made: slice
    """The positions of the result."""
    taps: slice
    """The weights that they have, the last one first."""
    dilation: int
    seen: slice
    """The positions of the image that are under them; none where nothing is laid."""
    padding: Pair
    """Zeros before and after these."""


def conv_transpose1d(
    signal: npt.ArrayLike, weights: npt.ArrayLike | Kernel, **options: Any
) -> Array:
    """`conv_transpose2d` of a signal (L,) or (L, C), by weights (k,) or (in, out / groups, k)."""
    return _transposed(signal, weights, 1, **options)


def conv_transpose2d(
    image: npt.ArrayLike, weights: npt.ArrayLike | Kernel, **options: Any
) -> Array:
    """Lay the kernel on the result once for each pixel, times the pixel, and add up.

    >>> conv_transpose2d([[1, 2]], [[1, 1], [1, 0]], stride=2)
    array([[1., 1., 2., 2.],
           [1., 0., 2., 0.]])

    Parameters
    ----------
    image : array of shape (H, W) or (H, W, C); bool, any integer or float type
    weights : array of shape (kh, kw), the same on every channel; or
        (in, out / groups, kh, kw), a layer. A `Kernel` brings its own divisor and bias.
    stride : int or (rows, cols), from 1; default 1. How far apart the kernels of neighbours lie
    padding : int, (rows, cols) or ((top, bottom), (left, right)); default 0. What is left out at
        the result's edges: what a convolution with this padding did not make a map of
    output_padding : int or (rows, cols); default 0. Further rows and columns at the end
    dilation : int or (rows, cols), from 1; default 1
    groups : int; default 1. The channels are split into so many groups that do not mix
    bias, divisor, dtype, threads : as for `conv2d`

    Returns
    -------
    array of shape (H', W'), (H', W', C) or (H', W', out), typed as by `conv2d`, with
        ``H' = (H - 1) * stride + (kh - 1) * dilation + 1 - top - bottom + output_padding``

    Raises
    ------
    ConvtoolError
        on an argument out of its range, and where nothing is left

    The corners of these rules are those of ONNX's operator ConvTranspose and of PyTorch's
    conv_transpose2d.
    """
    return _transposed(image, weights, 2, **options)


def conv_transpose3d(volume: npt.ArrayLike, weights: npt.ArrayLike, **options: Any) -> Array:
    """`conv_transpose2d` of a volume (D, H, W) or (D, H, W, C), by weights (kd, kh, kw) or
    (in, out / groups, kd, kh, kw)."""
    return _transposed(volume, weights, 3, **options)


def _transposed(
    image: npt.ArrayLike,
    weights: npt.ArrayLike | Kernel,
    dimensions: int,
    *,
    stride: SizeLike = 1,
    padding: PaddingLike = 0,
    output_padding: SizeLike = 0,
    dilation: SizeLike = 1,
    groups: int = 1,
    bias: Bias = 0.0,
    divisor: float = 1,
    dtype: npt.DTypeLike | None = None,
    threads: int | None = None,
) -> Array:
    pixels = check_image(image, dimensions)
    if isinstance(weights, Kernel):
        if np.any(bias) or divisor != 1:
            raise ConvtoolError("a Kernel has its own bias and divisor: give no others")
        bias, divisor, weights = weights.bias, weights.divisor, weights.weights
    checked = check_weights(weights, dimensions)
    is_layer = checked.ndim == dimensions + 2
    if is_layer:
        checked = _outputs_first(checked, whole_number(groups, "groups", 1), pixels.shape[-1])
    given: dict[str, Any] = {
        "groups": groups,
        "bias": bias,
        "divisor": divisor,
        "dimensions": dimensions,
    }
    # The type of the result is that of all weights together.
    plain = Conv(checked, padding="full", border="constant", dtype=dtype, **given)
    header = plain.bind(Header.of_array(pixels)).output
    each = zip(
        pixels.shape,
        plain.taps,
        sizes(stride, "stride", dimensions),
        sizes(dilation, "dilation", dimensions),
        _left_out(padding, dimensions),
        sizes(output_padding, "output_padding", dimensions, least=0),
        strict=False,
    )
    lengths, axes = zip(*(_along(*one) for one in each), strict=True)
    out = np.empty((*lengths, len(header.channels)), header.dtype)
    for phases in product(*axes):
        place = out[tuple(phase.made for phase in phases)]
        under = pixels[tuple(phase.seen for phase in phases)]
        taps = checked[(..., *(phase.taps for phase in phases))]
        padded = [phase.padding for phase in phases]
        if not (under.size and taps.size):  # nothing is laid there, and the bias is left
            under = np.zeros((*place.shape[:-1], pixels.shape[-1]), pixels.dtype)
            taps = np.zeros((*checked.shape[:-dimensions], *(1,) * dimensions))
            padded = [(0, 0)] * dimensions
        part = Conv(
            taps,
            padding=tuple(padded),
            dilation=tuple(phase.dilation for phase in phases),
            border="constant",
            dtype=header.dtype,
            **given,
        )
        place[...] = on_array(part, under, None, threads)
    return out if is_layer or np.ndim(image) > dimensions else out[..., 0]


def _left_out(padding: PaddingLike, dimensions: int) -> Sides:
    """What is left out at the edges; ConvtoolError for a word, as it says nothing of that."""
    found = sides(padding, dimensions)
    if isinstance(found, str):
        raise ConvtoolError(f"padding is {quoted(found)}, expected numbers")
    return found


def _outputs_first(weights: Array, groups: int, channels: int) -> Array:
    """Weights (in, out / groups, ...) as (out, in / groups, ...), those of a plain layer."""
    inside, per_group = weights.shape[:2]
    if inside != channels or inside % groups:
        raise ConvtoolError(
            f"weights of shape {weights.shape} in {groups} group(s) do not fit an image of "
            f"{channels} channel(s): expected (channels, out / groups, ...), with channels a "
            "multiple of groups"
        )
    split = weights.reshape(groups, inside // groups, per_group, *weights.shape[2:])
    found: Array = split.swapaxes(1, 2).reshape(-1, inside // groups, *weights.shape[2:])
    return found


def _along(
    size: int, taps: int, stride: int, dilation: int, left_out: Pair, more: int
) -> tuple[int, list[Phase]]:
    """The length of the result along one axis, and its phases."""
    before, after = left_out
    length = (size - 1) * stride + (taps - 1) * dilation + 1 - before - after + more
    if length < 1:
        raise ConvtoolError(f"the result would be {length} long, expected less padding")
    return length, [
        _phase(size, taps, stride, dilation, first + before, slice(first, length, stride))
        for first in range(min(stride, length))
    ]


def _phase(size: int, taps: int, stride: int, dilation: int, first: int, made: slice) -> Phase:
    """The phase whose first position, in a result of which nothing is left out, is `first`."""
    common = gcd(stride, dilation)
    apart, step = stride // common, dilation // common
    tap = next((k for k in range(min(apart, taps)) if (first - k * dilation) % stride == 0), None)
    if tap is None:
        return Phase(made, slice(0), step, slice(0), (0, 0))
    count = len(range(tap, taps, apart))
    reach = (count - 1) * step
    start = (first - tap * dilation) // stride - reach
    stop = start + reach + len(range(made.start, made.stop, made.step))
    seen = slice(min(max(start, 0), size), max(min(stop, size), 0))
    last = tap + (count - 1) * apart
    down = slice(last, tap - apart if tap >= apart else None, -apart)
    return Phase(made, down, step, seen, (seen.start - start, stop - seen.stop))
