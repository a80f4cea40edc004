"""Kernels as ImageMagick's users define them, and back.

    3x3+1+1: 0,1,0  1,-4,1  0,1,0

A size, the element that sits on the output pixel (+X+Y, else the middle one), a colon and the
values, apart by commas or blanks; the next kernel follows a semicolon. ``-`` and ``nan`` are
elements outside the kernel, which weigh nothing. After the size, ``>`` stands for the kernel's
turns by 90 degrees, ``@`` for those of a 3x3 by 45 degrees, ``<`` for its mirror turns.

ImageMagick's ``-morphology Convolve`` turns a kernel by 180 degrees, its origin too, before it
lays it on the image; convtool does not. So kernels are turned when they are read and when they
are written, and the same image comes of both. There is no divisor and no bias.

Source: https://imagemagick.org/Usage/morphology/#user, and ImageMagick 6.9.11.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from ...core.dtypes import Array
from ...core.errors import ConvtoolError, at, quoted
from ...core.validation import Pair
from ..kernel import Kernel, middle
from ..rational import Number, kernel_of, number_of
from .text import columns

_BUILT_IN = re.compile(
    r"\s*(unity|gaussian|dog|log|blur|comet|binomial|laplacian|sobel|freichen|roberts|prewitt"
    r"|compass|kirsch|diamond|square|rectangle|disk|octagon|plus|cross|ring|peaks|edges|corners"
    r"|diagonals|lineends|linejunctions|ridges|convexhull|thinse|skeleton|chebyshev|manhattan"
    r"|octagonal|euclidean)\s*:",
    re.IGNORECASE,
)
"""What ``convert -list kernel`` lists, with a colon."""

_NUMBER = r"\d{1,9}"
_SIZE = re.compile(f"({_NUMBER})(?:[xX]({_NUMBER}))?([+-]{_NUMBER})?([+-]{_NUMBER})?", re.ASCII)

_RING = ((0, 0), (0, 1), (0, 2), (1, 2), (2, 2), (2, 1), (2, 0), (1, 0))
"""The elements around the middle of a 3x3, clockwise."""


class _Grid(NamedTuple):
    """A kernel as ImageMagick has it."""

    layers: Array
    """Of shape (2, rows, columns): the weights, and 1 where an element is in the kernel."""
    origin: Pair


def parse_imagemagick(text: str, name: str) -> tuple[Kernel, ...]:
    """The kernels in a text, turns and all, numbered after `name` if they are several.

    ``#`` begins a comment, here if not for ImageMagick.
    """
    pieces = [piece for piece in re.sub(r"#[^\n]*", "", text).split(";") if piece.strip()]
    grids: list[_Grid] = []
    for number, piece in enumerate(pieces, start=1):
        if len(pieces) == 1:
            grids += _grids(piece)
            continue
        with at(f"kernel {number}"):
            grids += _grids(piece)
    names = [name] if len(grids) == 1 else [f"{name}-{i + 1}" for i in range(len(grids))]
    return tuple(_kernel(grid, own) for grid, own in zip(grids, names, strict=True))


def built_in_error(spec: str) -> str | None:
    """What is to be said of a kernel that ImageMagick has a name for; None for any other."""
    match = _BUILT_IN.match(spec)
    if not match:
        return None
    return (
        f"{match[1]} is a kernel that ImageMagick makes, and those with values are read, "
        "as '3x3: 0,1,0 1,-4,1 0,1,0'; convtool's own are made as gaussian:SIZE,SIGMA"
    )


def _grids(piece: str) -> Sequence[_Grid]:
    """The kernels of one definition: one, or its turns."""
    if error := built_in_error(piece):
        raise ConvtoolError(error)
    head, colon, values = piece.partition(":")
    if not colon:
        raise ConvtoolError("has no size, expected one as in '3x3: 0,1,0 1,-4,1 0,1,0'")
    compact = "".join(head.split())
    match = _SIZE.fullmatch(re.sub("[@<>]", "", compact))
    if not match:
        raise ConvtoolError(
            f"found {quoted(compact)}, expected a size as 3x3 or 3x3+1+1, and @, < or >"
        )
    cols = int(match[1])
    shape = int(match[2] or cols), cols
    if match[3] and not match[2]:
        raise ConvtoolError(f"has the size {match[1]} and an origin, expected one as {cols}x{cols}")
    if 0 in shape:
        raise ConvtoolError(f"has the size {match[1]}x{shape[0]}, expected 1x1 or larger")
    row, col = middle(shape)
    origin = int(match[4] or row), int(match[3] or col)
    if not (0 <= origin[0] < shape[0] and 0 <= origin[1] < cols):
        raise ConvtoolError(
            f"the origin {origin[1]:+}{origin[0]:+} lies outside the kernel, "
            f"expected +0+0 to {cols - 1:+}{shape[0] - 1:+}"
        )
    return _expanded(_Grid(_layers(values, shape), origin), compact)


def _layers(values: str, shape: Pair) -> Array:
    """The weights and the elements that there are."""
    words = re.split(r"\s*,\s*|\s+", values.strip()) if values.strip() else []
    rows, cols = shape
    if len(words) != rows * cols:
        raise ConvtoolError(f"has {len(words)} value(s), expected {rows * cols} for {cols}x{rows}")
    inside = [word.lower() not in ("-", "nan") for word in words]
    if not any(inside):
        raise ConvtoolError("has no element inside the kernel, expected one number at least")
    numbers: list[Number] = []
    for place, (word, counts) in enumerate(zip(words, inside, strict=True), start=1):
        with at(f"value {place}"):
            numbers.append(number_of(word) if counts else 0)
    weights = kernel_of([numbers], 1, 0, None, "", "").weights
    return np.stack([weights.reshape(shape), np.reshape(inside, shape)])


def _expanded(grid: _Grid, flags: str) -> Sequence[_Grid]:
    """What becomes of a kernel by the flags after its size; of several the first of ``@><``."""
    shape = grid.layers.shape[1:]
    if "@" in flags:
        if shape != (3, 3):
            raise ConvtoolError(f"@ turns a kernel of 3x3, found {shape[1]}x{shape[0]}")
        return list(_turns(grid))
    if not re.search("[<>]", flags):
        return [grid]
    if shape[0] != shape[1] and 1 not in shape:
        found = f"{shape[1]}x{shape[0]}"
        raise ConvtoolError(f"< and > turn a square, a row or a column, found {found}")
    if ">" in flags:
        return list(_turns(grid, by=2))
    half = _quarter(_quarter(grid))
    return [grid, half, _quarter(half), _quarter(grid)]


def _turns(grid: _Grid, by: int = 1) -> Iterator[_Grid]:
    """A kernel turned by so many eighths again and again, until it is what it was."""
    turned = grid
    while True:
        yield turned
        turned = _eighth(turned) if by == 1 else _quarter(turned)
        if turned.origin == grid.origin and np.array_equal(turned.layers, grid.layers):
            return


def _quarter(grid: _Grid) -> _Grid:
    """Turned clockwise by 90 degrees."""
    row, col = grid.origin
    return _Grid(np.rot90(grid.layers, -1, (1, 2)), (col, grid.layers.shape[1] - 1 - row))


def _eighth(grid: _Grid) -> _Grid:
    """A 3x3 whose outer elements move on by one, clockwise."""
    following = dict(zip(_RING, _RING[1:] + _RING[:1], strict=True))
    layers = grid.layers.copy()
    for (row, col), (to_row, to_col) in following.items():
        layers[:, to_row, to_col] = grid.layers[:, row, col]
    return _Grid(layers, following.get(grid.origin, grid.origin))


def _kernel(grid: _Grid, name: str) -> Kernel:
    """The kernel that does without a turn what this one does after it."""
    _, rows, cols = grid.layers.shape
    anchor = rows - 1 - grid.origin[0], cols - 1 - grid.origin[1]
    weights = np.rot90(grid.layers[0], 2)
    return Kernel(weights, anchor=None if anchor == middle((rows, cols)) else anchor, name=name)


def imagemagick_of_kernel(kernel: Kernel) -> str:
    """The definition of a kernel, whose weights are divided by its divisor.

    Raises ConvtoolError for a bias, which there is no place for, and for quotients that no float
    holds.
    """
    if kernel.bias:
        raise ConvtoolError("ImageMagick's kernels hold no bias: JSON does")
    rows, cols = kernel.shape
    row, col = kernel.place
    weights = np.rot90(kernel.divided(), 2).tolist()
    origin = f"{cols - 1 - col:+}{rows - 1 - row:+}"
    return "\n".join([f"{cols}x{rows}{origin}:", ",\n".join(columns(weights, ","))]) + "\n"
