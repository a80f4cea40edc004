"""Where a kernel's name is looked up: a path, ./kernels, CONVTOOL_KERNELS, the bundled ones, and
those that are made, as gaussian:7."""

import importlib
import os
import re
from collections.abc import Iterator
from typing import BinaryIO

from ..core.errors import ConvtoolError, quoted
from ..io.formats import IMAGE_EXTENSIONS, PICTURE_EXTENSIONS, extension_of
from .files import LARGEST_FILE, LARGEST_TEXT, is_inline, parse_bytes, parse_inline, read_file
from .kernel import Kernel, Layer

EXTENSIONS = (".json", ".txt", ".mat", ".kernel")
"""What a name need not end in; a picture's and .npy's it must, for they may be maps."""


class Lookup:
    """Where the files are looked for that a stage refers to."""

    def __init__(self, beside: str | None = None, stdin: BinaryIO | None = None) -> None:
        """What a file refers to is looked for `beside` it, in its folder, first.

        ``-`` is what comes from `stdin`, if that is there.
        """
        self._beside = () if beside is None else (beside,)
        self._stdin = stdin

    def filters(self, spec: str) -> tuple[Kernel | Layer, ...]:
        """The kernels, or the layer in a .npy, that `spec` means, as `find_kernels`."""
        if spec == "-" and self._stdin:
            data = self._stdin.read(LARGEST_FILE + 1)
            return parse_bytes(data, "kernel from stdin", "kernel")
        path = found_at(spec, *self._beside)
        if path:
            return parse_bytes(read_file(path), path, _stem(path))
        if is_inline(spec):
            return parse_inline(spec)
        from .parametric.catalog import generate, generator_of  # which no file needs

        if generator_of(spec):
            return (generate(spec),)
        raise ConvtoolError(_not_found(spec))

    def path(self, name: str) -> str:
        """The path of any other file."""
        name = os.path.expanduser(name)
        paths = [os.path.join(folder, name) for folder in (*self._beside, "")]
        return next(filter(os.path.exists, paths), name)


def find_kernels(spec: str) -> tuple[Kernel, ...]:
    """The kernels that `spec` means: a file's path or name, or weights in place.

    A name, with or without its extension, is looked for as a path, in ``kernels/`` in the
    current folder, in the folders that CONVTOOL_KERNELS lists, and among the bundled kernels.
    What is no such file but reads as numbers, ``0 1 0; 1 -4 1; 0 1 0``, is the kernel itself, and
    so is ``3x3: 0,1,0 1,-4,1 0,1,0``, which is ImageMagick's way to say it. ``gaussian:7,1.5`` is
    made: `convtool.kernel.parametric.catalog` has the names and what they take.

    A file is JSON, rows of numbers, .npy, a libvips matrix (``.mat``), kernels for ImageMagick, or
    a picture; all but the matrix are told by what is in them.

    Raises ConvtoolError if there is no such kernel, naming the nearest, or if it is malformed.

    >>> [kernel.name for kernel in find_kernels("sobel_x")]
    ['sobel_x']
    """
    kernels = []
    for found in Lookup().filters(spec):
        if isinstance(found, Layer):
            raise ConvtoolError(
                f"{spec} is a layer of shape {found.weights.shape}, expected a kernel (h, w); "
                "conv2d takes a layer as the array that numpy.load gives"
            )
        kernels.append(found)
    return tuple(kernels)


def find_kernel(spec: str) -> Kernel:
    """The one kernel that `spec` means, as `find_kernels`; ConvtoolError for a bank."""
    kernels = find_kernels(spec)
    if len(kernels) > 1:
        raise ConvtoolError(
            f"{spec} is a bank of {len(kernels)} kernels, expected a single one; "
            "find_kernels gives them all"
        )
    return kernels[0]


def bundled_folder() -> str:
    """The folder of the kernels that come with convtool."""
    return importlib.import_module("convtool.kernels").__path__[0]


def is_bundled(path: str) -> bool:
    """Whether a path that was found is that of a kernel that comes with convtool."""
    return os.path.dirname(path) == bundled_folder()


def file_names(folder: str) -> list[str]:
    """The file names of the kernels in a folder, sorted; none if there is no such folder."""
    return [name for name in _listed(folder) if name.endswith(EXTENSIONS)]


