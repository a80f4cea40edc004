"""convtool kernel: its commands, what they print, and what they write."""

import io
import json
import os
import re
import shlex
import subprocess
import sys

import numpy as np
import pytest
from conftest import REPOSITORY, SCRIPT
from convtool.cli.commands.kernel.group import COMMANDS
from convtool.cli.main import cli
from helpers.running import LIMIT
from rich.cells import cell_len

from convtool import ConvtoolError, conv2d, find_kernel, find_kernels, read_image
from convtool.kernel.files import parse_bytes
from convtool.kernel.lookup import bundled_folder, file_names
from convtool.kernel.parametric.catalog import GENERATORS
from convtool.kernel.transform import compass, rotated

HELPS = [
    (),
    *((name,) for name in COMMANDS),
    *(("make", name) for name in GENERATORS),
    ("make", "gaussian:7,1.5"),
]


@pytest.fixture
def call(folder, monkeypatch, capfdbinary):
    """Run a command line here, which is quicker than a process; gives (code, stdout, stderr)."""

    def run(*args, stdin=b""):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        with pytest.raises(SystemExit) as end:
            cli.main(list(map(str, args)), "convtool")
        return end.value.code, *capfdbinary.readouterr()

    return run


@pytest.fixture
def kernel(call):
    """Run a command of convtool kernel; gives its output, which is text."""

    def run(*args, stdin=b""):
        code, out, err = call("kernel", *args, stdin=stdin)
        assert (code, err) == (0, b"")
        return out.decode()

    return run


def fails(result, code, message):
    found, out, err = result
    assert (found, out) == (code, b""), err
    assert err.count(b"\n") == 1, err
    assert message in err.decode()


@pytest.mark.parametrize("words", HELPS, ids=" ".join)
def test_help_has_examples_that_run(call, kernel, folder, small, words):
    (folder / "small.png").rename("photo.png")
    text = kernel(*words, "--help")
    assert max(map(len, text.splitlines())) <= 80
    assert 0 < text.index("Examples:") < text.index("Options:")
    examples = re.findall(r"^ {4}(.*convtool .*)$", text, re.MULTILINE)
    assert len(examples) >= 3
    for example in examples:
        out, before = b"", set(os.listdir())
        # What a shell would do with the simple lines that these are.
        example, _, target = example.partition(" > ")
        for part in example.removeprefix("CONVTOOL_KERNELS=samples ").split(" | "):
            name, *arguments = shlex.split(part)
            assert name == "convtool"
            code, out, err = call(*arguments, stdin=out)
            assert code == 0, (example, err)
        assert out or set(os.listdir()) - before, example
        assert not target or out.startswith(b"\x89PNG")
    for entry in re.split(r"\n  (?=-)", text.partition("Options:")[2].partition("Commands:")[0])[
        1:
    ]:
        assert re.search(r"(\S {2,}|\n +)\S.*[.\])]", entry), entry


def test_help_needs_no_numpy():
    code = (
        "import sys; from convtool.cli.main import cli\n"
        "for words in ('', 'list', 'show', 'make', 'make gabor', 'compass', 'convert'):\n"
        "    try: cli.main(['kernel', *words.split(), '--help'], 'convtool')\n"
        "    except SystemExit as end: assert end.code == 0\n"
        "assert not {'numpy', 'PIL', 'rich'} & set(sys.modules), 'imported'"
    )
    subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL)


def test_list_has_every_bundled_and_generated_kernel(kernel):
    lines = kernel("list").splitlines()
    assert max(map(len, lines)) <= 80
    names = [line.split()[0] for line in lines if line and not line.startswith(" ")]
    for name in file_names(bundled_folder()):
        assert name.partition(".")[0] in names
    for generator in GENERATORS.values():
        assert any(name.startswith(f"{generator.name}:") for name in names)
    assert any(re.match(r"sobel_x +3x3 +Slope from left to right", line) for line in lines)
    assert any(re.match(r"kirsch +8 of 3x3 +kirsch_n, kirsch_ne, ", line) for line in lines)


