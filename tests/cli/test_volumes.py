"""Kernels with depth on pages and on .npy, and what the axes of numbers are."""

import json
import tracemalloc
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tifffile
from helpers.command import run_here
from PIL import Image

from convtool import ConvtoolError, Kernel, conv2d, conv3d, find_kernel, pool2d, pool3d
from convtool.kernel.files import parse_bytes
from convtool.kernel.formats.table import encode_kernels, kernel_format

WEIGHTS = np.random.default_rng(0).integers(-3, 4, (3, 2, 5))


@pytest.fixture
def volume(folder):
    """v.tif and v.npy, the same volume; k.json, a kernel with depth."""
    found = np.random.default_rng(1).integers(0, 65536, (9, 20, 30), np.uint16)
    tifffile.imwrite("v.tif", found, photometric="minisblack", metadata=None)
    np.save("v.npy", found)
    (folder / "k.json").write_text(json.dumps({"weights": WEIGHTS.tolist(), "divisor": 4}))
    return found


@pytest.mark.parametrize("options", [(), ("--border", "wrap"), ("--stride", "2"), ("--flip",)])
@pytest.mark.parametrize("target", ["o.npy", "o.tif"])
def test_a_kernel_with_depth_takes_pages_as_depth(convtool, volume, options, target):
    named = {"--border": {"border": "wrap"}, "--stride": {"stride": 2}, "--flip": {"flip": True}}
    expected = conv3d(volume, WEIGHTS, divisor=4, **(named[options[0]] if options else {}))
    for source in (("v.tif",), ("v.npy", "--axes", "zyx")):
        done = convtool("conv", *source, "-k", "k.json", *options, "--depth", "float", "-o", target)
        assert done.returncode == 0, done.stderr
        found = np.load("o.npy") if target == "o.npy" else tifffile.imread("o.tif")
        assert found.dtype == np.float32
        assert np.array_equal(found, expected)


@pytest.mark.parametrize("threads", ["1", "2", "3"])
def test_a_pipeline_equals_its_stages(convtool, volume, threads):
    words = "conv -k k.json | conv -k edge | pool -s 2 | conv -k k.json --border mirror"
    done = convtool("run", words, "v.tif", "-o", "o.npy", "--threads", threads)
    assert done.returncode == 0, done.stderr
    first = conv3d(volume, WEIGHTS, divisor=4)
    second = np.stack([conv2d(one, find_kernel("edge")) for one in first])
    third = np.stack([pool2d(one, 2) for one in second])
    expected = conv3d(third, WEIGHTS, divisor=4, border="mirror")
    assert np.allclose(np.load("o.npy"), expected, rtol=1e-5, atol=1e-2)


@pytest.mark.parametrize(
    ("axes", "shape"),
    [
        ("zyx", (4, 5, 6)), ("tyx", (4, 5, 6)), ("zyxc", (3, 4, 5, 2)), ("tyxc", (3, 4, 5, 3)),
        ("yx", (5, 6)), ("yxc", (5, 6, 7)), ("x", (9,)), ("xc", (9, 3)),
    ],
)  # fmt: skip
@pytest.mark.parametrize("order", ["C", "F"])
def test_axes(convtool, folder, axes, shape, order):
    values = np.random.default_rng(2).integers(-99, 99, shape).astype(np.int16)
    np.save("a.npy", np.asarray(values, order=order))
    done = convtool("pool", "a.npy", "-s", "1", "--axes", axes, "-o", "o.npy")
    assert done.returncode == 0, done.stderr
    assert b"--axes" not in done.stderr
    expected = values[np.newaxis] if axes[0] == "x" else values
    assert np.array_equal(np.load("o.npy"), expected)
    piped = convtool(
        "pool", "-s", "1", "--axes", axes, "--format", "npy", stdin=Path("a.npy").read_bytes()
    )
    assert piped.stdout == Path("o.npy").read_bytes()


def test_slices_of_numbers_are_frames(convtool, volume):
    words = ("--axes", "zyx", "-s", "1", "-o", "o.npy")
    for which, expected in (("2", volume[2]), ("3..5", volume[3:6]), ("first", volume[0])):
        assert convtool("pool", "v.npy", *words, "--frames", which).returncode == 0
        assert np.array_equal(np.load("o.npy"), expected)
    done = convtool("pool", "v.npy", *words, "--frames", "9")
    assert b"v.npy: has no frame 9: it holds 9 frames, 0 to 8" in done.stderr
    assert convtool("pool", "v.npy", "--axes", "zyx", "-o", "{frame}.tif").returncode == 0
    assert np.array_equal(tifffile.imread("8.tif"), pool2d(volume[8], 2))


