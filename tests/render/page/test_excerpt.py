"""The piece of an image that a page shows, and its map."""

import numpy as np
import pytest

from convtool import ConvtoolError, Pipeline
from convtool.core.image import Header
from convtool.inspect.explain import explain
from convtool.io.base import ArrayReader
from convtool.render.page.described import described
from convtool.render.page.excerpt import excerpt

RANDOM = np.random.default_rng(3)
PHOTO = RANDOM.integers(0, 256, (300, 411, 3)).astype(np.uint8)


def taken(pixels, words, place):
    operators = Pipeline.parse(words).operators
    reader = ArrayReader(Header.of_array(pixels, may_have_alpha=True), pixels)
    return excerpt(reader, operators, explain(reader, operators, place))


@pytest.mark.parametrize(
    "words",
    [
        "conv -k sobel_x", "gray | conv -k edge | relu | pool", "conv -k box3 --stride 2 | pool",
        "pool --size 3 | conv -k gaussian5 --padding valid", "conv -k '1 2' --stride 3x1 | abs",
        "conv -k edge --padding 5 --stride 2", "pool -m mean --size 5 --stride 2 --padding same",
        "conv -k '1 2; 3 4' --padding full --dilation 3", "sigmoid",
    ],
)  # fmt: skip
@pytest.mark.parametrize("place", [(0, 0), (20, 33), (49, 68), (24, 60)])
def test_the_value_is_that_of_the_whole_image(words, place):
    found = taken(PHOTO, words, place)
    whole = Pipeline.parse(words).run(PHOTO)
    row, col = found.place
    np.testing.assert_allclose(found.map[row, col], whole[place], rtol=1e-6, atol=1e-3)
    cut = PHOTO[found.top :, found.left :][: len(found.pixels), : found.pixels.shape[1]]
    np.testing.assert_array_equal(found.pixels, cut)
    assert max(found.pixels.shape[:2]) <= 96
    np.testing.assert_allclose(found.map, Pipeline.parse(words).run(cut), rtol=1e-6, atol=1e-3)


def test_whole_sums_are_exact_and_others_have_the_digits_of_float64():
    pixels = RANDOM.integers(0, 65536, (90, 80, 1)).astype(np.uint16)
    found = taken(pixels, "conv -k gaussian:5,1.1 | pool -m mean --size 3", (3, 4))
    wide = Pipeline.parse("conv -k gaussian:5,1.1 | pool -m mean --size 3").run(
        pixels.astype(float)
    )
    assert found.map.dtype == np.float64
    np.testing.assert_allclose(found.map, wide, rtol=1e-12)


def test_many_channels_take_a_smaller_piece():
    pixels = np.zeros((200, 200, 12), np.uint8)
    found = taken(pixels, "relu", (100, 100))
    assert found.pixels.size <= 3 * 96 * 96


@pytest.mark.parametrize(
    ("pixels", "words", "told"),
    [
        (np.zeros((9, 9, 4), np.uint8), "conv -k edge", "has some around the value"),
        (PHOTO, "conv -k edge --padding 60", "too large for a page; use less padding"),
        (np.full((3, 3, 1), 2**60), "relu", r"beyond 2\^53"),
    ],
)
def test_what_a_page_cannot_show(pixels, words, told):
    with pytest.raises(ConvtoolError, match=told):
        taken(pixels, words, (0, 0))


@pytest.mark.parametrize(
    "words",
    [
        "conv -k gaussian5 --border constant --fill 7 | relu | pool -m mean", "gray | conv -k edge",
        "conv -k box3 --alpha weight --stride 2", "conv -k sobel_x --alpha keep | abs",
    ],
)  # fmt: skip
def test_opaque_alpha_is_left_out(words):
    clear = np.concatenate([PHOTO, np.full((300, 411, 1), 255, np.uint8)], -1)
    clear[200:, :, 3] = 0
    found = taken(clear, words, (3, 4))
    plain = taken(PHOTO, words, (3, 4))
    np.testing.assert_array_equal(found.pixels, plain.pixels)
    np.testing.assert_allclose(found.map, plain.map, rtol=1e-14)
    with pytest.raises(ConvtoolError, match="transparency"):
        taken(clear, "conv -k edge", (220, 4))


@pytest.mark.parametrize(
    "words",
    ["conv_transpose -k edge", "linear", "conv -k box3 --missing skip", "pool --missing zero"],
)  # fmt: skip
def test_stages_that_have_no_description(words):
    with pytest.raises(ConvtoolError, match="a page does not show"):
        described(Pipeline.parse(words).operators)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("conv -k '1 2' -k '3; 4' --combine max", "kernels of one size, anchor and bias"),
        ("conv -k large.npy", "the layer has 10800 weights, and a page shows 10000 at most"),
    ],
)
def test_kernels_that_a_page_does_not_show(words, told, folder):
    np.save(folder / "large.npy", np.ones((400, 3, 3, 3)))
    with pytest.raises(ConvtoolError, match=told):
        described(Pipeline.parse(words).operators)


def test_combined_kernels_have_the_digits_of_float64():
    pixels = RANDOM.integers(0, 65536, (20, 20, 1)).astype(np.uint16)
    words = "conv -k gaussian5 -k box5 --combine magnitude"
    found = taken(pixels, words, (3, 4))
    np.testing.assert_allclose(
        found.map, Pipeline.parse(words).run(pixels.astype(float)), rtol=1e-12
    )
