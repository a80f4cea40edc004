"""convtool explain -o slide.gif: all values of a map as an animation."""

import os

import numpy as np
import pytest
from PIL import Image

MATRIX = "1,3,2,1\n2,9,1,1\n1,3,2,3\n5,6,1,2\n"


@pytest.fixture
def matrix(folder):
    (folder / "m.csv").write_text(MATRIX)
    return folder


def frames(path):
    with Image.open(path) as found:
        return found.n_frames


@pytest.mark.parametrize("name", ["a.gif", "a.webp", "a.apng", "a.png", "A.GIF"])
def test_all_values(convtool, matrix, name):
    result = convtool("explain", "m.csv", "-k", "1 0; 0 1", "--stride", "2", "--padding", "1",
                      "-o", name)  # fmt: skip
    assert (result.returncode, result.stdout, result.stderr) == (0, b"", b"")
    assert frames(name) == 9


@pytest.mark.parametrize(
    ("words", "count"),
    [
        (["--from", "1,1"], 9), (["--to", "1,1"], 4), (["--from", "1,1", "--to", "2,3"], 6),
        (["--fps", "10", "--scale", "0.5", "--dark"], 16),
    ],
)  # fmt: skip
def test_some_values(convtool, matrix, words, count):
    result = convtool("explain", "m.csv", "--pool", "mean", "-s", "3", "--stride", "1",
                      "--padding", "1", *words, "-o", "a.gif")  # fmt: skip
    assert (result.returncode, result.stderr) == (0, b"")
    assert frames("a.gif") == count


def test_a_picture_of_one_value_is_still(convtool, matrix):
    for name in ("a.png", "a.gif"):
        result = convtool("explain", "m.csv", "-k", "edge", "--at", "0,0", "-o", name)
        assert result.returncode == 0
        assert frames(name) == 1


def test_the_whole_image_as_a_picture(convtool, folder):
    image = np.random.default_rng(7).integers(0, 99, (40, 50), np.uint8)
    np.save("image.npy", image)
    result = convtool("explain", "image.npy", "-k", "edge", "--from", "3,4", "--to", "3,6",
                      "--whole", "-o", "a.png")  # fmt: skip
    assert (result.returncode, result.stderr) == (0, b"")
    assert frames("a.png") == 3
    with Image.open("a.png") as found:
        shown = np.asarray(found.convert("RGB"))
    marks = np.argwhere((shown == (214, 88, 24)).all(axis=-1))
    marks = marks[marks[:, 1] < 400]  # not those on the map
    (top, left), (bottom, right) = marks.min(axis=0) + 2, marks.max(axis=0) - 1
    window = shown[top:bottom, left:right, 0]
    assert window.shape == (3 * 7, 3 * 7)
    assert np.array_equal(window[::7, ::7], image[2:5, 3:6])
    first = top - 2 * 7 + 3, left - 3 * 7 + 3  # in the middle of the first pixel
    picture = shown[first[0] :: 7, first[1] :: 7, 0][:40, :50]
    assert np.abs(picture.astype(int) - image).max() <= 3


def test_the_whole_input_of_a_last_stage(convtool, small):
    result = convtool("explain", "small.png", "pool | conv -k box3 --padding 2", "--to", "1,1",
                      "--whole", "--dark", "-o", "a.gif")  # fmt: skip
    assert (result.returncode, result.stderr) == (0, b"")
    assert frames("a.gif") == 4


def test_a_whole_image_from_stdin(convtool, small, folder):
    words = ["-k", "edge", "--from", "3,4", "--to", "3,5", "--whole", "-o", "a.png"]
    result = convtool("explain", "-", *words, stdin=(folder / "small.png").read_bytes())
    assert (result.returncode, result.stderr) == (0, b"")
    assert frames("a.png") == 2


