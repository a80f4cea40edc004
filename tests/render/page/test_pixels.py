"""The page's pixels and costs beside convtool's own."""

import numpy as np
import pytest
from helpers.node import evaluated, needs_node

from convtool import find_kernel
from convtool.core.choices import RANGES
from convtool.inspect.shapes import header_of_size, shapes
from convtool.kernel.lookup import bundled_folder, file_names, listed_filters
from convtool.pipeline.pipeline import Pipeline
from convtool.pipeline.tone import Extremes, Tone

IMPORTS = "import { RANGES, pixelsBy } from './pixels.js';"
PIXELS = """({data, white, single}) => RANGES.map((range) => {
  const values = data.map(Number);
  const made = pixelsBy(range, {data: values}, {white, single});
  return values.map(made.of);
})"""
VALUES = [
    [-3.5, 0, 0.5, 1.5, 2.5, 99.7, 300], [7.0], [0, 0.2, 0.7, 1], [np.inf], [1e308, -1e308, 0],
    [np.inf, -np.inf, np.nan], [np.nan, np.inf, -np.inf, 3.0], [-1.0, np.nan, np.inf, 7.0],
    [5e-324, 1e-323, 0],
]  # fmt: skip
NEAR_TIES = (np.arange(-20, 5) / 9 + np.arange(25) / 3).tolist()


@needs_node
@pytest.mark.parametrize("white", [None, 1.0, 255.0, 65535.0])
@pytest.mark.parametrize("single", [False, True])
@pytest.mark.parametrize("values", [*VALUES, NEAR_TIES], ids=str)
def test_pixels_are_those_of_a_png(tmp_path, white, values, single):
    texts = [str(value).replace("inf", "Infinity") for value in values]
    given = {"data": texts, "white": white, "single": single}
    found = evaluated(IMPORTS, PIXELS, given, tmp_path)
    with np.errstate(over="ignore", under="ignore"):
        band = np.array(values, np.float32 if single else float).reshape(1, -1, 1)
    for range_, pixels in zip(RANGES, found, strict=True):
        depth = 16 if white == 65535 else 8
        tone = Tone(range_, white, depth, extremes=Extremes.of(band))
        assert pixels == tone.pixels(band)[0].ravel().tolist(), range_


@needs_node
def test_separable_kernels_are_products_and_others_have_rank_above_one(tmp_path):
    folder = bundled_folder()
    kernels = [
        one.weights for name in file_names(folder) for one in listed_filters(f"{folder}/{name}")
    ]
    kernels.append(find_kernel("gaussian:7,1.5").weights)
    answer = "(all) => all.map(factors)"
    imports = "import { factors } from './cost.js';"
    found = evaluated(imports, answer, [one.tolist() for one in kernels], tmp_path)
    assert any(found)
    for weights, parts in zip(kernels, found, strict=True):
        assert (np.linalg.matrix_rank(weights) == 1) == (parts is not None)
        if parts:
            np.testing.assert_allclose(np.outer(parts["column"], parts["row"]), weights, atol=1e-9)


@needs_node
def test_costs_are_those_of_shape(tmp_path):
    words = "conv -k '1 2 3; 4 5 6' --stride 2 --padding valid"
    told = shapes(Pipeline.parse(words).operators, header_of_size("20x31x3"))
    stage = {"op": "conv", "weights": [[1, 2, 3], [4, 5, 6]]}
    rows, cols, channels = told.rows[0].shape
    sizes = {"stage": stage, "before": 20 * 31 * 3, "map": rows * cols * channels}
    answer = """({stage, before, map}) =>
        costOf(stage, {data: {length: before}}, {data: {length: map}})"""
    found = evaluated("import { costOf } from './cost.js';", answer, sizes, tmp_path)
    assert found == {
        "weights": told.weights, "adds": told.multiply_adds, "connected": told.fully_connected,
    }  # fmt: skip
