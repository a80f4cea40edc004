"""Numbers and colours of the page."""

import numpy as np
import pytest
from helpers.node import evaluated, needs_node

from convtool.inspect.steps.base import numeral

NUMBERS = [0, -27, 2 / 3, 1e-9, 123456789012, 1e15, -1e300, 0.1, 1234567.5, 2.0625, -0.000123456789]


@needs_node
def test_numbers_are_those_of_the_command(tmp_path):
    imports = "import { numeral } from './cells.js';"
    found = evaluated(imports, "(all) => all.map(numeral)", NUMBERS, tmp_path)
    assert [float(text) for text in found] == [float(numeral(n)) for n in NUMBERS]
    assert found[:3] == ["0", "-27", "0.666667"]


@needs_node
def test_numbers_in_cells_are_short_and_near(tmp_path):
    rng = np.random.default_rng(3)
    numbers = [*(rng.normal(size=200) * 10.0 ** rng.integers(-18, 6, 200)), 65535, -4080, 0.06648]
    imports = "import { brief } from './grid.js';"
    found = evaluated(imports, "(all) => all.map(brief)", numbers, tmp_path)
    for number, text in zip(numbers, found, strict=True):
        digits = 1e-3 if abs(number) >= 1 else 0.1
        assert float(text) == pytest.approx(number, rel=digits)
        assert len(text) <= 8
    assert found[-3:] == ["65535", "-4080", "0.06648"]


@needs_node
def test_letters_are_readable_on_every_colour(tmp_path):
    imports = "import { grey, inkOn, luminance, signed } from './cells.js';"
    answer = """() => {
      const colors = { ground: [255, 255, 255], positive: [38, 96, 176], negative: [197, 84, 32] };
      const dark = { ground: [34, 39, 45], positive: [91, 155, 240], negative: [240, 138, 75] };
      const parts = Array.from({ length: 256 }, (_, i) => i / 255);
      const grounds = parts.flatMap((n) => [grey(n, 1), ...[colors, dark].flatMap((theme) =>
        [signed(n, 1, theme), signed(-n, 1, theme)])]);
      return Math.min(...grounds.map((ground) => {
        const light = luminance(ground) + 0.05;
        return inkOn(ground) === "#ffffff" ? 1.05 / light : light / 0.05;
      }));
    }"""
    assert evaluated(imports, answer, None, tmp_path) >= 4.5
