"""Pooling: the array function, and the operator that it runs."""

import sys
from copy import copy
from functools import partial
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from ..core.choices import ALPHAS, POOL_MODES, Alpha, Missing, PoolMode
from ..core.dtypes import Array, DType, is_integer
from ..core.errors import ConvtoolError
from ..core.filenames import plain
from ..core.geometry import along_all, place
from ..core.image import Header
from ..core.slices import Grid
from ..core.validation import (
    PaddingLike,
    SizeLike,
    Sizes,
    check_flag,
    check_number,
    check_word,
    padding_words,
    shape_words,
    sides,
    size_words,
    sizes,
)
from ..kernel.kernel import WEIGHTS, Kernel
from .base import Operator, on_array
from .elements import Elements
from .missing import MissingStage, check_missing, check_rule
from .pool_stage import MODES, PoolStage, skipping
from .weighted import WeightedStage, product_type
from .winners import winners


def pool2d(
    image: npt.ArrayLike,
    size: SizeLike | Literal["global"] = 2,
    mode: PoolMode = "max",
    *,
    stride: SizeLike | None = None,
    padding: PaddingLike = 0,
    dilation: SizeLike = 1,
    ceil_mode: bool = False,
    count_include_pad: bool = False,
    p: float = 2,
    alpha: Alpha | None = None,
    missing: Missing = "propagate",
    min_valid: float = 0.0,
    footprint: npt.ArrayLike | Kernel | None = None,
    return_indices: bool = False,
    threads: int | None = None,
) -> Any:
    """Merge each window of an image into one value.

    >>> pool2d([[1, 2, 5, 6], [3, 4, 7, 8]], 2, "mean")
    array([[2.5, 6.5]])

    Parameters
    ----------
    image : array of shape (H, W) or (H, W, C); bool, any integer or float type
    size : int or (rows, cols), from 1; the window; or "global": all of the image
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
    footprint : array of shape (kh, kw) or Kernel, in place of `size`: a window's elements are those
        that are not 0. With stride 1 and padding "same" max is a dilation of the image, min an
        erosion, and median a rank filter.
    return_indices : also return where the largest element of each window lies; for mode "max"
    threads : how many to use, as for `conv2d`

    Returns
    -------
    array of shape (H', W') or (H', W', C)
        max, min and median in the image's type, a median over an even number of elements as a
        float; mean, sum and lp as floats, typed as by `conv2d`. NaN in a window gives NaN.
        With `return_indices` a tuple of it and an array of int64 of the same shape: the index of
        the element that wins, the first of equal ones, counted channel by channel and row by row
        as by ONNX's MaxPool; `max_unpool2d` takes them.

    Raises
    ------
    ConvtoolError
        on an argument out of its range, where no window fits into the image, and where
        padding is so wide that a window would hold no pixel

    The corners of these rules are those of ONNX's MaxPool, AveragePool and LpPool, and of
    PyTorch's max_pool2d and avg_pool2d.
    """
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
        footprint=footprint,
    )
    return pooled(operator, image, alpha, threads, return_indices)


def pooled(
    operator: "Pool",
    image: npt.ArrayLike,
    alpha: Alpha | None,
    threads: int | None,
    return_indices: bool,
) -> Any:
    """What a pooling makes of an array, with the places of what wins if these are asked for."""
    made = on_array(operator, image, alpha, threads)
    wanted = check_flag("return_indices", return_indices)
    return (made, winners(operator, image)) if wanted else made


