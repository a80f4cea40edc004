"""Convolution and pooling in one and in three dimensions: the array functions."""

import inspect
from collections.abc import Callable
from typing import Any, Literal

import numpy.typing as npt

from ..core.choices import Alpha, PoolMode
from ..core.dtypes import Array
from ..core.validation import SizeLike
from ..kernel.kernel import Kernel
from .base import on_array
from .conv import Conv, conv2d
from .pool import Pool, pool2d, pooled


def _known(name: str, options: dict[str, Any], of: Callable[..., Any]) -> dict[str, Any]:
    """The options, if a function for images has them all; TypeError, as Python's own, if not."""
    for option in options:
        if option not in inspect.signature(of).parameters:
            raise TypeError(f"{name}() got an unexpected keyword argument {option!r}")
    return options


def conv1d(
    signal: npt.ArrayLike,
    weights: npt.ArrayLike | Kernel,
    *,
    alpha: Alpha | None = None,
    threads: int | None = None,
    **options: Any,
) -> Array:
    """`conv2d` in one dimension: each value is ``sum(weight * sample) / divisor + bias``.

    >>> conv1d([1, 2, 3, 4], [1, 0, -1])
    array([-1., -2., -2., -1.])

    Parameters
    ----------
    signal : array of shape (L,) or (L, C); bool, any integer or float type
    weights : array of shape (k,), the same on every channel; or (out, C / groups, k), a layer
    options : those of `conv2d`, with one number where it has (rows, cols): `stride`, `dilation`,
        `anchor`; `padding` is a word, a number or (before, after)

    Returns
    -------
    array of shape (L',), (L', C) or (L', out), typed as by `conv2d`

    Raises ConvtoolError as `conv2d` does.
    """
    known = _known("conv1d", options, conv2d)
    return on_array(Conv(weights, dimensions=1, alpha=alpha, **known), signal, alpha, threads)


def conv3d(
    volume: npt.ArrayLike,
    weights: npt.ArrayLike,
    *,
    alpha: Alpha | None = None,
    threads: int | None = None,
    **options: Any,
) -> Array:
    """`conv2d` in three dimensions: each value is ``sum(weight * voxel) / divisor + bias``.

    >>> conv3d([[[1, 2], [3, 4]], [[5, 6], [7, 8]]], [[[1]], [[1]]], padding="valid")
    array([[[ 6.,  8.],
            [10., 12.]]])

    Parameters
    ----------
    volume : array of shape (D, H, W) or (D, H, W, C); bool, any integer or float type
    weights : array of shape (kd, kh, kw), the same on every channel; or
        (out, C / groups, kd, kh, kw), a layer
    options : those of `conv2d`, with (slices, rows, cols) where it has (rows, cols)

    Returns
    -------
    array of shape (D', H', W'), (D', H', W', C) or (D', H', W', out), typed as by `conv2d`

    Raises ConvtoolError as `conv2d` does.
    """
    known = _known("conv3d", options, conv2d)
    return on_array(Conv(weights, dimensions=3, alpha=alpha, **known), volume, alpha, threads)


def pool1d(
    signal: npt.ArrayLike,
    size: SizeLike | Literal["global"] = 2,
    mode: PoolMode = "max",
    *,
    alpha: Alpha | None = None,
    return_indices: bool = False,
    threads: int | None = None,
    **options: Any,
) -> Any:
    """`pool2d` in one dimension: merge each window of a signal into one value.

    >>> pool1d([1, 2, 5, 6], 2, "mean")
    array([1.5, 5.5])

    `signal` is of shape (L,) or (L, C); the other parameters are those of `pool2d`, with one number
    where it has (rows, cols). Raises ConvtoolError as `pool2d` does.
    """
    operator = Pool(size, mode, dimensions=1, alpha=alpha, **_known("pool1d", options, pool2d))
    return pooled(operator, signal, alpha, threads, return_indices)


def pool3d(
    volume: npt.ArrayLike,
    size: SizeLike | Literal["global"] = 2,
    mode: PoolMode = "max",
    *,
    alpha: Alpha | None = None,
    return_indices: bool = False,
    threads: int | None = None,
    **options: Any,
) -> Any:
    """`pool2d` in three dimensions: merge each window of a volume into one value.

    >>> pool3d([[[1, 2], [3, 4]], [[5, 6], [7, 8]]])
    array([[[8]]])

    `volume` is of shape (D, H, W) or (D, H, W, C); the other parameters are those of `pool2d`, with
    (slices, rows, cols) where it has (rows, cols). Raises ConvtoolError as `pool2d` does.
    """
    operator = Pool(size, mode, dimensions=3, alpha=alpha, **_known("pool3d", options, pool2d))
    return pooled(operator, volume, alpha, threads, return_indices)
