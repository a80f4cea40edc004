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

from .core.version import __version__ as __version__

if TYPE_CHECKING:
    from .core.engine import engine
    from .core.errors import ConvtoolError
    from .core.threads import get_threads, set_threads
    from .fit.fit import fit_kernel
    from .kernel.kernel import Kernel
    from .kernel.lookup import find_kernel, find_kernels
    from .methods.planner import Plan
    from .ops.conv import conv2d, plan
    from .ops.dimensions import conv1d, conv3d, pool1d, pool3d
    from .ops.pool import pool2d
    from .ops.transpose import conv_transpose1d, conv_transpose2d, conv_transpose3d
    from .ops.winners import max_unpool1d, max_unpool2d, max_unpool3d
    from .pipeline.files import read_image, read_volume, write_image, write_volume
    from .pipeline.pipeline import Pipeline


__all__ = [
    "ConvtoolError",
    "Kernel",
    "Pipeline",
    "Plan",
    "conv1d",
    "conv2d",
    "conv3d",
    "conv_transpose1d",
    "conv_transpose2d",
    "conv_transpose3d",
    "engine",
    "find_kernel",
    "find_kernels",
    "fit_kernel",
    "get_threads",
    "max_unpool1d",
    "max_unpool2d",
    "max_unpool3d",
    "plan",
    "pool1d",
    "pool2d",
    "pool3d",
    "read_image",
    "read_volume",
    "set_threads",
    "write_image",
    "write_volume",
]

_MODULES = {
    "ConvtoolError": "core.errors",
    "Kernel": "kernel.kernel",
    "Pipeline": "pipeline.pipeline",
    "Plan": "methods.planner",
    "conv1d": "ops.dimensions",
    "conv2d": "ops.conv",
    "conv3d": "ops.dimensions",
    "conv_transpose1d": "ops.transpose",
    "conv_transpose2d": "ops.transpose",
    "conv_transpose3d": "ops.transpose",
    "engine": "core.engine",
    "find_kernel": "kernel.lookup",
    "find_kernels": "kernel.lookup",
    "fit_kernel": "fit.fit",
    "get_threads": "core.threads",
    "max_unpool1d": "ops.winners",
    "max_unpool2d": "ops.winners",
    "max_unpool3d": "ops.winners",
    "plan": "ops.conv",
    "pool1d": "ops.dimensions",
    "pool2d": "ops.pool",
    "pool3d": "ops.dimensions",
    "read_image": "pipeline.files",
    "read_volume": "pipeline.files",
    "set_threads": "core.threads",
    "write_image": "pipeline.files",
    "write_volume": "pipeline.files",
}


def __getattr__(name: str) -> object:
    """Import a public name when it is first asked for: ``convtool --help`` needs no NumPy."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """The public names, those that are not imported yet too."""
    return sorted({*globals(), *__all__})