def test_windows_with_depth(convtool, volume, folder):
    done = convtool("pool", "v.tif", "-s", "3x2x2", "-o", "o.tif")
    assert done.returncode == 0, done.stderr
    assert np.array_equal(tifffile.imread("o.tif"), pool3d(volume, (3, 2, 2)))
    (folder / "plus.txt").write_text("0 1 0\n---\n1 1 1\n---\n0 1 0\n")
    words = ("--footprint", "plus.txt", "--stride", "1", "--padding", "same", "-m", "median")
    assert convtool("pool", "v.npy", "--axes", "zyx", *words, "-o", "o.npy").returncode == 0
    plus = np.array([[[0, 1, 0]], [[1, 1, 1]], [[0, 1, 0]]])
    expected = pool3d(volume, footprint=plus, stride=1, padding="same", mode="median")
    assert np.array_equal(np.load("o.npy"), expected)
    words = ("-k", "k.json", "--stride", "1x2x3", "--padding", "valid", "-o", "o.npy")
    assert convtool("conv", "v.tif", *words).returncode == 0
    expected = conv3d(volume, WEIGHTS, divisor=4, stride=(1, 2, 3), padding="valid")
    assert np.array_equal(np.load("o.npy"), expected)
    done = convtool("pool", "v.tif", "-s", "2x2x2", "-d", "out")
    assert (folder / "out" / "v-max2x2x2.tif").exists()
    done = convtool("pool", "v.tif", "-s", "2x2x2", "--stride", "1x2", "-o", "o.npy")
    assert done.returncode == 0, done.stderr
    assert np.array_equal(np.load("o.npy"), pool3d(volume, 2, stride=(1, 1, 2)))
    for words, padding in (
        ("1", 1), ("1x2", (0, 1, 2)), ("1,0,2,3", ((0, 0), (1, 0), (2, 3))),
        ("2x1x0", (2, 1, 0)), ("1,2,3,0,0,1", ((1, 2), (3, 0), (0, 1))),
    ):  # fmt: skip
        done = convtool("conv", "v.tif", "-k", "k.json", "--padding", words, "-o", "o.npy")
        assert done.returncode == 0, done.stderr
        expected = conv3d(volume, WEIGHTS, divisor=4, padding=padding)
        assert np.array_equal(np.load("o.npy"), expected)
    done = convtool("conv", "v.tif", "-k", "edge", "--stride", "1x2x2", "-o", "o.npy")
    assert b"stride is (1, 2, 2), expected one number or (rows, columns)" in done.stderr


def test_blocks_of_a_csv_are_slices(convtool, folder):
    text = "# channel 0: a\n1,2\n3,4\n\n# channel 1: b\n5,6\n7,8\n"
    (folder / "v.csv").write_text(text)
    (folder / "k.txt").write_text("1\n---\n1\n")
    words = ("-k", "k.txt", "--padding", "valid", "--axes", "zyx", "-o", "o.npy")
    assert convtool("conv", "v.csv", *words).returncode == 0
    assert np.load("o.npy").tolist() == [[6, 8], [10, 12]]
    done = convtool("conv", "v.csv", "-k", "edge", "--axes", "yx", "-o", "o.npy")
    assert b"v.csv: holds 2 blocks of rows, and --axes yx says otherwise" in done.stderr


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["v.npy", "-k", "edge", "-o", "o.npy"],
         "its shape (9, 20, 30) is taken for rows, columns and channels (--axes yxc); --axes zyx"),
        (["v.npy", "-k", "k.json", "-o", "o.npy"],
         "conv k 3x2x5: the window lies on several slices, and the image is one"),
        (["v.npy", "-k", "edge", "--axes", "zyxc", "-o", "o.npy"],
         "v.npy: has shape (9, 20, 30), and --axes zyxc says 4 axes"),
        (["v.npy", "-k", "edge", "--axes", "xyz", "-o", "o.npy"], "expected one of: zyx, zyxc"),
        (["p.png", "-k", "edge", "--axes", "zyx", "-o", "o.npy"],
         "p.png: is a picture, and --axes is for numbers (.npy, CSV) and pages of a TIFF"),
        (["v.npy", "-k", "edge", "--axes", "cyx", "-o", "o.npy"],
         "v.npy: has its channels last, and --axes cyx is for pages of a TIFF"),
        (["v.npy", "-k", "k.json", "--axes", "tyx", "-o", "o.npy"],
         "v.npy: conv k 3x2x5: the window lies on several slices, and those of the image are "
         "times (t), not depth alone; --axes zyx takes them for depth"),
        (["four.npy", "-k", "edge", "-o", "o.npy"],
         "four.npy: has shape (2, 3, 4, 5); --axes zyxc takes it for slices"),
        (["v.tif", "-k", "k.json", "--stride", "1x2x3x4", "-o", "o.npy"],
         "expected a size as 3, 3x5 (rows x columns) or 2x3x5 (slices first)"),
        (["line.npy", "-k", "edge", "-o", "o.npy"], "has shape (9,); --axes x takes it for a row"),
        (["v.npy", "--axes", "zyx", "-k", "k.json", "-o", "o.bmp"], "bmp holds one frame"),
    ],
)  # fmt: skip
def test_what_is_told(convtool, volume, words, told):
    np.save("four.npy", np.ones((2, 3, 4, 5)))
    np.save("line.npy", np.ones(9))
    Image.new("L", (9, 9)).save("p.png")
    done = convtool("conv", *words)
    assert told in done.stderr.decode()
    assert b"Traceback" not in done.stderr


