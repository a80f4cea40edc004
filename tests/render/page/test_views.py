"""Which part of a large map a grid shows, and what is marked in the row of stages."""

import re

import numpy as np
import pytest
from helpers.node import evaluated, needs_node
from helpers.page import middle, state, steps


def part(tab, name):
    """First and last row, first and last column that a grid says it shows; None: all."""
    text = tab.locator(f"#{name} > figcaption").text_content()
    found = re.search(r"rows (\d+) to (\d+), columns (\d+) to (\d+)", text)
    return found and tuple(int(number) for number in found.groups())


def cell_of(tab, name, row, col):
    """The middle of a cell of a grid that shows a part of a map, away from its border."""
    top, bottom, left, right = part(tab, name)
    box = tab.locator(f"#{name} canvas").bounding_box()
    down = (row - top + 0.5) / (bottom - top + 1)
    across = (col - left + 0.5) / (right - left + 1)
    return box["x"] + across * box["width"], box["y"] + down * box["height"]


@pytest.fixture
def large(opened, small):
    return opened("small.png", "-k", "edge", "--at", "20,20")


def test_cells_too_small_for_numbers_are_seen_in_part(large):
    for name in ("input", "map"):
        top, bottom, left, right = part(large, name)
        assert top < 19 < 21 < bottom
        assert left < 19 < 21 < right
        box = large.locator(f"#{name} canvas").bounding_box()
        assert box["width"] / (right - left + 1) >= 26
    large.locator("#numbers").uncheck()
    assert part(large, "input") is None
    assert part(large, "map") is None
    assert large.locator("#stages .part").count() == 0
    large.locator("#numbers").check()
    assert part(large, "map") is not None
    assert large.locator("#stages .part").count() == 2


def test_a_small_map_is_seen_whole(opened, matrix):
    tab = opened(*matrix)
    assert part(tab, "input") is None
    assert part(tab, "map") is None
    assert tab.locator("#near").is_hidden()


def test_a_cell_is_what_is_under_the_pointer(large):
    top, _, left, _ = part(large, "map")
    large.mouse.click(*cell_of(large, "map", top + 3, left + 5))
    assert (state(large)["row"], state(large)["col"]) == (top + 3, left + 5)
    top, _, left, _ = part(large, "input")
    large.mouse.click(*cell_of(large, "input", top + 4, left + 2))
    assert (state(large)["row"], state(large)["col"]) == (top + 4, left + 2)


def test_pointing_never_moves_what_is_pointed_at(large):
    before = {name: part(large, name) for name in ("input", "map")}
    for name, reach in (("map", 1), ("input", 0)):
        top, bottom, left, right = before[name]
        for row, col in ((top, left), (bottom, right), (top, right)):
            large.mouse.move(*cell_of(large, name, row, col))
            assert f"value at row {row}, column {col}" in steps(large)
            assert part(large, name) == before[name]
            first, last, begin, end = part(large, "input" if name == "map" else "map")
            assert first <= row - reach
            assert row + reach <= last
            assert begin <= col - reach
            assert col + reach <= end
        large.mouse.move(5, 5)
        assert {one: part(large, one) for one in before} == before


def test_the_part_goes_with_the_place(large):
    before = part(large, "map")
    large.locator("#map canvas").press("ArrowRight")
    assert part(large, "map") == before
    for _ in range(20):
        large.locator("#map canvas").press("ArrowRight")
    top, bottom, left, right = part(large, "map")
    assert (top, bottom) == before[:2]
    assert left <= 41 < right
    assert right - left == before[3] - before[2]


WRITTEN = """() => {
  window.written = {};
  const { fillText } = CanvasRenderingContext2D.prototype;
  CanvasRenderingContext2D.prototype.fillText = function (text, ...place) {
    (window.written[this.font] ??= []).push(text);
    return fillText.call(this, text, ...place);
  };
}"""


