"""Transposed convolution: what makes a map larger again.

Each pixel lays the kernel, times its value, on the result; where kernels overlap, they are added
up. It is the gradient of a convolution with respect to its image, and no inverse of it. See V.
Dumoulin and F. Visin, A guide to convolution arithmetic for deep learning, 2016, chapter 4.
"""

from collections.abc import Sequence
from copy import copy
from typing import Any

import numpy as np
import numpy.typing as npt

from ..core.dtypes import FLOAT64, Array, DType
from ..core.errors import ConvtoolError, quoted
from ..core.geometry import along_all
from ..core.image import Header
from ..core.slices import Grid
from ..core.spread import Spread
from ..core.validation import (
    PaddingLike,
    Pair,
    Sides,
    SizeLike,
    shape_words,
    sides,
    size_words,
    sizes,
    whole_number,
)
from ..kernel.kernel import Kernel, check_weights
from .base import Operator, on_array, store
from .conv import Bias, Conv
from .conv_stage import ConvStage
from .transpose_stage import Along, TransposeStage, phases


def conv_transpose1d(
    signal: npt.ArrayLike, weights: npt.ArrayLike | Kernel, **options: Any
) -> Array:
    """`conv_transpose2d` of a signal (L,) or (L, C), by weights (k,) or (in, out / groups, k)."""
    return _on_array(signal, weights, 1, **options)


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
    return _on_array(image, weights, 2, **options)


def conv_transpose3d(volume: npt.ArrayLike, weights: npt.ArrayLike, **options: Any) -> Array:
    """`conv_transpose2d` of a volume (D, H, W) or (D, H, W, C), by weights (kd, kh, kw) or
    (in, out / groups, kd, kh, kw)."""
    return _on_array(volume, weights, 3, **options)


def _on_array(
    image: npt.ArrayLike,
    weights: npt.ArrayLike | Kernel,
    dimensions: int,
    *,
    threads: int | None = None,
    **options: Any,
) -> Array:
    operator = ConvTranspose(weights, dimensions=dimensions, **options)
    return on_array(operator, image, None, threads)


