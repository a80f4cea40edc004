import math
from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from convtool.kernel.parametric.exact_sums import (
    bell,
    binomials,
    over,
    summing_exactly_to,
    summing_to_one,
)

grids = arrays.arrays(
    np.float64,
    st.tuples(st.integers(1, 9), st.integers(1, 9)),
    elements=st.floats(1e-6, 1),
)


@given(grid=grids)
def test_weights_that_sum_to_one_do_so_exactly_and_hardly_change(grid):
    normalised = grid / grid.sum()
    exact = summing_to_one(normalised)
    assert math.fsum(exact.ravel()) == 1
    np.testing.assert_allclose(exact, normalised, rtol=0, atol=1e-15)
    assert np.array_equal(normalised, grid / grid.sum()), "what was passed is as it was"


@given(grid=grids, scale=st.floats(1e-9, 1e9))
def test_weights_that_cancel_do_so_exactly_and_hardly_change(grid, scale):
    centred = (grid - grid.mean()) * scale
    exact = summing_exactly_to(0, centred)
    assert sum(map(Fraction, exact.ravel().tolist())) == 0
    np.testing.assert_allclose(exact, centred, rtol=0, atol=1e-12 * scale)


def test_the_middle_takes_what_is_left_over():
    for shape, middle in (((3, 3), 1), ((2, 2), 4), ((4, 3), 2)):
        changed = summing_to_one(np.full(shape, 0.5)) != 0.5
        assert changed.sum() == middle
        assert np.array_equal(changed, np.rot90(changed, 2))


def test_the_place_named_takes_what_is_left_over():
    where = np.zeros((3, 4), bool)
    where[0, 1] = where[2, 2] = True
    thirds = np.full((3, 4), 1 / 12)
    for exact in (summing_exactly_to(1, thirds, where), summing_to_one(thirds, where)):
        assert math.fsum(exact.flat) == 1
        assert len(set(exact[~where].tolist())) == 1
    changed = summing_exactly_to(1, np.full((3, 4), 0.125), where) != 0.125
    assert np.array_equal(changed, where)


def test_a_bell_too_narrow_for_an_even_size_is_shared():
    assert bell(np.array([-1.5, -0.5, 0.5, 1.5]), 0.001).tolist() == [0, 0.5, 0.5, 0]


@given(
    values=st.lists(st.integers(-(10**20), 10**20), min_size=1, max_size=6),
    divisor=st.integers(1, 10**20),
)
def test_whole_weights_and_a_divisor_keep_their_quotients(values, divisor):
    weights, found = over(np.array([values], object), divisor)
    exact = [Fraction(value, divisor) for value in values]
    if weights.dtype.kind == "i":
        assert [Fraction(weight) / Fraction(found) for weight in weights[0].tolist()] == exact
        assert math.gcd(*weights[0].tolist(), found) == 1
    else:
        assert weights[0].tolist() == [float(value) for value in exact]
        assert found == 1


def test_pascals_rows():
    for n in range(1, 30):
        assert binomials(n) == [math.comb(n - 1, i) for i in range(n)]
