"""Where the pixels of an interlaced PNG lie: Adam7 (ISO/IEC 15948, clause 8). Needs no NumPy."""

from typing import NamedTuple


class Pass(NamedTuple):
    """The pixels [top::down, left::across] of a picture."""

    top: int
    left: int
    down: int
    across: int

    def size(self, height: int, width: int) -> tuple[int, int]:
        """Its rows and columns in a picture of this size. Without columns it has no rows."""
        columns = -(-(width - self.left) // self.across)
        return self._before(height) if columns else 0, columns

    def rows_between(self, first: int, last: int) -> slice:
        """Its rows that lie in the rows [first:last] of the picture."""
        return slice(self._before(first), self._before(last))

    def _before(self, row: int) -> int:
        """The number of its rows before this row of the picture."""
        return -(-(row - self.top) // self.down)


PASSES = (
    Pass(0, 0, 8, 8),
    Pass(0, 4, 8, 8),
    Pass(4, 0, 8, 4),
    Pass(0, 2, 4, 4),
    Pass(2, 0, 4, 2),
    Pass(0, 1, 2, 2),
    Pass(1, 0, 2, 1),
)
"""In the order of the file. The last pass holds every second row completely."""
