"""What changes from one frame of a drawing to the next, in the few colours of a palette."""

from typing import NamedTuple

import numpy as np

from ..core.dtypes import Array

SAME = 255
"""The number of no colour: of pixels that stay as they are."""


class Change(NamedTuple):
    """The part of a frame that differs from the frame before."""

    left: int
    top: int
    numbers: Array
    """(h, w), the numbers of colours in the palette, and SAME."""


class Changes:
    """Finds them, from frame to frame."""

    def __init__(self, palette: Array) -> None:
        """`palette` has the colours of all frames, (n, 3), 255 at most, of 8 bits."""
        self.palette = palette
        self._before: Array | None = None

    def next(self, pixels: Array) -> Change:
        """The next frame, (H, W, 3), as it differs: the smallest rectangle that holds all that has
        changed, or one pixel. Each pixel gets the colour that is nearest, by Euclid."""
        wide = pixels.astype(np.int32)
        codes = wide[..., 0] << 16 | wide[..., 1] << 8 | wide[..., 2]
        before, self._before = self._before, codes
        if before is None:
            return Change(0, 0, self._numbers(codes))
        changed = codes != before
        rows, cols = (np.flatnonzero(changed.any(axis=axis)) for axis in (1, 0))
        if not rows.size:
            return Change(0, 0, np.full((1, 1), SAME, np.uint8))
        part = slice(rows[0], rows[-1] + 1), slice(cols[0], cols[-1] + 1)
        numbers = np.full(changed[part].shape, SAME, np.uint8)
        numbers[changed[part]] = self._numbers(codes[changed])
        return Change(int(cols[0]), int(rows[0]), numbers)

    def _numbers(self, codes: Array) -> Array:
        """The number of the nearest colour for each pixel, red, green and blue in one number."""
        found, places = np.unique(codes, return_inverse=True)
        colors = np.stack([found >> 16, found >> 8 & 255, found & 255], axis=-1)
        off = colors[:, np.newaxis] - self.palette.astype(np.int32)
        nearest = np.argmin((off * off).sum(axis=-1), axis=-1).astype(np.uint8)
        numbers: Array = nearest[places].reshape(codes.shape)
        return numbers
