"""Every method against every other, in every geometry that it says it can do."""

import tracemalloc
from fractions import Fraction

import numpy as np
import pytest
import scipy.ndimage
from helpers.reference import borders, correlate, images, integer_types, kernels, pairs, same
from hypothesis import given
from hypothesis import strategies as st

import convtool
from convtool import ConvtoolError, Kernel, conv2d, plan
from convtool.core.choices import METHODS
from convtool.methods.fft import fast_length
from convtool.methods.loops.factor import float_factors, whole_factors
from convtool.methods.loops.weighted_sum import WeightedSum

BINOMIAL = np.outer([1, 4, 6, 4, 1], [1, 2, 1])
SHAPED = {
    "sobel": np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]),
    "binomial": BINOMIAL,
    "turned binomial": -3 * BINOMIAL.T,
    "box": np.ones((4, 7), int),
    "weighted box": np.full((5, 2), -6),
    "rank one": np.outer([3, -7, 2, 9], [1, 0, -5]),
    "laplacian": np.array([[0, 1, 0], [1, -4, 1], [0, 1, 0]]),
    "row": np.array([[1, -2, 4, 0, 5]]),
    "column": np.array([[1], [3], [3], [1]]),
    "one": np.array([[7]]),
    "zeros": np.zeros((3, 3), int),
    "wide": np.random.default_rng(1).integers(-9, 9, (13, 17)),
}


def able(weights, dtype, shape, **options):
    """The methods that can compute this."""
    found = plan(weights, dtype, shape, **options)
    return [found.method, *found.others]


@st.composite
def cases(draw, dtype=None):
    """An image, a kernel of one of the shapes that methods are made for, and a geometry."""
    name = draw(st.sampled_from([*SHAPED, "any"]))
    weights = draw(kernels(most=6)) if name == "any" else SHAPED[name]
    image = draw(images(dtype=dtype, most=40))
    stride, dilation = draw(pairs), draw(pairs)
    border = draw(borders)
    padding = draw(st.sampled_from(["same", "same_lower", "full"]))
    options = {"stride": stride, "dilation": dilation, "border": border, "padding": padding}
    return image, weights, {**options, "fill": draw(st.integers(-9, 9))}


@given(cases())
def test_every_method_gives_the_same_whole_sums(case):
    image, weights, options = case
    if image.dtype.kind == "f":
        image = np.rint(image / 64)  # so small that float sums are exact too
    methods = able(weights, image.dtype, image.shape, **options)
    expected = conv2d(image, weights, method="direct", threads=1, **options)
    for method in methods:
        found = conv2d(image, weights, method=method, **options)
        assert found.dtype == expected.dtype
        if image.dtype.kind == "f":
            # The reach of wide kernels is larger than the image: what cancels is not seen.
            most = np.abs(image).max() * np.abs(weights).sum() + np.abs(weights).sum() * 9
            assert np.abs(found - expected).max() <= 1e-5 * most, method
        else:
            assert np.array_equal(found, expected), method


@given(cases(dtype="uint8"))
def test_direct_sums_are_those_of_four_loops(case):
    image, weights, options = case
    if weights.size > 30 or options["padding"] == "full":
        return
    pads = [
        same(
            image.shape[i], weights.shape[i], options["stride"][i], options["dilation"][i],
            lower=options["padding"] == "same_lower",
        )
        for i in (0, 1)
    ]  # fmt: skip
    plane = image[..., 0] if image.ndim == 3 else image
    rest = {name: options[name] for name in ("stride", "dilation", "border", "fill")}
    expected = correlate(plane[:12, :12], weights, pads=pads, **rest)
    whole = image[:12, :12]
    pads_of_part = [
        same(whole.shape[i], weights.shape[i], options["stride"][i], options["dilation"][i],
             lower=options["padding"] == "same_lower")
        for i in (0, 1)
    ]  # fmt: skip
    expected = correlate(plane[:12, :12], weights, pads=pads_of_part, **rest)
    found = conv2d(whole, weights, **options)
    assert np.array_equal(found[..., 0] if image.ndim == 3 else found, expected)


