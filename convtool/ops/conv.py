"""Convolution: the array function, and the operator that it runs."""

from collections.abc import Sequence
from copy import copy
from typing import Any

import numpy as np
import numpy.typing as npt

from ..core.choices import ALPHAS, BORDERS, METHODS, Alpha, Border, MethodName, Missing
from ..core.dtypes import FLOAT64, Array, DType, is_integer, is_whole, limits
from ..core.errors import ConvtoolError, quoted
from ..core.geometry import Axis, along_all, place
from ..core.image import SHAPES, Header, check_pixels, white_of
from ..core.validation import (
    PaddingLike,
    Pair,
    SizeLike,
    Sizes,
    check_divisor,
    check_flag,
    check_float,
    check_number,
    check_word,
    padding_words,
    shape_words,
    sides,
    size_words,
    sizes,
    whole_number,
)
from ..kernel.kernel import WEIGHTS, Kernel, check_anchor, check_weights
from ..methods import planner
from ..methods.accumulators import Arithmetic, power_to_whole
from ..methods.base import Task
from ..methods.planner import Plan
from .base import Operator, on_array, with_alpha
from .conv_stage import ConvStage
from .missing import MissingStage, check_missing, check_rule, skipping_conv
from .weighted import Share, WeightedStage, opaque, product_type

Bias = float | npt.ArrayLike


def conv2d(
    image: npt.ArrayLike,
    weights: npt.ArrayLike | Kernel,
    *,
    bias: Bias = 0.0,
    divisor: float = 1,
    stride: SizeLike = 1,
    padding: PaddingLike = "same",
    dilation: SizeLike = 1,
    groups: int = 1,
    border: Border = "edge",
    fill: float = 0.0,
    anchor: Pair | None = None,
    flip: bool = False,
    alpha: Alpha | None = None,
    missing: Missing = "propagate",
    min_valid: float = 0.0,
    fill_missing: bool = False,
    dtype: npt.DTypeLike | None = None,
    method: MethodName | None = None,
    threads: int | None = None,
) -> Array:
    """Slide a kernel over an image: at each place, multiply element by element and add up.

    Each value is ``sum(weight * pixel) / divisor + bias``. The kernel is laid on the window
    as it stands, which neural networks call convolution and signal processing calls
    cross-correlation; `flip` turns it by 180 degrees first, which is convolution there.

    >>> conv2d([[1, 2], [3, 4]], [[10, 20], [30, 40]], padding="valid")
    array([[300.]])

    Parameters
    ----------
    image : array of shape (H, W) or (H, W, C); bool, any integer or float type
    weights : array or Kernel
        of shape (kh, kw): the same kernel on every channel, of any size from 1x1;
        of shape (out, C / groups, kh, kw): a layer of a network, with `out` channels out.
        A `Kernel` brings its own divisor, bias and anchor.
    bias : number; with a layer also a vector of length `out`
    divisor : number other than 0
    stride, dilation : int or (rows, cols), from 1
        step from window to window, and from element to element in a window
    padding : how many rows and columns to make up around the image
        "same": as many as give ceil(H / stride) rows out, an odd one at the end, and none where
        the stride passes over more than the window reaches: the first is on row 0;
        "same_lower": an odd one at the start; "valid": none; "full": all that touch the
        image; or an int, (rows, cols), ((top, bottom), (left, right))
    groups : int; the channels in and out are split into so many groups that do not mix
    border : with what: "edge", "constant", "reflect", "mirror" or "wrap" (see `border`)
    fill : the value of a "constant" border
    flip : turn the kernel by 180 degrees first, its anchor with it
    anchor : (row, col) of the kernel's element that sits on the output pixel
        with "same" and "same_lower" it moves the windows; any other padding places them
    alpha : what the last channel is: "weight": alpha, by which each pixel is weighted, so that what
        is transparent has no colour to give (for weights of which none is negative, and the sum is
        above 0); "keep": alpha, carried along from the pixel under the anchor; "channel", and
        None: a channel like the others, as an array does not say more
    missing : what is done where floats are NaN, which marks what is missing: "propagate": a window
        with one has no value, NaN; "skip": only weights with a value count,
        ``sum(w p) / sum(w there) * sum(w) / divisor + bias``; "zero": it counts as 0
    min_valid : from 0 to 1; the least share of the weights that have a value under "skip"
    fill_missing : under "skip", whether a pixel that is missing itself gets a value, too
    dtype : the type of the result; an integer type is rounded to, half to even, and
        saturated, never wrapped; NaN becomes 0
    method : how to add up: "direct", "separable", "box", "product", "layer" or "fft"; None, the
        default, is what `plan` finds to be the quickest. Whole sums are the same by all. Others
        are within 1e-5 (float32) or 1e-12 (float64) of what their products' magnitudes add up to,
        and rounded the same except for ties.
    threads : how many to use, from 1; None is what `set_threads` says, at first every core. The
        values are the same, to the byte, for any number.

    Returns
    -------
    array of shape (H', W'), (H', W', C), or (H', W', out) for a layer
        float32 for pixels of up to 16 bits and for float32; float64 for any other, and where
        whole sums could pass 2**24 (2**23 under a divisor), so that whole weights on whole
        pixels are exact up to 2**53 (2**52 under a divisor). NaN and infinities spread as
        IEEE 754 says.

    Raises
    ------
    ConvtoolError
        on an argument out of its range, where no window fits into the image, and where `method`
        cannot do it

    The corners of these rules are those of ONNX's operator Conv and of PyTorch's conv2d.
    """
    operator = Conv(
        weights,
        bias=bias,
        divisor=divisor,
        stride=stride,
        padding=padding,
        dilation=dilation,
        groups=groups,
        border=border,
        fill=fill,
        anchor=anchor,
        flip=flip,
        alpha=alpha,
        missing=missing,
        min_valid=min_valid,
        fill_missing=fill_missing,
        dtype=dtype,
        method=method,
        dimensions=2,
    )
    return on_array(operator, image, alpha, threads)


