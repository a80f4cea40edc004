"""A reader for tests."""

from dataclasses import dataclass

import numpy as np

from convtool.core.image import Header
from convtool.core.metadata import NONE, Metadata


@dataclass
class Blocks:
    """A reader that yields an array in blocks of some rows, and keeps count of what it gave."""

    pixels: np.ndarray
    rows: int
    alpha: bool = False
    notes: tuple[str, ...] = ()
    metadata: Metadata = NONE
    given: int = 0

    @property
    def header(self):
        return Header.of_array(self.pixels, may_have_alpha=self.alpha)

    def blocks(self):
        self.given = 0
        rows = self.pixels.reshape(-1, *self.pixels.shape[-2:])  # slice under slice
        for start in range(0, len(rows), self.rows):
            block = rows[start : start + self.rows]
            self.given += len(block)
            yield block
