import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convtool import Kernel, conv2d, conv3d, find_kernels
from convtool.inspect.frequency import WAVES, gains, response, seen, total
from convtool.kernel.lookup import bundled_folder, file_names

numbers = st.integers(-50, 50) | st.floats(-50, 50)


@st.composite
def any_kernel(draw):
    rows, cols = draw(st.integers(1, 6)), draw(st.integers(1, 6))
    row = st.lists(numbers, min_size=cols, max_size=cols)
    weights = draw(st.lists(row, min_size=rows, max_size=rows))
    anchor = draw(st.none() | st.tuples(st.integers(0, rows - 1), st.integers(0, cols - 1)))
    return Kernel(weights, draw(st.sampled_from([1, 9, -4, 0.5])), anchor=anchor)


@given(kernel=any_kernel())
def test_the_response_is_the_dft_of_the_weights_around_the_anchor(kernel):
    size = 12
    padded = np.zeros((size, size))
    padded[: kernel.shape[0], : kernel.shape[1]] = kernel.weights
    row, col = kernel.anchor or ((kernel.shape[0] - 1) // 2, (kernel.shape[1] - 1) // 2)
    expected = np.fft.fft2(np.roll(padded, (-row, -col), (0, 1))) / kernel.divisor
    frequencies = np.fft.fftfreq(size)
    found = response(kernel, frequencies, frequencies)
    np.testing.assert_allclose(found, expected, atol=1e-9)


@given(kernel=any_kernel())
def test_gains_are_the_response_at_0_and_at_half_a_cycle(kernel):
    ends = np.array([0, 0.5])
    at = response(kernel, ends, ends)
    np.testing.assert_allclose(at.imag, 0, atol=1e-9)
    expected = at.real[[0, 0, 1, 1], [0, 1, 0, 1]]
    np.testing.assert_allclose([*gains(kernel).values()], expected, atol=1e-9)


@pytest.mark.parametrize("name", [*file_names(bundled_folder()), "gabor:9", "motion:6,30"])
def test_gains_are_what_convolution_does_to_the_patterns(folder, name):
    row, col = np.indices((16, 16))
    patterns = {"flat": 0 * row, "across": col, "down": row, "checkerboard": row + col}
    for kernel in find_kernels(name):
        assert gains(kernel).keys() == patterns.keys()
        for wave, gain in gains(kernel).items():
            pattern = 1.0 - patterns[wave] % 2 * 2
            found = conv2d(pattern, kernel, border="wrap")
            np.testing.assert_allclose(found, gain * pattern, atol=1e-6)


@given(
    weights=st.tuples(*[st.integers(1, 4)] * 3).flatmap(
        lambda shape: st.lists(numbers, min_size=math.prod(shape), max_size=math.prod(shape)).map(
            lambda values: np.reshape(values, shape)
        )
    ),
    data=st.data(),
)
def test_gains_with_depth_are_what_convolution_does_to_the_patterns(weights, data):
    anchor = data.draw(st.none() | st.tuples(*(st.integers(0, n - 1) for n in weights.shape)))
    kernel = Kernel(weights, 4, anchor=anchor)
    along, row, col = np.indices((6, 8, 10))
    patterns = {
        "flat": 0 * row,
        "across": col,
        "down": row,
        "depth": along,
        "checkerboard": along + row + col,
    }
    found = gains(kernel)
    assert found.keys() == patterns.keys() == WAVES[3].keys()
    for wave, gain in found.items():
        pattern = 1.0 - patterns[wave] % 2 * 2
        np.testing.assert_allclose(
            conv3d(pattern, kernel, border="wrap"), gain * pattern, atol=1e-4
        )


def test_a_wave_comes_out_as_the_response_says():
    """The conjugate, as kernels are laid on as they stand."""
    kernel = Kernel([[1, 5, -2], [0, 3, 3]], divisor=4, anchor=(1, 0))
    down, across = 3 / 16, 5 / 16
    row, col = np.indices((16, 16))
    phase = 2 * math.pi * (down * row + across * col)
    factor = response(kernel, np.array([down]), np.array([across]))[0, 0].conjugate()
    found = conv2d(np.cos(phase), kernel, border="wrap")
    np.testing.assert_allclose(found, (factor * np.exp(1j * phase)).real, atol=1e-6)


def test_gains_of_whole_weights_are_exact():
    large = 2**62
    kernel = Kernel([[large, large, large], [1, 0, 0]])
    assert gains(kernel)["flat"] == 3 * large + 1
    found = gains(Kernel([[1, 2, 1]], 4))
    assert found == {"flat": 1, "across": 0, "down": 1, "checkerboard": 0}
    assert isinstance(gains(Kernel([[2, 2]], 2))["flat"], int)
    lowest = Kernel([[-(2**63), 1]])
    assert gains(lowest)["across"] == -(2**63) - 1


def test_the_largest_numbers_there_are_end_in_infinity_not_in_an_error():
    kernel = Kernel([[1e308, 1e308, 1e308]])
    assert gains(kernel)["flat"] == math.inf
    assert gains(kernel)["across"] == pytest.approx(-1e308)
    assert gains(Kernel([[1e308, -1e308, 1e308]], -1))["across"] == math.inf
    assert np.abs(response(kernel, np.zeros(1), np.zeros(1)))[0, 0] == math.inf
    assert gains(Kernel([[2**62]], 1e-300))["flat"] == math.inf
    assert seen(kernel, gains(kernel)) == gains(kernel)


@given(st.lists(numbers, max_size=9))
def test_total_is_rounded_once(values):
    assert total(values) == float(sum(map(Fraction, values)))


def test_rounding_is_seen_as_0_and_a_small_gain_is_not():
    kernel = Kernel([[0.1, 0.2, -0.3]])
    found = {"flat": 3e-17, "across": 1e-9, "down": -0.6, "checkerboard": 0.0}
    assert seen(kernel, found) == {"flat": 0, "across": 1e-9, "down": -0.6, "checkerboard": 0}


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1e308, 1e308, -1e308], 1e308),
        ([1.5e308, 1.5e308, -1.5e308, -1.5e308, 7.0], 7.0),
        ([1e308, 1e308], math.inf),
        ([-1e308, -1e308, 3], -math.inf),
    ],
)
def test_sums_may_leave_what_floats_hold_on_the_way(values, expected):
    assert total(values) == expected
