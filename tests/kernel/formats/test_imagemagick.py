import subprocess

import numpy as np
import pytest
from helpers.imagemagick import PROGRAM, needs_imagemagick, shown
from PIL import Image

from convtool import ConvtoolError, Kernel, conv2d, find_kernel, find_kernels
from convtool.kernel.files import parse_bytes
from convtool.kernel.formats.imagemagick import imagemagick_of_kernel, parse_imagemagick
from convtool.kernel.formats.table import encode_kernels, kernel_format
from convtool.kernel.lookup import bundled_folder, file_names

SMALL = (slice(100, 140), slice(120, 170))


def read(text):
    return list(parse_imagemagick(text, "k"))


def one(text):
    (kernel,) = read(text)
    return kernel


@pytest.mark.parametrize(
    "text",
    ["3x2: 1,2,3 4,5,6", "3x2:1 2 3 4 5 6", " 3 x 2 :\n1, 2, 3,\n4, 5, 6\n", "3X2+1+0: 1,2 3 4,5 6",
     "# six\n3x2: 1 2 3 # a row\n4 5 6", "3x2+1: 1 , 2 , 3 4 5 6;", ";;3x2:\t1 2 3\r\n4 5 6\r\n;"],
)  # fmt: skip
def test_a_kernel_is_turned_as_imagemagick_turns_it(text):
    assert one(text) == Kernel([[6, 5, 4], [3, 2, 1]], anchor=(1, 1), name="k")


def test_an_impulse_becomes_the_kernel_as_it_is_written():
    impulse = np.zeros((5, 5), np.uint8)
    impulse[2, 2] = 1
    found = conv2d(impulse, one("3x3: 1,2,3 4,5,6 7,8,9"))
    assert found[1:4, 1:4].tolist() == [[1, 2, 3], [4, 5, 6], [7, 8, 9]]
    found = conv2d(impulse, one("3x3+0+2: 1,2,3 4,5,6 7,8,9"))
    assert found[:3, 2:].tolist() == [[1, 2, 3], [4, 5, 6], [7, 8, 9]]


def test_whole_numbers_stay_whole_and_others_as_they_are():
    assert one("2x1: 9007199254740993 1").weights.tolist() == [[1, 9007199254740993]]
    assert one("2x1: .5,-1e-3").weights.tolist() == [[-1e-3, 0.5]]


def test_elements_outside_the_kernel_weigh_nothing():
    assert one("3x1: 1,-,-2").weights.tolist() == [[-2, 0, 1]]
    assert one("2x2: nan NaN - .5").weights.tolist() == [[0.5, 0], [0, 0]]


def test_one_number_is_a_square():
    assert one("2: 1 2 3 4").weights.tolist() == [[4, 3], [2, 1]]


def test_several_kernels_and_their_names(folder):
    text = "2x1: 1,2; 1x1: 5;\n\n3x1>: 1,2,3"
    found = read(text)
    assert [kernel.name for kernel in found] == [f"k-{i}" for i in range(1, 7)]
    (folder / "bank.kernel").write_text(text)
    assert [kernel.name for kernel in find_kernels("bank.kernel")][:2] == ["bank-1", "bank-2"]
    assert find_kernels("bank.kernel") == parse_imagemagick(text, "bank")


def test_in_place_and_by_content(folder):
    assert find_kernel("3x1: 1,2,3") == Kernel([[3, 2, 1]], name="kernel")
    assert len(find_kernels(" 2x2>:1,2,3,4")) == 4
    (folder / "k").write_text("# sharp: yes\n\n3x1: 1,2,3")
    assert find_kernel("k") == Kernel([[3, 2, 1]], name="k")
    # Rows, as before.
    assert find_kernel("1,2,3,4,5,6,7,8,9").shape == (1, 9)
    assert find_kernel("1 2; 3 4").weights.tolist() == [[1, 2], [3, 4]]
    (folder / "rows.kernel").write_text("name = a: b\n1 2\n")
    assert find_kernel("rows.kernel").name == "a: b"


RING = [(0, 0), (0, 1), (0, 2), (1, 2), (2, 2), (2, 1), (2, 0), (1, 0)]


