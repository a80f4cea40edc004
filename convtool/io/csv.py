"""CSV: a matrix of numbers, comma-separated, with one line for each row.

Another delimiter becomes a comma before rows are read, and takes its place in rows that are
written. Rows of headings count as comments.

Several channels follow one another as blocks, each under a line ``# channel 0: R``, with an empty
line between. So do slices, under ``# slice 0``, or ``# slice 0, channel 0: R``.

A CSV does not name the type of its numbers. The reader takes the narrowest type that keeps every
number as it is written: int16, int32 or int64 for whole numbers, else float32 or float64. So 0.1
is read as a float32. A line ``# float64`` anywhere in the file makes it a float64. A cell with
nothing in it is missing: NaN. The writer gives every value exactly as computed, and adds that line
where a map of float64 needs it.
"""

import io
import math
import re
import shutil
from collections.abc import Iterable, Iterator
from itertools import count, groupby
from typing import BinaryIO, NamedTuple, cast

import numpy as np
import orjson

from ..core.dtypes import EXACT_IN_FLOAT32, EXACT_IN_FLOAT64, FLOAT32, FLOAT64, Array, limits
from ..core.encoding import COMMAS, Table
from ..core.errors import ConvtoolError
from ..core.image import CHANNEL_NAMES, DEPTH, Header
from ..core.validation import shape_words
from .base import ArrayReader, Reader
from .limits import check_channels, check_size

WIDE = "# float64"
"""The line that marks numbers as float64 where their text would be read as float32."""

CHARACTERS = 1 << 20
"""The approximate size of a block of lines that are parsed at once."""

LONGEST_ROW = 1 << 28
"""Characters."""

_TITLE = re.compile(r"#\s*(?:slice\s+(\d+))?(?:,\s*)?(?:channel\s+\d+\s*:\s*(.+))?")
"""The line above a block: the number of its slice, the name of its channel."""

_NUMBER = re.compile(
    r"[+-]?(\d+([.,]\d*)?|[.,]\d+)(e[+-]?\d+)?|[+-]?(nan|inf|infinity)", re.IGNORECASE
)
"""A number, with a decimal comma, too."""

_EMPTY = re.compile(r"(?:^|,)[ \t]*(?=,|$)", re.MULTILINE)
"""Cells with nothing in them."""

MARKS_OF_OTHERS = ("na", "n/a", "null", "none", "missing", "-", "?")
"""What other programs write where there is no number."""

IN_WHOLE = b"0123456789+-, \t\n"
IN_NUMBERS = IN_WHOLE + b".eE"
"""The characters of rows of whole numbers, and of any numbers."""


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
                    f"row {number}, column {column}: found {_shown(cell)}, expected a number; "
                    f"--header skips rows of headings{_hint(cell)}"
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
    is_number = _NUMBER.fullmatch
    return bool(cells) and not any(map(is_number, cells)) and not all(map(is_number, words))


def _cells(line: str, delimiter: str) -> list[str]:
    return [cell.strip() for cell in (line.split() if delimiter == " " else line.split(delimiter))]


