"""convtool run: stages in one pass, equal to the same commands piped."""

import json

import numpy as np
import pytest
from PIL import Image

from convtool import Pipeline, conv2d, read_image, write_image

COLORS = {
    "uint8": lambda rng, shape: rng.integers(0, 256, shape, dtype=np.uint8),
    "float32": lambda rng, shape: rng.normal(100, 40, shape).astype(np.float32),
    "float64": lambda rng, shape: rng.normal(0, 1e-3, shape),
    "int16": lambda rng, shape: rng.integers(-3000, 3000, shape, dtype=np.int16),
}


def kernels(folder):
    rng = np.random.default_rng(5)
    for name, shape in {"seven": (7, 7), "large": (19, 21), "three": (3, 3)}.items():
        np.save(folder / f"{name}.npy", rng.normal(size=shape))
    np.save(folder / "layer.npy", rng.normal(size=(5, 3, 3, 3)).astype(np.float32))
    np.save(folder / "bias.npy", rng.normal(size=5))


@pytest.mark.parametrize("dtype", COLORS)
@pytest.mark.parametrize(
    "stages",
    [
        ["conv -k edge --stride 2", "relu", "pool --mode max --size 2"],
        ["conv -k seven.npy --border mirror", "conv -k seven.npy", "pool -m mean -s 3 --stride 2"],
        ["conv -k large.npy", "sigmoid", "conv -k large.npy --stride 3", "tanh"],
        ["gray", "conv -k seven.npy --dilation 2", "abs", "conv -k gaussian7"],
        ["conv -k layer.npy --bias-file bias.npy", "leaky_relu --slope 0.2", "pool -m median -s 3"],
        ["pool -m mean -s 2", "conv -k three.npy --border wrap", "conv -k seven.npy"],
        ["conv -k log5 -k seven.npy --combine magnitude", "conv -k seven.npy --gray --relu"],
    ],
)
def test_the_same_bytes_as_the_commands_piped(convtool, folder, dtype, stages):
    """On an image of many bands, by methods whose last bits depend on how bands are cut."""
    kernels(folder)
    image = COLORS[dtype](np.random.default_rng(0), (1100, 700, 3))
    np.save("image.npy", image)
    found = convtool("run", " | ".join(stages), "image.npy", "-q", "--format", "npy")
    assert found.returncode == 0, found.stderr
    data = (folder / "image.npy").read_bytes()
    for stage in stages:
        # What is no command of its own is a pipeline of one stage.
        name, *options = stage.split()
        words = [name, *options] if name in ("conv", "pool") else ["run", stage]
        piped = convtool(*words, "-q", "--format", "npy", stdin=data)
        assert piped.returncode == 0, piped.stderr
        data = piped.stdout
    assert found.stdout == data
    one = convtool("run", " | ".join(stages), "image.npy", "-q", "--format", "npy", "--threads=1")
    assert one.stdout == data


def test_inline_toml_json_and_python_are_the_same(convtool, small, folder):
    inline = "conv --kernel edge.json --stride 2 | relu | pool --mode max --size 2"
    (folder / "p.toml").write_text(
        '[[stages]]\nop = "conv"\nkernel = "edge.json"\nstride = 2\n'
        '[[stages]]\nop = "relu"\n[[stages]]\nop = "pool"\nmode = "max"\nsize = 2\n'
    )
    stages = [{"op": "conv", "kernel": "edge.json", "stride": 2}, {"op": "relu"}, {"op": "pool"}]
    (folder / "p.json").write_text(json.dumps(stages))
    for number, pipeline in enumerate((inline, "p.toml", "p.json")):
        result = convtool("run", pipeline, "small.png", "-qo", f"{number}.npy")
        assert result.returncode == 0, result.stderr
        expected = Pipeline.parse(inline).run(small)
        assert np.array_equal(read_image(f"{number}.npy"), expected)


def test_white_and_alpha_are_known_to_the_end(convtool, folder):
    rgba = np.random.default_rng(0).integers(1, 256, (9, 8, 4), dtype=np.uint8)
    Image.fromarray(rgba).save("rgba.png")
    deep = np.random.default_rng(1).integers(0, 65536, (9, 8), dtype=np.uint16)
    write_image("deep.png", deep)
    for name, image in (("rgba", rgba), ("deep", deep)):
        result = convtool("run", "conv -k identity | relu | abs", f"{name}.png", "-o", "out.png")
        assert (result.returncode, result.stderr) == (0, b"")
        assert np.array_equal(read_image("out.png"), image)


