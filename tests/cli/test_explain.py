"""convtool explain: one value on paper, as JSON, and drawn."""

import json
import re

import numpy as np
import pytest
from PIL import Image

from convtool import conv2d, find_kernel, read_image
from convtool.inspect.steps.base import numeral

MATRIX = "1,3,2,1\n2,9,1,1\n1,3,2,3\n5,6,1,2\n"


@pytest.fixture
def matrix(folder):
    (folder / "m.csv").write_text(MATRIX)


def out(result):
    assert result.returncode == 0, result.stderr
    return result.stdout.decode()


def test_a_pool_as_the_textbook_has_it(convtool, matrix):
    assert out(convtool("explain", "m.csv", "--pool", "max", "--size", "2", "--at", "1,0")) == (
        "m.csv (4x4x1): pool max 2x2, row 1, column 0 of the map (2x2x1)\n"
        "\n"
        "      | 0  1\n"
        "    2 | 1  3\n"
        "    3 | 5  6\n"
        "\n"
        "    the largest, from row 3, column 1  6\n"
        "    value                              6\n"
        "    pixel                              6\n"
        "\n"
        "  receptive field in the image: rows 2..3, columns 0..1 (2x2)\n"
    )


def test_a_convolution_at_a_corner(convtool, matrix):
    kernel = "1 2 1; 2 4 2; 1 2 1"
    text = out(convtool("explain", "m.csv", "-k", kernel, "--divisor", "16", "--bias=-1",
                        "--at", "0,0"))  # fmt: skip
    assert text == (
        "m.csv (4x4x1): conv kernel 3x3, row 0, column 0 of the map (4x4x1)\n"
        "\n"
        "       | -1   0   1\n"
        "    -1 | (1) (1) (3)   1 2 1   1 2 3\n"
        "     0 | (1)  1   3  x 2 4 2 = 2 4 6\n"
        "     1 | (2)  2   9    1 2 1   2 4 9\n"
        "\n"
        "    sum of the products      33\n"
        "    / 16                 2.0625\n"
        "    - 1                  1.0625\n"
        "    value                1.0625\n"
        "    pixel, rounded            1\n"
        "\n"
        "  5 of 9 elements lie in the border (edge), here in parentheses\n"
        "  receptive field in the image: rows -1..1, columns -1..1 (3x3)\n"
        "  read there: rows 0..1, columns 0..1\n"
    )


def test_a_pipeline_back_to_the_image(convtool, small):
    text = out(convtool("explain", "small.png", "gray | conv -k sobel_x | relu | pool",
                        "--at", "0,0"))  # fmt: skip
    heads = re.findall(r"^(\d\. .*?):", text, re.MULTILINE)
    assert heads == ["4. pool max 2x2", "3. relu", "2. conv sobel_x 3x3", "1. gray"]
    red, green, blue = (int(n) for n in re.search(
        r"0\.299 x (\d+) \+ 0\.587 x (\d+) \+ 0\.114 x (\d+)", text).groups())  # fmt: skip
    assert [red, green, blue] in small[:3, :3].reshape(-1, 3).tolist()
    assert max(map(len, text.splitlines())) <= 80


@pytest.mark.parametrize("options", [
    ["-k", "gaussian7"], ["-k", "log5", "--stride", "2"], ["-k", "motion9", "--border", "wrap"],
    ["-k", "kirsch", "--combine", "max"], ["-k", "sobel_x", "-k", "sobel_y"],
    ["-k", "0.123456 -1e-9 12345.678", "--padding", "full"],
    ["-k", "; ".join(["-1.23456e-7 " * 9] * 9)], ["-k", "1 1", "--divisor", "-1.23456e-200"],
    ["conv -k kirsch -k robinson --combine sum | conv -k log5 | sigmoid | pool -m median"],
    ["-k", "sobel_x", "-k", "sobel_y", "-k", "scharr_x", "--combine", "magnitude"],
    ["conv -k sobel_x -k sobel_y -k scharr_x --combine magnitude | pool"],
    ["--pool", "mean", "-s", "21"], ["--pool", "lp", "--p", "3.5"], ["--pool", "median", "-s", "2"],
])  # fmt: skip
def test_lines_fit_80_columns(convtool, small, options):
    text = out(convtool("explain", "small.png", *options, "--at", "0,1"))
    assert max(map(len, text.splitlines())) <= 80, text


