from fractions import Fraction

import numpy as np
import pytest
import scipy.ndimage
import scipy.signal
from helpers.reference import (
    SCIPY_MODE,
    borders,
    correlate,
    images,
    integer_types,
    kernels,
    pad,
    pairs,
    pixel_types,
    round_half_even,
    same,
)
from hypothesis import given
from hypothesis import strategies as st

from convtool import ConvtoolError, Kernel, conv2d, conv3d, find_kernels, pool2d
from convtool.core import slices
from convtool.core.border import extend
from convtool.core.geometry import LARGEST_STACK
from convtool.kernel.lookup import bundled_folder, file_names
from convtool.kernel.parametric.smoothing import gaussian

BUNDLED = [kernel for name in file_names(bundled_folder()) for kernel in find_kernels(name)]
EVERY_BORDER = sorted(SCIPY_MODE)


def float_of(dtype):
    return np.float32 if np.dtype(dtype).itemsize <= 2 or dtype == "float32" else np.float64


def test_the_teaching_texts_example():
    # A 2x2 kernel on a 2x2 patch: multiplied element by element, the products added up.
    assert conv2d([[1, 2], [3, 4]], [[5, 6], [7, 8]], padding="valid").tolist() == [[70]]


def test_the_kernel_is_not_flipped_unless_asked():
    image = np.zeros((3, 3), np.uint8)
    image[1, 1] = 1
    kernel = np.arange(9).reshape(3, 3)
    assert conv2d(image, kernel).tolist() == kernel[::-1, ::-1].tolist()
    assert conv2d(image, kernel, flip=True).tolist() == kernel.tolist()


@given(images(), kernels(), pairs, pairs, borders, st.sampled_from(["same", "same_lower"]))
def test_same_padding_equals_four_loops(image, weights, stride, dilation, border, padding):
    pads = [
        same(image.shape[i], weights.shape[i], stride[i], dilation[i], lower=padding != "same")
        for i in (0, 1)
    ]
    found = conv2d(
        image, weights, stride=stride, dilation=dilation, border=border, fill=3, padding=padding
    )
    planes = [image] if image.ndim == 2 else np.moveaxis(image, -1, 0)
    expected = [
        correlate(p, weights, stride=stride, dilation=dilation, pads=pads, border=border, fill=3)
        for p in planes
    ]
    expected = expected[0] if image.ndim == 2 else np.stack(expected, axis=-1)
    assert found.shape == expected.shape
    assert np.array_equal(found, expected)


@given(
    images(channels=(None,)), kernels(), pairs, pairs, borders,
    st.tuples(*[st.tuples(*[st.integers(0, 14)] * 2)] * 2),
)  # fmt: skip
def test_explicit_padding_equals_four_loops(image, weights, stride, dilation, border, pads):
    reach = [(weights.shape[i] - 1) * dilation[i] + 1 for i in (0, 1)]
    if any(image.shape[i] + sum(pads[i]) < reach[i] for i in (0, 1)):
        with pytest.raises(ConvtoolError, match="does not fit"):
            conv2d(image, weights, stride=stride, dilation=dilation, border=border, padding=pads)
        return
    options = {"stride": stride, "dilation": dilation, "border": border, "fill": -2}
    found = conv2d(image, weights, padding=pads, **options)
    assert np.array_equal(found, correlate(image, weights, pads=pads, **options))


@given(images(channels=(None,)), kernels())
def test_full_padding_equals_scipys(image, weights):
    found = conv2d(image, weights, padding="full", border="constant")
    expected = scipy.signal.correlate2d(image.astype(float), weights.astype(float), "full")
    assert np.array_equal(found, expected)


@given(images(channels=(None,)), kernels())
def test_flipped_equals_scipys_convolution(image, weights):
    found = conv2d(image, weights, padding="full", border="constant", flip=True)
    expected = scipy.signal.convolve2d(image.astype(float), weights.astype(float), "full")
    assert np.array_equal(found, expected)


