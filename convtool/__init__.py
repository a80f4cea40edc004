"""Convolve and pool images, exactly. ``conv2d`` and ``pool2d`` take and give NumPy arrays.

>>> import convtool
>>> edge = convtool.find_kernel("edge")
>>> convtool.conv2d([[0, 0, 9], [0, 0, 9], [0, 0, 9]], edge)
array([[  0., -27.,  27.],
       [  0., -27.,  27.],
       [  0., -27.,  27.]])
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .conv import conv2d, plan
    from .errors import ConvtoolError
    from .files import read_image, write_image
    from .fitting import fit_kernel
    from .kernel import Kernel
    from .library import find_kernel, find_kernels
    from .pipeline import Pipeline
    from .planner import Plan
    from .pool import pool2d
    from .threads import get_threads, set_threads

__version__ = "0.1.0"

__all__ = [
    "ConvtoolError",
    "Kernel",
    "Pipeline",
    "Plan",
    "conv2d",
    "find_kernel",
    "find_kernels",
    "fit_kernel",
    "get_threads",
    "plan",
    "pool2d",
    "read_image",
    "set_threads",
    "write_image",
]

_MODULES = {
    "ConvtoolError": "errors",
    "Kernel": "kernel",
    "Pipeline": "pipeline",
    "Plan": "planner",
    "conv2d": "conv",
    "find_kernel": "library",
    "find_kernels": "library",
    "fit_kernel": "fitting",
    "get_threads": "threads",
    "plan": "conv",
    "pool2d": "pool",
    "read_image": "files",
    "set_threads": "threads",
    "write_image": "files",
}


def __getattr__(name: str) -> object:
    """Import a public name when it is first asked for: ``convtool --help`` needs no NumPy."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    globals()[name] = value
    return value