def test_where_a_stage_goes_on_comes_last_and_in_the_words_of_pictures(convtool, matrix):
    text = out(convtool("explain", "m.csv", "relu | conv -k '1 2'", "--at", "1,1"))
    assert (
        "    sum of the products  11\n"
        "    value                11\n"
        "    pixel                11\n"
        "    goes on in stage 1 at row 1, column 1: the largest product\n"
    ) in text


@pytest.mark.parametrize(
    ("place", "pipeline", "told"),
    [
        ("0,0", "pool -m median -s 2", "halfway between 2 and 3, the middle two of 4 2.5 value"),
        ("0,0", "pool -m median -s 2", "pixel, rounded 2 the lower one of the middle two: row 1, "),
        ("1,1", "pool -m median -s 2", "the middle two of 4 are both 2 2 value 2 pixel 2 one of "),
        ("1,1", "relu | pool -m median -s 2", "goes on in stage 1 at row 2, column 2: one of"),
        ("0,0", "pool -m median -s 3", "the middle one of 9 elements in order, from row 1, col"),
    ],
)  # fmt: skip
def test_medians_can_be_read(convtool, folder, place, pipeline, told):
    (folder / "m.csv").write_text("1,3,2,1\n2,9,1,1\n1,3,2,3\n5,6,1,2\n")
    assert told in " ".join(out(convtool("explain", "m.csv", pipeline, "--at", place)).split())


def test_elements_in_the_border_are_counted_for_each_kernel(convtool, small, folder):
    command = "explain", "small.png", "-k", "sobel_x", "--combine", "max", "--at", "0,0"
    assert "lie in" not in out(convtool(*command[:4], "--at", "3,3"))
    assert "  5 of 9 elements lie in" in out(convtool(*command, "-k", "sobel_y"))
    text = out(convtool(*command, "-k", "gaussian7"))
    assert "  sobel_x 3x3: 5 of 9 elements lie in the border (edge)" in text
    assert "  gaussian7 7x7: 33 of 49 elements lie in the border (edge)" in text
    Image.new("RGBA", (9, 8)).save("a.png")
    text = out(convtool("explain", "a.png", *command[2:], "-k", "sobel_y"))
    assert "  5 of 9 elements lie in" in text


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("conv -k w.npy | relu", ""),
        ("conv -k w.npy -k edge --combine sum | relu", "w 7x7: "),
        ("conv -k w.npy", ""),
    ],
)
def test_a_value_that_its_steps_miss_is_told_in_every_stage(convtool, folder, text, name):
    weights = np.random.default_rng(5).normal(size=(7, 7))
    np.save("w.npy", weights - weights.mean())  # their sum is 0, but not in float32
    Image.new("L", (9, 9), 201).save("flat.png")
    command = "explain", "flat.png", text, "--at", "4,4"
    stage = json.loads(out(convtool(*command, "--json")))[0]["channels"][0]["stages"][-1]
    (one, *_) = stage["terms"] or (stage,)
    assert abs(one["steps"][-1]["value"]) < 1e-9 < abs(one["value"])
    told = " ".join(out(convtool(*command)).split())
    remark = f"{name}value, as floats of the engine's add up {numeral(one['value'])}"
    assert told.count(remark) == 1


