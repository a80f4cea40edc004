import io
import pickle

import numpy as np
import pytest

from convtool import ConvtoolError, find_kernel, find_kernels
from convtool.kernel.files import parse_bytes, read_bias
from convtool.kernel.kernel import Layer
from convtool.kernel.lookup import Lookup


def saved(array, **options):
    file = io.BytesIO()
    np.save(file, array, **options)
    return file.getvalue()


@pytest.mark.parametrize("dtype", ["int8", ">i4", "float32", "float64", "uint16"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_a_kernel(folder, dtype, order):
    weights = np.array([[1, 2, 3], [4, 5, 6]], dtype, order=order)
    np.save("mine.npy", weights)
    kernel = find_kernel("mine.npy")
    assert (kernel.name, kernel.shape) == ("mine", (2, 3))
    assert np.array_equal(kernel.weights, weights)


def test_a_layer_is_no_kernel(folder):
    np.save("layer.npy", np.ones((8, 3, 5, 5), np.float32))
    (layer,) = Lookup().filters("layer.npy")
    assert isinstance(layer, Layer)
    assert (layer.name, layer.weights.shape) == ("layer", (8, 3, 5, 5))
    with pytest.raises(ConvtoolError, match=r"is a layer of shape \(8, 3, 5, 5\)"):
        find_kernels("layer.npy")


def test_a_map_of_a_kernels_name_is_not_taken_for_it(folder):
    np.save("edge.npy", np.zeros((5, 5)))
    assert find_kernel("edge").weights.sum() == 0
    assert find_kernel("edge").shape == (3, 3)
    assert find_kernel("edge.npy").shape == (5, 5)


def lying(shape):
    """A file whose header says more than is there."""
    data = saved(np.zeros((2, 2)))
    return data.replace(b"(2, 2), }" + b" " * 20, f"{shape}, }}".encode().ljust(29))


def headed(header):
    """A file of this header, and of numbers."""
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode() + bytes(99)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (
            saved(np.zeros((2,) * 6)),
            r"has shape \(2, 2, 2, 2, 2, 2\), expected \(w,\), \(h, w\), \(d, h, w\), \(out",
        ),
        (
            saved(np.array([[None]]), allow_pickle=True),
            "is a .npy file of Python objects, expected",
        ),
        (saved(np.array([["a"]])), "weights are of <U1, expected numbers"),
        (saved(np.array([[np.nan]])), "NaN or infinity"),
        (saved(np.zeros((0, 3))), "expected one number at least"),
        (saved(np.ones((3, 3)))[:-8], "it holds 64 bytes of numbers, expected 72"),
        (lying((99999, 99999)), "it holds 32 bytes of numbers, expected 79998400008"),
        (lying((-1, 2)), "is no sound .npy file"),
        (headed("{'descr': ('<f4', (2,)), 'fortran_order': False, 'shape': (3, 3)}"), "plain"),
        (headed(f"{{'descr': '<f4', 'fortran_order': False, 'shape': {(1,) * 70}}}"), "its shape"),
        (saved(np.zeros((2, 2), [("a", "f4")])), "expected plain numbers"),
        (lying((0, 10**30)), "is no sound .npy file: its shape is"),
        (saved(np.array([[10]], np.longdouble) ** 4000), "NaN or infinity"),
        (lying((True, 2)), "is no sound .npy file: its shape is"),
        (saved(np.zeros((1025, 1024), np.int8)), "has 1025x1024 weights, expected 1048576"),
        (saved(np.zeros((600, 7000, 1, 1), np.int8)), "has 600x7000x1x1 weights, expected 4194304"),
        (b"\x93NUMPY\x09\x00", "is no sound .npy file"),
        (b"\x93NUMPY\x01\x00\xff\xff{", "is no sound .npy file"),
        (b"\x93NUMPX", "is no text and no .npy"),
        (pickle.dumps([[1]]), "is no text and no .npy"),
    ],
)
def test_what_is_no_kernel(data, message):
    with pytest.raises(ConvtoolError, match=f"^k.npy: .*{message}"):
        parse_bytes(data, "k.npy", "k")


def test_the_most_weights(folder):
    np.save("k.npy", np.ones((1024, 1024), np.int8))
    assert find_kernel("k.npy").shape == (1024, 1024)
    (folder / "k.txt").write_text(("1 " * 1025 + "\n") * 1024)
    with pytest.raises(ConvtoolError, match=r"k.txt: has 1024x1025 weights"):
        find_kernel("k.txt")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (saved(np.zeros((2, 1))), r"has shape \(2, 1\), expected \(3,\)"),
        (saved(np.zeros(4)), r"has shape \(4,\), expected \(3,\)"),
        (saved(np.array(["a", "b", "c"])), "holds values of <U1"),
        (b"1 2 3", "is no .npy file, expected a vector of biases"),
    ],
)
def test_what_is_no_bias(folder, data, message):
    (folder / "b.npy").write_bytes(data)
    with pytest.raises(ConvtoolError, match=f"^b.npy: {message}"):
        read_bias("b.npy", 3)


def test_a_bias(folder):
    np.save("b.npy", np.array([1, 2, 3], np.float16))
    assert read_bias("b.npy", 3).tolist() == [1, 2, 3]
    with pytest.raises(ConvtoolError, match=r"nothere.npy: cannot be read"):
        read_bias("nothere.npy", 3)
