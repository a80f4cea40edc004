import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convtool.core.rounding import saturate
from convtool.pipeline.tone import Extremes, Lost, Tone

INTEGERS = ["uint8", "int8", "uint16", "int16", "int32", "uint32", "int64", "uint64"]


@given(st.floats(width=64), st.sampled_from(INTEGERS))
def test_saturate_equals_exact_rounding(value, dtype):
    limits = np.iinfo(dtype)
    if np.isnan(value):
        expected = 0
    elif np.isinf(value):
        expected = limits.max if value > 0 else limits.min
    else:
        expected = min(max(round(value), limits.min), limits.max)
    assert saturate(np.array([value]), np.dtype(dtype)).tolist() == [expected]


@given(st.sampled_from(INTEGERS), st.sampled_from(INTEGERS))
def test_saturate_between_integer_types(source, target):
    limits = np.iinfo(source)
    values = np.array([limits.min, limits.min // 2, 0, 100, limits.max // 2, limits.max], source)
    low, high = np.iinfo(target).min, np.iinfo(target).max
    expected = [min(max(v, low), high) for v in values.tolist()]
    assert saturate(values, np.dtype(target)).tolist() == expected


def shown(values, **options):
    band = np.array(values, np.float32).reshape(1, -1, 1)
    tone = Tone(**options)
    if tone.needs_extremes:
        tone = Tone(**options, extremes=Extremes.of(band))
    pixels, lost = tone.pixels(band)
    return pixels.ravel().tolist(), lost


def test_clip_rounds_half_to_even_and_counts_what_it_loses():
    values = [-300, -0.5, -0.6, 0.5, 1.5, 254.5, 255.4, 255.5, 900, np.nan, np.inf]
    assert shown(values) == (
        [0, 0, 0, 0, 2, 254, 255, 255, 255, 0, 255],
        Lost(2, 3, 1),
    )


def test_abs():
    assert shown([-3, 3.5, -300], range="abs") == ([3, 4, 255], Lost(above=1))


def test_normalize_moves_the_extremes_to_black_and_white():
    assert shown([-100, 0, 300], range="normalize") == ([0, 64, 255], Lost())


def test_the_largest_floats_are_stretched_too():
    band = np.array([-1.7e308, 0, 1.7e308]).reshape(1, 3, 1)
    for range_, expected in (("normalize", [0, 128, 255]), ("center", [1, 128, 255])):
        tone = Tone(range_, extremes=Extremes.of(band))
        assert tone.pixels(band)[0].ravel().tolist() == expected


def test_normalize_of_a_flat_map_is_black():
    assert shown([7, 7], range="normalize") == ([0, 0], Lost())


def test_normalize_leaves_infinity_and_nan_out_of_the_extremes():
    values = [0, 10, np.inf, -np.inf, np.nan]
    assert shown(values, range="normalize") == ([0, 255, 255, 0, 0], Lost(1, 1, 1))
    assert shown(values, range="center") == ([128, 255, 255, 1, 0], Lost(1, 1, 1))


def test_center_is_symmetric_about_mid_grey():
    assert shown([-40, 0, 20, 40], range="center") == ([1, 128, 192, 255], Lost())
    assert shown([0, 0], range="center")[0] == [128, 128]
    assert shown([-1, 0, 1], range="center", depth=16)[0] == [1, 32768, 65535]


@pytest.mark.parametrize("range_", ["normalize", "center"])
def test_a_map_without_a_finite_value_is_shown(range_):
    assert shown([np.nan, np.nan], range=range_) == ([0, 0], Lost(undefined=2))
    for range_, flat, black in (("center", 128, 1), ("normalize", 0, 0)):
        found, lost = shown([0, np.nan, np.inf, -np.inf], range=range_)
        assert found == [flat, 0, 255, black]
        assert lost == Lost(1, 1, 1)


def test_float16_has_no_white_of_16_bits():
    band = np.array([np.inf, 1, 60000], np.float16).reshape(1, 3, 1)
    assert Tone(depth=16).pixels(band)[0].ravel().tolist() == [65535, 1, 60000]


def test_the_smallest_floats_are_stretched_too():
    band = np.array([0, 1e-320]).reshape(1, 2, 1)
    tone = Tone("normalize", extremes=Extremes.of(band))
    assert tone.pixels(band)[0].ravel().tolist() == [0, 255]


def test_white_stays_white_between_depths():
    assert shown([0, 255, 128], white=255, depth=16)[0] == [0, 65535, 128 * 257]
    assert shown([0, 65535, 257], white=65535, depth=8)[0] == [0, 255, 1]
    assert shown([0, 1], white=1)[0] == [0, 255]


def test_numbers_without_a_white_are_pixels_as_they_are():
    assert shown([0, 255, 40000], depth=16)[0] == [0, 255, 40000]
    assert shown([0, 255, 40000], depth=8)[0] == [0, 255, 255]


@pytest.mark.parametrize("range_", ["clip", "abs", "normalize", "center"])
def test_alpha_is_scaled_and_never_stretched(range_):
    band = np.array([[[-50, 200], [50, 17.5]]], np.float32)
    tone = Tone(range_, alpha=True, extremes=Extremes(-50, 50))
    pixels, lost = tone.pixels(band)
    assert pixels[..., 1].tolist() == [[200, 18]]
    assert lost == Lost(below=range_ == "clip")


def test_infinities_alone_are_black_and_white():
    for range_, black in (("normalize", 0), ("center", 1)):
        found, _ = shown([np.inf, -np.inf, np.nan], range=range_)
        assert found == [255, black, 0]


def test_extremes_are_those_of_all_bands():
    found = Extremes.of(np.array([3, -2])).plus(Extremes.of(np.array([np.nan, 9.5, -np.inf])))
    found = Extremes().plus(found).plus(Extremes.of(np.array([np.nan])))
    assert (found.low, found.high) == (-2, 9.5)
