"""A kernel as a picture: its weights as a grid, and beside it its frequency response; with depth a
grid for each slice."""

import math
import textwrap
from collections.abc import Sequence
from io import BytesIO

import numpy as np

from ..core.dtypes import FLOAT64, Array
from ..core.errors import ConvtoolError
from ..core.validation import shape_words
from ..inspect.frequency import LARGEST, NEGLIGIBLE, gains, in_words, magnitude, response, seen
from ..kernel.kernel import Kernel
from . import canvas
from .canvas import BODY, FAINT, INK, SMALL, TITLE, Block, Color, Colors
from .raster import painted

NUMBERED = 13
"""Rows and columns up to which weights stand in their squares."""

SIDE = 302
"""Pixels of a side of the response, and of the weights if they fit."""

SAMPLES = 151
"""Frequencies along each axis, an odd number so that 0 is one of them."""

COLUMNS = 2
"""Kernels of a bank that stand side by side."""

SLICES = 5
"""Slices of a kernel with depth that stand side by side."""

HEADING = 800
"""Pixels of a line of a name or a description."""

LETTERS, MOST_LINES = 80, 4
"""Of a description."""

_TICKS = [(0.0, "-0.5"), (0.25, "-0.25"), (0.5, "0"), (0.75, "0.25"), (1.0, "0.5")]


def draw_kernels(kernels: Sequence[Kernel]) -> Block:
    """A page with each kernel's weights beside its frequency response.

    Of a kernel with depth it shows the weights, slice beside slice. The element that sits on the
    output pixel is framed. Weights of large kernels are squares of colour, by the scale beside
    them. Raises ConvtoolError for more than a picture holds.
    """
    if len(kernels) * SIDE * SIDE > canvas.LARGEST:
        raise ConvtoolError(f"{len(kernels)} kernels are too many to draw")
    for kernel in kernels:
        depth = math.prod(kernel.shape[:-2])
        if depth * SIDE * SIDE > canvas.LARGEST:
            raise ConvtoolError(f"{depth} slices are too many to draw")
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
    painted(draw_kernels([kernel])).save(file, "PNG")
    return file.getvalue()


def _drawn(kernel: Kernel) -> Block:
    heading = [_line(kernel.name or "kernel", TITLE, INK)]
    told = textwrap.wrap(kernel.description, LETTERS)
    heading += [_line(words, BODY, FAINT) for words in told[:MOST_LINES]]
    found = seen(kernel, gains(kernel))
    weights = _titled(
        f"{shape_words(kernel.shape)} weights",
        _weights(kernel),
        _formula(kernel),
        "framed: the element on the output pixel",
    )
    flat, highest = f"gain on a flat area: {found['flat']:.4g}", f"highest waves: {in_words(found)}"
    if kernel.weights.ndim == 3:
        waves = canvas.above(canvas.words(flat, BODY), canvas.words(highest, SMALL, FAINT), gap=8)
        return canvas.above(*heading, weights, waves, gap=12)
    waves = _titled(
        "gain of waves, by cycles a pixel across and down", _response(kernel), flat, highest
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
    """A grid of numbers, with depth one for each slice; of colours alone if there are too many."""
    rows, cols = kernel.shape[-2:]
    marked = np.zeros(kernel.shape, np.bool_)
    marked[kernel.place] = True
    weights, marked = (array.reshape(-1, rows, cols) for array in (kernel.weights, marked))
    colors = canvas.diverging(weights.astype(FLOAT64))
    numbered = max(rows, cols) <= NUMBERED
    step = max(SIDE // max(rows, cols), 1)
    if numbered:
        grids = _numbers(weights, colors, marked)
    else:
        grids = [_squares(*slice_, step) for slice_ in zip(colors, marked, strict=True)]
    block = _side_by_side(grids) if kernel.weights.ndim == 3 else grids[0]
    if numbered:
        return block
    low, high = min(float(weights.min()), 0.0), max(float(weights.max()), 0.0)
    return canvas.beside(block, _scale(low, high, max(rows * step, SIDE // 2)), align="start")


def _side_by_side(grids: Sequence[Block]) -> Block:
    """The grids of slices, each under its number."""
    slices = [
        canvas.above(canvas.words(f"slice {number}", SMALL, FAINT), grid, gap=8)
        for number, grid in enumerate(grids)
    ]
    return canvas.table([slices[i : i + SLICES] for i in range(0, len(slices), SLICES)], gap=24)


def _numbers(weights: Array, colors: Colors, marked: Array) -> list[Block]:
    """A grid of numbers for each slice, all in letters of one size."""
    texts = [[[f"{weight:.3g}" for weight in row] for row in slice_] for slice_ in weights.tolist()]
    longest = max((text for rows in texts for row in rows for text in row), key=len)
    rows, cols = ([str(i) for i in range(length)] for length in weights.shape[1:])
    for size in (2 * BODY, TITLE, BODY, SMALL):
        grids = [
            canvas.grid(*one, size=size, rows=rows, cols=cols, marked=place, least=longest)
            for *one, place in zip(texts, colors, marked, strict=True)
        ]
        if max(max(grid.size) for grid in grids) <= SIDE:
            break
    return grids


def _squares(colors: Colors, marked: Array, step: int) -> Block:
    """Squares of these colours with places beside and below them."""
    image = canvas.pixels(colors, step)
    for row, col in np.argwhere(marked).tolist():
        image = canvas.outlined(image, (row, col), step)
    rows, cols = marked.shape
    return canvas.framed(image, _places(cols), _places(rows))


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