def test_the_eight_turns():
    found = read("3x3@: 1,2,3 8,9,4 7,6,5")
    assert len(found) == 8
    for turns, kernel in enumerate(found):
        as_written = np.rot90(kernel.weights, 2)
        assert as_written[1, 1] == 9
        expected = [(i - turns) % 8 + 1 for i in range(8)]
        assert [as_written[place] for place in RING] == expected


def test_turns_end_where_they_repeat():
    assert len(read("3x3>: 0,1,0 1,-4,1 0,1,0")) == 1
    assert len(read("3x3+0+1>: 0,1,0 1,-4,1 0,1,0")) == 4
    assert len(read("3x3>: 1,2,1 0,0,0 1,2,1")) == 2
    assert len(read("3x3>: -,1,0 1,1,1 0,1,0")) == 4
    assert len(read("3x3@: 1,0,1 0,0,0 1,0,1")) == 2
    assert len(read("3x3<: 1,1,1 1,1,1 1,1,1")) == 4


BAD = [
    ("3x3: 1,2,3", r"has 3 value\(s\), expected 9 for 3x3"),
    ("2x2: 1,2,3,4,5", r"has 5 value\(s\), expected 4"),
    ("2x2:", r"has 0 value\(s\), expected 4"),
    ("99999x99999: 1", r"has 1 value\(s\), expected 9999800001"),
    ("2x2: 1,2,3,x", "value 4: found 'x', expected a number"),
    ("2x2: 1,,2,3", "value 2: found nothing between two separators"),
    ("2x2: 1/4,1,1,1", "value 1: found '1/4', expected a number"),
    ("1x1: inf", "value 1: found inf, expected a finite number"),
    ("1x1: 1e999", "value 1: found 1e999, expected a finite number"),
    ("1x1: -nan", "value 1: found -nan"),
    ("1x1: 50%", "value 1: found '50%'"),
    ("2x1: -,nan", "has no element inside the kernel"),
    ("0x3: 1", "has the size 0x3, expected 1x1 or larger"),
    ("2x2+2+0: 1 2 3 4", r"the origin \+2\+0 lies outside the kernel, expected \+0\+0 to \+1\+1"),
    ("2x2-1+0: 1 2 3 4", r"the origin -1\+0 lies outside"),
    ("2x2!: 1 2 3 4", "found '2x2!', expected a size as 3x3"),
    ("2.5x2: 1 2 3 4", "found '2.5x2', expected a size"),
    ("2x2+1+1+1: 1 2 3 4", r"found '2x2\+1\+1\+1', expected a size"),
    ("foo: 1 2", "found 'foo', expected a size"),
    (f"3x{'9' * 50}: 1", "found '3x99"),
    ("3x2>: 1 2 3 4 5 6", "< and > turn a square, a row or a column, found 3x2"),
    ("3x2<: 1 2 3 4 5 6", "< and > turn"),
    ("2x2@: 1 2 3 4", "@ turns a kernel of 3x3, found 2x2"),
    ("1x1: 1; 2", "kernel 2: has no size, expected one as in '3x3: 0,1,0"),
    ("1x1: 1; 1x1: x", "kernel 2: value 1: found 'x'"),
    (
        "Unity:1",
        "Unity is built into ImageMagick.* convtool's own are named as gaussian:SIZE,SIGMA",
    ),
    (
        "Gaussian:0x2",
        "Gaussian is built into ImageMagick.* own is gaussian:size,sigma,sigma2,angle$",
    ),
    ("Octagon:3", "Octagon is built into ImageMagick.* convtool's own is octagon:radius$"),
    ("Disk:4.3", "Disk is built into ImageMagick.* convtool's own is circle:radius$"),
    ("Laplacian:15", "Laplacian is built into ImageMagick.* own is laplacian:size,number,neighb"),
    ("1x1: 1; sobel:90", "kernel 2: sobel is built into ImageMagick"),
    ("2 x2: 1 2\n3 4 1x1: 5", r"has 6 value\(s\), expected 4"),
]


@pytest.mark.parametrize(("text", "message"), BAD)
def test_what_is_no_kernel_is_one_sentence(folder, text, message):
    (folder / "k.kernel").write_text(text)
    with pytest.raises(ConvtoolError, match=f"^k.kernel: {message}") as caught:
        find_kernels("k.kernel")
    assert "\n" not in str(caught.value)


