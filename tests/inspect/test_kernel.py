import json
from fractions import Fraction
from functools import reduce

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import convtool
from convtool import Kernel, find_kernel, find_kernels
from convtool.core.strict_json import without_nan
from convtool.inspect.kernel import MIRRORINGS, facts
from convtool.kernel.lookup import bundled_folder, file_names
from convtool.render.serialize import json_of_kernel

numbers = st.integers(-3, 3) | st.sampled_from([0.1, -0.25, 1e300, 1e-300])


@st.composite
def any_kernel(draw):
    rows, cols = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    row = st.lists(numbers, min_size=cols, max_size=cols)
    weights = draw(st.lists(row, min_size=rows, max_size=rows))
    return Kernel(weights, draw(st.sampled_from([1, -3, 1e-300])), draw(numbers))


@given(kernel=any_kernel())
def test_facts_of_any_kernel_are_json(kernel):
    found = facts(kernel)
    text = json.dumps(without_nan(json_of_kernel(kernel)), allow_nan=False)
    assert json.loads(text)["weights"] == kernel.weights.tolist()
    weights = kernel.weights
    if found.factors:
        column, row = found.factors
        scale = float(np.abs(weights).max())
        np.testing.assert_allclose(
            np.outer(column / scale, row), weights / scale, rtol=0, atol=1e-9
        ) if np.abs(column).max() > np.abs(row).max() else np.testing.assert_allclose(
            np.outer(column, row / scale), weights / scale, rtol=0, atol=1e-9
        )
    assert (found.factors is not None) == (found.rank == 1)
    assert (found.rank == 0) == (not weights.any())


@given(
    column=st.lists(st.integers(-9, 9), min_size=1, max_size=5),
    row=st.lists(st.integers(-9, 9), min_size=1, max_size=5),
)
def test_factors_of_whole_weights_are_whole_and_exact(column, row):
    found = facts(Kernel(np.outer(column, row)))
    if not any(column) or not any(row):
        assert found.rank == 0
        return
    assert found.rank == 1
    assert all(factor.dtype == np.int64 for factor in found.factors)
    assert np.array_equal(np.outer(*found.factors), np.outer(column, row))


@pytest.mark.parametrize("name", [*file_names(bundled_folder()), "gabor:9,5,30", "log:7,1", "0"])
def test_rank_is_linear_algebras_and_symmetries_are_seen(folder, name):
    for kernel in find_kernels(name):
        found, weights = facts(kernel), kernel.weights
        assert found.rank == np.linalg.matrix_rank(weights.astype(float), tol=1e-12)
        for name, mirrored in MIRRORINGS[2].items():
            same = mirrored(weights).shape == weights.shape
            assert (name in found.symmetries) == (
                same and np.allclose(mirrored(weights), weights, atol=1e-14)
            )
            assert (name in found.antisymmetries) == (
                bool(weights.any())
                and same
                and np.allclose(mirrored(weights), -weights, atol=1e-14)
            )


def test_a_gaussians_factors_are_its_lines(folder):
    column, row = facts(find_kernel("gaussian:9x5,1.3")).factors
    for line, size in ((column, 9), (row, 5)):
        place = np.arange(size) - size // 2
        expected = np.exp(-0.5 * (place / 1.3) ** 2)
        np.testing.assert_allclose(line, expected / expected.sum(), atol=1e-14)


lines = st.lists(st.integers(-9, 9), min_size=1, max_size=4)


@given(along=lines, column=lines, row=lines)
def test_with_depth_three_lines_of_whole_numbers_are_found_exactly(along, column, row):
    weights = np.multiply.outer(np.multiply.outer(along, column), row)
    found = facts(Kernel(weights))
    assert found.is_separable == (found.rank == 1) == bool(weights.any())
    if not weights.any():
        assert found.factors is None
        assert found.rank == 0
        return
    assert [factor.shape for factor in found.factors] == [(len(x),) for x in (along, column, row)]
    assert all(factor.dtype == np.int64 for factor in found.factors)
    assert np.array_equal(reduce(np.multiply.outer, found.factors), weights)


@pytest.mark.parametrize("spec", ["gaussian:3x5x7,1.3", "gaussian:5x4x1"])
def test_a_gaussians_lines_with_depth_are_its_own(spec):
    kernel = find_kernel(spec)
    lines = facts(kernel).factors
    for axis, line in enumerate(lines):
        others = tuple(other for other in range(3) if other != axis)
        np.testing.assert_allclose(line, kernel.weights.sum(axis=others), atol=1e-14)
    np.testing.assert_allclose(reduce(np.multiply.outer, lines), kernel.weights, atol=1e-15)


@pytest.mark.parametrize("times", [1, 0.1])
def test_a_line_along_the_slices_times_a_plane(times):
    plane = np.array([[0, 1, 0], [1, -4, 1], [0, 1, 0]])
    kernel = Kernel(np.multiply.outer([1, 0, -2], plane) * times)
    found = facts(kernel)
    line, rest = found.factors
    assert (found.rank, found.is_separable, rest.shape) == (1, False, (3, 3))
    np.testing.assert_allclose(np.multiply.outer(line, rest), kernel.weights, atol=1e-15)
    told = json_of_kernel(kernel)
    assert (told["separable"], told["column"], told["row"]) == (False, None, None)
    assert (told["slices"], told["plane"]) == (line.tolist(), rest.tolist())


def test_the_rank_with_depth_is_that_of_slices_as_rows():
    for spec, rank in (("laplacian:3x3x3", 2), ("log:5x7x9,1", 2), ("laplacian:neighbours=26", 2)):
        kernel = find_kernel(spec)
        found = facts(kernel)
        assert found.factors is None
        assert found.rank == rank
        flat = kernel.weights.reshape(len(kernel.weights), -1).astype(float)
        assert np.linalg.matrix_rank(flat, tol=1e-12) == rank