@given(cases(dtype="float32"), st.integers(0, 2**32))
def test_every_method_is_right_to_float32s_accuracy(case, seed):
    image, weights, options = case
    rng = np.random.default_rng(seed)
    weights = weights * rng.uniform(0.01, 3)
    image = (image + rng.random(image.shape)).astype(np.float32)
    exact = conv2d(image.astype(float), weights, method="direct", **options)
    largest = np.abs(weights).sum() * max(float(np.abs(image).max()), 9)
    for method in able(weights, image.dtype, image.shape, **options):
        found = conv2d(image, weights, method=method, **options)
        assert found.dtype == np.float32
        assert np.abs(found - exact).max() <= 1e-5 * largest, method


@pytest.mark.parametrize("shape", [(3, 3), (5, 5), (9, 9), (15, 15), (31, 31)])
@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_random_kernels_on_noise_are_within_1e_5_of_the_largest_output(dtype, shape):
    rng = np.random.default_rng(7)
    image = rng.integers(0, 256, (120, 150, 2)).astype(dtype)
    weights = rng.normal(size=shape)
    exact = conv2d(image.astype(float), weights, method="direct")
    for method in able(weights, dtype, image.shape):
        found = conv2d(image, weights, method=method)
        assert np.abs(found - exact).max() <= 1e-5 * np.abs(exact).max(), method


@pytest.mark.parametrize("kind", ["rank one", "rank two"])
def test_kernels_of_low_rank_are_separated(kind):
    rng = np.random.default_rng(8)
    weights = np.outer(rng.normal(size=15), rng.normal(size=11))
    if kind == "rank two":
        weights += np.outer(rng.normal(size=15), rng.normal(size=11))
    image = rng.integers(0, 256, (60, 70), dtype=np.uint8)
    exact = conv2d(image.astype(float), weights, method="direct")
    found = conv2d(image, weights, method="separable")
    assert np.abs(found - exact).max() <= 1e-5 * np.abs(exact).max()
    with pytest.raises(ConvtoolError, match="method separable cannot"):
        conv2d(image, rng.normal(size=(5, 5)), method="separable")


@given(cases(dtype="uint8"), st.integers(0, 2**32), st.sampled_from([0, 3.25]))
def test_eight_bit_results_are_those_of_exact_arithmetic_but_for_ties(case, seed, bias):
    image, weights, options = case
    weights = weights / 16 * np.random.default_rng(seed).uniform(0.1, 2)
    options = {**options, "bias": bias, "divisor": 1.5}
    exact = conv2d(image.astype(float), weights, method="direct", **options)
    expected = np.clip(np.rint(exact), 0, 255)
    tie = np.abs(np.abs(exact - np.rint(exact)) - 0.5) < 1e-9
    for method in able(weights, image.dtype, image.shape, result=np.uint8, **options):
        found = conv2d(image, weights, dtype=np.uint8, method=method, **options)
        assert np.array_equal(found[~tie], expected[~tie]), method


@pytest.mark.parametrize("dtype", ["uint8", "float32", "float64"])
@pytest.mark.parametrize(
    "kernel", ["freichen:0", "freichen:1", "freichen:2", [[0.3, -0.3], [0.1, -0.1]]]
)
def test_a_flat_area_vanishes_under_a_column_times_a_row(dtype, kernel):
    flat = np.full((30, 40), 201 if dtype == "uint8" else 0.1, dtype)
    kernel = convtool.find_kernel(kernel) if isinstance(kernel, str) else kernel
    assert not conv2d(flat, kernel, method="separable").any()


@pytest.mark.parametrize("method", [None, "direct", "separable"])
def test_equal_weights_on_a_flat_area_are_all_rounded_the_same_way(method):
    """Their sums in float32 are further off than those of any other weights."""
    disk = convtool.find_kernel("disk:31").weights
    line = np.ones((1, 524))
    line[0, [0, -1]] = 0.5
    column = np.outer(np.ones(123), np.random.default_rng(1).uniform(0.5, 1.5, 8))
    kernels = [(disk / d, v) for d, v in ((1.557, 239), (1.777, 255), (2.773, 226), (1.673, 220))]
    kernels += [
        (line * (200.5002 / 254 / 523), 254),
        (column * (232.50000007 / 254 / column.sum()), 254),
    ]
    for weights, value in kernels:
        if method == "separable" and (weights.shape[0] == 1 or weights.shape == disk.shape):
            continue
        exact = sum(map(Fraction, weights.ravel().tolist())) * value
        found = conv2d(np.full((3, 60), value, np.uint8), weights, dtype="uint8", method=method)
        assert (found == round(exact)).all()


