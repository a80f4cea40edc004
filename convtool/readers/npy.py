"""NumPy's .npy files: an array (H, W) or (H, W, C); 2 and 4 channels end in alpha."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

import numpy as np

from ..errors import ConvtoolError
from ..image import Header, check_image
from ..precision import Array
from .array import ArrayReader, Reader
from .limits import check_size


def read_npy(file: BinaryIO, max_pixels: int) -> Reader:
    """The reader for a .npy file; objects (pickles) are refused."""
    with file:
        with _broken_as_error():
            shape = _shape(file)
        if len(shape) in (2, 3):
            check_size(shape[0], shape[1], max_pixels)
        with _broken_as_error():
            array = _load(file)
    pixels = check_image(array)
    header = Header.of_array(pixels, may_have_alpha=True)
    note = f"the last of its {len(header.channels)} channels is taken for alpha"
    return ArrayReader(header, pixels, (note,) if header.has_alpha else ())


@contextmanager
def _broken_as_error() -> Iterator[None]:
    """Make one sentence of whatever NumPy says: a header is Python, and may fail in any way."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of headers that Python 2 wrote
        try:
            yield
        except Exception as error:
            raise ConvtoolError(f"is no sound .npy file: {error}") from None


def _shape(file: BinaryIO) -> tuple[int, ...]:
    """The shape that the file's header gives; the file is left at its start."""
    version = np.lib.format.read_magic(file)
    read_header = (
        np.lib.format.read_array_header_1_0
        if version == (1, 0)
        else np.lib.format.read_array_header_2_0
    )
    shape, _, _ = read_header(file)
    file.seek(0)
    return shape


def _load(file: BinaryIO) -> Array:
    """The array, mapped from the disk where the file has a path there."""
    path = getattr(file, "name", None)
    if isinstance(path, str):
        mapped: Array = np.load(path, mmap_mode="r", allow_pickle=False)
        return mapped
    loaded: Array = np.lib.format.read_array(file, allow_pickle=False)
    return loaded
