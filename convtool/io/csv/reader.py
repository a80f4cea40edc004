"""Reads CSV files."""

import io
import re
from collections.abc import Iterable, Iterator
from itertools import count, groupby
from typing import BinaryIO, NamedTuple

import numpy as np

from ...core.dtypes import FLOAT64, Array
from ...core.encoding import COMMAS, Table
from ...core.errors import ConvtoolError
from ...core.image import CHANNEL_NAMES, DEPTH, Header
from ...core.validation import shape_words
from ..base import ArrayReader, Reader
from ..limits import check_channels, check_size
from . import WIDE
from .numbers import NUMBER, hint, numbers_of, reads_as_float32, shown

CHARACTERS = 1 << 20
"""The approximate size of a block of lines that are parsed at once."""

LONGEST_ROW = 1 << 28
"""Characters."""

_TITLE = re.compile(r"#\s*(?:slice\s+(\d+))?(?:,\s*)?(?:channel\s+\d+\s*:\s*(.+))?")
"""The line above a block: the number of its slice, the name of its channel."""

_EMPTY = re.compile(r"(?:^|,)[ \t]*(?=,|$)", re.MULTILINE)
"""Cells with nothing in them."""


class _Channel(NamedTuple):
    """The rows of one channel of a slice. Each block has the narrowest type for its numbers."""

    name: str
    blocks: list[Array]
    slice: str = ""
    """Its number, if the file names it."""

    @property
    def title(self) -> str:
        """What errors call it."""
        named = [f"slice {self.slice}"] * bool(self.slice) + [f"channel {self.name}"] * bool(
            self.name
        )
        return ", ".join(named)

    @property
    def shape(self) -> tuple[int, int]:
        return sum(map(len, self.blocks)), self.blocks[0].shape[1]


