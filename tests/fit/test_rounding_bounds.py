import numpy as np
import pytest
from helpers.blocks import Blocks
from scipy.optimize import linprog

from convtool import conv2d, find_kernel
from convtool.fit.pairs import ImagePair, Model, overlay
from convtool.fit.rounding_bounds import HALF, SLACK, center, tightest_bounds


@pytest.fixture
def rounded():
    """Windows, their sums rounded, and the weights."""
    rng = np.random.default_rng(0)
    windows = rng.integers(0, 256, (2000, 5)).astype(float)
    true = rng.normal(size=5)
    return windows, np.rint(windows @ true), true


def extremes(windows, values, bound, weight):
    """The smallest and the largest that a weight can be within the bounds: SciPy's simplex."""
    price = np.zeros(windows.shape[1])
    price[weight] = 1
    rows = np.concatenate([windows, -windows])
    limits = np.concatenate([values + bound, bound - values])
    ends = [linprog(sign * price, rows, limits, bounds=(None, None)) for sign in (1, -1)]
    assert all(end.success for end in ends)
    return ends[0].fun, -ends[1].fun


def test_the_center_lies_in_the_middle_of_what_the_bounds_leave(rounded):
    windows, values, true = rounded
    start = np.linalg.lstsq(windows, values, rcond=None)[0]
    found, covariance = center(windows, values, start)
    assert np.abs(values - windows @ found).max() < HALF + SLACK
    assert np.abs(found - true).max() < np.abs(start - true).max() / 3
    for weight in range(5):
        low, high = extremes(windows, values, HALF + SLACK, weight)
        assert low < found[weight] < high
        assert 0.1 < (found[weight] - low) / (high - low) < 0.9
        assert (high - low) / 50 < np.sqrt(covariance[weight, weight]) < high - low


def test_it_is_found_from_weights_that_are_far_off(rounded):
    windows, values, true = rounded
    found, _ = center(windows, values, true + 0.5)
    assert np.abs(values - windows @ found).max() < HALF + SLACK


def test_bounds_that_leave_nothing_have_no_center(rounded):
    windows, values, true = rounded
    values[7] += 3
    assert center(windows, values, true) is None
    assert center(windows[:5], values[:5], true) is None


@pytest.mark.parametrize("bias", [False, True])
def test_the_values_near_their_bounds_are_those_that_lie_farthest(photo, bias):
    image = photo[50:150, 50:200]
    kernel = find_kernel("gaussian3").weights / 16
    after = conv2d(image, kernel, dtype=np.uint8)
    images = overlay(
        ImagePair(lambda: Blocks(image, 9), lambda: Blocks(after, 9)), Model.of((3, 3), bias=bias)
    )
    weights = np.append(kernel, [0.01] * bias)
    bounds = tightest_bounds(images, Model.of((3, 3), bias=bias), weights, 0.005, 2)
    windows = np.lib.stride_tricks.sliding_window_view(image, (3, 3), axis=(0, 1))
    sums = np.einsum("ijckl,kl->ijc", windows.astype(float), kernel) + 0.01 * bias
    left = np.abs(after[1:-1, 1:-1] - sums)
    assert np.isclose(bounds.worst, left.max())
    assert bounds.windows.shape == (len(bounds.values), 9 + bias)
    found = np.abs(bounds.values - bounds.windows @ weights)
    assert len(found) >= np.count_nonzero(left >= 0.48) > 50
    assert np.isclose(found.max(), left.max())
