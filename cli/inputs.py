"""What is read: images, from files, folders and lists of either; and kernels."""

import os
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from itertools import chain, pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from convtool.core.choices import STREAM
from convtool.core.errors import ConvtoolError
from convtool.io.formats import IMAGE_EXTENSIONS, extension_of

if TYPE_CHECKING:
    from convtool.kernel.lookup import Lookup

MOST_NAMES = 2_000_000
"""Names in a list: a job is planned for each, and all of them are in memory."""


class Image(NamedTuple):
    """An image to work on."""

    path: str
    folder: str = ""
    """Where it lies in the folder that was named, from there."""


def kernels() -> "Lookup":
    """Where kernels are looked up, one from stdin among them."""
    from convtool.kernel.lookup import Lookup

    return Lookup(stdin=sys.stdin.buffer if sys.stdin else None)


def gather(
    names: Sequence[str], listed: str | None, null: bool, recursive: bool, out_dir: str | None
) -> list[Image]:
    """The images, each once, in the order that they are named in; those of folders sorted.

    What lies in `out_dir` is no input. Raises ConvtoolError where a folder holds no image, and
    where the list cannot be read.
    """
    images: dict[str, Image] = {}
    for name in dict.fromkeys(chain(names, _listed(listed, null) if listed else ())):
        if name == STREAM:
            raise click.UsageError("stdin is one image, and cannot be among several")
        found = _in_folder(name, recursive, out_dir) if os.path.isdir(name) else [Image(name)]
        for image in found:
            folder, file = os.path.split(image.path)
            images.setdefault(os.path.join(os.path.realpath(folder), file), image)
    return list(images.values())


def slices(names: Sequence[str], listed: str | None, null: bool, recursive: bool) -> list[str]:
    """The files of a stack, in the order that they are named in; those of folders by the numbers
    in their names. One that is named twice is there twice.

    Raises ConvtoolError where a folder holds no image, and where there is none at all.
    """
    found: list[str] = []
    for name in chain(names, _listed(listed, null) if listed else ()):
        if name == STREAM:
            raise click.UsageError("stdin is one image, and cannot be a slice of a stack")
        if os.path.isdir(name):
            found += [image.path for image in _in_folder(name, recursive, None, by_number)]
        else:
            found.append(name)
    if not found:
        raise ConvtoolError(f"{listed}: names no image")
    return found


def shell_sorted(paths: Sequence[str]) -> tuple[str, str] | None:
    """Two files in the wrong order, as s10.png before s2.png, where a shell may have sorted all;
    None where they are in order, or in one that somebody chose."""
    if list(paths) != sorted(paths):
        return None
    return next((pair for pair in pairwise(paths) if by_number(pair[0]) > by_number(pair[1])), None)


def by_number(name: str) -> tuple[list[str | int], str]:
    """What sorts names as people count.

    >>> sorted(["s10.png", "s9.png", "s09.png", "a.png"], key=by_number)
    ['a.png', 's09.png', 's9.png', 's10.png']
    """
    parts = re.split(r"(\d+)", name, flags=re.ASCII)
    return [int(part) if number % 2 else part for number, part in enumerate(parts)], name


def _in_folder(
    top: str, recursive: bool, out_dir: str | None, order: Callable[[str], Any] | None = None
) -> list[Image]:
    """The images in a folder, and in those in it, sorted; hidden ones are left alone."""
    left_out = os.path.realpath(out_dir) if out_dir else None
    found = []
    for folder, folders, files in os.walk(top, onerror=_unreadable):
        kept = (name for name in sorted(folders, key=order) if not name.startswith("."))
        inside = [f for f in kept if os.path.realpath(os.path.join(folder, f)) != left_out]
        folders[:] = inside if recursive else []
        where = os.path.relpath(folder, top)
        for name in sorted(files, key=order):
            path, known = os.path.join(folder, name), extension_of(name) in IMAGE_EXTENSIONS
            if not known or name.startswith(".") or _may_stall(path):
                continue
            found.append(Image(path, "" if where == "." else where))
    if not found:
        hint = "" if recursive else "; --recursive looks into its folders"
        raise ConvtoolError(f"{top}: is a folder that holds no image{hint}")
    return found


def _may_stall(path: str) -> bool:
    """Whether it is a pipe or a device, which nobody named: reading one may have no end."""
    return os.path.exists(path) and not os.path.isfile(path)


def _unreadable(error: OSError) -> None:
    raise ConvtoolError(f"{error.filename}: cannot be read: {error.strerror}") from None


def _listed(path: str, null: bool) -> Iterator[str]:
    """The names in a list, a line or a NUL after each."""
    from .lists import entries

    for entry in entries(path, MOST_NAMES, b"\0" if null else b"\n"):
        name = entry if null else entry.removesuffix("\r")
        if "\0" in name:
            raise ConvtoolError("the list of images holds a NUL: -0 reads such lists")
        if name:
            yield name
