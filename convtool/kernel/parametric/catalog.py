"""Kernels from a name and a few numbers: ``gaussian:7,1.5``. The table itself needs no NumPy.

One table serves ``--kernel``, ``convtool kernel make`` and ``convtool kernel list``.
"""

import re
from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

from ...core.errors import ConvtoolError, OptionError, at, quoted
from ...core.params import Count, Number, Option, Size, SizeInDepth, Word

if TYPE_CHECKING:
    from ..kernel import Kernel


class Between(Number):
    """A number in a range, as a float."""

    def __init__(self, least: float, most: float) -> None:
        self.least, self.most = least, most

    def read(self, value: object) -> float:
        number = super().read(value)
        if not self.least <= number <= self.most:
            span = f"from {self.least:g} to {self.most:g}"
            raise ConvtoolError(f"found {quoted(value)}, expected a number {span}")
        return float(number)


class OddSize(SizeInDepth):
    """A size whose sides are odd, so that it has a middle."""

    def __init__(self, most: int | None = None) -> None:
        """`most` is the longest side."""
        super().__init__(1)
        self.most = most

    def read(self, value: object) -> Any:
        size = super().read(value)
        if not all(side % 2 for side in size):
            raise ConvtoolError(f"found {quoted(value)}, expected an odd size as 3, 3x5 or 3x3x5")
        if self.most and max(size) > self.most:
            raise ConvtoolError(f"found {quoted(value)}, expected sides of {self.most} at most")
        return size


class OneOf(Number):
    """One of a few whole numbers."""

    def __init__(self, *numbers: int) -> None:
        self.numbers = numbers
        self.metavar = f"[{'|'.join(map(str, numbers))}]"

    def read(self, value: object) -> int:
        number = super().read(value)
        if number not in self.numbers:
            known = ", ".join(map(str, self.numbers))
            raise ConvtoolError(f"found {quoted(value)}, expected one of: {known}")
        return int(number)


class Generator(NamedTuple):
    """A kind of kernel, computed from parameters."""

    name: str
    help: str
    parameters: tuple[Option, ...]
    """In their order after the colon."""
    example: str
    module: str
    """The module with the function `name`, whose docstring has the formula."""

    @property
    def form(self) -> str:
        """How it is written: ``gaussian:size,sigma``."""
        return f"{self.name}:{','.join(option.name for option in self.parameters)}"

    @property
    def may_have_depth(self) -> bool:
        """Whether its size may be that of slices, rows and columns."""
        return any(isinstance(option.kind, SizeInDepth) for option in self.parameters)

    def make(self, given: Mapping[str, object]) -> "Kernel":
        """The kernel with these parameters, words or numbers by name. All may be left out.

        `--kernel` finds the same kernel by its name. Raises OptionError for an unknown parameter
        or a wrong value, and for parameters that contradict each other.
        """
        from dataclasses import replace

        known = {option.name: option for option in self.parameters}
        for name in given:
            if name not in known:
                raise OptionError(f"no parameter {quoted(name)}, {self._expected}")
        values = {}
        for name, option in known.items():
            word = given.get(name, option.default)
            if word is None:
                continue
            try:
                values[name] = option.kind.read(word)
            except ConvtoolError as error:
                raise OptionError(f"{name}: {error}") from None
        function = getattr(import_module(f".{self.module}", __package__), self.name)
        try:
            kernel: Kernel = function(**values)
        except ConvtoolError as error:
            raise OptionError(str(error)) from None
        return replace(kernel, name=self.spec(given))

    def words(self, text: str) -> dict[str, str]:
        """The parameters after the colon, ``7,1.5`` or ``size=7,sigma=1.5``, as words by name."""
        given: dict[str, str] = {}
        names = [option.name for option in self.parameters]
        parts = text.split(",") if text.strip() else []
        for i, part in enumerate(parts):
            name, equals, word = (piece.strip() for piece in part.partition("="))
            if not equals:
                if i >= len(names):
                    raise OptionError(f"{len(parts)} parameters, {self._expected}")
                if i and "=" in parts[i - 1]:
                    raise OptionError(f"found {quoted(name)} after a name, expected a name=value")
                name, word = names[i], name
            if name in given:
                raise OptionError(f"{name} is given a second time, expected it once")
            if word or equals:  # 7,,2 leaves the middle one out
                given[name] = word
        return given

    def spec(self, given: Mapping[str, object]) -> str:
        """The name with its parameters; these get names only after one that is left out."""
        parts, in_place = [], True
        for option in self.parameters:
            value = given.get(option.name)
            if value is None:
                in_place = False
            else:
                word = re.sub(r"\s+", "", str(value))
                parts.append(word if in_place else f"{option.name}={word}")
        return ":".join(filter(None, [self.name, ",".join(parts)]))

    @property
    def _expected(self) -> str:
        return f"expected {self.form}"