def test_list_has_what_is_found_and_says_what_is_broken(kernel, folder, monkeypatch):
    (folder / "kernels").mkdir()
    (folder / "mine").mkdir()
    monkeypatch.setenv("CONVTOOL_KERNELS", "mine:nowhere")
    for path, text in {
        "kernels/own.txt": "description = My own\n1 2 3\n",
        "kernels/edge.txt": "1\n",
        "kernels/both.json": "[[1]]",
        "kernels/both.txt": "2\n",
        "kernels/broken.json": "[[1, 2], [3]]",
        "mine/own.json": "[[5]]",
        "mine/deep.txt": "1 2\n\n1 2 3\n",
    }.items():
        (folder / path).write_text(text)
    found = json.loads(kernel("list", "--json"))
    entries = {entry["name"]: entry for entry in found["kernels"]}
    assert entries["own"]["path"] == "kernels/own.txt"
    assert entries["own"]["kernels"] == [
        {"name": "own", "size": [1, 3], "description": "My own"},
    ]
    assert entries["edge"]["path"] == "kernels/edge.txt"
    assert "own.json" in entries, "that name finds it"
    assert entries["both"]["path"] == "kernels/both.json"
    assert entries["both.txt"]["path"] == "kernels/both.txt"
    assert [one["size"] for one in entries["deep"]["kernels"]] == [[1, 2], [1, 3]]
    assert entries["broken"]["error"].startswith("kernels/broken.json: weights, row 2: has 1")
    for name, entry in entries.items():
        if "kernels" in entry:
            assert [k.name for k in find_kernels(name)] == [k["name"] for k in entry["kernels"]]
    assert [made["name"] for made in found["generated"]] == list(GENERATORS)
    text = kernel("list")
    assert re.search(r"^broken +broken: kernels/broken.json", text, re.MULTILINE)
    assert re.search(r"^deep +2 of several sizes +deep-1, deep-2", text, re.MULTILINE)


def test_list_has_kernels_of_the_folder_first_and_no_other_files(kernel, folder):
    for path, text in {
        "sobel_x.json": '{"weights": [[1, 2]], "description": "Mine"}',
        "pipeline.json": '{"stages": []}',
        "notes.txt": "buy milk\n",
        "own.txt": "1 2 3\n",
        "own.json": "[[1]]",
        "map.csv": "1,2\n",
    }.items():
        (folder / path).write_text(text)
    (folder / "folder.txt").mkdir()
    os.mkfifo("pipe.txt")
    os.mkdir("kernels")
    os.mkfifo("kernels/pipe.txt")
    found = json.loads(kernel("list", "--json"))["kernels"]
    assert [(one["name"], one["path"]) for one in found[:3]] == [
        ("own", "own.json"), ("own.txt", "own.txt"), ("sobel_x", "sobel_x.json"),
    ]  # fmt: skip
    names = [one["name"] for one in found]
    assert names.count("sobel_x") == 1
    assert not {"pipeline", "notes", "pipe", "folder", "map", "map.csv"} & {*names}
    assert names[3] == "box3"
    for one in found:
        assert find_kernels(one["name"]) == find_kernels(one["path"])
    assert re.search(r"^sobel_x +1x2 +Mine$", kernel("list"), re.MULTILINE)


def test_list_opens_no_picture(kernel, folder, monkeypatch):
    """To decode one takes time and memory, and who put it there is not known."""
    picture = (REPOSITORY / "samples" / "scene-gray.png").read_bytes()
    os.mkdir("kernels")
    for path in ("kernels/heart.png", "kernels/hidden.json", "notes.txt"):
        (folder / path).write_bytes(picture)
    monkeypatch.setattr("convtool.kernel.formats.picture.open_picture", None)
    monkeypatch.setattr("convtool.io.source.open_picture", None)
    found = {one["name"]: one for one in json.loads(kernel("list", "--json"))["kernels"]}
    assert "notes" not in found
    assert found["heart.png"]["kernels"] == [
        {"name": "heart", "size": None, "description": "a picture"}
    ]
    assert found["hidden"]["error"].startswith("kernels/hidden.json: is no text and no .npy")
    assert re.search(r"^heart.png +a picture$", kernel("list"), re.MULTILINE)


