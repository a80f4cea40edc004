"""Where the kernels stand that an image lays on a map: the windows of a transposed convolution."""

from fractions import Fraction

from .geometry import Axis
from .validation import Pair


class Spread(Axis):
    """The kernels that the positions along one axis of an image lay on a map.

    Position ``i`` lays its own from ``i * stride - before`` on: `taps` elements, `dilation` apart.
    What lies before the map, `before`, and past its end is left out.
    """

    @property
    def reach(self) -> int:
        """The most positions of the image whose kernels lie on one of the map."""
        return -(-self.extent // self.stride)

    @property
    def step(self) -> Fraction:
        """Positions of the image from one of the map to the next."""
        return Fraction(1, self.stride)

    @property
    def first(self) -> int:
        """The position of the image under the beginning of the map."""
        return -((self.extent - 1 - self.before) // self.stride)

    def offset(self, middle: float) -> float:
        """The position of the image whose kernel has its `middle` on the beginning of the map."""
        return (self.before - middle) / self.stride

    def span(self, first: int, last: int) -> Pair:
        """The positions of the image, or beyond it, that may lie under first, ..., last - 1."""
        stop = (last - 1 + self.before) // self.stride + 1
        return min(-((self.extent - 1 - self.before - first) // self.stride), stop - 1), stop
