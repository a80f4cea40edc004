import numpy as np
import pytest
import scipy.ndimage

from convtool import ConvtoolError, Plan, conv3d, find_kernel, plan
from convtool.core.engine import compiled
from convtool.kernel.kernel import Kernel

PHOTO = (3000, 4000, 3)
RNG = np.random.default_rng(0)


numpy_only = pytest.mark.skipif(compiled() is not None, reason="CONVTOOL_ENGINE=numpy plans so")


@pytest.mark.parametrize(
    ("kernel", "dtype", "by_numpy", "by_compiled"),
    [
        (find_kernel("sobel_x"), "uint8", "separable", "separable"),
        (find_kernel("gaussian5"), "uint8", "separable", "separable"),
        (find_kernel("laplacian"), "uint8", "direct", "direct"),
        (Kernel(np.ones((15, 15), int), divisor=225), "uint8", "box", "separable"),
        (RNG.normal(size=(7, 7)), "float32", "product", "direct"),
        (RNG.normal(size=(31, 31)), "float32", "fft", "fft"),
        (np.outer(RNG.random(15), RNG.random(15)), "float32", "separable", "separable"),
        (RNG.normal(size=(8, 3, 3, 3)), "uint8", "layer", "direct"),
    ],
)
def test_the_method_fits_the_kernel(kernel, dtype, by_numpy, by_compiled):
    found = plan(kernel, dtype, PHOTO)
    method = by_compiled if compiled() else by_numpy
    assert isinstance(found, Plan)
    assert found.method == method
    assert method not in found.others


def test_a_plan_says_how_and_why():
    text = str(plan(find_kernel("sobel_x"), "uint8", (3000, 4000)))
    assert "separable: the kernel is a column times a row" in text
    assert "column [1 2 1], row [-1 0 1], sums int16" in text
    assert "operations a value" in text


def test_weights_with_depth_are_planned_for_a_volume():
    kernel = find_kernel("sobel:3x3x3,z")
    found = plan(kernel, "uint8", (10, 20, 30))
    assert found.method == "separable"
    assert found.parameters["slices"] == "[-1 0 1]"
    assert found.values == 10 * 20 * 30
    assert plan(kernel.weights, "uint8", (10, 20, 30, 2), padding="valid").values == 8 * 18 * 28 * 2
    layer = np.ones((5, 2, 3, 3, 3))
    assert plan(layer, "float32", (4, 6, 8, 2)).values == 4 * 6 * 8 * 5
    with pytest.raises(
        ConvtoolError, match=r"shape is \(4, 6\), expected \(D, H, W\) or \(D, H, W, "
    ):
        plan(kernel, "uint8", (4, 6))


def test_a_plan_has_a_short_repr():
    found = plan(find_kernel("sobel_x"), "uint8", PHOTO)
    assert repr(found) == f"<Plan {found.method}: {found.reason}>"


def test_compiled_operations_are_those_of_the_weights():
    found = plan([[1, 0, -2]], "uint8", (10, 20), method="direct")
    loops, operations = ("compiled", 4) if compiled() else ("NumPy", 2)
    assert f"loops {loops}" in str(found)
    assert found.operations == operations * 200


@numpy_only
def test_operations_are_for_the_whole_map():
    found = plan([[1, 0, -2]], "uint8", (10, 20), method="direct")
    # A subtraction and a multiplication for each value; 1 multiplies nothing, 0 adds nothing.
    assert found.operations == 2 * 200
    assert found.values == 200
    assert plan([[1, 0, -2]], "uint8", (10, 20), method="direct", stride=2).operations == 2 * 50


@pytest.mark.parametrize(
    ("weights", "sums"),
    [
        ([[64, 64]], "int16"),
        ([[64, 65]], "uint16"),
        ([[64, -65]], "int16"),
        ([[200, -200]], "int32"),
        ([[0.1, 3]], "float32"),
        ([[0.5, 3]], "int16"),
    ],
)
def test_sums_are_of_the_narrowest_type_that_is_exact(weights, sums):
    assert plan(weights, "uint8", (9, 9), method="direct").parameters["sums"] == sums


def test_sixteen_bit_pixels_under_fractions_are_added_up_in_float64():
    assert plan([[0.1, 3]], "uint16", (9, 9), method="direct").parameters["sums"] == "float64"


def test_plans_are_remembered():
    one = plan([[1, 2]], "uint8", (9, 9))
    assert plan([[1, 2]], "uint8", (9, 9)) is one
    assert plan([[1, 2.5]], "uint8", (9, 9)) is not one


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([[1]], "uint8", (9,)), "shape"),
        (([[1]], "uint8", (9, 9, 3, 1)), "shape"),
        (([[1]], "uint8", (9, 0)), "shape is 0"),
        (([[1]], "uint8", 5), "shape is 5"),
        (([[1]], "complex64", (9, 9)), "complex64"),
        (([[1]], "pixels", (9, 9)), "pixels"),
    ],
)
def test_bad_questions(arguments, message):
    with pytest.raises(ConvtoolError, match=message):
        plan(*arguments)


@numpy_only
def test_one_operation_is_no_plural():
    assert "\n  1 operation a value, " in str(plan([[2]], "uint8", (10, 10)))
    assert "\n  3 operations a value, " in str(plan([[2, 3]], "uint8", (10, 10)))


@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_planes_that_are_the_sum_of_multiples_of_two(dtype):
    rng = np.random.default_rng(0)
    lines = rng.normal(size=(2, 9)), rng.normal(size=(2, 5, 5))
    weights = np.einsum("nd,nij->dij", *lines)
    found = plan(weights, dtype, (40, 50, 60))
    assert ", and a second such" in found.reason
    volume = rng.integers(0, 256, (12, 20, 21)).astype(dtype)
    expected = scipy.ndimage.correlate(volume.astype(float), weights, mode="nearest")
    assert np.abs(conv3d(volume, weights) - expected).max() < 1e-5 * np.abs(expected).max()
