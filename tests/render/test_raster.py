"""Blocks in pixels: each mark covers the pixels that its places say."""

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from convtool.render.block import GROUND, Block, Box, Line, Picture, Placed, Polygon, Text
from convtool.render.raster import painted

RED, BLUE = (200, 0, 0), (0, 0, 200)


def where(block, color):
    """(first row, last row, first column, last column, pixels) of a colour."""
    rows, cols = np.nonzero((np.asarray(block) == color).all(axis=-1))
    return int(rows.min()), int(rows.max()), int(cols.min()), int(cols.max()), len(rows)


def test_a_box_has_both_its_ends_and_its_outline_inside():
    block = Block(20, 10, (Box(2, 3, 12, 8, RED, BLUE, 2),))
    assert where(block, BLUE) == (3, 8, 2, 12, 11 * 6 - 7 * 2)
    assert where(block, RED) == (5, 6, 4, 10, 7 * 2)
    assert where(block, GROUND)[4] == 200 - 66


def test_lines_areas_and_pictures():
    assert where(Block(9, 9, (Line((1, 2), (6, 2), RED),)), RED) == (2, 2, 1, 6, 6)
    assert where(Block(9, 9, (Polygon(((1, 1), (5, 1), (5, 4), (1, 4)), RED),)), RED)[4] == 20
    colors = np.array([[RED, BLUE]], np.uint8)
    assert where(Block(9, 9, (Picture(colors, 3),)), BLUE) == (0, 2, 3, 5, 9)


def test_a_block_within_lies_over_what_is_below_and_is_cut_at_its_sides():
    inner = Block(4, 3, (Box(1, 1, 99, 99, BLUE, None),))
    block = Block(20, 10, (Box(0, 0, 19, 9, RED, None), Placed(5, 4, inner)))
    assert where(block, GROUND) == (4, 6, 5, 8, 4 + 2)
    assert where(block, BLUE) == (5, 6, 6, 8, 6)


@pytest.mark.parametrize("anchor", ["la", "lm", "rm", "mm", "mt"])
def test_letters_are_those_that_pillow_draws(anchor):
    image = Image.new("RGB", (120, 60), GROUND)
    font = ImageFont.load_default(18)
    ImageDraw.Draw(image).text((60.5, 30), "Ag 12", RED, font, anchor)
    block = Block(120, 60, (Text(60.5, 30, "Ag 12", 18, RED, anchor),))
    assert np.array_equal(painted(block), image)


def test_an_array_of_a_block_is_its_own():
    block = Block(3, 2)
    first = np.array(block)
    first[:] = 0
    assert np.asarray(block).min() == 255
    assert np.asarray(block, np.float64).dtype == np.float64
    assert block.size == (3, 2)