def test_show_prints_the_facts(kernel):
    text = kernel("show", "sobel_x")
    for line in (
        "sobel_x, 3x3",
        "Slope from left to right, smoothed across: vertical edges",
        " -1  0  1",
        " -2 [0] 2",
        "weights         whole, sum 0",
        "symmetric       up-down",
        "antisymmetric   left-right, 180 degrees",
        "separable       column [1 2 1] times row [-1 0 1]",
        "flat area       becomes 0",
        "highest waves   gain 0 across, 0 down, 0 on a checkerboard",
        "                separable: the kernel is a column times a row",
    ):
        assert line in text.splitlines(), line


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("divisor = 4\nbias = 128\n1 2 1\n", "value           sum of products / 4 + 128"),
        ("bias = -3\n1 -1\n", "flat area       becomes -3, the bias"),
        ("bias = -3\n1 -1\n", "value           sum of products - 3"),
        ("bias = 2\n1 2\n", "flat area       is multiplied by 3, and 2 is added"),
        ("divisor = 3\n1 1 1\n", "flat area       stays as it is"),
        ("1 2\n3 4\n", "separable       no; 2 columns times rows add up to it, no fewer"),
        ("1 2\n3 4\n", "symmetric       no"),
        ("0 0\n", "separable       all weights are 0"),
        ("anchor = 0 2\n1 2 3\n", " 1 2 [3]"),
        ("0.5 0.25\n", "weights         floats, sum 0.75"),
        ("0.00001 -0.5\n", " [0.0000] -0.5000"),
        ("1e20 1e-20\n", " [1e+20] 1e-20"),
    ],
)
def test_show_says_what_a_kernel_does(kernel, text, line):
    assert line in kernel("show", "-", stdin=text.encode()).splitlines()


SOBEL_Z = """\
sobel:3x3x3,z, 3x3x3
Slope from the first slice to the last, smoothed over 3 pixels

 slice 0
 -1 -2  -1
 -2 -4  -2
 -1 -2  -1

 slice 1
  0  0   0
  0 [0]  0
  0  0   0

 slice 2
  1  2   1
  2  4   2
  1  2   1

weights         whole, sum 0
value           sum of products
symmetric       left-right, up-down, slices transposed
antisymmetric   front-back, through the middle
separable       slices [-1 0 1] times column [1 2 1] times row [1 2 1]
flat area       becomes 0
highest waves   gain 0 across, 0 down, 0 along the slices, 0 on a checkerboard
plan            for an 8-bit volume of 128x512x512
"""


def test_show_of_a_kernel_with_depth_goes_slice_by_slice(kernel):
    assert kernel("show", "sobel:3x3x3,z").startswith(SOBEL_Z)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("anchor = 1 0 1\n1 2\n---\n3 4\n", " 3 [4]"),
        ("1 2\n---\n2 4\n", "separable       slices [1 2] times column [1] times row [1 2]"),
        ("1 0\n0 1\n---\n2 0\n0 2\n",
         "separable       slices [1 2] times a plane, which is no column times a row"),
        ("1 2\n---\n2 5\n",
         "separable       no; 2 lines of slices times planes add up to it, no fewer"),
        ("0 0\n---\n0 0\n", "separable       all weights are 0"),
        ("divisor = 10\n1 2\n---\n3 4\n", "flat area       stays as it is"),
        ("divisor = 2\n1 2\n---\n3 4\n",
         "highest waves   gain -1 across, 5 down, -2 along the slices, 0 on a checkerboard"),
    ],
)  # fmt: skip
def test_show_says_what_a_kernel_with_depth_does(kernel, text, line):
    assert line in kernel("show", "-", stdin=text.encode()).splitlines()


