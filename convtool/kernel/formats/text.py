"""Kernels as rows of numbers, and back.

    # comment
    name = blur
    divisor = 16
    1 2 1
    2 4 2
    1 2 1

Numbers are separated by blanks, tabs, commas or semicolons; ``1/9`` is exact. Settings come
before the rows. An empty line ends a kernel. A line ``---`` separates the slices of a kernel with
depth; a single slice has one before it.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from ...core.errors import ConvtoolError, at, quoted
from ..kernel import Kernel
from ..rational import Number, kernel_of, number_of

KEYS = ("name", "description", "divisor", "bias", "anchor")

SLICE = "---"

_SEPARATOR = re.compile(r"\s*[,;]\s*|\s+")
_SETTING = re.compile(r"([^\W\d]\w*)\s*=\s*(.*)")
_FRACTION = re.compile(r"[+-]?\d{1,18}(\.\d{1,18})?/[+-]?\d{1,18}(\.\d{1,18})?", re.ASCII)


_LIBVIPS = re.compile(r"[ \t]*[1-9]\d*[ \t]+[1-9]\d*([ \t]+[^\s#,;=]+){0,2}[ \t]*\r?\n")
"""The first line of a matrix of libvips. Rows of weights may start with such a line, too."""


def read(data: bytes, name: str) -> tuple[Kernel, ...]:
    """The kernels in a file's bytes; a matrix of libvips is an error."""
    text = data.decode("utf-8-sig")
    if _LIBVIPS.match(text):
        from .libvips import is_matrix

        if is_matrix(text):
            raise ConvtoolError(
                "looks like a matrix of libvips: those are read from files named *.mat; "
                "if these are rows of weights, write commas between them"
            )
    return parse_text(text, name)


def parse_text(text: str, name: str) -> tuple[Kernel, ...]:
    """The kernels in a text. One without a name gets `name`, with a number in a bank."""
    blocks = list(_blocks(text))
    if not blocks:
        raise ConvtoolError("holds no weights, expected rows of numbers")
    names = [name] if len(blocks) == 1 else [f"{name}-{i + 1}" for i in range(len(blocks))]
    return tuple(block.kernel(own) for block, own in zip(blocks, names, strict=True))


@dataclass
class _Block:
    """The lines of one kernel."""

    settings: dict[str, str] = field(default_factory=dict)
    rows: list[list[Number]] = field(default_factory=list)
    cuts: list[int] = field(default_factory=list)
    """The numbers of rows after which a slice ends."""

    def kernel(self, name: str) -> Kernel:
        anchor = None
        if "anchor" in self.settings:
            with at("anchor"):
                anchor = tuple(_parse_row(self.settings["anchor"]))
        return kernel_of(
            self.rows,
            self._number("divisor", 1),
            self._number("bias", 0),
            anchor,
            self.settings.get("name", name),
            self.settings.get("description", ""),
            depth=self._depth(),
        )

    def _depth(self) -> int | None:
        """How many slices there are; None where none is marked."""
        if not self.cuts:
            return None
        ends = [*(cut for cut in self.cuts if cut), len(self.rows)]
        heights = [end - start for start, end in zip([0, *ends], ends, strict=False)]
        for number, height in enumerate(heights, start=1):
            if height != heights[0]:
                raise ConvtoolError(
                    f"slice {number} has {height} row(s), expected {heights[0]} like slice 1"
                )
        return len(heights)

    def _number(self, key: str, default: Number) -> Number:
        if key not in self.settings:
            return default
        with at(key):
            numbers = _parse_row(self.settings[key])
        if len(numbers) != 1:
            raise ConvtoolError(f"{key} has {len(numbers)} numbers, expected one")
        return numbers[0]

    def add(self, content: str) -> None:
        """Add a line that is not empty: a setting, a row of numbers, or the end of a slice."""
        if content == SLICE:
            self.cuts.append(len(self.rows))
            return
        setting = _SETTING.fullmatch(content)
        if setting:
            self._set(*setting.groups())
            return
        row = _parse_row(content)
        if self.rows and len(row) != len(self.rows[0]):
            raise ConvtoolError(
                f"has {len(row)} number(s), expected {len(self.rows[0])} like the rows above"
            )
        self.rows.append(row)

    def _set(self, key: str, value: str) -> None:
        if self.rows:
            raise ConvtoolError(
                f"{key} stands after the rows, expected it before them, "
                "or an empty line between kernels"
            )
        if key not in KEYS:
            raise ConvtoolError(f"unknown key {quoted(key)}, expected one of {', '.join(KEYS)}")
        if key in self.settings:
            raise ConvtoolError(f"{key} is set a second time, expected it once")
        self.settings[key] = value


