"""Finds the kernel that a name means: a path, a file in ./kernels or in the folders of
CONVTOOL_KERNELS, a bundled one, or a parametric one as gaussian:7."""

import importlib
import math
import os
import re
from collections.abc import Iterator
from typing import BinaryIO

from ..core.choices import STREAM
from ..core.errors import ConvtoolError, OptionError, nearest, quoted
from ..io.formats import IMAGE_EXTENSIONS, PICTURE_EXTENSIONS, extension_of
from .files import LARGEST_FILE, LARGEST_TEXT, is_inline, parse_bytes, parse_inline, read_file
from .kernel import Kernel, Layer

EXTENSIONS = (".json", ".txt", ".mat", ".kernel")
"""The extensions that a name may leave out. Pictures and .npy need theirs: they may be images."""


MEANT = {
    "blur": "a blur is gaussian:5, box:5 or disk:9",
    "median": "a median is no kernel: pool --mode median --size 3 --stride 1 computes it",
    "max": "a maximum is no kernel: pool --mode max --size 3 --stride 1 computes it",
    "min": "a minimum is no kernel: pool --mode min --size 3 --stride 1 computes it",
    "mean": "a mean is box:3",
    "average": "a mean is box:3",
    "avg": "a mean is box:3",
}
"""What helps those who ask for a kernel by a name that means something else."""


class Lookup:
    """Finds the files that a stage names."""

    def __init__(self, beside: str | None = None, stdin: BinaryIO | None = None) -> None:
        """`beside` is a folder that is searched first: that of the file with the names.

        ``-`` means `stdin`, if there is one.
        """
        self._beside = () if beside is None else (beside,)
        self._stdin = stdin
        self.notes: list[str] = []
        """What a person should know of the kernels that were found."""

    def filters(self, spec: str) -> tuple[Kernel | Layer, ...]:
        """The kernels, or the layer in a .npy, that `spec` means, as `find_kernels`."""
        if spec == STREAM and self._stdin:
            data = self._stdin.read(LARGEST_FILE + 1)
            return parse_bytes(data, "kernel from stdin", "kernel")
        if not isinstance(spec, str):
            raise OptionError(f"kernel is {quoted(spec)}, expected a name, a path or weights")
        path = found_at(spec, *self._beside)
        if path:
            return self._in_file(path, spec)
        try:
            return self._written(spec)
        except ConvtoolError as error:  # of what was asked for, and of no file
            raise OptionError(str(error)) from None

    def _in_file(self, path: str, spec: str) -> tuple[Kernel | Layer, ...]:
        """Those of the file that `spec` means."""
        data = read_file(path)
        hides = not os.path.dirname(path) and path != spec and spec in _bundled()
        try:
            found = parse_bytes(data, path, _stem(path))
        except ConvtoolError as error:
            hint = f"; without this file, {spec} is a bundled kernel" if hides else ""
            raise ConvtoolError(f"{error}{hint}") from None
        if hides:
            self.notes.append(f"kernel {quoted(spec)} is {path} here, not the bundled kernel")
        if b";" in data:
            self._note_a_row(path, found[0], "begin a line for each row")
        return found

    def _note_a_row(self, place: str, one: Kernel | Layer, how: str) -> None:
        """Note that what may have been meant as a square is a row."""
        side = math.isqrt(one.weights.size)
        if len(one.weights) == 1 and side**2 == one.weights.size > 1:
            self.notes.append(
                f"kernel {quoted(place)} is one row of {one.weights.size} weights; "
                f"for {side}x{side} {how}"
            )

    def _written(self, spec: str) -> tuple[Kernel | Layer, ...]:
        """The kernels that the words of `spec` themselves are."""
        if is_inline(spec):
            found = parse_inline(spec)
            if ":" not in spec:
                self._note_a_row(spec, found[0], "write a ; after each row")
            return found
        from .parametric.catalog import generate, generator_of  # files do not need it

        if generator_of(spec):
            return (generate(spec),)
        if one := self._in_bank(spec):
            return (one,)
        raise ConvtoolError(_not_found(spec))

    def _in_bank(self, spec: str) -> Kernel | Layer | None:
        """The kernel of this name in the bank of its first part: kirsch_n of kirsch."""
        path = found_at(spec.rpartition("_")[0], *self._beside)
        try:
            kernels = listed_filters(path) if path else ()
        except ConvtoolError:
            return None
        return next((one for one in kernels if len(kernels) > 1 and one.name == spec), None)

    def path(self, name: str) -> str:
        """The path of any other file."""
        name = os.path.expanduser(name)
        paths = [os.path.join(folder, name) for folder in (*self._beside, "")]
        return next(filter(os.path.exists, paths), name)