def test_in_place_mistakes_and_built_in_names(folder):
    with pytest.raises(ConvtoolError, match=r"^kernel '2x2: 1': has 1 value\(s\), expected 4"):
        find_kernels("2x2: 1")
    with pytest.raises(
        ConvtoolError, match=r"^kernel 'Octagon:3': Octagon is built into ImageMagick"
    ):
        find_kernels("Octagon:3")
    with pytest.raises(ConvtoolError, match="'sobl' is not found; nearest: sobel"):
        find_kernels("sobl")
    with pytest.raises(ConvtoolError, match="'nobody:3' is not found"):
        find_kernels("nobody:3")


def test_a_long_text_is_seen_to_be_none_at_once():
    with pytest.raises(ConvtoolError, match="line 1: number 1: found '9999"):
        parse_bytes(b"9" * 2**20, "k.txt", "k")
    with pytest.raises(ConvtoolError, match="no weights"):
        parse_bytes(b"#  \n" * 2**16 + b" " * 2**20, "k.txt", "k")


def test_what_is_written():
    assert imagemagick_of_kernel(Kernel([[1, 2, 3], [40, 5, 6]])) == ("3x2+1+1:\n6,5,40,\n3,2, 1\n")
    assert imagemagick_of_kernel(Kernel([[1, 2]], 4, anchor=(0, 1))) == "2x1+0+0:\n0.5,0.25\n"
    assert imagemagick_of_kernel(Kernel([[1]], 9)) == f"1x1+0+0:\n{1 / 9!r}\n"


@pytest.mark.parametrize("name", file_names(bundled_folder()))
def test_bundled_kernels_read_back_divided(folder, name):
    kernels = find_kernels(name)
    if any(kernel.bias for kernel in kernels):
        with pytest.raises(ConvtoolError, match="hold no bias: JSON does"):
            encode_kernels(kernels, kernel_format("imagemagick"))
        return
    found = parse_bytes(encode_kernels(kernels, kernel_format("imagemagick")), "f", "f")
    assert len(found) == len(kernels)
    for before, after in zip(kernels, found, strict=True):
        assert np.array_equal(after.weights, before.weights / before.divisor)
        assert (after.divisor, after.place) == (1, before.place)


def by_imagemagick(image, *words):
    """What ImageMagick makes of an image, in 16 bits."""
    Image.fromarray(image).save("in.png")
    raw = "gray:-" if image.ndim == 2 else "rgb:-"
    command = [PROGRAM, "in.png", "-virtual-pixel", "edge", *words]
    out = ["-depth", "16", "-endian", "LSB", raw]
    data = subprocess.run([*command, *out], check=True, capture_output=True).stdout
    return np.frombuffer(data, "<u2").reshape(image.shape).astype(int)


def clipped(values):
    """The 16-bit pixels of a map in 8 bits."""
    return np.clip(np.rint(np.asarray(values, float) * 257), 0, 65535)


DEFINITIONS = [
    "3x3: .1,.2,.3 -.4,.5,.6 .7,-.8,.9",
    "3x3+0+2: .1,.2,.3 -.4,.5,.6 .7,-.8,.9",
    "2x2: .1,.2,.3,.4",
    "2x2+1+0: .1,.2,.3,.4",
    "4x2: .1,.2,.3,.4,-.1,.05,.2,-.2",
    "2x5: .1,.2,.3,.4,-.1,.05,.2,-.2,.3,-.1",
    "6x1+4+0: .1,.2,.3,.2,.1,.05",
    "1x4: .1,.2,.3,.2",
    "1x4+0+0: .1,.2,.3,.2",
    "3x3: .1,-,.3 nan,.5,NaN .7,-,.9",
    "3x3: 0,1,0 1,-4,1 0,1,0",
    "3x3: -1,-2,0 -2,0,2 0,2,1",
]


@needs_imagemagick
@pytest.mark.parametrize("definition", DEFINITIONS)
def test_imagemagick_makes_the_same_pixels(folder, photo, gray_photo, definition):
    for image in (photo[SMALL], gray_photo[SMALL]):
        found = by_imagemagick(image, "-morphology", "Convolve", definition)
        assert np.abs(found - clipped(conv2d(image, one(definition)))).max() <= 1


