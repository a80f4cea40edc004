"""The exceptions that convtool raises on purpose."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

LONGEST = 80
"""Letters of what somebody gave that an error repeats."""


class ConvtoolError(ValueError):
    """A job that cannot be done as asked.

    The message is one sentence: the place (file, row, option), what was found there and
    what was expected.
    """


class OptionError(ConvtoolError):
    """Options that are unknown, missing, or contradict one another."""


class TooManyPixels(ConvtoolError):
    """An image that is larger than the limit; nothing of it has been decoded."""


class NoImage(ConvtoolError):
    """Bytes that are of no image format that can be read."""


def shortened(text: str, longest: int = LONGEST) -> str:
    """A text for people to read: without its middle, where it is long.

    >>> shortened("kernel 0 1 2 3 4 5 6 7 8 9: is none", 24)
    'kernel 0 1... 9: is none'
    """
    if len(text) <= longest:
        return text
    start = (longest - 3) // 2
    return f"{text[:start]}...{text[start + 3 - longest :]}"


def quoted(found: object) -> str:
    """What was found, as Python writes it, shortened."""
    try:
        return shortened(repr(found))
    except RecursionError:
        return "a deep nest"


def nearest(found: str, known: Iterable[str], count: int = 2, cutoff: float = 0.6) -> list[str]:
    """The known names that may have been meant by one that was found, the nearest first.

    >>> nearest("Guassian", ["gaussian", "box"])
    ['gaussian']
    """
    import difflib  # for this alone

    names = {name.lower(): name for name in known}
    near = difflib.get_close_matches(found.lower(), names, n=count, cutoff=cutoff)
    return [names[name] for name in near]


@contextmanager
def at(place: str) -> Iterator[None]:
    """Put the place (a file, an option) before the sentence of an error raised inside."""
    try:
        yield
    except ConvtoolError as error:
        raise type(error)(f"{place}: {error}") from None
