"""Shapes and costs foretold: as they come out, counted one by one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convtool import ConvtoolError, Pipeline
from convtool.core.engine import compiled
from convtool.core.image import Header
from convtool.inspect.shapes import header_of_size, shapes


def foretold(size, text):
    return shapes(Pipeline.parse(text).operators, header_of_size(size))


def test_a_thousand_squared_to_as_many_neurons():
    found = foretold("1000x1000", "conv -k edge")
    assert (found.weights, found.multiply_adds) == (9, 9 * 10**6)
    assert found.fully_connected == 10**12


def test_the_rows_of_a_pipeline():
    found = foretold(
        "480x640x3", "conv -k sobel_x --gray --relu | pool | conv -k gaussian5 --stride 2"
    )
    assert [row.stage for row in found.rows] == [
        "gray", "conv sobel_x 3x3", "relu", "pool max 2x2",
        "conv gaussian5 5x5, stride 2",
    ]  # fmt: skip
    assert [row.shape for row in found.rows] == [
        (480, 640, 1), (480, 640, 1), (480, 640, 1), (240, 320, 1), (120, 160, 1)
    ]  # fmt: skip
    assert [row.field for row in found.rows] == [(1, 1), (3, 3), (3, 3), (4, 4), (12, 12)]
    assert [row.step for row in found.rows] == [(1, 1), (1, 1), (1, 1), (2, 2), (4, 4)]
    assert [row.weights for row in found.rows] == [0, 9, 0, 0, 25]
    assert [row.multiply_adds for row in found.rows] == [0, 9 * 480 * 640, 0, 0, 25 * 120 * 160]
    assert [row.method for row in found.rows] == [
        "", "separable", "", "", "direct" if compiled() else "separable"
    ]  # fmt: skip
    assert found.fully_connected == 480 * 640 * 3 * 120 * 160


@pytest.mark.parametrize(
    ("layers", "size", "step"),
    [
        # AlexNet's and VGG-16's, as Araujo, Norris and Sim (2019) list them: 195 by 32, 212 by 32.
        ([(11, 4), (3, 2), (5, 1), (3, 2), (3, 1), (3, 1), (3, 1), (3, 2)], 195, 32),
        ([(3, 1), (3, 1), (2, 2)] * 2 + [(3, 1), (3, 1), (3, 1), (2, 2)] * 3, 212, 32),
    ],
)
def test_receptive_fields_that_are_published(layers, size, step):
    text = " | ".join(f"pool --size {taps} --stride {stride}" for taps, stride in layers)
    row = foretold("2000x2000", text).rows[-1]
    assert (row.field, row.step) == ((size, size), (step, step))


def test_layers_and_groups(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    np.save("w.npy", np.ones((6, 2, 5, 3)))
    (row,) = foretold("20x30x4", "conv -k w.npy --groups 2 --padding valid").rows
    assert (row.shape, row.weights) == ((16, 28, 6), 180)
    assert row.multiply_adds == 16 * 28 * 6 * 30


def test_combined_kernels_add_up_and_see_what_any_of_them_sees():
    (row,) = foretold("20x30x2", "conv -k '1 1 1' -k '1; 1; 1; 1; 1' --combine sum").rows
    assert (row.weights, row.multiply_adds) == (8, 8 * 20 * 30 * 2)
    assert row.field == (5, 3)
    assert row.stage == "sum of kernel 1x3, kernel 5x1"
    (row,) = foretold("20x30", "conv -k kirsch --combine max").rows
    assert row.stage == "max of 8 kernels"


@pytest.mark.parametrize(
    ("text", "stage"),
    [
        ("conv -k edge", "conv edge 3x3"),
        ("conv -k edge --stride 2 --padding same", "conv edge 3x3, stride 2"),
        ("conv -k edge --stride 2x1 --padding valid", "conv edge 3x3, stride 2x1, padding valid"),
        ("conv -k edge --padding 2 --dilation 2", "conv edge 3x3, padding 2, dilation 2"),
        ("conv -k edge --padding 1x2", "conv edge 3x3, padding 1x2"),
        ("conv -k edge --padding 0,1,2,3", "conv edge 3x3, padding 0,1,2,3"),
        ("pool -s 3", "pool max 3x3"),
        ("pool -s 3 --stride 3x2 --ceil", "pool max 3x3, stride 3x2, ceil"),
        ("pool -s 2 --padding 1 --dilation 2", "pool max 2x2, padding 1, dilation 2"),
        ("pool -s 2x1 --padding same", "pool max 2x1, padding same"),
        ("conv -k edge -k box5 --combine sum --stride 2", "sum of edge 3x3, box5 5x5, stride 2"),
    ],
)
def test_a_stage_names_what_its_maps_size_comes_of(text, stage):
    (row,) = foretold("20x30", text).rows
    assert row.stage == stage


@pytest.mark.parametrize("padding", ["same", "same_lower", "valid", "full", "3", "1,2,3,4"])
@pytest.mark.parametrize("dilation", [1, 2])
def test_the_places_of_windows_give_the_size(padding, dilation):
    text = f"conv -k '1 2 3; 4 5 6' --stride 2x3 --dilation {dilation} --padding {padding}"
    (row,) = foretold("20x31", text).rows
    (place,) = row.places
    assert (place.window, place.stride, place.dilation) == ((2, 3), (2, 3), (dilation, dilation))
    for axis, size in enumerate((20, 31)):  # as Dumoulin and Visin (2016) have it
        reach = (place.window[axis] - 1) * dilation + 1
        room = size + sum(place.padding[axis]) - reach
        assert row.shape[axis] == room // place.stride[axis] + 1


STAGES = [
    "relu", "abs", "sigmoid", "pool", "pool -s 3x2 --stride 1 --padding 1", "pool -m mean --ceil",
    "conv -k sobel_x", "conv -k '1 2' --stride 2x1 --padding full", "conv -k box5 --dilation 2",
    "conv -k edge -k identity --combine max --padding valid", "gray",
]  # fmt: skip


@given(st.lists(st.sampled_from(STAGES), min_size=1, max_size=4), st.integers(1, 20),
       st.integers(1, 20), st.sampled_from([1, 3]))  # fmt: skip
def test_shapes_are_what_comes_out(stages, height, width, channels):
    image = np.zeros((height, width, channels), np.uint8)
    operators = Pipeline.parse(" | ".join(stages)).operators
    try:
        maps = [Pipeline(operators[: n + 1], "p").run(image) for n in range(len(operators))]
    except ConvtoolError as error:
        with pytest.raises(ConvtoolError, match=str(error)[:30].split("(")[0]):
            shapes(operators, Header.of_array(image))
        return
    found = shapes(operators, Header.of_array(image))
    assert [row.shape for row in found.rows] == [map_.shape for map_ in maps]
    assert (found.inputs, found.outputs) == (image.size, maps[-1].size)


def test_multiply_adds_are_counted_one_by_one():
    count = 0
    for _row in range(0, 10, 2):  # conv -k 2x3 --stride 2x1, padding same, of 10x7x3
        for _col in range(7):
            for _channel in range(3):
                for _weight in range(6):
                    count += 1
    (row,) = foretold("10x7x3", "conv -k '1 0 1; 1 1 1' --stride 2x1").rows
    assert (row.weights, row.multiply_adds) == (6, count)


@pytest.mark.parametrize("text", [
    "conv -k gaussian7 --stride 2 | relu", "pool -m median -s 3 --stride 1 --padding 1",
    "conv -k sobel_x -k sobel_y --combine magnitude", "conv -k '1 2 3; 4 5 6' --border wrap",
])  # fmt: skip
def test_huge_images_take_neither_time_nor_memory(text):
    found = foretold("2000000000x1000000000x3", text)
    assert found.fully_connected > 10**35
    assert found.rows[-1].shape[0] >= 10**9


@pytest.mark.parametrize(
    ("size", "message"),
    [
        ("0x4", "size: found 0 rows, expected 1 to 2147483647"),
        ("4x2147483648", "size: found 2147483648 columns"),
        ("4x4x65537", "size: found 65537 channels, expected 1 to 65536"),
        ("9" * 5000 + "x1", "size: found a number of 5000 digits rows"),
    ],
)
def test_sizes_that_no_image_has(size, message):
    with pytest.raises(ConvtoolError, match=message):
        header_of_size(size)


@pytest.mark.parametrize(
    "text", ["photo.png", "480", "4x", "x4", "4x4x4x4x4", "-4x4", "4 x 4", "4x٤"]
)
def test_what_is_no_size(text):
    assert header_of_size(text) is None


def test_windows_beyond_the_image_that_are_too_many_to_count():
    with pytest.raises(ConvtoolError, match="reach beyond the image, too many to count"):
        foretold("10x10", "pool --size 900000000 --stride 1 --padding 800000000")


def test_alpha_is_a_channel_and_no_value():
    header = header_of_size("5x6x4")._replace(channels=("R", "G", "B", "A"))
    found = shapes(Pipeline.parse("conv -k edge").operators, header)
    assert (found.alpha, found.input, found.rows[0].shape) == (True, (5, 6, 4), (5, 6, 4))
    assert (found.inputs, found.multiply_adds) == (90, 9 * 90)
