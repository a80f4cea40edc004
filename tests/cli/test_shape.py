"""convtool shape: what comes out, before it does."""

import json

import numpy as np
import pytest
from PIL import Image

from convtool import engine

HEAD = ["stage", "output", "weights", "multiply-adds", "field", "step", "method"]


def out(result):
    assert result.returncode == 0, result.stderr
    return result.stdout.decode()


def test_the_table(convtool):
    text = out(convtool("shape", "1000x1000", "conv -k edge"))
    lines = text.splitlines()
    assert lines[0].split() == HEAD
    assert lines[1].split() == ["image", "1000x1000x1"]
    assert lines[2].split() == [
        "conv", "edge", "3x3", "1000x1000x1", "9", "9,000,000", "3x3", "1x1", "direct"
    ]  # fmt: skip
    loops = "compiled" if engine() != "NumPy" else "NumPy"
    assert lines[4:] == [
        "A fully connected layer: 10^6 x 10^6 = 10^12 weights.",
        "This stage: 9.",
        f"Loops: {loops}.",
    ]
    assert max(map(len, lines)) <= 80


def test_several_stages_have_a_total_and_fit_80_columns(convtool):
    pipeline = "conv -k gaussian7 | relu | conv -k edge -k log5 --combine max"
    text = out(convtool("shape", "1000000x1000000x3", pipeline))
    lines = text.splitlines()
    assert max(map(len, lines)) <= 80
    assert any(line.split()[:3] == ["in", "all", "83"] for line in lines)
    assert "3.0 x 10^12 x 3.0 x 10^12 = 9.0 x 10^24 weights" in text


def test_json_is_exact(convtool, folder, small):
    pipeline = "gray | conv -k sobel_x --stride 2 | pool"
    found = json.loads(out(convtool("shape", "small.png", pipeline, "--json")))
    assert found["input"] == [40, 50, 3]
    assert [stage["shape"] for stage in found["stages"]] == [[40, 50, 1], [20, 25, 1], [10, 12, 1]]
    assert found["fully_connected"] == {"inputs": 6000, "outputs": 120, "weights": 720000}
    convtool("run", pipeline, "small.png", "-qo", "map.npy")
    assert list(np.load(folder / "map.npy").shape)[:2] == found["stages"][-1]["shape"][:2]


def test_json_says_where_windows_are(convtool):
    pipeline = "conv -k edge --stride 2 | relu | conv -k edge -k gaussian5 --combine max"
    stages = json.loads(out(convtool("shape", "8x9", pipeline, "--json")))["stages"]
    keys = "window", "stride", "dilation", "padding"
    assert [[stage[key] for key in keys] for stage in stages] == [
        [[3, 3], [2, 2], [1, 1], [[0, 1], [1, 1]]],
        [None] * 4,
        [[[3, 3], [5, 5]], [1, 1], [1, 1], [[[1, 1], [1, 1]], [[2, 2], [2, 2]]]],
    ]


def test_long_names_of_stages_fold(convtool):
    pipeline = "conv -k log5 --stride 2 --padding 1,0,1,0 --dilation 2x1 | pool -s 3 --ceil"
    text = out(convtool("shape", "1000000x1000000x3", pipeline))
    assert max(map(len, text.splitlines())) <= 80
    column = " ".join(line[: text.index("output") - 11].strip() for line in text.splitlines()[2:])
    assert "conv log5 5x5, stride 2, padding 1,0,1,0, dilation 2x1" in " ".join(column.split())
    assert "1000000x1000000x3" in text


def test_only_the_header_of_an_image_is_read(convtool, folder):
    noise = np.random.default_rng(0).integers(0, 256, (900, 1000, 3), np.uint8)
    Image.fromarray(noise).save("broken.png")
    data = (folder / "broken.png").read_bytes()
    (folder / "broken.png").write_bytes(data[:-9000] + bytes(9000))
    assert convtool("conv", "broken.png", "-k", "edge").returncode == 1
    assert "900x1000x3" in out(convtool("shape", "broken.png", "conv -k edge"))


