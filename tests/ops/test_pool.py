import math

import numpy as np
import pytest
import scipy.ndimage
import skimage.measure
from helpers.reference import images, pairs, pixel_types, windows
from hypothesis import given
from hypothesis import strategies as st

from convtool import ConvtoolError, pool2d

MERGE = {
    "max": max,
    "min": min,
    "mean": lambda window: sum(window) / len(window),
    "sum": sum,
    "median": lambda window: float(np.median(window)),
    "lp": lambda window: math.sqrt(sum(v * v for v in window)),
}
MODES = sorted(MERGE)


def test_the_teaching_texts_example():
    # A 4x4 map becomes 2x2: each 2x2 window is merged into one value.
    image = [[1, 3, 2, 1], [2, 9, 1, 1], [1, 3, 2, 3], [5, 6, 1, 2]]
    assert pool2d(image, 2, "max").tolist() == [[9, 2], [6, 3]]
    assert pool2d(image, 2, "min").tolist() == [[1, 1], [1, 1]]
    assert pool2d(image, 2, "mean").tolist() == [[3.75, 1.25], [3.75, 2]]


def expected_of(image, mode, *, count_include_pad=False, **options):
    """Pooling by plain loops, one channel after another, in Python's exact integers."""
    planes = [image] if image.ndim == 2 else list(np.moveaxis(image, -1, 0))
    out = []
    for plane in planes:
        grid = windows(plane.astype(float), **options)
        merge = MERGE[mode]
        if mode == "mean" and count_include_pad:
            found = [[sum(pixels) / (len(pixels) + pad) for pixels, pad in row] for row in grid]
        else:
            found = [[merge(pixels) for pixels, _ in row] for row in grid]
        out.append(np.array(found))
    return out[0] if image.ndim == 2 else np.stack(out, axis=-1)


@given(
    images(), st.sampled_from(MODES), pairs, pairs, pairs,
    st.tuples(*[st.tuples(*[st.integers(0, 2)] * 2)] * 2), st.booleans(), st.booleans(),
)  # fmt: skip
def test_pooling_equals_plain_loops(image, mode, size, stride, dilation, pads, ceil, include):
    options = {"size": size, "stride": stride, "dilation": dilation, "pads": pads,
               "ceil_mode": ceil}  # fmt: skip
    arguments = {"stride": stride, "dilation": dilation, "padding": pads, "ceil_mode": ceil}
    plane = image if image.ndim == 2 else image[..., 0]
    try:
        found = pool2d(image, size, mode, count_include_pad=include, **arguments)
    except ConvtoolError as error:
        if "does not fit" in str(error):
            grid = windows(plane, **options) if min_output(plane, **options) > 0 else []
            assert not grid
        else:
            assert any(not pixels for row in windows(plane, **options) for pixels, _ in row)
        return
    expected = expected_of(image, mode, count_include_pad=include, **options)
    assert found.shape == expected.shape
    assert np.allclose(found, expected, rtol=1e-6)
    if mode in ("max", "min") and image.dtype != np.bool_:
        assert found.dtype == image.dtype