def generator_of(spec: str) -> Generator | None:
    """The generator of a kernel's name: ``gaussian:7`` or ``gaussian``; None for other names."""
    return GENERATORS.get(spec.partition(":")[0].strip())


def generate(spec: str) -> "Kernel":
    """The kernel that ``NAME:PARAMETERS`` means, as ``gaussian:7,1.5``.

    Raises OptionError for unknown, wrong or too many parameters, and for some that contradict each
    other, and ConvtoolError for an unknown name.

    >>> generate("binomial:3").weights.tolist()
    [[1, 2, 1], [2, 4, 2], [1, 2, 1]]
    >>> generate("gaussian: sigma = 1").name
    'gaussian:sigma=1'
    """
    with at(f"kernel {quoted(spec)}"):
        found = generator_of(spec)
        if found is None:
            raise ConvtoolError(
                f"is no parametric kernel, expected one of: {', '.join(GENERATORS)}"
            )
        return found.make(found.words(spec.partition(":")[2]))


SIGMA = Between(0.01, 10_000)

_SIZE = "Rows and columns: 7, or 7x5."
_IN_DEPTH = "Rows and columns: 7, or 7x5; or slices, rows and columns: 3x7x7."
_ODD = "Rows and columns, odd: 7, or 7x5; or slices, rows and columns: 3x7x7."


def _size(default: str | None, more: str = "") -> Option:
    return Option("size", Size(1), f"{_SIZE} {more}".strip(), default)


def _size_in_depth(default: str | None, more: str = "") -> Option:
    return Option("size", SizeInDepth(1), f"{_IN_DEPTH} {more}".strip(), default)


def _odd_size(default: str | None, more: str = "", *, most: int | None = None) -> Option:
    return Option("size", OddSize(most), f"{_ODD} {more}".strip(), default)


def _sigma(help_: str) -> Option:
    return Option("sigma", SIGMA, help_)


def _radius(default: str) -> Option:
    return Option("radius", Count(), "Pixels from the middle to each side.", default)


_ANGLE = Option("angle", Between(-1e6, 1e6), "Degrees, counter-clockwise from the right.", "0")

_Row = tuple[str, str, tuple[Option, ...], str]
"""A generator without its module."""

_SMOOTHING: tuple[_Row, ...] = (
    (
        "gaussian",
        "Gaussian blur.",
        (
            _size_in_depth(None, "Default: 4 sigmas to each side, or 5."),
            _sigma("Pixels. Default: 0.3 ((size - 1) / 2 - 1) + 0.8, of each side."),
            Option("sigma2", SIGMA, "Across the angle; sigma is along it. Default: sigma."),
            _ANGLE,
        ),
        "gaussian:7,1.5",
    ),
    ("box", "Mean of all pixels of the window.", (_size_in_depth("3"),), "box:5"),
    (
        "disk",
        "Lens out of focus: a disk with an even edge.",
        (
            _size(None, "Default: what the radius needs, or 5."),
            Option("radius", SIGMA, "Pixels. Default: half the shorter side."),
        ),
        "disk:9",
    ),
    ("triangle", "Weights that fall evenly from the middle.", (_size("3"),), "triangle:5"),
    (
        "binomial",
        "Whole numbers that come nearest to a Gaussian.",
        (_size_in_depth("3"),),
        "binomial:5",
    ),
    (
        "motion",
        "Blur of a camera that moves along a line.",
        (Option("length", Count(), "Pixels of the line.", "9"), _ANGLE),
        "motion:15,30",
    ),
    (
        "comet",
        "A trail that fades: half of a Gaussian along a line.",
        (
            Option("length", Count(), "Pixels of the line. Default: 4 sigmas, or 9."),
            _ANGLE,
            _sigma("Pixels along the line. Default: a quarter of it."),
        ),
        "comet:25,30",
    ),
)

