"""The whole input of the last stage, and the whole map: those of the pipeline's own run."""

import numpy as np
import pytest

from convtool import ConvtoolError, Pipeline
from convtool.core.image import Header
from convtool.inspect.whole import whole
from convtool.io.base import ArrayReader

IMAGE = np.random.default_rng(3).integers(0, 256, (30, 21, 3), np.uint8)


@pytest.mark.parametrize(
    "stages",
    [
        ["conv -k edge"], ["gray", "conv -k sobel_x --border wrap", "relu", "pool --stride 5"],
        ["pool", "conv_transpose -k '1 2; 3 4' --stride 2"],
    ],
)  # fmt: skip
def test_both_are_the_pipelines_own(stages):
    reader = ArrayReader(Header.of_array(IMAGE), IMAGE)
    found = whole(reader, Pipeline.parse(" | ".join(stages)).operators)
    before = Pipeline.parse(" | ".join(stages[:-1])).run(IMAGE) if len(stages) > 1 else IMAGE
    after = Pipeline.parse(" | ".join(stages)).run(IMAGE)
    assert np.array_equal(found.input[0], before)
    assert np.array_equal(found.output[0], after)


def test_slices_and_missing_pixels():
    volume = np.arange(24, dtype=np.float32).reshape(6, 4, 1)
    reader = ArrayReader(Header.of_array(volume)._replace(depth=3), volume)
    found = whole(reader, Pipeline.parse("relu").operators, nodata=5)
    assert found.input.shape == found.output.shape == (3, 2, 4, 1)
    assert np.argwhere(np.isnan(found.input)).tolist() == [[0, 1, 1, 0]]


def test_a_map_that_is_too_large():
    reader = ArrayReader(Header.of_array(IMAGE), IMAGE)
    with pytest.raises(ConvtoolError, match="pixels"):
        whole(reader, Pipeline.parse("conv -k edge --padding 100").operators, max_pixels=1000)
