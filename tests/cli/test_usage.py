"""What a first-time user types: either order, other tools' words, typing errors, help."""

import os
import subprocess
import sys

import pytest

STAGES = "conv -k edge | relu"


@pytest.mark.parametrize(
    "command", [("run", "--format", "csv"), ("explain", "--at", "1,1"), ("shape",)]
)
@pytest.mark.parametrize("pipeline", [STAGES, "layer.toml"])
def test_pipeline_and_image_in_either_order(convtool, small, folder, command, pipeline):
    (folder / "layer.toml").write_text('[[stages]]\nop = "conv"\nkernel = "edge"\n')
    name, *options = command
    results = [
        convtool(name, *words, *options)
        for words in ((pipeline, "small.png"), ("small.png", pipeline))
    ]
    assert results[0].returncode == 0
    assert results[0].stdout == results[1].stdout != b""


def test_the_pipeline_among_many_images(convtool, small, folder):
    for name in ("a.png", "b.png"):
        (folder / name).write_bytes((folder / "small.png").read_bytes())
    assert convtool("run", "a.png", "relu", "b.png", "-qd", "out").returncode == 0
    assert len(list((folder / "out").iterdir())) == 2


def test_a_folder_before_the_pipeline(convtool, small, folder):
    (folder / "photos").mkdir()
    (folder / "photos" / "a.png").write_bytes((folder / "small.png").read_bytes())
    assert convtool("run", "photos", STAGES, "-qd", "out").returncode == 0
    assert [path.name for path in (folder / "out").iterdir()] == ["a-edge-relu.png"]


def test_an_image_that_is_called_as_a_stage(convtool, small, folder):
    (folder / "relu").write_bytes((folder / "small.png").read_bytes())
    for words in (("relu", "abs"), ("abs", "relu")):
        result = convtool("shape", *words)
        assert (result.returncode, b"abs" in result.stdout) == (0, True)
    assert convtool("shape", "relu", "relu").returncode == 0
    assert convtool("run", "relu", "small.png", "-o", "out.png").returncode == 0


def test_weights_without_quotes_are_told_how_to_be_written(convtool, small):
    result = convtool("conv", small, "-k", "0", "-1", "0")
    assert (result.returncode, result.stdout) == (2, b"")
    assert "Weights are one word, in quotes: --kernel '0 -1 0; " in result.stderr.decode()


@pytest.mark.parametrize(
    "command",
    [
        ("conv", "small.png", "-k"),
        ("kernel", "show"),
        ("kernel", "convert"),
        ("explain", "small.png", "--at", "0,0", "-k"),
    ],
)
@pytest.mark.parametrize(
    ("kernel", "told"),
    [
        ("egde", "kernel 'egde' is not found; nearest: edge"),
        ("EDGE", "nearest: edge"),
        ("Tirangle:7", "nearest: triangle:7"),
        ("median", "pool --mode median"),
        ("blur", "a blur is gaussian:5"),
        ("box:5000", "the kernel would be 5000x5000"),
        ("dog:5,1,1", "expected two different ones"),
        ("1 2; 3", "has 1 number(s), expected 2"),
    ],
)
def test_a_kernel_that_cannot_be_had_is_wrong_usage(convtool, small, command, kernel, told):
    result = convtool(*command, kernel)
    assert (result.returncode, result.stdout) == (2, b"")
    assert told in result.stderr.decode()
    assert result.stderr.count(b"\n") == 1


def test_a_kernel_of_a_pipeline_that_is_not_found_is_wrong_usage(convtool, small):
    result = convtool("run", "conv -k egde", "small.png")
    assert (result.returncode, b"'egde' is not found" in result.stderr) == (2, True)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("pool", "--mode", "avg"), "mode: found 'avg', expected one of: max, min, mean"),
        (("pool", "--mode", "avg"), "; avg is called mean here"),
        (("pool", "--mode", "Average"), "; Average is called mean here"),
        (("conv", "-k", "edge", "--border", "zero"), "; zero is called constant here"),
        (("conv", "-k", "edge", "--combine", "avg"), "; avg is called mean here"),
        (("run", "pool --mode avg"), "; avg is called mean here"),
    ],
)
def test_other_tools_words_are_translated(convtool, small, arguments, told):
    result = convtool(*arguments, "small.png")
    assert (result.returncode, result.stderr.count(b"\n")) == (2, 1)
    assert told in result.stderr.decode()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("con",), "convtool: No such command 'con'; did you mean conv?\n"),
        (("Pool",), "convtool: No such command 'Pool'; did you mean pool?\n"),
        (("kernel", "shwo"), "convtool kernel: No such command 'shwo'; did you mean show?\n"),
        (
            ("zzz",),
            "convtool: No such command 'zzz'; expected one of: conv, pool, run, explain, shape, "
            "kernel, fit, help\n",
        ),
        (("help", "con"), "convtool: No such command 'con'; did you mean conv?\n"),
        (("help", "conv", "x"), "convtool help: convtool conv has no commands, found 'x'\n"),
    ],
)
def test_a_command_that_was_mistyped(convtool, words, told):
    result = convtool(*words)
    assert (result.returncode, result.stderr.decode()) == (2, told)


