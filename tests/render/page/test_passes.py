"""A separable kernel in two passes."""

import numpy as np
import pytest
from helpers.node import evaluated, needs_node
from helpers.page import cells, steps


@needs_node
def test_two_passes_have_the_sum_of_one(tmp_path):
    rng = np.random.default_rng(7)
    given = [
        (rng.normal(size=rows), rng.integers(-4, 5, columns), rng.normal(size=(rows, columns)))
        for rows, columns in ((2, 2), (3, 5), (7, 4), (11, 11))
    ]
    kernels = [[np.outer(column, row).tolist(), pixels.tolist()] for column, row, pixels in given]
    found = evaluated(
        "import { factors, inPasses } from './cost.js';",
        "(all) => all.map(([weights, pixels]) => inPasses(factors(weights), pixels).sum)",
        kernels,
        tmp_path,
    )
    expected = [(np.outer(column, row) * pixels).sum() for column, row, pixels in given]
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12)


@pytest.fixture
def passes(opened, matrix):
    """The page of a kernel that is the column 1, 2 times the row 3, -1."""
    matrix[2] = "3 -1; 6 -2"
    tab = opened(*matrix, "--bias", "5")
    tab.locator("#passes summary").click()
    tab.locator("#passes table").first.wait_for()
    return tab


def test_the_window_is_summed_down_then_across(passes):
    lines = [cells(line) for line in passes.locator("#passes tr").all()]
    assert lines == [[1, 9, 1], [2, 3, 2], [15, 5], [3, -1], [45, -5]]
    said = passes.locator("#passes p").text_content()
    assert said == "Their sum is 40, as in one pass. Divisor and bias follow as above."
    assert steps(passes)["sum of the products"] == "40"


def test_pointing_at_a_sum_lights_its_column(passes):
    passes.locator("#passes tr").nth(2).locator("td").nth(1).hover()
    assert cells_lit(passes, "#window") == [1, 2]
    assert cells_lit(passes, "#passes") == [1, 1, 2, 2, 5, -1, -5]


def cells_lit(tab, place):
    texts = tab.locator(f"{place} td.lit").all_text_contents()
    return [float(text) for text in texts]


def test_the_passes_follow_the_weights(passes):
    passes.locator("#weight-0-0").press("ArrowUp")
    assert passes.locator("#passes").is_hidden()
    passes.locator("#undo").click()
    assert "Their sum is 40," in passes.locator("#passes p").text_content()
    passes.locator("#map canvas").press("ArrowRight")
    assert "Their sum is 8," in passes.locator("#passes p").text_content()
    assert steps(passes)["sum of the products"] == "8"


def test_each_channel_has_its_passes(opened, small):
    tab = opened("small.png", "-k", "gaussian:5,1.1", "--at", "20,20")
    tab.locator("#channel").select_option("all")
    tab.locator("#passes summary").click()
    tab.locator("#passes table").first.wait_for()
    assert tab.locator("#passes caption").all_text_contents() == ["R", "G", "B"]
    said = tab.locator("#passes p").text_content()
    sums = tab.locator("#steps dd:not(.value)").all_text_contents()[3:]
    assert said == f"Their sum is {', '.join(sums)}, as in one pass."