def test_show_abridges_many_slices_and_keeps_the_anchors(kernel):
    lines = kernel("show", "box:11x3x3").splitlines()
    heads = [line for line in lines if line.startswith((" slice", " ..."))]
    assert heads == [" slice 0", " ...", " slice 5", " ...", " slice 10"]
    assert lines[lines.index(" slice 5") + 2] == " 1 [1] 1"
    assert " (3 of 11 slices; --json has all)" in lines
    lines = kernel("show", "box:9x11x40").splitlines()
    told = " (3 of 9 slices; the first and last of 11 rows and 40 columns; --json has all)"
    assert told in lines
    assert max(map(len, lines)) <= 80
    assert "--json has all" not in kernel("show", "box:7x9x5")
    moved = kernel("show", "-", stdin=b"anchor = 1 0 0\n" + b"\n---\n".join([b"1"] * 9))
    heads = [line for line in moved.splitlines() if line.startswith((" slice", " ..."))]
    assert heads == [" slice 0", " slice 1", " ...", " slice 8"]


@pytest.mark.parametrize("weights", ["-1 0 1; -2 0 2; -1 0 1", "-.5", "-1/2 1"])
def test_weights_may_begin_with_a_minus(kernel, weights):
    for before, after in (([], [weights]), (["--", weights], []), ([weights, "--json"], [])):
        assert kernel("convert", *before, *after) in (
            kernel("convert", f" {weights}"),
            kernel("convert", f" {weights}", "--json"),
        )
    turned = parse_bytes(kernel("rotate", "--by", "-90", weights).encode(), "stdout", "k")
    assert list(turned) == [rotated(find_kernel(weights), -90)]
    assert kernel("rotate", weights, "--by=-90") == kernel("rotate", weights, "--by", "270")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1 0 0\n0 100 0\n0 0 1000000000000000000\n", "no; 3 columns times rows add up to it, no"),
        ("9007199254740993 9007199254740992\n", "[9.007e+15 9.007e+15]"),
    ],
)
def test_show_counts_whole_weights_exactly(kernel, text, words):
    shown = kernel("show", "-", stdin=text.encode())
    assert words in shown
    assert "left-right" not in shown


def test_show_abridges_what_is_too_wide_and_says_so(kernel):
    lines = kernel("show", "box:40x31").splitlines()
    assert max(map(len, lines)) <= 80
    assert " (the first and last of 40 rows and 31 columns; --json has all)" in lines
    text = kernel("show", "gabor:21")
    assert " (the first and last of 21 columns; --json has all)" in text
    assert max(map(len, text.splitlines())) <= 80
    assert "first and last" not in kernel("show", "box:23x20")
    weights = json.loads(kernel("show", "gabor:21", "--json"))[0]["weights"]
    assert np.array_equal(weights, find_kernel("gabor:21").weights)


@pytest.mark.parametrize(
    "text",
    ["1e308 1e308", "1e-320 1; -1e308 0", "divisor = 1e-300\nbias = 1e308\n1e300",
     "9223372036854775807 -9223372036854775808", '{"name": "a\\nb", "weights": [[1, 2]]}',
     '{"name": "' + "long " * 40 + '", "description": "' + "d" * 300 + '", "weights": [[1]]}',
     "\n".join(["1e20 " * 60] * 60), "1e308 1e308\n---\n-1e308 1e-320",
     "divisor = 1e-300\n---\n1e300", "\n---\n".join(["-0.1 " * 60] * 60)],
)  # fmt: skip
def test_show_and_its_json_and_picture_take_anything(kernel, folder, text):
    data = text.replace(";", "\n").encode()
    lines = kernel("show", "-", stdin=data).splitlines()
    assert max(map(len, lines)) <= 80
    found = json.loads(
        kernel("show", "-", "--json", "-o", "k.png", stdin=data), parse_constant=pytest.fail
    )
    assert found[0]["size"]
    assert read_image("k.png").size


