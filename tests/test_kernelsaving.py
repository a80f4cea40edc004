import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convtool import ConvtoolError, Kernel, find_kernels
from convtool.kernel import Layer
from convtool.kernelfile import parse_bytes
from convtool.kernelsaving import encode_kernels, kernel_format, kernel_format_of
from convtool.library import bundled_folder, file_names

numbers = st.integers(-(10**6), 10**6) | st.floats(-1e300, 1e300)
words = st.text(st.characters(categories=["L", "N", "P", "S"], exclude_characters="#"), max_size=20)


@st.composite
def any_kernel(draw):
    rows, cols = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    weights = draw(st.lists(st.lists(numbers, min_size=cols, max_size=cols), min_size=rows,
                            max_size=rows))  # fmt: skip
    anchor = draw(st.none() | st.tuples(st.integers(0, rows - 1), st.integers(0, cols - 1)))
    divisor = draw(numbers.filter(lambda value: value != 0))
    name = draw(words.filter(bool))
    return Kernel(weights, divisor, draw(numbers), anchor, name, draw(words))


@pytest.mark.parametrize("format_", ["json", "txt"])
@given(kernels=st.lists(any_kernel(), min_size=1, max_size=3))
def test_what_is_written_reads_back_equal(format_, kernels):
    data = encode_kernels(kernels, kernel_format(format_))
    assert list(parse_bytes(data, "file", "other")) == kernels


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
        ([Kernel([[1]], name="a#b")], "txt", "name 'a#b' does not go into a line of text"),
        ([Kernel([[1]], description="a\nb")], "txt", "description .* does not go into a line"),
    ],
)
def test_what_a_form_cannot_hold_is_an_error(kernels, format_, message):
    with pytest.raises(ConvtoolError, match=message):
        encode_kernels(kernels, kernel_format(format_))


def test_forms_are_told_by_extension():
    assert kernel_format_of("a/B.JSON").name == "json"
    with pytest.raises(ConvtoolError, match=r"a\.xyz: extension '\.xyz' is unknown, expected"):
        kernel_format_of("a.xyz")
    with pytest.raises(ConvtoolError, match="kernel format 'xml' is unknown, expected one of: jso"):
        kernel_format("xml")
