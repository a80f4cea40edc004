"""Numbers and their text in a CSV: each is the shortest that reads back as it was."""

import math
import re

import numpy as np
import orjson

from ...core.dtypes import EXACT_IN_FLOAT32, EXACT_IN_FLOAT64, FLOAT32, FLOAT64, Array, limits
from ...core.errors import ConvtoolError

NUMBER = re.compile(
    r"[+-]?(\d+([.,]\d*)?|[.,]\d+)(e[+-]?\d+)?|[+-]?(nan|inf|infinity)", re.IGNORECASE
)
"""A number, with a decimal comma, too."""

MARKS_OF_OTHERS = ("na", "n/a", "null", "none", "missing", "-", "?")
"""What other programs write where there is no number."""

IN_WHOLE = b"0123456789+-, \t\n"
IN_NUMBERS = IN_WHOLE + b".eE"
"""The characters of rows of whole numbers, and of any numbers."""


def numbers_of(lines: list[str], first: int, width: int) -> Array:
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
            f"{where}: found {shown(word)}, expected a number{hint(word)}"
        ) from None
    if math.isinf(number) and "inf" not in word.lower():
        raise ConvtoolError(f"{where}: the number is too large, expected less than 1.8e308")
    return number


def hint(word: str) -> str:
    """What to do about a cell that is no number, if that is known."""
    if other := re.search(r"[;\s|]", word):
        name = {"\t": "tab", " ": "' '"}.get(other[0], f"'{other[0]}'")
        return f"; numbers are separated by commas, or as --delimiter {name} says"
    if word.lower() in MARKS_OF_OTHERS:
        return "; a cell with nothing in it is missing, and so is nan"
    return "; numbers stand without quotes" if '"' in word else ""


def shown(word: str) -> str:
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


def text_of(rows: Array) -> bytes:
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
