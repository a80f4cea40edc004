"""Convolution: the array function, and the stage that runs it on a band."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from . import tone
from .arguments import (
    PaddingLike,
    Pair,
    PairLike,
    check_divisor,
    check_flag,
    check_float,
    check_number,
    check_word,
    pair,
    sides,
    whole_number,
)
from .border import extend, rows_needed
from .errors import ConvtoolError
from .geometry import Window, place
from .image import Header, check_image
from .kernel import Kernel, check_anchor, check_weights
from .precision import (
    EXACT_IN_FLOAT32,
    EXACT_IN_FLOAT64,
    FLOAT64,
    Array,
    DType,
    is_integer,
    is_whole,
    peak,
    result_float,
    result_of_sums,
    sum_type,
)
from .stage import over_array
from .words import BORDERS, Border

Bias = float | npt.ArrayLike


def conv2d(
    image: npt.ArrayLike,
    weights: npt.ArrayLike | Kernel,
    *,
    bias: Bias = 0.0,
    divisor: float = 1,
    stride: PairLike = 1,
    padding: PaddingLike = "same",
    dilation: PairLike = 1,
    groups: int = 1,
    border: Border = "edge",
    fill: float = 0.0,
    anchor: Pair | None = None,
    flip: bool = False,
    dtype: npt.DTypeLike | None = None,
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
        every channel is convolved: an array does not say that one of them is alpha
    weights : array or Kernel
        of shape (kh, kw): the same kernel on every channel, of any size from 1x1;
        of shape (out, C / groups, kh, kw): a layer of a network, with `out` channels out.
        A `Kernel` brings its own divisor, bias and anchor.
    bias : number; with a layer also a vector of length `out`
    divisor : number other than 0
    stride, dilation : int or (rows, cols), from 1
        step from window to window, and from element to element in a window
    padding : how many rows and columns to make up around the image
        "same": as many as give ceil(H / stride) rows out, an odd one at the end;
        "same_lower": an odd one at the start; "valid": none; "full": all that touch the
        image; or an int, (rows, cols), ((top, bottom), (left, right))
    groups : int; the channels in and out are split into so many groups that do not mix
    border : with what: "edge", "constant", "reflect", "mirror" or "wrap" (see `border`)
    fill : the value of a "constant" border
    flip : turn the kernel by 180 degrees first, its anchor with it
    anchor : (row, col) of the kernel's element that sits on the output pixel
        with "same" and "same_lower" it moves the windows; any other padding places them
    dtype : the type of the result; an integer type is rounded to, half to even, and
        saturated, never wrapped

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
        on an argument out of its range, and where no window fits into the image

    The corners of these rules are those of ONNX's operator Conv and of PyTorch's conv2d.
    """
    pixels = check_image(image)
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
        dtype=dtype,
    )
    result = over_array(operator.bind(Header.of_array(pixels)), pixels)
    return result[..., 0] if np.ndim(image) == 2 and not operator.is_layer else result


class Conv:
    """A convolution not yet bound to an image. Parameters as in `conv2d`."""

    def __init__(
        self,
        weights: npt.ArrayLike | Kernel,
        *,
        bias: Bias = 0.0,
        divisor: float = 1,
        stride: PairLike = 1,
        padding: PaddingLike = "same",
        dilation: PairLike = 1,
        groups: int = 1,
        border: Border = "edge",
        fill: float = 0.0,
        anchor: Pair | None = None,
        flip: bool = False,
        dtype: npt.DTypeLike | None = None,
    ) -> None:
        if isinstance(weights, Kernel):
            if np.any(bias) or divisor != 1 or anchor is not None:
                raise ConvtoolError("a Kernel has its own bias, divisor and anchor: give no others")
            bias, divisor, anchor = weights.bias, weights.divisor, weights.anchor
            weights = weights.weights
        checked = check_weights(weights)
        self.is_layer = checked.ndim == 4
        taps = (checked.shape[-2], checked.shape[-1])
        anchor = check_anchor(anchor, taps)
        if check_flag("flip", flip):
            checked = checked[..., ::-1, ::-1]
            if anchor is not None:
                anchor = taps[0] - 1 - anchor[0], taps[1] - 1 - anchor[1]
        self.weights = checked
        self.bias = _check_bias(bias, checked.shape[0] if self.is_layer else None)
        self.divisor = check_divisor(divisor)
        self.taps = taps
        self.stride = pair(stride, "stride")
        self.padding = sides(padding)
        self.dilation = pair(dilation, "dilation")
        self.groups = whole_number(groups, "groups", 1)
        self.border = check_word("border", border, BORDERS)
        fill = check_float("fill", fill)
        self.fill = fill if self.border == "constant" else 0
        self.anchor = anchor
        self.dtype = _check_dtype(dtype)

    def bind(self, header: Header) -> "ConvStage":
        """The stage for images of this description."""
        window = place(
            (header.height, header.width),
            self.taps,
            stride=self.stride,
            padding=self.padding,
            dilation=self.dilation,
            anchor=self.anchor,
        )
        self._check_channels(header)
        exact, sums, result = self._types(header.dtype)
        channels = header.channels
        if self.is_layer:
            channels = tuple(str(i) for i in range(len(self.weights))) + channels[header.colors :]
        output = Header(
            window[0].output, window[1].output, channels, self.dtype or result, header.white
        )
        return ConvStage(self, header, output, window, exact, sums, result)

    def _check_channels(self, header: Header) -> None:
        count, groups = header.colors, self.groups
        if not self.is_layer:
            if groups != 1:
                raise ConvtoolError(f"groups is {groups}, but a (kh, kw) kernel takes no groups")
            return
        out, per_group = self.weights.shape[:2]
        if per_group * groups != count or out % groups:
            raise ConvtoolError(
                f"weights of shape {self.weights.shape} in {groups} group(s) do not fit an image "
                f"of {count} channel(s): expected (out, channels / groups, kh, kw), "
                "with out and channels multiples of groups"
            )

    def _types(self, dtype: DType) -> tuple[bool, DType, DType]:
        """(whether sums are of whole numbers, the type to add up in, the type of the result)"""
        whole = is_integer(dtype) and is_whole(self.weights) and is_whole(self.fill)
        if not whole or not np.isfinite(self.fill):
            return False, FLOAT64, result_float(dtype)
        pixel = max(peak(dtype), abs(self.fill))
        magnitudes = np.abs(self.weights.astype(FLOAT64))
        axes = (1, 2, 3) if self.is_layer else (0, 1)
        with np.errstate(over="ignore"):
            bound = max(pixel * float(magnitudes.sum(axis=axes).max()), pixel)
        with_bias = bound + abs(self.divisor) * float(np.abs(self.bias).max())
        exact = is_whole(self.divisor) and is_whole(self.bias) and with_bias < EXACT_IN_FLOAT64
        largest = with_bias / min(abs(self.divisor), 1)
        result = result_of_sums(dtype, largest, divided=abs(self.divisor) != 1)
        return exact, sum_type(with_bias if exact else bound), result


