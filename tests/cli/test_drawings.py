"""What explain, kernel show and shape draw as SVG, and where they do not."""

import re

import numpy as np
import pytest
from helpers.svgs import elements, parsed, texts

from convtool import read_image

COMMANDS = {
    "explain": ("explain", "small.png", "gray | conv -k sobel_x | relu | pool", "--at", "3,4"),
    "show": ("kernel", "show", "gaussian5"),
    "shape": ("shape", "small.png", "conv -k edge --stride 2 | relu | pool"),
    "volume": ("shape", "8x64x48x1", "conv -k box:3x3x3 | pool"),
}

commands = pytest.mark.parametrize("name", COMMANDS)


@commands
def test_a_drawing_has_the_size_of_the_picture_and_nothing_is_printed(
    convtool, small, folder, name
):
    for path in ("drawn.svg", "drawn.SVG", "drawn.png"):
        result = convtool(*COMMANDS[name], "-o", path)
        assert (result.returncode, result.stdout, result.stderr) == (0, b"", b"")
    root = parsed((folder / "drawn.svg").read_bytes())
    height, width, _ = read_image("drawn.png").shape
    assert [root.get("width"), root.get("height")] == [str(width), str(height)]
    assert (folder / "drawn.SVG").read_bytes() == (folder / "drawn.svg").read_bytes()
    title, description = (elements(root, tag)[0].text for tag in ("title", "desc"))
    assert COMMANDS[name][1 if name != "show" else 2] in title
    assert description.endswith(".")


@commands
def test_json_is_printed_beside_it(convtool, small, folder, name):
    alone = convtool(*COMMANDS[name], "--json").stdout
    assert convtool(*COMMANDS[name], "--json", "-o", "drawn.svg").stdout == alone
    assert (folder / "drawn.svg").exists()


@pytest.mark.parametrize("name", ["shape", "volume"])
def test_every_word_of_the_table_is_in_the_drawing(convtool, small, folder, name):
    table, _, below = convtool(*COMMANDS[name]).stdout.decode().partition("\n\n")
    convtool(*COMMANDS[name], "-o", "net.svg")
    drawn = texts(parsed((folder / "net.svg").read_bytes()))
    words = set(re.split(r"[ ,]+", " ".join(drawn))) | set(drawn)
    told = " ".join(table.splitlines()[1:]).replace("in all", "").split()
    without = {"0", "stage"}  # stages without weights have none in the drawing
    assert {word.strip(",") for word in told} - words <= without
    assert set(below.splitlines()) <= set(drawn)


def test_names_of_files_make_no_markup(convtool, small, folder):
    name = "a<script>'\"&\u202e.png"
    (folder / "small.png").rename(folder / name)
    for more in (("conv -k edge", "--at", "1,1"), ("conv -k edge",)):
        command = "explain" if "--at" in more else "shape"
        assert convtool(command, name, *more, "-o", "o.svg").returncode == 0
        root = parsed((folder / "o.svg").read_bytes())
        assert not elements(root, "script")
        assert texts(root)[0].startswith("a<script>'\"&.png")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["conv", "small.png", "-k", "edge", "-o", "x.svg"], "extension '.svg' is unknown"),
        (["pool", "small.png", "-o", "x.svg"], "extension '.svg' is unknown"),
        (["shape", "9x9", "relu", "-o", "x.xyz"], "'.xyz' is unknown, expected one of: svg, png,"),
        (["kernel", "show", "edge", "-o", "x"], "'' is unknown, expected one of: svg, png, tiff"),
        (["shape", "9x9", "relu", "-o", "x.npy"], "shape draws a picture, and npy holds numbers"),
        (["shape", "9x9", "relu", "-o", "-"], "-o takes a file: stdout has the text"),
        (["shape", "9x9", "relu", "-o", "f.svg"], "-o f.svg: is a folder, expected a file"),
        (["shape", "small.png", "relu", "-o", "./small.png"], "would replace the image"),
        (["shape", "9x9", "p.json", "-o", "p.json"], "would replace the pipeline"),
        (["kernel", "show", "k.svg", "-o", "k.svg"], "would replace the kernel that is shown"),
    ],
)
def test_wrong_usage_leaves_nothing(convtool, small, folder, words, message):
    (folder / "f.svg").mkdir()
    (folder / "p.json").write_text('[{"op": "relu"}]')
    (folder / "k.svg").write_text("1 2\n3 4\n")
    before = {path: path.is_file() and path.read_bytes() for path in folder.iterdir()}
    result = convtool(*words)
    assert (result.returncode, result.stdout) == (2, b"")
    assert message in result.stderr.decode()
    assert result.stderr.count(b"\n") == 1
    assert {path: path.is_file() and path.read_bytes() for path in folder.iterdir()} == before


def test_what_cannot_be_written_or_drawn_leaves_nothing(convtool, folder):
    for words in (("no/x.svg", "relu"), ("x.svg", " | ".join(["pool -s 1"] * 101))):
        result = convtool("shape", "9x9", words[1], "-o", words[0])
        assert result.returncode in (1, 2)
        assert result.stderr.count(b"\n") == 1
    np.save("k.npy", np.ones((5000, 1, 1)))
    assert b"too many to draw" in convtool("kernel", "show", "k.npy", "-o", "x.svg").stderr
    assert [path.name for path in folder.iterdir()] == ["k.npy"]