def test_json_has_all_and_is_what_conv_computes(convtool, small, folder):
    (found,) = json.loads(out(convtool("explain", "small.png", "-k", "gaussian5", "--at", "1,49",
                                       "--json")))  # fmt: skip
    map_ = conv2d(small, find_kernel("gaussian5"))
    convtool("conv", "small.png", "-k", "gaussian5", "-o", "g.png")
    assert found["shape"] == [40, 50, 3]
    for index, channel in enumerate(found["channels"]):
        assert channel["value"] == map_[1, 49, index]
        assert channel["pixel"] == read_image("g.png")[1, 49, index]
        (stage,) = channel["stages"]
        (window,) = stage["windows"]
        assert window["cols"] == [47, 48, 49, 50, 51]
        assert window["source_cols"] == [47, 48, 49, 49, 49]
        assert np.array(window["border"]).sum() == 2 * 5 + 3
        products = np.multiply(window["pixels"], window["weights"])
        assert products.tolist() == window["products"]
        assert [step["value"] for step in stage["steps"]] == [
            products.sum(), products.sum() / 256
        ]  # fmt: skip
    (field,) = found["receptive_fields"]
    assert (field["rows"], field["seen_rows"], field["border"]) == ([-1, 3], [[0, 3]], "edge")


def test_rows_on_the_other_side_are_told_as_such(convtool, small):
    command = "explain", "small.png", "-k", "edge", "--border", "wrap", "--at", "0,0"
    text = out(convtool(*command))
    assert "read there: rows 0..1 and 39, columns 0..1 and 49\n" in text
    (field,) = json.loads(out(convtool(*command, "--json")))[0]["receptive_fields"]
    assert (field["rows"], field["seen_rows"]) == ([-1, 1], [[0, 1], [39, 39]])
    assert (field["cols"], field["seen_cols"]) == ([-1, 1], [[0, 1], [49, 49]])


def test_a_window_that_is_all_made_up_has_nothing_behind_it(convtool, matrix):
    command = ("explain", "m.csv", "relu | conv -k edge --border constant --padding 6",
               "--at", "0,0")  # fmt: skip
    text = out(convtool(*command))
    assert (
        "1. relu: its map (4x4x1)\n"
        "\n"
        "  no value comes from here: all in the window behind it is made up\n"
    ) in text
    assert text.count("read there: nothing, all of it is made up\n") == 2
    fields = json.loads(out(convtool(*command, "--json")))[0]["receptive_fields"]
    assert [field["seen_rows"] for field in fields] == [[], []]


def test_json_of_what_is_no_number(convtool, folder):
    np.save("n.npy", np.array([[np.nan, np.inf, 1]]))
    (found,) = json.loads(out(convtool("explain", "n.npy", "-k", "1 1 1", "--at", "0,1", "--json")))
    (window,) = found["channels"][0]["stages"][0]["windows"]
    assert window["pixels"] == [["nan", "inf", 1]]
    assert (found["channels"][0]["value"], found["channels"][0]["pixel"]) == ("nan", 0)


def test_several_kernels_one_after_another(convtool, small):
    found = json.loads(
        out(convtool("explain", "small.png", "-k", "kirsch", "--at", "3,4", "--json"))
    )
    assert [one["map"] for one in found][:2] == ["kirsch_n", "kirsch_ne"]
    text = out(convtool("explain", "small.png", "-k", "edge", "-k", "box3", "--at", "3,4"))
    assert text.count("small.png (40x50x3): conv ") == 2


def test_a_layer_is_abridged_in_text_only(convtool, small, folder):
    np.save("w.npy", np.ones((20, 3, 3, 3)))
    text = out(convtool("explain", "small.png", "-k", "w.npy", "--at", "3,4"))
    assert text.count("from channel R") == 4
    assert "channel 4: " in text
    assert "... and 4 channels more; --json has all" in text
    assert "no pixel: a map of so many channels is no picture" in text
    (found,) = json.loads(out(convtool("explain", "small.png", "-k", "w.npy", "--at", "3,4",
                                       "--json")))  # fmt: skip
    assert len(found["channels"]) == 20


def test_a_large_window_is_abridged_and_says_so(convtool, small):
    text = out(convtool("explain", "small.png", "--pool", "mean", "-s", "30x40", "--at", "0,0"))
    assert text.count("(abridged: the window is 30x40; --json has all)") == 3