def plan(
    weights: npt.ArrayLike | Kernel,
    dtype: npt.DTypeLike,
    shape: Sequence[int],
    *,
    result: npt.DTypeLike | None = None,
    **options: Any,
) -> Plan:
    """How `conv2d` would compute an image: `dtype` and `shape`, (H, W) or (H, W, C), are its own.

    With weights that have depth it is how `conv3d` would compute a volume, (D, H, W) or
    (D, H, W, C). `result` is conv2d's `dtype`, and `options` are its other options, except
    `threads`. The plan can be printed; its `method`, `parameters`, `reason` and `operations` tell
    the same one by one.

    >>> plan([[1, 1, 1]] * 3, "uint8", (480, 640)).method
    'separable'

    Raises ConvtoolError as `conv2d` does.
    """
    operator = Conv(weights, dtype=result, **options)
    dimensions = operator.dimensions
    if not isinstance(shape, tuple | list) or len(shape) not in (dimensions, dimensions + 1):
        raise ConvtoolError(f"shape is {quoted(shape)}, expected {SHAPES[dimensions][1]}")
    numbers = [whole_number(size, "shape", 1) for size in shape]
    depth, height, width = (1, *numbers[:dimensions])[-3:]
    names = tuple(map(str, range((*numbers, 1)[dimensions])))
    try:
        pixels = np.dtype(dtype)
    except (TypeError, ValueError):
        raise ConvtoolError(
            f"dtype is {quoted(dtype)}, expected bool, integers or floats"
        ) from None
    check_pixels(pixels)
    header = Header(depth * height, width, names, pixels, white_of(pixels), depth=depth)
    return operator.bind(with_alpha(header, options.get("alpha"))).plan


