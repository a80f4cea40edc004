"""Where results go: what they may replace, folders and devices as OUT, and the notes on them."""

import json

import numpy as np
import pytest
from PIL import Image

from convtool import read_image

EDGE = ("-k", "edge", "-q")


@pytest.mark.parametrize("output", ["small.png", "./small.png", "link.png"])
@pytest.mark.parametrize("command", [("conv", *EDGE), ("pool", "-q"), ("conv", *EDGE, "--json")])
def test_the_image_is_replaced_only_where_that_is_asked_for(
    convtool, small, folder, command, output
):
    (folder / "link.png").symlink_to("small.png")
    before = (folder / "small.png").read_bytes()
    result = convtool(*command, "small.png", "-o", output)
    assert (result.returncode, result.stdout) == (2, b"")
    assert f"-o {output} would replace the image; --overwrite allows it" in result.stderr.decode()
    assert (folder / "small.png").read_bytes() == before
    expected = convtool(*[word for word in command if word != "--json"], "small.png").stdout
    assert convtool(*command, "small.png", "-o", output, "--overwrite").returncode == 0
    assert (folder / "small.png").read_bytes() == expected


def test_run_does_not_replace_the_image_either(convtool, small):
    result = convtool("run", "relu", "small.png", "-o", "small.png")
    assert (result.returncode, b"would replace the image" in result.stderr) == (2, True)


@pytest.mark.parametrize("more", [(), ("--json",)])
def test_another_file_is_replaced_unless_all_are_kept(convtool, small, folder, more):
    (folder / "out.png").write_bytes(b"old")
    result = convtool("conv", "small.png", *EDGE, "-o", "out.png", "--no-clobber", *more)
    assert (result.returncode, result.stdout) == (1, b"")
    told = b"convtool: out.png: is there already, and --no-clobber keeps it\n"
    assert result.stderr == told
    assert (folder / "out.png").read_bytes() == b"old"
    assert convtool("conv", "small.png", *EDGE, "-o", "out.png").returncode == 0
    assert read_image("out.png").shape == small.shape
    assert convtool("pool", "small.png", "-q", "-o", "new.png", "--no-clobber").returncode == 0


def test_a_batch_keeps_files_and_replaces_images_as_asked(convtool, small, folder):
    (folder / "a").mkdir()
    (folder / "a" / "small.png").write_bytes((folder / "small.png").read_bytes())
    batch = ("pool", "a", "-q", "-d", "a", "--name", "{stem}.png")
    refused = convtool(*batch)
    assert (refused.returncode, b"would replace an image" in refused.stderr) == (1, True)
    kept = convtool(*batch, "--overwrite", "--skip-existing")
    assert kept.returncode == 0
    assert read_image("a/small.png").shape == small.shape
    assert convtool(*batch, "--overwrite").returncode == 0
    assert read_image("a/small.png").shape == (20, 25, 3)
    kept = convtool("pool", "a", "-q", "-d", "b")
    again = convtool("pool", "a", "-q", "-d", "b", "--no-clobber")
    assert (kept.returncode, again.returncode) == (0, 1)
    assert again.stderr.decode().startswith("convtool: b/small-max2.png: is there already")


def test_to_replace_and_to_keep_exclude_each_other(convtool, small):
    result = convtool("pool", "small.png", "-o", "x.png", "--overwrite", "--no-clobber")
    assert result.stderr == b"convtool pool: --overwrite and --no-clobber exclude each other\n"


@pytest.mark.parametrize("output", ["there", "there/", "new/"])
def test_a_folder_gets_the_file_that_a_batch_would_make(convtool, small, folder, output):
    (folder / "there").mkdir()
    assert convtool("conv", "small.png", *EDGE, "-o", output).returncode == 0
    assert [path.name for path in (folder / output).iterdir()] == ["small-edge.png"]


