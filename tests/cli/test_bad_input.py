"""Bad input: one line on stderr, a non-zero exit, no traceback, no output file."""

import io
import os
import shutil

import numpy as np
import pytest
from click.testing import CliRunner
from convtool.cli.main import cli
from PIL import Image


@pytest.fixture
def bad(folder):
    """One broken file of each kind, and a good image and kernel."""
    image = Image.fromarray(np.arange(192, dtype=np.uint8).reshape(8, 8, 3))
    image.save("good.png")
    noise = np.random.default_rng(0).integers(0, 256, (60, 60, 3), dtype=np.uint8)
    for name in ("truncated.png", "truncated.jpg"):
        Image.fromarray(noise).save(name)
        data = (folder / name).read_bytes()
        (folder / name).write_bytes(data[: len(data) // 2])
    for name, text in {
        "empty.png": "",
        "words.png": "these are words",
        "empty.csv": "",
        "word.csv": "1,2\n3,four\n",
        "ragged.csv": "1,2\n3\n",
        "nan.txt": "1 nan\n",
        "inf.json": "[[1, Infinity]]",
        "ragged.txt": "1 2\n3\n",
        "ragged.json": "[[1, 2], [3]]",
        "empty.txt": "",
        "empty.json": "[]",
        "syntax.json": '{"weights": [[1, 2],\n  [3 4]]}',
        "key.json": '{"weights": [[1]], "scale": 2}',
        "key.txt": "scale = 2\n1\n",
        "zero.txt": "divisor = 0\n1\n",
        "anchor.txt": "anchor = 2 0\n1 2\n3 4\n",
        "big.txt": ("1 " * 9 + "\n") * 9,
    }.items():
        (folder / name).write_text(text)
    (folder / "folder").mkdir()
    return folder


CONV = ["conv", "good.png", "-k"]
EDGE = [*CONV, "edge"]

CASES = {
    "missing image": (["conv", "nothere.png", "-k", "edge"], 1, "nothere.png: no such file"),
    "empty image": (["conv", "empty.png", "-k", "edge"], 1, "empty.png: is empty"),
    "truncated png": (["conv", "truncated.png", "-k", "edge"], 1, "truncated.png: is broken"),
    "truncated jpeg": (["pool", "truncated.jpg"], 1, "truncated.jpg: is broken"),
    "no image": (["pool", "words.png"], 1, "words.png: is no image"),
    "folder": (["pool", "folder"], 1, "folder: is a folder"),
    "empty csv": (["pool", "empty.csv"], 1, "empty.csv: is empty"),
    "word in csv": (["pool", "word.csv"], 1, "word.csv: row 2, column 2: found 'four'"),
    "ragged csv": (["pool", "ragged.csv"], 1, "ragged.csv: row 2, column 2"),
    "missing kernel": ([*CONV, "egde"], 2, "kernel 'egde' is not found; nearest: edge"),
    "nan in kernel": ([*CONV, "nan.txt"], 1, "nan.txt: line 1: number 2: found nan"),
    "infinity in kernel": ([*CONV, "inf.json"], 1, "inf.json: found Infinity"),
    "ragged kernel": ([*CONV, "ragged.txt"], 1, "ragged.txt: line 2: has 1 number(s)"),
    "ragged json": ([*CONV, "ragged.json"], 1, "ragged.json: weights, row 2"),
    "empty kernel": ([*CONV, "empty.txt"], 1, "empty.txt: holds no weights"),
    "empty json kernel": ([*CONV, "empty.json"], 1, "empty.json: weights are empty"),
    "json syntax": ([*CONV, "syntax.json"], 1, "syntax.json: line 2, column 6"),
    "unknown key": ([*CONV, "key.json"], 1, "key.json: unknown key 'scale', expected one of"),
    "unknown key in text": ([*CONV, "key.txt"], 1, "key.txt: line 1: unknown key 'scale'"),
    "zero divisor": ([*CONV, "zero.txt"], 1, "zero.txt: divisor is 0"),
    "zero divisor given": ([*EDGE, "--divisor", "0"], 2, "--divisor is 0"),
    "normalize zero sum": ([*EDGE, "--normalize"], 2, "the weights of kernel edge sum to 0"),
    "kernel too large": ([*CONV, "big.txt", "--padding", "valid"], 1, "9x9 does not fit"),
    "window too large": (["pool", "good.png", "--size", "9"], 1, "9x9 does not fit"),
    "padding too wide": (["pool", "good.png", "--padding", "3"], 1, "hold no pixel"),
    "anchor in file": ([*CONV, "anchor.txt"], 1, "anchor.txt: anchor (2, 0) lies outside"),
    "anchor given": ([*EDGE, "--anchor", "3,3"], 2, "anchor (3, 3) lies outside the 3x3"),
    "zero stride": ([*EDGE, "--stride", "0"], 2, "stride: found '0', expected 1 or more"),
    "zero size": (["pool", "good.png", "-s", "0x2"], 2, "found '0x2', expected 1 or more"),
    "zero dilation": ([*EDGE, "--dilation", "0"], 2, "found '0', expected 1 or more"),
    "negative stride": ([*EDGE, "--stride", "-1"], 2, "found '-1', expected a size"),
    "bad size": (["pool", "good.png", "-s", "2*2"], 2, "found '2*2', expected a size"),
    "bad padding": ([*EDGE, "--padding", "around"], 2, "found 'around', expected same"),
    "bad anchor": ([*EDGE, "--anchor", "middle"], 2, "expected ROW,COL or SLICE,ROW,COL"),
    "bad number": ([*EDGE, "--bias", "x"], 2, "found 'x', expected a number"),
    "infinite number": ([*EDGE, "--bias", "inf"], 2, "expected a finite number"),
    "bad p": (["pool", "good.png", "--mode", "lp", "--p", "0"], 2, "--p is less than 1"),
    "unknown extension": ([*EDGE, "-o", "out.doc"], 2, "extension '.doc' is unknown"),
    "no extension": ([*EDGE, "-o", "out"], 2, "extension '' is unknown"),
    "unknown format": ([*EDGE, "--format", "doc"], 2, "--format 'doc' is unknown"),
    "no output folder": ([*EDGE, "-o", "no/out.png"], 1, "no/out.png: cannot be written"),
    "pixel limit": ([*EDGE, "--max-pixels", "63"], 1, "more than the limit of 63 pixels"),
    "map over the limit": ([*EDGE, "--padding", "99999"], 1, "the map: is 200004x200004"),
    "no colour": ([*EDGE, "--background", "nope", "-o", "o.jpg"], 2, "expected a colour as white"),
    "stretched white": ([*EDGE, "--white", "9", "--range", "center"], 2, "goes with --range clip"),
    "no white": ([*EDGE, "--white", "0"], 2, "expected a number above 0"),
    "16 bits of colour": ([*EDGE, "--depth", "16", "-o", "o.jpg"], 1, "cannot be jpeg of 16 bits"),
    "float pixels": ([*EDGE, "--depth", "float", "-o", "o.png"], 2, "png holds pixels of"),
    "two maps, one file": ([*EDGE, "-k", "box3", "-o", "o.png"], 2, "put {kernel} into -o"),
    "two maps, one pipe": ([*EDGE, "-k", "box3"], 2, "2 kernels make 2 maps"),
    "no kernel": (["conv", "good.png"], 2, "Missing option '--kernel'"),
    "stdin twice": (["conv", "-k", "-"], 2, "cannot both come from stdin"),
    "stdin for two kernels": ([*CONV, "-", "-k", "-"], 2, "only one kernel"),
    "fill without border": ([*EDGE, "--fill", "3"], 2, "--fill goes with --border constant"),
    "two divisors": ([*EDGE, "--normalize", "--divisor", "2"], 2, "exclude each other"),
    "p without lp": (["pool", "good.png", "--p", "2"], 2, "--p goes with --mode lp"),
    "count without mean": (["pool", "good.png", "--count-include-pad"], 2, "--mode mean"),
    "sizes do not combine": (
        [*EDGE, "-k", "box5", "--combine", "sum", "--padding", "valid"], 1, "expected one size"),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_bad_input(convtool, bad, case):
    arguments, code, message = CASES[case]
    alpha = io.BytesIO()
    Image.fromarray(np.zeros((4, 4, 4), np.uint8)).save(alpha, "PNG")
    before = sorted(os.listdir(bad))
    result = convtool(*arguments, stdin=alpha.getvalue())
    error = result.stderr.decode()
    assert result.returncode == code, error
    assert message in error
    assert error.startswith("convtool")
    assert error.count("\n") == 1, error
    assert result.stdout == b""
    assert sorted(os.listdir(bad)) == before


def test_an_empty_pipe(convtool, folder):
    result = convtool("pool", stdin=b"")
    assert (result.returncode, result.stdout) == (1, b"")
    assert result.stderr == (
        b"convtool: stdin: is empty, expected an image; did the command before it fail?\n"
    )


def as_nobody():
    os.setegid(65534)
    os.seteuid(65534)


@pytest.fixture
def unprivileged(bad):
    """Run the command's own entry point in this process, as a user who is not root."""
    runner = CliRunner()
    for command in (["conv", "-k", "1"], ["pool"]):  # imports what we may not read later
        warm = [command[0], "good.png", *command[1:], "-q", "-o", "warm.png"]
        assert runner.invoke(cli, warm).exit_code == 0
    os.unlink("warm.png")

    def run(*arguments):
        user, group = os.geteuid(), os.getegid()
        if user == 0:
            as_nobody()
        try:
            return runner.invoke(cli, arguments, prog_name="convtool")
        finally:
            os.seteuid(user)
            os.setegid(group)

    return run


@pytest.fixture
def open_folder(bad):
    """A folder that anybody may enter."""
    for path in [bad, *bad.parents[:3]]:
        if str(path).startswith("/tmp/"):
            path.chmod(path.stat().st_mode | 0o055)
    return bad


def test_a_read_only_folder(unprivileged, open_folder):
    (open_folder / "folder").chmod(0o555)
    result = unprivileged("conv", "good.png", "-k", "1", "-o", "folder/out.png")
    assert result.exit_code == 1
    assert result.stderr == "convtool: folder/out.png: cannot be written: Permission denied\n"
    assert os.listdir(open_folder / "folder") == []


def test_an_unreadable_image_and_kernel(unprivileged, open_folder):
    shutil.copy("good.png", "other.png")
    (open_folder / "good.png").chmod(0o200)
    result = unprivileged("pool", "good.png")
    assert result.exit_code == 1
    assert result.stderr == "convtool: good.png: cannot be read: Permission denied\n"
    (open_folder / "big.txt").chmod(0o200)
    result = unprivileged("conv", "other.png", "-k", "big.txt")
    assert result.exit_code == 1
    assert result.stderr == "convtool: big.txt: cannot be read: Permission denied\n"