class Pool(Operator):
    """A pooling not yet bound to an image. Parameters as in `pool2d`, `pool1d` and `pool3d`.

    Windows of fewer dimensions than the image has are laid on each slice, or on each row.
    """

    def __init__(
        self,
        size: SizeLike | Literal["global"] = 2,
        mode: PoolMode = "max",
        *,
        stride: SizeLike | None = None,
        padding: PaddingLike = 0,
        dilation: SizeLike = 1,
        ceil_mode: bool = False,
        count_include_pad: bool = False,
        p: float = 2,
        alpha: Alpha | None = None,
        missing: Missing = "propagate",
        min_valid: float = 0.0,
        footprint: npt.ArrayLike | Kernel | None = None,
        dimensions: int = 2,
    ) -> None:
        self.dimensions = dimensions
        self.footprint = None
        self.size: Sizes | Literal["global"]
        self._name = ""
        if footprint is not None:
            self._name = footprint.name if isinstance(footprint, Kernel) else ""
            mask = check_footprint(footprint, dimensions)
            self.size = mask.shape
            if not mask.all():
                self.footprint = mask.reshape(*(1,) * (3 - dimensions), *mask.shape)
        elif isinstance(size, str):
            check_word("size", size, ("global",))
            self.size = "global"
        else:
            self.size = sizes(size, "size", dimensions)
        self.mode = check_word("mode", mode, POOL_MODES)
        own = (1,) * dimensions if isinstance(self.size, str) else self.size
        self.stride = own if stride is None else sizes(stride, "stride", dimensions)
        self.padding = sides(padding, dimensions)
        self.dilation = sizes(dilation, "dilation", dimensions)
        if isinstance(self.size, str):
            placed = {*self.stride, *self.dilation} != {1} or stride is not None
            if placed or isinstance(self.padding, str) or any(map(any, self.padding)):
                raise ConvtoolError("size is global, which takes no stride, padding and dilation")
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
    def name(self) -> str:
        """What files of its maps are called: ``max3``, ``max2x3``, ``max-disk_5``."""
        if self._name:
            return f"{self.mode}-{plain(self._name)}"
        words = shape_words if self.dimensions == 3 else size_words
        size = self.size if isinstance(self.size, str) else words(self.size)
        return f"{self.mode}{size}"

    @property
    def label(self) -> str:
        """``pool max 3x3, stride 2``"""
        size = self.size if isinstance(self.size, str) else shape_words(self.size)
        found = [f"pool {self.mode} {size}"]
        if self.footprint is not None:
            which = f" of {self._name}" if self._name not in ("", "kernel") else ""
            found.append(f"{np.count_nonzero(self.footprint)} elements{which}")
        if not isinstance(self.size, str) and self.stride != self.size:
            found.append(f"stride {size_words(self.stride)}")
        if isinstance(self.padding, str) or any(map(any, self.padding)):
            found.append(f"padding {padding_words(self.padding)}")
        if set(self.dilation) != {1}:
            found.append(f"dilation {size_words(self.dilation)}")
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
            return MissingStage(stage, self.missing, stage.grid, header.colors, merge)
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
        image = header.size[-self.dimensions :]
        size = image if self.size == "global" else self.size
        axes = place(
            image,
            size,
            stride=self.stride,
            padding=self.padding,
            dilation=self.dilation,
            ceil_mode=self.ceil_mode,
        )
        depth, rows, cols = along_all(header.size, axes)
        elements = Elements(Grid(depth, rows, cols, "constant"), self.footprint)
        if elements.has_empty_window:
            raise ConvtoolError(
                "padding and dilation are so wide that some windows hold no pixel of the image, "
                "expected less of either"
            )
        pixels = header.dtype.newbyteorder("=")
        working, result = MODES[self.mode].types(self, pixels, elements.different)
        output = header._replace(
            height=depth.output * rows.output,
            width=cols.output,
            dtype=result,
            depth=depth.output,
        )
        return PoolStage(self, header, output, elements, working)


def check_footprint(footprint: npt.ArrayLike | Kernel, dimensions: int) -> Array:
    """The elements of a window that are not 0, as True; ConvtoolError for what is no footprint."""
    values = footprint.weights if isinstance(footprint, Kernel) else footprint
    if "numpy.ma" in sys.modules and isinstance(values, np.ma.MaskedArray):  # slow to import
        raise ConvtoolError("footprint is a masked array, expected a plain one: fill it")
    try:
        mask = np.asarray(values)
    except ValueError:
        raise ConvtoolError("footprint is ragged: every row needs as many elements") from None
    if mask.ndim != dimensions or mask.dtype.kind not in "biuf":
        expected = WEIGHTS[dimensions].partition(" or ")[0]
        raise ConvtoolError(
            f"footprint has shape {mask.shape} and is of {mask.dtype}, expected numbers of shape "
            f"{expected}"
        )
    if not mask.any():
        raise ConvtoolError("footprint has no element that is not 0, expected one at least")
    found: Array = mask != 0
    return found
