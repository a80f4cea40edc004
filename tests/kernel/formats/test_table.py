import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convtool import ConvtoolError, Kernel, find_kernels
from convtool.kernel.files import parse_bytes
from convtool.kernel.formats.table import encode_kernels, kernel_format, kernel_format_of
from convtool.kernel.kernel import Layer
from convtool.kernel.lookup import bundled_folder, file_names

numbers = st.integers(-(10**6), 10**6) | st.floats(-1e300, 1e300)
words = st.text(st.characters(categories=["L", "N", "P", "S"], exclude_characters="#"), max_size=20)


@st.composite
def any_kernel(draw, dimensions=(2,)):
    shape = draw(st.tuples(*[st.integers(1, 4)] * draw(st.sampled_from(dimensions))))
    count = math.prod(shape)
    weights = np.reshape(draw(st.lists(numbers, min_size=count, max_size=count)), shape)
    anchor = draw(st.none() | st.tuples(*(st.integers(0, side - 1) for side in shape)))
    divisor = draw(numbers.filter(lambda value: value != 0))
    name = draw(words.filter(bool))
    return Kernel(weights, divisor, draw(numbers), anchor, name, draw(words))


@pytest.mark.parametrize("format_", ["json", "txt"])
@given(kernels=st.lists(any_kernel((2, 3)), min_size=1, max_size=3))
def test_what_is_written_reads_back_equal(format_, kernels):
    data = encode_kernels(kernels, kernel_format(format_))
    assert list(parse_bytes(data, "file", "other")) == kernels


def read_back(kernels, format_, source):
    return list(parse_bytes(encode_kernels(kernels, kernel_format(format_)), source, "f"))


def without_words(kernel):
    """The kernel as a form has it that holds no words and no anchor that is the middle."""
    rows, cols = kernel.shape
    unneeded = kernel.anchor == ((rows - 1) // 2, (cols - 1) // 2)
    anchor = None if unneeded else kernel.anchor
    return replace(kernel, name="f", description="", anchor=anchor)


@given(any_kernel())
def test_what_is_written_for_vips_reads_back_equal(kernel):
    rows, cols = kernel.shape
    kernel = without_words(replace(kernel, anchor=(rows // 2, cols // 2)))
    assert read_back([kernel], "vips", "f.mat") == [kernel]


@given(any_kernel((3,)))
def test_npy_holds_depth(kernel):
    kernel = replace(kernel, divisor=1, bias=0, anchor=None, name="f", description="")
    assert read_back([kernel], "npy", "f") == [kernel]


@given(st.lists(any_kernel(), min_size=1, max_size=3))
def test_what_is_written_for_imagemagick_reads_back_equal(kernels):
    kernels = [without_words(replace(kernel, divisor=1, bias=0)) for kernel in kernels]
    if len(kernels) > 1:
        kernels = [replace(kernel, name=f"f-{i}") for i, kernel in enumerate(kernels, start=1)]
    assert read_back(kernels, "imagemagick", "f.txt") == kernels


@given(any_kernel())
def test_where_there_is_no_divisor_weights_are_divided(kernel):
    kernel = without_words(replace(kernel, bias=0))
    with np.errstate(over="ignore"):
        quotients = kernel.weights / kernel.divisor
    if not np.isfinite(quotients).all():
        for format_ in ("imagemagick", "npy"):
            with pytest.raises(
                ConvtoolError, match=r"over the divisor .* are too large for floats"
            ):
                read_back([replace(kernel, anchor=None)], format_, "f")
        return
    divided = replace(kernel, weights=quotients, divisor=1)
    assert read_back([kernel], "imagemagick", "f") == [divided]
    assert read_back([replace(kernel, anchor=None)], "npy", "f") == [replace(divided, anchor=None)]


@pytest.mark.parametrize("name", file_names(bundled_folder()))
@pytest.mark.parametrize("format_", ["json", "txt"])
def test_every_bundled_kernel_reads_back_equal(folder, name, format_):
    kernels = find_kernels(name)
    assert parse_bytes(encode_kernels(kernels, kernel_format(format_)), "f", "other") == kernels


def test_npy_holds_weights_over_their_divisor(folder):
    data = encode_kernels(find_kernels("gaussian3"), kernel_format("npy"))
    (found,) = parse_bytes(data, "f", "g")
    assert np.array_equal(found.weights, np.outer([1, 2, 1], [1, 2, 1]) / 16)
    layer = Layer(np.arange(24.0).reshape(2, 3, 2, 2), "layer")
    (found,) = parse_bytes(encode_kernels([layer], kernel_format("npy")), "f", "layer")
    assert np.array_equal(found.weights, layer.weights)


@pytest.mark.parametrize(
    ("kernels", "format_", "message"),
    [
        ([Kernel([[1]], bias=3, name="k")], "npy", "kernel k: NPY holds no bias"),
        ([Kernel([[1, 2]], anchor=(0, 0))], "npy", "no anchor: JSON does"),
        ([Kernel([[1]]), Kernel([[2]])], "npy", "2 kernels do not go into one npy file"),
        ([Layer(np.ones((1, 1, 2, 2)), "l")], "json", r"shape \(1, 1, 2, 2\) do not go into json"),
        ([Kernel([[1e300]], 1e-300, name="k")], "npy", "kernel k: weights over the divisor 1e-300"),
        ([Kernel([[1]], bias=3, name="k")], "imagemagick", "kernel k: ImageMagick's .* no bias"),
        ([Kernel([[1]]), Kernel([[2]])], "vips", "2 kernels do not go into one vips file"),
        ([Kernel([[1, 2]], name="k")], "vips", r"kernel k: libvips has element \(0, 1\) of a 1x2"),
        ([Layer(np.ones((1, 1, 2, 2)), "l")], "vips", r"shape .* do not go into vips: NPY holds"),
        *(
            ([Kernel([[[1]]], name="k")], form, f"k has depth, and does not go into {form}: JSON, ")
            for form in ("vips", "imagemagick")
        ),
        ([Kernel([[[1], [2]]], anchor=(0, 0, 0))], "npy", "no anchor: JSON does"),
        ([Kernel([[1]], name="a#b")], "txt", "name 'a#b' does not go into a line of text"),
        ([Kernel([[1]], description="a\nb")], "txt", "description .* does not go into a line"),
    ],
)
def test_what_a_form_cannot_hold_is_an_error(kernels, format_, message):
    with pytest.raises(ConvtoolError, match=message):
        encode_kernels(kernels, kernel_format(format_))


def test_forms_are_told_by_extension():
    assert kernel_format_of("a/B.JSON").name == "json"
    assert kernel_format("mat") == kernel_format("vips")
    assert kernel_format("kernel") == kernel_format("imagemagick")
    assert kernel_format_of("b.mat").name == "vips"
    assert kernel_format_of("c.kernel").name == "imagemagick"
    with pytest.raises(ConvtoolError, match=r"a\.xyz: extension '\.xyz' is unknown, expected"):
        kernel_format_of("a.xyz")
    with pytest.raises(ConvtoolError, match="kernel format 'xml' is unknown, expected one of: jso"):
        kernel_format("xml")
