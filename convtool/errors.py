"""The exceptions that convtool raises on purpose."""

from collections.abc import Iterator
from contextlib import contextmanager


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


@contextmanager
def at(place: str) -> Iterator[None]:
    """Put the place (a file, an option) before the sentence of an error raised inside."""
    try:
        yield
    except ConvtoolError as error:
        raise type(error)(f"{place}: {error}") from None