def _blocks(text: str) -> Iterator[_Block]:
    """The kernels of a text, each as its lines."""
    block = _Block()
    for number, line in enumerate(text.splitlines(), start=1):
        content = line.partition("#")[0].strip()
        if content:
            with at(f"line {number}"):
                block.add(content)
        elif block.rows and "#" not in line:  # a line with only a comment does not end a kernel
            yield block
            block = _Block()
    if block.rows:
        yield block
    elif block.settings:
        raise ConvtoolError("settings without rows, expected rows of numbers after them")


def _parse_row(text: str) -> list[Number]:
    """The numbers of one line, which may end with a separator."""
    words = _SEPARATOR.split(text.strip())
    if words[-1] == "" and len(words) > 1:
        words.pop()
    numbers = []
    for word in words:
        try:
            numbers.append(_parse_number(word))
        except ConvtoolError as error:  # `at` would take longer than the number
            raise ConvtoolError(f"number {len(numbers) + 1}: {error}") from None
    return numbers


def _parse_number(word: str) -> Number:
    """An int, a float, or a fraction as 1/9."""
    if not _FRACTION.fullmatch(word):
        return number_of(word)
    from fractions import Fraction  # only needed here

    numerator, _, denominator = word.partition("/")
    try:
        if "." not in word:
            return Fraction(int(numerator), int(denominator))
        return Fraction(numerator) / Fraction(denominator)
    except ZeroDivisionError:
        raise ConvtoolError(f"{word} divides by 0") from None


def encode(kernels: Sequence[Kernel]) -> bytes:
    return "\n".join(map(text_of_kernel, kernels)).encode()


def text_of_kernel(kernel: Kernel) -> str:
    """The lines of a kernel, with the weights in columns.

    Raises ConvtoolError for a name or description that does not fit in one line.
    """
    lines = []
    for key, words in (("name", kernel.name), ("description", kernel.description)):
        if "#" in words or words.splitlines() not in ([], [words.strip()]):
            raise ConvtoolError(
                f"a {key} {quoted(words)} does not go into a line of text: JSON holds it"
            )
        if words:
            lines.append(f"{key} = {words}")
    if kernel.divisor != 1:
        lines.append(f"divisor = {kernel.divisor!r}")
    if kernel.bias:
        lines.append(f"bias = {kernel.bias!r}")
    if kernel.anchor is not None:
        lines.append(f"anchor = {' '.join(map(str, kernel.anchor))}")
    slices = kernel.weights.reshape(-1, *kernel.shape[-2:]).tolist()
    alone = kernel.weights.ndim == 3 and len(slices) == 1
    for number, rows in enumerate(slices):
        lines += [SLICE] * (alone or number > 0) + columns(rows)
    return "\n".join(lines) + "\n"


def columns(rows: Sequence[Sequence[Number]], separator: str = " ") -> list[str]:
    """Lines of numbers in columns. They read back as the same numbers."""
    words = [[repr(number) for number in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*words, strict=True)]
    return [
        separator.join(word.rjust(width) for word, width in zip(row, widths, strict=True))
        for row in words
    ]