@pytest.mark.parametrize(
    ("spec", "symmetric", "antisymmetric"),
    [
        ("sobel:3x3x3,x", "up-down, front-back", "left-right, through the middle"),
        ("sobel:3x3x3,z", "left-right, up-down, slices transposed",
         "front-back, through the middle"),
        ("box:2x3x4", "left-right, up-down, front-back, through the middle", ""),
        ("laplacian:3x3x3",
         "left-right, up-down, front-back, through the middle, slices transposed", ""),
    ],
)  # fmt: skip
def test_symmetries_with_depth(spec, symmetric, antisymmetric):
    found = facts(find_kernel(spec))
    assert ", ".join(found.symmetries) == symmetric
    assert ", ".join(found.antisymmetries) == antisymmetric


def test_only_the_middle_is_a_symmetry_of_a_kernel_that_has_no_other():
    weights = np.zeros((3, 3, 3), int)
    weights[0, 0, 1], weights[2, 2, 1], weights[1, 2, 0], weights[1, 0, 2] = 1, 1, 5, 5
    assert facts(Kernel(weights)).symmetries == ("through the middle",)


def test_facts_of_a_kernel_with_depth():
    kernel = Kernel([[[1, 2]], [[2, 4]]], 3, 1, (1, 0, 1), "k", "words")
    told = json_of_kernel(kernel)
    plan = told.pop("plan")
    assert plan["volume"] == [128, 512, 512]
    assert plan["method"] == convtool.plan(kernel, "uint8", (128, 512, 512)).method
    assert told == {
        "name": "k",
        "description": "words",
        "size": [2, 1, 2],
        "weights": [[[1, 2]], [[2, 4]]],
        "divisor": 3,
        "bias": 1,
        "anchor": [1, 0, 1],
        "sum": 9,
        "integer": True,
        "symmetric": ["up-down"],
        "antisymmetric": [],
        "separable": True,
        "rank": 1,
        "slices": [1, 2],
        "column": [1],
        "row": [1, 2],
        "gain": {
            "flat": 3,
            "across": 1,
            "down": 3,
            "depth": 1,
            "checkerboard": 1 / 3,
        },
    }


def test_nearly_separable_whole_weights_are_not():
    weights = np.outer([1, 2, 1], [1, 2, 1]) * 10**15
    weights[0, 0] += 1
    assert facts(Kernel(weights)).factors is None
    assert facts(Kernel(weights)).rank == 2


def test_the_extremes_of_int64_mirror_as_they_are():
    lowest = -(2**63)
    found = facts(Kernel([[lowest, lowest]]))
    assert "left-right" in found.symmetries
    assert found.antisymmetries == ()


def test_the_plan_is_the_engines():
    kernel = find_kernel("gaussian5")
    expected = convtool.plan(kernel, "uint8", (1080, 1920, 3))
    assert str(facts(kernel).plan) == str(expected)
    assert json_of_kernel(kernel)["plan"]["method"] == expected.method


def test_facts_of_a_kernel_with_everything():
    kernel = Kernel([[0, 1, 2], [0, 2, 4]], 2, 7, (1, 0), "k", "words")
    told = json_of_kernel(kernel)
    del told["plan"]
    assert told == {
        "name": "k",
        "description": "words",
        "size": [2, 3],
        "weights": [[0, 1, 2], [0, 2, 4]],
        "divisor": 2,
        "bias": 7,
        "anchor": [1, 0],
        "sum": 9,
        "integer": True,
        "symmetric": [],
        "antisymmetric": [],
        "separable": True,
        "rank": 1,
        "column": [1, 2],
        "row": [0, 1, 2],
        "gain": {"flat": 4.5, "across": 1.5, "down": 1.5, "checkerboard": 0.5},
    }


def test_whole_floats_count_as_whole():
    assert facts(Kernel([[1.0, 2.0]])).whole
    assert not facts(Kernel([[1.0, 2.5]])).whole


@given(
    st.integers(1, 5).flatmap(
        lambda n: st.lists(
            st.lists(st.sampled_from([-3, -1, 0, 0, 1, 2, 10**18]), min_size=n, max_size=n),
            min_size=1,
            max_size=5,
        )
    )
)
def test_the_rank_of_whole_weights_is_that_of_fractions(rows):
    left, rank = [[Fraction(value) for value in row] for row in rows], 0
    while left and left[0]:
        pivot = next((row for row in left if row[0]), None)
        if pivot is None:
            left = [row[1:] for row in left]
            continue
        rank += 1
        left = [
            [b - a * row[0] / pivot[0] for a, b in zip(pivot[1:], row[1:], strict=True)]
            for row in left
            if row is not pivot
        ]
    assert facts(Kernel(rows)).rank == rank


def test_symmetries_of_whole_weights_are_exact():
    found = facts(Kernel([[2**53 + 1, 2**53]]))
    assert "left-right" not in found.symmetries
    lowest = -(2**63)
    assert facts(Kernel([[lowest, lowest]])).antisymmetries == ()
    assert "left-right" in facts(Kernel([[lowest, lowest]])).symmetries


def test_a_long_kernel_of_floats_has_factors_too():
    """Of all its singular vectors the longer ones would fill the memory."""
    weights = np.random.default_rng(0).normal(size=(2, 300_000))
    assert facts(Kernel(weights)).rank == 2
    column, row = facts(Kernel(weights[:1])).factors
    assert np.allclose(np.outer(column, row), weights[:1], rtol=0, atol=1e-12)