def test_from_a_pipe_to_a_pipe(convtool, small, folder):
    data = (folder / "small.png").read_bytes()
    result = convtool("run", "pool", "--format", "csv", stdin=data)
    assert result.stdout == convtool("pool", "small.png", "--format", "csv").stdout


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ([], 2, "convtool run: Missing argument 'PIPELINE'"),
        (["conv", "-k", "edge", "small.png"], 2, "Is the pipeline quoted? 'conv ... | relu'"),
        (["conv -k w.npy --combine max", "small.png"], 2, "--combine is for kernels"),
        (["conv -k edge --groups 3", "small.png"], 2, "--groups goes with a layer"),
        (["conv -k edge | blur", "small.png"], 2, "stage 2: found 'blur'"),
        (["conv -k edge", "small.png", "--gray"], 2, "go into the pipeline: 'gray | conv -k edge'"),
        (["conv -k 0 -1 0", "small.png"], 2, "unexpected word '-1', expected an option: --kernel"),
        (["pool 2", "small.png"], 2, "unexpected word '2', expected an option: --mode, --size"),
        (["relu 2", "small.png"], 2, "unexpected word '2', relu takes no options"),
        (["small.png"], 2, "small.png is no PIPELINE, expected stages as 'conv -k edge | relu'"),
        (["conv -k edge --range abs", "small.png"], 2, "conv: no such option --range"),
        (["conv -k egde", "small.png"], 2, "kernel 'egde' is not found; nearest: edge"),
        (["nothere.toml", "small.png"], 1, "nothere.toml: cannot be read"),
        (["bad.toml", "small.png"], 1, "bad.toml: stage 1: found 'x', expected one of"),
        (["pool --size 99", "small.png"], 1, "small.png: a window of 99x99 does not fit"),
        (["conv -k w.npy", "small.png"], 1, "do not fit an image of 3 channel(s)"),
        (["conv -k w.npy --normalize", "small.png"], 2, "--normalize is for kernels"),
        (["conv -k w.npy --bias-file w.npy", "small.png"], 1, "has shape (2, 2, 1, 1), expected"),
        (["gray | conv -k 1 --padding 99999", "small.png"], 1, "the map: is 200038x200048"),
    ],
)
def test_wrong_pipelines(convtool, small, folder, arguments, code, message):
    np.save("w.npy", np.ones((2, 2, 1, 1)))
    (folder / "bad.toml").write_text('[[stages]]\nop = "x"\n')
    before = {path.name for path in folder.iterdir()}
    result = convtool("run", *arguments)
    error = result.stderr.decode()
    assert (result.returncode, result.stdout) == (code, b""), error
    assert message in error
    assert error.count("\n") == 1
    assert {path.name for path in folder.iterdir()} == before


@pytest.mark.parametrize("command", ["run", "shape", "explain"])
def test_too_many_stages_are_wrong_usage(convtool, small, command):
    stages = " | ".join(["pool --size 1"] * 400)
    arguments = [stages, "small.png"] if command == "run" else ["small.png", stages]
    result = convtool(command, *arguments, *(["--at", "0,0"] if command == "explain" else []))
    assert (result.returncode, result.stdout) == (2, b"")
    told = b": pipeline: holds 400 stages, expected 100 at most\n"
    assert told in result.stderr
    assert result.stderr.count(b"\n") == 1


def test_a_hundred_stages_one_image_or_many(convtool, small, folder):
    stages = " | ".join(["conv -k 1 --gray"] * 100)
    assert convtool("run", stages, "small.png", "-o", "one.png").returncode == 0
    assert convtool("run", stages, "small.png", "one.png", "-d", "out").returncode == 0
    assert convtool("explain", "small.png", stages, "--at", "0,0").returncode == 0
    assert convtool("shape", "small.png", stages).returncode == 0
    assert len(list((folder / "out").iterdir())) == 2


def test_layers_of_many_maps_are_numbers(convtool, small, folder):
    np.save("w.npy", np.ones((5, 3, 2, 2)))
    result = convtool("conv", "small.png", "-k", "w.npy", "-o", "out.png")
    assert result.returncode == 1
    assert b"a map of 5 channels is no picture" in result.stderr
    assert convtool("conv", "small.png", "-k", "w.npy", "-qo", "out.npy").returncode == 0
    assert read_image("out.npy").shape == (40, 50, 5)


def test_stages_may_end_with_the_name_of_a_kernels_file(convtool, small, folder):
    (folder / "mine.json").write_text("[[0, 1], [2, 3]]")
    done = convtool("run", "conv --kernel mine.json", "small.png", "-o", "o.npy")
    assert (done.returncode, done.stderr) == (0, b"")
    assert np.array_equal(np.load("o.npy"), conv2d(small, [[0, 1], [2, 3]]))
    done = convtool("run", "small.png", "conv --kernel mine.json", "-o", "p.npy")
    assert done.returncode == 0, done.stderr
