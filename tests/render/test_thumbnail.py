import io
import tracemalloc
from fractions import Fraction
from math import floor

import numpy as np
import pytest
from helpers.blocks import Blocks
from helpers.pictures import shrunk
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from convtool.core.encoding import Look
from convtool.core.image import Header
from convtool.io.base import ArrayReader
from convtool.io.formats import FORMATS
from convtool.ops.conv import Conv
from convtool.pipeline.run import filter_image
from convtool.render.thumbnail import DARK, LIGHT, Album, Thumbnail, beside, cells_of, fitting, only


def overlaps(count, parts):
    """For each of so many parts of a line of `count` pixels: which, and how much of each."""
    for part in range(parts):
        start, stop = Fraction(part * count, parts), Fraction((part + 1) * count, parts)
        yield [
            (i, min(stop, i + 1) - max(start, i))
            for i in range(floor(start), count)
            if min(stop, i + 1) > max(start, i)
        ]


def area_means(values, size):
    """The exact mean of the area under each pixel, by plain loops."""
    height, width = values.shape
    area = Fraction(height * width, size[0] * size[1])
    return [
        [
            sum(int(values[y, x]) * a * b for y, a in rows for x, b in cols) / area
            for cols in overlaps(width, size[1])
        ]
        for rows in overlaps(height, size[0])
    ]


sides = st.integers(1, 23)


@given(sides, sides, sides, sides, st.lists(st.integers(0, 23), max_size=4), st.integers(0, 9))
def test_a_pixel_is_the_exact_mean_of_its_area(height, width, most_h, most_w, cuts, seed):
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 1), dtype=np.uint8)
    found = shrunk(pixels, (most_h, most_w), cuts)
    assert found.shape == (*fitting((height, width), (most_h, most_w)), 3)
    expected = [[round(mean) for mean in row] for row in area_means(pixels[..., 0], found.shape)]
    assert np.array_equal(found, np.repeat(np.array(expected)[..., np.newaxis], 3, axis=-1))


def test_whole_factors_are_pillows_reduce(photo):
    part = photo[:300, :450]
    found = shrunk(np.ascontiguousarray(part), (60, 90), cuts=[7, 50, 51, 230])
    expected = np.asarray(Image.fromarray(part).reduce(5))
    assert found.shape == expected.shape
    assert np.abs(found.astype(int) - expected).max() <= 1  # Pillow rounds half up
    assert np.mean(found == expected) > 0.95


@pytest.mark.parametrize(
    ("size", "most"),
    [((300, 451), (42, 80)), ((1, 5000), (42, 80)), ((5000, 1), (42, 80)), ((1, 1), (1, 1)),
     ((40, 50), (39, 50)), ((40, 50), (100, 200)), ((7, 3), (1, 1))],
)  # fmt: skip
def test_it_fits_and_touches(size, most):
    height, width = fitting(size, most)
    assert 1 <= height <= min(size[0], most[0])
    assert 1 <= width <= min(size[1], most[1])
    assert (height, width) == size or height == most[0] or width == most[1]
    share = min(most[0] / size[0], most[1] / size[1], 1)
    assert abs(height - size[0] * share) <= 1
    assert abs(width - size[1] * share) <= 1


def test_small_maps_stay_as_they_are():
    pixels = np.random.default_rng(0).integers(0, 256, (4, 5, 3), dtype=np.uint8)
    found = shrunk(pixels, (480, 480), cuts=[1])
    assert np.array_equal(found, pixels)


def test_sixteen_bits_become_eight():
    deep = np.arange(0, 65536, 64, dtype=np.uint16).reshape(32, 32, 1)
    found = shrunk(deep, (32, 32))
    assert np.array_equal(found[..., 0], np.rint(deep[..., 0] / 257))


