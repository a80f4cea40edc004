import shutil
import subprocess

import numpy as np
import pytest
import tifffile
from PIL import Image

from convtool import ConvtoolError, Kernel, conv2d, find_kernel, find_kernels
from convtool.kernel.formats.libvips import parse_vips, vips_of_kernel
from convtool.kernel.formats.table import encode_kernels, kernel_format
from convtool.kernel.lookup import bundled_folder, file_names

needs_vips = pytest.mark.skipif(not shutil.which("vips"), reason="the program vips is missing")
SMALL = (slice(100, 140), slice(120, 170))


def read(text):
    return parse_vips(text.encode(), "k")


def test_width_comes_before_height():
    assert read("3 1\n1 2 3\n") == Kernel([[1, 2, 3]], name="k")
    assert read("1 3\n1\n2\n3\n") == Kernel([[1], [2], [3]], name="k")


def test_scale_divides_and_offset_is_added():
    kernel = read("3 1 16 -128.5\n1 2 1\n")
    assert kernel == Kernel([[1, 2, 1]], 16, -128.5, name="k")
    image = np.full((5, 5), 40, np.uint8)
    assert np.all(conv2d(image, kernel) == 40 * 4 / 16 - 128.5)
    assert read("3 1 16\n1 2 1\n") == Kernel([[1, 2, 1]], 16, name="k")


@pytest.mark.parametrize(
    "text",
    [
        "2 1 4 0\n1 2",
        " 2  1\t4.0 0 \n\t1   2 \n\n",
        "2 1 4 0\r\n1 2\r\n",
        "2.0 1e0 4 -0\n1 2\n\n\n",
    ],
)
def test_blanks_are_as_libvips_has_them(text):
    assert read(text) == Kernel([[1, 2]], 4, 0, (0, 1), "k")


def test_whole_numbers_stay_whole():
    assert read("1 1 4\n9007199254740993").weights.item() == 9007199254740993
    assert read("2 1\n1 .5").weights.dtype == np.float64


@pytest.mark.parametrize(
    ("shape", "anchor"),
    [((3, 3), None), ((2, 2), (1, 1)), ((4, 3), (2, 1)), ((1, 6), (0, 3)), ((1, 1), None)],
)
def test_the_element_after_the_middle_is_on_the_output_pixel(shape, anchor):
    rows, cols = shape
    kernel = read(f"{cols} {rows}\n" + (" ".join("1" * cols) + "\n") * rows)
    assert (kernel.shape, kernel.anchor) == (shape, anchor)
    assert kernel.place == (rows // 2, cols // 2)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", r"line 1: has 0 number\(s\), expected width and height, and perhaps scale"),
        (b"3\n1 2 3", r"line 1: has 1 number\(s\)"),
        (b"3 1 1 0 7\n1 2 3", r"line 1: has 5 number\(s\)"),
        (b"\n3 1\n1 2 3", r"line 1: has 0 number\(s\)"),
        (b"# mask\n3 1\n1 2 3", "line 1: number 1: found '#'"),
        (b"3,1\n1 2 3", "line 1: number 1: found '3,1', expected a number"),
        (b"3 1.5\n1 2 3", "line 1: the height is 1.5, expected a whole number, 1 or more"),
        (b"-3 1\n1 2 3", "line 1: the width is -3"),
        (b"0 0\n", "line 1: the width is 0"),
        (b"1e300 1\n1", "line 2: has 1 number"),
        (b"3 1 0\n1 2 3", "line 1: the scale is 0, expected any other"),
        (b"3 1 nan\n1 2 3", "line 1: number 3: found nan, expected a finite"),
        (b"3 2\n1 2 3\n", r"has 1 row\(s\), expected 2, as line 1 says"),
        (b"3 99999999999\n1 2 3\n", r"has 1 row\(s\), expected 99999999999"),
        (b"3 1\n1 2 3\n4 5 6\n", "has 2 rows, expected 1"),
        (b"3 2\n1 2 3\n\n4 5 6", "has 3 rows, expected 2"),
        (b"3 3\n1 2 3\n\n4 5 6", r"line 3: has 0 number\(s\), expected 3"),
        (b"3 1\n1 2 3 4\n", r"line 2: has 4 number\(s\), expected 3"),
        (b"3 1\n1 2\n", r"line 2: has 2 number\(s\), expected 3"),
        (b"3 1\n1 2 1/4\n", "line 2: number 3: found '1/4', expected a number"),
        (b"3 1\n1 2 0x3\n", "line 2: number 3: found '0x3'"),
        (b"3 1\n1 2 inf\n", "line 2: number 3: found inf"),
        (b"3 1\n1 2 " + b"9" * 6000, "line 2: number 3: found '9999"),
        (b"MATLAB 5.0 MAT-file, Platform: GLNXA64", "is no matrix file of libvips"),
        (b"\x89HDF\r\n\x1a\n", "is no matrix file of libvips"),
        (b"3 1\n1 2 3\0", "is no matrix file of libvips"),
        ("3 1\n1 2 \u0663".encode(), "is no matrix file of libvips"),
    ],
)
def test_what_is_no_matrix_is_one_sentence(folder, data, message):
    (folder / "k.mat").write_bytes(data)
    with pytest.raises(ConvtoolError, match=f"^k.mat: {message}") as caught:
        find_kernel("k.mat")
    assert "\n" not in str(caught.value)


