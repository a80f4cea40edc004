"""convtool kernel show: a kernel's weights, and what they do."""

import math
import os
from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from ... import options
from . import common

if TYPE_CHECKING:
    from convtool.inspect.kernel import Facts
    from convtool.kernel.kernel import Kernel, Layer

LABEL = 16
"""Columns of a label."""

MOST_ROWS, WIDEST = 23, 79
"""Rows, and columns of letters, of a grid; of a larger one the first and the last are shown."""

FEWEST = 3
"""Columns that are shown in any case."""

MOST_NUMBERS = 9
"""Numbers of a column or row that are shown."""


@click.command("show", cls=common.KernelCommand)
@common.argument
@common.json_
@click.option(
    "-o",
    "--output",
    metavar="OUT",
    type=options.FILE,
    help="Draw the weights, and the gain of each wave beside them, as a picture instead of text.",
)
def show_(spec: str, json_: bool, output: str | None) -> None:
    """Show what kernel K is, and what it does to an image.

    \b
    Examples:
      convtool kernel show sobel_x
      convtool kernel show gaussian:7,1.5 -o gaussian.png
      convtool kernel show '1 0 -1' --json
      convtool kernel rotate prewitt_x --by 45 | convtool kernel show -

    The gain is what a pattern is multiplied by: an area of one value, and columns, rows and
    checkerboards of alternating light and dark pixels, the highest frequency there is. The plan
    is for an 8-bit RGB image of 1080x1920. The element in brackets sits on the output pixel.
    """
    from convtool.kernel.kernel import Kernel

    from ...printing import print_json, print_line

    path = common.path_of(spec)
    if output is not None:
        _check(output, path)
    found = common.found(spec)
    if output is not None:
        from convtool.render.kernels import draw_kernels

        from ...output import write_picture

        write_picture(draw_kernels(common.found_of(found, spec)), output)
    if json_:
        from convtool.render.serialize import json_of_filter

        print_json([{**json_of_filter(one), "path": path} for one in found])
    if json_ or output is not None:
        return
    for i, one in enumerate(found):
        if i:
            print_line("")
        lines = _kernel_lines(one, path) if isinstance(one, Kernel) else _layer_lines(one, path)
        for line in lines:
            print_line(line)


def _check(output: str, path: str | None) -> None:
    """UsageError if OUT is stdout, the kernel at `path`, or not a picture."""
    from ...output import check_picture, check_replaces_none

    check_picture(output, "show")
    check_replaces_none(output, [path] if path else [], "the kernel that is shown")


def _layer_lines(layer: "Layer", path: str | None) -> list[str]:
    from convtool.core.validation import shape_words

    from ...messages import printable
    from ...printing import wrapped

    outputs, inputs, *taps = layer.weights.shape
    low, high = layer.weights.min(), layer.weights.max()
    each = "each the sum of" if outputs > 1 else "the sum of"
    words = (
        f"{printable(layer.name)}: a layer of {_counted(outputs, 'output')}, {each} "
        f"{_counted(inputs, 'channel')} under {shape_words(tuple(taps))} weights"
    )
    count = _counted(layer.weights.size, "weight")
    place = _fact("found in", _place(path)) if path else []
    return [*wrapped(words, 80), f"{count} from {low:.4g} to {high:.4g}", *place]


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'s' * (count != 1)}"


def _kernel_lines(kernel: "Kernel", path: str | None) -> list[str]:
    from convtool.inspect.frequency import in_words, seen
    from convtool.inspect.kernel import PLANNED, facts, rank_is_exact

    from ...messages import printable
    from ...printing import wrapped

    found = facts(kernel)
    size = "{}x{}".format(*kernel.shape)
    heading = [
        line
        for words in (f"{kernel.name or 'kernel'}, {size}", kernel.description)
        for line in wrapped(printable(words), 80)
    ]
    gains = seen(kernel, found.gains)
    told = [
        ("found in", _place(path)),
        ("weights", f"{'whole' if found.whole else 'floats'}, sum {found.sum:.6g}"),
        ("value", f"sum of products{_after(kernel)}"),
        ("symmetric", ", ".join(found.symmetries)),
        ("antisymmetric", ", ".join(found.antisymmetries)),
        ("separable", _separable(found, exact=rank_is_exact(kernel.weights))),
        ("flat area", _flat(gains.flat, kernel.bias)),
        ("highest waves", in_words(gains)),
        ("plan", f"for 8-bit RGB of {'{}x{}'.format(*PLANNED)}"),
        *(("", line) for line in str(found.plan).splitlines()),
    ]
    if not found.symmetries and not found.antisymmetries:
        told[3] = ("symmetric", "no")
    lines = [line for label, words in told if words for line in _fact(label, words)]
    return [*heading, "", *_grid(kernel, found.anchor), "", *lines]


