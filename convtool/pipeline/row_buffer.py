"""The rows of an image, cut out of the blocks that a reader yields."""

from collections import deque
from collections.abc import Iterable

import numpy as np

from ..core.dtypes import Array
from ..core.errors import ConvtoolError


class Rows:
    """The rows of an image that have been read and are still needed."""

    def __init__(self, blocks: Iterable[Array]) -> None:
        self._unread = iter(blocks)
        self._blocks: deque[Array] = deque()
        self._start = 0
        self._stop = 0
        self._oldest = 0

    def forget(self, oldest: int) -> None:
        """Let go of the blocks before row `oldest`, those still to be read among them."""
        self._oldest = oldest
        self._drop()

    def _drop(self) -> None:
        while self._blocks and self._start + len(self._blocks[0]) <= self._oldest:
            self._start += len(self._blocks.popleft())

    def read_to_the_end(self) -> None:
        """Let go of all rows, and read the rest: it may be damaged."""
        self._blocks.clear()
        for _ in self._unread:
            pass

    def take(self, start: int, stop: int) -> Array:
        """The rows start..stop - 1."""
        while self._stop < stop:
            block = next(self._unread, None)
            if block is None:
                raise ConvtoolError(f"the image ends after {self._stop} rows, expected {stop}")
            self._blocks.append(block)
            self._stop += len(block)
            self._drop()
        top, parts = self._start, []
        for block in self._blocks:
            part = block[max(start - top, 0) : max(stop - top, 0)]
            if len(part):
                parts.append(part)
            top += len(block)
        return parts[0] if len(parts) == 1 else np.concatenate(parts)
