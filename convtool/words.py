"""The words that options take, without NumPy, so that ``--help`` can list them at once."""

from typing import Literal, TypeVar, get_args

from .errors import ConvtoolError

Border = Literal["edge", "constant", "reflect", "mirror", "wrap"]
NamedPadding = Literal["same", "same_lower", "valid", "full"]
PoolMode = Literal["max", "min", "mean", "sum", "median", "lp"]
Range = Literal["clip", "abs", "normalize", "center"]
Combination = Literal["sum", "mean", "max", "magnitude"]

BORDERS: tuple[Border, ...] = get_args(Border)
NAMED_PADDINGS: tuple[NamedPadding, ...] = get_args(NamedPadding)
POOL_MODES: tuple[PoolMode, ...] = get_args(PoolMode)
RANGES: tuple[Range, ...] = get_args(Range)
COMBINATIONS: tuple[Combination, ...] = get_args(Combination)

Word = TypeVar("Word", bound=str)


def check_word(name: str, word: object, known: tuple[Word, ...]) -> Word:
    """Return `word` if it is one of `known`; raise ConvtoolError naming the argument if not."""
    for candidate in known:
        if isinstance(word, str) and word == candidate:
            return candidate
    raise ConvtoolError(f"{name} is {word!r}, expected one of: {', '.join(known)}")