@pytest.mark.parametrize("width", [360, 1280])
def test_every_cell_has_its_number_in_letters_of_one_size(opened, small, width):
    tab = opened("small.png", "conv -k 'gaussian:5,1.1' | relu", "--at", "20,20")
    tab.set_viewport_size({"width": width, "height": 800})
    tab.evaluate(WRITTEN)
    tab.locator("#stage-1").press("Enter")
    tab.locator("#channel").select_option("G")
    tab.evaluate("window.written = {}")
    tab.locator("#channel").select_option("R")
    ((_, texts),) = tab.evaluate("Object.entries(window.written)")
    expected = []
    for name in ("input", "map"):
        top, bottom, left, right = part(tab, name)
        expected += [(row, col) for row in range(top, bottom + 1) for col in range(left, right + 1)]
    assert len(texts) == len(expected)
    top, _, left, _ = part(tab, "input")
    assert texts[0] == str(small[top, left, 0])


def test_the_address_waits_while_a_key_is_held(opened, matrix):
    tab = opened(*matrix)
    tab.locator("#map canvas").focus()
    tab.keyboard.down("ArrowRight")
    tab.keyboard.down("ArrowRight")
    assert "value at row 1, column 3" in steps(tab)
    assert state(tab)["col"] == 2
    tab.keyboard.up("ArrowRight")
    assert state(tab)["col"] == 3


@needs_node
def test_a_part_moves_no_further_than_it_must(tmp_path):
    rng = np.random.default_rng(5)
    cases = []
    for _ in range(500):
        count, first = int(rng.integers(4, 12)), int(rng.integers(-3, 1))
        size = count + int(rng.integers(0, 30))
        start = int(rng.integers(first, first + size - 3))
        past = first + size - count
        cases.append([int(rng.integers(first, past + 1)), count, first, size, [start, start + 3]])
    found = evaluated(
        "import { placed } from './grid.js';",
        "(all) => all.map((one) => placed(...one))",
        cases,
        tmp_path,
    )
    for (old, count, first, size, (start, stop)), new in zip(cases, found, strict=True):
        assert first <= new <= first + size - count
        holds = [
            at
            for at in range(first, first + size - count + 1)
            if at <= start and stop <= at + count
        ]
        assert new == min(holds, key=lambda at: abs(at - old))


def test_a_small_map_takes_to_where_it_is_pressed(opened, matrix):
    tab = opened(*matrix)
    box = tab.locator("#stage-1 canvas").bounding_box()
    at = {"x": 2.5 * box["width"] / 4, "y": 3.5 * box["height"] / 4}
    tab.locator("#stage-1 canvas").click(position=at)
    assert (state(tab)["row"], state(tab)["col"]) == (3, 2)


def test_the_element_that_won_is_marked_in_every_map_before(opened, matrix):
    tab = opened("m.csv", "relu | pool | pool", "--at", "0,0")
    for number, (row, col, size) in enumerate([(1, 1, 4), (1, 1, 4), (0, 0, 2)]):
        mark = tab.locator("#stages .small").nth(number).locator(".followed")
        box = tab.locator("#stages .small").nth(number).bounding_box()
        x, y = middle(mark)
        place = [(y - box["y"]) / box["height"] * size, (x - box["x"]) / box["width"] * size]
        np.testing.assert_allclose(place, [row + 0.5, col + 0.5], atol=0.1)
    assert tab.locator("#stages .small").nth(3).locator(".followed").count() == 0


def test_the_path_moves_with_what_is_pointed_at(opened, matrix):
    tab = opened("m.csv", "relu | pool", "--at", "0,0")
    box = tab.locator("#map canvas").bounding_box()
    tab.mouse.move(box["x"] + box["width"] / 4, box["y"] + 3 * box["height"] / 4)
    small = tab.locator("#stages .image .small")
    x, y = middle(small.locator(".followed"))
    whole = small.bounding_box()
    assert (y - whole["y"]) / whole["height"] == pytest.approx(3.5 / 4, abs=0.03)
    assert (x - whole["x"]) / whole["width"] == pytest.approx(1.5 / 4, abs=0.03)
