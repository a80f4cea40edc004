import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convtool import ConvtoolError, Kernel, conv2d, find_kernel, find_kernels
from convtool.kernel.transform import compass, rotated


@pytest.mark.parametrize("bank", ["kirsch", "robinson"])
def test_compass_makes_the_bundled_banks(folder, bank):
    kernels = find_kernels(bank)
    turns = compass(kernels[0])
    assert [turn.weights.tolist() for turn in turns] == [k.weights.tolist() for k in kernels]
    first = kernels[0].name
    assert [turn.name for turn in turns] == [f"{first}_{45 * i}" for i in range(8)]


@given(side=st.sampled_from([1, 3, 5, 7, 9]))
def test_eight_turns_by_45_are_one_whole_turn_and_two_a_quarter(side):
    kernel = Kernel(np.arange(side * side).reshape(side, side))
    turned = kernel
    for i in range(1, 9):
        turned = rotated(turned, 45)
        if i % 2 == 0:
            assert np.array_equal(turned.weights, np.rot90(kernel.weights, -i // 2))
        assert sorted(turned.weights.ravel()) == sorted(kernel.weights.ravel())
    assert turned.anchor is None


def test_by_45_corners_go_to_the_middles_of_sides():
    grid = np.zeros((5, 5), int)
    grid[0, 0], grid[0, 2], grid[1, 1] = 1, 2, 3
    turned = rotated(Kernel(grid), 45).weights
    assert turned[0, 2] == 1
    assert turned[0, 4] == 2
    assert turned[1, 2] == 3
    assert np.count_nonzero(turned) == 3


@given(
    shape=st.tuples(st.integers(1, 4), st.integers(1, 4)),
    quarters=st.integers(-5, 5),
    data=st.data(),
)
def test_a_turned_kernel_does_to_a_turned_image_what_it_did(shape, quarters, data):
    """The anchor's turning shows in images: even sizes have no other middle."""
    rng = np.random.default_rng(3)
    places = st.tuples(st.integers(0, shape[0] - 1), st.integers(0, shape[1] - 1))
    kernel = Kernel(rng.integers(-9, 9, shape), 7, 2, data.draw(st.none() | places))
    image = rng.integers(0, 256, (11, 13)).astype(np.uint8)
    expected = np.rot90(conv2d(image, kernel), -quarters)
    found = conv2d(np.rot90(image, -quarters).copy(), rotated(kernel, 90 * quarters))
    assert np.array_equal(found, expected)


def test_an_anchor_turns_by_45_as_well():
    kernel = Kernel(np.eye(3), anchor=(0, 0))
    assert [turn.anchor for turn in compass(kernel)] == [
        (0, 0), (0, 1), (0, 2), (1, 2), (2, 2), (2, 1), (2, 0), (1, 0),
    ]  # fmt: skip


def test_all_else_is_kept_and_what_it_was_is_said(folder):
    kernel = Kernel([[1, 2, 3]], 4, 5, name="k", description="words")
    turned = rotated(kernel, -90)
    words = "k turned clockwise by 270 degrees"
    assert turned == Kernel([[3], [2], [1]], 4, 5, name="k_270", description=words)
    assert rotated(Kernel([[1]]), 90).description == "kernel turned clockwise by 90 degrees"
    assert rotated(find_kernel("sobel_x"), 90).weights.tolist() == (
        find_kernel("sobel_y").weights.tolist()
    )


def test_whole_turns_leave_a_kernel_as_it_is(folder):
    kernel = find_kernel("sobel_x")
    assert rotated(kernel, 0) == rotated(kernel, 360) == rotated(kernel, -720) == kernel
    assert rotated(kernel, 0).description == kernel.description != ""
    turns = compass(kernel)
    assert (turns[0].name, turns[0].description) == ("sobel_x_0", kernel.description)
    assert turns[7].description == "sobel_x turned clockwise by 315 degrees"


@pytest.mark.parametrize(
    ("shape", "degrees", "message"),
    [
        ((3, 3), 30, "kernel k: cannot be turned by 30 degrees, expected a multiple of 45"),
        ((2, 2), 45, "kernel k: is 2x2 and turns by multiples of 90, not by 45 degrees"),
        ((3, 5), -135, "kernel k: is 3x5 and turns by multiples of 90, not by -135 degrees"),
        ((3, 3, 3), 90, "kernel k is 3x3x3, expected one without depth to turn"),
    ],
)
def test_what_cannot_be_turned_says_so(shape, degrees, message):
    with pytest.raises(ConvtoolError, match=message):
        rotated(Kernel(np.ones(shape), name="k"), degrees)
    if len(shape) == 2 and shape != (3, 3):
        with pytest.raises(ConvtoolError, match="turns by multiples of 90, expected an odd square"):
            compass(Kernel(np.ones(shape), name="k"))
