"""The one exception that convtool raises on purpose."""

from collections.abc import Iterator
from contextlib import contextmanager


class ConvtoolError(ValueError):
    """A job that cannot be done as asked.

    The message is one sentence: the place (file, row, option), what was found there and
    what was expected.
    """


@contextmanager
def at(place: str) -> Iterator[None]:
    """Put the place (a file, an option) before the sentence of an error raised inside."""
    try:
        yield
    except ConvtoolError as error:
        raise ConvtoolError(f"{place}: {error}") from None
