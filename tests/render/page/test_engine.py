"""The page's engine beside convtool's own, value by value."""

import numpy as np
import pytest
from helpers.node import evaluated, needs_node
from helpers.pipelines import COLORS, FLOATS, PIPELINES, RANDOM, imaged

from convtool import ConvtoolError, Pipeline
from convtool.ops.conv import Conv
from convtool.render.page.described import described

IMPORTS = "import { run } from './engine.js';"
RUN = """({cases}) => cases.map(({stages, image}) => {
  try {
    const made = run(stages, {...image, data: Float64Array.from(image.data)}).at(-1);
    return {...made, data: Array.from(made.data, String)};
  } catch (error) { return {refused: error.key}; }
})"""


def _case(operators, image):
    stages = described(operators)
    rows, cols, channels = image.shape
    whole = image.dtype.kind == "u"
    data = image.ravel().tolist()
    given = {"rows": rows, "cols": cols, "channels": channels, "whole": whole, "data": data}
    return {"stages": stages, "image": given}


@needs_node
def test_every_value_of_some_500_pipelines(tmp_path):
    tried = imaged(PIPELINES)
    assert len(tried) > 500
    found = evaluated(
        IMPORTS,
        RUN,
        {"cases": [_case(Pipeline.parse(words).operators, image) for words, image in tried]},
        tmp_path,
    )
    for (words, image), made in zip(tried, found, strict=True):
        try:
            expected = Pipeline.parse(words).run(image)
        except ConvtoolError:
            assert "refused" in made, words
            continue
        assert "refused" not in made, words
        shape = made["rows"], made["cols"], made["channels"]
        assert shape == expected.shape, words
        values = np.array(made["data"], float).reshape(shape)
        exact = image.dtype.kind == "u" and np.all(expected == np.round(expected))
        bound = 0 if exact else 1e-5 * max(np.abs(expected).max(), np.abs(image).max())
        np.testing.assert_allclose(values, expected, rtol=0, atol=bound, err_msg=words)


LAYERS = [
    ((4, 3, 3, 3), {"bias": [1.5, -2, 0, 7]}), ((2, 3, 2, 2), {"stride": 2, "padding": "valid"}),
    ((6, 1, 3, 1), {"groups": 3, "border": "wrap"}), ((1, 3, 1, 1), {"divisor": 4, "bias": 3}),
    ((3, 3, 2, 4), {"anchor": (0, 3), "dilation": 2, "border": "constant", "fill": 9}),
]  # fmt: skip


@needs_node
@pytest.mark.parametrize("weights", ["whole", "real"])
def test_every_value_of_layers(tmp_path, weights):
    layers = [
        Conv(
            RANDOM.integers(-4, 5, shape) if weights == "whole" else RANDOM.normal(0, 1, shape),
            **options,
        )
        for shape, options in LAYERS
    ]
    cases = [_case([layer], COLORS) for layer in layers]
    found = evaluated(IMPORTS, RUN, {"cases": cases}, tmp_path)
    for layer, made in zip(layers, found, strict=True):
        expected = Pipeline([layer], "layer").run(COLORS)
        values = np.array(made["data"], float).reshape(expected.shape)
        bound = 0 if np.all(expected == np.round(expected)) else 1e-6 * np.abs(expected).max()
        np.testing.assert_allclose(values, expected, rtol=0, atol=bound, err_msg=layer.label)


@needs_node
def test_a_layer_of_other_channels_is_refused(tmp_path):
    cases = [_case([Conv(np.ones((1, 3, 2, 2)))], FLOATS)]
    assert evaluated(IMPORTS, RUN, {"cases": cases}, tmp_path) == [{"refused": "noLayer"}]


@needs_node
def test_ties_of_grey_are_rounded_to_even(tmp_path):
    red, green = np.mgrid[:256, :256]
    colors = np.stack([red, green, np.full_like(red, 100)], -1).astype(np.uint8)
    ties = colors[colors.astype(int) @ [299, 587, 114] % 1000 == 500][None]
    assert ties.shape[1] > 30
    (made,) = evaluated(
        IMPORTS, RUN, {"cases": [_case(Pipeline.parse("gray").operators, ties)]}, tmp_path
    )
    assert (
        np.array(made["data"], float).tolist() == Pipeline.parse("gray").run(ties).ravel().tolist()
    )


@needs_node
@pytest.mark.parametrize(
    ("words", "key"),
    [
        ("conv -k gaussian:11 --padding valid", "noFit"),
        ("pool --size 1 --padding 2", "emptyWindow"),
        ("gray", "noGray"),
    ],
)
def test_what_convtool_refuses_is_refused(words, key, tmp_path):
    with pytest.raises(ConvtoolError):
        Pipeline.parse(words).run(FLOATS)
    cases = [_case(Pipeline.parse(words).operators, FLOATS)]
    assert evaluated(IMPORTS, RUN, {"cases": cases}, tmp_path) == [{"refused": key}]


@needs_node
def test_nan_and_infinity_spread_as_in_the_engine(tmp_path):
    image = FLOATS.copy()
    image[2, 2, 0], image[5, 4, 1], image[0, 0, 0] = np.nan, np.inf, -np.inf
    words = ["conv -k box3", "pool", "pool -m mean", "pool -m median -s 3", "relu", "abs"]
    text = [[str(v) for v in image.ravel()]]
    cases = [_case(Pipeline.parse(one).operators, FLOATS) for one in words]
    for case in cases:
        case["image"]["data"] = [{"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}.get(v, v)
                                 for v in text[0]]  # fmt: skip
    for one, made in zip(words, evaluated(IMPORTS, RUN, {"cases": cases}, tmp_path), strict=True):
        values = np.array(made["data"], float)
        expected = Pipeline.parse(one).run(image).ravel()
        np.testing.assert_allclose(values, expected, rtol=1e-12, err_msg=one)
