"""The piece of a pair that the page shows."""

import numpy as np
import pytest

from convtool import conv2d
from convtool.fit.fit import _opening
from convtool.fit.pairs import ImagePair, Model
from convtool.render.replay.piece import LARGEST_SIDE, liveliest_piece

WEIGHTS = [[1, 2, -1], [0, 3, 1], [1, -2, 0]]


def piece_of(before, after, dimensions=2, **options):
    pair = ImagePair(_opening(before, dimensions, "before"), _opening(after, dimensions, "after"))
    return liveliest_piece(pair, Model.of(3, **options))


@pytest.mark.parametrize("padding", ["same", "valid", "full"])
@pytest.mark.parametrize("steps", [{}, {"stride": (2, 3)}, {"dilation": 2}], ids=str)
@pytest.mark.parametrize("size", [(300, 270), (40, 33)], ids=str)
def test_its_windows_give_its_values(photo, padding, steps, size):
    before = photo[: size[0], : size[1]]
    after = conv2d(before, WEIGHTS, padding=padding, **steps)
    found = piece_of(before, after, **steps)
    rows, cols, _ = found.before.shape
    assert max(rows, cols) <= LARGEST_SIDE
    assert min(rows, cols) > min(LARGEST_SIDE, *size) - 10
    here = before[found.top : found.top + rows, found.left : found.left + cols]
    assert np.array_equal(found.before, here)
    assert np.array_equal(found.after, conv2d(here, WEIGHTS, padding="valid", **steps))


def test_it_lies_where_the_result_varies_most():
    before = np.full((400, 500), 90, np.uint8)
    before[:100, :100] = 0
    before[200:290, 330:420] = np.random.default_rng(1).integers(0, 256, (90, 90))
    found = piece_of(before, conv2d(before, WEIGHTS))
    assert 190 < found.top < 220
    assert 320 < found.left < 350


def test_numbers_that_are_missing_do_not_hide_what_varies():
    before = np.zeros((300, 300))
    before[250:, 250:] = np.random.default_rng(1).normal(size=(50, 50))
    before[3, 3] = np.nan
    found = piece_of(before, conv2d(before, WEIGHTS))
    assert np.isfinite(found.after).all()
    assert np.ptp(found.after) > 0


def test_alpha_is_left_out_and_many_channels_make_it_smaller(photo):
    many = np.concatenate([photo[:200, :200]] * 4, axis=2)
    found = piece_of(many, conv2d(many, WEIGHTS))
    assert found.before.shape[2] == found.after.shape[2] == 12
    assert found.before.size <= 3 * LARGEST_SIDE**2


def test_of_slices_it_is_one_of_the_first(photo):
    slices = np.stack([photo[:90, :100, 0], photo[90:180, 100:200, 0]])
    after = np.stack([conv2d(one, WEIGHTS) for one in slices])
    found = piece_of(slices, after, dimensions=3)
    rows, cols, _ = found.before.shape
    here = slices[0, found.top : found.top + rows, found.left : found.left + cols, None]
    assert np.array_equal(found.before, here)
    assert np.array_equal(found.after, conv2d(here, WEIGHTS, padding="valid"))