@needs_imagemagick
@pytest.mark.parametrize(("compose", "merge"), [("Lighten", np.max), ("Darken", np.min)])
@pytest.mark.parametrize(
    "definition",
    ["3x3>+0+1: .1,.2,.3 -.4,.5,.6 .7,-.8,.4", "3x3@: .1,.2,.3 -.4,.5,.6 .7,-.8,.4",
     "2x2<: .1,.2,.3 -.4", "3x1>: -.5,.7,.9", "2x2+1+0: .1,.2,.3,.4; 3x1+0+0: .9,-.3,.4"],
)  # fmt: skip
def test_imagemagick_makes_the_same_pixels_of_banks(folder, photo, compose, merge, definition):
    image = photo[SMALL]
    words = ["-define", f"morphology:compose={compose}", "-morphology", "Convolve", definition]
    maps = [clipped(conv2d(image, kernel)) for kernel in read(definition)]
    assert np.abs(by_imagemagick(image, *words) - merge(maps, axis=0)).max() <= 1


@needs_imagemagick
@pytest.mark.parametrize("name", file_names(bundled_folder()))
def test_imagemagick_makes_the_same_pixels_of_bundled_kernels(folder, photo, name):
    image = photo[SMALL]
    for kernel in find_kernels(name):
        if kernel.bias:
            continue
        definition = encode_kernels([kernel], kernel_format("imagemagick")).decode()
        found = by_imagemagick(image, "-morphology", "Convolve", definition)
        assert np.abs(found - clipped(conv2d(image, kernel))).max() <= 1


@needs_imagemagick
@pytest.mark.parametrize(
    "definition",
    [*DEFINITIONS, "3x3>: 1,2,3 4,5,6 7,8,9", "3x3@+0+1: 1,2,3 4,5,6 7,8,9", "2x2>: 1,2,3,4",
     "3x3+2+0<: 1,2,3 4,5,6 7,8,9", "3x1>+0+0: 1,2,3", "1x3>: 1,2,3", "1x2<: 1,2", "2x1<+0+0: 1,2",
     "3x3>: 1,2,1 0,0,0 1,2,1", "3x3@>: 1,0,0,0,0,0,0,0,0", "3x3<>: 1,-,0,0,0,5,0,0,0",
     "3x3>: -,1,0 1,1,1 0,1,0", "3x3@: 1,0,1 0,0,0 1,0,1", "5x5+1+3>: " + ",".join(
         map(str, range(25))), "2x2<+1+0: 1 2 3 4;; 1x1:5;", "3: 1 2 3 4 5 6 7 8 9", "2x1+1: 1 2"],
)  # fmt: skip
def test_imagemagick_shows_the_same_kernels(definition):
    """All that it says it has made of a definition: sizes, origins, values, their order."""
    theirs, ours = shown(definition), read(definition)
    assert len(ours) == len(theirs)
    for kernel, (size, weights) in zip(ours, theirs, strict=True):
        rows, cols = kernel.shape
        x, y = cols - 1 - kernel.place[1], rows - 1 - kernel.place[0]
        assert size == f"{cols}x{rows}+{x}+{y}"
        assert np.array_equal(np.rot90(kernel.weights, 2), weights)


@needs_imagemagick
@pytest.mark.parametrize(
    "text",
    ["3x3: 1,2,3", "2x2: 1,2,3,4,5", "2x2:", "2x2: 1/4,1,1,1", "2x1: -,nan",
     "2x2+2+0: 1 2 3 4", "2x2-1+0: 1 2 3 4", "1x1: 1e999", "2x2: 1 2 3 4,", "2x2: 1 2 3 4e"],
)  # fmt: skip
def test_imagemagick_refuses_these_too(text):
    with pytest.raises(ConvtoolError):
        read(text)
    words = ["-size", "1x1", "xc:white", "-morphology", "Convolve", text, "null:"]
    process = subprocess.run([PROGRAM, *words], capture_output=True)
    assert b"invalid argument" in process.stderr