def test_flat_images_that_lie_on_ties_are_rounded_exactly():
    image = np.full((200, 300), 101, np.uint8)
    weights = np.full((3, 3), 0.5 / 9)  # 50.5 and a little, as binary fractions go
    exact = conv2d(image.astype(float), weights, method="direct")
    expected = np.rint(exact)
    for method in able(weights, image.dtype, image.shape, result=np.uint8):
        found = conv2d(image, weights, dtype=np.uint8, method=method)
        assert np.abs(found - expected).max() <= 1, method
    half = np.array([[0.5]])
    for method in {*able(half, image.dtype, image.shape, result=np.uint8)} - {"fft"}:
        assert np.all(conv2d(image, half, dtype=np.uint8, method=method) == 50), method


@given(integer_types, st.sampled_from([3, 7, 9, 25, 6, 10, 16, 256]), st.integers(-99, 99))
def test_a_divided_kernel_rounds_once_by_every_method(dtype, divisor, bias):
    rng = np.random.default_rng(divisor)
    low, high = (0, 1) if dtype == "bool" else (np.iinfo(dtype).min, np.iinfo(dtype).max)
    image = rng.integers(low, high, (30, 40), endpoint=True).astype(dtype)
    for weights in (np.ones((3, 3), int), SHAPED["binomial"], SHAPED["rank one"]):
        kernel = Kernel(weights, divisor=divisor, bias=bias)
        sums = conv2d(image, weights, method="direct", dtype=np.int64)
        exact = [[_rounded(int(v), divisor, bias) for v in row] for row in sums]
        for method in able(kernel, dtype, image.shape, result=np.int16):
            found = conv2d(image, kernel, dtype=np.int16, method=method)
            assert np.array_equal(found, np.clip(exact, -(2**15), 2**15 - 1)), method


def _rounded(value, divisor, bias):
    """value / divisor + bias, half to even."""
    quotient, rest = divmod(value, divisor)
    up = 2 * rest > divisor or (2 * rest == divisor and quotient + bias & 1)
    return quotient + bias + up


@given(st.integers(1, 3), st.integers(1, 3), st.integers(1, 2), pairs, pairs, borders, st.data())
def test_every_method_gives_the_same_layer(groups, inside, outside, stride, dilation, border, data):
    image = data.draw(images(dtype="uint8", channels=(groups * inside,), most=30))
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    shape = data.draw(pairs)
    weights = rng.integers(-9, 9, (groups * outside, inside, *shape))
    bias = rng.integers(-50, 50, groups * outside)
    options = {"groups": groups, "stride": stride, "dilation": dilation, "border": border}
    expected = conv2d(image, weights, bias=bias, method="direct", **options)
    assert able(weights, "uint8", image.shape, bias=bias, **options) != ["direct"]
    assert np.array_equal(conv2d(image, weights, bias=bias, method="layer", **options), expected)
    floats = weights + 0.25
    exact = conv2d(image.astype(float), floats, bias=bias, method="direct", **options)
    found = conv2d(image, floats, bias=bias, method="layer", **options)
    assert np.allclose(found, exact, rtol=0, atol=1e-5 * 255 * 9 * 9)
    pixels = conv2d(image, floats, bias=bias, method="layer", dtype=np.uint8, **options)
    assert np.array_equal(pixels, np.clip(np.rint(exact), 0, 255))


@pytest.mark.parametrize("value", [np.nan, np.inf, 3e38])
@pytest.mark.parametrize("method", ["direct", "separable", "box", "product", "fft"])
def test_what_is_not_finite_spreads_alike_by_every_method(method, value):
    image = np.random.default_rng(2).random((40, 50)).astype(np.float32)
    image[11, 17] = value
    weights = np.ones((3, 3)) / 9
    expected = scipy.ndimage.correlate(image.astype(float), weights, mode="nearest")
    found = conv2d(image, weights, method=method)
    assert np.array_equal(np.isfinite(found), np.isfinite(expected))
    here = np.isfinite(expected)
    assert np.allclose(found[here], expected[here], rtol=1e-5, atol=1e-6)


def test_bands_that_are_cut_along_their_rows_do_not_show(monkeypatch):
    monkeypatch.setattr("convtool.core.geometry.LARGEST_PIECE", 3000)
    image = np.random.default_rng(3).integers(0, 256, (40, 333, 3), dtype=np.uint8)
    weights = np.random.default_rng(4).integers(-9, 9, (5, 7))
    for stride in (1, 2, 3):
        expected = conv2d(image, weights, stride=stride, method="direct", border="wrap")
        for method in able(weights, "uint8", image.shape, stride=stride, border="wrap"):
            found = conv2d(image, weights, stride=stride, method=method, border="wrap")
            assert np.array_equal(found, expected), method