def test_what_is_transparent_shows_a_board_and_weighs_by_its_alpha():
    pixels = np.random.default_rng(1).integers(0, 256, (30, 40, 4), dtype=np.uint8)
    pixels[:10, :, 3] = 0
    pixels[10:20, :, 3] = 255
    found = shrunk(pixels, (12, 16), cuts=[4, 17])
    alpha = np.array(area_means(pixels[..., 3], (12, 16)))
    for channel in range(3):
        weighed = pixels[..., channel].astype(int) * pixels[..., 3]
        colors = np.array(area_means(weighed, (12, 16))) / 255
        for y, x in np.ndindex(12, 16):
            ground = LIGHT if (y // 8 + x // 8) % 2 == 0 else DARK
            assert found[y, x, channel] == round(colors[y, x] + ground * (1 - alpha[y, x] / 255))
    assert set(found[:4].ravel().tolist()) == {DARK, LIGHT}


def test_the_board_is_that_of_each_map_whatever_its_channels():
    """A layer's outputs that carry the image's alpha are pictures of their own."""
    header = Header(2, 2, ("0", "1", "A"), np.dtype(np.uint8))
    thumbnail = Thumbnail(header, (9, 9))
    thumbnail.write(thumbnail.encode(np.array([[[10, 20, 255]] * 2, [[10, 20, 0]] * 2], np.uint8)))
    cells = thumbnail.cells("k")
    assert [cell.label for cell in cells] == ["k 0", "k 1"]
    assert [cell.pixels[..., 0].tolist() for cell in cells] == [
        [[10, 10], [LIGHT, LIGHT]],
        [[20, 20], [LIGHT, LIGHT]],
    ]


@pytest.mark.parametrize(
    ("channels", "count"),
    [(("L",), 1), (("7",), 1), (("L", "A"), 1), (("R", "G", "B"), 1), (("R", "G", "B", "A"), 1),
     (("0", "1"), 2), (("0", "1", "2"), 3), (("0", "1", "2", "3"), 4), (("0", "1", "A"), 2)],
)  # fmt: skip
def test_the_outputs_of_a_layer_are_a_picture_each(channels, count):
    header = Header(3, 4, channels, np.dtype(np.uint8))
    assert cells_of(header) == count
    assert len(Thumbnail(header, (2, 2)).cells("map")) == count


def test_names_tell_maps_and_channels_apart():
    gray, layer = (Header(2, 2, names, np.dtype("u1")) for names in (("L",), ("0", "1")))

    def labels(*maps):
        album = Album((5, 5))
        for name, header in maps:
            album.add(name, header)
        return [cell.label for cell in album.cells()]

    assert labels(("edge", gray)) == ["edge"]
    assert labels(("conv1", layer)) == ["0", "1"]
    assert labels(("conv1", layer), ("edge", gray)) == ["conv1 0", "conv1 1", "edge"]


@pytest.mark.parametrize("range_", ["clip", "abs", "normalize", "center"])
@pytest.mark.parametrize("depth", [8, 16])
def test_beside_a_file_it_sees_the_files_pixels(photo, range_, depth):
    reader = Blocks(np.ascontiguousarray(photo), 11, alpha=True)
    operators = [Conv([[0, -1, 0], [-1, 4.5, -1], [0, -1, 0]])]
    plain, watched = io.BytesIO(), io.BytesIO()
    options = {"look": Look(range_, depth), "threads": 2}
    report = filter_image(reader, operators, plain, FORMATS["png"], **options)
    thumbnail = Thumbnail(report.output, (70, 99))
    format_ = beside(FORMATS["png"], [thumbnail])
    assert filter_image(reader, operators, watched, format_, **options) == report
    assert watched.getvalue() == plain.getvalue()

    alone = Thumbnail(report.output, (70, 99))
    filter_image(reader, operators, io.BytesIO(), only([alone]), look=Look(range_))
    tolerance = 1 if depth == 16 else 0  # the map's 8 bits by way of its 16
    seen, expected = (each.cells("")[0].pixels.astype(int) for each in (thumbnail, alone))
    assert np.abs(seen - expected).max() <= tolerance
    if depth == 8:
        decoded = np.asarray(Image.open(io.BytesIO(plain.getvalue())))
        assert np.array_equal(shrunk(decoded, (70, 99)), seen)


@pytest.mark.parametrize("channels", [2, 4, 7])
def test_any_number_of_channels_without_taking_one_for_alpha(channels):
    pixels = np.random.default_rng(3).integers(0, 256, (6, 5, channels), dtype=np.uint8)
    header = Header.of_array(pixels)
    thumbnail = Thumbnail(header, (9, 9))
    filter_image(ArrayReader(header, pixels), [], io.BytesIO(), only([thumbnail]))
    found = [cell.pixels[..., 0] for cell in thumbnail.cells("")]
    assert np.array_equal(np.dstack(found), pixels)


def test_memory_does_not_grow_with_the_map():
    def peak(height):
        header = Header(height, 300, ("R", "G", "B"), np.dtype(np.uint8))
        thumbnail = Thumbnail(header, (40, 60))
        band = np.full((100, 300, 3), 7, np.uint8)
        tracemalloc.start()
        for _ in range(height // 100):
            thumbnail.write(thumbnail.encode(band))
        size = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert (thumbnail.cells("")[0].pixels == 7).all()
        return size

    assert peak(20_000) < 1.2 * peak(1000)


def test_a_channels_name_does_nothing_to_a_terminal():
    """A CSV may call its channels anything."""
    header = Header(1, 1, ("\x1b[2Ja", "b\r"), np.dtype(np.uint8))
    assert [cell.label for cell in Thumbnail(header, (1, 1)).cells("k")] == ["k [2Ja", "k b"]
