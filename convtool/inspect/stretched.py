"""A transposed convolution seen as a plain one, over its input stretched by zeros between pixels.

The kernel that it slides over that input is the one that pixels lay on the map, turned by 180
degrees; a window moves on by 1. See V. Dumoulin and F. Visin, A guide to convolution arithmetic for
deep learning, 2016, chapter 4. The sums are the same; only zeros are added.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ..core.border import OUTSIDE
from ..core.dtypes import FLOAT64, Array, is_integer, is_whole
from ..core.spread import Spread
from ..core.validation import Pair
from ..ops.transpose import ConvTranspose
from ..ops.transpose_stage import TransposeStage
from .explain import Walk
from .steps.base import Calculation, Patch


class Stretched(NamedTuple):
    """The rows and columns of a stretched input. Pixel `i` has the position `i * stride`."""

    walk: Walk
    operator: ConvTranspose
    stage: TransposeStage
    axes: tuple[Spread, Spread]

    @classmethod
    def of(cls, walk: Walk) -> "Stretched | None":
        """That of a walk's last stage; None where no zeros come between its pixels."""
        operator, stage = walk.operators[-1], walk.stage
        if not isinstance(operator, ConvTranspose) or not isinstance(stage, TransposeStage):
            return None
        _, rows, cols = stage.grid.axes
        if not isinstance(rows, Spread) or not isinstance(cols, Spread):
            return None
        if rows.stride == cols.stride == 1:
            return None
        return cls(walk, operator, stage, (rows, cols))

    @property
    def size(self) -> Pair:
        """How many rows and columns there are from the first pixel to the last."""
        rows, cols = self.axes
        return (rows.size - 1) * rows.stride + 1, (cols.size - 1) * cols.stride + 1

    def spans(self, row: int, col: int) -> tuple[Pair, Pair]:
        """The rows and columns (first, last) under the window of a value, last not counted."""
        rows, cols = (
            (o + axis.before - axis.extent + 1, o + axis.before + 1)
            for o, axis in zip((row % self.stage.output.size[1], col), self.axes, strict=True)
        )
        return rows, cols

    def around(self, patch: Patch, rows: Sequence[int], cols: Sequence[int]) -> Patch:
        """What lies at these rows and columns in the slice and the channel of a window of pixels;
        rows of pixels that no window needs may be missing."""
        high, wide = (axis.stride for axis in self.axes)
        found = self.walk.around(
            patch,
            [p // high for p in rows if p % high == 0],
            [p // wide for p in cols if p % wide == 0],
        )
        rows = [p for p in rows if p % high or p // high in found.rows]
        places = [
            np.flatnonzero(np.array(line) % s == 0) for line, s in ((rows, high), (cols, wide))
        ]
        pixels = np.zeros((len(rows), len(cols)), found.pixels.dtype)
        border = np.ones(pixels.shape, bool)
        pixels[np.ix_(*places)], border[np.ix_(*places)] = found.pixels, found.border
        source_rows, source_cols = (np.full(len(line), OUTSIDE) for line in (rows, cols))
        source_rows[places[0]], source_cols[places[1]] = found.source_rows, found.source_cols
        return found._replace(
            rows=tuple(rows),
            cols=tuple(cols),
            source_rows=source_rows,
            source_cols=source_cols,
            pixels=pixels,
            border=border,
            apart=(high, wide),
        )

    def calculation(self, one: Calculation) -> Calculation:
        """The calculation of a value with the whole windows of the stretched input."""
        spans = self.spans(one.row, one.col)
        rows, cols = (
            range(*span, axis.dilation) for span, axis in zip(spans, self.axes, strict=True)
        )
        patches = []
        for patch in one.patches:
            window = self.around(patch, rows, cols)
            weights = self._weights(one, patch)
            if is_whole(weights) and is_integer(window.pixels.dtype):
                weights = weights.astype(np.int64)
            patches.append(window._replace(weights=weights, products=window.pixels * weights))
        return one._replace(patches=tuple(patches), followed=None)

    def _weights(self, one: Calculation, patch: Patch) -> Array:
        """The turned kernel over a channel and a slice of the input."""
        channels = len(self.stage.input.channels)
        kernel = self.operator.laid(patch.number, one.number, channels).astype(FLOAT64)
        if kernel.ndim > 2:
            depth, _, _ = self.stage.grid.axes
            number = one.row // self.stage.output.size[1]
            tap, rest = divmod(number + depth.before - patch.slice * depth.stride, depth.dilation)
            lies = rest == 0 and 0 <= tap < len(kernel)
            kernel = kernel[tap] if lies else np.zeros_like(kernel[0])
        return kernel[::-1, ::-1]
