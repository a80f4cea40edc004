"""The words that options take. Needs no NumPy, so that ``--help`` lists them at once."""

from typing import Literal, get_args

Border = Literal["edge", "constant", "reflect", "mirror", "wrap"]
NamedPadding = Literal["same", "same_lower", "valid", "full"]
PoolMode = Literal["max", "min", "mean", "sum", "median", "lp"]
MethodName = Literal["direct", "separable", "box", "product", "layer", "fft"]
Range = Literal["clip", "abs", "normalize", "center"]
Combination = Literal["sum", "mean", "max", "magnitude", "abs-sum", "abs-max"]
Compression = Literal["fast", "small", "none"]
Alpha = Literal["weight", "keep", "channel"]
Light = Literal["encoded", "linear"]
Missing = Literal["propagate", "skip", "zero"]

BORDERS: tuple[Border, ...] = get_args(Border)
NAMED_PADDINGS: tuple[NamedPadding, ...] = get_args(NamedPadding)
POOL_MODES: tuple[PoolMode, ...] = get_args(PoolMode)
METHODS: tuple[MethodName, ...] = get_args(MethodName)
RANGES: tuple[Range, ...] = get_args(Range)
STRETCHED: tuple[Range, ...] = ("normalize", "center")
"""The ranges that need the whole map before the first pixel."""
COMBINATIONS: tuple[Combination, ...] = get_args(Combination)
COMPRESSIONS: tuple[Compression, ...] = get_args(Compression)
ALPHAS: tuple[Alpha, ...] = get_args(Alpha)
LIGHTS: tuple[Light, ...] = get_args(Light)
MISSING: tuple[Missing, ...] = get_args(Missing)
AXES = (
    *("zyx", "zyxc", "tyx", "tyxc", "yx", "yxc", "x", "xc"),
    *("cyx", "zcyx", "czyx", "tcyx", "ctyx"),
)
"""What the axes of an array may be: slices or frames, rows, columns, channels."""
STREAM = "-"
"""What stands for stdin or stdout where a path could."""
STDIN = "stdin"
"""The name of a piped image in messages and file names."""
