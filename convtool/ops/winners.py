"""Where the largest element of each window lies, and maps made large again with it."""

import math

import numpy as np
import numpy.typing as npt

from ..core.dtypes import Array
from ..core.errors import ConvtoolError
from ..core.geometry import Axis
from ..core.image import Header, check_image
from ..core.slices import Part
from ..core.validation import SizeLike, shape_words, sizes
from .base import Operator
from .elements import views
from .pool_stage import PoolStage

Indices = npt.NDArray[np.int64]


def winners(operator: Operator, image: npt.ArrayLike) -> Indices:
    """Of a max pooling the index of the element that wins in each window, the first of equal ones.

    Indices count the elements of an array as ONNX's MaxPool does: channel by channel, and in each
    of them slice by slice and row by row. Their shape is that of the pooled map. Raises
    ConvtoolError for another mode, and where missing values are left out.
    """
    pixels = check_image(image, operator.dimensions)
    header = Header.of_array(pixels)
    stage = operator.bind(header)
    if not isinstance(stage, PoolStage) or stage.pool.mode != "max":
        raise ConvtoolError("return_indices goes with mode max, and missing propagate")
    tall = pixels.reshape(-1, *pixels.shape[-2:])
    depth, rows, _ = stage.grid.axes
    parts = (Part((number, number + 1), (0, rows.output)) for number in range(depth.output))
    found = np.concatenate([winning(stage, tall, 0, part)[1] for part in parts])
    found += np.arange(pixels.shape[-1]) * (header.height * header.width)
    made: Indices = found.reshape(*stage.output.size[-operator.dimensions :], -1)
    return made if np.ndim(image) > operator.dimensions else made[..., 0]


def winning(stage: PoolStage, band: Array, top: int, part: Part) -> tuple[Array, Indices]:
    """What wins in windows of one slice, and its positions in a channel, (rows, W', C) both.

    `band` holds the rows under them, from row `top` on.
    """
    elements = stage.elements
    padded = stage.padded(band, top, part)
    spans = part.slices, part.rows, (0, stage.grid.cols.output)
    positions = [_positions(*span, axis) for span, axis in zip(spans, elements.axes, strict=True)]
    shape = len(positions[0]), len(positions[1]), len(positions[2])
    best = np.zeros((*shape, band.shape[2]), padded.dtype)
    place = np.full(best.shape, -1, np.int64)
    extents = [axis.size for axis in elements.axes]
    for tap, values in zip(elements.taps, views(padded, elements, shape), strict=True):
        each = zip(positions, tap, elements.axes, strict=True)
        here = np.ix_(*(at + step * axis.dilation for at, step, axis in each))
        depth, rows, cols = here
        index = ((depth * extents[1] + rows) * extents[2] + cols)[..., np.newaxis]
        inside = [(at >= 0) & (at < size) for at, size in zip(here, extents, strict=True)]
        counted = (inside[0] & inside[1] & inside[2])[..., np.newaxis]
        wins = counted & ((place < 0) | (values > best) | (np.isnan(values) & ~np.isnan(best)))
        np.copyto(best, values, where=wins)
        np.copyto(place, index, where=wins)
    return best[0], place[0]


def _positions(first: int, last: int, axis: Axis) -> Indices:
    """Where windows along an axis begin."""
    return np.arange(first, last, dtype=np.int64) * axis.stride - axis.before


def max_unpool2d(values: npt.ArrayLike, indices: npt.ArrayLike, size: SizeLike) -> Array:
    """Put the values of a max pooling back where they came from; elsewhere are zeros.

    >>> from convtool import pool2d
    >>> values, indices = pool2d([[1, 5], [2, 3]], return_indices=True)
    >>> max_unpool2d(values, indices, (2, 2))
    array([[0, 5],
           [0, 0]])

    Parameters
    ----------
    values : array of shape (H', W') or (H', W', C), as `pool2d` gives
    indices : array of the same shape, as `pool2d` gives with `return_indices`
    size : int or (rows, cols) of the array to make

    Returns an array of shape (H, W) or (H, W, C) in the type of `values`; where several values have
    one index, the last one stays.

    Raises ConvtoolError where shapes differ and where an index is none of the array's.

    The rules are those of ONNX's operator MaxUnpool.
    """
    return _unpooled(values, indices, size, 2)


def max_unpool1d(values: npt.ArrayLike, indices: npt.ArrayLike, size: SizeLike) -> Array:
    """`max_unpool2d` of arrays (L',) or (L', C)."""
    return _unpooled(values, indices, size, 1)


def max_unpool3d(values: npt.ArrayLike, indices: npt.ArrayLike, size: SizeLike) -> Array:
    """`max_unpool2d` of arrays (D', H', W') or (D', H', W', C)."""
    return _unpooled(values, indices, size, 3)


def _unpooled(
    values: npt.ArrayLike, indices: npt.ArrayLike, size: SizeLike, dimensions: int
) -> Array:
    pooled, shape = check_image(values, dimensions), sizes(size, "size", dimensions)
    try:
        places = np.asarray(indices)
    except ValueError:
        raise ConvtoolError("indices are ragged: every row needs as many") from None
    if places.shape != np.shape(values) or places.dtype.kind not in "iu":
        raise ConvtoolError(
            f"indices are of {places.dtype} and shape {places.shape}, expected whole numbers of "
            f"shape {np.shape(values)} like the values"
        )
    count = math.prod(shape) * pooled.shape[-1]
    if not 0 <= int(places.min()) <= int(places.max()) < count:
        raise ConvtoolError(
            f"indices are from {places.min()} to {places.max()}, expected 0 to {count - 1} for an "
            f"array of {shape_words(shape)} to make"
        )
    try:
        flat = np.zeros(count, pooled.dtype)
    except (ValueError, MemoryError):
        words = shape_words(shape)
        raise ConvtoolError(f"an array of {words} does not fit into memory") from None
    flat[places.ravel()] = pooled.ravel()
    made: Array = np.moveaxis(flat.reshape(-1, *shape), 0, -1)
    return made if np.ndim(values) > dimensions else made[..., 0]
