"""The words and numbers of shapes, for the table and the picture of a pipeline."""

from collections.abc import Iterator, Sequence
from fractions import Fraction

from ..inspect.shapes import Shapes


def times(sizes: Sequence[int | Fraction]) -> str:
    """Sizes, as ``480x640x3``."""
    return "x".join(map(str, sizes))


def exact_number(count: int) -> str:
    """A count to the last digit, unless that takes too much of a line."""
    return f"{count:,}" if count < 10**12 else number(count)


def number(count: int) -> str:
    """A readable count: powers of ten as such, large ones to two digits.

    >>> number(9216), number(10**12), number(123_456_789_012)
    ('9,216', '10^12', '1.2 x 10^11')
    """
    digits = str(count)
    if len(digits) > 6 and digits == "1" + "0" * (len(digits) - 1):
        return f"10^{len(digits) - 1}"
    if len(digits) <= 9:
        return f"{count:,}"
    power = len(digits) - 1
    tenths = (count * 10 + 10**power // 2) // 10**power
    if tenths == 100:
        tenths, power = 10, power + 1
    return f"{tenths // 10}.{tenths % 10} x 10^{power}"


def sentences(found: Shapes) -> Iterator[str]:
    """What is told below the stages: a fully connected layer beside them, loops, alpha."""
    joined = f"{number(found.inputs)} x {number(found.outputs)}"
    yield f"A fully connected layer: {joined} = {number(found.fully_connected)} weights."
    stages = "These stages" if len(found.rows) > 1 else "This stage"
    yield f"{stages}: {number(found.weights)}."
    loops = dict.fromkeys(name for row in found.rows for name in row.loops.split(", ") if name)
    if loops:
        yield f"Loops: {', '.join(loops)}."
    if found.alpha:
        yield "The image's alpha is in the shapes, and in none of the other numbers."