def test_feature_maps_are_not_asked_about(convtool, folder):
    np.save("maps.npy", np.ones((20, 30, 8)))
    assert convtool("pool", "maps.npy", "-o", "o.npy").stderr == b""


def test_what_knows_no_depth_says_so(convtool, volume):
    for words, told in (
        (
            ["explain", "v.tif", "-k", "k.json", "--at", "1,1"],
            "the map is 9x20x30 and has no row 1",
        ),
        (["explain", "v.tif", "-k", "edge", "--at", "1,1,1", "--frame", "2"], "--frame is for one"),
        (["shape", "20x30", "conv -k k.json"], "the window lies on several slices, and the image"),
        (["kernel", "rotate", "k.json"], "kernel k is 3x2x5, expected one without depth to turn"),
        (["kernel", "compass", "k.json"], "kernel k is 3x2x5, expected one without depth to turn"),
    ):
        done = convtool(*words)
        assert done.returncode != 0
        assert told in done.stderr.decode()
        assert b"Traceback" not in done.stderr


@pytest.mark.parametrize("form", ["json", "txt"])
def test_kernels_with_depth_are_written_and_read(convtool, folder, form):
    rng = np.random.default_rng(3)
    for weights in (WEIGHTS, rng.normal(size=(2, 1, 3)), np.ones((1, 1, 1), int)):
        kernel = Kernel(weights, divisor=3, bias=0.5, anchor=(0, 0, 0), name="deep")
        data = encode_kernels([kernel], kernel_format(form))
        (found,) = parse_bytes(data, "a file", "deep")
        assert found == kernel
    np.save("k.npy", WEIGHTS)
    assert np.array_equal(find_kernel("k.npy").weights, WEIGHTS)
    assert convtool("kernel", "convert", "k.npy", "-o", f"k.{form}").returncode == 0
    assert np.array_equal(find_kernel(f"k.{form}").weights, WEIGHTS)
    (folder / "f.txt").write_text("1/9 2/9\n---\n3/9 3/9\n")
    fractions = find_kernel("f.txt")
    assert fractions.weights.tolist() == [[[1, 2]], [[3, 3]]]
    assert fractions.divisor == 9
    assert repr(fractions).startswith("Kernel(weights=array([[[1, 2]]")
    (folder / "bad.txt").write_text("1 2\n---\n1 2\n3 4\n")
    with pytest.raises(ConvtoolError, match=r"slice 2 has 2 row\(s\), expected 1 like slice 1"):
        find_kernel("bad.txt")


def test_memory_is_that_of_some_slices(folder):
    (folder / "k.txt").write_text("\n---\n".join(["1 2 1\n2 4 2\n1 2 1"] * 5))
    tracemalloc.start()
    peaks = []
    for depth in (24, 96):
        np.save("v.npy", np.zeros((depth, 256, 256), np.uint8))
        words = ["conv", "v.npy", "--axes", "zyx", "-k", "k.txt", "-o", "o.npy", "--threads", "1"]
        run_here(words)
        tracemalloc.reset_peak()
        assert run_here(words).returncode == 0
        peaks.append(tracemalloc.get_traced_memory()[1])
    tracemalloc.stop()
    assert peaks[1] < peaks[0] + 8 * 256 * 256 * 4


def test_parametric_kernels_with_depth(convtool, volume):
    box = find_kernel("box:3x2x1")
    assert box.weights.tolist() == np.ones((3, 2, 1)).tolist()
    assert box.divisor == 6
    binomial = find_kernel("binomial:3x2x5")
    lines = [1, 2, 1], [1, 1], [1, 4, 6, 4, 1]
    expected = np.multiply.outer(np.multiply.outer(*lines[:2]), lines[2])
    assert binomial.weights.tolist() == expected.tolist()
    assert binomial.divisor == 2**7
    for spec in ("gaussian:3x7x5,1.2", "gaussian:3x7x5"):
        weights = find_kernel(spec).weights
        assert weights.shape == (3, 7, 5)
        assert weights.sum() == 1
        flat = find_kernel(spec.replace("3x", "")).weights
        assert np.allclose(weights.sum(axis=0), flat, rtol=1e-12)
    middle = find_kernel("gaussian:7x7x7,1.2").weights
    assert np.array_equal(middle, middle.transpose(2, 0, 1))
    assert convtool("conv", "v.tif", "-k", "gaussian:3x5x5", "-o", "o.npy").returncode == 0
    expected = conv3d(volume, find_kernel("gaussian:3x5x5"))
    assert np.array_equal(np.load("o.npy"), expected)
    with pytest.raises(ConvtoolError, match="there is one sigma for all axes"):
        find_kernel("gaussian:3x5x5,1,2")
    for spec in ("disk:3x3x3", "gabor:3x3x3", "gaussian:3x3x3x3"):
        with pytest.raises(ConvtoolError, match=r"3x3x3"):
            find_kernel(spec)


