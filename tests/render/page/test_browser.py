"""The page in a browser: it says that it agrees, and everything on it can be done by keyboard."""

import json
import urllib.parse

import numpy as np
import pytest
from helpers.page import state, steps
from PIL import Image


@pytest.mark.parametrize(
    "words",
    [
        ["conv -k gaussian:5,1.1 --stride 2 --border mirror | relu | pool"],
        ["gray | conv -k edge | tanh"],
        ["-k", "sobel_x", "--border", "constant", "--fill", "7"],
        ["--pool", "median", "--size", "3", "--padding", "1", "--stride", "2"],
        ["conv -k sharpen --padding full | pool -m lp --p 3 --ceil"],
    ],
)
def test_it_agrees_with_the_engine_in_every_value(opened, small, words):
    tab = opened("small.png", *words, "--at", "2,3")
    assert tab.locator("#agreement.agrees").count() == 1
    text = tab.locator("#agreement").text_content()
    agree, of = (int(word) for word in text.split() if word.isdigit())
    assert agree == of > 100


def test_a_wrong_engine_is_told_in_red(opened, convtool, folder, matrix, monkeypatch):
    from convtool.render.page import excerpt

    right = excerpt._filtered
    monkeypatch.setattr(excerpt, "_filtered", lambda *given: right(*given) + np.eye(4)[..., None])
    tab = opened(*matrix)
    assert "agrees with convtool in 12 of 16 values" in tab.locator("#agreement").text_content()
    assert "row 0, column 0" in tab.locator("#agreement.differs").text_content()


def test_the_sum_of_the_textbook(opened, matrix):
    tab = opened(*matrix)
    assert steps(tab) == {"sum of the products": "11", "value at row 1, column 1": "11"}
    assert tab.locator("#window td").all_text_contents() == ["9", "1", "3", "2"]
    assert tab.locator("#products td").all_text_contents() == ["9", "0", "0", "2"]


def test_arrow_keys_step_and_the_border_is_in_parentheses(opened, matrix):
    tab = opened(*matrix)
    tab.locator("#map canvas").press("ArrowDown")
    tab.locator("#map canvas").press("ArrowDown")
    tab.locator("#map canvas").press("ArrowRight")
    assert steps(tab) == {"sum of the products": "3", "value at row 3, column 2": "3"}
    assert tab.locator("#window td").all_text_contents() == ["1", "2", "(1)", "(2)"]
    assert (state(tab)["row"], state(tab)["col"]) == (3, 2)


def test_pointing_looks_and_a_click_stays(opened, matrix):
    tab = opened(*matrix)
    box = tab.locator("#map canvas").bounding_box()
    corner = box["x"] + box["width"] / 8, box["y"] + box["height"] / 8
    tab.mouse.move(*corner)
    assert "value at row 0, column 0" in steps(tab)
    tab.mouse.move(5, 5)
    assert "value at row 1, column 1" in steps(tab)
    tab.mouse.click(*corner)
    tab.mouse.move(5, 5)
    assert steps(tab) == {"sum of the products": "10", "value at row 0, column 0": "10"}


def test_a_weight_is_typed_undone_and_done_again(opened, matrix):
    tab = opened(*matrix)
    tab.locator("#weight-0-1").fill("-2.5")
    tab.locator("#weight-0-1").press("Enter")
    assert steps(tab)["sum of the products"] == "8.5"
    assert "1 -2.5; 0 1" in tab.locator("#command").text_content()
    tab.locator("#weight-0-0").press("ArrowUp")
    assert steps(tab)["sum of the products"] == "17.5"
    tab.locator("#map canvas").press("Control+z")
    assert steps(tab)["sum of the products"] == "8.5"
    tab.locator("#undo").click()
    assert steps(tab)["sum of the products"] == "11"
    tab.locator("#redo").click()
    assert steps(tab)["sum of the products"] == "8.5"
    tab.locator("#reset").click()
    assert steps(tab)["sum of the products"] == "11"


def test_a_weight_that_is_no_number_changes_nothing(opened, matrix):
    tab = opened(*matrix)
    tab.locator("#weight-0-0").fill("<b>")
    tab.locator("#weight-0-0").press("Enter")
    assert steps(tab)["sum of the products"] == "11"