@given(images(channels=(None,), dtype="uint8"), kernels(), borders, st.data())
def test_an_anchor_equals_scipys_origin(image, weights, border, data):
    anchor = tuple(data.draw(st.integers(0, k - 1)) for k in weights.shape)
    found = conv2d(image, weights, border=border, anchor=anchor)
    expected = scipy.ndimage.correlate(
        image.astype(float),
        weights,
        mode=SCIPY_MODE[border],
        origin=[a - k // 2 for a, k in zip(anchor, weights.shape, strict=True)],
    )
    assert np.array_equal(found, expected)


@pytest.mark.parametrize("border", EVERY_BORDER)
@pytest.mark.parametrize("kernel", BUNDLED, ids=lambda kernel: kernel.name)
def test_every_bundled_kernel_on_a_photo_equals_scipys(photo, kernel, border):
    weights = kernel.weights.astype(float)
    origin = [-(1 - k % 2) for k in kernel.shape]
    exact = np.stack(
        [
            scipy.ndimage.correlate(plane, weights, mode=SCIPY_MODE[border], origin=origin)
            for plane in np.moveaxis(photo.astype(float), -1, 0)
        ],
        axis=-1,
    )
    exact = exact / kernel.divisor + kernel.bias
    for stride in (1, 2, 3):
        # Windows that "same" places at a stride begin at -before; SciPy's are centred.
        before = [same(photo.shape[i], kernel.shape[i], stride, 1)[0] for i in (0, 1)]
        start = [(k - 1) // 2 - b for k, b in zip(kernel.shape, before, strict=True)]
        expected = exact[start[0] :: stride, start[1] :: stride]
        found = conv2d(photo, kernel, border=border, stride=stride)
        assert found.dtype == np.float32
        rows, cols = expected.shape[:2]
        assert np.array_equal(found[:rows, :cols], expected.astype(np.float32))
        pixels = conv2d(photo, kernel, border=border, stride=stride, dtype=np.uint8)
        rounded = np.clip(np.rint(expected), 0, 255)
        assert np.array_equal(pixels[:rows, :cols], rounded)


@given(
    integer_types.flatmap(lambda dtype: images(dtype, channels=(None,))), kernels(), pairs,
    st.integers(-40, 40).filter(bool),
    st.integers(-300, 300), st.sampled_from(["int8", "uint8", "int16", "uint16", "int32"]),
)  # fmt: skip
def test_a_rational_kernel_is_exact(image, weights, stride, divisor, bias, dtype):
    options = {"padding": "full", "border": "constant", "stride": stride}
    sums = conv2d(image, weights, **options).astype(np.int64)
    exact = [[Fraction(int(v), divisor) + bias for v in row] for row in sums]
    found = conv2d(image, weights, divisor=divisor, bias=bias, dtype=dtype, **options)
    limits = np.iinfo(dtype)
    rounded = [[round_half_even(v, limits.min, limits.max) for v in row] for row in exact]
    assert found.dtype == dtype
    assert found.tolist() == rounded
    values = conv2d(image, weights, divisor=divisor, bias=bias, **options)
    assert np.array_equal(values, np.array(exact, float).astype(values.dtype))
    assert np.array_equal(np.rint(values), [[round(v) for v in row] for row in exact])


@given(images(dtype="uint8"), borders, st.data())
def test_float_weights_are_right_to_float32_accuracy(image, border, data):
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    weights = rng.normal(size=data.draw(pairs))
    found = conv2d(image[..., :1].reshape(image.shape[:2]) if image.ndim == 3 else image, weights,
                   border=border, bias=0.25, divisor=1.5)  # fmt: skip
    plane = image[..., 0] if image.ndim == 3 else image
    pads = [same(plane.shape[i], weights.shape[i], 1, 1) for i in (0, 1)]
    expected = correlate(plane, weights, pads=pads, border=border) / 1.5 + 0.25
    assert found.dtype == np.float32
    assert np.allclose(found, expected, rtol=0, atol=1e-5 * 255 * np.abs(weights).sum())


@given(st.integers(1, 3), st.integers(1, 3), st.integers(1, 2), pixel_types, st.data())
def test_a_layer_equals_sums_of_planes(groups, group_in, group_out, dtype, data):
    image = data.draw(images(dtype=dtype, channels=(groups * group_in,)))
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    shape = data.draw(pairs)
    weights = rng.integers(-9, 9, (groups * group_out, group_in, *shape))
    bias = rng.integers(-50, 50, groups * group_out)
    pads = [same(image.shape[i], shape[i], 1, 1) for i in (0, 1)]
    found = conv2d(image, weights, bias=bias, groups=groups)
    assert found.shape == (*image.shape[:2], len(weights))
    for out in range(len(weights)):
        first = out // group_out * group_in
        expected = bias[out] + sum(
            correlate(image[..., first + i], weights[out, i], pads=pads, border="edge")
            for i in range(group_in)
        )
        assert np.array_equal(found[..., out], expected)


def test_a_layer_takes_a_plain_image_and_a_single_output():
    image = np.arange(12, dtype=np.uint8).reshape(3, 4)
    weights = np.ones((1, 1, 2, 2))
    assert conv2d(image, weights, padding="valid").shape == (2, 3, 1)


@given(pixel_types, st.integers(1, 3))
def test_result_types(dtype, size):
    found = conv2d(np.ones((4, 4), dtype), np.ones((size, size), int))
    assert found.dtype == float_of(dtype)


def test_whole_sums_that_could_pass_float32_come_as_float64():
    image = np.full((2, 2), 65535, np.uint16)
    assert conv2d(image, [[256]]).dtype == np.float32
    assert conv2d(image, [[257]]).dtype == np.float64
    assert conv2d(image, [[257]]).max() == 65535 * 257
    assert conv2d(image, [[200]], divisor=3).dtype == np.float64


def test_sums_beyond_32_bits_are_exact():
    image = np.full((1, 1), 2**31 - 1, np.int32)
    assert conv2d(image, [[2**20 + 1]]).item() == (2**31 - 1) * (2**20 + 1)


def test_integers_saturate_and_never_wrap():
    image = np.array([[0, 255]], np.uint8)
    assert conv2d(image, [[2]], dtype=np.uint8).tolist() == [[0, 255]]
    assert conv2d(image, [[-1]], dtype=np.uint8).tolist() == [[0, 0]]
    assert conv2d(image, [[-1]], dtype=np.int8).tolist() == [[0, -128]]
    assert conv2d(image.astype(float), [[1e300]], dtype=np.int64).tolist() == [[0, 2**63 - 1]]


@pytest.mark.parametrize(
    ("pixel", "weight", "bias", "divisor", "expected"),
    [
        (0, 1, np.array([-(2**31)], np.int32), 1, -(2**31)),
        (200, -1, np.array([-32768], np.int16), 1, -32968),
        (0, 1, np.array([-128], np.int8), 300, -128),
        (200, 100, np.array([-32768], np.int16), 2, -22768),
    ],
)
def test_a_bias_vector_of_a_narrow_type_does_not_overflow(pixel, weight, bias, divisor, expected):
    image = np.array([[pixel]], np.uint8)
    assert conv2d(image, [[[[weight]]]], bias=bias, divisor=divisor).item() == expected


def test_a_wide_type_asked_for_is_computed_in_a_wide_type():
    one = np.array([[1]], np.uint8)
    assert conv2d(one, [[1]], divisor=3, dtype=np.float64).item() == 1 / 3
    assert conv2d(one, [[0.1]], dtype=np.float64).item() == 0.1
    deep = np.array([[65533]], np.uint16)
    assert conv2d(deep, [[1000.5]], dtype=np.int64).item() == 65565766


def test_large_kernels_of_fractions_are_right_to_float32_accuracy():
    image = np.full((101, 101), 65535, np.uint16)
    found = conv2d(image, np.full((101, 101), 1 / 101**2), padding="valid")
    assert np.isclose(found.item(), 65535, rtol=1e-7)
    assert conv2d(np.array([[255]], np.uint8), [[1e8, 0.5, -1e8]]).item() == 127.5
    box = Kernel(np.ones((101, 101), int), divisor=101**2)
    flat = np.full((101, 101), 65535, np.float32)
    assert conv2d(flat, box, padding="valid").item() == 65535


def test_numbers_beyond_float32_do_not_become_infinite_on_the_way():
    flat = np.zeros((2, 2), np.float32)
    one = np.ones((3, 3), np.uint8)
    assert np.all(conv2d(flat, [[1]], divisor=1e-46) == 0)
    assert np.all(conv2d(flat, [[1e39]]) == 0)
    assert np.all(conv2d(one, [[1e-50]], divisor=1e-50) == 1)
    assert np.all(conv2d(one, [[1]], divisor=1e200, bias=1e200) == 1e200)
    assert np.all(conv2d(one, [[0.5]], divisor=1e-46, dtype=np.float64) == 0.5 / 1e-46)
    assert conv2d(np.array([[200]], np.uint8), [[1]], divisor=16777217).item() == np.float32(
        200 / 16777217
    )
    assert conv2d(one, [[0]], fill=100_000, border="constant", padding=1).max() == 0


def test_a_turned_kernel_turns_its_anchor():
    image = np.zeros((5, 5), np.uint8)
    image[2, 2] = 1
    weights = np.array([[1, 2, 3], [4, 5, 6]])
    plain = conv2d(image, weights[::-1, ::-1], anchor=(1, 0))
    assert np.array_equal(conv2d(image, weights, anchor=(0, 2), flip=True), plain)


def test_a_fill_outside_the_pixels_type_is_not_wrapped():
    image = np.zeros((1, 1), np.uint8)
    box = np.ones((3, 3), int)
    assert conv2d(image, box, border="constant", fill=-5).item() == -40
    assert conv2d(image, box, border="constant", fill=1000).item() == 8000
    assert conv2d(image, box, border="constant", fill=0.5).item() == 4
    assert np.isnan(conv2d(image, box, border="constant", fill=np.nan).item())


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_nan_and_infinity_spread_as_ieee_says(value):
    image = np.zeros((5, 5))
    image[2, 2] = value
    kernel = np.array([[0, 1, 2], [-1, 0, 1], [3, 0, -1]])
    with np.errstate(invalid="ignore"):
        expected = correlate(image, kernel, pads=((1, 1), (1, 1)))
    found = conv2d(image, kernel, border="constant")
    assert np.array_equal(found, expected, equal_nan=True)
    assert np.isnan(found[2, 2])  # zero times infinity is NaN


@pytest.mark.parametrize("border", EVERY_BORDER)
def test_bands_do_not_show(border):
    image = np.random.default_rng(3).integers(0, 256, (700, 300), dtype=np.uint8)
    weights = np.random.default_rng(4).integers(-9, 9, (7, 4))
    expected = scipy.ndimage.correlate(
        image.astype(float), weights, mode=SCIPY_MODE[border], origin=(0, -1)
    )
    assert np.array_equal(conv2d(image, weights, border=border), expected)
    far = ((900, 3), (0, 800))
    found = conv2d(image, weights, border=border, padding=far, stride=(2, 3))
    padded = pad(image.astype(float), far, border)
    expected = scipy.signal.correlate2d(padded, weights, "valid")[::2, ::3]
    assert np.array_equal(found, expected)


@pytest.mark.parametrize(
    "view",
    [
        lambda image: image[::-1, ::2],
        lambda image: np.asfortranarray(image),
        lambda image: image.astype(image.dtype.newbyteorder()),
        lambda image: image.tolist(),
    ],
    ids=["strided", "fortran", "byte-swapped", "list"],
)
def test_any_layout_of_the_array(view):
    image = view(np.arange(48, dtype=np.uint16).reshape(6, 8))
    plain = np.array(image, dtype=np.uint16)
    assert np.array_equal(conv2d(image, [[1, 2], [3, 4]]), conv2d(plain, [[1, 2], [3, 4]]))


def test_the_image_is_left_as_it_was():
    image = np.arange(12.0).reshape(3, 4)
    before = image.copy()
    conv2d(image, np.ones((3, 3)), border="constant", fill=9)
    assert np.array_equal(image, before)


def test_a_kernel_brings_its_divisor_bias_and_anchor():
    image = np.arange(16, dtype=np.uint8).reshape(4, 4)
    kernel = Kernel([[1, 2], [3, 4]], divisor=10, bias=5, anchor=(1, 1))
    apart = conv2d(image, kernel.weights, divisor=10, bias=5, anchor=(1, 1))
    assert np.array_equal(conv2d(image, kernel), apart)
    with pytest.raises(ConvtoolError, match="Kernel has its own"):
        conv2d(image, kernel, divisor=2)


IMAGE = np.zeros((4, 4, 2))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"image": np.zeros(4)}, r"image has shape \(4,\)"),
        ({"image": [[1, 2], [3]]}, "image is ragged"),
        ({"image": np.ma.array([[1, 2]], mask=[[0, 1]])}, "image is a masked array"),
        ({"image": np.zeros((0, 4))}, "at least one pixel"),
        ({"image": np.zeros((2, 2), complex)}, "complex128"),
        ({"image": np.array([["a"]])}, "expected bool, integers or floats"),
        ({"weights": np.ones(3)}, r"weights have shape \(3,\)"),
        ({"weights": [[1, 2], [3]]}, "ragged"),
        ({"weights": np.ones((0, 3))}, "empty"),
        ({"weights": [[np.nan]]}, "NaN or infinity"),
        ({"weights": [["x"]]}, "expected numbers"),
        ({"weights": np.ones((2, 3, 1, 1))}, "do not fit an image of 2 channel"),
        ({"weights": np.ones((3, 1, 1, 1)), "groups": 2}, "multiples of groups"),
        ({"groups": 2}, "takes no groups"),
        ({"bias": [1, 2]}, "bias has shape"),
        ({"bias": [[1], [1, 2]]}, "bias is ragged"),
        ({"bias": np.inf}, "bias is inf"),
        ({"divisor": 0}, "divisor is 0"),
        ({"divisor": np.nan}, "divisor is nan"),
        ({"stride": 0}, "stride is 0"),
        ({"stride": b"ab"}, "stride is b'ab'"),
        ({"padding": 10**20}, "padding is 1000"),
        ({"padding": 2**31 - 1}, "does not fit into memory"),
        ({"dilation": 10**6}, "too many to hold"),
        ({"groups": (1, 2)}, r"groups is \(1, 2\)"),
        ({"flip": "no"}, "flip is 'no', expected True or False"),
        ({"border": np.array(["edge", "wrap"])}, "border is"),
        ({"fill": None}, "fill is None"),
        ({"anchor": (True, False)}, "anchor is True"),
        ({"dtype": "foo"}, "dtype is 'foo'"),
        ({"weights": None}, r"weights have shape \(\)"),
        ({"weights": [[None]]}, "weights"),
        ({"dilation": (1, 0)}, "dilation is 0"),
        ({"padding": "around"}, "padding is 'around'"),
        ({"padding": -1}, "padding is -1"),
        ({"border": "zero"}, "border is 'zero'"),
        ({"anchor": (3, 0)}, r"anchor \(3, 0\) lies outside the 3x3 kernel"),
        ({"anchor": 1}, "anchor is 1"),
        ({"fill": "white"}, "fill is 'white'"),
        ({"dtype": complex}, "dtype is complex128"),
    ],
)
def test_bad_arguments(change, message):
    arguments = {"image": IMAGE, "weights": np.ones((3, 3)), **change}
    with pytest.raises(ConvtoolError, match=message):
        conv2d(arguments.pop("image"), arguments.pop("weights"), **arguments)


