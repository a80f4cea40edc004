"""The page's lines of PyTorch, run: they make the map that convtool makes."""

import numpy as np
import pytest
from helpers.node import evaluated, needs_node

from convtool import ConvtoolError, Pipeline
from convtool.ops.conv import Conv
from convtool.render.page.described import described

torch = pytest.importorskip("torch", reason="PyTorch is not installed")

IMPORTS = "import { pytorchOf } from './pytorch.js';"
ANSWER = "({cases}) => cases.map(({stages, size}) => pytorchOf(stages, size))"
RANDOM = np.random.default_rng(5)
COLORS = RANDOM.integers(0, 256, (12, 15, 3)).astype(np.uint8)
GREY = COLORS[..., :1]
BORDERS = ("edge", "reflect", "mirror", "wrap", "constant", "constant --fill 9")
PLACES = (
    "", "--padding full", "--padding valid --stride 2x3", "--padding 2,0,1,3", "--dilation 2",
    "--padding same_lower --stride 2", "--padding 20",
)  # fmt: skip
POOLED = (
    "--padding 1", "--padding 1 --ceil --size 3 --stride 2", "--size 2x3 --stride 1 --dilation 2",
    "--size global", "", "--size 3 --padding same",
)  # fmt: skip
MODES = ("max", "min", "mean", "sum", "median", "lp --p 3", "mean --count-include-pad")
PIPELINES = [
    *(f"conv -k gaussian5 --border {border} {place}" for border in BORDERS for place in PLACES),
    *(f"pool -m {mode} {place}" for mode in MODES for place in POOLED),
    "conv -k '1 2 3; 4 5 6' --anchor 0,2 --divisor=-3 --bias=1.5", "conv -k emboss | relu | pool",
    "gray | conv -k sobel_x | abs", "leaky_relu --slope 0.2 | sigmoid | tanh",
    "pool -m median | gray", "pool -m median -s 3 --padding same --stride 1 | gray",
    "conv -k edge | leaky_relu | gray", "pool --footprint plus:3 --stride 1 --padding 1",
    "pool -m median --footprint '1 0; 1 1'", "conv -k sobel_x -k sobel_y --combine magnitude",
    "conv -k kirsch --combine abs-max --border wrap", "conv -k box3 -k edge --combine abs-sum",
    "pool --mode mean --size 1x4 --ceil --count-include-pad --stride 1 --padding 0,1,0,4",
    "conv -k box3 -k edge --combine mean", "conv -k box3 -k edge --combine max",
    "conv -k box3 -k '1 2 3; 4 5 6; 7 8 9' --combine sum --padding valid",
]  # fmt: skip


@needs_node
def test_the_lines_make_the_same_map(tmp_path):
    tried, cases = [], []
    for number, words in enumerate(PIPELINES):
        image = COLORS if number % 2 or "gray" in words else GREY
        pipeline = Pipeline.parse(words)
        try:
            expected = pipeline.run(image.astype(float))
        except ConvtoolError:
            continue
        rows, cols, channels = image.shape
        size = {"rows": rows, "cols": cols, "channels": channels, "whole": False}
        cases.append({"stages": described(pipeline.operators), "size": size})
        tried.append((words, image, expected))
    assert len(tried) > 85
    layer = Conv(RANDOM.normal(0, 1, (6, 1, 3, 2)), bias=[1, 2, 3, 4, 5, 6], groups=3, stride=2)
    pair = Pipeline([layer, Conv(RANDOM.normal(0, 1, (2, 6, 1, 1)), divisor=3)], "two")
    size = {"rows": 12, "cols": 15, "channels": 3, "whole": False}
    cases.append({"stages": described(pair.operators), "size": size})
    tried.append(("two layers", COLORS, pair.run(COLORS.astype(float))))
    programs = evaluated(IMPORTS, ANSWER, {"cases": cases}, tmp_path)
    for program, (words, image, expected) in zip(programs, tried, strict=True):
        names = {"x": torch.from_numpy(image.astype(float)).movedim(-1, 0)[None]}
        exec(program, names)
        found = names["x"][0].movedim(0, -1).numpy()
        assert found.shape == expected.shape, words
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9, err_msg=words)


@needs_node
def test_pools_spread_nan_and_infinity_and_norms_do_not_overflow(tmp_path):
    image = COLORS.astype(np.float32)
    image[2, 2, 0], image[7, 7, 1], image[9, 3, 2] = np.nan, np.inf, -np.inf
    modes = ["max", "min", "mean", "sum", "lp --p 20", "mean --count-include-pad"]
    pipelines = [
        Pipeline.parse(f"pool -m {mode} --size 3 --stride 1 --padding 1") for mode in modes
    ]
    rows, cols, channels = image.shape
    size = {"rows": rows, "cols": cols, "channels": channels, "whole": False}
    cases = [{"stages": described(one.operators), "size": size} for one in pipelines]
    programs = evaluated(IMPORTS, ANSWER, {"cases": cases}, tmp_path)
    for program, pipeline, mode in zip(programs, pipelines, modes, strict=True):
        names = {"x": torch.from_numpy(image).movedim(-1, 0)[None]}
        exec(program, names)
        found = names["x"][0].movedim(0, -1).numpy()
        np.testing.assert_allclose(found, pipeline.run(image), rtol=1e-5, err_msg=mode)


@needs_node
def test_grey_of_whole_pixels_is_whole(tmp_path):
    stages = described(Pipeline.parse("pool | gray").operators)
    rows, cols, channels = COLORS.shape
    size = {"rows": rows, "cols": cols, "channels": channels, "whole": True}
    given = {"cases": [{"stages": stages, "size": size}]}
    (program,) = evaluated(IMPORTS, ANSWER, given, tmp_path)
    names = {"x": torch.from_numpy(COLORS.astype(float)).movedim(-1, 0)[None]}
    exec(program, names)
    expected = Pipeline.parse("pool | gray").run(COLORS)
    assert names["x"][0].movedim(0, -1).tolist() == expected.tolist()
