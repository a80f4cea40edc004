"""Pooling: the array function, and the operator that it runs."""

from copy import copy
from functools import partial

import numpy as np
import numpy.typing as npt

from ..core.choices import ALPHAS, POOL_MODES, Alpha, Missing, PoolMode
from ..core.dtypes import Array, DType, is_integer
from ..core.errors import ConvtoolError
from ..core.geometry import place
from ..core.image import Header, check_image
from ..core.validation import (
    PaddingLike,
    PairLike,
    check_flag,
    check_number,
    check_word,
    padding_words,
    pair,
    pair_words,
    sides,
)
from .base import Operator, over_array, with_alpha
from .missing import MissingStage, check_missing, check_rule
from .pool_stage import MODES, PoolStage, skipping
from .weighted import WeightedStage, product_type


def pool2d(
    image: npt.ArrayLike,
    size: PairLike = 2,
    mode: PoolMode = "max",
    *,
    stride: PairLike | None = None,
    padding: PaddingLike = 0,
    dilation: PairLike = 1,
    ceil_mode: bool = False,
    count_include_pad: bool = False,
    p: float = 2,
    alpha: Alpha | None = None,
    missing: Missing = "propagate",
    min_valid: float = 0.0,
    threads: int | None = None,
) -> Array:
    """Merge each window of an image into one value.

    >>> pool2d([[1, 2, 5, 6], [3, 4, 7, 8]], 2, "mean")
    array([[2.5, 6.5]])

    Parameters
    ----------
    image : array of shape (H, W) or (H, W, C); bool, any integer or float type
    size : int or (rows, cols), from 1; the window
    mode : "max", "min", "mean", "sum", "median" or "lp"
        "lp" is the p-norm of the window, ``sum(|x|**p) ** (1 / p)``
    stride : int or (rows, cols), from 1; default: the window's size
    padding : as for `conv2d`. A padded element never wins a max or min, counts in no median,
        adds nothing to a sum or norm, and is not counted in a mean unless asked.
    dilation : int or (rows, cols), from 1; step from element to element in a window
    ceil_mode : keep a last window that does not fit, unless it would start in the end padding
    count_include_pad : divide a mean by the window's elements in image and padding, not by
        those in the image alone (what ceil_mode adds past the padding is never counted)
    p : number from 1; for mode "lp"
    alpha : what the last channel is: "weight": alpha, by which each pixel is weighted, so that what
        is transparent has no colour to give (mean and sum only); "keep": alpha, carried along from
        the pixel in the middle; "channel", and None: a channel like the others
    missing : what is done where floats are NaN, which marks what is missing: "propagate": a window
        with one has no value, NaN; "skip": the others are merged; "zero": it counts as 0
    min_valid : from 0 to 1; the least share of a window that has values under "skip"
    threads : how many to use, as for `conv2d`

    Returns
    -------
    array of shape (H', W') or (H', W', C)
        max, min and median in the image's type, a median over an even number of elements as a
        float; mean, sum and lp as floats, typed as by `conv2d`. NaN in a window gives NaN.

    Raises
    ------
    ConvtoolError
        on an argument out of its range, where no window fits into the image, and where
        padding is so wide that a window would hold no pixel

    The corners of these rules are those of ONNX's MaxPool, AveragePool and LpPool, and of
    PyTorch's max_pool2d and avg_pool2d.
    """
    pixels = check_image(image)
    operator = Pool(
        size,
        mode,
        stride=stride,
        padding=padding,
        dilation=dilation,
        ceil_mode=ceil_mode,
        count_include_pad=count_include_pad,
        p=p,
        alpha=alpha,
        missing=missing,
        min_valid=min_valid,
    )
    result = over_array(operator.bind(with_alpha(Header.of_array(pixels), alpha)), pixels, threads)
    return result[..., 0] if np.ndim(image) == 2 else result


