"""CSV: a matrix of numbers, comma-separated, with one line for each row.

Another delimiter becomes a comma before rows are read, and takes its place in rows that are
written. Rows of headings count as comments.

Several channels follow one another as blocks, each under a line ``# channel 0: R``, with an empty
line between.

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
from itertools import count
from typing import BinaryIO, NamedTuple, cast

import numpy as np
import orjson

from ..core.dtypes import EXACT_IN_FLOAT32, EXACT_IN_FLOAT64, FLOAT32, FLOAT64, Array, limits
from ..core.encoding import COMMAS, Table
from ..core.errors import ConvtoolError
from ..core.image import CHANNEL_NAMES, Header
from .base import ArrayReader, Reader
from .limits import check_channels, check_size

WIDE = "# float64"
"""The line that marks numbers as float64 where their text would be read as float32."""

CHARACTERS = 1 << 20
"""The approximate size of a block of lines that are parsed at once."""

LONGEST_ROW = 1 << 28
"""Characters."""

_CHANNEL = re.compile(r"#\s*channel\s+\d+\s*:\s*(.+)")

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
    """The rows of one channel. Each block has the narrowest type for its numbers."""

    name: str
    blocks: list[Array]

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
    for name, shape in ((channel.name, channel.shape) for channel in channels):
        if shape != first:
            raise ConvtoolError(
                f"channel {name} is {shape[0]}x{shape[1]}, "
                f"expected {first[0]}x{first[1]} like the first"
            )
    pixels = np.empty((*first, len(channels)), _type(channels, wide=wide))
    for i, channel in enumerate(channels):
        np.concatenate(channel.blocks, out=pixels[..., i], casting="unsafe")
    if table.axes:
        return _with_axes(pixels, table.axes)
    names = tuple(channel.name or "L" for channel in channels)
    known = CHANNEL_NAMES.get(len(names)) == names
    if not known:
        names = tuple(str(i) for i in range(len(names)))
    told = f"{empty} empty cell{'s are' * (empty > 1) or ' is'} missing, NaN"
    skipped = f"skipped {len(headings)} row{'s' * (len(headings) > 1)} of headings"
    skipped = skipped if headings else "no row of headings comes first"
    notes = (skipped,) * (table.header or bool(headings)) + (told,) * bool(empty)
    return ArrayReader(Header(*first, names, pixels.dtype), pixels, notes)


def _with_axes(pixels: Array, axes: str) -> Reader:
    """The reader of blocks (H, W, n) that are what `axes` says: slices or channels."""
    blocks = pixels.shape[2]
    if axes[0] in "zt" and "c" not in axes:
        tall = np.ascontiguousarray(np.moveaxis(pixels, 2, 0)).reshape(-1, pixels.shape[1], 1)
        header = Header.of_array(tall)._replace(depth=blocks, channels=("L",), stacked=axes[0])
        return ArrayReader(header, tall)
    if axes not in ("yx", "yxc", "cyx") or (axes == "yx" and blocks > 1):
        raise ConvtoolError(f"holds {blocks} blocks of rows, and --axes {axes} says otherwise")
    return ArrayReader(Header.of_array(pixels, may_have_alpha=True), pixels)


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
    gap = empty = 0
    wide = False
    for first, part in _parts(lines):
        line = part[0]
        blocks = channels[-1].blocks
        if line.startswith("#"):
            wide = wide or line == WIDE
            channel = _CHANNEL.fullmatch(line)
            if channel:
                _check_filled(channels[-1])
                channels.append(_Channel(channel[1], []))
                check_channels(len(channels))
                gap = 0
        elif not line:
            gap = gap or first
        elif gap and blocks:
            raise ConvtoolError(
                f"row {gap} is empty, expected numbers, or a line '# channel N: NAME' "
                "before another channel"
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
    if channel.name and not channel.blocks:
        raise ConvtoolError(f"channel {channel.name} holds no numbers")


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
    """A band as text."""

    channels: list[bytes]
    narrow: bool
    """Whether these numbers of float64 would be read back as float32."""
    differ: bool
    """Whether that would change any of them."""


class CsvWriter:
    """Writes a line for each row; several channels as blocks under ``# channel 0: R``."""

    def __init__(self, file: BinaryIO, header: Header, delimiter: str = ",") -> None:
        self._file = file
        self._delimiter = delimiter.encode()
        self._channels = header.channels
        self._waiting: list[BinaryIO] = []
        dtype = header.dtype.newbyteorder("=")
        if dtype.kind == "f":
            # The shortest text of a float16 reads back as another float32; a long double has none.
            dtype = FLOAT32 if dtype.itemsize <= 4 else FLOAT64
        self._dtype = dtype
        self._narrow = self._dtype == FLOAT64
        self._differ = False
        self._started = False

    def encode(self, band: Array) -> Lines:
        with np.errstate(over="ignore", invalid="ignore"):
            band = band.astype(self._dtype, copy=False)
        narrow = self._dtype == FLOAT64 and reads_as_float32(band)
        channels = [_text(band[..., channel]) for channel in range(band.shape[2])]
        if self._delimiter != b",":
            channels = [rows.replace(b",", self._delimiter) for rows in channels]
        return Lines(channels, narrow, narrow and differs_in_float32(band))

    def write(self, band: Lines) -> None:
        """Write the first channel of the next band, and put the others aside."""
        self._narrow = self._narrow and band.narrow
        self._differ = self._differ or band.differ
        if not self._started and len(self._channels) > 1:
            self._begin()
        self._started = True
        for file, text in zip([self._file, *self._waiting], band.channels, strict=True):
            file.write(text)

    def _begin(self) -> None:
        """The first channel goes straight to the file; the others wait until it is complete."""
        from tempfile import SpooledTemporaryFile  # not needed for reading

        files = [SpooledTemporaryFile(MOST_WAITING) for _ in self._channels[1:]]  # noqa: SIM115
        self._waiting = cast(list[BinaryIO], files)
        self._file.write(self._title(0))

    def close(self) -> int:
        """Write the channels that were put aside, and the type if the numbers do not show it."""
        for channel, rows in enumerate(self._waiting, start=1):
            self._file.write(b"\n" + self._title(channel))
            with rows:
                rows.seek(0)
                shutil.copyfileobj(rows, self._file)
        if self._narrow and self._differ:
            self._file.write(f"{WIDE}\n".encode())
        return 0

    def _title(self, channel: int) -> bytes:
        return f"# channel {channel}: {self._channels[channel]}\n".encode()


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