@pytest.mark.parametrize("shape", [(1200, 1500, 3), (60, 40_000, 3), (40_000, 60)])
@pytest.mark.parametrize("size", [3, 15, 31])
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_the_memory_to_work_in_is_below_32_mb_whatever_the_image(shape, size, dtype):
    image = np.ones(shape, dtype)
    weights = np.random.default_rng(size).normal(size=(size, size))
    conv2d(image[:50, :50], weights)
    tracemalloc.start()
    try:
        result = conv2d(image, weights, threads=1)
        most = tracemalloc.get_traced_memory()[1] - result.nbytes
    finally:
        tracemalloc.stop()
    assert most < 32e6


@pytest.mark.parametrize("method", METHODS)
def test_any_number_of_threads_gives_the_same_bytes(method, monkeypatch):
    monkeypatch.setattr("convtool.core.geometry.BAND_ELEMENTS", 5000)
    rng = np.random.default_rng(5)
    image = rng.random((300, 200, 2)).astype(np.float32)
    weights = {
        "box": np.full((5, 5), 0.3),
        "separable": np.outer(rng.random(5), rng.random(5)),
        "layer": rng.normal(size=(3, 2, 3, 3)),
    }.get(method, rng.normal(size=(5, 5)))
    one = conv2d(image, weights, method=method, threads=1)
    for threads in (2, 3, 7):
        assert conv2d(image, weights, method=method, threads=threads).tobytes() == one.tobytes()


@given(st.lists(st.integers(-4, 4), min_size=1, max_size=9), st.sampled_from(["int16", "float32"]))
def test_a_weighted_sum_is_that(weights, dtype):
    arrays = np.random.default_rng(6).integers(-99, 99, (len(weights), 20)).astype(dtype)
    found = WeightedSum.of(weights, skip_zeros=True).of_arrays(list(arrays), np.dtype(dtype))
    assert np.array_equal(found, np.tensordot(weights, arrays.astype(int), 1))


@given(st.lists(st.integers(-9, 9), min_size=1, max_size=6),
       st.lists(st.integers(-9, 9), min_size=1, max_size=6))  # fmt: skip
def test_a_whole_column_times_a_whole_row_is_found_again(column, row):
    weights = np.outer(column, row)
    factors = whole_factors(weights)
    if not weights.any():
        assert factors is None
        return
    [(found_column, found_row)] = factors
    assert found_column.dtype.kind == found_row.dtype.kind == "i"
    assert found_row.sum() >= 0
    assert np.array_equal(np.outer(found_column, found_row), weights)


def test_kernels_of_full_rank_have_no_factors():
    assert whole_factors(np.array([[1, 2], [2, 5]])) is None
    assert float_factors(np.eye(3), 2) is None
    assert len(float_factors(np.diag([1.0, 2.0, 0.0]), 2)) == 2


def test_fast_lengths_are_the_next_without_large_factors():
    smooth = {2**a * 3**b * 5**c for a in range(13) for b in range(8) for c in range(6)}
    for n in range(1, 2000):
        assert fast_length(n) == min(m for m in smooth if m >= n)


def test_a_method_that_cannot_is_an_error_that_names_those_that_can():
    with pytest.raises(ConvtoolError, match=r"method box cannot .* direct"):
        conv2d(np.zeros((3, 3)), [[1, 2]], method="box")
    with pytest.raises(ConvtoolError, match="method is 'quick', expected one of: direct"):
        conv2d(np.zeros((3, 3)), [[1, 2]], method="quick")


def test_convtool_has_every_method():
    assert set(convtool.methods.planner.METHODS) == set(METHODS)


def test_a_whole_bias_beyond_float32_is_exact_by_every_method():
    rng = np.random.default_rng(0)
    image = rng.integers(0, 2, (40, 40)).astype(np.uint8)
    weights = rng.integers(-9, 10, (9, 9))
    sums = conv2d(image, weights, method="direct")
    for method in able(weights, "uint8", image.shape, bias=2**25 + 1):
        found = conv2d(image, weights, bias=2**25 + 1, method=method)
        assert np.array_equal(found, sums.astype(float) + 2**25 + 1), method