@pytest.mark.parametrize(
    "command",
    [
        ("conv", "-", "-k", "edge"),
        ("explain", "small.png", "-k", "edge", "--at", "0,0"),
        ("kernel", "show", "edge"),
        ("kernel", "make", "box"),
        ("fit", "small.png", "small.png"),
    ],
)
def test_a_folder_that_cannot_be_meant_is_told(convtool, small, folder, command):
    (folder / "there").mkdir()
    result = convtool(*command, "-o", "there", stdin=b"P2 1 1 255 0")
    assert result.returncode == 2
    assert result.stderr.count(b"\n") == 1
    assert b"is a folder, expected a file" in result.stderr or b"has no name" in result.stderr
    assert list((folder / "there").iterdir()) == []


@pytest.mark.parametrize(
    "command",
    [
        ("conv", "small.png", *EDGE),
        ("run", "small.png", "relu"),
        ("explain", "small.png", "-k", "edge", "--at", "0,0"),
        ("kernel", "show", "edge"),
        ("kernel", "make", "box"),
        ("fit", "small.png", "small.png", "-s", "1", "-q"),
    ],
)
def test_a_device_needs_no_extension(convtool, small, command):
    result = convtool(*command, "-o", "/dev/null")
    assert (result.returncode, result.stdout, result.stderr) == (0, b"", b"")


@pytest.mark.parametrize(
    "command", [("explain", "small.png", "-k", "edge", "--at", "0,0"), ("kernel", "show", "edge")]
)
def test_a_picture_does_not_go_to_a_file_called_minus(convtool, small, folder, command):
    result = convtool(*command, "-o", "-")
    assert (result.returncode, result.stdout) == (2, b"")
    assert b"-o takes a file" in result.stderr
    assert not (folder / "-").exists()
    assert b"--format" not in convtool(*command, "-o", "x.xyz").stderr


ONES = "1 1 1; 1 1 1; 1 1 1"


@pytest.fixture
def bright(folder):
    """A picture of 200 pixels, of which one is 255 and the others are 100."""
    pixels = np.full((10, 20), 100, np.uint8)
    pixels[5, 5] = 255
    Image.fromarray(pixels).save("bright.png")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (
            ("conv", "bright.png", "-k", "1 -1"),
            "0.5% of the values were clipped (0.5% below black); "
            "--range center or normalize shows them",
        ),
        (
            ("conv", "bright.png", "-k", "1 -1", "-k", "-1 1", "--combine", "sum"),
            None,
        ),
        (
            ("conv", "bright.png", "-k", "2 -2", "-k", "-2 2", "--combine", "max"),
            "1.0% of the values were clipped (1.0% above white); --range normalize shows them",
        ),
        (
            ("conv", "bright.png", "-k", ONES),
            "100.0% of the values were clipped (100.0% above white); --range normalize shows them",
        ),
        (
            ("conv", "bright.png", "-k", "1", "--bias", "1"),
            "0.5% of the values were clipped (0.5% above white); --range normalize shows them",
        ),
        (("conv", "bright.png", "-k", "1 -1", "--range", "center"), None),
    ],
)  # fmt: skip
def test_the_note_on_clipping_suits_the_kernel(convtool, bright, arguments, told):
    result = convtool(*arguments, "-o", "x.png")
    assert result.returncode == 0
    assert result.stderr.decode() == (f"convtool: {told}\n" if told else "")


def test_a_single_clipped_value_is_told(convtool, folder):
    pixels = np.full((100, 300), 100, np.uint8)
    pixels[5, 5] = 255
    Image.fromarray(pixels).save("one.png")
    for kernel in (("-k", "1", "--bias", "1"), ("-k", "1 -1")):
        told = convtool("conv", "one.png", *kernel, "-o", "x.png").stderr
        assert told.startswith(b"convtool: less than 0.1% of the values were clipped")


def test_nan_is_not_told_as_clipped(convtool, folder):
    np.save("hole.npy", np.array([[0.0, np.nan], [1.0, 2.0]]))
    result = convtool("run", "abs", "hole.npy", "-o", "x.png")
    assert result.stderr == b"convtool: 25.0% of the values are NaN: black\n"
    line = convtool("run", "abs", "hole.npy", "-qd", "out", "--json").stdout
    assert json.loads(line)["clipped"] == 0
