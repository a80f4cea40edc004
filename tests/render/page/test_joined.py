"""The page of combined kernels, of a layer, of a footprint: a window for each part of the value."""

import shlex
import tomllib

import numpy as np
import pytest
from helpers.page import cells, middle, state, steps

from convtool import Pipeline

COLORS = np.random.default_rng(3).integers(0, 256, (9, 11, 3)).astype(np.uint8)
LAYER = np.array([[[[1, 2], [0, -1]]] * 3, [[[0, 1], [0, 0]], [[3, 0], [0, 0]], [[0, 0], [0, -2]]]])


@pytest.fixture
def layer(folder):
    np.save(folder / "layer.npy", LAYER)
    np.save(folder / "colors.npy", COLORS)
    return ["colors.npy", "conv -k layer.npy --padding valid | relu", "--at", "2,3"]


def test_combined_kernels_have_a_window_each(opened, folder, matrix):
    tab = opened(
        "m.csv", "-k", "1 0; 0 -1", "-k", "0 1; -1 0", "--combine", "magnitude", "--at", "0,0"
    )
    tables = tab.locator("#products table")
    assert [cells(tables.nth(i)) for i in (0, 1)] == [[1, 0, 0, -9], [0, 3, -2, 0]]
    assert steps(tab)["the root of the sum of squares"] == "8.06226"
    tab.locator("#weight-1-0-1").fill("5")
    tab.locator("#weight-1-0-1").press("Enter")
    assert cells(tables.nth(1)) == [0, 15, -2, 0]
    tab.locator("#field-how").select_option("abs-max")
    assert steps(tab)["the largest size"] == "13"
    assert "--combine abs-max" in tab.locator("#command").text_content()
    tab.locator("#undo").click()
    tab.locator("#undo").click()
    assert steps(tab)["the root of the sum of squares"] == "8.06226"


def test_a_layer_adds_up_the_windows_of_all_channels(opened, layer):
    tab = opened(*layer)
    tab.locator("#stage-1").click()
    row, col = state(tab)["row"], state(tab)["col"]
    patch = COLORS[row : row + 2, col : col + 2].astype(int)
    found = [cells(tab.locator("#products table").nth(i)) for i in range(3)]
    assert found == [(patch[..., i] * LAYER[0, i]).ravel().tolist() for i in range(3)]
    assert float(steps(tab)["sum of the products"]) == (patch * LAYER[0].transpose(1, 2, 0)).sum()
    tab.locator("#channel").select_option("1")
    expected = (patch * LAYER[1].transpose(1, 2, 0)).sum()
    assert float(steps(tab)["sum of the products"]) == expected
    assert tab.locator("#kernel input").count() == 0
    assert tab.locator("#command").text_content().endswith("colors.npy -o map.npy")


def test_the_terms_of_a_layer_go_through_all_its_windows(opened, layer):
    tab = opened(*layer)
    tab.locator("#stage-1").click()
    whole = steps(tab)["sum of the products"]
    tab.locator("#terms").check()
    for _ in range(5):
        tab.locator("#next").click()
    assert "sum of the first 6" in steps(tab)
    assert tab.locator("#products td.later").count() == 6
    for _ in range(6):
        tab.locator("#next").click()
    assert steps(tab)["sum of the products"] == whole


def test_the_fragment_has_no_weights_of_a_layer_and_shows_it_again(opened, layer):
    tab = opened(*layer)
    tab.locator("#stage-1").click()
    tab.locator("#field-stride-0").fill("2")
    tab.locator("#field-stride-0").press("Enter")
    kept = state(tab)["stages"][0]
    assert kept["stride"] == [2, 1]
    assert "weights" not in kept
    again = opened(*layer, fragment=tab.evaluate("location.hash"))
    assert steps(again) == steps(tab)


def test_a_layer_after_grey_is_refused_with_a_word(opened, layer):
    tab = opened(*layer)
    tab.locator("#stage-1").click()
    tab.locator("#op").select_option("gray")
    tab.locator("#add").click()
    tab.locator("#earlier").click()
    assert (
        "The layer takes 3 channels, and its input has 1" in tab.locator("#refused").text_content()
    )


def test_elements_outside_a_footprint_are_dots(opened, matrix):
    tab = opened("m.csv", "--pool", "max", "--footprint", "1 0; 0 1", "--at", "0,0")
    assert tab.locator("#window td").all_text_contents() == ["1", "·", "·", "9"]
    assert '--footprint "1 0; 0 1"' in tab.locator("#command").text_content()
    tab.locator("#field-rectangle").click()
    assert tab.locator("#window td").all_text_contents() == ["1", "3", "2", "9"]


def test_a_weight_of_named_combined_kernels_is_dragged_and_undone(opened, matrix):
    tab = opened("m.csv", "-k", "sobel_x", "-k", "sobel_y", "--combine", "magnitude", "--at", "1,1")
    x, y = middle(tab.locator("#weight-0-1"))
    tab.mouse.move(x, y)
    tab.mouse.down()
    tab.mouse.move(x, y - 40, steps=10)
    tab.mouse.up()
    assert state(tab)["stages"][0]["kernels"][0]["weights"][0][1] == 10
    assert tab.locator("#kernel caption").all_text_contents() == ["1", "sobel_y"]
    weight = tab.locator("#weight-1-0-0")
    weight.focus()
    for _ in range(3):
        weight.press("ArrowUp")
    assert state(tab)["stages"][0]["kernels"][1]["weights"][0][0] == 2
    for _ in range(4):
        tab.locator("#undo").click()
    assert tab.locator("#kernel caption").all_text_contents() == ["sobel_x", "sobel_y"]
    assert tab.locator("#undo").is_disabled()


def test_a_layer_is_named_by_its_files(opened, folder, layer):
    (folder / "models").mkdir()
    name = 'models/it\'s "a".npy'
    np.save(folder / name, LAYER)
    np.save(folder / "b.npy", np.array([1.0, 2.0]))
    words = """relu | conv -k "models/it's \\"a\\".npy" --bias-file b.npy"""
    tab = opened("colors.npy", words, "--at", "1,1")
    command = shlex.split(tab.locator("#command").text_content())
    (*_, made) = Pipeline.parse(command[2]).operators
    assert np.array_equal(made.weights, LAYER)
    assert made.bias.tolist() == [1, 2]
    toml = tomllib.loads(tab.locator("#toml").text_content())
    assert toml["stages"][1] == {"op": "conv", "kernel": name, "bias_file": "b.npy"}
