"""Where the pixels of a map lie in the image, and so in the world."""

from collections.abc import Sequence

from ..core.metadata import Metadata
from ..ops.base import Stage
from .prepare import Prepared


def placed(metadata: Metadata, prepared: Prepared) -> Metadata:
    """The metadata of a map, of that of the image: strides widen pixels, padding moves them.

    What is known of frames and pages holds for as many of them.
    """
    (deep, *step), (_, *start) = _grid(prepared.stages)
    output, georeference = prepared.output, metadata.georeference
    channels, steps = len(output.channels), (deep, *step)
    return metadata._replace(
        timing=metadata.timing if output.depth == prepared.input.depth else None,
        georeference=georeference
        and georeference.sampled((step[0], step[1]), (start[0], start[1])),
        hyperstack=metadata.hyperstack
        and metadata.hyperstack.sampled(output.depth, channels, steps),
    )


def _grid(stages: Sequence[Stage]) -> tuple[list[float], list[float]]:
    """How far apart a map's pixels lie in the image along slices, rows and columns, and where the
    first one does, of rows and columns."""
    step, start = [1.0, 1.0, 1.0], [0.0, 0.0, 0.0]
    for stage in stages:
        for laid in stage.laid[:1]:
            each = zip(laid.grid.axes, (0, *laid.middle), strict=True)
            for n, (axis, middle) in enumerate(each):
                start[n] += step[n] * axis.offset(middle)
                step[n] *= float(axis.step)
    return step, start