def test_of_rows_under_long_windows_a_few_at_a_time_are_padded(monkeypatch):
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, (80, 50), np.uint8)
    weights = rng.integers(-9, 10, (1, 200_001))
    sizes = []

    def extended(*arguments):
        found = extend(*arguments)
        sizes.append(found.size)
        return found

    monkeypatch.setattr(slices, "extend", extended)
    found = conv2d(image, weights)
    assert max(sizes) <= LARGEST_STACK < image.shape[0] * weights.size
    for row in (0, 41, 79):
        padded = np.pad(image[row].astype(np.int64), 100_000, "edge")
        assert np.array_equal(found[row], np.correlate(padded, weights[0], "valid"))


@pytest.mark.parametrize(
    ("weights", "dtype", "to"),
    [
        (np.outer([1, 2, 1], [1, 2, 1]) / 16, "uint16", "uint16"),
        (np.array([[3, 0, -3], [10, 0, -10], [3, 0, -3]]) * 0.5, "uint8", "int16"),
        (np.outer([1, 4, 6, 4, 1], [1, 4, 6, 4, 1]) / 256, "uint8", "uint8"),
        (np.ones((16, 16)) / 256, "uint8", "uint8"),
        (np.ones((2, 1, 2, 2)) / 8, "int8", "int8"),
        (np.random.default_rng(0).integers(-64, 65, (6, 7)) / 64, "int16", "int16"),
    ],
)
def test_weights_that_are_exact_in_binary_miss_no_tie(weights, dtype, to):
    limits = np.iinfo(dtype)
    rng = np.random.default_rng(1)
    image = rng.integers(limits.min, limits.max, (40, 50), dtype, endpoint=True)
    whole = weights * 4096
    assert (whole == np.rint(whole)).all()
    expected = conv2d(image, whole.astype(int), divisor=4096, dtype=to)
    assert np.array_equal(conv2d(image, weights, dtype=to), expected)
    assert conv2d(image, weights).dtype == np.float32
    as_float = conv2d(image, weights)
    assert np.array_equal(np.rint(as_float.astype(float)).clip(*_range(to)), expected)


