"""Pairs of an image and its result: the pixels, and the windows behind them, band by band."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from ..core.choices import NamedPadding
from ..core.dtypes import Array
from ..core.errors import ConvtoolError, at
from ..core.geometry import Axis, Window, band_height, cut, place
from ..core.image import Header
from ..core.validation import Pair
from ..io.base import Reader
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

    size: Pair
    stride: Pair = (1, 1)
    dilation: Pair = (1, 1)
    bias: bool = False
    layer: bool = False
    """Whether each channel out has weights of its own for every channel in."""
    padding: NamedPadding | None = None
    """The padding of the result; None: the likeliest that gives its size."""
    anchor: Pair | None = None
    """The weight that sits on the output pixel; None: the middle one."""

    @property
    def taps(self) -> int:
        """Weights of one channel."""
        return self.size[0] * self.size[1]


class Strip(NamedTuple):
    """Some rows of the result, and the rows of the image under their windows."""

    first: int
    last: int
    before: Array
    after: Array


class Overlay(NamedTuple):
    """A pair of images, with the windows behind the result's pixels; without alpha."""

    name: str
    before_reader: Reader
    after_reader: Reader
    before: Header
    after: Header
    padding: NamedPadding
    window: Window
    rows: Pair
    """The rows (first, last) of the result whose windows lie within the image."""
    cols: Pair

    @property
    def scale(self) -> float:
        """A value of the result times this is in the unit of the image; 1 if whites are equal."""
        if self.before.white and self.after.white:
            return self.before.white / self.after.white
        return 1.0

    @property
    def inner(self) -> int:
        """Values of the result whose windows lie within the image."""
        (top, bottom), (left, right) = self.rows, self.cols
        return (bottom - top) * (right - left) * len(self.after.channels)

    @property
    def border(self) -> int:
        """Values of the result whose windows reach over the border."""
        return self.after.height * self.after.row_elements - self.inner

    def strips(self) -> Iterator[Strip]:
        """The rows that count, from top to bottom."""
        before, after = Rows(self.before_reader.blocks()), Rows(self.after_reader.blocks())
        axis, (top, bottom) = self.window[0], self.rows
        for start, stop in cut(bottom - top, self._height()):
            first, last = top + start, top + stop
            begin, end = axis.span(first, last)
            before.forget(begin)
            after.forget(first)
            yield Strip(
                first,
                last,
                before.take(begin, end)[..., : len(self.before.channels)],
                after.take(first, last)[..., : len(self.after.channels)],
            )
        before.read_to_the_end()
        after.read_to_the_end()

    def _height(self) -> int:
        """Rows of a strip, which depend on the images alone."""
        axis = self.window[0]
        row = max(self.before.row_elements, self.after.row_elements)
        height = band_height(row, axis.extent) // axis.stride
        return max(1, min(height, (self.rows[1] - self.rows[0]) // LEAST_STRIPS))


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
        window = _window(source, model, padding)
        rows, cols = (_inner(axis) for axis in window)
        if rows[0] >= rows[1] or cols[0] >= cols[1]:
            kh, kw = (axis.extent for axis in window)
            raise ConvtoolError(
                f"no window of {kh}x{kw} lies in the image of {source.height}x"
                f"{source.width}: use a smaller size, or larger images"
            )
        return Overlay(pair.name, before, after, source, result, padding, window, rows, cols)


def _colors(header: Header) -> Header:
    """The description without alpha; without a white for bool, which has no other value but 0."""
    white = None if header.dtype.kind == "b" else header.white
    return header._replace(channels=header.channels[: header.colors], white=white)


def likely_models(source: Header, result: Header, model: Model) -> list[Model]:
    """The model with each padding, and each middle of an even kernel, that gives this size.

    The likeliest comes first. Libraries differ in the middle of an even number of weights.
    Raises ConvtoolError where no padding gives a result of this size.
    """
    found: dict[Window, Model] = {}
    expected = []
    rows, cols = model.size
    anchors = [model.anchor]
    if not model.layer and (rows % 2 == 0 or cols % 2 == 0):
        anchors.append((rows // 2, cols // 2))
    for padding in (model.padding,) if model.padding else PADDINGS:
        for anchor in anchors if padding == "same" else anchors[:1]:
            one = model._replace(padding=padding, anchor=anchor)
            try:
                window = _window(source, one, padding)
            except ConvtoolError:  # no window fits
                continue
            output = window[0].output, window[1].output
            if output == (result.height, result.width):
                found.setdefault(window, one)
            elif anchor == anchors[0]:
                expected.append(f"{output[0]}x{output[1]} ({padding})")
    if found:
        return list(found.values())
    sizes = f"{source.height}x{source.width} and the result {result.height}x{result.width}"
    raise ConvtoolError(
        f"the image is {sizes}, expected {', '.join(expected)}; a stride or dilation changes that"
    )


def _window(source: Header, model: Model, padding: NamedPadding) -> Window:
    rows, cols = place(
        (source.height, source.width),
        model.size,
        stride=model.stride,
        padding=padding,
        dilation=model.dilation,
        anchor=model.anchor,
    )
    return rows, cols


def _inner(axis: Axis) -> Pair:
    """The outputs (first, last) whose windows lie within the image."""
    first = -(-axis.before // axis.stride)
    last = (axis.size - axis.extent + axis.before) // axis.stride + 1
    return first, min(last, axis.output)