class Conv(Operator):
    """A convolution not yet bound to an image. Parameters as in `conv2d`, `conv1d` and `conv3d`.

    A kernel of fewer dimensions than the image has is laid on each slice, or on each row.
    `name` is what people call the weights; default: the Kernel's own.
    """

    def __init__(
        self,
        weights: npt.ArrayLike | Kernel,
        *,
        bias: Bias = 0.0,
        divisor: float = 1,
        stride: SizeLike = 1,
        padding: PaddingLike = "same",
        dilation: SizeLike = 1,
        groups: int = 1,
        border: Border = "edge",
        fill: float = 0.0,
        anchor: int | Sizes | None = None,
        flip: bool = False,
        alpha: Alpha | None = None,
        missing: Missing = "propagate",
        min_valid: float = 0.0,
        fill_missing: bool = False,
        dtype: npt.DTypeLike | None = None,
        method: MethodName | None = None,
        name: str = "",
        dimensions: int | None = None,
    ) -> None:
        self.name = name or (weights.name if isinstance(weights, Kernel) else "")
        if isinstance(weights, Kernel):
            if np.any(bias) or divisor != 1 or anchor is not None:
                raise ConvtoolError("a Kernel has its own bias, divisor and anchor: give no others")
            bias, divisor, anchor = weights.bias, weights.divisor, weights.anchor
            weights = weights.weights
            if dimensions == 1 and len(weights) == 1:
                weights, anchor = weights[0], None if anchor is None else anchor[1:]
        known = (dimensions,) if dimensions else (2, 3)
        checked = check_weights(weights, *known)
        dimensions = dimensions or (3 if checked.ndim in (3, 5) else 2)
        self.is_layer = self.mixes_channels = checked.ndim == dimensions + 2
        taps = checked.shape[-dimensions:]
        anchor = check_anchor(anchor, taps)
        if check_flag("flip", flip):
            checked = np.flip(checked, tuple(range(-dimensions, 0)))
            if anchor is not None:
                anchor = tuple(size - 1 - at for size, at in zip(taps, anchor, strict=True))
        self.dimensions = dimensions
        # One row of weights under another; with depth one plane under another.
        self.weights = checked.reshape(*checked.shape[:-dimensions], -1, taps[-1])
        self.bias = _check_bias(bias, checked.shape[0] if self.is_layer else None)
        self.divisor = check_divisor(divisor)
        self.taps = taps
        self.stride = sizes(stride, "stride", dimensions)
        self.padding = sides(padding, dimensions)
        self.dilation = sizes(dilation, "dilation", dimensions)
        self.groups = whole_number(groups, "groups", 1)
        self.border = check_word("border", border, BORDERS)
        fill = check_float("fill", fill)
        self.fill = fill if self.border == "constant" else 0
        self.anchor = anchor
        self.dtype = _check_dtype(dtype)
        self.method = None if method is None else check_word("method", method, METHODS)
        self.alpha = self._alpha(alpha)
        self.asked_alpha = alpha
        self.missing = check_rule(missing, min_valid, fill_missing)
        if missing == "skip" and (why := self._no_weights):
            raise ConvtoolError(
                f"missing is skip and {self._which} {why}: their sum is what it divides by; "
                "propagate and zero take any"
            )

    @property
    def _which(self) -> str:
        return f"kernel {self.name}" if self.name else "the kernel"

    @property
    def _no_weights(self) -> str:
        """Why its weights cannot say how much each pixel counts; nothing if they can."""
        if self.is_layer:
            return "is a layer, whose channels mix"
        if self.weights.min() < 0:
            return "has weights below 0"
        return "" if self.weights.any() else "has no weight above 0"

    @property
    def sums_to_zero(self) -> bool:
        """Whether the weights of each map sum to 0, up to rounding."""
        each = self.weights.reshape(len(self.weights) if self.is_layer else 1, -1)
        return bool((abs(each.sum(axis=1)) <= 1e-9 * abs(each).sum(axis=1)).all())

    @property
    def label(self) -> str:
        """``conv sobel_x 3x3, stride 2``"""
        return ", ".join((self.title, *self.placing))

    @property
    def title(self) -> str:
        """``conv sobel_x 3x3``"""
        return " ".join(filter(None, ("conv", self.name, shape_words(self.taps))))

    @property
    def placing(self) -> tuple[str, ...]:
        """What of the windows' places is not as usual: ``stride 2``, ``padding valid``."""
        found = []
        if set(self.stride) != {1}:
            found.append(f"stride {size_words(self.stride)}")
        if self.padding != "same":
            found.append(f"padding {padding_words(self.padding)}")
        if set(self.dilation) != {1}:
            found.append(f"dilation {size_words(self.dilation)}")
        return tuple(found)

    def _alpha(self, asked: Alpha | None) -> Alpha:
        """What is done with alpha: as asked, or what the weights ask for."""
        if asked is None:
            return "keep" if self._no_weights else "weight"
        if check_word("alpha", asked, ALPHAS) == "weight" and self._no_weights:
            raise ConvtoolError(
                f"alpha is weight and {self._which} {self._no_weights}: their sum is what it "
                "divides by; keep and channel take any"
            )
        return asked

    def bind(self, header: Header) -> "ConvStage | WeightedStage | MissingStage":
        """The stage for images of this description."""
        skips = self.missing.how != "propagate" and header.dtype.kind == "f"
        if header.has_alpha and self.alpha == "weight" and not (skips and not self.asked_alpha):
            check_missing(self.missing, header)
            return self._weighted(header)
        count = len(header.channels) if self.alpha == "channel" else header.colors
        stage = self._stage(header, count)
        return self._missing(stage) if skips else stage

    def _summing(self, fill: float) -> "Conv":
        """The same without divisor and bias, over a constant border of this value."""
        other = copy(self)
        other.dtype, other.divisor, other.bias, other.fill = None, 1.0, np.zeros(()), fill
        return other

    @property
    def _weight(self) -> float:
        """The sum of the weights."""
        with np.errstate(over="ignore"):
            return float(self.weights.sum(dtype=FLOAT64))

    def _missing(self, plain: ConvStage) -> MissingStage:
        """The stage for floats that may be missing."""
        colors = plain.input._replace(channels=plain.input.channels[: plain.task.channels]).flat
        marked = colors._replace(dtype=np.dtype(np.uint8) if is_whole(self.weights) else FLOAT64)
        products = self._summing(self.fill)._stage(colors, plain.task.channels)
        masks = self._summing(1)._stage(marked, plain.task.channels)
        merge = skipping_conv(products, masks, self._weight, self.divisor, float(self.bias))
        return MissingStage(plain, self.missing, plain.grid, plain.task.channels, merge)

    def _weighted(self, header: Header) -> WeightedStage:
        """The stage that weights by alpha."""
        plain = self._stage(header, header.colors)
        white = opaque(header)
        numbers = header.flat._replace(dtype=product_type(header.dtype), white=None)
        products = self._summing(self.fill * white)._stage(numbers, len(numbers.channels))
        fill = np.array([self.fill * white] * header.colors + [white])
        products = products._replace(fill=fill)
        share = Share.of(self._weight, self.divisor)
        bias = float(self.bias)
        return WeightedStage(plain, products, plain.output, lambda first, last: share, bias)

    def _stage(self, header: Header, count: int) -> ConvStage:
        """The stage that convolves so many channels. One more is alpha, which is carried along."""
        axes = place(
            header.size[-self.dimensions :],
            self.taps,
            stride=self.stride,
            padding=self.padding,
            dilation=self.dilation,
            anchor=self.anchor,
        )
        return self.along(along_all(header.size, axes), header, count)

    def along(self, axes: tuple[Axis, Axis, Axis], header: Header, count: int) -> ConvStage:
        """The stage whose windows stand so along slices, rows and columns."""
        depth, rows, cols = (axis.moderate for axis in axes)
        self._check_channels(count)
        weights, divisor, numbers = self._exactly(header.dtype)
        task = Task(weights, (rows, cols), count, self.groups, numbers, depth)
        channels = header.channels
        if self.is_layer:
            channels = tuple(str(i) for i in range(len(self.weights))) + channels[count:]
        dtype = self.dtype or numbers.result
        output = header._replace(
            height=depth.output * rows.output,
            width=cols.output,
            channels=channels,
            dtype=dtype,
            depth=depth.output,
        )
        return ConvStage(
            header,
            output,
            task,
            planner.plan(task, self.method),
            divisor,
            self.bias,
            self.border,
            self.fill,
        )

    def _exactly(self, pixels: DType) -> tuple[Array, float, Arithmetic]:
        """Weights, divisor and arithmetic for pixels of this type.

        Weights that are whole times a power of two, as 0.25, are so, and the divisor with them,
        where their sums on whole pixels are then exact.
        """
        others = self.bias, self.fill, self.dtype
        numbers = Arithmetic.of(pixels, self.weights, self.divisor, *others)
        power = 0 if numbers.whole or not numbers.finite else power_to_whole(self.weights)
        if power:
            weights = np.ldexp(self.weights, power).astype(np.int64)
            divisor = self.divisor * 2**power
            exact = Arithmetic.of(pixels, weights, divisor, *others)
            if exact.whole and (exact.rounded or exact.result == numbers.result):
                return weights, divisor, exact
        return self.weights, self.divisor, numbers

    def rounded(self, dtype: DType) -> "Conv":
        """The same convolution with results of this type; whole ones are rounded half to even."""
        other = copy(self)
        other.dtype = dtype
        return other

    def rounding(self, narrow: DType, wide: DType, header: Header) -> "Conv | None":
        """`rounded`, for images of whole numbers whose alpha, if any, fits into the type.

        Maps of float images may hold NaN, and are left alone.
        """
        if not (is_integer(header.dtype) and (self.dtype is None or self.dtype.kind == "f")):
            return None
        _, divisor, numbers = self._exactly(header.dtype)
        low, high = numbers.values(divisor, self.bias)
        least, most = limits(narrow)
        dtype = narrow if least - 0.25 < low and high < most + 0.25 else wide
        fits = not header.has_alpha or np.can_cast(header.dtype, dtype)
        return self.rounded(dtype) if fits else None

    def widened(self) -> "Conv":
        """The same with values of float64, unless another type was asked for."""
        return self if self.dtype else self.rounded(np.dtype(FLOAT64))

    def _check_channels(self, count: int) -> None:
        groups = self.groups
        if not self.is_layer:
            if groups != 1:
                expected = WEIGHTS[self.dimensions].partition(" or ")[0]
                raise ConvtoolError(f"groups is {groups}, but a {expected} kernel takes no groups")
            return
        out, per_group = self.weights.shape[:2]
        if per_group * groups != count or out % groups:
            taps = WEIGHTS[self.dimensions].partition("(out, in, ")[2]
            raise ConvtoolError(
                f"weights of shape {(out, per_group, *self.taps)} in {groups} group(s) do not fit "
                f"an image of {count} channel(s): expected (out, channels / groups, {taps}, "
                "with out and channels multiples of groups"
            )