def test_stages_are_added_moved_and_removed(opened, matrix):
    tab = opened(*matrix)
    tab.locator("#op").select_option("pool")
    tab.locator("#add").click()
    assert tab.locator("#stages [role=tab] .name").all_text_contents() == [
        "conv kernel 2x2", "pool max 2x2",
    ]  # fmt: skip
    tab.locator("#field-mode").select_option("mean")
    assert "pool --mode mean" in tab.locator("#command").text_content()
    tab.locator("#earlier").click()
    assert state(tab)["stages"][0]["op"] == "pool"
    tab.locator("#remove").click()
    assert [one["op"] for one in state(tab)["stages"]] == ["conv"]


def test_what_does_not_fit_is_told_and_can_be_mended(opened, matrix):
    tab = opened(*matrix)
    tab.locator("#field-padding").select_option("valid")
    tab.locator("#field-size-0").fill("7")
    tab.locator("#field-size-0").press("Enter")
    assert "7x2 does not fit into 4x4" in tab.locator("#refused").text_content()
    tab.locator("#undo").click()
    assert tab.locator("#refused").is_hidden()


def test_the_fragment_shows_the_same(opened, matrix):
    tab = opened(*matrix)
    tab.locator("#weight-1-1").fill("4")
    tab.locator("#weight-1-1").press("Enter")
    tab.locator("#map canvas").press("ArrowUp")
    again = opened(*matrix, fragment=tab.evaluate("location.hash"))
    assert steps(again) == steps(tab)
    assert state(again) == state(tab)


@pytest.mark.parametrize(
    "fragment", ["#%", "#x", "#" + urllib.parse.quote('{"stages":[{"op":9}]}')]
)
def test_a_broken_fragment_is_none(opened, matrix, fragment):
    assert steps(opened(*matrix, fragment=fragment))["sum of the products"] == "11"


def test_terms_appear_one_by_one(opened, matrix):
    tab = opened(*matrix)
    tab.locator("#terms").check()
    assert steps(tab)["sum of the first 1"] == "9"
    for _ in range(3):
        tab.locator("#next").click()
    assert steps(tab)["sum of the products"] == "11"
    tab.locator("#next").click()
    assert "value at row 1, column 2" in steps(tab)


def test_it_plays_and_pauses(opened, matrix):
    tab = opened(*matrix)
    tab.locator("#speed").fill("6")
    tab.locator("#play").click()
    tab.locator("#steps dt.value", has_text="row 3").wait_for()
    tab.locator("#play").click()
    assert tab.locator("#play").get_attribute("aria-label") == "play"


def test_a_stage_before_is_seen_at_the_element_that_won(opened, matrix):
    tab = opened("m.csv", "relu | pool", "--at", "1,0")
    tab.locator("#stage-1").click()
    assert (state(tab)["row"], state(tab)["col"]) == (3, 1)
    tab.locator("#stage-1").press("ArrowRight")
    assert (state(tab)["stage"], state(tab)["row"], state(tab)["col"]) == (1, 1, 0)


@pytest.mark.parametrize(("locale", "chinese"), [("zh-CN", True), ("fr", False)])
def test_the_language_is_the_browser_s_and_may_be_switched(opened, matrix, locale, chinese):
    tab = opened(*matrix, locale=locale)
    assert ("乘积之和" in steps(tab)) == chinese
    tab.locator("#language").select_option("en" if chinese else "zh")
    assert ("乘积之和" in steps(tab)) != chinese
    assert tab.evaluate("document.documentElement.lang") == ("en" if chinese else "zh-Hans")


def test_hostile_names_are_shown_as_they_are(opened, folder, small):
    name = "<img src=x onerror=alert(1)>.png"
    Image.open(folder / "small.png").save(folder / name)
    (folder / "k<b>.txt").write_text("1 2\n3 4\n")
    tab = opened(name, "-k", "./k<b>.txt", "--at", "1,1")
    assert name in tab.locator("h1").text_content()
    assert tab.locator("h1 img, #stages b").count() == 0


def test_a_picture_of_the_reader_s_own(opened, matrix, folder, photo):
    Image.fromarray(photo).save(folder / "own.png")
    tab = opened("m.csv", "-k", "sobel_x", "--at", "1,1")
    tab.locator("#file").set_input_files(folder / "own.png")
    tab.locator("h1", has_text="own.png").wait_for()
    top, left = (photo.shape[0] - 96) // 2, (photo.shape[1] - 96) // 2
    _assert_window(tab, photo[top : top + 3, left : left + 3, 0])
    tab.locator("#field-piece-0").fill("10")
    tab.locator("#field-piece-1").fill("20")
    tab.locator("#field-piece-1").press("Enter")
    _assert_window(tab, photo[10:13, 20:23, 0])
    assert "Picture or stages were changed" in tab.locator("#agreement").text_content()
    assert "own.png" in tab.locator("#command").text_content()


