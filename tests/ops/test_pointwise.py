from fractions import Fraction

import numpy as np
import pytest
import scipy.special
from helpers.reference import images
from hypothesis import given

from convtool import ConvtoolError, Pipeline
from convtool.core.image import Header
from convtool.ops.base import over_array
from convtool.ops.pointwise import Abs, Gray, LeakyRelu, Sigmoid, Tanh


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


@pytest.mark.parametrize("dtype", ["int64", "uint64", ">i8"])
def test_gray_of_64_bits_is_exact(dtype):
    rng = np.random.default_rng(0)
    info = np.iinfo(dtype)
    image = rng.integers(info.min, info.max, (40, 5, 3), np.dtype(dtype).newbyteorder("="), True)
    image[0], image[1] = info.max, info.min
    image[2] = [[info.max - 1] * 3] * 5
    image[3, :, :] = [[500, 500, 0]] * 5
    expected = [
        [round(Fraction(299 * int(r) + 587 * int(g) + 114 * int(b), 1000)) for r, g, b in row]
        for row in image
    ]
    assert gray(image.astype(dtype))[..., 0].tolist() == expected


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


def applied(operator, image, alpha=False):
    return over_array(operator.bind(Header.of_array(image, may_have_alpha=alpha)), image)


EXTREME = np.array([-np.inf, -1e300, -800, -89, -1, -1e-300, 0, 0.5, 90, 1e9, np.inf, np.nan])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    ("operator", "function"),
    [
        (LeakyRelu(0.2), lambda x: torch_like(x, 0.2)),
        (LeakyRelu(), lambda x: torch_like(x, 0.01)),
        (Sigmoid(), scipy.special.expit),
        (Tanh(), np.tanh),
        (Abs(), np.abs),
    ],
)
def test_curves_equal_scipys(operator, function, dtype):
    with np.errstate(over="ignore"):
        values = EXTREME.astype(dtype)
    found = applied(operator, values.reshape(1, -1, 1))
    assert found.dtype == dtype
    expected = function(values.astype(np.float64))
    assert np.allclose(found.ravel(), expected, rtol=3e-7, atol=0, equal_nan=True)


def torch_like(values, slope):
    return np.array([v if not v < 0 else v * slope for v in values.tolist()])


@pytest.mark.parametrize(
    ("dtype", "float_", "magnitudes"),
    [
        ("bool", "float32", "bool"),
        ("uint8", "float32", "uint8"),
        ("int8", "float32", "int16"),
        ("int16", "float32", "int32"),
        ("int32", "float64", "int64"),
        ("int64", "float64", "int64"),
        ("uint64", "float64", "uint64"),
        (">i2", "float32", "int32"),
        ("float16", "float32", "float16"),
    ],
)
def test_types_that_hold_what_comes_out(dtype, float_, magnitudes):
    image = np.zeros((1, 2, 1), dtype)
    image[0, 1] = np.iinfo(dtype).min if np.dtype(dtype).kind == "i" else 1
    for curve in (Sigmoid(), Tanh(), LeakyRelu()):
        assert applied(curve, image).dtype == float_
    found = applied(Abs(), image)
    assert found.dtype == magnitudes
    expected = abs(int(image[0, 1, 0]))
    assert found[0, 1, 0] == min(expected, 2**63 - 1)


@pytest.mark.parametrize("operator", [LeakyRelu(), Sigmoid(), Tanh(), Abs()])
def test_curves_leave_alpha_alone(operator):
    image = np.array([[[-3.0, -5.0]]])
    found = applied(operator, image, alpha=True)
    assert found[0, 0, 1] == -5
    assert found[0, 0, 0] != -3


@pytest.mark.parametrize("operator", [Sigmoid(), Tanh(), LeakyRelu(0.3)])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_place_of_a_value_in_a_band_does_not_show(operator, dtype):
    values = np.random.default_rng(0).normal(0, 3, 301).astype(dtype)
    whole = applied(operator, values.reshape(1, -1, 1)).ravel()
    for start, stop in ((0, 1), (1, 4), (7, 300), (33, 50), (300, 301)):
        part = applied(operator, values[start:stop].reshape(1, -1, 1)).ravel()
        assert part.tobytes() == whole[start:stop].tobytes()


def test_a_slope_that_float32_does_not_hold():
    found = applied(LeakyRelu(1e40), np.array([[[-1e-38], [-1.0]]], np.float32))
    assert np.isclose(found[0, 0, 0], -100, rtol=1e-6)
    assert found[0, 1, 0] == -np.inf


@pytest.mark.parametrize("name", ["gray", "relu", "abs", "pool -m max", "pool -m median -s 3"])
def test_what_comes_out_is_in_this_machines_order_of_bytes(name):
    image = np.random.default_rng(0).normal(size=(9, 9, 3)).astype(">f4")
    found = Pipeline.parse(f"{name} | pool -m mean -s 3").run(image)
    expected = Pipeline.parse(f"{name} | pool -m mean -s 3").run(image.astype("f4"))
    assert found.tobytes() == expected.tobytes()