class ConvTranspose(Operator):
    """A transposed convolution not yet bound to an image. Parameters as in `conv_transpose2d`.

    Alpha is a channel like the others. `name` is what people call the weights; default: the
    Kernel's own.
    """

    def __init__(
        self,
        weights: npt.ArrayLike | Kernel,
        *,
        stride: SizeLike = 1,
        padding: PaddingLike = 0,
        output_padding: SizeLike = 0,
        dilation: SizeLike = 1,
        groups: int = 1,
        bias: Bias = 0.0,
        divisor: float = 1,
        dtype: npt.DTypeLike | None = None,
        name: str = "",
        dimensions: int | None = None,
    ) -> None:
        self.name = name or (weights.name if isinstance(weights, Kernel) else "")
        if isinstance(weights, Kernel):
            if np.any(bias) or divisor != 1:
                raise ConvtoolError("a Kernel has its own bias and divisor: give no others")
            bias, divisor, weights = weights.bias, weights.divisor, weights.weights
        self.weights = check_weights(weights, *((dimensions,) if dimensions else (2, 3)))
        self.dimensions = dimensions or (3 if self.weights.ndim in (3, 5) else 2)
        self.is_layer = self.mixes_channels = self.weights.ndim == self.dimensions + 2
        self.taps = self.weights.shape[-self.dimensions :]
        self.stride = sizes(stride, "stride", self.dimensions)
        self.padding = _left_out(padding, self.dimensions)
        self.more = sizes(output_padding, "output_padding", self.dimensions, least=0)
        self.dilation = sizes(dilation, "dilation", self.dimensions)
        self.groups = whole_number(groups, "groups", 1)
        self.dtype = dtype
        self._scaled: dict[str, Any] = {"bias": bias, "divisor": divisor}

    @property
    def label(self) -> str:
        """``conv_transpose box2 2x2, stride 2``"""
        title = " ".join(filter(None, ("conv_transpose", self.name, shape_words(self.taps))))
        return f"{title}, stride {size_words(self.stride)}" if set(self.stride) != {1} else title

    def bind(self, header: Header) -> TransposeStage:
        """The stage for images of this description."""
        count = len(header.channels)
        weights = self._outputs_first(count)
        plain = self._conv(weights, self.dtype).bind(header.flat).output
        channels = plain.channels if self.is_layer else header.channels

        def bind(along: Sequence[Along]) -> tuple[Conv, ConvStage]:
            part = self._part(weights, along, plain.dtype)
            depth, rows, cols = (one.axis for one in along)
            return part, part.along((depth, rows, cols), header, count)

        depth, rows, cols = along_all(header.size, self._axes(header))
        output = header._replace(
            height=depth.output * rows.output,
            width=cols.output,
            channels=channels,
            dtype=plain.dtype,
            depth=depth.output,
        )
        elsewhere = np.empty(len(channels), plain.dtype)
        store(
            np.broadcast_to(np.asarray(self._scaled["bias"], FLOAT64), elsewhere.shape), elsewhere
        )
        grid = Grid(depth, rows, cols, "constant")
        return TransposeStage(header, output, grid, phases((depth, rows, cols), bind), elsewhere)

    def rounding(self, narrow: DType, wide: DType, header: Header) -> "ConvTranspose | None":
        """The same with values rounded to pixels, as `Conv` has it."""
        plain = self._conv(self._outputs_first(len(header.channels)), self.dtype)
        found = plain.rounding(narrow, wide, header.flat)
        return None if found is None else self._of_type(found.dtype)

    def widened(self) -> "ConvTranspose":
        """The same with values of float64, unless another type was asked for."""
        return self if self.dtype else self._of_type(FLOAT64)

    def _of_type(self, dtype: DType | None) -> "ConvTranspose":
        other = copy(self)
        other.dtype = dtype
        return other

    def laid(self, source: int, channel: int, channels: int) -> Array:
        """The kernel that channel `source` of an image of so many channels lays on a channel of
        the map."""
        weights = self._outputs_first(channels)
        return weights[channel, source % weights.shape[1]] if self.is_layer else weights

    def _outputs_first(self, channels: int) -> Array:
        """The weights, those of a layer as a plain one has them."""
        if not self.is_layer:
            return self.weights
        return _outputs_first(self.weights, self.groups, channels)

    def _conv(self, weights: Array, dtype: npt.DTypeLike | None) -> Conv:
        """A convolution with these weights. One with all of them knows the type of the result."""
        return Conv(
            weights,
            border="constant",
            padding="full",
            groups=self.groups,
            dtype=dtype,
            dimensions=self.dimensions,
            **self._scaled,
        )

    def _part(self, weights: Array, along: Sequence[Along], dtype: DType) -> Conv:
        """The convolution of one phase."""
        taken: Any = (..., *(one.taps for one in along[-self.dimensions :]))
        return self._conv(weights[taken], dtype)

    def _axes(self, header: Header) -> list[Spread]:
        """The kernels that are laid along each axis."""
        return [
            _spread(*one)
            for one in zip(
                header.size[-self.dimensions :],
                self.taps,
                self.stride,
                self.dilation,
                self.padding,
                self.more,
                strict=True,
            )
        ]


def _spread(size: int, taps: int, stride: int, dilation: int, left_out: Pair, more: int) -> Spread:
    """The kernels along one axis; ConvtoolError where nothing is left of the map."""
    before, after = left_out
    reach = (taps - 1) * dilation + 1
    length = (size - 1) * stride + reach - before - after + more
    if length < 1:
        raise ConvtoolError(f"the result would be {length} long, expected less padding")
    return Spread(size, taps, stride, dilation, before, after, length, (reach - 1) // 2)


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
