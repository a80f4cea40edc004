import numpy as np
import pytest

from convtool import ConvtoolError
from convtool.fit.least_squares import covariance, solve, solve_all
from convtool.fit.normal_equations import Equations


def equations(matrix, values):
    """Those of a matrix of windows, with the ones of a bias behind them."""
    rows = np.column_stack([matrix, np.ones(len(matrix))])
    return Equations(rows.T @ rows, rows.T @ values, float(values @ values), len(values))


@pytest.mark.parametrize("bias", [False, True])
def test_weights_errors_and_covariance_are_those_of_the_matrix(bias):
    rng = np.random.default_rng(0)
    matrix = rng.normal(size=(200, 6)) * [1, 1e-3, 1e3, 1, 5, 1] + [0, 0, 0, 0, 30, 0]
    values = matrix @ [3, 200, 0.02, 5, 1, 4] + 2 * bias + rng.normal(size=200) * 0.01
    used = np.column_stack([matrix, np.ones(200)]) if bias else matrix
    expected, (left,), _, _ = np.linalg.lstsq(used, values, rcond=None)
    found = solve(equations(matrix, values), bias=bias)
    np.testing.assert_allclose(found.weights, expected, rtol=1e-8)
    inverse = np.linalg.inv(used.T @ used)
    deviation = np.sqrt(np.diag(inverse) * left / (200 - used.shape[1]))
    np.testing.assert_allclose(found.errors, deviation, rtol=1e-5)
    np.testing.assert_allclose(covariance(equations(matrix, values), bias=bias), inverse, rtol=1e-6)
    scaled = used / np.linalg.norm(used, axis=0)
    assert np.isclose(found.condition, np.linalg.cond(scaled))


def test_standard_errors_are_how_far_weights_are_off():
    rng = np.random.default_rng(0)
    matrix, true = rng.normal(size=(300, 4)), np.array([1.0, -2, 3, 0.5])
    off = []
    for _ in range(300):
        found = solve(equations(matrix, matrix @ true + rng.normal(size=300) * 0.3), bias=False)
        off.append((found.weights - true) / found.errors)
    assert np.allclose(np.std(off, axis=0), 1, atol=0.15)


def test_outputs_that_share_their_sums_are_solved_alike():
    rng = np.random.default_rng(0)
    matrix = rng.normal(size=(50, 3))
    first, second = (equations(matrix, matrix @ w) for w in ([1, 2, 3], [4.0, 5, 6]))
    shared = second._replace(gram=first.gram)
    for found, alone in zip(solve_all([first, shared], bias=True), (first, second), strict=True):
        assert np.array_equal(found.weights, solve(alone, bias=True).weights)


def test_a_weight_that_is_hardly_known_is_an_error():
    rng = np.random.default_rng(0)
    matrix = rng.normal(size=(100, 2))
    matrix[:, 1] = matrix[:, 0] + 1e-4 * matrix[:, 1]
    with pytest.raises(ConvtoolError, match=r"determine 2 weights only to \+-"):
        solve(equations(matrix, matrix @ [1, 2] + rng.normal(size=100) * 0.1), bias=False)
    matrix[:, 1] = matrix[:, 0]
    with pytest.raises(ConvtoolError, match="they tell only 1 of 2 apart"):
        solve(equations(matrix, matrix @ [1, 2]), bias=False)


@pytest.mark.parametrize("middle", [0, 100, 1e-5], ids=str)
@pytest.mark.parametrize("bias", [False, True])
def test_only_a_residual_of_rounding_is_not_told_from_0(middle, bias):
    random = np.random.default_rng(6)
    matrix = random.normal(size=(5000, 9)) * (middle or 1) / 30 + middle
    weights = np.array([-1, -1, -1, -1, 8, -1, -1, -1, -1])
    values = matrix @ weights + 2 * bias * middle
    found = solve(equations(matrix, values), bias=bias)
    assert found.rms <= found.least_rms < 1e-5 * np.abs(values).max()
    noisy = values + 2 * found.least_rms * random.normal(size=len(values))
    found = solve(equations(matrix, noisy), bias=bias)
    assert found.rms > found.least_rms
