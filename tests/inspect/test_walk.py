"""Many values explained from one reading: the same as each alone."""

import numpy as np
import pytest

from convtool import ConvtoolError, Pipeline
from convtool.core.image import Header
from convtool.inspect.explain import explain, walk
from convtool.io.base import ArrayReader

IMAGE = np.random.default_rng(3).integers(0, 256, (7, 9, 3), np.uint8)
TEXTS = [
    "conv -k edge --stride 2", "gray | conv -k sobel_x --border wrap | relu | pool", "abs",
    "pool -m median -s 3 --padding 1", "conv_transpose -k '1 2; 3 4' --stride 2",
    "conv -k sobel_x -k sobel_y --combine magnitude",
]  # fmt: skip


def walked(image, text, *corners, **options):
    reader = ArrayReader(Header.of_array(image), image)
    return walk(reader, Pipeline.parse(text).operators, *corners, **options)


@pytest.mark.parametrize("text", TEXTS)
def test_each_value_is_explained_as_it_is_alone(text):
    reader = ArrayReader(Header.of_array(IMAGE), IMAGE)
    operators = Pipeline.parse(text).operators
    found = walked(IMAGE, text)
    shape = Pipeline.parse(text).run(IMAGE).shape
    assert len(found) == shape[0] * shape[1]
    assert list(found.places) == list(np.ndindex(shape[:2]))
    for place, one in zip(found.places, found, strict=True):
        assert str(one) == str(explain(reader, operators, place))


def test_values_between_two_corners_in_reading_order():
    found = walked(IMAGE, "conv -k edge", (1, 3), (2, 5))
    places = [(one.row, one.col) for one in found]
    assert places == [(1, 3), (1, 4), (1, 5), (2, 3), (2, 4), (2, 5)] == list(found.places)
    assert [(one.row, one.col) for one in found] == places, "a second time"


def test_slices_come_one_after_another():
    image = np.arange(24, dtype=np.uint8).reshape(6, 4, 1)
    header = Header.of_array(image)._replace(depth=3)
    reader = ArrayReader(header, image)
    found = walk(reader, Pipeline.parse("relu").operators, (1, 0, 2), (2, 1, 3))
    assert [one.row for one in found] == [2, 2, 3, 3, 4, 4, 5, 5]
    assert [one.paths[0].value for one in found] == [10, 11, 14, 15, 18, 19, 22, 23]


def test_the_image_is_read_once_and_no_further():
    image = np.zeros((5000, 3000, 1), np.uint8)
    read = []

    class Blocks(ArrayReader):
        def blocks(self):
            for top in range(0, 5000, 50):
                read.append(top)
                yield image[top : top + 50]

    reader = Blocks(Header.of_array(image), image)
    assert len(list(walk(reader, Pipeline.parse("conv -k edge").operators, (0, 0), (9, 9)))) == 100
    assert read == sorted(set(read))
    assert read[-1] < 1000


def test_all_around_a_window_is_the_input_and_its_border():
    for text, mode in (("--border edge", "edge"), ("--border wrap", "wrap"), ("", "edge")):
        found = walked(IMAGE, f"conv -k edge {text}", margin=16)
        window = next(iter(found)).paths[1].calculations[0].patches[0]
        around = found.around(window, range(-1, 8), range(-1, 10))
        assert np.array_equal(around.pixels, np.pad(IMAGE[..., 1], 1, mode))
        assert around.border.sum() == 9 * 11 - 7 * 9


def test_what_a_constant_border_holds():
    found = walked(IMAGE, "conv -k edge --border constant --fill 7", margin=16)
    window = next(iter(found)).paths[0].calculations[0].patches[0]
    around = found.around(window, range(-1, 8), range(-1, 10))
    assert np.array_equal(around.pixels, np.pad(IMAGE[..., 0], 1, constant_values=7))


@pytest.mark.parametrize(
    ("corners", "told"),
    [
        (((2, 2), (1, 5)), "from 2,2 to 1,5 are none"),
        (((0, 0), (7, 0)), "has no row 7, column 0: expected 0,0 to 6,8"),
        (((0, 0), None), "found 63 values of the map, expected 62 at most: --from and --to"),
    ],
)
def test_corners_that_are_none(corners, told):
    with pytest.raises(ConvtoolError, match=told):
        walked(IMAGE, "conv -k edge", *corners, most=62)
