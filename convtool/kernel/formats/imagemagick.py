"""Kernels as ImageMagick's users define them, and back.

    3x3+1+1: 0,1,0  1,-4,1  0,1,0

A definition is a size, the element that sits on the output pixel (+X+Y, by default the middle
one), a colon and the values, separated by commas or blanks. A semicolon separates kernels. ``-``
and ``nan`` are elements outside the kernel, with weight 0. After the size, ``>`` adds the kernel's
turns by 90 degrees, ``@`` those of a 3x3 by 45 degrees, ``<`` its mirror turns.

ImageMagick's ``-morphology Convolve`` turns a kernel by 180 degrees, with its origin, before it
convolves; convtool does not. So kernels are turned when they are read and when they are written,
and both programs give the same image. There is no divisor and no bias.

Source: https://imagemagick.org/Usage/morphology/#user, and ImageMagick 6.9.11.
"""

import re
from collections.abc import Iterator, Sequence

import numpy as np

from ...core.dtypes import Array
from ...core.errors import ConvtoolError, at, quoted
from ...core.validation import Pair
from ..kernel import Kernel, middle
from ..rational import Number, kernel_of, number_of
from ..transform import place_of, turned
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

Grids = Array
"""A kernel as ImageMagick has it, of shape (3, rows, columns): the weights, 1 for every element
inside the kernel, and 1 for the origin."""


def read(data: bytes, name: str) -> tuple[Kernel, ...]:
    return parse_imagemagick(data.decode("utf-8-sig"), name)


def parse_imagemagick(text: str, name: str) -> tuple[Kernel, ...]:
    """The kernels in a text, with their turns; several get `name` and a number.

    ``#`` starts a comment, which ImageMagick itself does not know.
    """
    pieces = [piece for piece in re.sub(r"#[^\n]*", "", text).split(";") if piece.strip()]
    found: list[Grids] = []
    for number, piece in enumerate(pieces, start=1):
        if len(pieces) == 1:
            found += _turns_of(piece)
            continue
        with at(f"kernel {number}"):
            found += _turns_of(piece)
    names = [name] if len(found) == 1 else [f"{name}-{i + 1}" for i in range(len(found))]
    return tuple(_kernel(grids, own) for grids, own in zip(found, names, strict=True))


def built_in_error(spec: str) -> str | None:
    """The message for a name of a kernel that is built into ImageMagick; None for other names."""
    match = _BUILT_IN.match(spec)
    if not match:
        return None
    from ..parametric.catalog import GENERATORS  # only needed here

    name = match[1].lower()
    own = GENERATORS.get("circle" if name == "disk" else name)
    hint = f"is {own.form}" if own else "are named as gaussian:SIZE,SIGMA"
    return (
        f"{match[1]} is built into ImageMagick; of its kernels those with values are read, "
        f"as '3x3: 0,1,0 1,-4,1 0,1,0'; convtool's own {hint}"
    )


def _turns_of(piece: str) -> Sequence[Grids]:
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
    return _expanded(_grids(values, shape, origin), compact)


def _grids(values: str, shape: Pair, origin: Pair) -> Grids:
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
    mark = np.zeros(shape, bool)
    mark[origin] = True
    return np.stack([weights.reshape(shape), np.reshape(inside, shape), mark])


def _expanded(grids: Grids, flags: str) -> Sequence[Grids]:
    """The kernel, or its turns for a flag after the size; of several flags the first of ``@><``."""
    rows, cols = grids.shape[1:]
    if "@" in flags:
        if (rows, cols) != (3, 3):
            raise ConvtoolError(f"@ turns a kernel of 3x3, found {cols}x{rows}")
        return list(_all_turns(grids, 1))
    if not re.search("[<>]", flags):
        return [grids]
    if rows != cols and 1 not in (rows, cols):
        raise ConvtoolError(f"< and > turn a square, a row or a column, found {cols}x{rows}")
    if ">" in flags:
        return list(_all_turns(grids, 2))
    return [turned(grids, eighths) for eighths in (0, 4, 6, 2)]


def _all_turns(grids: Grids, step: int) -> Iterator[Grids]:
    """A kernel turned by so many eighths again and again, until it is the first one."""
    yield grids
    for eighths in range(step, 8, step):
        other = turned(grids, eighths)
        if np.array_equal(other, grids):
            return
        yield other


def _kernel(grids: Grids, name: str) -> Kernel:
    """The kernel that convtool lays on the image without turning it."""
    weights, _, mark = turned(grids, 4)
    anchor = place_of(mark)
    return Kernel(weights, anchor=None if anchor == middle(weights.shape) else anchor, name=name)


def encode(kernels: Sequence[Kernel]) -> bytes:
    parts = []
    for kernel in kernels:
        with at(f"kernel {kernel.name}"):
            parts.append(imagemagick_of_kernel(kernel))
    return ";\n".join(parts).encode()


def imagemagick_of_kernel(kernel: Kernel) -> str:
    """The definition of a kernel, with its weights divided by its divisor.

    Raises ConvtoolError for a bias, and for quotients that are too large for floats.
    """
    if kernel.bias:
        raise ConvtoolError("ImageMagick's kernels hold no bias: JSON does")
    rows, cols = kernel.shape
    row, col = kernel.place
    weights = turned(kernel.divided(), 4).tolist()
    origin = f"{cols - 1 - col:+}{rows - 1 - row:+}"
    return "\n".join([f"{cols}x{rows}{origin}:", ",\n".join(columns(weights, ","))]) + "\n"
