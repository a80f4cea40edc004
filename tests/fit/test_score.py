import math

import numpy as np
import pytest
from helpers.blocks import Blocks

from convtool import conv2d
from convtool.fit.pairs import ImagePair, Model, overlay
from convtool.fit.score import Agreement, agreements
from convtool.ops.conv import Conv


def agreement(image, after, *operators, threads=2):
    images = overlay(
        ImagePair(lambda: Blocks(image, 7), lambda: Blocks(after, 5)), Model.of((3, 3))
    )
    return agreements(images, operators, threads)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int32, np.float32, np.float64])
def test_pixels_are_compared_within_the_border(photo, dtype):
    image = photo[:60, :70].astype(dtype)
    right, wrong = np.full((3, 3), 0.10371), np.full((3, 3), 0.11237)
    after = conv2d(image, right, dtype=dtype, border="constant")
    found = agreement(image, after, Conv(right), Conv(wrong))
    inner = (slice(1, -1), slice(1, -1))
    made = conv2d(image, wrong, dtype=dtype)[inner].astype(float)
    expected = after[inner].astype(float)
    assert (found[0].values, found[0].exact, found[0].rms) == (expected.size, 1, 0)
    assert found[0].psnr == math.inf
    assert found[1].equal == (made == expected).sum()
    rms = np.sqrt(np.mean((made - expected) ** 2))
    assert math.isclose(found[1].rms, rms, rel_tol=1e-5)
    peak = {"uint8": 255, "uint16": 65535}.get(np.dtype(dtype).name, np.ptp(expected))
    assert math.isclose(found[1].psnr, 20 * math.log10(peak / rms), rel_tol=1e-5)
    assert not found[1].as_good_as(found[0])
    assert found[0].as_good_as(found[1])


def test_what_another_order_of_adding_up_moves_is_equal():
    image = np.random.default_rng(0).normal(size=(30, 30, 1))
    after = conv2d(image, np.full((3, 3), 0.1))
    (close,) = agreement(image, after * (1 + 1e-15), Conv(np.full((3, 3), 0.1)))
    (far,) = agreement(image, after * (1 + 1e-12), Conv(np.full((3, 3), 0.1)))
    assert close.exact == 1
    assert far.exact < 1


def test_nothing_at_all_agrees_with_nothing():
    assert (Agreement().exact, Agreement().rms, Agreement().psnr) == (0, 0, math.inf)