def test_an_anchor_in_depth(convtool, volume):
    words = ["conv", "v.tif", "-k", "sobel:3x3x3,z", "--depth", "float", "-o", "o.npy"]
    for anchor in ("0,1,2", "0 1 2"):
        assert convtool(*words, "--anchor", anchor).returncode == 0
        expected = conv3d(volume, replace(find_kernel("sobel:3x3x3,z"), anchor=(0, 1, 2)))
        assert np.array_equal(np.load("o.npy"), expected)
    done = convtool(*words, "--anchor", "0,3,2")
    assert b"anchor (0, 3, 2) lies outside the 3x3x3 kernel" in done.stderr
    assert b"anchor is (0, 3), expected (slice, row, col)" in (
        convtool(*words, "--anchor", "0,3").stderr
    )


def test_shapes_of_volumes(convtool, volume):
    words = "conv -k k.json | pool -s 2x2x2 | conv -k edge"
    found = {
        image: json.loads(convtool("shape", *image, words, "--json").stdout)
        for image in (("v.tif",), ("9x20x30x1",), ("v.npy", "--axes", "zyx"))
    }
    assert len({json.dumps(one) for one in found.values()}) == 1
    one = found["v.tif",]
    assert one["input"] == [9, 20, 30, 1]
    first, second, third = one["stages"]
    assert first["shape"] == [9, 20, 30, 1]
    assert (first["weights"], first["multiply_adds"]) == (30, 30 * 9 * 20 * 30)
    assert (first["field"], first["step"]) == ([3, 2, 5], [1, 1, 1])
    assert second["shape"] == [4, 10, 15, 1]
    assert (third["field"], third["step"]) == ([4, 7, 10], [2, 2, 2])
    text = convtool("shape", "9x20x30x1", words).stdout.decode()
    assert "conv k 3x2x5    9x20x30x1       30        162,000   3x2x5  1x1x1" in text


def test_a_value_of_a_volume_explained(convtool, folder):
    np.save("v.npy", np.arange(12, dtype=np.uint8).reshape(3, 2, 2))
    tifffile.imwrite("v.tif", np.load("v.npy"), photometric="minisblack", metadata=None)
    (folder / "k.txt").write_text("1 0\n---\n2 0\n---\n0 -1\n")
    done = convtool("explain", "v.npy", "--axes", "zyx", "-k", "k.txt", "--at", "0,1,0")
    assert done.stdout.decode() == (
        "v.npy (3x2x2x1): conv k 3x1x2, slice 0, row 1, column 0 of the map (3x2x2x1)\n"
        "\n"
        "    from slice -1\n"
        "      |  0   1\n"
        "    1 | (2) (3) x 1 0 = 2 0\n"
        "\n"
        "    from slice 0\n"
        "      | 0  1\n"
        "    1 | 2  3  x 2 0 = 4 0\n"
        "\n"
        "    from slice 1\n"
        "      | 0  1\n"
        "    1 | 6  7  x 0 -1 = 0 -7\n"
        "\n"
        "    sum of the products     -1\n"
        "    value                   -1\n"
        "    pixel, clipped from -1   0\n"
        "\n"
        "  2 of 6 elements lie in the border (edge), here in parentheses\n"
        "  receptive field in the image: slices -1..1, row 1, columns 0..1 (3x1x2)\n"
        "  read there: slices 0..1, row 1, columns 0..1\n"
    )
    pages = convtool("explain", "v.tif", "-k", "k.txt", "--at", "0,1,0")
    assert pages.stdout.decode() == done.stdout.decode().replace("v.npy", "v.tif")
    assert pages.stderr == b""
    done = convtool("explain", "v.tif", "relu", "--at", "2,1,0", "--json")
    (found,) = json.loads(done.stdout)
    assert (found["slice"], found["channels"][0]["value"]) == (2, 10)
    assert convtool("explain", "v.tif", "-k", "k.txt", "--at", "0,1,0", "-o", "s.png").stdout == b""
    assert (folder / "s.png").exists()