def _assert_window(tab, pixels):
    found = tab.locator("#window td").all_text_contents()
    assert found == [str(pixel) for pixel in pixels.ravel()]


@pytest.mark.parametrize("kind", ["text", "transparent"])
def test_a_file_that_cannot_be_shown_leaves_the_picture(opened, matrix, folder, kind):
    if kind == "text":
        (folder / "own.png").write_text("no picture")
    else:
        Image.new("RGBA", (9, 9)).save(folder / "own.png")
    tab = opened(*matrix)
    tab.locator("#file").set_input_files(folder / "own.png")
    tab.locator("#refused", has_text="picture").wait_for()
    assert "m.csv" in tab.locator("h1").text_content()
    assert steps(tab)["sum of the products"] == "11"


def test_a_very_long_name_leaves_room_for_the_numbers(opened, folder, small):
    (folder / "k.json").write_text(json.dumps({"name": "w" * 10_000, "weights": [[1, 2], [3, 4]]}))
    tab = opened(
        "small.png", "conv -k k.json | relu", "--at", "1,1", viewport={"width": 360, "height": 800}
    )
    assert tab.evaluate("document.documentElement.scrollWidth") <= 360
    assert tab.evaluate("document.documentElement.scrollHeight") < 4000


@pytest.mark.parametrize("width", [360, 1280, 3840])
@pytest.mark.parametrize("words", ["gray | conv -k log5 | relu | pool", "conv -k motion9 --bias 4"])
def test_nothing_is_wider_than_the_window(opened, small, width, words):
    tab = opened("small.png", words, "--at", "2,3", viewport={"width": width, "height": 800})
    for number in range(1, len(words.split("|")) + 1):
        tab.locator(f"#stage-{number}").click()
        assert tab.evaluate("document.documentElement.scrollWidth") <= width


USABLE = """() => [...document.querySelectorAll("button, select, input, canvas[tabindex]")]
    .filter((one) => one.offsetParent && !one.closest("label"))
    .filter((one) => !(one.tagName === "BUTTON" && one.textContent.trim()))
    .filter((one) => !one.getAttribute("aria-label") && !one.getAttribute("aria-labelledby"))
    .map((one) => one.outerHTML)"""
"""What can be used and has no name that a screen reader says."""


def test_everything_that_can_be_used_has_a_name(opened, small):
    tab = opened("small.png", "conv -k edge | pool", "--at", "2,3")
    for number in (1, 2):
        tab.locator(f"#stage-{number}").click()
        assert tab.evaluate(USABLE) == []


def test_a_kernel_that_is_no_longer_separable_is_shown_whole(opened, matrix):
    matrix[2] = "box3"
    tab = opened(*matrix, "--padding", "1")
    separable = tab.locator("#fields .formula", has_text="Separable")
    assert separable.count() == 1
    weight = tab.locator("#kernel input").first
    weight.focus()
    weight.press("ArrowUp")
    assert separable.count() == 0
    assert tab.locator("#agreement.agrees").count() == 1
    assert steps(tab)["sum of the products"] == "25"
    tab.locator("#field-preset").select_option("box3")
    assert separable.count() == 1
    assert steps(tab)["sum of the products"] == "24"


def test_a_stage_that_finds_no_window_can_be_undone(opened, matrix):
    tab = opened("m.csv", "--pool", "max", "--size", "global", "--at", "0,0")
    tab.locator("#op").select_option("pool")
    tab.locator("#add").click()
    assert tab.locator("#refused").is_visible()
    tab.reload()
    assert tab.locator("#refused").is_visible()
    tab.locator("#remove").click()
    assert tab.locator("#refused").is_hidden()
    tab.locator("#undo").click()
    assert tab.locator("#refused").is_visible()


def test_a_second_picture_can_be_moved_over_as_well(opened, folder, matrix):
    tab = opened(*matrix)
    for name, size in (("one.png", (160, 160)), ("two.png", (300, 240))):
        Image.new("RGB", size, (9, 8, 7)).save(folder / name)
        tab.locator("#file").set_input_files(folder / name)
        expected = f"of {size[1]}x{size[0]} pixels"
        tab.locator("#about", has_text=expected).wait_for()
    field = tab.locator("#pieces input").nth(1)
    field.fill("200")
    field.press("Enter")
    tab.locator("#about", has_text="columns 200 to 295").wait_for()