@pytest.mark.parametrize("options", [{}, {"bias": 1000}, {"stride": 2}, {"divisor": 2}])
@pytest.mark.parametrize(
    ("pixels", "to"), [("uint8", "uint8"), ("uint8", "int16"), ("int8", "int8")]
)
def test_sums_right_above_a_tie_are_rounded_up(options, pixels, to):
    rng = np.random.default_rng(3)
    image = rng.integers(1, 100, (60, 70), pixels)
    tenths = rng.integers(1, 10, (4, 5)) * rng.choice([-1, 1], (4, 5))
    above = 2e-9  # what float32 does not see beside a sum
    sums = conv2d(image, tenths, stride=options.get("stride", 1)).astype(int)
    divided = sums / options.get("divisor", 1)
    expected = np.floor(divided / 10 + 0.5 + 1e-9) + options.get("bias", 0)
    found = conv2d(image, tenths / 10 + above, dtype=to, **options)
    assert ((divided % 10 == 5) & (np.abs(divided) < 1000)).any()
    assert np.array_equal(found, expected.clip(*_range(to)))


@pytest.mark.parametrize(
    ("weights", "divisor", "expected"),
    [
        ([[1, 1, -1]], 1, [1.7e308, 1.7e308, np.inf]),
        ([[1, 1, 1]], 3, [1.7e308, 1.7e308, 5.666666666666667e307]),
        ([[1, 1, 1]], 1, [np.inf, np.inf, 1.7e308]),
        ([[1e300, 1e300, -1e300]], 1e300, [1.7e308, 1.7e308, np.inf]),
    ],
)
def test_a_value_in_range_needs_no_sum_in_range(weights, divisor, expected):
    image = np.array([[1.7e308, 1.7e308, 1.7e308, 1.7e308, -1.7e308]])
    found = conv2d(image, weights, divisor=divisor)[0, 1:-1]
    assert np.allclose(found, expected, rtol=1e-15)
    image[0, 0] = np.nan
    assert np.isnan(conv2d(image, weights, divisor=divisor)[0, :2]).all()