def test_show_says_where_a_kernel_was_found(kernel, folder):
    assert "found in        bundled" in kernel("show", "sobel_x").splitlines()
    (folder / "sobel_x.json").write_text('{"weights": [[1]]}')
    assert "found in        ./sobel_x.json" in kernel("show", "sobel_x.json").splitlines()
    assert json.loads(kernel("show", "sobel_x.json", "--json"))[0]["path"] == "sobel_x.json"
    for spec in ("gaussian:5", "1 2 1", "-"):
        assert "found in" not in kernel("show", spec, stdin=b"1")
        assert json.loads(kernel("show", spec, "--json", stdin=b"1"))[0]["path"] is None


def test_what_a_file_says_of_itself_moves_no_cursor_and_stays_in_80_columns(kernel, folder):
    words = {"name": "a\0b\x1b[31mred", "description": "\u6f22\u5b57 " * 30, "weights": [[1]]}
    (folder / "kernels").mkdir()
    (folder / "kernels" / "k.json").write_text(json.dumps(words))
    for text in (kernel("show", "k"), kernel("list")):
        lines = text.splitlines()
        assert all(map(str.isprintable, lines))
        assert max(map(cell_len, lines)) <= 80
    assert "ab[31mred, 1x1" in kernel("show", "k")
    assert text.count("\u6f22") == 30
    (folder / "long.json").write_text(json.dumps({**words, "name": "n" * 5000}))
    kernel("show", "long.json", "-o", "long.png")
    assert read_image("long.png").shape[1] < 1200


def test_show_of_a_bank_shows_each(kernel):
    assert len(re.findall(r"^kirsch_\w+, 3x3$", kernel("show", "kirsch"), re.MULTILINE)) == 8
    found = json.loads(kernel("show", "kirsch", "--json"))
    assert [one["name"] for one in found] == [one.name for one in find_kernels("kirsch")]


def test_show_of_a_layer_says_what_it_is(kernel, call, folder):
    np.save(folder / "layer.npy", np.arange(24.0).reshape(2, 3, 2, 2))
    assert "layer: a layer of 2 outputs, each the sum of 3 channels" in kernel("show", "layer.npy")
    assert "found in        ./layer.npy" in kernel("show", "layer.npy").splitlines()
    assert json.loads(kernel("show", "layer.npy", "--json"))[0]["size"] == [2, 3, 2, 2]
    result = call("kernel", "show", "layer.npy", "-o", "layer.png")
    fails(result, 1, "layer.npy: is a layer of 2x3x2x2 weights, expected kernels")
    assert not (folder / "layer.png").exists()


def test_show_draws(kernel, folder):
    kernel("show", "kirsch", "-o", "kirsch.png")
    kernel("show", "gaussian:31,5", "--json", "-o", "g.webp")
    assert read_image("kirsch.png").shape[0] > read_image("g.webp").shape[0] > 300


@pytest.mark.parametrize("name", GENERATORS)
def test_what_is_made_is_what_the_name_finds(kernel, name):
    example = GENERATORS[name].example
    made = parse_bytes(kernel("make", example).encode(), "stdout", "other")
    assert made == find_kernels(example)
    words = GENERATORS[name].words(example.partition(":")[2])
    options = [word for key, value in words.items() for word in (f"--{key}", value)]
    assert parse_bytes(kernel("make", name, *options).encode(), "stdout", "other") == made
    text = kernel("make", example, "--json")
    assert json.loads(text)["name"] == example
    assert parse_bytes(text.encode(), "stdout", "other") == made


