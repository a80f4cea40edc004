"""Ways to compute the sums of a convolution, a file each, all with the same values."""

from collections.abc import Callable, Iterator

from ..words import MethodName
from . import box, direct, fourier, layer, product, separable
from .task import Method, Task

METHODS: dict[MethodName, Callable[[Task], Iterator[Method]]] = {
    "direct": direct.ways,
    "separable": separable.ways,
    "box": box.ways,
    "product": product.ways,
    "layer": layer.ways,
    "fft": fourier.ways,
}
"""For each method its ways to do a task, none where it cannot."""
