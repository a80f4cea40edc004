"""Animations as files: their frames, sizes, colours and times."""

import io
import tracemalloc

import numpy as np
import pytest
from PIL import Image

from convtool import Pipeline
from convtool.core.image import Header
from convtool.inspect.explain import walk
from convtool.inspect.whole import whole
from convtool.io.base import ArrayReader
from convtool.io.formats import FORMATS
from convtool.render import canvas
from convtool.render.animation import Style, draw
from convtool.render.sliding import MOST

IMAGE = np.random.default_rng(5).integers(0, 256, (5, 5, 1), np.uint8)


def drawn(text, name="gif", style=Style(), image=IMAGE, title="image.png"):  # noqa: B008  a tuple
    reader = ArrayReader(Header.of_array(image), image)
    file = io.BytesIO()
    walked = walk(reader, Pipeline.parse(text).operators, margin=MOST)
    draw(walked, title, file, FORMATS[name], style)
    return file


def frames_of(file):
    with Image.open(file) as found:
        for number in range(found.n_frames):
            found.seek(number)
            yield np.asarray(found.convert("RGB"))


@pytest.mark.parametrize("name", ["gif", "webp", "png"])
@pytest.mark.parametrize(
    ("text", "count"),
    [("conv -k edge", 25), ("pool -s 2", 4), ("conv_transpose -k '1 2 1'", 35), ("relu", 25)],
)
def test_a_frame_for_each_value(name, text, count):
    with Image.open(drawn(text, name)) as found:
        assert found.n_frames == count
        assert found.info["loop"] == 0


@pytest.mark.parametrize("name", ["gif", "webp", "png"])
def test_frames_a_second(name):
    durations = []
    with Image.open(drawn("pool -s 2", name, Style(fps=5))) as found:
        for number in range(found.n_frames):
            found.seek(number)
            found.load()
            durations.append(found.info["duration"])
    assert durations == [200, 200, 200, 800]


def test_formats_show_the_same():
    gif, png, webp = (
        list(frames_of(drawn("conv -k edge", name))) for name in ("gif", "png", "webp")
    )
    assert np.array_equal(gif, png)
    assert np.array_equal(gif, webp)


@pytest.mark.parametrize(
    "text",
    [
        "conv -k edge --padding 0",
        pytest.param("conv_transpose -k '1 2 3; 4 5 6' --stride 2", marks=pytest.mark.slow),
    ],
)
def test_nothing_moves_except_the_window(text):
    frames = np.array(list(frames_of(drawn(text, "png"))))
    still = (frames == frames[0]).all(axis=(0, 3))
    assert still.mean() > 0.7
    assert still[:60].all(), "the title"
    ink = (frames != frames[0, 0, 0]).any(axis=(1, 3))
    right = [np.flatnonzero(columns)[-1] for columns in ink]
    assert np.ptp(right) <= 2, "the edge of the map, which a mark widens"


def test_dark_keeps_the_greys_of_pixels():
    light, dark = (next(frames_of(drawn("pool -s 2", "webp", Style(dark=on)))) for on in (0, 1))
    assert light[0, 0].tolist() == [255, 255, 255]
    assert dark[0, 0].tolist() == [0, 0, 0]
    for value in IMAGE[2:4, 2:4].ravel().tolist():  # not under the first window
        for frame in (light, dark):
            assert (frame == value).all(axis=-1).sum() > 500, value


@pytest.mark.parametrize("name", ["gif", "webp", "png"])
def test_numbers_have_their_exact_colours(name):
    image = np.array([[3, 0, 7], [1, 9, 2], [5, 4, 1]], np.float32)[..., np.newaxis]
    frame = list(frames_of(drawn("conv -k '1 -2; 3 0' --padding 0", name, image=image)))[-1]
    products = np.array([[9, -4], [12, 0]])  # of the last window
    seen = {tuple(color) for color in frame.reshape(-1, 3).tolist()}
    largest = 27  # of all products
    assert {*map(tuple, canvas.diverging(products, largest).reshape(-1, 3).tolist())} <= seen
    assert {*map(tuple, canvas.diverging(np.array([1, -2, 3, 0]), 3).tolist())} <= seen
    assert {*map(tuple, canvas.greys(image[..., 0], 9).reshape(-1, 3).tolist())} <= seen


@pytest.mark.slow
def test_memory_does_not_grow_with_the_frames():
    class Nowhere(io.BytesIO):
        def write(self, data):
            return len(data)

    def peak(name, last):
        reader = ArrayReader(Header.of_array(image), image)
        walked = walk(reader, Pipeline.parse("conv -k box:2").operators, (0, 0), last, margin=MOST)
        tracemalloc.start()
        draw(walked, "image.png", Nowhere(), FORMATS[name], Style(scale=0.5))
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    image = np.full((4, 8, 1), 120, np.uint8)  # all frames have the same colours
    for name in ("gif", "png"):
        few, many = peak(name, (1, 1)), peak(name, (3, 7))
        assert many < 1.3 * few, name


@pytest.mark.parametrize("scale", [0.25, 0.5, 2])
def test_scale(scale):
    with Image.open(drawn("pool -s 2")) as one, \
            Image.open(drawn("pool -s 2", style=Style(scale=scale))) as other:  # fmt: skip
        assert other.size == tuple(round(scale * n) for n in one.size)


@pytest.mark.slow
def test_files_are_small():
    frames = 25
    assert len(drawn("conv -k edge").getvalue()) < frames * 15_000
    assert len(drawn("conv -k edge", "png").getvalue()) < frames * 10_000
    assert len(drawn("conv -k edge", "webp").getvalue()) < frames * 6_000


def test_a_long_title_widens_nothing():
    usual, long = (next(frames_of(drawn("pool -s 2", title=title))) for title in
                   ("a.png", "\u202e<script>" * 1000))  # fmt: skip
    assert usual.shape == long.shape


def test_a_number_has_one_colour_in_the_window_and_in_the_whole_picture():
    image = np.full((20, 20, 1), 50, np.float32)
    image[0, 0] = 100
    reader, operators = ArrayReader(Header.of_array(image), image), Pipeline.parse("pool").operators
    file = io.BytesIO()
    walked = walk(reader, operators, (5, 5), (5, 6), margin=MOST)
    draw(walked, "i", file, FORMATS["png"], Style(), whole(reader, operators))
    shown = next(frames_of(file))
    of_picture, of_map = 399 * 18 * 18, (5 * 10 + 5) * 36 * 36
    assert (shown == 128).all(axis=-1).sum() > of_picture + of_map + 4 * 500


def test_infinity_is_white_as_in_a_picture_of_the_map():
    image = np.full((1, 3, 1), 7, np.float32)
    image[0, 1] = np.inf
    last = list(frames_of(drawn("conv -k 1", "png", image=image)))[-1]
    assert not (last == 0).all(axis=-1).any()


def test_values_that_are_no_numbers():
    image = np.array([[1, np.nan], [np.inf, -2]], np.float32)[..., np.newaxis]
    assert len(list(frames_of(drawn("conv -k '1 1'", image=image)))) == 4
