"""CSV: a matrix of numbers, a row a line, comma-separated; or several, one a channel.

Channels follow one another as blocks, each under a line ``# channel 0: R``, with an empty
line between.

A CSV does not say what type its numbers had, so the reader takes the narrowest that gives
every number back as it is written: int16, int32 or int64 for whole numbers, else float32 or
float64. So 0.1 comes as a float32; after a line ``# float64`` it does not, which `writers.csv`
puts under a map of float64 that would be mistaken.
"""

import math
import re
from contextlib import suppress
from dataclasses import dataclass, field
from typing import BinaryIO

import numpy as np

from ..errors import ConvtoolError
from ..image import CHANNEL_NAMES, Header
from ..precision import Array
from .array import ArrayReader, Reader, check_size

WIDE = "# float64"
"""The line that marks numbers of type float64 whose text alone does not tell."""

_CHANNEL = re.compile(r"#\s*channel\s+\d+\s*:\s*(.+)")
_NOT_WHOLE = re.compile(r"[.a-zA-Z]")


@dataclass
class _Block:
    """The lines of one channel."""

    name: str | None = None
    lines: list[str] = field(default_factory=list)
    values: list[list[float]] = field(default_factory=list)


def read_csv(file: BinaryIO, max_pixels: int) -> Reader:
    """The reader for a CSV file; ConvtoolError with row and column for what is no number."""
    try:
        text = file.read().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ConvtoolError("is no text, expected comma-separated numbers") from None
    lines = [line.strip() for line in text.splitlines()]
    blocks = _blocks(lines)
    first = blocks[0]
    check_size(len(first.values), len(first.values[0]), max_pixels)
    for block in blocks[1:]:
        if len(block.values) != len(first.values) or len(block.values[0]) != len(first.values[0]):
            raise ConvtoolError(
                f"channel {block.name} is {len(block.values)}x{len(block.values[0])}, "
                f"expected {len(first.values)}x{len(first.values[0])} like the first"
            )
    pixels = _array(blocks, wide=WIDE in lines)
    names = tuple(block.name or "L" for block in blocks)
    known = CHANNEL_NAMES.get(len(names)) == names
    channels = names if known else tuple(str(i) for i in range(len(names)))
    header = Header(pixels.shape[0], pixels.shape[1], channels, pixels.dtype)
    return ArrayReader(header, pixels)


def _blocks(lines: list[str]) -> list[_Block]:
    """The channels of a file, every row checked."""
    blocks = [_Block()]
    gap = 0
    for number, line in enumerate(lines, start=1):
        if line.startswith("#"):
            channel = _CHANNEL.fullmatch(line)
            if channel:
                if blocks[-1].values:
                    blocks.append(_Block())
                elif blocks[-1].name:
                    raise ConvtoolError(f"channel {blocks[-1].name} holds no numbers")
                blocks[-1].name = channel[1]
                gap = 0
            continue
        block = blocks[-1]
        if not line:
            gap = gap or number
            continue
        if gap and block.values:
            raise ConvtoolError(
                f"row {gap} is empty, expected numbers, or a line '# channel N: NAME' "
                "before another channel"
            )
        gap = 0
        row = _row(line, f"row {number}")
        if block.values and len(row) != len(block.values[0]):
            short = min(len(row), len(block.values[0])) + 1
            raise ConvtoolError(
                f"row {number}, column {short}: the row has {len(row)} number(s), "
                f"expected {len(block.values[0])} like the rows above"
            )
        block.lines.append(line)
        block.values.append(row)
    if not blocks[-1].values:
        raise ConvtoolError("holds no numbers, expected rows of them")
    return blocks


def _row(line: str, where: str) -> list[float]:
    """The numbers of one line."""
    words = line.split(",")
    try:
        row = list(map(float, words))
        if "_" not in line and not any(map(math.isinf, row)):
            return row
    except ValueError:
        pass
    return [_number(word.strip(), f"{where}, column {i}") for i, word in enumerate(words, start=1)]


def _number(word: str, where: str) -> float:
    """One number, or the error that says what is wrong with it."""
    if not word:
        raise ConvtoolError(f"{where}: is empty, expected a number")
    try:
        number = float("?" if "_" in word else word)
    except ValueError:
        hint = "; numbers stand apart by commas" if re.search(r"[\s;]", word) else ""
        shown = word if len(word) <= 40 else f"{word[:37]}..."
        raise ConvtoolError(f"{where}: found {shown!r}, expected a number{hint}") from None
    if math.isinf(number) and "inf" not in word.lower():
        raise ConvtoolError(f"{where}: the number is too large, expected less than 1.8e308")
    return number


def _array(blocks: list[_Block], *, wide: bool) -> Array:
    """The channels as an array (H, W, C) in the type that the text calls for."""
    values = np.stack([np.array(block.values) for block in blocks], axis=-1)
    if any(_NOT_WHOLE.search(line) for block in blocks for line in block.lines):
        narrow = not wide and reads_as_float32(values)
        return values.astype(np.float32) if narrow else values
    for narrow_type in (np.int16, np.int32):
        if np.abs(values).max() <= np.iinfo(narrow_type).max:
            return values.astype(narrow_type)
    try:
        exact = [[[int(word) for word in line.split(",")] for line in b.lines] for b in blocks]
    except ValueError:  # more digits than Python reads
        return values
    for wide_type in (np.int64, np.uint64):
        with suppress(OverflowError):
            return np.moveaxis(np.array(exact, dtype=wide_type), 0, -1)
    return values


def reads_as_float32(values: Array) -> bool:
    """Whether every value is what the shortest text of some float32 reads as: 0.1, not 1/3."""
    values = values[_changed(values)]
    with np.errstate(over="ignore"):
        narrow = values.astype(np.float32)
    return all(  # in pieces, as text is large, and most arrays show it soon
        np.array_equal(narrow[i : i + 4096].astype(str).astype(np.float64), values[i : i + 4096])
        for i in range(0, len(values), 4096)
    )


def differs_in_float32(values: Array) -> bool:
    """Whether any value is not a float32 itself."""
    return bool(_changed(values).any())


def _changed(values: Array) -> Array:
    """Which values float32 does not hold as they are."""
    with np.errstate(over="ignore"):
        changed: Array = (values.astype(np.float32) != values) & ~np.isnan(values)
    return changed