def test_make_writes_the_form_of_the_extension_or_of_format(kernel, folder):
    kernel("make", "gaussian:5", "--sigma", "1", "-o", "g.json")
    assert find_kernel("g.json") == find_kernel("gaussian:5,1")
    kernel("make", "gaussian:5", "-o", "g.npy")
    assert np.array_equal(np.load("g.npy"), find_kernel("gaussian:5").weights)
    kernel("make", "box", "-o", "box", "--format", "json")
    assert json.loads((folder / "box").read_text())["divisor"] == 9
    assert json.loads(kernel("make", "box", "--format", "json", "-o", "-"))["divisor"] == 9


def test_rotate_and_compass(kernel):
    turned = parse_bytes(kernel("rotate", "kirsch", "--by", "-45").encode(), "stdout", "k")
    assert list(turned) == [rotated(one, -45) for one in find_kernels("kirsch")]
    assert parse_bytes(kernel("rotate", "1 2 3").encode(), "s", "k")[0].weights.tolist() == [
        [1],
        [2],
        [3],
    ]
    turns = parse_bytes(kernel("compass", "prewitt_x").encode(), "stdout", "k")
    assert list(turns) == compass(find_kernel("prewitt_x"))


@pytest.mark.parametrize("form", ["json", "txt"])
@pytest.mark.parametrize("name", ["kirsch", "gaussian:9,2", "unsharp"])
def test_what_is_converted_is_the_same_kernel(kernel, folder, form, name):
    kernel("convert", name, "-o", f"k.{form}")
    assert find_kernels(f"./k.{form}") == find_kernels(name)


def test_kernels_with_depth_are_made_and_converted(kernel, call, folder):
    kernel("make", "sobel", "--size", "3x3x3", "--axis", "z", "-o", "z.json")
    assert find_kernel("z.json") == find_kernel("sobel:3x3x3,z")
    kernel("convert", "z.json", "-o", "z.txt")
    assert find_kernel("z.txt") == find_kernel("z.json")
    kernel("convert", "z.txt", "-o", "z.npy")
    assert np.array_equal(find_kernel("z.npy").weights, find_kernel("z.json").weights)
    for form in ("mat", "kernel"):
        result = call("kernel", "convert", "z.json", "-o", f"no.{form}")
        fails(result, 1, "kernel sobel:3x3x3,z has depth, and does not go into")
        assert b"JSON, text and NPY hold it" in result[2]
        assert not (folder / f"no.{form}").exists()


def test_list_tells_what_may_have_depth(kernel):
    made = {one["name"]: one["depth"] for one in json.loads(kernel("list", "--json"))["generated"]}
    told = kernel("list").partition("With depth,")[2]
    for name, depth in made.items():
        spec = f"{name}:3x3x3"
        assert (name in re.findall(r"\w+", told.partition(":")[2])) == depth
        if depth:
            assert find_kernel(spec).shape == (3, 3, 3)
        else:
            with pytest.raises(ConvtoolError):
                find_kernel(spec)


def test_a_layer_is_converted_to_npy_alone(kernel, call, folder):
    weights = np.arange(24.0).reshape(2, 3, 2, 2)
    np.save(folder / "layer.npy", weights)
    kernel("convert", "layer.npy", "-o", "same.npy")
    assert np.array_equal(np.load("same.npy"), weights)
    fails(call("kernel", "convert", "layer.npy"), 1, "(2, 3, 2, 2) do not go into txt: NPY")
    result = call("kernel", "convert", "kirsch", "-o", "kirsch.npy")
    fails(result, 1, "into one npy file: JSON, text and imagemagick hold them")
    assert not (folder / "kirsch.npy").exists()


def test_pipes(folder, small):
    def sh(line):
        environment = {**os.environ, "convtool": SCRIPT}
        return subprocess.run(["bash", "-c", "set -o pipefail; " + line], env=environment,
                              capture_output=True, check=True, timeout=LIMIT)  # fmt: skip

    sh("$convtool kernel make gaussian --size 7 | $convtool conv small.png -k - -o out.png")
    expected = conv2d(small, find_kernel("gaussian:7"), dtype=np.uint8)
    assert np.array_equal(read_image("out.png"), expected)
    sh("$convtool kernel make sobel:5 --format npy | $convtool kernel rotate - --by 90 "
       "| $convtool kernel compass - --json | $convtool kernel convert - -o bank.txt")  # fmt: skip
    assert len(find_kernels("bank.txt")) == 8


