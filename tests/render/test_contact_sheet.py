import numpy as np
import pytest
from helpers.pictures import places

from convtool import ConvtoolError
from convtool.render import canvas
from convtool.render.canvas import FAINT, SMALL
from convtool.render.contact_sheet import LARGEST, PIXELS, SMALLEST, cell_size, contact_sheet
from convtool.render.thumbnail import Cell


def noise(count, height, width):
    rng = np.random.default_rng(count)
    return [
        Cell(f"map {i}", rng.integers(0, 200, (height, width, 3), dtype=np.uint8))
        for i in range(count)
    ]


@pytest.mark.parametrize(
    ("count", "height", "width"), [(1, 200, 170), (2, 300, 200), (5, 170, 400), (9, 180, 165)]
)
def test_every_map_is_there_once_in_reading_order_under_its_name(count, height, width):
    cells = noise(count, height, width)
    sheet = np.asarray(contact_sheet(cells))
    found = [places(sheet, cell.pixels) for cell in cells]
    assert [len(here) for here in found] == [1] * count
    corners = [here[0] for here in found]
    assert corners == sorted(corners)
    for cell, (y, x) in zip(cells, corners, strict=True):
        name = np.asarray(canvas.words(cell.label, SMALL, FAINT))
        above = sheet[y - 2 * SMALL : y, x : x + width]
        assert len(places(above, name)) == 1


def test_maps_are_all_that_is_on_a_sheet_beside_names():
    cells = noise(6, 170, 190)
    sheet = np.array(contact_sheet(cells))
    for cell in cells:
        ((y, x),) = places(sheet, cell.pixels)
        sheet[y - 2 * SMALL : y + 170, x : x + 190] = 255
    assert (sheet == 255).all()


def test_maps_of_several_sizes_do_not_overlap():
    cells = [*noise(2, 170, 250), *noise(3, 200, 165)]
    sheet = np.asarray(contact_sheet(cells))
    assert [len(places(sheet, cell.pixels)) for cell in cells] == [1] * 5


@pytest.mark.parametrize(("size", "scale"), [((28, 28), 5), ((1, 1), 160), ((81, 2), 1)])
def test_tiny_maps_are_squares_of_whole_pixels(size, scale):
    cells = noise(3, *size)
    sheet = np.asarray(contact_sheet(cells))
    for cell in cells:
        enlarged = cell.pixels.repeat(scale, axis=0).repeat(scale, axis=1)
        assert len(places(sheet, enlarged)) == 1


@pytest.mark.parametrize("count", [4, 6, 8, 12, 16, 39, 64])
@pytest.mark.parametrize(("height", "width"), [(300, 451), (200, 200), (320, 240)])
def test_a_sheet_is_about_a_third_wider_than_high(count, height, width):
    sheet = contact_sheet([Cell("k", np.zeros((height, width, 3), np.uint8))] * count)
    assert 0.7 < sheet.width / sheet.height < 2.4


def test_sixteen_squares_are_four_by_four():
    sheet = contact_sheet([Cell("k", np.zeros((200, 200, 3), np.uint8))] * 16)
    assert 4 * 200 < sheet.width < 5 * 200
    assert 4 * 200 < sheet.height < 5 * 200 + 16 * SMALL


@pytest.mark.parametrize("count", [1, 8, 39, 64, 512, 4096])
def test_many_cells_are_smaller_ones(count):
    height, width = cell_size(count)
    assert SMALLEST <= height == width <= LARGEST
    assert count * height * width <= PIXELS


def test_a_long_name_is_cut_to_its_map():
    long = [Cell("a" * 90, np.zeros((170, 180, 3), np.uint8))]
    short = [Cell("a", np.zeros((170, 180, 3), np.uint8))]
    assert contact_sheet(long).size == contact_sheet(short).size
    assert np.asarray(contact_sheet(long)).tobytes() != np.asarray(contact_sheet(short)).tobytes()


def test_shortened_words_fit_and_end_in_dots():
    assert canvas.shortened("sobel_x", 200) == "sobel_x"
    cut = canvas.shortened("a long name of a kernel", 100)
    assert cut.endswith("...")
    assert "a long name of a kernel".startswith(cut.removesuffix("..."))
    assert canvas.words(cut).width <= 100
    assert canvas.words(cut.replace("...", "xx...")).width > 90
    assert canvas.shortened("name", 3) == ""


def test_more_maps_than_can_be_drawn_are_an_error():
    cells = [Cell("", np.zeros((480, 480, 3), np.uint8))] * 300
    with pytest.raises(ConvtoolError, match="too many to draw"):
        contact_sheet(cells)
