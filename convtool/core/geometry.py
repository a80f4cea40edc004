"""Where windows stand: padding, stride and dilation turned into sizes and positions.

Integers only; nothing here has seen an array. One axis at a time: the window of output
position ``o`` begins at input position ``o * stride - before`` and has ``taps`` elements,
``dilation`` apart. Positions below 0 or past the end of the image lie in the padding.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from .choices import NamedPadding
from .errors import ConvtoolError
from .validation import Pair, Sides, Sizes, shape_words

if TYPE_CHECKING:
    from fractions import Fraction

BAND_ELEMENTS = 3 << 18
"""Values in a band: so few that a band and its sums stay in the cache, and so many that a step
over them takes much longer than the interpreter takes to hand over from thread to thread."""

TALLEST_BAND = 1 << 20
"""Values in a band that is higher than that for the sake of windows that reach over many rows."""

DEEPEST_BAND = 1 << 22
"""The same for the sake of windows that reach over several slices."""

LARGEST_PIECE = 1 << 20
"""Values that the windows of a piece of a band may lie on: a band's and its halo's, if they can."""


LARGEST_STACK = 8 * LARGEST_PIECE
"""Values that the windows of a piece may lie on that cannot be cut along the rows any more."""


class Axis(NamedTuple):
    """The windows along one axis of an image."""

    size: int
    taps: int
    stride: int
    dilation: int
    before: int
    after: int
    output: int
    center: int
    """How far into the window the pixel lies that the output pixel stands for."""

    @property
    def extent(self) -> int:
        """Input positions from a window's first element to its last, both counted."""
        return extent(self.taps, self.dilation)

    @property
    def moderate(self) -> "Axis":
        """The same windows; the step is no longer than all of the image, also of a single one."""
        return self._replace(stride=min(self.stride, self.before + self.size + self.after))

    @property
    def reach(self) -> int:
        """Input positions that one output position depends on."""
        return self.extent

    @property
    def step(self) -> "int | Fraction":
        """Input positions from one window to the next."""
        return self.stride

    @property
    def first(self) -> int:
        """The input position, padding included, at which the first window begins."""
        return -self.before

    def offset(self, middle: float) -> float:
        """The input position in the `middle` of the first window."""
        return middle - self.before

    def span(self, first: int, last: int) -> Pair:
        """The input positions, padding included, under the windows first, ..., last - 1."""
        return (
            first * self.stride - self.before,
            (last - 1) * self.stride - self.before + self.extent,
        )

    def positions(self, output: int) -> list[int]:
        """The input positions, padding included, under each element of the window `output`."""
        start = output * self.stride - self.before
        return [start + tap * self.dilation for tap in range(self.taps)]

    def taken(self, tap: int, count: int) -> slice:
        """The positions under element `tap` of `count` windows, in a cut that begins at `span`."""
        start = tap * self.dilation
        return slice(start, start + (count - 1) * self.stride + 1, self.stride)

    def centers(self, first: int, last: int) -> list[int]:
        """The input position nearest to each output position's own, inside the image."""
        start = self.center - self.before
        return [min(max(o * self.stride + start, 0), self.size - 1) for o in range(first, last)]

    def has_empty_window(self) -> bool:
        """Whether the elements of some window all lie outside the image."""
        last = (self.output - 1) * self.stride - self.before
        if self.before >= self.extent or last >= self.size:
            return True  # no need to count windows, which are very many under very wide padding
        return 0 in self.different_counts(padding=False)

    def counts(self, *, padding: bool) -> list[int]:
        """How many elements of each window lie in the image (or in image and padding)."""
        before, whole, after = self._counts(padding)
        return [*before, *[self.taps] * whole, *after]

    def different_counts(self, *, padding: bool) -> set[int]:
        """The different values of `counts`, of which there are few: images may be very large."""
        before, whole, after = self._counts(padding)
        return {*before, *[self.taps] * min(whole, 1), *after}

    def _counts(self, padding: bool) -> tuple[list[int], int, list[int]]:
        """Elements of the first windows, how many whole windows follow, and of the last ones."""
        low = -self.before if padding else 0
        high = self.size + (self.after if padding else 0)

        def count(output: int) -> int:
            start = output * self.stride - self.before
            return _steps_between(start, self.dilation, self.taps, low, high)

        first = min(max(-(-(low + self.before) // self.stride), 0), self.output)
        last = (high - self.extent + self.before) // self.stride + 1
        last = min(max(last, first), self.output)
        if first + self.output - last > MOST_AT_THE_ENDS:
            raise ConvtoolError(
                f"{first + self.output - last} windows reach beyond the image, too many to count; "
                "use a smaller window or less padding"
            )
        return [*map(count, range(first))], last - first, [*map(count, range(last, self.output))]


MOST_AT_THE_ENDS = 1 << 22
"""Windows along an axis that reach beyond the image."""

Window = tuple[Axis, Axis]
"""The windows over an image: (rows, columns)."""


def each_alone(size: int) -> Axis:
    """Windows of one element on each position of an axis."""
    return Axis(size, 1, 1, 1, 0, 0, size, 0)


def along_all(size: Sizes, axes: Sequence[Axis]) -> tuple[Axis, Axis, Axis]:
    """Windows along (slices, rows, columns): those given along the last axes, and of one element
    along the others."""
    found = list(map(each_alone, size))
    found[len(size) - len(axes) :] = axes
    depth, rows, cols = found
    return depth, rows, cols


class Field(NamedTuple):
    """The receptive field of a map's positions along one axis, in positions of the image.

    Position ``o`` depends on ``o * step + start``, ..., `size` of them; those below 0 or past the
    end lie in a border. See Dumoulin and Visin, A guide to convolution arithmetic for deep
    learning, 2016; Araujo, Norris and Sim, Computing receptive fields of CNNs, Distill, 2019.

    >>> axes = place((8, 8), (3, 3), stride=(2, 2), padding="same", dilation=(1, 1))
    >>> Field().through(axes[0]).through(axes[0])
    Field(size=7, step=4, start=0)
    """

    size: "int | Fraction" = 1
    step: "int | Fraction" = 1
    start: "int | Fraction" = 0

    def through(self, axis: Axis) -> "Field":
        """The field of a map computed from this one by the windows of an axis."""
        return Field(
            self.size + (axis.reach - 1) * self.step,
            self.step * axis.step,
            self.start + axis.first * self.step,
        )

    def joined(self, other: "Field") -> "Field":
        """The field of what is computed from two maps of one size and step."""
        start = min(self.start, other.start)
        stop = max(self.start + self.size, other.start + other.size)
        return Field(stop - start, max(self.step, other.step), start)


def extent(taps: int, dilation: int) -> int:
    """Input positions that `taps` elements, `dilation` apart, reach over."""
    return (taps - 1) * dilation + 1


def place(
    size: Sizes,
    taps: Sizes,
    *,
    stride: Sizes,
    padding: NamedPadding | Sides,
    dilation: Sizes,
    anchor: Sizes | None = None,
    ceil_mode: bool = False,
) -> tuple[Axis, ...]:
    """Place windows of `taps` (rows, columns) elements over an image of `size` (rows, columns).

    All are as many numbers as there are dimensions; so many axes come out.

    "same" and "same_lower" give ceil(size / stride) windows; the padding that this needs is
    split in halves, the odd one at the end ("same") or at the start ("same_lower"), as ONNX
    defines SAME_UPPER and SAME_LOWER. Windows that need none start at pixel 0, as TensorFlow's
    do; ONNX Runtime's SAME_UPPER leaves out half of the pixels over at the start. With an `anchor`
    they put that element of window ``o`` on pixel ``o * stride`` instead. Under any other padding
    the anchor moves no window: it only says which pixel the output pixel stands for.

    A last window that does not fit is dropped; `ceil_mode` keeps it, unless it would start in
    the end padding (PyTorch's rule).

    Raises ConvtoolError where not a single window fits.
    """
    paddings = [padding] * len(size) if isinstance(padding, str) else padding
    anchors = [None] * len(size) if anchor is None else anchor
    axes = tuple(
        _place_axis(size[i], taps[i], stride[i], dilation[i], paddings[i], anchors[i], ceil_mode)
        for i in range(len(size))
    )
    if any(axis.output < 1 for axis in axes):
        wide, reach = shape_words(taps), shape_words(tuple(axis.extent for axis in axes))
        spread = f" (dilated to {reach})" if reach != wide else ""
        what = {1: "a signal", 2: "an image", 3: "a volume"}[len(size)]
        raise ConvtoolError(
            f"a window of {wide}{spread} does not fit into {what} of {shape_words(size)} with this "
            "padding; use a smaller window or padding same"
        )
    return axes


def cut(length: int, height: int) -> Iterator[Pair]:
    """Cut 0..length into bands (first, last) of `height` rows; the last may be lower."""
    return ((first, min(first + height, length)) for first in range(0, length, height))


def band_height(row_elements: int, reach: int, *, deep: bool = False) -> int:
    """Rows in a band whose rows hold `row_elements` values, under windows over `reach` rows.

    Neighbouring bands share the rows that windows reach over: a band has twice as many if it can.
    `deep` are windows over several slices.
    """
    row = max(row_elements, 1)
    tallest = DEEPEST_BAND if deep else TALLEST_BAND
    return max(1, BAND_ELEMENTS // row, min(2 * reach, tallest // row))


def piece(height: int, cols: Axis, channels: int) -> int:
    """How many windows of a row to compute at once from `height` rows of pixels: all if it can be.

    Where few rows already make a band that is too large, it is cut along the rows as well.
    """
    most = LARGEST_PIECE // (height * channels)
    if (cols.output - 1) * cols.stride + cols.extent <= most:
        return cols.output
    return max((most - cols.extent) // cols.stride, cols.extent, 1)


def stack(window: Window, channels: int) -> int:
    """How many rows of windows to compute at once: of windows so long that a few make a piece that
    is too large, no more than they reach over."""
    rows, cols = window
    widest = min((cols.output - 1) * cols.stride + cols.extent, 2 * cols.extent) * channels
    fits = (LARGEST_STACK // widest - rows.extent) // rows.stride + 1
    return max(fits, rows.extent // rows.stride, 1)


def _place_axis(
    size: int,
    taps: int,
    stride: int,
    dilation: int,
    padding: NamedPadding | Pair,
    anchor: int | None,
    ceil_mode: bool,
) -> Axis:
    reach = extent(taps, dilation)
    if padding in ("same", "same_lower"):
        output = -(-size // stride)
        total = max((output - 1) * stride + reach - size, 0)
        before = total // 2 if padding == "same" else total - total // 2
        if anchor is not None:
            before = anchor * dilation
        after = max((output - 1) * stride + reach - size - before, 0)
    else:
        if isinstance(padding, tuple):
            before, after = padding
        else:
            before = after = reach - 1 if padding == "full" else 0
        room = size + before + after - reach
        output = (-(-room // stride) if ceil_mode else room // stride) + 1
        if ceil_mode and (output - 1) * stride >= size + before:
            output -= 1
    if stride == 1 and output == size:
        center = before
    elif anchor is not None:
        center = anchor * dilation
    else:
        center = reach // 2 if padding == "same_lower" else (reach - 1) // 2
    return Axis(size, taps, stride, dilation, before, after, output, center)


def _steps_between(start: int, step: int, count: int, low: int, high: int) -> int:
    """How many of start, start + step, ... (`count` of them) lie in low..high - 1."""
    skipped = max(-((start - low) // step), 0)
    reached = min(max(-((start - high) // step), 0), count)
    return max(reached - skipped, 0)
