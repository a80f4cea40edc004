"""One channel, all of them, and grey."""

import numpy as np
from helpers.page import cells, state, steps

COLORS = """(name) => {
  const canvas = document.querySelector(name);
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  return [canvas.height, canvas.width, [...data]];
}"""


def test_all_channels_are_seen_beside_one_another(opened, small):
    tab = opened("small.png", "-k", "edge", "--at", "20,20")
    tab.locator("#channel").select_option("all")
    patch = small[19:22, 19:22].astype(float)
    weights = np.array(cells_of_kernel(tab)).reshape(3, 3)
    for channel, name in enumerate("RGB"):
        table = tab.locator("#window table").nth(channel)
        assert table.locator("caption").text_content() == name
        assert cells(table) == list(patch[..., channel].ravel())
        products = patch[..., channel] * weights
        assert cells(tab.locator("#products table").nth(channel)) == list(products.ravel())
    numbers = tab.locator("#steps dd").all_text_contents()
    sums = [(patch[..., channel] * weights).sum() for channel in range(3)]
    assert numbers[:3] == ["R", "G", "B"]
    assert [float(text) for text in numbers[3:6]] == sums
    assert tab.locator("#kernel table").count() == 1


def cells_of_kernel(tab):
    return [float(one.input_value()) for one in tab.locator("#kernel input").all()]


def test_the_maps_of_all_channels_are_the_pixels(opened, small):
    tab = opened("small.png", "conv -k '0 0 0; 0 1 0; 0 0 0' | relu", "--at", "20,20")
    tab.locator("#channel").select_option("all")
    for number in (1, 2):
        rows, cols, values = tab.evaluate(COLORS, f"#stage-{number} canvas")
        assert np.array_equal(np.reshape(values, (rows, cols, 4))[..., :3], small)


def test_a_grid_of_all_channels_is_in_colour(opened, small):
    tab = opened("small.png", "-k", "identity", "--at", "20,20")
    tab.locator("#numbers").uncheck()
    tab.locator("#channel").select_option("all")
    rows, cols, values = tab.evaluate(COLORS, "#map canvas")
    found = np.reshape(values, (rows, cols, 4))[..., :3]
    cell = rows // 40
    assert np.array_equal(found[cell // 2 :: cell, cell // 2 :: cell][:10, :10], small[:10, :10])


def test_grey_is_a_stage_in_front_and_goes_again(opened, small):
    tab = opened("small.png", "conv -k edge | pool", "--at", "5,6")
    tab.locator("#channel").select_option("grey")
    assert [one["op"] for one in state(tab)["stages"]] == ["gray", "conv", "pool"]
    assert state(tab)["stage"] == 2
    assert tab.locator("#channel").input_value() == "gray"
    assert "gray | conv" in tab.locator("#command").text_content()
    tab.locator("#channel").select_option("B")
    assert [one["op"] for one in state(tab)["stages"]] == ["conv", "pool"]
    assert (state(tab)["stage"], state(tab)["channel"]) == (1, 2)
    tab.locator("#undo").click()
    assert state(tab)["stages"][0]["op"] == "gray"


def test_grey_alone_stays(opened, small):
    tab = opened("small.png", "gray", "--at", "5,6")
    tab.locator("#channel").select_option("G")
    assert tab.locator("#channel").input_value() == "gray"
    assert cells(tab.locator("#window")) == list(small[5, 6])


def test_all_channels_are_kept_in_the_address(opened, small):
    tab = opened("small.png", "conv -k edge | pool", "--at", "5,6")
    tab.locator("#channel").select_option("all")
    again = opened("small.png", "-k", "edge", "--at", "5,6", fragment=tab.evaluate("location.hash"))
    assert again.locator("#channel").input_value() == "-1"
    assert (
        again.locator("#steps dd").all_text_contents()
        == tab.locator("#steps dd").all_text_contents()
    )


def test_an_image_of_one_channel_has_no_choice(opened, matrix):
    tab = opened(*matrix)
    assert tab.locator("#channels").is_hidden()
    assert steps(tab)["sum of the products"] == "11"