def _place(path: str | None) -> str:
    """The place of a file, for people; empty if there is no file."""
    from convtool.kernel.lookup import is_bundled

    from ...messages import printable

    if path is None or is_bundled(path):
        return "" if path is None else "bundled"
    return printable(path if os.path.dirname(path) else os.path.join(os.curdir, path))


def _after(kernel: "Kernel") -> str:
    """Divisor and bias: ``/ 9 + 128``."""
    divided = f" / {kernel.divisor:.6g}" if kernel.divisor != 1 else ""
    sign = "+" if kernel.bias > 0 else "-"
    return divided + (f" {sign} {abs(kernel.bias):.6g}" if kernel.bias else "")


def _separable(found: "Facts", *, exact: bool) -> str:
    if found.factors:
        column, row = (_numbers(line.tolist()) for line in found.factors)
        return f"column {column} times row {row}"
    if not found.rank:
        return "all weights are 0"
    if not exact:
        return f"no; at least {found.rank} columns times rows add up to it"
    return f"no; {found.rank} columns times rows add up to it, no fewer"


def _numbers(values: list[float]) -> str:
    shown = [f"{value:.4g}" for value in values[:MOST_NUMBERS]]
    return f"[{' '.join(shown)}{' ...' if len(values) > len(shown) else ''}]"


def _flat(gain: float, bias: float) -> str:
    """The effect on an area of one value."""
    if gain == 0:
        return f"becomes {bias:.6g}" + (", the bias" if bias else "")
    words = "stays as it is" if gain == 1 and not bias else f"is multiplied by {gain:.6g}"
    return words + (f", and {bias:.6g} is added" if bias else "")


def _fact(label: str, words: str) -> list[str]:
    """A fact in lines of 80 columns."""
    from ...printing import wrapped

    inner = " " * (len(words) - len(words.lstrip()))
    lines = wrapped(words.strip(), 80 - LABEL - len(inner))
    return [(label if i == 0 else "").ljust(LABEL) + inner + line for i, line in enumerate(lines)]


def _grid(kernel: "Kernel", anchor: tuple[int, int]) -> list[str]:
    """The weights, the anchor's in brackets; of a large kernel those at its ends."""
    rows, cols = kernel.shape
    words = _words(kernel)
    down = _shown(rows, MOST_ROWS)
    for most in range(min(cols, WIDEST), min(cols, FEWEST) - 1, -1):
        across = _shown(cols, most)
        cells = [[_cell(words, i, j, anchor) for j in across] for i in down]
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        if sum(widths) + len(widths) <= WIDEST:
            break
    lines = [
        "".join(f" {cell:>{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in cells
    ]
    cut = [f"{rows} rows"] * (len(down) < rows) + [f"{cols} columns"] * (len(across) < cols)
    if cut:
        lines.append(f" (the first and last of {' and '.join(cut)}; --json has all)")
    return lines


def _words(kernel: "Kernel") -> Callable[[int, int], str]:
    """A function that formats the weight at (row, column): floats to four digits of the largest."""
    weights = kernel.weights
    if weights.dtype.kind == "i":
        return lambda row, col: str(weights[row, col])
    largest = float(abs(weights).max())
    if not 1e-4 <= largest < 1e4:
        return lambda row, col: f"{weights[row, col]:.3g}"
    digits = 3 - math.floor(math.log10(largest))
    return lambda row, col: f"{weights[row, col]:.{digits}f}"


def _shown(length: int, most: int) -> list[int | None]:
    """Which rows or columns are shown; None stands for those between."""
    if length <= most:
        return list(range(length))
    ends = (most - 1) // 2
    return [*range(ends), None, *range(length - ends, length)]


def _cell(
    words: Callable[[int, int], str], row: int | None, col: int | None, anchor: tuple[int, int]
) -> str:
    """A weight; in the anchor's column with a blank in place of its bracket."""
    if row is None or col is None:
        return "..."
    if (row, col) == anchor:
        return f"[{words(row, col)}]"
    return words(row, col) + " " * (col == anchor[1])