@dataclass(frozen=True, eq=False)
class ConvStage:
    """A convolution bound to an image, by shifted adds: one pass over the band a weight."""

    conv: Conv
    input: Header
    output: Header
    window: Window
    exact: bool
    """Whether sums, divisor and bias are whole, so that one division makes the only rounding."""
    sums: DType
    result: DType

    def rows_needed(self, first: int, last: int) -> Pair:
        """The input rows under the output rows first..last - 1: border sources, alpha's rows."""
        rows = self.window[0]
        start, stop = rows_needed(*rows.span(first, last), self.input.height, self.conv.border)
        if self.input.has_alpha:
            centers = rows.centers(first, last)
            start, stop = min(start, centers[0]), max(stop, centers[-1] + 1)
        return start, stop

    def run(self, band: Array, top: int, first: int, last: int) -> Array:
        """Output rows first..last - 1; alpha, if any, is sampled and not convolved."""
        rows, cols = self.window
        padded = extend(
            band[..., : self.input.colors],
            top,
            self.input.height,
            rows.span(first, last),
            cols.span(0, cols.output),
            self.conv.border,
            self.conv.fill,
            self.sums,
        )
        values = self._finish(self._sums(padded, last - first))
        if not self.input.has_alpha:
            return values
        alpha = band[:, :, -1:][np.subtract(rows.centers(first, last), top)]
        alpha = alpha[:, cols.centers(0, cols.output)]
        return np.concatenate([values, alpha.astype(values.dtype)], axis=-1)

    def _sums(self, padded: Array, height: int) -> Array:
        """The sums of products, shape (height, W', C')."""
        weights = self.conv.weights.astype(self.sums)
        # Zero times NaN or infinity is NaN, so a zero weight only drops out where neither can be.
        skip_zeros = is_integer(self.input.dtype) and bool(np.isfinite(self.conv.fill))
        width = self.window[1].output
        if not self.conv.is_layer:
            out = np.zeros((height, width, padded.shape[2]), self.sums)
            _add_shifted(out, padded, weights, self.window, skip_zeros)
            return out
        planes = np.ascontiguousarray(np.moveaxis(padded, -1, 0))
        out = np.zeros((len(weights), height, width), self.sums)
        group_in, group_out = weights.shape[1], len(weights) // self.conv.groups
        for index, kernels in enumerate(weights):
            start = index // group_out * group_in
            for plane, kernel in zip(planes[start : start + group_in], kernels, strict=True):
                _add_shifted(out[index], plane, kernel, self.window, skip_zeros)
        return np.moveaxis(out, 0, -1)

    def _finish(self, sums: Array) -> Array:
        """sums / divisor + bias in the type of the result."""
        divisor, bias = self.conv.divisor, self.conv.bias
        if self.exact:
            if np.any(bias):
                sums = sums + (bias * divisor).astype(self.sums)
            wide = self.conv.dtype is not None or abs(divisor) > EXACT_IN_FLOAT32
            values = sums.astype(FLOAT64 if wide else self.result)
            if divisor != 1:
                values /= divisor
        else:
            values = sums.astype(FLOAT64, copy=False)
            values /= divisor
            values += bias
        if self.conv.dtype is None:
            return values.astype(self.result, copy=False)
        if is_integer(self.conv.dtype):
            return tone.saturate(values, self.conv.dtype)
        return values.astype(self.conv.dtype)


def _add_shifted(
    out: Array, padded: Array, weights: Array, window: Window, skip_zeros: bool
) -> None:
    """Add weight * shifted image to `out`, weight by weight, in the weights' order."""
    rows, cols = window
    product = np.empty_like(out)
    for (i, j), weight in np.ndenumerate(weights):
        if weight == 0 and skip_zeros:
            continue
        shifted = padded[rows.taken(i, len(out)), cols.taken(j, out.shape[1])]
        if weight == 1:  # the same values as by the general way, in half the time
            np.add(out, shifted, out=out)
        elif weight == -1:
            np.subtract(out, shifted, out=out)
        else:
            np.multiply(shifted, weight, out=product)
            np.add(out, product, out=out)


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
    except TypeError:
        raise ConvtoolError(f"dtype is {dtype!r}, expected an integer or float type") from None
    if checked.kind not in "iuf":
        raise ConvtoolError(f"dtype is {checked}, expected an integer or float type")
    return checked