def min_output(plane, *, size, stride, dilation, pads, ceil_mode):
    """The smaller of the two output sizes; 0 or less where no window fits."""
    found = []
    for i in (0, 1):
        room = plane.shape[i] + sum(pads[i]) - (size[i] - 1) * dilation[i] - 1
        count = (math.ceil(room / stride[i]) if ceil_mode else room // stride[i]) + 1
        if ceil_mode and (count - 1) * stride[i] >= plane.shape[i] + pads[i][0]:
            count -= 1
        found.append(count)
    return min(found)


@pytest.mark.parametrize("size", [(2, 2), (3, 3), (5, 2), (8, 8)])
@pytest.mark.parametrize("mode", ["max", "min", "mean", "sum", "median"])
def test_a_photo_equals_block_reduce(photo, mode, size):
    rows, cols = (photo.shape[i] // size[i] * size[i] for i in (0, 1))
    expected = skimage.measure.block_reduce(photo[:rows, :cols], (*size, 1), getattr(np, mode))
    found = pool2d(photo, size, mode)
    assert np.array_equal(found, expected.astype(found.dtype))


@given(pixel_types, st.sampled_from(MODES), st.integers(1, 3))
def test_result_types(dtype, mode, size):
    found = pool2d(np.ones((6, 6), dtype), size, mode)
    narrow = np.float32 if np.dtype(dtype).itemsize <= 2 or dtype == "float32" else np.float64
    keeps = mode in ("max", "min") or (mode == "median" and size % 2)
    assert found.dtype == (np.dtype(dtype) if keeps else narrow)


def test_whole_sums_that_could_pass_float32_come_as_float64():
    image = np.full((20, 20), 65535, np.uint16)
    assert pool2d(image, 16, "sum").dtype == np.float32
    assert pool2d(image, 17, "sum").item() == 65535 * 289
    assert pool2d(image, 17, "sum").dtype == np.float64


def test_a_median_beside_padding_counts_pixels_only():
    image = np.array([[1, 2], [3, 40]], np.uint8)
    found = pool2d(image, 3, "median", stride=1, padding=1)
    assert found.dtype == np.float32
    assert found.tolist() == [[2.5, 2.5], [2.5, 2.5]]


@pytest.mark.parametrize("mode", MODES)
def test_nan_in_a_window_gives_nan_there_only(mode):
    image = np.arange(16.0).reshape(4, 4)
    image[0, 1] = np.nan
    found = pool2d(image, 2, mode)
    assert np.isnan(found).tolist() == [[True, False], [False, False]]


def test_a_padded_element_never_wins():
    image = np.full((2, 2), -5, np.int8)
    assert pool2d(image, 3, "max", stride=1, padding=1).max() == -5
    assert pool2d(-image, 3, "min", stride=1, padding=1).min() == 5
    low = np.full((2, 2), -np.inf)
    assert pool2d(low, 3, "max", stride=1, padding=1).max() == -np.inf


@pytest.mark.parametrize("p", [1, 1.5, 2, 3, 7.5])
def test_p_norms(p):
    image = np.array([[3, 4, 0, 0], [0, 255, 0, 0]], np.uint8)
    expected = [np.linalg.norm([3, 4, 0, 255], p), 0]
    assert np.allclose(pool2d(image, 2, "lp", p=p), [expected], rtol=1e-6)


def test_the_powers_of_a_large_p_do_not_overflow():
    # 255**400 is beyond float64; the norm is 255, the others being small beside it.
    assert pool2d(np.array([[3, 4], [255, 200]], np.uint8), 2, "lp", p=400).item() == 255


def test_medians_of_large_windows():
    image = np.random.default_rng(6).integers(0, 256, (90, 80), dtype=np.uint8)
    expected = scipy.ndimage.median_filter(image, 31)[15:-15, 15:-15]
    assert np.array_equal(pool2d(image, 31, "median", stride=1), expected)


@pytest.mark.parametrize("value", [1e200, 1e-200])
def test_norms_of_huge_and_tiny_floats(value):
    assert np.isclose(pool2d(np.full((2, 2), value), 2, "lp").item(), 2 * value)


def test_a_mean_of_very_many_floats():
    image = np.full((2000, 2000), 0.1, np.float32)
    assert pool2d(image, 2000, "mean").item() == np.float32(0.1)


def test_a_median_of_the_smallest_float():
    assert pool2d(np.full((2, 2), 5e-324), 2, "median").item() == 5e-324


def test_a_byte_swapped_float32_is_a_float32():
    assert pool2d(np.ones((2, 2), ">f4"), 2, "mean").dtype == np.float32


def test_an_infinite_pixel_has_an_infinite_norm():
    assert pool2d(np.array([[np.inf, 1.0], [1, 1]]), 2, "lp", p=3).item() == np.inf


@pytest.mark.parametrize("mode", MODES)
def test_bands_do_not_show(mode):
    image = np.random.default_rng(5).integers(0, 256, (1500, 97), dtype=np.uint8)
    found = pool2d(image, (3, 2), mode, stride=(2, 1), padding=(1, 0))
    for start in (0, 700, 1380):
        piece = pool2d(image[start : start + 120], (3, 2), mode, stride=(2, 1), padding=(1, 0))
        assert np.array_equal(found[start // 2 + 1 : start // 2 + 59], piece[1:59])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"size": 0}, "size is 0"),
        ({"size": (2, 2, 2)}, r"size is \(2, 2, 2\)"),
        ({"size": 9}, "9x9 does not fit into an image of 4x4"),
        ({"mode": "best"}, "mode is 'best'"),
        ({"stride": 0}, "stride is 0"),
        ({"dilation": 0}, "dilation is 0"),
        ({"padding": 2}, "hold no pixel"),
        ({"padding": 10**30}, "padding is 1000"),
        ({"padding": 2**31 - 1}, "hold no pixel"),
        ({"ceil_mode": []}, r"ceil_mode is \[\]"),
        ({"p": 0.5}, "p is 0.5"),
        ({"p": np.nan}, "p is nan"),
    ],
)
def test_bad_arguments(change, message):
    with pytest.raises(ConvtoolError, match=message):
        pool2d(np.zeros((4, 4)), **change)


def test_a_mean_is_in_range_where_the_sum_is_not():
    image = np.full((4, 6), 1.7e308)
    image[0, 3], image[2, 2], image[3, 5] = -1.7e308, np.inf, np.nan
    expected = [[1.7e308, 8.5e307, 1.7e308], [1.7e308, np.inf, np.nan]]
    assert np.array_equal(pool2d(image, 2, "mean"), expected, equal_nan=True)
    assert pool2d(image, 2, "sum")[0, 0] == np.inf


@given(
    images(), st.sampled_from(MODES), pairs, pairs, pairs, st.booleans(), st.integers(0, 1)
)  # fmt: skip
def test_both_engines_give_the_same(image, mode, size, stride, dilation, ceil, padding):
    options = {"stride": stride, "dilation": dilation, "ceil_mode": ceil, "padding": padding}
    try:
        found = pool2d(image, size, mode, **options)
    except ConvtoolError:
        return
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("convtool.methods.loops.merged.compiled", lambda: None)
        expected = pool2d(image, size, mode, **options)
    assert found.dtype == expected.dtype
    if image.dtype.kind == "f" and mode in ("mean", "sum", "lp"):
        assert np.allclose(found, expected, rtol=1e-6, equal_nan=True)
    else:
        assert np.array_equal(found, expected)


@pytest.mark.parametrize("mode", MODES)
def test_pixels_of_the_other_byte_order(mode):
    image = np.arange(36, dtype=np.uint16).reshape(6, 6)
    assert np.array_equal(pool2d(image.astype(">u2"), 3, mode), pool2d(image, 3, mode))


@pytest.mark.parametrize("mode", ["max", "mean"])
def test_pixels_at_odd_addresses(mode):
    image = np.frombuffer(bytes(range(1, 34)), np.int16, 16, offset=1).reshape(4, 4)
    assert np.array_equal(pool2d(image, 2, mode), pool2d(image.copy(), 2, mode))


def test_medians_of_large_integers_are_halfway_to_the_last_bit():
    pairs = [(-(2**62) + 1, 2**62 + 3), (2**63 - 1, 2**63 - 3), (-(2**63), 2**63 - 1), (-3, -4)]
    for low, high in pairs:
        assert pool2d(np.array([[low, high]]), (1, 2), "median").item() == (low + high) / 2