def _check_bias(bias: Bias, length: int | None) -> Array:
    """The bias as float64: of shape (), or (length,) for a layer."""
    expected = "a number" if length is None else f"a number or a vector of {length}"
    try:
        vector = np.asarray(bias)
    except ValueError:
        raise ConvtoolError(f"bias is ragged, expected {expected}") from None
    if vector.ndim == 0:
        return np.asarray(check_number("bias", vector.item()), FLOAT64)
    if length is None or vector.shape != (length,):
        raise ConvtoolError(f"bias has shape {vector.shape}, expected {expected}")
    if vector.dtype.kind not in "iuf":
        raise ConvtoolError(f"bias is of {vector.dtype}, expected numbers")
    with np.errstate(over="ignore"):
        vector = vector.astype(FLOAT64)
    if not np.isfinite(vector).all():
        raise ConvtoolError("bias holds NaN or infinity, expected finite numbers")
    return vector


def _check_dtype(dtype: npt.DTypeLike | None) -> DType | None:
    if dtype is None:
        return None
    try:
        checked = np.dtype(dtype)
    except (TypeError, ValueError):
        raise ConvtoolError(
            f"dtype is {quoted(dtype)}, expected an integer or float type"
        ) from None
    if checked.kind not in "iuf":
        raise ConvtoolError(f"dtype is {checked}, expected an integer or float type")
    return checked