def test_any_other_format_is_decoded_whole_as_help_says(convtool, folder):
    Image.new("RGB", (300, 200)).save("broken.bmp")
    (folder / "broken.bmp").write_bytes((folder / "broken.bmp").read_bytes()[:-9000])
    assert convtool("shape", "broken.bmp", "relu").returncode == 1
    text = " ".join(out(convtool("shape", "--help")).split())
    assert "PNG or NPY file" in text


def test_a_file_beyond_the_limit_is_told_by_its_size(convtool, folder):
    (folder / "huge.ppm").write_bytes(b"P5\n100000 100000\n255\n")
    result = convtool("shape", "huge.ppm", "relu")
    assert result.returncode == 1
    assert b"huge.ppm: is 100000x100000, more than the limit" in result.stderr
    assert b"give its size in place of it, as HxWxC" in result.stderr


@pytest.mark.parametrize("name", ["a.jpg", "a.csv", "a.npy", "a.tif"])
def test_any_format(convtool, folder, name):
    from convtool import write_image

    write_image(folder / name, np.arange(30, dtype=np.uint8).reshape(5, 6))
    assert "5x6x1" in out(convtool("shape", name, "relu"))


def test_from_stdin_and_alpha(convtool, folder):
    Image.new("RGBA", (6, 5)).save("a.png")
    text = out(convtool("shape", "-", "abs", stdin=(folder / "a.png").read_bytes()))
    assert "5x6x4" in text
    assert "alpha" in text


def test_a_map_that_is_too_large_to_make_is_told(convtool):
    result = convtool("shape", "100000x100000", "conv -k edge | pool -s 9")
    assert result.returncode == 0
    assert result.stderr.decode() == (
        "convtool: the image: 100000x100000 is more than the 2000000000 pixels that conv, pool "
        "and run take without --max-pixels\n"
    )


def test_a_pipeline_file(convtool, folder):
    (folder / "p.json").write_text('[{"op": "pool", "size": 4}]')
    assert "pool max 4x4" in out(convtool("shape", "8x8", "p.json"))


def test_help_has_its_examples_first(convtool):
    text = out(convtool("shape", "--help"))
    assert 0 < text.index("Examples:") < text.index("Options:")
    assert max(map(len, text.splitlines())) <= 80


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["4x4"], 2, "Missing argument 'PIPELINE'"),
        (["4x4", "conv", "-k", "edge"], 2, "Is the pipeline quoted? 'conv ... | relu'"),
        (["480X640", "relu"], 2, "found '480X640', expected IMAGE or a size as 480x640x3"),
        (["480,640,3", "relu"], 2, "found '480,640,3', expected IMAGE or a size as 480x640x3"),
        (["480 x 640", "relu"], 2, "found '480 x 640', expected IMAGE or a size as 480x640x3"),
        (["480*640", "relu"], 2, "expected IMAGE or a size as 480x640x3"),
        (["480", "relu"], 2, "expected IMAGE or a size as 480x640x3"),
        (["480-640", "relu"], 1, "480-640: no such file"),
        (["4x4", "blur"], 2, "stage 1: found 'blur'"),
        (["0x4", "relu"], 2, "size: found 0 rows"),
        (["nothere.png", "relu"], 1, "nothere.png: no such file"),
        (["4x4", "pool --size 5"], 1, "4x4: a window of 5x5 does not fit into an image of 4x4"),
        (["4x4x2", "gray"], 1, "4x4x2: an image of 2 channels has no grey"),
        (["4x4", "p.toml"], 1, "p.toml: cannot be read"),
        (["", "relu"], 2, "found '', expected a text"),
    ],
)
def test_wrong_usage(convtool, arguments, code, message):
    result = convtool("shape", *arguments)
    assert (result.returncode, result.stdout) == (code, b"")
    assert message in result.stderr.decode()
    assert result.stderr.count(b"\n") == 1
