"""From a value to its pixel, in steps that come to what `tone` makes."""

import math

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from convtool import ConvtoolError
from convtool.core.choices import RANGES
from convtool.inspect.steps.pixel import pixel_steps
from convtool.pipeline.tone import Extremes, Tone


def steps(tone, value, pixel):
    return [(step.text, step.value) for step in pixel_steps(tone, value, pixel, 0.0)]


@pytest.mark.parametrize(
    ("tone", "value", "expected"),
    [
        (Tone(), 7, [("pixel", 7)]),
        (Tone(), 7.5, [("rounded", 8)]),
        (Tone(), -27, [("clipped from -27", 0)]),
        (Tone(), -0.25, [("rounded", 0)]),
        (Tone(), 300, [("clipped from 300", 255)]),
        (Tone("abs"), -27, [("magnitude", 27), ("pixel", 27)]),
        (Tone("clip", 65535, 8), 257, [("x 255 / 65535", 1), ("pixel", 1)]),
        (Tone("normalize", extremes=Extremes(-10, 90)), 15,
         [("(value + 10) / 100 x 255", 63.75), ("rounded", 64)]),
        (Tone("normalize", extremes=Extremes(0, 50)), 50,
         [("value / 50 x 255", 255), ("pixel", 255)]),
        (Tone("center", extremes=Extremes(-100, 50)), 50,
         [("128 + 127 x value / 100", 191.5), ("rounded", 192)]),
        (Tone("center", depth=16, extremes=Extremes(-4, 4)), -4,
         [("32768 + 32767 x value / 4", 1), ("pixel", 1)]),
        (Tone("normalize", extremes=Extremes(3, 3)), 3, [("the map is flat", 0)]),
        (Tone(), math.nan, [("NaN is black", 0)]),
    ],
)  # fmt: skip
def test_steps(tone, value, expected):
    assert steps(tone, value, expected[-1][1]) == expected


@example(value=0.0, range_="normalize", depth=8, white=None, other=1.2e-308)
@given(st.floats(-1e6, 1e6), st.sampled_from(RANGES), st.sampled_from([8, 16]),
       st.sampled_from([None, 1, 255, 65535]), st.floats(-1e6, 1e6))  # fmt: skip
def test_they_come_to_what_the_tone_makes(value, range_, depth, white, other):
    tone = Tone(range_, white, depth, extremes=Extremes(min(value, other), max(value, other)))
    pixel = int(tone.pixels(np.array([[[value]]]))[0].item())
    assert steps(tone, value, pixel)[-1][1] == pixel


@pytest.mark.parametrize(("value", "pixel"), [(7.6, 7), (-3, 1), (300, 254), (7, 9)])
def test_a_pixel_that_is_wrong_is_found_out(value, pixel):
    with pytest.raises(ConvtoolError, match="the pixel: the engine gives"):
        pixel_steps(Tone(), value, pixel, 0.0)
