"""Kernels from text, in whatever form: the one way in for files, pipes and command lines.

Every function gives a tuple of kernels: one, or several where the text holds a bank.
"""

from .errors import at
from .kernel import Kernel


def parse(text: str, source: str, name: str) -> tuple[Kernel, ...]:
    """The kernels in a file's text: JSON if it opens like JSON, rows of numbers otherwise.

    `source` is the place that errors name; `name` is given to a kernel that has none.
    """
    text = text.removeprefix("\ufeff")
    with at(source):
        if text.lstrip()[:1] in ("{", "["):
            from .kerneljson import parse_json  # each needs libraries of its own

            return parse_json(text, name)
        from .kerneltext import parse_text

        return parse_text(text, name)


def parse_inline(text: str) -> tuple[Kernel, ...]:
    """The kernel written on a command line: rows apart by semicolons, ``0 1 0; 1 -4 1; 0 1 0``."""
    from .kerneltext import parse_text

    with at(f"kernel {text!r}"):
        return parse_text(text.replace(";", "\n"), "kernel")