@pytest.mark.parametrize("words", [(), ("conv",), ("kernel",), ("kernel", "make", "gaussian")])
def test_help_is_a_command_too(convtool, words):
    result = convtool("help", *words)
    assert (result.returncode, result.stderr) == (0, b"")
    assert result.stdout == convtool(*words, "--help").stdout != b""


@pytest.mark.parametrize(
    ("command", "headings"),
    [
        ("conv", ["Convolution", "Output", "Many images", "Other options"]),
        ("pool", ["Pooling", "Output", "Many images", "Other options"]),
        ("run", ["Output", "Many images", "Other options"]),
        (
            "explain",
            ["What is explained", "Convolution", "Convolution and pooling", "Pooling", "Output",
             "Animation", "Other options"],
        ),
    ],
)  # fmt: skip
def test_options_stand_under_headings(convtool, command, headings):
    lines = convtool(command, "--help").stdout.decode().splitlines()
    assert [line[:-1] for line in lines if line[:1] != " " and line.endswith(":")] == headings


@pytest.mark.parametrize("count", [4, 9, 25])
@pytest.mark.parametrize("command", ["conv", "run", "show", "explain"])
def test_a_square_count_of_weights_in_one_row_stays_a_row_with_a_note(
    convtool, small, command, count
):
    weights = " ".join(map(str, range(count)))
    commands = {
        "conv": ("conv", "small.png", "-k", weights, "-o", "x.npy"),
        "run": ("run", f"conv -k '{weights}'", "small.png", "-o", "x.npy"),
        "show": ("kernel", "show", weights),
        "explain": ("explain", "small.png", "-k", weights, "--at", "0,0"),
    }
    result = convtool(*commands[command])
    side = round(count**0.5)
    assert result.returncode == 0
    assert f"is one row of {count} weights; for {side}x{side} write a ;" in result.stderr.decode()
    if command == "show":
        assert f"kernel, 1x{count}".encode() in result.stdout
    if command in ("conv", "run"):
        assert convtool(*commands[command], "-q").stderr == b""


@pytest.mark.parametrize("weights", ["1", "1 2 3", "1 2; 3 4", "1; 2; 3; 4", "4x1: 1 2 3 4"])
def test_no_note_on_other_weights(convtool, small, weights):
    result = convtool("kernel", "show", weights)
    assert (result.returncode, result.stderr) == (0, b"")


def test_python_runs_the_package_as_the_command(folder):
    done = subprocess.run(
        [sys.executable, "-m", "convtool", "--version"], capture_output=True, check=True
    )
    assert done.stdout.startswith(b"convtool ")


@pytest.mark.parametrize(
    "words",
    [
        ("conv", "", "-k", "edge"),
        *(
            ("conv", "small.png", "-k", "edge", option, "")
            for option in ("-o", "-d", "--from-file", "--name", "--format", "--scheduler")
        ),
        ("explain", "small.png", "-k", "edge", "--at", "0,0", "-o", ""),
        ("kernel", "show", "edge", "-o", ""),
        ("kernel", "rotate", "edge", "--by", "90", "--format", ""),
        ("fit", "small.png", "small.png", "-o", ""),
    ],
)
def test_an_empty_value_is_not_taken_for_none(convtool, small, folder, words):
    before = sorted(os.listdir())
    result = convtool(*words)
    assert (result.returncode, result.stdout) == (2, b"")
    assert b"found '', expected a text" in result.stderr
    assert sorted(os.listdir()) == before


def test_placeholders_of_names_are_not_for_output(convtool, small, folder):
    result = convtool("conv", "small.png", "-k", "edge", "-o", "{stem}-{kernel}.png")
    assert result.returncode == 2
    assert b"-o: found {stem}, which --name with --out-dir knows" in result.stderr


def test_a_name_is_looked_for_in_its_folder_alone(convtool, small, folder):
    (folder / "map.png").mkdir()
    assert convtool("pool", "small.png", "-d", "out", "--name", "map.png").returncode == 0
    assert os.listdir("out") == ["map.png"]


def test_of_many_maps_none_is_written_where_one_is_a_folder(convtool, small, folder):
    (folder / "maps" / "kernel-60.png").mkdir(parents=True)
    weights = ["-k", "1"] * 60
    result = convtool("conv", "small.png", *weights, "-o", "maps/{kernel}.png")
    assert (result.returncode, os.listdir("maps")) == (1, ["kernel-60.png"])
    assert b"maps/kernel-60.png: cannot be written: it is a folder" in result.stderr
