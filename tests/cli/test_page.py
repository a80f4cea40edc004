"""convtool explain -o page.html: what is written, and what is refused."""

import base64
import io
import json
import re
import webbrowser

import numpy as np
import pytest
from helpers.command import run_here
from PIL import Image


def facts(path):
    text = re.search(r'<script type="application/json" id="facts">(.*?)</script>', path.read_text())
    return json.loads(text[1])


def test_a_page_of_a_picture(convtool, folder, small):
    words = ["explain", "small.png", "gray | conv -k sobel_x | relu", "--at", "3,4"]
    result = convtool(*words, "-o", "lesson.html")
    assert (result.returncode, result.stdout, result.stderr) == (0, b"", b"")
    found = facts(folder / "lesson.html")
    assert [stage["op"] for stage in found["stages"]] == ["gray", "conv", "relu"]
    (told,) = json.loads(convtool(*words, "--json").stdout)
    assert found["values"] == [channel["value"] for channel in told["channels"]]
    assert (found["name"], found["size"], found["place"]) == ("small.png", [40, 50], [3, 4])
    assert found["picture"] is None


@pytest.mark.parametrize("options", [["-k", "edge"], ["--pool", "mean"]])
def test_kernels_and_pools(convtool, folder, small, options):
    result = convtool("explain", "small.png", *options, "--at", "1,1", "-o", "a.HTM")
    assert result.returncode == 0, result.stderr
    assert len(facts(folder / "a.HTM")["stages"]) == 1


@pytest.mark.parametrize("kind", ["noise.png", "noise.npy"])
def test_a_large_picture_makes_a_page_below_a_megabyte(convtool, folder, kind):
    noise = np.random.default_rng(1).integers(0, 256, (1500, 2000, 3)).astype(np.uint8)
    Image.fromarray(noise).save(folder / "noise.png", compress_level=1)
    np.save(folder / "noise.npy", np.random.default_rng(1).normal(0, 1, (1500, 2000, 3)))
    words = "conv -k gaussian:11 --padding full | sigmoid"
    result = convtool("explain", kind, words, "--at", "700,900", "-o", "a.html")
    assert result.returncode == 0, result.stderr
    assert (folder / "a.html").stat().st_size < 1_000_000
    assert facts(folder / "a.html")["picture"].startswith("data:image/png;base64,")


@pytest.mark.parametrize(
    ("options", "code", "told"),
    [
        (["-k", "sobel_x", "-k", "sobel_y"], 1, "a page shows one map, and there are 2"),
        (["-k", "1 2", "-k", "3; 4", "--combine", "max"], 1, "a page shows kernels of one size"),
        (["conv_transpose -k edge"], 1, "a page does not show this stage"),
        (["-k", "edge", "--at", "99,0"], 1, "has no row 99"),
    ],
)
def test_what_a_page_does_not_show_is_told_and_nothing_is_left(
    convtool, folder, small, options, code, told
):
    result = convtool("explain", "small.png", "--at", "1,1", *options, "-o", "a.html")
    assert result.returncode == code
    (line,) = result.stderr.decode().splitlines()
    assert told in line
    assert [path.name for path in folder.iterdir()] == ["small.png"]


def test_transparency_is_refused_with_a_word(convtool, folder):
    Image.new("RGBA", (9, 9)).save(folder / "a.png")
    result = convtool("explain", "a.png", "-k", "edge", "--at", "1,1", "-o", "a.html")
    assert result.returncode == 1
    assert b"a.png: a page does not show transparency" in result.stderr
    assert not (folder / "a.html").exists()


def test_the_page_knows_how_its_image_is_read(convtool, folder):
    (folder / "-n.csv").write_text("a;b;c\n1;2;-9\n3;4;5\n")
    words = ["--delimiter", ";", "--header", "--nodata=-9", "-k", "edge", "--at", "1,0"]
    result = convtool("explain", *words, "-o", "a.html", "--", "-n.csv")
    assert result.returncode == 0, result.stderr
    source = facts(folder / "a.html")["source"]
    assert source == ["-n.csv", "--nodata=-9", "--delimiter=;", "--header"]
    again = ["./-n.csv", *source[1:]]
    told = convtool("conv", *again, "-k", "edge", "--format", "csv").stdout
    values = [float(word) for line in told.decode().split() for word in line.split(";")]
    assert values[3] == facts(folder / "a.html")["values"][0]


def test_of_several_frames_the_command_takes_the_first(convtool, folder):
    frames = [Image.new("L", (9, 9), level) for level in (10, 20)]
    frames[0].save(folder / "a.gif", save_all=True, append_images=frames[1:])
    result = convtool("explain", "a.gif", "-k", "edge", "--at", "1,1", "-o", "a.html")
    assert result.returncode == 0, result.stderr
    assert facts(folder / "a.html")["source"] == ["a.gif", "--frames=first"]


def test_a_page_of_what_is_piped_in(process, folder, small):
    words = ["explain", "-", "-k", "edge", "--at", "1,1", "-o", "a.html"]
    result = process(*words, stdin=(folder / "small.png").read_bytes())
    assert result.returncode == 0, result.stderr
    assert (facts(folder / "a.html")["name"], facts(folder / "a.html")["source"]) == (
        "stdin",
        ["-"],
    )


def test_the_whole_of_numbers_around_0_has_the_colours_of_signs(convtool, folder):
    np.save(folder / "a.npy", np.where(np.arange(400) < 200, -2.0, 1.0) * np.ones((300, 1)))
    result = convtool("explain", "a.npy", "-k", "edge", "--at", "1,1", "-o", "a.html")
    assert result.returncode == 0, result.stderr
    data = base64.b64decode(facts(folder / "a.html")["picture"].partition(",")[2])
    picture = np.asarray(Image.open(io.BytesIO(data)).convert("RGB")).astype(int)
    (left, right) = picture[90, 5], picture[90, -5]
    assert left[0] > left[2] + 100
    assert right[2] > right[0] + 50


def test_open_shows_the_page_in_the_browser(folder, small, monkeypatch):
    opened = []
    monkeypatch.setattr(webbrowser, "open", lambda url: opened.append(url) or True)
    words = ["explain", "small.png", "-k", "edge", "--at", "1,1", "--open"]
    assert run_here([*words, "-o", "a b.html"]).returncode == 0
    assert opened == [f"file://{folder}/a%20b.html"]


def test_open_says_where_there_is_no_browser(small, monkeypatch):
    monkeypatch.setattr(webbrowser, "open", lambda url: False)
    words = ["explain", "small.png", "-k", "edge", "--at", "1,1", "--open", "-o", "a.html"]
    assert b"found no browser" in run_here(words).stderr


@pytest.mark.parametrize("options", [[], ["-o", "a.png"]])
def test_open_is_for_pages(convtool, folder, small, options):
    result = convtool("explain", "small.png", "-k", "edge", "--at", "1,1", "--open", *options)
    assert result.returncode == 2
    assert b"--open opens a page" in result.stderr
    assert [path.name for path in folder.iterdir()] == ["small.png"]


@pytest.mark.parametrize(
    "options", [["--depth", "16"], ["--white", "1"], ["--range", "center"]], ids=str
)
@pytest.mark.parametrize("output", [["--at", "1,1", "-o", "a.html"], ["-o", "a.gif"]], ids=str)
def test_options_for_one_pixel_are_refused(convtool, folder, small, options, output):
    result = convtool("explain", "small.png", "-k", "edge", *options, *output)
    assert result.returncode == 2
    assert f"{options[0]} is for one" in result.stderr.decode()
    assert [path.name for path in folder.iterdir()] == ["small.png"]
