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
        for start in range(0, len(self.pixels), self.rows):
            block = self.pixels[start : start + self.rows]
            self.given += len(block)
            yield block
