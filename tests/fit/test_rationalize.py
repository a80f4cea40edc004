import math
from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convtool.fit.rationalize import (
    Bootstrap,
    candidates,
    candidates_within,
    in_lowest_terms,
    simplest,
)


def equations(rng, count=400, size=4):
    """Windows that hang together as an image's do, and the inverse of their equations."""
    windows = np.cumsum(rng.normal(size=(count, size)), axis=1) + rng.normal(size=(count, 1)) * 40
    return windows, np.linalg.inv(windows.T @ windows)


@given(st.integers(0, 10**6))
def test_rounding_one_after_another_is_about_as_near_as_the_nearest(seed):
    """Beside every whole number within 2 of each weight: never nearer, seldom much farther."""
    rng = np.random.default_rng(seed)
    windows, covariance = equations(rng, size=3)
    metric = windows.T @ windows
    wanted = rng.normal(size=3) * 10
    found = Bootstrap(wanted, covariance).nearest(np.ones(1))[0]
    assert np.array_equal(found, np.rint(found))

    def far(numbers):
        moved = numbers - wanted
        return moved @ metric @ moved

    around = [np.rint(wanted) + step for step in product((-2, -1, 0, 1, 2), repeat=3)]
    best = min(map(far, around))
    assert far(found) >= best - 1e-6 or not any(np.array_equal(found, one) for one in around)
    alone = far(np.rint(wanted))
    assert far(found) <= max(alone, 3 * best) * (1 + 1e-9)


def test_noise_that_hangs_together_is_seen_through():
    """Each weight alone rounds to the wrong number; all of them together do not."""
    rng = np.random.default_rng(3)
    true, divisor = np.array([3, -1, 4]), 7
    root = np.array([[0.12, 0, 0], [1.2, 0.05, 0], [-1.5, 0.3, 0.05]]) / divisor
    alone = right = 0
    for _ in range(50):
        weights = true / divisor + root @ rng.normal(size=3)
        alone += np.array_equal(np.rint(weights * divisor), true)
        found = Bootstrap(weights, root @ root.T).nearest(np.array([float(divisor)]))[0]
        right += np.array_equal(found, true)
    assert right >= 40
    assert alone <= 20


def test_candidates_are_the_smallest_divisors_that_fit():
    rng = np.random.default_rng(0)
    _, covariance = equations(rng, 4000)
    true = np.array([6, -2, 10, 4]) / 14
    weights = true + np.linalg.cholesky(covariance) @ rng.normal(size=4) * 0.01
    first = candidates(weights, covariance, 0.01)[0]
    assert (first.weights.tolist(), first.divisor) == ([3, -1, 5, 2], 7)


def test_a_divisor_that_stands_out_is_a_candidate_though_too_much_is_lost():
    rng = np.random.default_rng(0)
    _, covariance = equations(rng, 4000)
    true = np.array([3, -1, 5, 2]) / 7
    weights = true + 1e-4
    assert any(one.divisor == 7 and np.allclose(one.values, true)
               for one in candidates(weights, covariance, 1e-12))  # fmt: skip


def test_candidates_within_bounds_round_to_every_value():
    rng = np.random.default_rng(0)
    windows = rng.integers(0, 256, (3000, 3)).astype(float)
    true = np.array([100, 57, 23]) / 180
    values = np.rint(windows @ true + 2)
    covariance = np.linalg.inv(windows.T @ windows)
    found = candidates_within(true, covariance, windows, values, bias=True)
    assert (found[0].weights.tolist(), found[0].divisor) == ([100, 57, 23], 180)
    for one in found:
        left = values - windows @ one.values
        assert np.ptp(left) <= 1 + 1e-9
    assert not candidates_within(true, covariance, windows, values, bias=False)


@given(st.lists(st.integers(-50, 50), min_size=1), st.integers(1, 500))
def test_lowest_terms_are_those_of_fractions(numbers, divisor):
    found = in_lowest_terms(np.array(numbers, float), divisor)
    assert [Fraction(int(n), found.divisor) for n in found.weights] == [
        Fraction(n, divisor) for n in numbers
    ]
    assert math.gcd(found.divisor, *map(int, found.weights)) == 1


@pytest.mark.parametrize(
    ("low", "high", "divisor", "expected"),
    [(2.9, 3.2, 16, 3), (-0.1, 0.3, 7, 0), (0.4, 0.6, 16, 0.5), (0.33, 0.34, 3, 1 / 3),
     (0.1234567, 0.1234569, 2, 0.1234568)],
)  # fmt: skip
def test_the_plainest_number_of_some(low, high, divisor, expected):
    assert math.isclose(simplest(low, high, divisor), expected, abs_tol=1e-12)
