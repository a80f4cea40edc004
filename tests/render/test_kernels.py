import warnings

import numpy as np
import pytest

from convtool import ConvtoolError, Kernel, find_kernels, read_image
from convtool.io.formats import FORMATS
from convtool.render import canvas
from convtool.render.canvas import GROUND, MARK, NEGATIVE, POSITIVE
from convtool.render.kernels import draw_kernels


def has(block, color):
    return bool(np.any(np.all(np.asarray(block) == color, axis=-1)))


@pytest.mark.parametrize(
    "spec", ["1", "0", "edge", "gaussian5", "gaussian:5,1.1", "gabor:21,8,30", "gaussian:31,5",
             "box:1x300", "motion:41,70", "1e308 -1e308; 1e-320 3", "divisor",
             "sobel:3x3x3,z", "log:3x15x17,2", "box:1x1x1"],
)  # fmt: skip
def test_any_kernel_is_drawn_on_white_with_its_anchor_marked(folder, spec):
    (folder / "divisor.txt").write_text("divisor = 1e-300\nbias = -3\n1e300 2\n")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        block = draw_kernels(find_kernels(spec))
    pixels = np.asarray(block)
    assert np.all(pixels[:16] == GROUND)
    assert np.all(pixels[:, :16] == GROUND)
    assert has(block, MARK)
    strongest = find_kernels(spec)[0].weights.ravel()
    strongest = strongest[np.abs(strongest).argmax()]
    assert strongest == 0 or has(block, POSITIVE if strongest > 0 else NEGATIVE)


def test_large_kernels_are_squares_of_the_weights_colours():
    weights = np.zeros((41, 41))
    weights[3, 5], weights[30, 20] = 1, -1
    page = np.asarray(draw_kernels([Kernel(weights)]))[:, :345]  # left of the scale
    step = 302 // 41
    places = [np.argwhere(np.all(page == color, axis=-1)) for color in (POSITIVE, NEGATIVE)]
    corners = [place.min(axis=0) for place in places]
    assert [len(place) for place in places] == [step * step] * 2
    assert (corners[1] - corners[0]).tolist() == [27 * step, 15 * step]


def test_slices_stand_side_by_side_with_colours_of_one_scale():
    weights = np.zeros((3, 2, 2))
    weights[0, 0, 0], weights[2, 1, 1] = -1000.5, 1000.5
    pixels = np.asarray(draw_kernels([Kernel(weights, anchor=(1, 0, 1))]))
    places = [np.argwhere(np.all(pixels == color, axis=-1)) for color in (NEGATIVE, MARK, POSITIVE)]
    (top, *_), _, (low, *_) = rows = [place[:, 0] for place in places]
    assert top < low
    lefts, rights = ([edge(place[:, 1]) for place in places] for edge in (np.min, np.max))
    assert lefts[0] < rights[0] < lefts[1] < rights[1] < lefts[2]
    assert rights[0] - lefts[0] == rights[2] - lefts[2], "the sign makes no cell wider"
    assert abs(rows[1].min() - top) < 9, "the anchor is in the first row of its slice"


def test_large_slices_are_squares_of_one_scale():
    weights = np.zeros((2, 14, 14))
    weights[0, 3, 5], weights[1, 10, 5] = 1, -0.5
    pixels = np.asarray(draw_kernels([Kernel(weights, anchor=(1, 0, 0))]))[:, :-100]  # no scale
    half = np.array(GROUND) / 2 + np.array(NEGATIVE) / 2
    found = [np.argwhere(np.abs(pixels.astype(float) - color).max(axis=-1) < 1)
             for color in (POSITIVE, half)]  # fmt: skip
    step = 302 // 14
    first, second = (place.min(axis=0) for place in found)
    assert [second[0] - first[0], (second[1] - first[1]) > 302] == [7 * step, True]


def test_the_response_is_dark_where_waves_pass_and_white_where_none_does():
    """Of 1 2 1 along one axis it is the square of a cosine, the same along the other."""
    for weights in ([[1, 2, 1]], [[1], [2], [1]]):
        page = np.asarray(draw_kernels([Kernel(weights, 4)]))
        if len(weights) == 3:
            page = page.swapaxes(0, 1)
        dark = np.all(page == POSITIVE, axis=-1)
        (lines,) = np.nonzero(dark.sum(axis=0) > 290)  # the plane is 302 pixels wide
        assert 0 < len(lines) < 20
        middle = int(lines.mean())
        row = page[np.nonzero(dark[:, middle])[0][150]]
        for place, gain in ((-149, 0), (-75, 0.5), (75, 0.5), (149, 0)):
            expected = np.array(GROUND) * (1 - gain) + np.array(POSITIVE) * gain
            assert np.abs(row[middle + place] - expected).max() < 4, place


def test_a_bank_stands_in_two_columns(folder):
    one = draw_kernels(find_kernels("kirsch")[:1])
    eight = draw_kernels(find_kernels("kirsch"))
    assert 1.5 * one.width < eight.width < 2.5 * one.width
    assert 3.5 * (one.height - 64) < eight.height < 4.5 * one.height


def test_it_is_written_as_a_picture(folder):
    with open("edge.png", "wb") as file:
        canvas.write(draw_kernels(find_kernels("edge")), file, FORMATS["png"], "x.png")
    assert read_image("edge.png").shape[2] == 3


def test_what_is_too_large_to_draw_says_so():
    with pytest.raises(ConvtoolError, match=r"the picture would have \d+x\d+ pixels, too many"):
        draw_kernels([Kernel(np.ones((1, 2**20)))])
    with pytest.raises(ConvtoolError, match="5000 kernels are too many to draw"):
        draw_kernels([Kernel([[1]])] * 5000)
    with pytest.raises(ConvtoolError, match="5000 slices are too many to draw"):
        draw_kernels([Kernel(np.ones((5000, 1, 1)))])
