import numpy as np
import pytest
import skimage.morphology
from helpers.imagemagick import needs_imagemagick, shown
from hypothesis import given
from hypothesis import strategies as st

from convtool import ConvtoolError, conv2d
from convtool.kernel.parametric.shapes import circle, cross, diamond, octagon, plus, ring

SHAPES = [circle, diamond, octagon, plus, cross]

DRAWN = {
    "circle 0.9": (circle(0.9), "#"),
    "circle 1": (circle(1), ".#. ### .#."),
    "circle 1.5": (circle(1.5), "### ### ###"),
    "circle 2": (circle(2), "..#.. .###. ##### .###. ..#.."),
    "circle": (circle(), ".###. ##### ##### ##### .###."),
    "ring 0 to 1": (ring(0, 1), ".#. #.# .#."),
    "ring 1 to 2": (ring(1, 2), "..#.. .#.#. #...# .#.#. ..#.."),
    "ring": (ring(), "..###.. .#...#. #.....# #.....# #.....# .#...#. ..###.."),
    "diamond": (diamond(), ".#. ### .#."),
    "diamond 2": (diamond(2), "..#.. .###. ##### .###. ..#.."),
    "octagon 1": (octagon(1), ".#. ### .#."),
    "octagon": (octagon(), ".###. ##### ##### ##### .###."),
    "octagon 3": (octagon(3), "..###.. .#####. ####### ####### ####### .#####. ..###.."),
    "plus 1": (plus(1), ".#. ### .#."),
    "plus": (plus(), "..#.. ..#.. ##### ..#.. ..#.."),
    "cross 1": (cross(1), "#.# .#. #.#"),
    "cross": (cross(), "#...# .#.#. ..#.. .#.#. #...#"),
}


@pytest.mark.parametrize(("kernel", "rows"), DRAWN.values(), ids=DRAWN)
def test_small_shapes_are_these(kernel, rows):
    assert kernel.weights.tolist() == [[int(sign == "#") for sign in row] for row in rows.split()]
    assert kernel.divisor == rows.count("#")


@given(shape=st.sampled_from(SHAPES), radius=st.integers(1, 40))
def test_a_shape_is_a_mean_that_looks_the_same_from_all_four_sides(shape, radius):
    kernel = shape(radius)
    weights = kernel.weights
    assert kernel.shape == (2 * radius + 1, 2 * radius + 1)
    assert weights.dtype == np.int64
    assert set(weights.ravel().tolist()) <= {0, 1}
    assert kernel.divisor == weights.sum()
    assert weights.any(axis=0).all(), "it touches the window's edge"
    for turned in (weights.T, weights[::-1], weights[:, ::-1]):
        assert np.array_equal(weights, turned)


@given(radius=st.integers(1, 40))
def test_a_row_and_a_diagonal_each_way_have_their_pixels(radius):
    assert plus(radius).divisor == cross(radius).divisor == 4 * radius + 1


@pytest.mark.parametrize("radius", [1, 2, 3, 7, 20])
def test_diamond_and_circle_are_scikit_images(radius):
    assert np.array_equal(diamond(radius).weights, skimage.morphology.diamond(radius))
    assert np.array_equal(circle(radius).weights, skimage.morphology.disk(radius))


@given(inner=st.floats(0, 30), width=st.floats(1, 9))
def test_a_ring_is_the_outer_circle_without_the_inner_one(inner, width):
    kernel, whole, hole = ring(inner, inner + width), circle(inner + width), circle(inner)
    edge = (whole.shape[0] - hole.shape[0]) // 2
    assert np.array_equal(kernel.weights, whole.weights - np.pad(hole.weights, edge))


def test_a_ring_takes_each_radius_from_the_other():
    assert ring(4) == ring(4, 5)
    assert ring(outer=4) == ring(3, 4)
    assert ring(outer=1) == ring(0, 1)


@pytest.mark.parametrize(
    ("inner", "outer", "message"),
    [
        (3, 2, "inner is 3 and outer is 2, expected a larger outer"),
        (2.5, 2.5, "inner is 2.5 and outer is 2.5, expected a larger outer"),
        (1.1, 1.2, "no pixel lies between the radii 1.1 and 1.2, expected a wider ring"),
        (None, 0.5, "no pixel lies between the radii 0 and 0.5"),
    ],
)
def test_a_ring_without_pixels_is_refused(inner, outer, message):
    with pytest.raises(ConvtoolError, match=f"^{message}"):
        ring(inner, outer)


@pytest.mark.parametrize("shape", [*SHAPES, lambda radius: ring(1, radius)])
def test_windows_too_large_are_refused_before_they_are_made(shape):
    with pytest.raises(ConvtoolError, match="the kernel would be 20001x20001, expected 1048576"):
        shape(10_000)


@pytest.mark.parametrize("kernel", [circle(3.5), ring(), diamond(3), octagon(4), plus(3), cross(3)])
def test_a_flat_area_stays_as_it_is(kernel):
    for flat in (np.full((9, 9), 77, np.uint8), np.full((9, 9), 1.0)):
        assert (conv2d(flat, kernel) == flat).all()


@needs_imagemagick
@pytest.mark.parametrize(
    ("definition", "kernel"),
    [
        *((f"Disk:{radius}", circle(radius)) for radius in (1, 2, 2.3, 4.3, 7, 12)),
        *((f"Ring:{inner},{outer}", ring(inner, outer)) for inner, outer in (
            (0, 1), (1, 2), (2, 3), (1.5, 4.2), (5, 9))),
        ("Ring", ring()),
        *((f"Diamond:{radius}", diamond(radius)) for radius in (1, 2, 5)),
        *((f"Octagon:{radius}", octagon(radius)) for radius in (1, 2, 3, 4, 5, 6, 9)),
        *((f"Plus:{radius}", plus(radius)) for radius in (1, 2, 5)),
        *((f"Cross:{radius}", cross(radius)) for radius in (1, 2, 5)),
        ("Diamond", diamond()), ("Plus", plus()), ("Cross", cross()),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_imagemagick_has_the_same_shapes(definition, kernel):
    [(size, weights)] = shown(definition)
    side, middle = kernel.shape[0], kernel.shape[0] // 2
    assert size == f"{side}x{side}+{middle}+{middle}"
    assert np.array_equal(kernel.weights, weights)
