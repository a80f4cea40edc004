"""The page's descent beside plain loops and NumPy."""

import numpy as np
import pytest
from helpers.node import evaluated, needs_node

IMPORTS = (
    "import { descend, factorOf, fastestSettings, frameAt, randomWeights } "
    "from '../replay/descent.js';"
)
RANDOM = np.random.default_rng(5)
MATRIX = RANDOM.normal(size=(60, 4)) * [1, 3, 9, 2] + 1
VALUES = RANDOM.normal(size=60)
HESSIAN = 2 * MATRIX.T @ MATRIX / 60
CURVATURES, AXES = np.linalg.eigh(HESSIAN)
END = np.linalg.lstsq(MATRIX, VALUES, rcond=None)[0]
START = np.array([0.3, -0.2, 0.1, 0.4])
STEPS = [0, 1, 2, 3, 7, 50, 200]


def loss(weights):
    return np.mean((MATRIX @ weights - VALUES) ** 2)


BOWL = {
    "curvatures": CURVATURES.tolist(),
    "axes": AXES.ravel().tolist(),
    "end": END.tolist(),
    "floor": loss(END),
    "steps": STEPS,
}
PATH = "({bowl, start, rate, momentum}) => descend(bowl, start, rate, momentum)"


@needs_node
@pytest.mark.parametrize("share", [0.3, 1, 1.9])
@pytest.mark.parametrize("momentum", [0, 0.5, 0.95])
def test_steps_are_those_of_a_plain_loop(tmp_path, share, momentum):
    rate = share / CURVATURES[-1]
    given = {"bowl": BOWL, "start": START.tolist(), "rate": rate, "momentum": momentum}
    frames = {one["step"]: one for one in evaluated(IMPORTS, PATH, given, tmp_path)}
    assert list(frames) == STEPS
    weights, velocity = START, np.zeros(4)
    for step in range(STEPS[-1] + 1):
        gradient = 2 * MATRIX.T @ (MATRIX @ weights - VALUES) / 60
        if step in frames:
            found = frames[step]
            np.testing.assert_allclose(found["weights"], weights, rtol=1e-9, atol=1e-12)
            assert np.isclose(found["loss"], loss(weights))
            assert np.isclose(found["gradient"], np.linalg.norm(gradient), atol=1e-9)
            assert np.isclose(found["distance"], np.linalg.norm(weights - END), atol=1e-12)
        velocity = momentum * velocity + gradient
        weights = weights - rate * velocity


@needs_node
def test_what_diverges_ends_early_and_holds_numbers_alone(tmp_path):
    given = {"bowl": {**BOWL, "steps": [0, 1, 10, 100_000]}, "start": START.tolist()}
    found = evaluated(
        IMPORTS, PATH, {**given, "rate": 2.1 / CURVATURES[-1], "momentum": 0}, tmp_path
    )
    assert 1 < len(found) < 4
    assert all(np.isfinite(one["loss"]) for one in found)


@needs_node
@pytest.mark.parametrize("momentum", [0, 0.5])
def test_at_the_limit_the_loss_along_the_steepest_axis_stays(tmp_path, momentum):
    rate = 2 * (1 + momentum) / CURVATURES[-1]
    bowl = {**BOWL, "steps": [0, 100, 101, 1000]}
    given = {"bowl": bowl, "start": (END + AXES[:, -1]).tolist(), "momentum": momentum}
    _, *late = (one["loss"] for one in evaluated(IMPORTS, PATH, {**given, "rate": rate}, tmp_path))
    assert late[0] > 1.1 * loss(END)
    assert np.allclose(late, late[0])


@needs_node
def test_any_weights_have_their_loss(tmp_path):
    answer = "({bowl, weights}) => frameAt(bowl, weights, 9)"
    weights = [1.0, -2.0, 0.5, 3.0]
    found = evaluated(IMPORTS, answer, {"bowl": BOWL, "weights": weights}, tmp_path)
    assert (found["step"], found["weights"]) == (9, weights)
    assert np.isclose(found["loss"], loss(np.array(weights)))


@needs_node
def test_the_factor_of_a_step_is_the_largest_eigenvalue_of_what_it_does(tmp_path):
    cases = [(c, r, m) for c in (0.1, 1, 30) for r in (0.01, 0.06, 0.1) for m in (0, 0.4, 0.9)]
    answer = "(cases) => cases.map((one) => factorOf(...one))"
    for (curvature, rate, momentum), found in zip(
        cases, evaluated(IMPORTS, answer, cases, tmp_path), strict=True
    ):
        # (offset, velocity) after a step
        step = np.array([[1 - rate * curvature, -rate * momentum], [curvature, momentum]])
        assert np.isclose(found, np.abs(np.linalg.eigvals(step)).max())


@needs_node
def test_no_settings_are_faster_than_the_fastest(tmp_path):
    answer = """({bowl}) => {
      const worst = (rate, momentum) =>
        Math.max(...bowl.curvatures.map((one) => factorOf(one, rate, momentum)));
      const { rate, momentum } = fastestSettings(bowl);
      const others = [];
      for (let r = 0.5; r < 2; r += 0.05)
        for (let m = 0; m < 1; m += 0.02) others.push(worst(r * rate, m));
      return [worst(rate, momentum), Math.min(...others)];
    }"""
    fastest, others = evaluated(IMPORTS, answer, {"bowl": BOWL}, tmp_path)
    assert fastest <= others + 1e-9


@needs_node
def test_random_weights_are_even_within_their_reach(tmp_path):
    answer = "() => [1, 1, 2, 7].map((seed) => randomWeights(seed, 5000, 0.25))"
    one, again, other, far = map(np.array, evaluated(IMPORTS, answer, None, tmp_path))
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)
    for weights in (one, other, far):
        counts, _ = np.histogram(weights, 10, (-0.25, 0.25))
        assert counts.sum() == 5000
        assert counts.min() > 400