@pytest.mark.parametrize("method", ["direct", "separable"])
@pytest.mark.parametrize("size", [3, 5, 9, 15, 21, 31])
@pytest.mark.parametrize("sigma", [0.5, 0.8, 1, 1.5, 2.5, 3.5])
def test_a_gaussian_keeps_a_flat_area(size, sigma, method):
    kernel = gaussian((size, size), sigma)
    for flat in (1.0, 2.0**40, -0.125):
        assert (conv2d(np.full((9, 11), flat), kernel, method=method) == flat).all()


def _range(dtype):
    return np.iinfo(dtype).min, np.iinfo(dtype).max


@pytest.mark.parametrize("border", ["edge", "constant", "wrap"])
def test_a_step_beyond_the_image_takes_no_memory(border):
    image = np.random.default_rng(0).integers(0, 99, (5, 6))
    found = conv2d(image, np.ones((3, 3)), stride=10**8, border=border)
    assert found.tolist() == [[image[:3, :3].sum()]]
    volume = conv3d(image[np.newaxis], np.ones((1, 3, 3)), stride=(1, 10**8, 10**8), border=border)
    assert volume.tolist() == [found.tolist()]


def test_masked_weights_are_refused():
    masked = np.ma.masked_array([[1, 2]], mask=[[0, 1]])
    with pytest.raises(ConvtoolError, match="weights are a masked array"):
        conv2d(np.ones((3, 3)), masked)
    with pytest.raises(ConvtoolError, match="footprint is a masked array"):
        pool2d(np.ones((3, 3)), footprint=masked)
