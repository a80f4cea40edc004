"""Where the pixels of a map lie in the image, and so in the world."""

from collections.abc import Sequence

from ..core.metadata import Metadata
from ..ops.base import Stage
from .prepare import Prepared


def placed(metadata: Metadata, prepared: Prepared) -> Metadata:
    """The metadata of a map, of that of the image: strides widen pixels, padding moves them.

    What is known of frames and pages holds for as many of them.
    """
    step, start = _grid(prepared.stages)
    if prepared.output.depth != prepared.input.depth:
        metadata = metadata._replace(timing=None, hyperstack=None)
    georeference, hyperstack = metadata.georeference, metadata.hyperstack
    return metadata._replace(
        georeference=georeference and georeference.sampled(step, start),
        hyperstack=hyperstack and hyperstack.sampled(step),
    )


def _grid(stages: Sequence[Stage]) -> tuple[tuple[float, float], tuple[float, float]]:
    """How far apart a map's pixels lie in the image, and where the first one does."""
    step, start = [1.0, 1.0], [0.0, 0.0]
    for stage in stages:
        for laid in stage.laid[:1]:
            for n, (axis, middle) in enumerate(zip(laid.window, laid.middle, strict=True)):
                start[n] += step[n] * axis.offset(middle)
                step[n] *= float(axis.step)
    return (step[0], step[1]), (start[0], start[1])
