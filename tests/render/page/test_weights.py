"""The weights of the page are dragged."""

import pytest
from helpers.page import middle, state, steps


def weights(tab):
    return state(tab)["stages"][0]["weights"]


@pytest.mark.parametrize(("key", "unit"), [(None, 1), ("Shift", 0.1)])
def test_a_weight_follows_the_pointer_and_is_undone_at_once(opened, matrix, key, unit):
    tab = opened(*matrix)
    x, y = middle(tab.locator("#weight-0-1"))
    tab.mouse.move(x, y)
    tab.mouse.down()
    if key:
        tab.keyboard.down(key)
    for up in (3, 5, 9, 13):
        tab.mouse.move(x + up, y - up)
    assert steps(tab)["sum of the products"] == str(11 + 3 * unit)
    tab.mouse.move(x, y + 40)
    tab.mouse.up()
    assert weights(tab) == [[1, -10 * unit], [0, 1]]
    assert tab.evaluate("document.activeElement.id") != "weight-0-1"
    tab.locator("#undo").click()
    assert weights(tab) == [[1, 0], [0, 1]]
    assert tab.locator("#undo").is_disabled()
    tab.locator("#redo").click()
    assert weights(tab)[0][1] == -10 * unit


def test_a_weight_wider_than_its_place_is_dragged_on(opened, matrix):
    matrix[2] = "1 2 3 4 5;6 7 8 9 1;2 3 4 5 6"
    tab = opened(*matrix)
    x, y = middle(tab.locator("#weight-0-1"))
    tab.mouse.move(x, y)
    tab.mouse.down()
    tab.mouse.move(x, y - 400)
    tab.mouse.move(x, y - 480)
    tab.mouse.up()
    assert weights(tab)[0][:2] == [1, 122]


def test_a_click_goes_into_the_field(opened, matrix):
    tab = opened(*matrix)
    x, y = middle(tab.locator("#weight-0-1"))
    tab.mouse.move(x, y)
    tab.mouse.down()
    tab.mouse.move(x, y + 2)
    tab.mouse.up()
    tab.keyboard.type("7")
    tab.keyboard.press("Enter")
    assert weights(tab) == [[1, 7], [0, 1]]


def test_a_finger_drags_as_well(opened, matrix):
    tab = opened(*matrix, has_touch=True)
    x, y = middle(tab.locator("#weight-1-1"))
    touch = tab.context.new_cdp_session(tab)
    for kind, points in (
        ("touchStart", [y]),
        ("touchMove", [y - 20]),
        ("touchMove", [y - 28]),
        ("touchEnd", []),
    ):
        where = [{"x": x, "y": at} for at in points]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": where})
    tab.locator("#steps dd", has_text="25").first.wait_for()
    assert weights(tab) == [[1, 0], [0, 8]]
