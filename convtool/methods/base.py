"""What a method is given to do, and what a method is."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property

from ..core.dtypes import Array, DType
from ..core.geometry import Axis, Window, each_alone
from .accumulators import Arithmetic
from .loops.band import Rounding
from .loops.strided import strided


@dataclass(eq=False, repr=False)
class Task:
    """The sums of products of a convolution, as a method sees them.

    A method gets bands that are cut out and padded already, and gives the sums for each
    window; border, divisor and bias are not its business. The slices under a kernel with depth lie
    one under another in such a band, and so do the planes of its weights.
    """

    weights: Array
    """(kh, kw): the same on every channel; or (out, in / groups, kh, kw). With depth there are kd
    times kh rows."""
    window: Window
    channels: int
    """Of the image, alpha aside."""
    groups: int
    numbers: Arithmetic
    """What is known of the sums, and the types that suit them."""
    depth: Axis = field(default_factory=lambda: each_alone(1))
    """The windows along the slices; a band holds those under one slice of windows."""

    @property
    def is_layer(self) -> bool:
        """Whether the channels mix."""
        return self.weights.ndim == 4

    @property
    def taps(self) -> int:
        """Products in a sum."""
        size: int = self.weights[0].size if self.is_layer else self.weights.size
        return size

    @property
    def channels_out(self) -> int:
        """Channels of the sums."""
        return len(self.weights) if self.is_layer else self.channels

    @property
    def width(self) -> int:
        """Windows in a row."""
        return self.window[1].output

    def narrowed(self, width: int) -> "Task":
        """The same for so many windows in a row."""
        rows, cols = self.window
        return replace(self, window=(rows, cols._replace(output=width)))

    @property
    def is_flat(self) -> bool:
        """Whether a window lies on one slice."""
        return self.depth.taps == 1

    def apart(self, height: int) -> int:
        """Rows from one plane of the kernel to the next in the band of so many rows of windows."""
        rows = self.window[0]
        return self.depth.dilation * ((height - 1) * rows.stride + rows.extent)

    def tops(self, height: int) -> list[int]:
        """The row of such a band under each row of weights, in the first row of windows."""
        rows, apart = self.window[0], self.apart(height)
        planes = range(self.depth.taps)
        return [i * apart + j * rows.dilation for i in planes for j in range(rows.taps)]

    def views(self, padded: Array, height: int) -> Iterator[Array]:
        """For each tap the pixels under it, one a window, in the weights' order.

        Of shape (height, W' * C) where the channels can stay together and the step from
        window to window is 1, which is what is quick; else (C, height, W').
        """
        rows, cols = self.window
        reach = (height - 1) * rows.stride + 1
        lines = [slice(top, top + reach, rows.stride) for top in self.tops(height)]
        if cols.stride == 1 and not self.is_layer:
            channels = self.channels
            plane = padded.reshape(len(padded), -1)
            for taken in lines:
                for j in range(cols.taps):
                    start = j * cols.dilation * channels
                    yield plane[taken, start : start + self.width * channels]
            return
        planes = padded.transpose(2, 0, 1)
        for taken in lines:
            for j in range(cols.taps):
                yield planes[:, taken, cols.taken(j, self.width)]

    def windows(self, padded: Array, height: int) -> Array:
        """The pixels under every window as (height, kh, kw, W' * C), of which nothing is copied.

        Only where the step from window to window is 1 along the rows.
        """
        rows, cols = self.window
        row, col, item = padded.strides
        return strided(
            padded,
            (height, rows.taps, cols.taps, self.width * self.channels),
            (row * rows.stride, row * rows.dilation, col * cols.dilation, item),
        )

    def channels_last(self, sums: Array, height: int) -> Array:
        """Sums in one of the shapes of `views` as (height, W', C')."""
        if sums.ndim == 2:
            return sums.reshape(height, self.width, self.channels_out)
        return sums.transpose(1, 2, 0)

    def __eq__(self, other: object) -> bool:
        """Equal in all that is asked for."""
        return isinstance(other, Task) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)

    @cached_property
    def _key(self) -> tuple[object, ...]:
        weights = self.weights
        described = weights.tobytes(), weights.shape, weights.dtype.str
        return *described, self.window, self.channels, self.groups, self.numbers, self.depth


class Method(ABC):
    """A way to compute the sums, prepared for one task.

    Bands may come in any order, on any thread: a method keeps what it has computed from its task,
    and nothing of a band. Its `sums` are exact where the task is whole. Where it is not, all pixels
    are finite, and so small that no sum overflows; every method except "direct" relies on it.
    """

    task: Task
    input: DType
    """The type in which it takes the padded band."""
    blas = False
    """Whether it calls BLAS, which is then limited to one thread."""
    local = True
    """Whether a pixel has no influence on sums outside whose windows it lies."""
    compiled = False
    """Whether the compiled loops do it."""
    tile: tuple[int, int, int] | None = None
    """How many windows along slices, rows and columns `sums_of_slices` computes at once; None: any
    rows of one slice are computed, by `sums`."""

    @property
    @abstractmethod
    def reason(self) -> str:
        """Why this is a way to do the task."""

    @property
    def parameters(self) -> dict[str, str]:
        """How it works, in words."""
        return {"sums": str(self.input)}

    @property
    def lines(self) -> tuple[Array, ...]:
        """The kernel that products are made with; or a column, and a row for the column's sums."""
        return (self.task.weights,)

    @property
    def in_order(self) -> bool:
        """Whether products are added up in the order of these weights."""
        return False

    @property
    @abstractmethod
    def operations(self) -> float:
        """Additions and multiplications for one value of the map."""

    @property
    @abstractmethod
    def cost(self) -> float:
        """Estimated nanoseconds for one value of the map, see `cost`."""

    def sums_into(self, padded: Array, rows: Array, rounding: Rounding | None = None) -> int | None:
        """`sums`, written into rows (height, W' * C') of their type, or rounded into those of 8 or
        16 bits. Returns how many are next to a tie; None if it cannot do so."""
        return None

    def sums_of_slices(self, padded: Array, height: int) -> Array:
        """The sums (slices, height, W', C') of several slices of windows, where it has a `tile`.

        `padded` (n, P, C) holds all slices under them.
        """
        raise NotImplementedError

    @abstractmethod
    def sums(self, padded: Array, height: int) -> Array:
        """The sums (height, W', C') of a band (n, P, C), which may be the image: only read it."""
