import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from convtool import pool2d, read_image

MATRIX = Path(__file__).parents[2] / "samples" / "matrix4x4.csv"


def ok(result):
    assert result.returncode == 0, result.stderr.decode()
    return result.stdout


def test_the_usage_line(convtool, small, folder):
    data = (folder / "small.png").read_bytes()
    found = ok(convtool("pool", "--mode", "max", "--size", "2", stdin=data))
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(found))), pool2d(small))


@pytest.mark.parametrize(
    ("mode", "text"),
    [("max", "9,2\n6,3\n"), ("min", "1,1\n1,1\n"), ("mean", "3.75,1.25\n3.75,2\n"),
     ("sum", "15,5\n15,8\n"), ("median", "2.5,1\n4,2\n")],
)  # fmt: skip
def test_the_teaching_texts_example(convtool, mode, text):
    found = ok(convtool("pool", MATRIX, "--mode", mode, "--size", "2", "--format", "csv"))
    assert found.decode() == text


OPTIONS = [
    (["--size", "3"], {"size": 3}),
    (["--size", "3x2", "--stride", "1x2"], {"size": (3, 2), "stride": (1, 2)}),
    (["--size", "3", "--padding", "same"], {"size": 3, "padding": "same"}),
    (["--size", "3", "--padding", "1"], {"size": 3, "padding": 1}),
    (["--size", "7", "--ceil"], {"size": 7, "ceil_mode": True}),
    (["--dilation", "3"], {"dilation": 3}),
    (["--mode", "mean", "--size", "3", "--padding", "1", "--count-include-pad"],
     {"mode": "mean", "size": 3, "padding": 1, "count_include_pad": True}),
    (["--mode", "lp", "--p", "3"], {"mode": "lp", "p": 3}),
    (["--mode", "lp"], {"mode": "lp"}),
]  # fmt: skip


@pytest.mark.parametrize(("arguments", "options"), OPTIONS, ids=lambda value: str(value))
def test_every_option_does_what_pool2d_does(convtool, small, arguments, options):
    data = ok(convtool("pool", "small.png", *arguments, "--format", "npy"))
    expected = pool2d(small, options.pop("size", 2), options.pop("mode", "max"), **options)
    found = np.load(io.BytesIO(data))
    assert found.dtype == expected.dtype
    assert np.array_equal(found, expected)


def test_pooling_pools_alpha(convtool, folder):
    rgba = np.random.default_rng(0).integers(0, 256, (8, 8, 4), dtype=np.uint8)
    Image.fromarray(rgba).save("rgba.png")
    ok(convtool("pool", "rgba.png", "--mode", "min", "-o", "out.png"))
    assert np.array_equal(read_image("out.png"), pool2d(rgba, 2, "min"))
