from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from reference import images

from convtool import ConvtoolError
from convtool.image import Header
from convtool.pointwise import Gray
from convtool.stage import over_array


def gray(image):
    return over_array(Gray().bind(Header.of_array(image, may_have_alpha=True)), image)


@given(images(channels=(3,), dtype="uint16"))
def test_gray_is_the_exact_luma_rounded_half_to_even(image):
    expected = [
        [round(Fraction(299 * int(r) + 587 * int(g) + 114 * int(b), 1000)) for r, g, b in row]
        for row in image
    ]
    found = gray(image)
    assert found.dtype == np.uint16
    assert found[..., 0].tolist() == expected


def test_gray_of_floats_is_not_rounded():
    found = gray(np.array([[[0.1, 0.2, 0.3]]], np.float32))
    assert found.dtype == np.float32
    assert np.isclose(found.item(), 0.299 * 0.1 + 0.587 * 0.2 + 0.114 * 0.3)


def test_gray_keeps_alpha_and_grey():
    rgba = np.array([[[10, 10, 10, 77]]], np.uint8)
    assert gray(rgba).tolist() == [[[10, 77]]]
    assert gray(rgba[..., :2]).tolist() == [[[10, 10]]]
    assert gray(rgba[..., :1]).tolist() == [[[10]]]


def test_gray_of_other_channels_is_an_error():
    with pytest.raises(ConvtoolError, match="7 channels has no grey"):
        gray(np.zeros((2, 2, 7)))
