"""Gradient descent beside a plain loop over the windows written out."""

import numpy as np
import pytest

from convtool import conv2d
from convtool.fit.descent import LAST_STEP, Descent, kept_steps
from convtool.fit.fit import _opening
from convtool.fit.pairs import ImagePair, Model
from convtool.fit.placement import likeliest_placement

WEIGHTS = np.array([[0, -1, 0], [-1, 4.7, -1], [0, -1, 0.3]])


def descent_of(before, after, size=3, **options):
    pair = ImagePair(_opening(before, 2, "before"), _opening(after, 2, "after"))
    placement = likeliest_placement([pair], Model.of(size, **options), 1)
    (equations,), (solution,) = placement.equations, placement.solutions
    return Descent.of(equations, solution)


CASES = [
    {},
    {"bias": True},
    {"stride": 2, "bias": True},
    {"dilation": 2},
    {"stride": 3, "dilation": 2},
]


@pytest.fixture(params=CASES, ids=str)
def case(request, photo):
    """(descent, matrix, values), where the matrix has the windows within the image as rows."""
    options = request.param
    stride, dilation = options.get("stride", 1), options.get("dilation", 1)
    placed = {"stride": stride, "dilation": dilation, "dtype": np.uint8}
    before = photo[60:160, 100:220]
    values = conv2d(before, WEIGHTS, bias=3, padding="valid", **placed).ravel()
    reach = 2 * dilation + 1
    windows = np.lib.stride_tricks.sliding_window_view(before, (reach, reach), axis=(0, 1))
    matrix = windows[::stride, ::stride, :, ::dilation, ::dilation].reshape(-1, 9).astype(float)
    if options.get("bias"):
        matrix = np.column_stack([matrix, np.ones(len(matrix))])
    kept = (values > 0) & (values < 255)
    assert 100 < kept.sum() < kept.size
    padding = "valid" if stride > 1 else "same"  # with a border, which is left out
    after = conv2d(before, WEIGHTS, bias=3, padding=padding, **placed)
    return descent_of(before, after, **options), matrix[kept], values[kept].astype(float)


def loop(matrix, values, weights, rate, steps):
    """(weights, loss) after each of so many steps, from the residuals alone."""
    for _ in range(steps + 1):
        left = matrix @ weights - values
        yield weights, np.mean(left**2)
        weights = weights - rate * 2 * matrix.T @ left / len(values)


def test_each_step_is_that_of_a_plain_loop(case):
    descent, matrix, values = case
    steps = 300
    expected = list(loop(matrix, values, descent.start, descent.rate, steps))
    found = descent.path(np.arange(steps + 1))
    weights, losses = (np.array(one) for one in zip(*expected, strict=True))
    np.testing.assert_allclose(found.weights, weights, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(found.losses, losses, rtol=1e-8)


def test_the_end_is_the_closed_form(case):
    descent, matrix, values = case
    expected, (left,), _, _ = np.linalg.lstsq(matrix, values, rcond=None)
    np.testing.assert_allclose(descent.end, expected, rtol=1e-6, atol=1e-8)
    assert np.isclose(descent.floor, left / len(values))


def test_the_rate_is_one_over_the_largest_curvature(case):
    descent, matrix, values = case
    assert np.isclose(1 / descent.rate, 2 * np.linalg.norm(matrix, 2) ** 2 / len(values))


def test_the_loss_never_rises_and_nears_the_closed_form(case):
    descent, _, _ = case
    path = descent.path(kept_steps())
    assert np.all(np.diff(path.losses) <= 1e-12 * path.losses[0])
    assert path.losses[-1] < path.losses[0] / 100
    distances = np.linalg.norm(path.weights - descent.end, axis=1)
    assert np.all(np.diff(distances) <= 1e-12)


def test_weights_begin_evenly_around_0_and_a_bias_at_0(case):
    descent, _, _ = case
    weights = descent.start[:9]
    assert np.all(np.abs(weights) <= 1 / 3)
    assert len(set(weights)) == 9
    assert np.all(descent.start[9:] == 0)


def test_the_same_images_give_the_same_descent(photo):
    before = photo[:80, :90]
    after = conv2d(before, WEIGHTS, dtype=np.uint8)
    one, other = descent_of(before, after), descent_of(before, after)
    assert one.start.tolist() == other.start.tolist()
    assert one.path(kept_steps()).weights.tolist() == other.path(kept_steps()).weights.tolist()


def test_a_result_of_16_bits_is_learned_in_the_unit_of_the_image(photo):
    before = photo[:80, :90, 0]
    after = (conv2d(before.astype(float), np.full((3, 3), 1 / 9)) * 257).astype(np.uint16)
    descent = descent_of(before, after)
    windows = np.lib.stride_tricks.sliding_window_view(before.astype(float), (3, 3))
    matrix, values = windows.reshape(-1, 9), after[1:-1, 1:-1].ravel() / 257
    weights, loss = list(loop(matrix, values, descent.start, descent.rate, 50))[-1]
    found = descent.path([50])
    np.testing.assert_allclose(found.weights[0], weights, rtol=1e-9)
    assert np.isclose(found.losses[0], loss)


def test_the_steps_shown_are_dense_where_the_loss_falls_fast():
    steps = kept_steps()
    assert steps[:20].tolist() == list(range(20))
    assert steps[-1] == LAST_STEP
    assert np.all(np.diff(steps) > 0)
    assert np.all(np.diff(steps) <= 0.05 * steps[1:] + 1)
