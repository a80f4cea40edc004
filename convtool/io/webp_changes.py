"""Writes drawings as WebP: the colours of one palette, and of each frame what has changed."""

from typing import BinaryIO

import numpy as np

from ..core.dtypes import Array
from ..core.image import CHANNEL_NAMES, Header
from ..core.metadata import Metadata
from .by_slice import Encoded
from .changes import SAME, Changes
from .webp import BLENDED, WebpWriter


class WebpChangesWriter(WebpWriter):
    """Writes frames (H, W, 3) of 8 bits, encoded in order."""

    flag = BLENDED

    def __init__(
        self, file: BinaryIO, header: Header, metadata: Metadata, changes: Changes
    ) -> None:
        super().__init__(file, header._replace(channels=CHANNEL_NAMES[4]), metadata, None)
        self._changes = changes
        self._colors = np.zeros((SAME + 1, 4), np.uint8)
        self._colors[: len(changes.palette)] = np.pad(
            changes.palette, ((0, 0), (0, 1)), constant_values=255
        )

    def encoded(self, pixels: Array) -> Encoded:
        """The rectangle of a frame that has changed, transparent where it has not."""
        left, top, numbers = self._changes.next(pixels)
        even = np.pad(numbers, ((top % 2, 0), (left % 2, 0)), constant_values=SAME)
        return self._encoded(self._colors[even], left, top)