def read_csv(file: BinaryIO, max_pixels: int, table: Table = COMMAS) -> Reader:
    """The reader for a CSV file. Errors name row and column."""
    headings: list[str] = []
    try:
        with io.TextIOWrapper(file, "utf-8-sig") as text:
            lines = _with_commas(_lines(text), table, headings)
            channels, wide, empty = _parsed(lines, max_pixels)
    except UnicodeDecodeError:
        raise ConvtoolError("is no text, expected comma-separated numbers") from None
    first = channels[0].shape
    for channel in channels:
        if channel.shape != first:
            raise ConvtoolError(
                f"{channel.title} is {shape_words(channel.shape)}, "
                f"expected {shape_words(first)} like the first"
            )
    names = _names(channels, table.axes)
    depth = len(channels) // len(names)
    pixels = np.empty((depth, *first, len(names)), _type(channels, wide=wide))
    places = (pixels[n // len(names), ..., n % len(names)] for n in range(len(channels)))
    for channel, place in zip(channels, places, strict=True):
        np.concatenate(channel.blocks, out=place, casting="unsafe")
    told = f"{empty} empty cell{'s are' * (empty > 1) or ' is'} missing, NaN"
    skipped = f"skipped {len(headings)} row{'s' * (len(headings) > 1)} of headings"
    skipped = skipped if headings else "no row of headings comes first"
    notes = (skipped,) * (table.header or bool(headings)) + (told,) * bool(empty)
    tall = pixels.reshape(-1, *pixels.shape[2:])
    stacked = "t" if (table.axes or "").startswith("t") else DEPTH
    header = Header(len(tall), first[1], names, pixels.dtype, depth=depth, stacked=stacked)
    return ArrayReader(header, tall, notes)


def _names(channels: list[_Channel], axes: str | None) -> tuple[str, ...]:
    """The names of the channels of each slice; ConvtoolError where slices, or `axes`, differ."""
    slices = [list(some) for _, some in groupby(channels, lambda channel: channel.slice)]
    each = [[channel.name for channel in some] for some in slices]
    for some, names in zip(slices, each, strict=True):
        if names != each[0]:
            raise ConvtoolError(
                f"slice {some[0].slice} has {_listed(names)}, expected {_listed(each[0])} like the "
                "first"
            )
    for some in slices:
        if len(some) > 1 and "" in {channel.name for channel in some}:
            raise ConvtoolError(
                f"slice {some[0].slice} has {len(some)} blocks, expected a line as '# slice 1, "
                "channel 0: R' above each"
            )
    found, named = tuple(name or "L" for name in each[0]), bool(channels[0].slice)
    if axes in ("zyx", "tyx") and not named:
        return ("L",)
    if axes and (
        axes[0] == "x" or (axes[0] in "zt") != named or ("c" not in axes and len(found) > 1)
    ):
        raise ConvtoolError(f"holds {_blocks(slices, found)}, and --axes {axes} says otherwise")
    known = CHANNEL_NAMES.get(len(found)) == found
    return found if known else tuple(map(str, range(len(found))))


def _blocks(slices: list[list[_Channel]], names: tuple[str, ...]) -> str:
    """What a file holds: ``2 blocks of rows``, ``3 slices of 2 blocks of rows``."""
    blocks = f"{len(names)} block{'s' * (len(names) > 1)} of rows"
    return f"{len(slices)} slices of {blocks}" if slices[0][0].slice else blocks


def _listed(names: list[str]) -> str:
    return f"channels {', '.join(names)}" if any(names) else "no named channels"


def _lines(text: io.TextIOBase) -> Iterator[str]:
    """The lines, without their ends. Raises ConvtoolError for one that is too long."""
    for number in count(1):
        line = text.readline(LONGEST_ROW)
        if not line:
            return
        if len(line) == LONGEST_ROW:
            raise ConvtoolError(
                f"row {number} has more than {LONGEST_ROW} characters, "
                "expected numbers, a row a line"
            )
        yield line.rstrip("\r\n")


def _with_commas(lines: Iterable[str], table: Table, headings: list[str]) -> Iterator[str]:
    """The lines, stripped of blanks, with commas for delimiters.

    Rows of headings come as comments, and are added to `headings`; ConvtoolError for one where
    there are to be none.
    """
    delimiter, begun = table.delimiter, False
    for number, line in enumerate(lines, start=1):
        line = line.strip(" " if delimiter == "\t" else None)
        if not line or line.startswith("#"):
            yield line
        elif not begun and _is_heading(line, delimiter):
            if not table.header:
                column, cell = next((i, c) for i, c in enumerate(_cells(line, delimiter), 1) if c)
                raise ConvtoolError(
                    f"row {number}, column {column}: found {shown(cell)}, expected a number; "
                    f"--header skips rows of headings{hint(cell)}"
                )
            headings.append(line)
            yield "#"
        else:
            begun = True
            yield line if delimiter == "," else _joined(line, delimiter, number)


def _is_heading(line: str, delimiter: str) -> bool:
    """Whether no cell of a row is a number, nor any numbers with other delimiters."""
    cells = list(filter(None, _cells(line, delimiter)))
    words = filter(None, re.split(r"[,;|\s]+", line))
    is_number = NUMBER.fullmatch
    return bool(cells) and not any(map(is_number, cells)) and not all(map(is_number, words))


def _cells(line: str, delimiter: str) -> list[str]:
    return [cell.strip() for cell in (line.split() if delimiter == " " else line.split(delimiter))]


def _joined(line: str, delimiter: str, number: int) -> str:
    """A row with commas for delimiters; ConvtoolError where it has commas of its own."""
    cells = _cells(line, delimiter)
    for column, cell in enumerate(cells, start=1):
        if "," in cell:
            decimal = NUMBER.fullmatch(cell)
            expected = "a number"
            if decimal:
                expected = f"a point for the decimal comma: {cell.replace(',', '.')}"
            raise ConvtoolError(
                f"row {number}, column {column}: found {shown(cell)}, expected {expected}"
            )
    return ",".join(cells)


def _parsed(lines: Iterable[str], max_pixels: int) -> tuple[list[_Channel], bool, int]:
    """The channels of a file, every row checked; whether it has the line that marks float64; and
    the number of its empty cells."""
    channels = [_Channel("", [])]
    gap = empty = in_slice = 0
    wide = False
    for first, part in _parts(lines):
        line = part[0]
        blocks = channels[-1].blocks
        if line.startswith("#"):
            wide = wide or line == WIDE
            title = _TITLE.fullmatch(line)
            if title and any(title.groups()):
                _check_filled(channels[-1])
                channels.append(_Channel(title[2] or "", [], title[1] or ""))
                in_slice = in_slice + 1 if channels[-1].slice == channels[-2].slice else 1
                check_channels(in_slice)
                gap = 0
        elif not line:
            gap = gap or first
        elif gap and blocks:
            raise ConvtoolError(
                f"row {gap} is empty, expected numbers, or a line '# channel N: NAME' "
                "before another channel, or '# slice N' before another slice"
            )
        else:
            gap = 0
            blocks.append(numbers_of(part, first, blocks[0].shape[1] if blocks else 0))
            check_size(*channels[-1].shape, max_pixels)
            if np.isnan(blocks[-1]).any():
                empty += len(_EMPTY.findall("\n".join(part)))
    if not channels[-1].blocks:
        raise ConvtoolError("holds no numbers, expected rows of them")
    return [channel for channel in channels if channel.blocks], wide, empty


def _parts(lines: Iterable[str]) -> Iterator[tuple[int, list[str]]]:
    """(number of the first, lines): many rows of numbers, or one comment or empty line."""
    rows: list[str] = []
    first = size = 0
    for number, line in enumerate(lines, start=1):
        is_row = line and not line.startswith("#")
        if is_row:
            first = first if rows else number
            rows.append(line)
            size += len(line)
        if rows and (not is_row or size > CHARACTERS):
            yield first, rows
            rows, size = [], 0
        if not is_row:
            yield number, [line]
    if rows:
        yield first, rows


def _check_filled(channel: _Channel) -> None:
    if channel.title and not channel.blocks:
        raise ConvtoolError(f"{channel.title} holds no numbers")


def _type(channels: list[_Channel], *, wide: bool) -> np.dtype[np.generic]:
    """The type for all numbers together."""
    blocks = [block for channel in channels for block in channel.blocks]
    kinds = {block.dtype.kind for block in blocks}
    if "f" not in kinds:
        if "u" in kinds and all(block.min() >= 0 for block in blocks):
            return np.dtype(np.uint64)
        return np.result_type(*(block.dtype for block in blocks))  # float64 of int64 and uint64
    narrow = not wide and all(reads_as_float32(block.astype(FLOAT64)) for block in blocks)
    return np.dtype(np.float32) if narrow else FLOAT64