def find_kernels(spec: str) -> tuple[Kernel, ...]:
    """The kernels that `spec` means: a file's path or name, weights, or a parametric kernel.

    A name is looked for as a path, in ``kernels/`` in the
    current folder, in the folders that CONVTOOL_KERNELS lists, and among the bundled kernels. The
    extensions .json, .txt, .mat and .kernel may be left out; those of .npy and pictures may not.
    ``kirsch_n`` is one kernel of the bank ``kirsch``.
    Numbers that are no such file, ``0 1 0; 1 -4 1; 0 1 0``, are the kernel itself. So is
    ``3x3: 0,1,0 1,-4,1 0,1,0``, as ImageMagick writes it. ``gaussian:7,1.5`` is computed; the names
    and their parameters are in `convtool.kernel.parametric.catalog`.

    A file is JSON, rows of numbers, .npy, a libvips matrix (``.mat``), kernels for ImageMagick, or
    a picture. Its content shows which; only a matrix is recognized by its name.

    Raises ConvtoolError if there is no such kernel, with the nearest names, or if it is malformed.

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
    """The one kernel that `spec` means, as for `find_kernels`; ConvtoolError for a bank."""
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


def _bundled() -> list[str]:
    """The names of the kernels that come with convtool."""
    return [_stem(name) for name in file_names(bundled_folder())]


def is_bundled(path: str) -> bool:
    """Whether the file comes with convtool."""
    return os.path.dirname(path) == bundled_folder()


def file_names(folder: str) -> list[str]:
    """The names of the kernel files in a folder, sorted; none if there is no such folder."""
    return [name for name in _listed(folder) if name.endswith(EXTENSIONS)]


def known_kernels() -> Iterator[tuple[str, str]]:
    """Every file that a name finds in the folders of kernels: (shortest name, path).

    The order is that of the search; inside a folder they are sorted. Pictures and .npy files are
    included; hidden files are not, nor files that no name finds because another comes first.
    """
    for folder in dict.fromkeys(_folders()):
        for file in _listed(folder):
            stem, end = os.path.splitext(file)
            bare = end in EXTENSIONS
            if file.startswith(".") or not (bare or end.lower() in IMAGE_EXTENSIONS):
                continue
            path = os.path.join(folder, file)
            if not os.path.isfile(path):
                continue  # reading a pipe might wait for ever
            for name in (stem, file) if bare else (file,):
                if found_at(name) == path:
                    yield name, path
                    break


def local_kernels() -> Iterator[tuple[str, str]]:
    """The kernel files of the current folder, where names are looked for first: (name, path).

    Each file is read: not every JSON or text file is a kernel.
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
    if not os.path.isfile(path) or os.path.getsize(path) > LARGEST_TEXT:
        return False
    try:
        return bool(listed_filters(path))
    except ConvtoolError:
        return False


def listed_filters(path: str) -> tuple[Kernel | Layer, ...]:
    """The kernels, or the layer, in a file. A picture is an error: it takes time to decode."""
    return parse_bytes(read_file(path), path, _stem(path), pictures=False)


def is_picture(path: str) -> bool:
    """Whether a file has the extension of a picture."""
    return extension_of(path) in PICTURE_EXTENSIONS


def found_at(spec: str, *first: str) -> str | None:
    """The file that a name or path means; the folders `first` are searched before all others."""
    for folder in (*first, "", *_folders()):
        for path in _candidates(folder, spec):
            # Unlike Path.exists, this is False for a word that cannot be a name.
            if os.path.exists(path) and not os.path.isdir(path):
                return path
    return None


def _listed(folder: str) -> list[str]:
    """The names in a folder, sorted; none if there is no such folder."""
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []


def _folders() -> Iterator[str]:
    """The folders where a name is looked for, after the current one."""
    yield "kernels"
    listed = os.environ.get("CONVTOOL_KERNELS", "")
    yield from (folder for folder in listed.split(os.pathsep) if folder)
    yield bundled_folder()


def _candidates(folder: str, spec: str) -> Iterator[str]:
    path = os.path.join(folder, os.path.expanduser(spec))
    yield path
    yield from (path + extension for extension in EXTENSIONS if os.path.basename(path))


def _stem(path: str) -> str:
    return os.path.splitext(os.path.basename(path))[0]


def _not_found(spec: str) -> str:
    if spec and os.path.isdir(spec):
        return f"kernel {quoted(spec)} is a folder, expected a file"
    from .formats.imagemagick import built_in_error
    from .parametric.catalog import GENERATORS

    if error := built_in_error(spec):
        return f"kernel {quoted(spec)}: {error}"
    if spec.lower() in MEANT:
        return f"kernel {quoted(spec)} is not found; {MEANT[spec.lower()]}"
    files = {_stem(name): _stem(name) for folder in _folders() for name in file_names(folder)}
    name, colon, parameters = spec.partition(":")
    known = {one: one + colon + parameters for one in GENERATORS} | ({} if colon else files)
    near = [known[name] for name in nearest(_stem(name), known, 3, 0.5)]
    if re.search(r"[\s;\[]", spec.strip()):
        return (
            f"kernel {quoted(spec)} is no file and no weights, "
            "which look like '0 1 0; 1 -4 1; 0 1 0'"
        )
    hint = f"nearest: {', '.join(near)}" if near else "all names: convtool kernel list"
    return f"kernel {quoted(spec)} is not found; {hint}"
