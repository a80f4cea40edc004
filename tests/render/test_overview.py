"""Whole inputs and maps as pictures: where frames stand, and which colours there are."""

import numpy as np
import pytest
from scipy import ndimage

from convtool.core.border import OUTSIDE
from convtool.core.image import Header
from convtool.inspect.steps.base import Band, patch_at
from convtool.inspect.whole import Whole
from convtool.render import canvas
from convtool.render.canvas import MARK
from convtool.render.overview import (
    LEAST,
    OUTLINE,
    SIDE,
    SIDE_OF_SLICES,
    TO_COME,
    Overview,
    Shrunk,
)
from convtool.render.windows import Paint, Peaks

NOWHERE = (0, 0), (0, 0)


def framed(pixels):
    """The rows and columns, (first, last), inside the frame of a picture."""
    marked = np.argwhere((pixels == MARK).all(axis=-1))
    (top, left), (bottom, right) = marked.min(axis=0), marked.max(axis=0) + 1
    inner = (top + OUTLINE, bottom - OUTLINE), (left + OUTLINE, right - OUTLINE)
    assert len(marked) == (bottom - top) * (right - left) - np.prod([b - a for a, b in inner])
    return inner


def greys(values):
    return canvas.greys(np.asarray(values), 255)


@pytest.mark.parametrize("size", [(60, 90), (90, 60), (20, 20), (1, 30)])
def test_a_small_picture_is_larger_by_a_whole_number_and_its_frame_is_around_the_pixels(size):
    values = np.random.default_rng(1).integers(0, 256, size)
    shrunk = Shrunk.of(greys(values), SIDE)
    scale = SIDE // max(size)
    rows, cols = (size[0] // 2, size[0] // 2 + 1), (3, 5)
    pixels = np.asarray(shrunk.framed((rows, cols), NOWHERE))
    (top, bottom), (left, right) = framed(pixels)
    assert (bottom - top, right - left) == (scale, 2 * scale)
    inside = pixels[top:bottom:scale, left:right:scale, 0]
    assert np.array_equal(inside, values[slice(*rows), slice(*cols)])
    origin = top - rows[0] * scale, left - cols[0] * scale
    assert origin == (LEAST + OUTLINE, LEAST + OUTLINE)


def test_a_large_picture_fits_and_a_frame_has_a_least_size():
    values = np.zeros((1080, 1440), int)
    values[540:660, 720:840] = 200
    shrunk = Shrunk.of(greys(values), SIDE)
    assert shrunk.colors.shape == (270, 360, 3)
    pixels = np.asarray(shrunk.framed(((540, 660), (720, 840)), NOWHERE))
    (top, bottom), (left, right) = framed(pixels)
    assert (pixels[top:bottom, left:right] == 200).all()
    assert (pixels == 200).all(axis=-1).sum() == (bottom - top) * (right - left) == 30 * 30
    (top, bottom), (left, right) = framed(np.asarray(shrunk.framed(((100, 103), (7, 10)), NOWHERE)))
    assert (bottom - top, right - left) == (LEAST, LEAST)
    middle = (top + bottom) / 2 - LEAST - OUTLINE, (left + right) / 2 - LEAST - OUTLINE
    assert middle == pytest.approx((101.5 / 4, 8.5 / 4), abs=1)


def test_a_window_in_the_border_stands_outside_the_picture_and_nothing_moves():
    shrunk = Shrunk.of(greys(np.full((36, 36), 99)), SIDE)
    room = (-2, 38), (-2, 38)
    blocks = [shrunk.framed(spans, room) for spans in (((-2, 1), (0, 3)), ((35, 38), (-2, 1)))]
    first, second = map(np.asarray, blocks)
    assert first.shape == second.shape
    assert framed(first)[0][0] == LEAST + OUTLINE
    assert framed(second)[1][0] == LEAST + OUTLINE
    (_, bottom), _ = framed(second)
    assert bottom + LEAST + OUTLINE == second.shape[0]


@pytest.mark.parametrize("size", [(9, 12), (720, 540)])
def test_a_map_fills_up_in_reading_order(size):
    shrunk = Shrunk.of(greys(np.full(size, 7)), SIDE)
    for share in (0.1, 0.4, 1):
        count = max(int(share * size[0] * size[1]), 1)
        row, col = divmod(count - 1, size[1])
        colors = shrunk.until(row, col).colors
        known = (colors == 7).all(axis=-1)
        assert ((colors == TO_COME).all(axis=-1) | known).all()
        assert known.mean() == pytest.approx(count / (size[0] * size[1]), abs=0.01)
        assert known.ravel().tolist() == sorted(known.ravel().tolist(), reverse=True)


def patch(depth, slice_, border):
    band = Band(0, np.zeros((depth * 4, 5, 1), np.uint8))
    header = Header.of_array(band.rows)._replace(depth=depth)
    return patch_at(band, header, (slice_, (0, 1), (0, 1)), 0, border, 0)


@pytest.mark.parametrize(
    ("slice_", "border", "grey"), [(1, "constant", 80), (-1, "wrap", 120), (-1, "constant", 0)]
)
def test_a_slice_outside_is_the_one_that_it_is_copied_from(slice_, border, grey):
    values = np.broadcast_to(np.array([40, 80, 120]).reshape(3, 1, 1, 1), (3, 4, 5, 1))
    drawing = Overview(
        Whole(values, values), Paint(Peaks(), 255), Paint(Peaks(0, 255), 255), NOWHERE
    )
    one = patch(3, slice_, border)
    assert (one.source_rows == OUTSIDE).all() == (grey == 0)
    pixels = np.asarray(drawing.input(one, ((0, 2), (0, 2)), named=True))
    assert (pixels == grey).all(axis=-1).sum() >= 20 * (SIDE_OF_SLICES // 5) ** 2 * 0.9
    found = np.asarray(drawing.output(2, 0, 3, 4))
    assert (found == 120).all(axis=-1).sum() >= 19 * (SIDE_OF_SLICES // 5) ** 2


def test_areas_are_means():
    values = np.random.default_rng(2).integers(0, 256, (720, 720))
    small = Shrunk.of(greys(values), SIDE).colors[..., 0]
    expected = ndimage.uniform_filter(values.astype(float), 2, origin=-1)[::2, ::2]
    assert np.abs(small - expected).max() <= 1