def test_slices(convtool, folder):
    np.save("v.npy", np.arange(27, dtype=np.uint8).reshape(3, 3, 3))
    result = convtool("explain", "v.npy", "-k", "box:3x3x3", "--axes", "zyx", "--from", "1,0,0",
                      "--to", "1,2,2", "-o", "a.gif")  # fmt: skip
    assert (result.returncode, result.stderr) == (0, b"")
    assert frames("a.gif") == 9


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (
            ["-k", "edge", "-o", "a.tiff"],
            2,
            "tiff holds no animation of values, expected one of: gif",
        ),
        (
            ["-k", "edge", "-o", "a.svg"],
            2,
            "svg holds no animation of values, expected one of: gif, "
            "webp, apng, png; or --at ROW,COL for a picture of one value",
        ),
        (["-k", "edge", "-o", "a.mp4"], 2, "unknown, expected one of: gif, webp, apng, png\n"),
        (
            ["-k", "edge", "--at", "0,0", "-o", "a.mp4"],
            2,
            "unknown, expected one of: html, svg, png, tiff, jpeg, webp, bmp, gif, ppm\n",
        ),
        (["-k", "edge", "-o", "a.csv"], 2, "csv holds numbers"),
        (["-k", "edge", "-o", "-"], 2, "-o takes a file"),
        (["-k", "edge", "--json", "-o", "a.gif"], 2, "--json is for one value"),
        (["-k", "edge", "--depth", "16", "-o", "a.gif"], 2, "--depth is for one value"),
        (["-k", "edge", "--at", "0,0", "--dark", "-o", "a.png"], 2, "--dark is for an animation"),
        (["-k", "edge", "--at", "0,0", "--whole"], 2, "--whole is for an animation"),
        (["-k", "edge", "--at", "0,0", "--from", "0,0"], 2, "--from is for an animation"),
        (["-k", "edge", "--fps", "51", "-o", "a.gif"], 2, "--fps 51, expected 0.1 to 50"),
        (["-k", "edge", "--scale", "0.1", "-o", "a.gif"], 2, "--scale 0.1, expected 0.25 to 4"),
        (["-k", "edge", "--fps", "0", "-o", "a.gif"], 2, "expected a number above 0"),
        (["-k", "edge", "-k", "box3", "-o", "a.gif"], 2, "found 2 maps, expected one"),
        (["-k", "edge", "--from", "0,4", "-o", "a.gif"], 1, "m.csv: the map is 4x4 and has no"),
        (["-k", "edge", "--from", "2,2", "--to", "2,1", "-o", "a.gif"], 1, "from 2,2 to 2,1 are"),
        (["-k", "edge", "-o", "m.csv"], 2, "would replace the image"),
        (
            ["-k", "edge", "-o", "no/a.gif"],
            1,
            "convtool: no/a.gif: cannot be written: there is no folder",
        ),
        (["-k", "edge"], 2, "found no --at ROW,COL, expected the value to explain; or -o OUT.gif"),
    ],
)
def test_bad_input(convtool, matrix, words, code, told):
    result = convtool("explain", "m.csv", *words)
    assert result.returncode == code
    assert result.stdout == b""
    error = result.stderr.decode()
    assert told in error
    assert error.count("\n") == 1
    assert os.listdir() == ["m.csv"]


def test_too_many_values(convtool, small):
    result = convtool("explain", "small.png", "-k", "edge", "-o", "a.gif")
    assert result.returncode == 1
    assert result.stderr == (
        b"convtool: small.png: found 2000 values of the map, expected 1000 at most: --from and "
        b"--to take some\n"
    )
    assert os.listdir() == ["small.png"]


@pytest.mark.parametrize("name", ["'\"<b>&;$(x).csv", "\u202egnp.csv", "-m.csv", "\U0001f600.csv"])
def test_names_may_hold_anything(convtool, folder, name):
    (folder / name).write_text(MATRIX)
    result = convtool("explain", f"./{name}", "--pool", "max", "-s", "2", "-o", f"./{name}.gif")
    assert (result.returncode, result.stderr) == (0, b"")
    assert frames(f"{name}.gif") == 4


@pytest.mark.parametrize(("options", "shown"), [([], True), (["-q"], False)])
def test_a_terminal_shows_how_far_it_is(terminal, matrix, options, shown):
    code, said = terminal(
        "explain", "m.csv", "-k", "edge", "-o", "a.gif", *options, streams=["stderr"]
    )
    assert code == 0
    assert (b"frames/s" in said) == shown
