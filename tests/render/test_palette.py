"""The palette of an animation: which colours it has."""

import numpy as np
import pytest

from convtool.render import canvas
from convtool.render.block import Block, Box, Line, Picture, Placed, Polygon, Text
from convtool.render.palette import MOST, flat_colors, palette

BASE = [canvas.GROUND, canvas.INK, canvas.FAINT, canvas.LINE, canvas.MARK, canvas.POSITIVE,
        canvas.NEGATIVE]  # fmt: skip


def colors(found):
    return {tuple(color) for color in found.tolist()}


@pytest.mark.parametrize("count", [0, 1, 150])
def test_all_are_in_it_where_there_is_room(count):
    some = np.random.default_rng(2).integers(0, 256, (count, 3), np.uint8)
    found = palette(tuple(color) for color in some.tolist())
    assert len(found) == len(colors(found)) <= MOST
    assert colors(some) <= colors(found)
    assert {*BASE} <= colors(found)


def test_of_too_many_the_nearest_is_near_and_texts_and_lines_are_exact():
    some = np.concatenate(
        [canvas.greys(np.arange(256), 255), canvas.diverging(np.linspace(-1, 1, 2001))]
    )
    found = palette(map(tuple, some.tolist()))
    assert len(found) == len(colors(found)) <= MOST
    assert {*BASE} <= colors(found)
    off = np.abs(some[:, np.newaxis].astype(int) - found).max(axis=-1).min(axis=-1)
    assert off.max() <= 4


def test_every_mark_has_its_colours():
    picture = np.array([[[1, 1, 1], [2, 2, 2]]], np.uint8)
    inner = Block(9, 9, (Text(0, 0, "a", 9, (3, 3, 3)), Box(0, 0, 1, 1, (4, 4, 4), (5, 5, 5))))
    marks = (
        Line((0, 0), (1, 1), (6, 6, 6)),
        Polygon(((0, 0),), (7, 7, 7)),
        Picture(picture, 2),
        Box(0, 0, 1, 1, None, None),
        Placed(0, 0, inner),
    )
    assert {*flat_colors(Block(9, 9, marks))} == {(n, n, n) for n in range(1, 8)} | {canvas.GROUND}
