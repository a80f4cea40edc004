"""convtool kernel show: a kernel's weights, and what they do."""

import os
from typing import TYPE_CHECKING

import click

from convtool.core.filenames import shown

from ... import command
from . import common

if TYPE_CHECKING:
    from convtool.inspect.kernel import Facts
    from convtool.kernel.kernel import Kernel, Layer

DRAWN = "The weights, and how strongly each wave passes."
"""What the picture shows, for those who hear it."""

LABEL = 16
"""Columns of a label."""

MOST_NUMBERS = 9
"""Numbers of a column or row that are shown."""


@click.command("show", cls=common.KernelCommand)
@common.argument
@common.json_
@click.option(
    "-o",
    "--output",
    metavar="OUT",
    type=command.FILE,
    help="Draw the weights, and the gain of each wave beside them, as a picture instead of text; "
    "of a kernel with depth the weights of each slice. A .svg has lines and texts.",
)
def show_(spec: str, json_: bool, output: str | None) -> None:
    """Show what kernel K is, and what it does to an image.

    \b
    Examples:
      convtool kernel show sobel_x
      convtool kernel show gaussian:7,1.5 -o gaussian.png
      convtool kernel show '1 0 -1' --json
      convtool kernel show sobel:3x3x3,z
      convtool kernel rotate prewitt_x --by 45 | convtool kernel show -

    The gain is what a pattern is multiplied by: an area of one value, and columns, rows and
    checkerboards of alternating light and dark pixels, the highest frequency there is. The plan
    is for an 8-bit RGB image of 1080x1920. The element in brackets sits on the output pixel.
    A kernel with depth is shown slice by slice, with the plan for an 8-bit volume of 128x512x512.
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

        drawn = draw_kernels(common.found_of(found, spec))
        write_picture(drawn, output, f"kernel {shown(spec)}", DRAWN)
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
    from convtool.core.validation import shape_words
    from convtool.inspect.frequency import in_words, seen
    from convtool.inspect.kernel import PLANNED, facts, rank_is_exact
    from convtool.render.kernel_text import lines_of_weights

    from ...messages import printable
    from ...printing import wrapped

    found = facts(kernel)
    size = shape_words(kernel.shape)
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
        ("flat area", _flat(gains["flat"], kernel.bias)),
        ("highest waves", in_words(gains)),
        ("plan", f"for {_planned(PLANNED[kernel.weights.ndim])}"),
        *(("", line) for line in str(found.plan).splitlines()),
    ]
    if not found.symmetries and not found.antisymmetries:
        told[3] = ("symmetric", "no")
    lines = [line for label, words in told if words for line in _fact(label, words)]
    return [*heading, "", *lines_of_weights(kernel), "", *lines]


def _planned(shape: tuple[int, ...]) -> str:
    """The image or volume that is planned for."""
    from convtool.core.validation import shape_words

    if shape[-1] == 3:
        return f"8-bit RGB of {shape_words(shape[:-1])}"
    return f"an 8-bit volume of {shape_words(shape)}"


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
    if found.is_separable and found.factors:
        names = ("slices", "column", "row")[-len(found.factors) :]
        lines = zip(names, found.factors, strict=True)
        return " times ".join(f"{name} {_numbers(line.tolist())}" for name, line in lines)
    if found.factors:
        along = _numbers(found.factors[0].tolist())
        return f"slices {along} times a plane, which is no column times a row"
    if not found.rank:
        return "all weights are 0"
    products = "columns times rows" if len(found.anchor) == 2 else "lines of slices times planes"
    if not exact:
        return f"no; at least {found.rank} {products} add up to it"
    return f"no; {found.rank} {products} add up to it, no fewer"


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