def test_generated_kernels_filter_and_name_files(convtool, folder, small):
    result = convtool("conv", "small.png", "-k", "gaussian:7,1.5", "-k", "box:size=3x5",
                      "-o", "x-{kernel}.png")  # fmt: skip
    assert result.returncode == 0, result.stderr
    assert {path.name for path in folder.glob("x-*")} == {
        "x-gaussian_7_1.5.png", "x-box_3x5.png",
    }  # fmt: skip
    result = convtool("run", "conv -k gaussian:5,1 | pool", "small.png", "-o", "run.png")
    assert result.returncode == 0, result.stderr


ERRORS = {
    "unknown command": (["kernel", "blur"], 2, "No such command 'blur'"),
    "unknown generator": (["kernel", "make", "gausian:5"], 2, "nearest: gaussian"),
    "nothing near": (["kernel", "make", "qqq"], 2, "'qqq'; names: gaussian, box"),
    "a wrong value": (["kernel", "make", "box", "--size", "x"], 2, "expected a size as 3, 3x5"),
    "a wrong value in place": (["kernel", "make", "box:x"], 2, "size: found 'x', expected a size"),
    "too many in place": (["kernel", "make", "box:1,2"], 2, "'box:1,2': 2 parameters, expected"),
    "given twice": (["kernel", "make", "box:3", "--size", "5"], 2, "size is given twice, as 3"),
    "no such option": (["kernel", "make", "box", "--sigma", "5"], 2, "No such option"),
    "too large": (["kernel", "make", "box:5000"], 2, "the kernel would be 5000x5000"),
    "not together": (["kernel", "make", "dog:5,1,1"], 2, "expected two different ones"),
    "wrong for conv": (["conv", "small.png", "-k", "box:x"], 2, "kernel 'box:x': size: found 'x'"),
    "wrong for run": (["run", "conv -k box:x", "small.png"], 2, "kernel 'box:x': size: found"),
    "both formats": (["kernel", "convert", "edge", "--json", "--format", "npy"], 2, "exclude"),
    "unknown form": (["kernel", "convert", "edge", "--format", "xml"], 2, "'xml' is unknown"),
    "unknown extension": (["kernel", "convert", "edge", "-o", "k.xml"], 2, "extension '.xml' is"),
    "no such kernel": (["kernel", "show", "egde"], 2, "'egde' is not found; nearest: edge"),
    "no name": (["kernel", "show", ""], 2, "found '', expected a text"),
    "no stdin": (["kernel", "show", "-"], 1, "kernel from stdin: holds no weights"),
    "no picture": (["kernel", "show", "edge", "-o", "e.csv"], 2, "e.csv: show draws a picture"),
    "unknown picture": (["kernel", "show", "edge", "-o", "e.xyz"], 2, "'.xyz' is unknown"),
    "picture to stdout": (["kernel", "show", "edge", "-o", "-"], 2, "-o takes a file"),
    "itself": (["kernel", "show", "small.png", "-o", "./small.png"], 2,
               "-o ./small.png would replace the kernel that is shown"),
    "no rows": (["kernel", "show", "0 -1 0, -1 5 -1, 0 -1 0"], 2, "expected a semicolon between"),
    "an angle alone": (["kernel", "rotate", "edge", "45"], 2, "perhaps --by 45 is meant"),
    "a turn back alone": (["kernel", "rotate", "edge", "-45"], 2, "perhaps --by -45 is meant"),
    "no angle": (["kernel", "rotate", "edge", "--by"], 2, "Option '--by' requires an argument"),
    "no angle behind a minus": (["kernel", "rotate", "-1 0", "--by"], 2, "No such option"),
    "two kernels": (["kernel", "show", "edge", "box"], 2, "found 'box' behind K, expected one K"),
    "parameters without options": (["kernel", "make", "gaussian", "7", "1.5"], 2,
                                   "parameters as gaussian:7,1.5"),
    "a file is not made": (["kernel", "make", "edge"], 2, "file: convtool kernel show edge"),
    "no weights": (["kernel", "make", "log:3,0.01"], 2, "size of 3x3 and a sigma of 0.01 all"),
    "no weights of two": (["kernel", "make", "dog:1"], 2, "sigmas of"),
    "a size and an origin": (["kernel", "show", "3+1: 1 2 3 4 5 6 7 8 9"], 2, "as 3x3"),
    "a wrong angle": (["kernel", "rotate", "edge", "--by", "30"], 2, "found 30, expected"),
    "no odd square": (["kernel", "rotate", "1 2", "--by", "45"], 1, "is 1x2 and turns by"),
    "compass of no square": (["kernel", "compass", "roberts_x"], 1, "is 2x2 and turns by"),
    "compass of a bank": (["kernel", "compass", "kirsch"], 1, "kirsch: is a bank of 8 kernels"),
    "no folder": (["kernel", "convert", "edge", "-o", "no/e.txt"], 1, "no/e.txt: cannot be"),
}  # fmt: skip


