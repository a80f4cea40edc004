"""Pairs of an image and its result: the pixels, and the windows behind them, band by band.

Windows of one, two or three dimensions all lie along slices, rows and columns: those of an image
have one element along the slices, and those of a signal along the rows, too.
"""

from collections.abc import Callable, Iterator
from math import prod
from typing import NamedTuple

import numpy as np

from ..core.choices import NamedPadding
from ..core.dtypes import Array
from ..core.errors import ConvtoolError, at, quoted
from ..core.geometry import Axis, along_all, band_height, cut, place
from ..core.image import Header
from ..core.slices import Part
from ..core.validation import DIMENSIONS, Pair, SizeLike, Sizes, shape_words, sizes
from ..io.base import Reader
from ..ops.weighted import opaque
from ..pipeline.row_buffer import Rows

LEAST_STRIPS = 8
"""Bands of a small image, so that threads have something to share."""

PADDINGS: tuple[NamedPadding, ...] = ("same", "valid", "full")
"""The paddings that are tried for the size of a result, the likeliest first."""

Opening = Callable[[], Reader]
"""Opens an image, from its first row on, each time that it is called."""


class ImagePair(NamedTuple):
    """An image and its result."""

    before: Opening
    after: Opening
    name: str = "the pair"
    """Its name in errors."""


class Model(NamedTuple):
    """The kind of kernel that is looked for."""

    size: Sizes
    """As many numbers as it has dimensions, from one to three."""
    stride: Sizes
    dilation: Sizes
    bias: bool = False
    layer: bool = False
    """Whether each channel out has weights of its own for every channel in."""
    padding: NamedPadding | None = None
    """The padding of the result; None: the likeliest that gives its size."""
    anchor: Sizes | None = None
    """The weight that sits on the output pixel; None: the middle one."""

    @classmethod
    def of(
        cls,
        size: SizeLike,
        stride: SizeLike = 1,
        dilation: SizeLike = 1,
        *,
        bias: bool = False,
        layer: bool = False,
    ) -> "Model":
        """The model of this size: (rows, columns), (slices, rows, columns) or (samples,).

        One number stands for as many as there are dimensions, which are two where `size` is one.
        Raises ConvtoolError for what is no such size, stride or dilation.
        """
        dimensions = len(size) if isinstance(size, tuple | list) else 2
        if dimensions not in DIMENSIONS:
            raise ConvtoolError(
                f"size is {quoted(size)}, expected (rows, columns), (slices, rows, columns) or "
                "(samples,)"
            )
        checked = sizes(size, "size", dimensions)
        steps = sizes(stride, "stride", dimensions), sizes(dilation, "dilation", dimensions)
        return cls(checked, *steps, bias, layer)

    @property
    def dimensions(self) -> int:
        """How many the windows have."""
        return len(self.size)

    @property
    def taps(self) -> int:
        """Weights of one channel."""
        return prod(self.size)

    @property
    def shape(self) -> Sizes:
        """That of a kernel: in one dimension it has one row."""
        return (1,) * (2 - self.dimensions) + self.size

    @property
    def place(self) -> Sizes | None:
        """The anchor in a kernel of this shape."""
        return None if self.anchor is None else (0,) * (2 - self.dimensions) + self.anchor


class Strip(NamedTuple):
    """Some windows within the image, and their values."""

    windows: Part
    top: int
    band: Array
    """The rows of the image under them, (n, W, C), from row `top` on."""
    before: Array
    """(slices, rows, W, C), those rows of the band that the windows lie on."""
    after: Array
    """(slices, rows, W', C'), the rows of the windows' values, from end to end."""


