"""Kernels in the forms of other tools, given to the command."""

import io
import json

import numpy as np
import pytest
from PIL import Image

from convtool import Kernel, conv2d, read_image


def ok(result):
    assert result.returncode == 0, result.stderr.decode()
    return result.stdout


FORMS = {
    "k.txt": b"divisor = 4\nanchor = 0 1\n1 2 -3\n4 0.5 6\n",
    "k.json": b'{"weights": [[1, 2, -3], [4, 0.5, 6]], "divisor": 4, "anchor": [0, 1]}',
    "k.kernel": b"3x2+1+1:\n1.5,.125,1\n-.75,.5,.25\n",
}


def test_every_form_of_a_kernel_makes_the_same_map(convtool, small, folder):
    """Of files, told by content, by name or from stdin, and in place."""
    expected = conv2d(small, Kernel([[1, 2, -3], [4, 0.5, 6]], 4, anchor=(0, 1)))
    sources = [*FORMS.items(), ("-", FORMS["k.kernel"])]
    sources.append(("3x2+1+1: 1.5,.125,1 -.75,.5,.25", b""))
    for name, data in sources:
        if name in FORMS:
            (folder / name).write_bytes(data)
        out = ok(convtool("conv", "small.png", "-k", name, "--format", "npy", stdin=data))
        assert np.array_equal(np.load(io.BytesIO(out)), expected), name


def test_a_matrix_of_vips_and_a_picture(convtool, small, folder):
    (folder / "even.mat").write_text("2 2 8 -1\n1 2\n3 4\n")
    grey = np.array([[1, 2], [3, 4], [5, 6]], np.uint8)
    Image.fromarray(grey).save("drawn.png")
    for name, kernel in (
        ("even.mat", Kernel([[1, 2], [3, 4]], 8, -1, (1, 1))),
        ("even", Kernel([[1, 2], [3, 4]], 8, -1, (1, 1))),
        ("drawn.png", Kernel(grey, 21)),
    ):
        out = ok(convtool("conv", "small.png", "-k", name, "--format", "npy"))
        assert np.array_equal(np.load(io.BytesIO(out)), conv2d(small, kernel)), name


def test_turns_are_a_bank(convtool, small, folder):
    ok(convtool("conv", "small.png", "-k", "3x3>: 1,0,0 0,0,0 0,0,-1", "-o", "turn-{kernel}.npy"))
    found = [read_image(f"turn-kernel-{i}.npy") for i in range(1, 5)]
    assert np.array_equal(found[0], -found[2])
    assert np.array_equal(found[1], -found[3])
    assert not np.array_equal(found[0], found[1])
    combined = ["-k", "3x3>: 1,0,0 0,0,0 0,0,-1", "--combine", "max", "--format", "npy"]
    out = ok(convtool("conv", "small.png", *combined))
    assert np.array_equal(np.load(io.BytesIO(out)), np.max(found, axis=0))


@pytest.mark.parametrize(
    ("spec", "code", "message"),
    [
        ("3x3: 1 2", 2, b"kernel '3x3: 1 2': has 2 value(s), expected 9 for 3x3"),
        ("Gaussian:0x2", 2, b"kernel 'Gaussian:0x2': Gaussian is built into ImageMagick"),
        ("bad.mat", 1, b"bad.mat: line 2: has 1 number(s), expected 2"),
        (
            "black.png",
            1,
            b"black.png: is black or wholly transparent, expected a sum of grey above 0",
        ),
        ("large.png", 1, b"large.png: is 1025x1024 pixels, expected 1048576 at most in a kernel"),
    ],
)
def test_a_broken_form_is_one_line(convtool, small, folder, spec, code, message):
    (folder / "bad.mat").write_text("2 2\n1\n")
    Image.new("L", (3, 3)).save("black.png")
    Image.new("L", (1024, 1025), 9).save("large.png")
    result = convtool("conv", "small.png", "-k", spec, "-o", "out.png")
    assert result.returncode == code
    assert result.stderr.startswith((b"convtool: ", b"convtool conv: ")[code - 1] + message)
    assert result.stderr.count(b"\n") == 1
    assert not (folder / "out.png").exists()


def test_a_matrix_of_libvips_in_a_pipe_is_no_rows_of_weights(convtool, folder):
    for name, matrix in {
        "four": "4 2 1 0\n1 2 3 4\n5 6 7 8\n",
        "three": "3 3 1\n1 2 3\n4 5 6\n7 8 9\n",
        "two": "2 2\n1 2\n3 4\n",
        "five": "5 1 1 0\n1 2 3 4 5\n",
    }.items():
        (folder / f"{name}.mat").write_text(matrix)
        assert convtool("kernel", "show", f"{name}.mat").returncode == 0
        result = convtool("kernel", "show", "-", stdin=matrix.encode())
        assert (result.returncode, result.stdout) == (1, b""), name
        assert b"kernel from stdin: looks like a matrix of libvips" in result.stderr


@pytest.mark.parametrize(
    "rows", ["2 1\n1 2\n", "3 2 1\n2 1 0\n1 0 -1\n", "4,1,1,1\n1,1,1,1\n", "3 3 3\n3 3 3\n3 3 3\n",
             "4 1 1 1\n1 1 1 1 # rows\n", "1 1\n1 1\n"],
)  # fmt: skip
def test_rows_of_weights_stay_rows(convtool, rows):
    result = convtool("kernel", "convert", "-", "--json", stdin=rows.encode())
    assert result.returncode == 0, result.stderr
    found = json.loads(result.stdout)["weights"]
    assert len(found) == rows.count("\n")