@pytest.mark.parametrize(("arguments", "code", "message"), ERRORS.values(), ids=ERRORS)
def test_errors_are_one_line_and_leave_nothing(call, folder, small, arguments, code, message):
    fails(call(*arguments), code, message)
    assert [path.name for path in folder.iterdir()] == ["small.png"]


def test_a_terminal_is_spared_npy_and_does_not_wait_for_a_kernel(terminal):
    code, shown = terminal("kernel", "make", "box", "--format", "npy", streams=["stdout"])
    assert code == 2
    assert b"a terminal shows no NPY" in shown
    code, shown = terminal("kernel", "show", "-", streams=["stdin"])
    assert code == 2
    assert b"no kernel is piped in" in shown


@pytest.mark.parametrize("arguments", [["make", "box"], ["show", "edge"], ["list"]])
def test_a_full_stdout_is_an_error(folder, arguments):
    if not os.path.exists("/dev/full"):
        pytest.skip("no /dev/full on this system")
    with open("/dev/full", "wb") as full:
        result = subprocess.run([SCRIPT, "kernel", *arguments], stdout=full, stderr=subprocess.PIPE,
                                timeout=LIMIT, check=False)  # fmt: skip
    assert result.returncode == 1
    assert b"stdout" in result.stderr
    assert result.stderr.count(b"\n") == 1


@pytest.mark.parametrize("arguments", [["make", "box"], ["show", "edge"], ["list"]])
def test_a_closed_stdout_is_no_traceback(folder, arguments):
    line = f"{SCRIPT} kernel {' '.join(arguments)} >&-"
    result = subprocess.run(["bash", "-c", line], capture_output=True, timeout=LIMIT, check=False)
    assert result.returncode == 1
    assert b"stdout is closed" in result.stderr
    assert result.stderr.count(b"\n") == 1


def test_completion_offers_what_can_be_made(convtool):
    environment = {**os.environ, "_CONVTOOL_COMPLETE": "bash_complete"}
    for words, expected in (
        ("convtool kernel sho", b"plain,show"),
        ("convtool kernel make gab", b"plain,gabor"),
        ("convtool kernel make gabor --wave", b"plain,--wavelength"),
        ("convtool kernel show gaus", b"plain,gaussian5.json"),
        ("convtool conv -k gab", b"plain,gabor"),
    ):
        environment |= {"COMP_WORDS": words, "COMP_CWORD": str(words.count(" "))}
        assert expected in convtool(env=environment).stdout, words


def test_samples_layers_are_shown(kernel):
    path = REPOSITORY / "samples" / "conv1.npy"
    assert "conv1: a layer of" in kernel("show", path)
