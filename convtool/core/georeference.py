"""Where on a map of the world the pixels of an image lie: the tags of GeoTIFF (OGC 19-008r4)."""

from typing import NamedTuple

PIXEL_SCALE, TIEPOINTS, TRANSFORMATION = 33550, 33922, 34264
KEYS, DOUBLES, TEXTS = 34735, 34736, 34737

RASTER_TYPE, PIXEL_IS_POINT = 1025, 2
"""The key that says whether a coordinate counts from a pixel's corner or from its centre."""


class Georeference(NamedTuple):
    """GeoTIFF's tags, empty where a file has none."""

    pixel_scale: tuple[float, ...] = ()
    """Units of the world that a pixel is wide, high and deep."""
    tiepoints: tuple[float, ...] = ()
    """Six numbers for each point: (column, row, layer) of the image, and (x, y, z) of the world."""
    transformation: tuple[float, ...] = ()
    """The 16 numbers of the matrix from (column, row, layer, 1) to the world, row by row."""
    keys: tuple[int, ...] = ()
    """Four numbers for each key: what the coordinates of the world are."""
    doubles: tuple[float, ...] = ()
    texts: str = ""

    @property
    def is_point(self) -> bool:
        """Whether coordinates count from pixels' centres, not from their corners."""
        entries = [self.keys[n : n + 4] for n in range(4, len(self.keys), 4)]
        return any((key[0], key[-1]) == (RASTER_TYPE, PIXEL_IS_POINT) for key in entries)

    def sampled(self, step: tuple[float, float], start: tuple[float, float]) -> "Georeference":
        """That of a map whose pixel (i, j) lies at ``(i, j) * step + start`` of this image.

        `step` and `start` are (rows, columns), from the centre of the first pixel to centres.
        """
        half = 0.0 if self.is_point else 0.5  # from there to a pixel's corner
        down, across = step
        top, left = (first + half - half * each for first, each in zip(start, step, strict=True))
        if (down, across, top, left) == (1, 1, 0, 0):
            return self
        return self._replace(
            pixel_scale=_scaled(self.pixel_scale, across, down),
            tiepoints=_moved(self.tiepoints, (across, down), (left, top)),
            transformation=_composed(self.transformation, (across, down), (left, top)),
        )


def _scaled(scale: tuple[float, ...], across: float, down: float) -> tuple[float, ...]:
    return (scale[0] * across, scale[1] * down, *scale[2:]) if scale else ()


def _moved(
    points: tuple[float, ...], step: tuple[float, float], start: tuple[float, float]
) -> tuple[float, ...]:
    """The points, where they are in the map."""
    found = list(points)
    for n in range(0, len(points) - 5, 6):
        for axis in (0, 1):
            found[n + axis] = (points[n + axis] - start[axis]) / step[axis]
    return tuple(found)


def _composed(
    matrix: tuple[float, ...], step: tuple[float, float], start: tuple[float, float]
) -> tuple[float, ...]:
    """The matrix after the one from the map to the image."""
    found = list(matrix)
    for n in range(0, len(matrix), 4):
        column, row, layer, one = matrix[n : n + 4]
        found[n : n + 4] = (
            *(column * step[0], row * step[1], layer),
            one + column * start[0] + row * start[1],
        )
    return tuple(found)
