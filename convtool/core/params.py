"""What an option of a stage is, and how its value is read, from a word of a command line or from
a value in a file. Needs no NumPy, so that ``--help`` can list options at once."""

import math
import re
from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

from .choices import AXES, NAMED_PADDINGS
from .errors import ConvtoolError, quoted
from .frames import ALL, FIRST, Frames


class Kind(Protocol):
    """How values of one kind are written."""

    @property
    def metavar(self) -> str:
        """What help calls such a value."""
        ...

    def read(self, value: object) -> Any:
        """The value that a word, or what stands in a file, means; ConvtoolError if none."""
        ...


class Option(NamedTuple):
    """An option of a stage: ``--count-include-pad`` among words, count_include_pad in files."""

    name: str
    kind: Kind
    help: str
    default: str | None = None
    """As a word."""
    short: str = ""
    several: bool = False
    """Whether it may be given several times; its value is a tuple then."""

    @property
    def flag(self) -> str:
        """The option as command lines have it."""
        return "--" + self.name.replace("_", "-")


class Size:
    """A whole number, 3, or one for rows and one for columns, 3x5 or [3, 5]."""

    metavar = "SIZE"
    expected = "a size as 3 or 3x5 (rows x columns)"
    axes = 2
    """The most numbers of a size."""

    def __init__(self, least: int) -> None:
        self.least = least

    def read(self, value: object) -> tuple[int, int]:
        """The pair (rows, columns)."""
        numbers = self._numbers(value)
        return numbers[0], numbers[-1]

    def _numbers(self, value: object) -> tuple[int, ...]:
        """The numbers as they stand there."""
        word = _word(value, {2: "x", 3: "x"})
        if re.fullmatch(rf"\d{{1,9}}(x\d{{1,9}}){{0,{self.axes - 1}}}", word, re.ASCII) is None:
            raise ConvtoolError(f"found {quoted(value)}, expected {self.expected}")
        numbers = tuple(map(int, word.split("x")))
        if min(numbers) < self.least:
            raise ConvtoolError(f"found {quoted(value)}, expected {self.least} or more")
        return numbers


class SizeInDepth(Size):
    """The same, or three numbers, of which the first is for slices: 2x3x3."""

    expected = "a size as 3, 3x5 (rows x columns) or 2x3x5 (slices first)"
    axes = 3

    def read(self, value: object) -> Any:
        """(rows, columns), or (slices, rows, columns)."""
        numbers = self._numbers(value)
        return numbers if len(numbers) > 1 else numbers * 2


class SizeOrGlobal(SizeInDepth):
    """The same, or all of the image."""

    def read(self, value: object) -> Any:
        """(rows, columns), (slices, rows, columns), or "global"."""
        return value if value == "global" else super().read(value)


class Steps(SizeInDepth):
    """A number along each axis: 2 for all alike, 2x1 along rows and columns, 1x2x2."""

    def read(self, value: object) -> Any:
        """A number for all axes, (rows, columns), or (slices, rows, columns)."""
        numbers = self._numbers(value)
        return numbers if len(numbers) > 1 else numbers[0]


class Padding:
    """A named padding, a size, or TOP,BOTTOM,LEFT,RIGHT; in a volume FRONT,BACK before these."""

    metavar = "PADDING"

    def read(self, value: object) -> Any:
        """What `conv2d` or `conv3d` takes for padding."""
        word = _word(value, {2: "x", 3: "x", 4: ",", 6: ","})
        if word in NAMED_PADDINGS:
            return word
        if re.fullmatch(r"\d{1,9}(,\d{1,9}){3}(,\d{1,9},\d{1,9})?", word, re.ASCII):
            sides = list(map(int, word.split(",")))
            return tuple(zip(sides[::2], sides[1::2], strict=True))
        try:
            return Steps(least=0).read(value)
        except ConvtoolError:
            names = ", ".join(NAMED_PADDINGS)
            raise ConvtoolError(
                f"found {quoted(value)}, expected {names}, 1, 1x2 or 1,1,2,2"
            ) from None


class Position:
    """A place, ROW,COL or [ROW, COL], or in a volume SLICE,ROW,COL, counted from 0."""

    metavar = "[SLICE,]ROW,COL"

    def read(self, value: object) -> tuple[int, ...]:
        """(row, column) or (slice, row, column)."""
        word = _word(value, {2: ",", 3: ","})
        if re.fullmatch(r"\d{1,9}(\s*[,\s]\s*\d{1,9}){1,2}", word, re.ASCII) is None:
            raise ConvtoolError(
                f"found {quoted(value)}, expected ROW,COL or SLICE,ROW,COL, as 0,1 or 2,0,1"
            )
        return tuple(map(int, re.findall(r"\d+", word)))


class Axes:
    """What the axes of numbers or pages are: z slices, t frames, y rows, x columns, c channels."""

    metavar = "AXES"

    def read(self, value: object) -> str:
        """The letters."""
        word = _word(value, {}).lower()
        if word not in AXES:
            raise ConvtoolError(f"found {quoted(value)}, expected one of: {', '.join(AXES)}")
        return word


