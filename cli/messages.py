"""Words for a person: on stderr, a line each, and without what a terminal would obey."""

from contextlib import suppress

import click

from convtool.core.errors import shortened

LONGEST_LINE = 2000
"""Letters of a message: two paths, as long as people make them, and what is said of them."""


def say(*messages: str) -> None:
    """Say each of them on stderr, in the command's name."""
    for message in messages:
        say_line(f"convtool: {message}")


def say_line(message: str, before: str = "") -> None:
    """A message as one line on stderr; `before` is for the terminal itself."""
    say_text(before + one_line(message))


def say_text(text: str, end: str = "\n", *, color: bool | None = None) -> None:
    """A text on stderr as it is. What cannot be told does not undo the work."""
    with suppress(OSError):
        click.echo(text + end, err=True, nl=False, color=color)


def one_line(message: str) -> str:
    """A message without line ends, and of a length that a person reads."""
    lines = map(str.strip, message.splitlines())
    return printable(shortened(" ".join(filter(None, lines)), LONGEST_LINE))


def printable(words: str) -> str:
    """Words without what a terminal would obey, such as the escapes in a file's own name.

    >>> printable("a\\033]0;title\\007\\nb caf\\udce9")
    'a]0;title b caf\\\\xe9'
    """
    if words.isprintable():
        return words
    return "".join(c if c.isprintable() else _printed(c) for c in words)


def _printed(letter: str) -> str:
    """What stands for a letter that cannot be printed: of a name's bytes that are none, these."""
    if "\udc80" <= letter <= "\udcff":
        return f"\\x{ord(letter) - 0xDC00:x}"
    return " " if letter.isspace() else ""