class Pool(Operator):
    """A pooling not yet bound to an image. Parameters as in `pool2d`."""

    def __init__(
        self,
        size: PairLike = 2,
        mode: PoolMode = "max",
        *,
        stride: PairLike | None = None,
        padding: PaddingLike = 0,
        dilation: PairLike = 1,
        ceil_mode: bool = False,
        count_include_pad: bool = False,
        p: float = 2,
        alpha: Alpha | None = None,
        missing: Missing = "propagate",
        min_valid: float = 0.0,
    ) -> None:
        self.size = pair(size, "size")
        self.mode = check_word("mode", mode, POOL_MODES)
        self.stride = self.size if stride is None else pair(stride, "stride")
        self.padding = sides(padding)
        self.dilation = pair(dilation, "dilation")
        self.ceil_mode = check_flag("ceil_mode", ceil_mode)
        self.count_include_pad = check_flag("count_include_pad", count_include_pad)
        self.p = check_number("p", p)
        if self.p < 1:
            raise ConvtoolError(f"p is {p}, expected 1 or more")
        weighs = mode in ("mean", "sum")
        self.alpha = "weight" if weighs else "channel"
        if alpha is not None:
            self.alpha = check_word("alpha", alpha, ALPHAS)
        if self.alpha == "weight" and not weighs:
            raise ConvtoolError(
                f"alpha is weight and mode is {mode}, which weights nothing: expected keep or "
                "channel, or mode mean or sum"
            )
        self.asked_alpha = alpha
        self.missing = check_rule(missing, min_valid)._replace(fill=True)
        self.dtype: DType | None = None
        """An integer type that weighted values are rounded to."""

    @property
    def label(self) -> str:
        """``pool max 3x3, stride 2``"""
        rows, cols = self.size
        found = [f"pool {self.mode} {rows}x{cols}"]
        if self.stride != self.size:
            found.append(f"stride {pair_words(self.stride)}")
        if self.padding != ((0, 0), (0, 0)):
            found.append(f"padding {padding_words(self.padding)}")
        if self.dilation != (1, 1):
            found.append(f"dilation {pair_words(self.dilation)}")
        if self.ceil_mode:
            found.append("ceil")
        return ", ".join(found)

    def bind(self, header: Header) -> PoolStage | WeightedStage | MissingStage:
        """The stage for images of this description."""
        stage = self._stage(header)
        skips = self.missing.how != "propagate" and header.dtype.kind == "f"
        if not header.has_alpha or self.alpha != "weight" or (skips and not self.asked_alpha):
            if not skips:
                return stage
            colors = header._replace(channels=header.channels[: header.colors]).flat
            marked = colors._replace(dtype=np.dtype(np.uint8), white=None)
            sums = self._summing(colors), self._summing(marked)
            merge = partial(skipping, self._stage(colors), *sums)
            return MissingStage(stage, self.missing, stage.window, header.colors, merge)
        check_missing(self.missing, header)
        products = header.flat._replace(dtype=product_type(header.dtype), white=None)
        output = stage.output._replace(dtype=self.dtype or stage.output.dtype)
        return WeightedStage(stage, self._summing(products), output, stage.share)

    def _summing(self, header: Header) -> PoolStage:
        """The stage that adds windows up."""
        other = copy(self)
        other.mode = "sum"
        return other._stage(header)

    def rounding(self, narrow: DType, wide: DType, header: Header) -> "Pool | None":
        """The same, rounding what it divides by a sum of alpha."""
        weighted = header.has_alpha and self.alpha == "weight"
        if not (weighted and header.dtype in (narrow, wide) and is_integer(header.dtype)):
            return None
        other = copy(self)
        other.dtype = narrow if self.mode == "mean" and header.dtype == narrow else wide
        return other

    def _stage(self, header: Header) -> PoolStage:
        """The stage that pools each channel for itself, alpha where it is one."""
        window = place(
            (header.height, header.width),
            self.size,
            stride=self.stride,
            padding=self.padding,
            dilation=self.dilation,
            ceil_mode=self.ceil_mode,
        )
        if any(axis.has_empty_window() for axis in window):
            raise ConvtoolError(
                "padding and dilation are so wide that some windows hold no pixel of the image, "
                "expected less of either"
            )
        working, result = MODES[self.mode].types(self, header.dtype.newbyteorder("="), window)
        output = header._replace(height=window[0].output, width=window[1].output, dtype=result)
        return PoolStage(self, header, output, window, working)