def known_kernels() -> Iterator[tuple[str, str]]:
    """Every file that a kernel's name finds in the folders of kernels: (shortest name, path).

    They come in the order in which folders are looked through, sorted in each. Files that have
    pictures' and .npy's extensions are among them. Hidden files are left out, and those whose
    every name finds another file.
    """
    for folder in dict.fromkeys(_folders()):
        for file in _listed(folder):
            stem, end = os.path.splitext(file)
            bare = end in EXTENSIONS
            if file.startswith(".") or not (bare or end.lower() in IMAGE_EXTENSIONS):
                continue
            path = os.path.join(folder, file)
            if not os.path.isfile(path):
                continue  # a pipe would keep whoever lists it waiting
            for name in (stem, file) if bare else (file,):
                if found_at(name) == path:
                    yield name, path
                    break


def local_kernels() -> Iterator[tuple[str, str]]:
    """The kernel files of the current folder, which names find before all others: (name, path).

    Those alone that are kernels: JSON and text lie in folders for many ends.
    """
    for file in _listed(os.curdir):
        stem, end = os.path.splitext(file)
        if file.startswith(".") or end not in EXTENSIONS or not _is_kernel(file):
            continue
        for name in (stem, file):
            if found_at(name) == file:
                yield name, file
                break


def _is_kernel(path: str) -> bool:
    """Whether a file, and no pipe or folder, holds kernels."""
    if not os.path.isfile(path) or os.path.getsize(path) > LARGEST_TEXT:
        return False
    try:
        return bool(listed_filters(path))
    except ConvtoolError:
        return False


def listed_filters(path: str) -> tuple[Kernel | Layer, ...]:
    """The kernels, or the layer, in a file, for whoever lists many files: no picture is decoded."""
    return parse_bytes(read_file(path), path, _stem(path), pictures=False)


def is_picture(path: str) -> bool:
    """Whether a file's name is that of a picture."""
    return extension_of(path) in PICTURE_EXTENSIONS


def found_at(spec: str, *first: str) -> str | None:
    """The file that a name or path finds, from here or in a folder, in those `first`."""
    for folder in (*first, "", *_folders()):
        for path in _candidates(folder, spec):
            # Unlike Path.exists, this is False for what is no name at all.
            if os.path.exists(path) and not os.path.isdir(path):
                return path
    return None


def _listed(folder: str) -> list[str]:
    """What is in a folder, sorted; nothing if there is no such folder."""
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []


def _folders() -> Iterator[str]:
    """Where a name is looked for when it is no path from here."""
    yield "kernels"
    listed = os.environ.get("CONVTOOL_KERNELS", "")
    yield from (folder for folder in listed.split(os.pathsep) if folder)
    yield bundled_folder()


def _candidates(folder: str, spec: str) -> Iterator[str]:
    path = os.path.join(folder, os.path.expanduser(spec))
    yield path
    yield from (path + extension for extension in EXTENSIONS if os.path.basename(path))


def _stem(path: str) -> str:
    """A file's name without its extension."""
    return os.path.splitext(os.path.basename(path))[0]


def _not_found(spec: str) -> str:
    """The error for a name that no folder has."""
    if spec and os.path.isdir(spec):
        return f"kernel {quoted(spec)} is a folder, expected a file"
    import difflib  # for this alone

    from .formats.imagemagick import built_in_error
    from .parametric.catalog import GENERATORS

    if error := built_in_error(spec):
        return f"kernel {quoted(spec)}: {error}"
    files = {_stem(name): name for folder in _folders() for name in file_names(folder)}
    name, colon, parameters = spec.partition(":")
    known = {made: made + colon + parameters for made in GENERATORS} | ({} if colon else files)
    near = difflib.get_close_matches(_stem(name), known, n=3, cutoff=0.5)
    nearest = [known[name] for name in near]
    if re.search(r"[\s;\[]", spec.strip()):
        return (
            f"kernel {quoted(spec)} is no file and no weights, "
            "which look like '0 1 0; 1 -4 1; 0 1 0'"
        )
    hint = (
        f"nearest: {', '.join(nearest)}"
        if nearest
        else f"bundled: {', '.join(sorted(files))}; made: {', '.join(GENERATORS)}"
    )
    return f"kernel {quoted(spec)} is not found; {hint}"