class Overlay(NamedTuple):
    """A pair of images, with the windows behind the result's pixels; without alpha."""

    name: str
    before_reader: Reader
    after_reader: Reader
    before: Header
    after: Header
    padding: NamedPadding
    axes: tuple[Axis, Axis, Axis]
    """The windows along (slices, rows, columns)."""
    within: tuple[Pair, Pair, Pair]
    """The outputs (first, last) along each axis whose windows lie within the image."""

    @property
    def cols(self) -> Pair:
        """The columns of the result whose windows lie within the image."""
        return self.within[2]

    @property
    def scale(self) -> float:
        """A value of the result times this is in the unit of the image; 1 if whites are equal."""
        if self.before.white and self.after.white:
            return self.before.white / self.after.white
        return 1.0

    @property
    def inner(self) -> int:
        """Values of the result whose windows lie within the image."""
        return prod(last - first for first, last in self.within) * len(self.after.channels)

    @property
    def border(self) -> int:
        """Values of the result whose windows reach over the border."""
        return self.after.height * self.after.row_elements - self.inner

    def strips(self) -> Iterator[Strip]:
        """The windows that count, in order: rows of a slice, or whole slices where these are small.

        Slices under windows with depth are put together once for all strips of these windows.
        """
        before, after = Rows(self.before_reader.blocks()), Rows(self.after_reader.blocks())
        depth, axis, _ = self.axes
        all_slices, all_rows, _ = self.within
        high, high_out = axis.size, axis.output
        height, in_slice = self._height(), all_rows[1] - all_rows[0]
        for slices in _cut(all_slices, max(height // in_slice, 1)):
            under = depth.span(*slices)
            for read in _cut(all_rows, in_slice if depth.extent > 1 else height):
                start, stop = Part(under, axis.span(*read)).span(high)
                begin, end = Part(slices, read).span(high_out)
                before.forget(start)
                after.forget(begin)
                pixels = before.take(start, stop)[..., : len(self.before.channels)]
                values = after.take(begin, end)[..., : len(self.after.channels)]
                for rows in _cut(read, height):
                    lower, windows = Part(under, axis.span(*rows)), Part(slices, rows)
                    top, bottom = lower.span(high)
                    first, last = windows.span(high_out)
                    band = pixels[top - start : bottom - start]
                    result = windows.taken(values[first - begin : last - begin], high_out)
                    yield Strip(windows, top, band, lower.taken(band, high), result)
        before.read_to_the_end()
        after.read_to_the_end()

    def _height(self) -> int:
        """Rows of a strip, which depend on the images alone."""
        depth, axis, _ = self.axes
        row = max(self.before.row_elements, self.after.row_elements)
        under = row * max(depth.extent, depth.stride)
        height = band_height(under, axis.extent) // axis.stride
        (front, back), (top, bottom), _ = self.within
        return max(1, min(height, (back - front) * (bottom - top) // LEAST_STRIPS))


def overlay(pair: ImagePair, model: Model) -> Overlay:
    """Open both images, and place the windows by the size of the result.

    Raises ConvtoolError where the sizes or the channels do not go together, and where no window
    lies within the image.
    """
    before, after = pair.before(), pair.after()
    with at(pair.name):
        source, result = _colors(before.header), _colors(after.header)
        if model.layer and not before.header.has_alpha:
            result = after.header  # its maps are as many as they are: none is alpha
        count, count_out = len(source.channels), len(result.channels)
        if count != count_out and not model.layer:
            raise ConvtoolError(
                f"the image has {count} channel(s) and the result {count_out}, expected the same "
                "number; a layer may differ (--layer)"
            )
        model = likely_models(source, result, model)[0]
        padding = model.padding or PADDINGS[0]
        axes = _axes(source, model, padding)
        slices, rows, cols = map(_inner, axes)
        if any(first >= last for first, last in (slices, rows, cols)):
            window = shape_words(tuple(axis.extent for axis in axes[-model.dimensions :]))
            size = shape_words(source.size[-_shown(source, result, model) :])
            flat = model.dimensions == 3 and source.depth == 1
            remedy = (
                "images of several slices (of numbers: --axes zyx)" if flat else "larger images"
            )
            raise ConvtoolError(
                f"no window of {window} lies in the image of {size}: use a smaller size, or "
                f"{remedy}"
            )
        within = slices, rows, cols
        return Overlay(pair.name, before, after, source, result, padding, axes, within)


def has_transparency(pair: ImagePair) -> bool:
    """Whether the image before has pixels that are not opaque."""
    before = pair.before()
    return before.header.has_alpha and any(
        bool(np.any(block[..., -1] != opaque(before.header))) for block in before.blocks()
    )


def _colors(header: Header) -> Header:
    """The description without alpha; without a white for bool, which has no other value but 0."""
    white = None if header.dtype.kind == "b" else header.white
    return header._replace(channels=header.channels[: header.colors], white=white)


def likely_models(source: Header, result: Header, model: Model) -> list[Model]:
    """The model with each padding, and each middle of an even kernel, that gives this size.

    The likeliest comes first. Libraries differ in the middle of an even number of weights.
    Raises ConvtoolError where no padding gives a result of this size.
    """
    found: dict[tuple[Axis, ...], Model] = {}
    expected = []
    shown = _shown(source, result, model)
    anchors = [model.anchor]
    if not model.layer and any(count % 2 == 0 for count in model.size):
        anchors.append(tuple(count // 2 for count in model.size))
    for padding in (model.padding,) if model.padding else PADDINGS:
        for anchor in anchors if padding == "same" else anchors[:1]:
            one = model._replace(padding=padding, anchor=anchor)
            try:
                axes = _axes(source, one, padding)
            except ConvtoolError:  # no window fits
                continue
            output = tuple(axis.output for axis in axes)
            if output == result.size:
                found.setdefault(axes, one)
            elif anchor == anchors[0]:
                expected.append(f"{shape_words(output[-shown:])} ({padding})")
    if found:
        return list(found.values())
    both = (shape_words(header.size[-shown:]) for header in (source, result))
    other = "a stride or dilation"
    if source.depth != result.depth and model.dimensions < 3:
        other = "a size with slices (--size 3x3x3) or --frames"
    raise ConvtoolError(
        f"the image is {' and the result '.join(both)}, expected {', '.join(expected)}; {other} "
        "changes that"
    )


def _shown(source: Header, result: Header, model: Model) -> int:
    """How many numbers say how large the images are."""
    return 3 if max(source.depth, result.depth) > 1 else model.dimensions


def _axes(source: Header, model: Model, padding: NamedPadding) -> tuple[Axis, Axis, Axis]:
    """The windows along (slices, rows, columns)."""
    axes = place(
        source.size[-model.dimensions :],
        model.size,
        stride=model.stride,
        padding=padding,
        dilation=model.dilation,
        anchor=model.anchor,
    )
    return along_all(source.size, axes)


def _inner(axis: Axis) -> Pair:
    """The outputs (first, last) whose windows lie within the image."""
    first = -(-axis.before // axis.stride)
    last = (axis.size - axis.extent + axis.before) // axis.stride + 1
    return first, min(last, axis.output)


def _cut(some: Pair, height: int) -> Iterator[Pair]:
    """These numbers (first, last) in pieces of so many; the last one may be smaller."""
    return ((some[0] + first, some[0] + last) for first, last in cut(some[1] - some[0], height))
