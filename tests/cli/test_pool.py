import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from convtool import find_kernel, pool2d, read_image

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


def test_footprints_and_global_windows(convtool, folder, small):
    disk = find_kernel("disk:3").weights != 0
    words = ("--footprint", "disk:3", "--stride", "1", "--padding", "same")
    done = convtool("pool", "small.png", *words, "-o", "o.png")
    assert (done.returncode, done.stderr) == (0, b"")
    expected = pool2d(small, footprint=disk, stride=1, padding="same")
    assert np.array_equal(read_image("o.png"), expected)
    opened = convtool(
        "run", f"pool -m min {' '.join(words)} | pool {' '.join(words)}", "small.png", "-o", "p.png"
    )
    assert opened.returncode == 0, opened.stderr
    eroded = pool2d(small, mode="min", footprint=disk, stride=1, padding="same")
    assert np.array_equal(
        read_image("p.png"), pool2d(eroded, footprint=disk, stride=1, padding="same")
    )
    done = convtool("pool", "small.png", "-m", "mean", "-s", "global", "--format", "npy")
    assert np.load(io.BytesIO(done.stdout)).ravel() == pytest.approx(small.mean(axis=(0, 1)))
    done = convtool("pool", "small.png", "small.png", "--footprint", "disk:3", "-d", "out")
    assert [path.name for path in (folder / "out").iterdir()] == ["small-max-disk_3.png"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--footprint", "disk:3", "--size", "3"], "--footprint and --size exclude each other"),
        (["--footprint", "kirsch"], "--footprint: kirsch is no single kernel, expected one"),
        (["--footprint", "0 0; 0 0"], "footprint has no element that is not 0"),
        (["--size", "all"], "expected a size as 3, 3x5"),
    ],
)
def test_windows_that_cannot_be(convtool, small, words, told):
    done = convtool("pool", "small.png", *words, "-o", "o.png")
    assert done.returncode != 0
    assert told in done.stderr.decode()


def test_a_footprint_is_explained(convtool, folder):
    (folder / "m.csv").write_text("1,9,3\n4,5,6\n7,8,2\n")
    plus = ("--footprint", "0 1 0; 1 1 1; 0 1 0", "--stride", "1", "--padding", "1")
    text = convtool("explain", "m.csv", "--pool", "max", *plus, "--at", "0,0").stdout.decode()
    assert "the largest, from row 0, column 1  9" in text
    assert "2 of 5 elements are padding, here (.)" in text
    text = convtool("explain", "m.csv", "--pool", "mean", *plus, "--at", "0,0").stdout.decode()
    assert "/ 3 elements" in text
    counted = ("--count-include-pad", "--at", "0,0")
    text = convtool("explain", "m.csv", "--pool", "mean", *plus, *counted).stdout.decode()
    assert "/ 5 elements, 2 of them padding" in text
    for mode in ("min", "sum", "median", "lp"):
        done = convtool("explain", "m.csv", "--pool", mode, *plus, "--at", "1,1")
        assert done.returncode == 0, done.stderr
