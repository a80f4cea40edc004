"""A kernel as a picture: its weights as a grid, and beside it its frequency response."""

import textwrap
from collections.abc import Sequence
from io import BytesIO

import numpy as np

from ..core.dtypes import FLOAT64, Array
from ..core.errors import ConvtoolError
from ..inspect.frequency import LARGEST, NEGLIGIBLE, gains, in_words, magnitude, response, seen
from ..kernel.kernel import Kernel, check_flat
from . import canvas
from .canvas import BODY, FAINT, INK, SMALL, TITLE, Block, Color, Colors

NUMBERED = 13
"""Rows and columns up to which weights stand in their squares."""

SIDE = 302
"""Pixels of a side of the response, and of the weights if they fit."""

SAMPLES = 151
"""Frequencies along each axis, an odd number so that 0 is one of them."""

COLUMNS = 2
"""Kernels of a bank that stand side by side."""

HEADING = 800
"""Pixels of a line of a name or a description."""

LETTERS, MOST_LINES = 80, 4
"""Of a description."""

_TICKS = [(0.0, "-0.5"), (0.25, "-0.25"), (0.5, "0"), (0.75, "0.25"), (1.0, "0.5")]


def draw_kernels(kernels: Sequence[Kernel]) -> Block:
    """A page with each kernel's weights beside its frequency response.

    The element that sits on the output pixel is framed. Weights of large kernels are squares of
    colour, by the scale beside them. Raises ConvtoolError for more than a picture holds.
    """
    for kernel in kernels:
        check_flat(kernel, "a picture")
    if len(kernels) * SIDE * SIDE > canvas.LARGEST:
        raise ConvtoolError(f"{len(kernels)} kernels are too many to draw")
    drawn = [_drawn(kernel) for kernel in kernels]
    width = max(block.width for block in drawn)
    columns = COLUMNS if len(drawn) > 3 else 1
    drawn = [canvas.above(block, canvas.room(width, 1), gap=0) for block in drawn]
    lines = [
        canvas.beside(*drawn[i : i + columns], gap=64, align="start")
        for i in range(0, len(drawn), columns)
    ]
    return canvas.on_page(canvas.above(*lines, gap=48))


def png_of(kernel: Kernel) -> bytes:
    """The page of one kernel, as a PNG."""
    file = BytesIO()
    draw_kernels([kernel]).save(file, "PNG")
    return file.getvalue()


def _drawn(kernel: Kernel) -> Block:
    heading = [_line(kernel.name or "kernel", TITLE, INK)]
    told = textwrap.wrap(kernel.description, LETTERS)
    heading += [_line(words, BODY, FAINT) for words in told[:MOST_LINES]]
    found = seen(kernel, gains(kernel))
    weights = _titled(
        "{}x{} weights".format(*kernel.shape),
        _weights(kernel),
        _formula(kernel),
        "framed: the element on the output pixel",
    )
    waves = _titled(
        "gain of waves, by cycles a pixel across and down",
        _response(kernel),
        f"gain on a flat area: {found.flat:.4g}",
        f"highest waves: {in_words(found)}",
    )
    return canvas.above(*heading, canvas.beside(weights, waves, gap=56, align="start"), gap=12)


def _line(text: str, size: int, color: Color) -> Block:
    """A line of a heading, shortened to its room."""
    shown = "".join(filter(str.isprintable, text[:LETTERS]))
    return canvas.words(canvas.shortened(shown, HEADING, size) or "kernel", size, color)


def _titled(title: str, block: Block, below: str, last: str) -> Block:
    return canvas.above(
        canvas.words(title, SMALL, FAINT),
        block,
        canvas.words(below, BODY),
        canvas.words(last, SMALL, FAINT),
        gap=8,
    )


def _formula(kernel: Kernel) -> str:
    """``sum of products / 9 + 128``"""
    parts = ["sum of products"]
    if kernel.divisor != 1:
        parts.append(f"/ {kernel.divisor:.6g}")
    if kernel.bias:
        parts.append(f"{'+' if kernel.bias > 0 else '-'} {abs(kernel.bias):.6g}")
    return " ".join(parts)


def _weights(kernel: Kernel) -> Block:
    """A grid of numbers; of colours alone if there are too many."""
    weights, (row, col) = kernel.weights.astype(FLOAT64), kernel.place
    anchor = row, col
    colors = canvas.diverging(weights)
    marked = np.zeros(kernel.shape, np.bool_)
    marked[anchor] = True
    rows, cols = kernel.shape
    if max(rows, cols) > NUMBERED:
        return _squares(weights, colors, anchor)
    texts = [[f"{weight:.3g}" for weight in row] for row in kernel.weights.tolist()]
    labels = [[str(i) for i in range(length)] for length in (rows, cols)]
    for size in (2 * BODY, TITLE, BODY, SMALL):
        block = canvas.grid(texts, colors, size=size, rows=labels[0], cols=labels[1], marked=marked)
        if max(block.size) <= SIDE:
            break
    return block


def _squares(weights: Array, colors: Colors, anchor: tuple[int, int]) -> Block:
    rows, cols = weights.shape
    step = max(SIDE // max(rows, cols), 1)
    image = canvas.outlined(canvas.pixels(colors, step), anchor, step)
    framed = canvas.framed(image, _places(cols), _places(rows))
    low, high = min(float(weights.min()), 0.0), max(float(weights.max()), 0.0)
    return canvas.beside(framed, _scale(low, high, max(image.height, SIDE // 2)), align="start")


def _places(length: int) -> list[tuple[float, str]]:
    """The first, the middle and the last of so many squares."""
    places = sorted({0, (length - 1) // 2, length - 1})
    return [((place + 0.5) / length, str(place)) for place in places]


def _response(kernel: Kernel) -> Block:
    """The magnitude of the frequency response; the larger, the darker."""
    frequencies = np.linspace(-0.5, 0.5, SAMPLES)
    found = np.abs(response(kernel, frequencies, frequencies))
    shown = np.nan_to_num(found, nan=0.0, posinf=LARGEST)
    if shown.max() <= NEGLIGIBLE * min(magnitude(kernel), LARGEST):
        shown = np.zeros_like(shown)  # rounding makes no pattern
    image = canvas.pixels(canvas.diverging(shown), SIDE // SAMPLES)
    plane = canvas.framed(image, _TICKS, _TICKS)
    return canvas.beside(plane, _scale(0.0, float(shown.max()), image.height), align="start")


def _scale(low: float, high: float, height: int) -> Block:
    """A strip of the colours of numbers from high, at the top, down to low; 0 is one of them."""
    largest = max(-low, high)
    if not largest:
        return canvas.framed(canvas.pixels(canvas.diverging(np.zeros((height, 16)))))
    top, bottom = high / largest, low / largest
    shares = np.linspace(top, bottom, height)
    ticks = {1.0: low, 0.0: high, top / (top - bottom): 0.0}
    if not low < 0 < high:
        ticks[0.5] = (low or high) / 2
    strip = canvas.pixels(canvas.diverging(np.repeat(shares[:, np.newaxis], 16, axis=1)))
    return canvas.framed(strip, down=[(place, f"{value:.3g}") for place, value in ticks.items()])
