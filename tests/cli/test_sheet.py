"""--sheet: one picture of all maps, each found in it again."""

import io
import subprocess

import numpy as np
import pytest
from conftest import SCRIPT
from helpers.pictures import clipped, places, shrunk
from helpers.running import LIMIT
from PIL import Image

from convtool import conv2d, find_kernel, find_kernels
from convtool.render.canvas import FAINT, SMALL, words


@pytest.fixture
def cat(folder, photo):
    """A piece of the photo as photo.png in the current folder."""
    Image.fromarray(photo[:200, 100:350]).save("photo.png")
    return photo[:200, 100:350]


def drawn(convtool, *arguments):
    result = convtool("conv", "photo.png", *arguments, "--sheet", "-o", "sheet.png")
    assert result.returncode == 0, result.stderr
    assert result.stdout == b""
    return np.asarray(Image.open("sheet.png"))


@pytest.mark.parametrize("range_", ["abs", "center"])
def test_a_sheet_holds_every_map(convtool, cat, range_):
    sheet = drawn(convtool, "-k", "robinson", "-k", "box5", "--range", range_)
    for kernel in (*find_kernels("robinson"), find_kernel("box5")):
        values = conv2d(cat, kernel).astype(float)
        toned = np.abs(values)
        if range_ == "center":
            toned = 128 + values * 127 / np.abs(values).max()
        assert places(sheet, clipped(toned)), kernel.name


def test_maps_are_called_as_their_kernels(convtool, cat):
    sheet = drawn(convtool, "-k", "gaussian:9,2", "-k", "box:3")
    for name in ("gaussian:9,2", "box:3"):
        assert places(sheet, np.asarray(words(name, SMALL, FAINT))), name


def test_a_sheet_of_a_large_image_is_shrunk(convtool, folder):
    pixels = np.random.default_rng(0).integers(0, 256, (700, 1200), dtype=np.uint8)
    Image.fromarray(pixels).save("photo.png")
    sheet = drawn(convtool, "-k", "identity", "-k", "box3")
    assert places(sheet, shrunk(pixels, (480, 480)))
    assert places(sheet, shrunk(clipped(conv2d(pixels, find_kernel("box3"))), (480, 480)))


def test_a_sheet_of_a_layer_holds_every_output(convtool, cat):
    weights = np.random.default_rng(0).integers(-2, 3, (5, 3, 3, 3)).astype(np.float32)
    np.save("w.npy", weights)
    sheet = drawn(convtool, "-k", "w.npy")
    maps = clipped(conv2d(cat, weights))
    for channel in range(5):
        assert places(sheet, shrunk(maps[..., channel], (480, 480))), channel
    run = convtool("run", "conv -k w.npy", "photo.png", "--sheet")
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(run.stdout))), sheet)


@pytest.mark.parametrize("name", ["sheet.jpg", "sheet.tif", "sheet.webp", "{kernel}.bmp"])
def test_a_sheet_in_other_formats(convtool, cat, folder, name):
    sheet = drawn(convtool, "-k", "prewitt_x", "-k", "prewitt_y")
    result = convtool("conv", "photo.png", "-k", "prewitt_x", "-k", "prewitt_y",
                      "--sheet", "-o", name)  # fmt: skip
    assert result.returncode == 0, result.stderr
    found = np.asarray(Image.open(name.replace("{kernel}", "sheet"))).astype(int)
    assert np.abs(found - sheet).mean() < (3 if name == "sheet.jpg" else 0.001)


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["photo.png", "photo.png", "-d", "out", "--show"], 2, "--show is for a single image"),
        (["photo.png", "--json", "-o", "a.png", "--show"], 2, "--show is for a single image"),
        (["photo.png", "-d", "out", "--sheet"], 2, "--sheet is for a single image"),
        (["photo.png", "--sheet", "-o", "g.npy"], 2, "npy holds numbers"),
        (["photo.png", "--sheet", "--format", "csv"], 2, "csv holds numbers"),
        (["photo.png", "--sheet", "--depth", "16"], 2, "--sheet draws in 8 bits"),
        (["photo.png", "--sheet", "-o", "no/g.png"], 1, "there is no folder"),
        (["none.png", "--sheet", "-o", "g.png"], 1, "none.png"),
        (["photo.png", "--show", "--stride", "0"], 2, "expected 1 or more"),
    ],
)
def test_what_does_not_go_with_them(convtool, cat, folder, arguments, code, message):
    result = convtool("conv", *arguments, "-k", "edge")
    assert result.returncode == code
    assert result.stdout == b""
    assert message in result.stderr.decode()
    assert result.stderr.count(b"\n") == 1
    assert list(folder.iterdir()) == [folder / "photo.png"]


def test_a_sheet_of_pools_and_of_pipelines(convtool, cat):
    for command, name, expected in (
        (["pool", "photo.png", "--size", "2"], "max2", cat[:200, :250].reshape(100, 2, 125, 2, 3)),
        (["run", "pool", "photo.png"], "pool", cat[:200, :250].reshape(100, 2, 125, 2, 3)),
    ):
        assert convtool(*command, "--sheet", "-o", "sheet.png").returncode == 0
        assert places(np.asarray(Image.open("sheet.png")), expected.max((1, 3))), name


def test_a_kernel_called_sheet_is_a_map(convtool, cat, folder):
    (folder / "sheet.json").write_text("[[1]]")
    assert convtool("conv", "photo.png", "-k", "sheet.json", "-o", "{kernel}.png").returncode == 0
    assert np.array_equal(np.asarray(Image.open("sheet.png")), cat)


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (["conv", "photo.png", "-k", "kirsch", "--combine", "grid"], 2),
        (["run", "conv -k kirsch --combine grid", "photo.png"], 2),
        (["run", "p.toml", "photo.png"], 1),
    ],
)
def test_what_is_no_combination_is_pointed_to_it(convtool, cat, folder, command, code):
    (folder / "p.toml").write_text('[[stages]]\nop = "conv"\nkernel = "kirsch"\ncombine = "grid"\n')
    result = convtool(*command)
    assert result.returncode == code
    assert b"magnitude" in result.stderr
    assert b"--sheet puts all maps on one picture" in result.stderr


def test_a_closed_pipe_ends_quietly(folder, cat):
    process = subprocess.Popen(
        [SCRIPT, "conv", "photo.png", "-k", "kirsch", "--sheet", "-q"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=folder,
    )
    assert len(process.stdout.read(1)) == 1
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait(timeout=LIMIT) == 1


def test_an_image_that_breaks_off_leaves_nothing_behind(convtool, folder, cat):
    whole = (folder / "photo.png").read_bytes()
    (folder / "photo.png").write_bytes(whole[: len(whole) // 2])
    result = convtool("conv", "photo.png", "-k", "kirsch", "--sheet", "-o", "g.png")
    assert result.returncode == 1
    assert result.stderr.startswith(b"convtool: photo.png: ")
    assert list(folder.iterdir()) == [folder / "photo.png"]