class WhichFrames:
    """all, first, a frame's number or FIRST..LAST, counted from 0."""

    metavar = "all|first|N|A..B"

    def read(self, value: object) -> Frames:
        """The frames."""
        word = _word(value, {})
        if word in ("all", "first"):
            return (ALL if word == "all" else FIRST)._replace(asked=True)
        match = re.fullmatch(r"(\d{1,9})(?:\.\.(\d{1,9}))?", word, re.ASCII)
        if match is None:
            raise ConvtoolError(f"found {quoted(value)}, expected all, first, 3 or 0..9")
        first = int(match[1])
        last = int(match[2] or first)
        if last < first:
            raise ConvtoolError(f"found {quoted(value)}, expected the smaller number first")
        return Frames(first, last, asked=True)


class Number:
    """A finite number; a whole one stays whole."""

    metavar = "NUMBER"

    def read(self, value: object) -> float:
        """The int or float."""
        word = _word(value, {})
        try:
            number = int(word) if re.fullmatch(r"[+-]?\d+", word) else float(word)
        except ValueError:
            raise ConvtoolError(f"found {quoted(value)}, expected a number") from None
        if not abs(number) < math.inf:  # nor NaN
            raise ConvtoolError(f"found {quoted(value)}, expected a finite number")
        return number


class Positive(Number):
    """A finite number above 0."""

    def read(self, value: object) -> float:
        """The int or float."""
        number = super().read(value)
        if number <= 0:
            raise ConvtoolError(f"found {quoted(value)}, expected a number above 0")
        return number


class Color:
    """A colour: a name that HTML has, or #rrggbb, or what else Pillow's ImageColor reads."""

    metavar = "COLOR"

    def read(self, value: object) -> tuple[int, int, int]:
        """Red, green and blue, from 0 to 255."""
        from PIL import ImageColor  # which few commands need

        try:
            found = ImageColor.getrgb(value) if isinstance(value, str) else ()
        except ValueError:
            found = ()
        if len(found) != 3:
            raise ConvtoolError(
                f"found {quoted(value)}, expected a colour as white, '#ff8000' or 'rgb(255,128,0)'"
            )
        return found


class Delimiter:
    """What separates numbers: one character, or the word tab."""

    metavar = "CHAR"

    def read(self, value: object) -> str:
        """The character."""
        found = "\t" if value in ("tab", "\\t") else value
        marks = "+-.#_\"'"
        if not (isinstance(found, str) and len(found) == 1) or found.isalnum() or found in marks:
            raise ConvtoolError(f"found {quoted(value)}, expected one character as ; or tab")
        if found.isspace() and found not in " \t":
            raise ConvtoolError(f"found {quoted(value)}, expected one character as ; or tab")
        return found


class Count:
    """A whole number from 1."""

    metavar = "N"

    def read(self, value: object) -> int:
        """The int."""
        word = _word(value, {})
        if not re.fullmatch(r"0*[1-9]\d{0,8}", word, re.ASCII):
            raise ConvtoolError(f"found {quoted(value)}, expected a whole number from 1")
        return int(word)


class Word:
    """One of a few words."""

    def __init__(
        self, words: tuple[str, ...], hint: str = "", meant: Mapping[str, str] | None = None
    ) -> None:
        """`hint` is what errors add: where to find what is none of these words.

        `meant` has other tools' words for them, which errors translate.
        """
        self.words = words
        self.hint = hint
        self.meant = meant or {}

    @property
    def metavar(self) -> str:
        """All of them."""
        return f"[{'|'.join(self.words)}]"

    def read(self, value: object) -> str:
        """The word."""
        if value not in self.words:
            word = self.meant.get(value.lower()) if isinstance(value, str) else None
            hint = f"; {self.hint}" if self.hint else ""
            hint += f"; {value} is called {word} here" if word else ""
            known = ", ".join(self.words)
            raise ConvtoolError(f"found {quoted(value)}, expected one of: {known}{hint}")
        return str(value)


class Flag:
    """An option that is there or not; true or false in a file."""

    metavar = ""

    def read(self, value: object) -> bool:
        """True or False."""
        if not isinstance(value, bool):
            raise ConvtoolError(f"found {quoted(value)}, expected true or false")
        return value


class _Text:
    """A text that is not empty."""

    def read(self, value: object) -> str:
        """The text."""
        if not isinstance(value, str) or not value:
            raise ConvtoolError(f"found {quoted(value)}, expected a text")
        return value


class KernelName(_Text):
    """What `find_kernels` takes: a kernel's file, its name, or its weights."""

    metavar = "K"

    def read(self, value: object) -> str:
        """The text."""
        if isinstance(value, list):
            raise ConvtoolError("found a list, expected weights as a text: '0 1 0; 1 -4 1; 0 1 0'")
        return super().read(value)


class FileName(_Text):
    """The name of a file."""

    metavar = "FILE"


class MaskName(FileName):
    """The name of an image that says where."""

    metavar = "MASK"


def _word(value: object, joints: dict[int, str]) -> str:
    """A value as the word of a command line; a list is joined by what its length asks for."""
    if isinstance(value, list) and len(value) in joints and all(map(_is_number, value)):
        return joints[len(value)].join(map(str, value))
    return str(value) if isinstance(value, str) or _is_number(value) else ""


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
