"""Names that become parts of file names."""

import re
from collections.abc import Sequence

from .choices import STDIN, STREAM

LONGEST = 60


def plain(name: str) -> str:
    """A name of a kernel as one path component that leads nowhere else.

    >>> plain("../../etc/my kernel")
    'etc_my_kernel'
    """
    return re.sub(r"[^\w.+-]+", "_", name).strip("._")[:LONGEST] or "kernel"


def shown(path: str) -> str:
    """What messages and new names call a path that may be ``-`` for stdin."""
    return STDIN if path == STREAM else path


def component(name: str) -> str:
    """A file's name as one path component: as it is, except for what would lead elsewhere.

    >>> component("a/../b\\\\c")
    'a_.._b_c'
    """
    name = re.sub(r"[/\\\\:\0-\x1f\x7f]", "_", name)
    return "_" if name in ("", ".", "..") else name


def distinct(names: Sequence[str]) -> list[str]:
    """Names, each once: a second ``edge`` becomes ``edge-2``."""
    found: dict[str, None] = {}
    counts: dict[str, int] = {}
    for name in names:
        candidate = name
        while candidate in found:
            counts[name] = counts.get(name, 1) + 1
            candidate = f"{name}-{counts[name]}"
        found[candidate] = None
    return list(found)
