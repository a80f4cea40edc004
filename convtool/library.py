"""Where a kernel's name is looked up: a path, ./kernels, CONVTOOL_KERNELS, the bundled ones."""

import importlib
import os
import re
from collections.abc import Iterator

from .errors import ConvtoolError
from .kernel import Kernel
from .kernelfile import parse, parse_inline

EXTENSIONS = (".json", ".txt")
LARGEST_FILE = 16 * 2**20

_INLINE = re.compile(r"\s*[-+]?[.\d]+(/[-+]?[.\d]+|[eE][-+]?\d+)?\s*([\s,;].*)?", re.DOTALL)


def find_kernels(spec: str) -> tuple[Kernel, ...]:
    """The kernels that `spec` means: a file's path or name, or weights in place.

    A name, with or without its extension, is looked for as a path, in ``kernels/`` in the
    current folder, in the folders that CONVTOOL_KERNELS lists, and among the bundled kernels.
    What is no such file but reads as numbers, ``0 1 0; 1 -4 1; 0 1 0``, is the kernel itself.

    Raises ConvtoolError if there is no such kernel, naming the nearest, or if it is malformed.

    >>> [kernel.name for kernel in find_kernels("sobel_x")]
    ['sobel_x']
    """
    for folder in ("", *_folders()):
        for path in _candidates(folder, spec):
            # Unlike Path.exists, this is False for what is no name at all.
            if os.path.exists(path) and not os.path.isdir(path):
                return _read(path)
    if _INLINE.fullmatch(spec):
        return parse_inline(spec)
    raise ConvtoolError(_not_found(spec))


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


def file_names(folder: str) -> list[str]:
    """The file names of the kernels in a folder, sorted; none if there is no such folder."""
    try:
        return sorted(name for name in os.listdir(folder) if name.endswith(EXTENSIONS))
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


def _read(path: str) -> tuple[Kernel, ...]:
    try:
        with open(path, "rb") as file:
            data = file.read(LARGEST_FILE + 1)
    except OSError as error:
        raise ConvtoolError(f"{path}: cannot be read: {error.strerror}") from None
    return parse_bytes(data, path, _stem(path))


def _stem(path: str) -> str:
    """A file's name without its extension."""
    return os.path.splitext(os.path.basename(path))[0]


def parse_bytes(data: bytes, source: str, name: str) -> tuple[Kernel, ...]:
    """The kernels in a file's bytes; `source` is the place that errors name."""
    if len(data) > LARGEST_FILE:
        raise ConvtoolError(f"{source}: is larger than 16 MiB, expected a kernel file")
    try:
        text = data.decode()
    except UnicodeDecodeError:
        raise ConvtoolError(f"{source}: is no text, expected a kernel as JSON or rows") from None
    return parse(text, source, name)


def _not_found(spec: str) -> str:
    """The error for a name that no folder has."""
    if spec and os.path.isdir(spec):
        return f"kernel {spec!r} is a folder, expected a file"
    import difflib  # for this alone

    files = {_stem(name): name for folder in _folders() for name in file_names(folder)}
    near = difflib.get_close_matches(_stem(spec), files, n=3, cutoff=0.5)
    nearest = [files[stem] for stem in near]
    if re.search(r"[\s;\[]", spec.strip()):
        return f"kernel {spec!r} is no file and no weights, which look like '0 1 0; 1 -4 1; 0 1 0'"
    hint = f"nearest: {', '.join(nearest)}" if nearest else f"bundled: {', '.join(sorted(files))}"
    return f"kernel {spec!r} is not found; {hint}"