def test_alpha_is_told(convtool, folder):
    Image.new("RGBA", (5, 4), (1, 2, 3, 77)).save("a.png")
    text = out(convtool("explain", "a.png", "-k", "edge", "--at", "0,1"))
    assert re.search(r"channel A\n    alpha of row 0, column 1 +77\n", text)


def test_image_and_kernel_from_stdin(convtool, small, folder):
    data = (folder / "small.png").read_bytes()
    named = out(convtool("explain", "small.png", "-k", "edge", "--at", "2,2"))
    piped = out(convtool("explain", "-", "-k", "edge", "--at", "2,2", stdin=data))
    assert piped == named.replace("small.png", "stdin")
    text = out(convtool("explain", "small.png", "-k", "-", "--at", "2,2", stdin=b"1 2\n3 4\n"))
    assert "conv kernel 2x2" in text


@pytest.mark.parametrize("range_", ["clip", "normalize"])
def test_stretching_reads_a_stream_twice(convtool, small, folder, range_):
    data = (folder / "small.png").read_bytes()
    convtool("conv", "small.png", "-k", "edge", "--range", range_, "-qo", "e.png")
    (found,) = json.loads(out(convtool("explain", "-", "-k", "edge", "--at", "9,9", "--json",
                                       "--range", range_, stdin=data)))  # fmt: skip
    pixels = [channel["pixel"] for channel in found["channels"]]
    assert pixels == read_image("e.png")[9, 9].tolist()


def test_a_broken_end_of_the_image_does_not_matter(convtool, folder):
    noise = np.random.default_rng(0).integers(0, 256, (2000, 1500, 3), np.uint8)
    Image.fromarray(noise).save("broken.png")
    data = (folder / "broken.png").read_bytes()
    (folder / "broken.png").write_bytes(data[:-9000] + bytes(9000))
    assert convtool("conv", "broken.png", "-k", "edge", "-o", "x.png").returncode == 1
    assert "value" in out(convtool("explain", "broken.png", "-k", "edge", "--at", "5,5"))


@pytest.mark.parametrize("options", [
    ["-k", "edge"], ["--pool", "max", "--padding", "1"], ["-k", "w.npy"],
    ["gray | conv -k sobel_x -k sobel_y --combine magnitude | relu | pool"],
    ["--pool", "median", "-s", "30"], ["-k", "edge", "-k", "box5"],
])  # fmt: skip
def test_the_picture(convtool, small, folder, options):
    np.save("w.npy", np.ones((9, 3, 2, 2)))
    result = convtool("explain", "small.png", *options, "--at", "0,0", "-o", "steps.png")
    assert out(result) == ""
    picture = read_image("steps.png")
    assert picture.ndim == 3
    assert (picture[:10] == 255).all()
    assert len(np.unique(picture.astype(int) @ [65536, 256, 1])) > 10


def test_the_picture_and_json_at_once(convtool, small, folder):
    result = convtool("explain", "small.png", "-k", "edge", "--at", "0,0", "-o", "s.png", "--json")
    assert json.loads(out(result))
    assert (folder / "s.png").exists()


@pytest.mark.parametrize("output", ["small.png", "./small.png", "link.png"])
def test_the_image_is_not_replaced(convtool, small, folder, output):
    (folder / "link.png").symlink_to("small.png")
    before = (folder / "small.png").read_bytes()
    result = convtool("explain", "small.png", "-k", "edge", "--at", "0,0", "-o", output)
    assert result.returncode == 2
    assert f"-o {output} would replace the image that is explained" in result.stderr.decode()
    assert (folder / "small.png").read_bytes() == before


def test_a_mask_is_not_replaced(convtool, small, folder):
    before = (folder / "small.png").read_bytes()
    words = ("-k", "box3", "--at", "0,0", "--only", "small.png", "-o", "./small.png")
    (folder / "other.png").write_bytes(before)
    result = convtool("explain", "other.png", *words)
    assert result.returncode == 2
    assert b"-o ./small.png would replace a mask of the map" in result.stderr
    assert (folder / "small.png").read_bytes() == before