_SHAPES: tuple[_Row, ...] = (
    (
        "circle",
        "Mean of the pixels in a circle: a disk with a hard edge.",
        (Option("radius", SIGMA, "Pixels.", "2.5"),),
        "circle:4",
    ),
    (
        "ring",
        "Mean of the pixels between two circles.",
        (
            Option("inner", Between(0, 10_000), "Radius, pixels. Default: outer - 1, or 2.5."),
            Option("outer", SIGMA, "Radius, pixels. Default: inner + 1."),
        ),
        "ring:2.5,4.5",
    ),
    ("diamond", "Mean of a square on its corner.", (_radius("1"),), "diamond:3"),
    ("octagon", "Mean of an octagon.", (_radius("2"),), "octagon:3"),
    ("plus", "Mean of a row and a column that cross.", (_radius("2"),), "plus:3"),
    ("cross", "Mean of two diagonals that cross.", (_radius("2"),), "cross:3"),
)

_DERIVATIVES: tuple[_Row, ...] = (
    (
        "laplacian",
        "Second derivative, smoothed.",
        (
            _odd_size(None, "Sides of 27 at most. Default: 3.", most=27),
            Option(
                "number",
                OneOf(0, 1, 2, 3, 5, 7, 15, 19),
                "ImageMagick's Laplacian of this number, in place of a size; the middle is "
                "positive. Default: none.",
            ),
            Option(
                "neighbours",
                OneOf(6, 18, 26),
                "3x3x3, from so many neighbours, in place of a size; of 18 and 26 nearly the same "
                "in every direction. Default: none.",
            ),
        ),
        "laplacian:5",
    ),
    (
        "log",
        "Laplacian of a Gaussian: spots.",
        (
            _odd_size(None, "Default: 4 sigmas to each side."),
            _sigma("Pixels. Default: (size - 1) / 8, or 1."),
        ),
        "log:13,1.5",
    ),
    (
        "dog",
        "Difference of two Gaussians: spots.",
        (
            _odd_size(None, "Default: 4 of the wider sigma to each side."),
            _sigma("Of the narrower one, pixels. Default: sigma2 / 1.6, or 1."),
            Option("sigma2", SIGMA, "Of the wider one, pixels. Default: 1.6 sigma."),
        ),
        "dog:sigma=1,sigma2=2",
    ),
    (
        "sobel",
        "Slope, smoothed across.",
        (
            _odd_size("3", "Sides of 31 at most.", most=31),
            Option(
                "axis",
                Word(("x", "y", "z")),
                "x: left to right; y: top to bottom; z: first slice to last.",
                "x",
            ),
        ),
        "sobel:5,y",
    ),
    (
        "freichen",
        "Slope as strong in every direction; a basis of nine masks.",
        (
            Option(
                "number",
                OneOf(*range(10)),
                "0: slope to the right, weights 1, sqrt 2, 1. The basis: 1 to 4 edges, 5 to 8 "
                "lines, 9 mean.",
                "0",
            ),
        ),
        "freichen:1",
    ),
    (
        "gabor",
        "Wave under a Gaussian: stripes of one width and direction.",
        (
            _size("21"),
            Option(
                "wavelength",
                Between(2, 10_000),
                "Pixels from stripe to stripe. Default: a third of the shorter side.",
            ),
            Option(
                "angle",
                Between(-1e6, 1e6),
                "Degrees in which the wave runs, counter-clockwise from the right; at 0 stripes "
                "stand.",
                "0",
            ),
            _sigma("Of the Gaussian along the wave, pixels. Default: 0.56 wavelengths."),
            Option(
                "aspect",
                Between(0.01, 100),
                "Sigma along the wave over sigma along the stripes.",
                "1",
            ),
            Option("phase", Between(-1e6, 1e6), "Degrees. 0: light stripes; 90: edges.", "0"),
        ),
        "gabor:21,8,45",
    ),
    (
        "unsharp",
        "Sharpening: what a blur takes away is added.",
        (
            _odd_size("5"),
            Option("amount", Between(-1000, 1000), "How many times it is added.", "1"),
            _sigma("Of a Gaussian blur, pixels. Default: binomial weights, which are whole."),
        ),
        "unsharp:5,0.5",
    ),
)

GENERATORS = {
    row[0]: Generator(*row, module)
    for module, rows in (
        ("smoothing", _SMOOTHING),
        ("shapes", _SHAPES),
        ("derivatives", _DERIVATIVES),
    )
    for row in rows
}
"""The parametric kernels by name."""