def _joined(line: str, delimiter: str, number: int) -> str:
    """A row with commas for delimiters; ConvtoolError where it has commas of its own."""
    cells = _cells(line, delimiter)
    for column, cell in enumerate(cells, start=1):
        if "," in cell:
            decimal = _NUMBER.fullmatch(cell)
            expected = "a number"
            if decimal:
                expected = f"a point for the decimal comma: {cell.replace(',', '.')}"
            raise ConvtoolError(
                f"row {number}, column {column}: found {_shown(cell)}, expected {expected}"
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
            blocks.append(_block(part, first, blocks[0].shape[1] if blocks else 0))
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


def _block(lines: list[str], first: int, width: int) -> Array:
    """The numbers of lines; the first is line `first` of the file.

    `width` is the count of numbers in a row, 0 if not yet known.
    """
    rows = "\n".join(lines).encode()
    whole = not rows.translate(None, IN_WHOLE)
    if not rows.translate(None, IN_NUMBERS):  # other text could be JSON too: true, null
        try:
            values = _array(orjson.loads(b"[[%b]]" % rows.replace(b"\n", b"],[")), whole=whole)
            if width in (0, values.shape[1]) and np.isfinite(values).all():
                return values
        except ValueError:  # numbers that are no JSON, as +1 or .5; rows of different lengths
            pass
    numbers = []
    for number, line in enumerate(lines, start=first):
        row = _row(line, f"row {number}")
        width = width or len(row)
        if len(row) != width:
            short = min(len(row), width) + 1
            raise ConvtoolError(
                f"row {number}, column {short}: the row has {len(row)} number(s), "
                f"expected {width} like the rows above"
            )
        numbers.append(row)
    if not whole:
        return np.array(numbers)
    try:
        return _array([list(map(int, line.split(","))) for line in lines], whole=True)
    except ValueError:  # more digits than Python reads
        return np.array(numbers)


def _array(rows: list[list[float]], *, whole: bool) -> Array:
    """Rows of numbers in the narrowest type that holds them; ValueError if they are ragged."""
    values = np.array(rows)
    if not whole:
        return values.astype(FLOAT64)
    if values.dtype.kind not in "iu":  # too large for an int64, or for any type
        fits = all(isinstance(value, int) and 0 <= value < 2**64 for row in rows for value in row)
        return np.array(rows, np.uint64 if fits else FLOAT64)
    lowest, highest = int(values.min()), int(values.max())
    for name in ("int16", "int32"):
        smallest, largest = limits(np.dtype(name))
        if smallest < lowest and highest <= largest:  # the smallest itself has no absolute value
            return values.astype(name)
    return values


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


def _row(line: str, where: str) -> list[float]:
    words = line.split(",")
    try:
        row = list(map(float, words))
        if _is_plain(line) and not any(map(math.isinf, row)):
            return row
    except ValueError:
        pass
    return [_number(word.strip(), f"{where}, column {i}") for i, word in enumerate(words, start=1)]


def _is_plain(text: str) -> bool:
    """Whether there is nothing that Python, but no table, has in its numbers."""
    return "_" not in text and text.isascii()


def _number(word: str, where: str) -> float:
    """One number, NaN where there is nothing. Raises ConvtoolError for anything else."""
    if not word:
        return math.nan
    try:
        number = float(word if _is_plain(word) else "?")
    except ValueError:
        raise ConvtoolError(
            f"{where}: found {_shown(word)}, expected a number{_hint(word)}"
        ) from None
    if math.isinf(number) and "inf" not in word.lower():
        raise ConvtoolError(f"{where}: the number is too large, expected less than 1.8e308")
    return number


def _hint(word: str) -> str:
    """What to do about a cell that is no number, if that is known."""
    if other := re.search(r"[;\s|]", word):
        name = {"\t": "tab", " ": "' '"}.get(other[0], f"'{other[0]}'")
        return f"; numbers are separated by commas, or as --delimiter {name} says"
    if word.lower() in MARKS_OF_OTHERS:
        return "; a cell with nothing in it is missing, and so is nan"
    return "; numbers stand without quotes" if '"' in word else ""


def _shown(word: str) -> str:
    return repr(word if len(word) <= 40 else f"{word[:37]}...")


def reads_as_float32(values: Array) -> bool:
    """Whether every value equals the shortest text of some float32: 0.1 does, 1/3 does not."""
    values = values[_changed(values)]
    with np.errstate(over="ignore", invalid="ignore"):
        narrow = values.astype(np.float32)
    return all(  # in pieces: text is large, and most arrays fail soon
        np.array_equal(_read_back(narrow[i : i + 4096]), values[i : i + 4096])
        for i in range(0, len(values), 4096)
    )


def _read_back(numbers: Array) -> Array:
    """The numbers as written and read again; NaN for infinity."""
    text = orjson.dumps(numbers, option=orjson.OPT_SERIALIZE_NUMPY)
    return np.array(orjson.loads(text), FLOAT64)


def differs_in_float32(values: Array) -> bool:
    """Whether float32 changes any value."""
    return bool(_changed(values).any())


def _changed(values: Array) -> Array:
    """Which values float32 changes."""
    with np.errstate(over="ignore", invalid="ignore"):
        changed: Array = (values.astype(np.float32) != values) & ~np.isnan(values)
    return changed


MOST_WAITING = 1 << 22
"""Bytes of a waiting channel that are kept in memory. More go to the disk."""


class Lines(NamedTuple):
    """Rows of one slice as text."""

    rows: int
    channels: list[bytes]
    narrow: bool
    """Whether these numbers of float64 would be read back as float32."""
    differ: bool
    """Whether that would change any of them."""


class CsvWriter:
    """Writes a line for each row; several channels as blocks under ``# channel 0: R``, and several
    slices under ``# slice 0``."""

    def __init__(self, file: BinaryIO, header: Header, delimiter: str = ",") -> None:
        self._file = file
        self._delimiter = delimiter.encode()
        self._channels = header.channels
        self._depth, self._height, _ = header.size
        self._waiting: list[BinaryIO] = []
        dtype = header.dtype.newbyteorder("=")
        if dtype.kind == "f":
            # The shortest text of a float16 reads back as another float32; a long double has none.
            dtype = FLOAT32 if dtype.itemsize <= 4 else FLOAT64
        self._dtype = dtype
        self._narrow = self._dtype == FLOAT64
        self._differ = False
        self._seen = 0

    def encode(self, band: Array) -> list[Lines]:
        """A band, whole slices of it one by one."""
        height = self._height if len(band) % self._height == 0 else len(band)
        return [self._encoded(band[top : top + height]) for top in range(0, len(band), height)]

    def _encoded(self, band: Array) -> Lines:
        with np.errstate(over="ignore", invalid="ignore"):
            band = band.astype(self._dtype, copy=False)
        narrow = self._dtype == FLOAT64 and reads_as_float32(band)
        channels = [_text(band[..., channel]) for channel in range(band.shape[2])]
        if self._delimiter != b",":
            channels = [rows.replace(b",", self._delimiter) for rows in channels]
        return Lines(len(band), channels, narrow, narrow and differs_in_float32(band))

    def write(self, band: list[Lines]) -> None:
        """Write the first channel of the next band, and put the others aside."""
        for lines in band:
            self._narrow = self._narrow and lines.narrow
            self._differ = self._differ or lines.differ
            if self._seen % self._height == 0:
                self._begin_slice()
            for file, text in zip([self._file, *self._waiting], lines.channels, strict=True):
                file.write(text)
            self._seen += lines.rows
            if self._seen % self._height == 0:
                self._end_slice()

    def _begin_slice(self) -> None:
        """The first channel goes straight to the file; the others wait until it is complete."""
        if len(self._channels) > 1:
            from tempfile import SpooledTemporaryFile  # not needed for reading

            files = [SpooledTemporaryFile(MOST_WAITING) for _ in self._channels[1:]]  # noqa: SIM115
            self._waiting = cast(list[BinaryIO], files)
        self._begin_block(0)

    def _end_slice(self) -> None:
        """Write the channels that were put aside."""
        for channel, rows in enumerate(self._waiting, start=1):
            self._begin_block(channel)
            with rows:
                rows.seek(0)
                shutil.copyfileobj(rows, self._file)

    def _begin_block(self, channel: int) -> None:
        """Write what stands above a block, if there are several."""
        number = (self._seen - bool(channel)) // self._height
        told = [f"slice {number}"] * (self._depth > 1)
        told += [f"channel {channel}: {self._channels[channel]}"] * (len(self._channels) > 1)
        if told:
            gap = "\n" if number or channel else ""
            self._file.write(f"{gap}# {', '.join(told)}\n".encode())

    def close(self) -> int:
        """Write the type if the numbers do not show it."""
        if self._narrow and self._differ:
            self._file.write(f"{WIDE}\n".encode())
        return 0


def _text(rows: Array) -> bytes:
    """Rows as lines: whole numbers without a point, others as the shortest text that reads back."""
    if rows.dtype.kind == "b":
        rows = rows.astype(np.uint8)
    if rows.dtype.kind != "f":
        return _as_lines(rows)
    largest = np.abs(rows).max()
    # JSON has neither NaN nor infinity, and the shortest text of a large float32 is another number.
    if not largest < np.inf or (largest > EXACT_IN_FLOAT32 and rows.dtype == FLOAT32):
        return "".join(f"{','.join(map(_word, row.tolist(), row))}\n" for row in rows).encode()
    # Beyond that bound all floats are whole; with an exponent they are shorter.
    if largest < EXACT_IN_FLOAT64 and np.array_equal(np.rint(rows), rows):
        return _as_lines(rows.astype(np.int64))
    return _as_lines(rows).replace(b".0,", b",").replace(b".0\n", b"\n")


def _as_lines(rows: Array) -> bytes:
    matrix = orjson.dumps(np.ascontiguousarray(rows), option=orjson.OPT_SERIALIZE_NUMPY)
    return matrix[2:-2].replace(b"],[", b"\n") + b"\n"


def _word(value: float, number: np.floating) -> str:
    """One number, whole ones without a point; `number` is the same in its own type."""
    if value.is_integer() and abs(value) < EXACT_IN_FLOAT64:
        return str(int(value))
    return str(number)