def test_the_name_tells_these_files(folder):
    (folder / "k.txt").write_text("2 2\n1 2\n")
    (folder / "K.MAT").write_text("2 1\n1 2\n")
    assert find_kernel("k.txt").shape == (2, 2)
    assert find_kernel("K.MAT").shape == (1, 2)
    (folder / "kernels").mkdir()
    (folder / "kernels/mine.mat").write_text("1 1 4 5\n7\n")
    assert find_kernel("mine") == Kernel([[7]], 4, 5, name="mine")
    (folder / "large.mat").write_bytes(b"2 1\n1 2" + b"\n" * (16 * 2**20))
    with pytest.raises(ConvtoolError, match="larger than 16 MiB"):
        find_kernel("large.mat")


def test_what_is_written():
    assert vips_of_kernel(Kernel([[1, -20, 1], [3, 4, 5]], anchor=(1, 1))) == (
        "3 2 1 0\n1 -20 1\n3   4 5\n"
    )
    assert vips_of_kernel(Kernel([[1]], 16)) == "1 1 16 0\n1\n"
    assert vips_of_kernel(Kernel([[1.5]], 1, 128)) == "1 1 1 128\n1.5\n"


@pytest.mark.parametrize(
    ("kernel", "sizes"),
    [
        (Kernel([[1, 0], [0, -1]]), "3x3"),
        (Kernel([[1, 2, 3]], anchor=(0, 0)), "1x5"),
        (Kernel([[1], [2], [3], [4]], anchor=(3, 0)), "7x1"),
    ],
)
def test_another_anchor_is_an_error_whose_advice_helps(photo, kernel, sizes):
    with pytest.raises(ConvtoolError, match=f"pad the kernel with zeros to {sizes}, ") as caught:
        vips_of_kernel(kernel)
    assert str(kernel.place) in str(caught.value)
    rows, cols = map(int, sizes.split("x"))
    larger = np.zeros((rows, cols), np.int64)
    top, left = rows // 2 - kernel.place[0], cols // 2 - kernel.place[1]
    larger[top : top + kernel.shape[0], left : left + kernel.shape[1]] = kernel.weights
    written = read(vips_of_kernel(Kernel(larger)))
    image = photo[SMALL]
    assert np.array_equal(conv2d(image, written), conv2d(image, kernel))


def by_vips(image, matrix, *options):
    """What ``vips conv`` makes of an image."""
    Image.fromarray(image).save("in.png")
    with open("matrix.mat", "wb") as file:
        file.write(matrix)
    subprocess.run(["vips", "conv", "in.png", "out.tif", "matrix.mat", *options], check=True)
    return tifffile.imread("out.tif")


def assert_as_floats(found, expected):
    """Equal but for float32's last bit, and for what cancels out."""
    assert found.dtype == expected.dtype == np.float32
    assert found.shape == expected.shape
    assert np.allclose(found, expected, rtol=2**-23, atol=1e-10)


@needs_vips
@pytest.mark.parametrize("head", ["", " 7", " 16 128", " -3 -20.5", " 0.1 0"])
@pytest.mark.parametrize("shape", [(3, 3), (2, 2), (4, 3), (2, 5), (1, 6), (7, 1), (5, 5)])
def test_vips_makes_the_same_map_of_a_file(folder, photo, gray_photo, shape, head):
    rows, cols = shape
    weights = np.random.default_rng(rows * 10 + cols).integers(-9, 10, shape)
    lines = [f"{cols} {rows}{head}", *(" ".join(map(str, row)) for row in weights)]
    matrix = "\n".join(lines).encode()
    image = photo[SMALL] if rows % 2 else gray_photo[SMALL]
    found = conv2d(image, parse_vips(matrix, "k")).astype(np.float32)
    assert_as_floats(by_vips(image, matrix), found)


@needs_vips
@pytest.mark.parametrize("name", file_names(bundled_folder()))
def test_vips_makes_the_same_map_of_a_bundled_kernel(folder, photo, name):
    image = photo[SMALL]
    kernels = find_kernels(name)
    if kernels[0].shape[0] % 2 == 0:
        with pytest.raises(ConvtoolError, match=r"libvips has element \(1, 1\) of a 2x2 kernel"):
            encode_kernels(kernels, kernel_format("vips"))
        return
    for kernel in kernels:
        found = by_vips(image, encode_kernels([kernel], kernel_format("vips")))
        assert_as_floats(found, conv2d(image, kernel).astype(np.float32))


@needs_vips
@pytest.mark.parametrize("text", ["3 1 0\n1 2 3\n", "3,1\n1 2 3\n", "# c\n3 1\n1 2 3\n",
                                  "3 1\n1 2 x\n"])  # fmt: skip
def test_vips_refuses_these_too(folder, photo, text):
    with pytest.raises(ConvtoolError):
        read(text)
    Image.fromarray(photo[SMALL]).save("in.png")
    (folder / "k.mat").write_text(text)
    process = subprocess.run(["vips", "conv", "in.png", "out.tif", "k.mat"], capture_output=True)
    assert process.returncode != 0
