"""Writers of formats whose frames are encoded one by one, each as a whole."""

from abc import ABC, abstractmethod
from typing import NamedTuple

import numpy as np

from ..core.dtypes import Array
from ..core.image import Header


class Encoded(NamedTuple):
    """A frame as its file holds it."""

    data: bytes
    others: int = 0
    """Pixels that took another colour."""


class SliceWriter(ABC):
    """Writes slices. A band is of whole ones, or of a part of one."""

    def __init__(self, header: Header) -> None:
        self.header = header
        self._height = header.size[1]
        self._parts: list[Array] = []
        self._others = 0

    @abstractmethod
    def encoded(self, pixels: Array) -> Encoded:
        """A slice (H, W, C), encoded; on any thread, in any order."""

    @abstractmethod
    def put(self, data: bytes) -> None:
        """Write the next slice."""

    @abstractmethod
    def end(self) -> None:
        """Write the end of the file."""

    def encode(self, band: Array) -> list[Encoded] | Array:
        """Whole slices, encoded; a part of one as it is."""
        if len(band) % self._height:
            return band
        return [self.encoded(one) for one in band.reshape(-1, self._height, *band.shape[1:])]

    def write(self, band: list[Encoded] | Array) -> None:
        """Write the next band."""
        if not isinstance(band, list):
            self._parts.append(band)
            if sum(map(len, self._parts)) < self._height:
                return
            band, self._parts = [self.encoded(np.concatenate(self._parts))], []
        for one in band:
            self.put(one.data)
            self._others += one.others

    def close(self) -> int:
        """Write the end; returns how many pixels took another colour."""
        self.end()
        return self._others