def test_huge_weights_are_weights():
    nine = conv2d(np.ones((4, 4)), 1e20 * np.ones((3, 3)))
    assert np.abs(nine / 9e20 - 1).max() < 1e-15
    weights = np.outer(np.array([2**62, -(2**63), 2**62]), [1, 1])
    image = np.eye(3, dtype=np.uint8)
    expected = conv2d(image, weights, padding="valid", method="direct")
    assert np.allclose(conv2d(image, weights, padding="valid"), expected)


@pytest.mark.parametrize(("scale", "fill"), [(1.0, 1e308), (1e307, 0.0)])
def test_sums_that_overflow_do_so_where_their_windows_are(scale, fill):
    weights = (np.random.default_rng(0).random((31, 31)) + 0.1) * scale
    image = np.zeros((64, 64), np.uint8)
    image[5, 5] = 255
    found = conv2d(image, weights, border="constant", fill=fill)
    expected = conv2d(image, weights, border="constant", fill=fill, method="direct")
    assert np.array_equal(found, expected)
    assert np.isfinite(found).any()


def test_values_that_float32_pushes_past_white_are_looked_at_again():
    rng = np.random.default_rng(10)
    weights = (rng.random((5, 5)) - 0.5) * 1e5
    weights[2, 2] += 253 / 200 - weights.sum()
    image = np.full((16, 16), 200, np.uint8)
    for method in able(weights, "uint8", image.shape, result=np.uint8):
        assert conv2d(image, weights, dtype=np.uint8, method=method)[8, 8] == 253, method


def test_one_bright_pixel_does_not_change_how_others_are_rounded():
    weights = np.random.default_rng(5).random((31, 31))
    weights /= weights.sum()
    image = np.random.default_rng(1).random((96, 96)).astype(np.float32) * 100
    image[50, 50] = 1e18
    expected = conv2d(image, weights, dtype=np.uint8, method="direct")
    for method in able(weights, "float32", image.shape, result=np.uint8):
        assert np.array_equal(conv2d(image, weights, dtype=np.uint8, method=method), expected)


def test_whole_sums_of_wide_integers_are_whole():
    rng = np.random.default_rng(0)
    image, weights = rng.integers(0, 256, (80, 80)), rng.integers(0, 9, (31, 31))
    found = conv2d(image, weights)
    assert np.array_equal(found, conv2d(image, weights, method="direct"))
    assert np.array_equal(found, np.rint(found))


def test_tiny_pixels_keep_their_digits():
    rng = np.random.default_rng(0)
    image = (rng.random((64, 64)) * 1e-32).astype(np.float32)
    weights = (1 + rng.random((5, 5))) * 1e-11
    exact = conv2d(image.astype(float), weights, divisor=1e-11, method="direct")
    assert np.allclose(conv2d(image, weights, divisor=1e-11), exact, rtol=1e-5)


def test_windows_over_more_rows_than_can_be_held_are_an_error():
    with pytest.raises(ConvtoolError, match="too many to hold"):
        conv2d(np.ones((4, 4)), [[1], [1]], dilation=2**31 - 1)


@pytest.mark.parametrize("method", [None, *METHODS])
@pytest.mark.parametrize("kernel", ["random", "column times row", "flat"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_one_huge_pixel_spoils_no_window_but_its_own(method, kernel, dtype):
    rng = np.random.default_rng(3)
    weights = {
        "random": rng.normal(size=(9, 9)),
        "column times row": np.outer(rng.random(9), rng.random(9)),
        "flat": np.full((9, 9), 0.1),
    }[kernel]
    image = np.ones((90, 120), dtype)
    image[40, 60] = 1e18 if dtype == "float64" else 1e12
    try:
        found = conv2d(image, weights, method=method)
    except ConvtoolError:
        pytest.skip("the method cannot do it")
    near = np.zeros(image.shape, bool)
    near[36:45, 56:65] = True
    off = np.abs(found - weights.sum())[~near].max()
    assert off <= (1e-5 if dtype == "float32" else 1e-12) * np.abs(weights).sum()


@pytest.mark.parametrize("method", [None, "fft"])
def test_where_all_products_are_0_so_is_their_sum(method):
    image = np.zeros((100, 100), np.uint8)
    image[50, 50] = 255
    weights = np.random.default_rng(0).random((31, 31)) + 0.1
    found = conv2d(image, weights, method=method)
    assert np.count_nonzero(found) == 31 * 31
    assert found.min() == 0
