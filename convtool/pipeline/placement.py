"""Where the pixels of a map lie in the image, and so in the world."""

from collections.abc import Sequence

from ..core.georeference import Georeference
from ..ops.base import Stage


def placed(georeference: Georeference, stages: Sequence[Stage]) -> Georeference:
    """The georeference of a map, of that of the image: strides widen pixels, padding moves them."""
    step, start = [1.0, 1.0], [0.0, 0.0]
    for stage in stages:
        for laid in stage.laid[:1]:
            for n, (axis, middle) in enumerate(zip(laid.window, laid.middle, strict=True)):
                start[n] += step[n] * axis.offset(middle)
                step[n] *= float(axis.step)
    return georeference.sampled((step[0], step[1]), (start[0], start[1]))
