import io

import numpy as np
import pytest
import tifffile
from PIL import Image

from convtool import ConvtoolError, Kernel, conv2d, find_kernel, write_image
from convtool.kernel.files import parse_bytes


def encoded(pixels, format_="PNG", **options):
    file = io.BytesIO()
    Image.fromarray(np.asarray(pixels)).save(file, format_, **options)
    return file.getvalue()


def kernel(data):
    (found,) = parse_bytes(data, "k.png", "k")
    return found


GREY = np.array([[0, 1, 2, 255], [7, 0, 0, 30]], np.uint8)


@pytest.mark.parametrize("format_", ["PNG", "TIFF", "GIF", "BMP", "PPM", "WEBP", "TGA"])
def test_grey_values_over_their_sum(format_):
    options = {"lossless": True, "exact": True} if format_ == "WEBP" else {}
    found = kernel(encoded(GREY, format_, **options))
    assert found == Kernel(GREY, 295, name="k")
    assert found.weights.dtype == np.int64
    assert isinstance(found.divisor, int)


def test_a_jpeg(folder):
    (folder / "k.jpg").write_bytes(encoded(np.full((8, 16), 200, np.uint8), "JPEG"))
    assert find_kernel("k.jpg") == Kernel(np.full((8, 16), 200), 200 * 128, name="k")


def test_pictures_in_text(folder):
    assert kernel(b"P2\n# plain\n3 1\n255\n1 2 3\n") == Kernel([[1, 2, 3]], 6, name="k")
    assert kernel(b"P1 3 1 0 1 0") == Kernel([[255, 0, 255]], 510, name="k")
    assert kernel(b"P5 3 1 255\nabc") == Kernel([[97, 98, 99]], 294, name="k")


def test_sixteen_bits(folder):
    deep = GREY.astype(np.uint16) * 257 + 1
    assert kernel(encoded(deep)) == Kernel(deep, int(deep.sum()), name="k")
    write_image("rgb.png", np.stack([deep] * 3, axis=-1))
    assert find_kernel("rgb.png") == Kernel(deep, int(deep.sum()), name="rgb")


def test_colours_are_made_grey():
    colours = np.array([[[255, 0, 0], [0, 255, 0], [0, 0, 255], [10, 20, 30]]], np.uint8)
    # 0.299, 0.587 and 0.114 of 255; 2.99 + 11.74 + 3.42
    assert kernel(encoded(colours)) == Kernel([[76, 150, 29, 18]], 273, name="k")


def test_alpha_counts_where_there_is_any():
    pixels = np.stack([GREY, np.full_like(GREY, 255)], axis=-1)
    assert kernel(encoded(pixels)) == Kernel(GREY, 295, name="k")
    pixels[0, 3, 1] = 0
    pixels[1, 3, 1] = 100
    weights = GREY.astype(np.int64) * 255
    weights[0, 3], weights[1, 3] = 0, 3000
    assert kernel(encoded(pixels)) == Kernel(weights, int(weights.sum()), name="k")


def test_the_largest_is_exact():
    pixels = np.full((1024, 1024, 2), 65535, np.uint16)
    pixels[0, 0] = 65533
    write = io.BytesIO()
    tifffile.imwrite(write, pixels[..., 0])
    found = kernel(write.getvalue())
    assert found.divisor == 65535 * 2**20 - 2


def test_fractions_and_signs(folder):
    values = np.array([[0.25, -0.5, 3]], np.float32)
    file = io.BytesIO()
    tifffile.imwrite(file, values)
    assert kernel(file.getvalue()) == Kernel([[0.25, -0.5, 3]], 2.75, name="k")


def test_a_flat_area_stays_and_an_impulse_shows_the_picture_turned():
    found = kernel(encoded(GREY))
    assert np.all(conv2d(np.full((9, 9), 200, np.uint8), found) == 200)
    impulse = np.full((1, 1), 295, np.uint16)
    options = {"padding": "full", "border": "constant"}
    assert np.array_equal(conv2d(impulse, found, **options), np.rot90(GREY, 2))
    assert np.array_equal(conv2d(impulse, found, flip=True, **options), GREY)


def png_of_size(rows, cols):
    return encoded(np.ones((rows, cols), np.uint8))


def floats(values):
    file = io.BytesIO()
    tifffile.imwrite(file, np.array(values, np.float32))
    return file.getvalue()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (
            encoded(GREY * 0),
            "is black or wholly transparent, expected a sum of grey above 0",
        ),
        (encoded(np.full((3, 3, 4), [9, 9, 9, 0], np.uint8)), "is black"),
        (
            floats([[1, -1]]),
            "is black or wholly transparent, expected a sum of grey above 0",
        ),
        (floats([[1, np.nan]]), "weights hold NaN or infinity"),
        (floats([[np.inf, -np.inf]]), "weights hold NaN or infinity"),
        (png_of_size(1025, 1024), "is 1025x1024 pixels, expected 1048576 at most in a kernel"),
        (
            encoded(np.ones((1025, 1024), np.uint8), "TIFF"),
            "is 1025x1024 pixels, expected 1048576 at most",
        ),
        (encoded(GREY)[:48], "is broken and cannot be decoded"),
        (encoded(GREY, "TIFF")[:20], "is no text and no .npy or picture|is broken"),
        (b"P5 3 1 255\nab", "is broken"),
        (b"P6", "line 1: number 1: found 'P6'"),
        (b"P3 2", "is no text and no .npy or picture|is broken"),
        (b"1 2\n3 \0", "is no text and no .npy or picture, expected a kernel as JSON or rows"),
        ("1 2 3".encode("utf-16"), "is no text and no .npy or picture"),
        (b"1 2 \xe9", "is no text and no .npy or picture"),
    ],
)
def test_what_is_no_kernel_is_one_sentence(data, message):
    with pytest.raises(ConvtoolError, match=f"^k.png: ({message})") as caught:
        parse_bytes(data, "k.png", "k")
    assert "\n" not in str(caught.value)


def test_a_name_finds_no_picture(folder):
    (folder / "edge.png").write_bytes(encoded(GREY))
    assert find_kernel("edge").shape == (3, 3)
    assert find_kernel("edge.png").shape == (2, 4)