def test_help_has_its_examples_first_and_the_options_of_both(convtool):
    text = out(convtool("explain", "--help"))
    assert 0 < text.index("Examples:") < text.index("What is explained:")
    assert max(map(len, text.splitlines())) <= 80
    joined = " ".join(text.split())
    assert "Default: same, of --pool 0." in joined
    assert "Default: 1, of --pool the window's size." in joined
    entries = re.split(r"\n  (?=-)", text.partition("What is explained:")[2])[1:]
    assert len(entries) > 25
    for entry in entries:
        assert re.search(r"(\S {2,}|\n +)\S.*[.\]]", entry), entry
    for flag in ("--anchor", "--groups", "--count-include-pad", "--border", "--at [SLICE,]ROW,COL"):
        assert flag in text


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["-k", "edge"], 2, "found no --at"),
        (["--at", "0,0"], 2, "found none, expected one of --kernel, --pool and PIPELINE"),
        (["relu", "--pool", "max", "--at", "0,0"], 2, "found --pool and PIPELINE, expected one"),
        (["-k", "edge", "--at", "0"], 2, "found '0', expected ROW,COL or SLICE,ROW,COL"),
        (["-k", "edge", "--at", "-1,0"], 2, "found '-1,0', expected ROW,COL or"),
        (["-k", "edge", "--size", "2", "--at", "0,0"], 2, "--size goes with --pool"),
        (["--pool", "max", "--fill", "2", "--at", "0,0"], 2, "--fill goes with --kernel"),
        (["relu", "--gray", "--at", "0,0"], 2, "--gray goes into the words of PIPELINE"),
        (["-k", "edge", "--fill", "2", "--at", "0,0"], 2, "--fill goes with --border constant"),
        (["-k", "edge", "--stride", "0", "--at", "0,0"], 2, "stride: found '0', expected 1 or"),
        (["--pool", "best", "--at", "0,0"], 2, "mode: found 'best', expected one of: max"),
        (["blur", "--at", "0,0"], 2, "stage 1: found 'blur'"),
        (["edge", "--at", "0,0"], 2, "; a kernel is given as --kernel edge"),
        (["0 1; 1 0", "--at", "0,0"], 2, "; a kernel is given as --kernel '0 1; 1 0'"),
        (["edge | relu", "--at", "0,0"], 2, "abs, gray, linear, encode\n"),
        (["conv", "-k", "edge", "--at", "0,0"], 2, "found --kernel and PIPELINE"),
        (
            ["relu", "--at", "0,0", "-o", "x.npy"],
            2,
            "x.npy: explain draws a picture, and npy holds numbers",
        ),
        (["relu", "--at", "0,0", "-o", "x.xyz"], 2, "x.xyz: extension '.xyz' is unknown"),
        (["relu", "--at", "0,0", "-o", "no/x.png"], 1, "no/x.png: cannot be written"),
        (["relu", "--at", "40,0"], 1, "small.png: the map is 40x50 and has no row 40, column 0"),
        (["-k", "egde", "--at", "0,0"], 2, "kernel 'egde' is not found; nearest: edge"),
        (["--pool", "max", "-s", "99", "--at", "0,0"], 1, "small.png: a window of 99x99 does not"),
        (["-k", "edge", "--at", "0,0", "--max-pixels", "99"], 1, "small.png: is 40x50, more than"),
    ],
)
def test_wrong_usage(convtool, small, folder, arguments, code, message):
    before = {path.name for path in folder.iterdir()}
    result = convtool("explain", "small.png", *arguments)
    assert (result.returncode, result.stdout) == (code, b""), result.stderr
    assert message in result.stderr.decode()
    assert result.stderr.count(b"\n") == 1
    assert {path.name for path in folder.iterdir()} == before


@pytest.mark.parametrize("command", [["explain", "-k", "1", "--at", "0,0"], ["shape", "relu"]])
def test_a_closed_stdout_is_told(convtool, small, command):
    name, *rest = command
    result = convtool(name, "small.png", *rest, preexec_fn=lambda: __import__("os").close(1))
    assert result.returncode == 1
    assert result.stderr.startswith(b"convtool: stdout is closed")
