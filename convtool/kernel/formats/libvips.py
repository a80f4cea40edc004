"""Kernels as the matrix files of libvips, and back.

    3 3 16 128
    1 2 1
    2 4 2
    1 2 1

The first line holds width, height, scale and offset. Each following line holds a row. A window's
value is ``sum / scale + offset``, so scale is the divisor and offset the bias. In a window of even
size, libvips puts the element at ``size // 2`` on the output pixel, the one after the middle.

Source: https://www.libvips.org/API/current/ctor.Image.matrixload.html, and ``vips conv`` 8.14.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import zip_longest

from ...core.errors import ConvtoolError, at
from ...core.validation import Pair
from ..kernel import Kernel, middle
from ..rational import Number, kernel_of, number_of
from .text import columns

ALL_FOUR = 4
"""Numbers of a first line with scale and offset."""


def read(data: bytes, name: str) -> tuple[Kernel]:
    return (parse_vips(data, name),)


def parse_vips(data: bytes, name: str) -> Kernel:
    """The kernel in a file's bytes.

    Raises ConvtoolError for what libvips refuses, and for two things that it ignores: too many
    numbers, and letters after a number.
    """
    try:
        text = data.decode("ascii")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text or text.startswith("MATLAB"):
        raise ConvtoolError(
            "is no matrix file of libvips, expected a line of width and height, then rows; "
            "weights from MATLAB go into text or .npy"
        )
    header, *lines = text.rstrip().split("\n")
    with at("line 1"):
        width, height, scale, offset = _header(header)
    rows = list(_rows(lines, width, height))
    return kernel_of(rows, scale, offset, _anchor((height, width)), name, "")


def is_matrix(text: str) -> bool:
    """Whether a text is most likely a matrix of libvips, and not rows of weights.

    The first line of a matrix says how many numbers and rows follow. A text that can be both, as
    all of its lines are equally long, counts as rows if it has few of them.
    """
    try:
        kernel = parse_vips(text.encode(), "")
    except (ConvtoolError, UnicodeEncodeError):
        return False
    rows, cols = kernel.shape
    said = len(_numbers(text.split("\n", 1)[0]))
    return said != cols or said == ALL_FOUR or rows >= said


def _header(line: str) -> tuple[int, int, Number, Number]:
    """Width, height, scale and offset; the defaults of the last two are 1 and 0."""
    numbers = _numbers(line)
    if not 2 <= len(numbers) <= 4:
        raise ConvtoolError(
            f"has {len(numbers)} number(s), expected width and height, and perhaps scale and offset"
        )
    defaults: list[Number] = [1, 0]
    width, height, scale, offset = numbers + defaults[len(numbers) - 2 :]
    for size, what in ((width, "width"), (height, "height")):
        if size < 1 or size != int(size):
            raise ConvtoolError(f"the {what} is {size}, expected a whole number, 1 or more")
    if scale == 0:
        raise ConvtoolError("the scale is 0, expected any other number")
    return int(width), int(height), scale, offset


def _rows(lines: list[str], width: int, height: int) -> Iterator[list[Number]]:
    if len(lines) > height:
        raise ConvtoolError(f"has {len(lines)} rows, expected {height}, as line 1 says")
    for number, (line, _) in enumerate(zip_longest(lines, range(height)), start=1):
        if line is None:
            raise ConvtoolError(f"has {number - 1} row(s), expected {height}, as line 1 says")
        with at(f"line {number + 1}"):
            row = _numbers(line)
            if len(row) != width:
                raise ConvtoolError(f"has {len(row)} number(s), expected {width}, as line 1 says")
        yield row


def _numbers(line: str) -> list[Number]:
    """The numbers of a line, separated by blanks and tabs only."""
    words = re.split(r"[ \t\r]+", line.strip(" \t\r"))
    numbers: list[Number] = []
    for place, word in enumerate(words if words != [""] else [], start=1):
        with at(f"number {place}"):
            numbers.append(number_of(word))
    return numbers


def _anchor(shape: Pair) -> Pair | None:
    """The anchor with which convtool computes the same as libvips."""
    place = shape[0] // 2, shape[1] // 2
    return None if place == middle(shape) else place


def encode(kernels: Sequence[Kernel]) -> bytes:
    (kernel,) = kernels
    with at(f"kernel {kernel.name}"):
        return vips_of_kernel(kernel).encode()


def vips_of_kernel(kernel: Kernel) -> str:
    """The lines of a kernel. Raises ConvtoolError if its anchor is not libvips' own."""
    rows, cols = kernel.shape
    theirs = rows // 2, cols // 2
    if kernel.place != theirs:
        # With zeros before or after, until the anchor is the middle.
        sizes = [2 * max(at, n - 1 - at) + 1 for at, n in zip(kernel.place, (rows, cols))]  # noqa: B905
        raise ConvtoolError(
            f"libvips has element {theirs} of a {rows}x{cols} kernel on the output pixel, "
            f"expected that as the anchor, found {kernel.place}; pad the kernel with zeros to "
            f"{sizes[0]}x{sizes[1]}, with its anchor in the middle: it computes the same"
        )
    # Always all four: to recognize a matrix, libvips 8.14 reads the number after `width height` as
    # the scale, even from the next line, and refuses the file if that is 0.
    header = f"{cols} {rows} {kernel.divisor!r} {kernel.bias!r}"
    return "\n".join([header, *columns(kernel.weights.tolist())]) + "\n"
