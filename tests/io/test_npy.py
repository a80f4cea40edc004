import io
import struct

import numpy as np
import pytest

from convtool import ConvtoolError, find_kernels, read_image, write_image
from convtool.core.encoding import Table
from convtool.io.source import open_image, open_stream
from convtool.kernel.files import read_bias


def saved(array, **options):
    file = io.BytesIO()
    np.save(file, array, **options)
    return file.getvalue()


@pytest.mark.parametrize("dtype", ["bool", "uint8", ">u2", "int64", "float16", "float64"])
@pytest.mark.parametrize("shape", [(3, 4), (3, 4, 1), (3, 4, 3), (3, 4, 7)])
def test_arrays_from_a_file_and_from_a_pipe(folder, dtype, shape):
    array = np.arange(np.prod(shape)).reshape(shape).astype(dtype)
    (folder / "a.npy").write_bytes(saved(array))
    assert np.array_equal(read_image("a.npy"), array[..., 0] if shape[2:] == (1,) else array)
    (block,) = open_stream(io.BytesIO(saved(np.asfortranarray(array)))).blocks()
    assert np.array_equal(block, array.reshape(3, 4, -1))


def test_rows_are_read_as_they_are_needed(folder):
    array = np.random.default_rng(0).normal(size=(3000, 700))
    np.save("a.npy", array)
    reader = open_image("a.npy")
    for _ in range(2):
        blocks = list(reader.blocks())
        assert len(blocks) > 2
        assert np.array_equal(np.concatenate(blocks)[..., 0], array)
    with open("a.npy", "r+b") as file:
        file.truncate(10**7)
    with pytest.raises(ConvtoolError, match=r"a.npy: is no sound .npy file: it ends before row"):
        list(reader.blocks())


def test_two_and_four_channels_end_in_alpha_and_it_says_so(folder):
    np.save("a.npy", np.zeros((2, 2, 4)))
    reader = open_image("a.npy")
    assert reader.header.channels == ("R", "G", "B", "A")
    told = (
        "the last of its 4 channels is taken for alpha; --alpha channel filters it like the others"
    )
    assert reader.notes == (told,)
    named = open_image("a.npy", table=Table(axes="yxc"))
    assert (named.header.channels, named.notes) == (("0", "1", "2", "3"), ())


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (saved(np.zeros(4)), r"has shape \(4,\); --axes x takes it for a row"),
        (saved(np.zeros((0, 4))), "at least one pixel"),
        (saved(np.zeros((2, 2), complex)), "complex128"),
        (saved(np.array([[{}]]), allow_pickle=True), "is a .npy file of Python objects"),
        (saved(np.zeros((20, 20)))[:-1], "is no sound .npy file"),
        (saved(np.zeros((20, 20)))[:30], "is no sound .npy file"),
        (b"\x93NUMPY\x09\x00aaaa", "is no sound .npy file"),
        (b"not an array", "is no sound .npy file"),
        (saved(np.zeros((20, 20))).replace(b"{'d", b"'((d"), "is no sound .npy file"),
        (saved(np.zeros((20, 20))).replace(b"(20, 20)", b"(-1, 20)"), "is no sound .npy file"),
        (saved(np.zeros((20, 20))).replace(b"(20, 20), }  ", b"(True, 20), }"), "its shape is"),
        (
            saved(np.zeros((0, 20))).replace(
                b"(0, 20), }" + b" " * 40, b"(0, 999999999999999999999), }".ljust(50)
            ),
            "its shape is",
        ),
        (saved(np.zeros((2, 2), [("a", "f4")])), "expected plain numbers"),
        (b"", "is empty"),
    ],
)
def test_bad_files(folder, data, message):
    (folder / "a.npy").write_bytes(data)
    with pytest.raises(ConvtoolError, match=message) as caught:
        open_image("a.npy")
    assert str(caught.value).startswith("a.npy: ")


def headed(text):
    """A file whose header says that; of version 2, which has headers of any length."""
    return b"\x93NUMPY\x02\0" + struct.pack("<I", len(text) + 1) + text + b"\n"


OBJECTS = saved(np.array([[None, 1], [{}, 2]]), allow_pickle=True)
PLAIN = b"{'descr': '<f8', 'fortran_order': False, 'shape': (1, 1)}"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (OBJECTS, "is a .npy file of Python objects, expected numbers"),
        (OBJECTS.replace(b"False", b"True "), "is a .npy file of Python objects, expected numbers"),
        (headed(PLAIN + b" " * 20_000), "is no sound .npy file: its header is missing, broken or "),
        (headed(PLAIN.replace(b"<f8", b"x" * 9000)), "is no sound .npy file: its header is"),
        (headed(PLAIN.replace(b"1, 1", b"1, " * 3000)), "is no sound .npy file: its shape is"),
    ],
)
def test_nobody_is_told_to_trust_a_file(folder, data, message):
    """NumPy's own errors say how to let it run programs, or to take any header."""
    (folder / "a.npy").write_bytes(data)
    for read in (open_image, find_kernels, lambda path: read_bias(path, 2)):
        with pytest.raises(ConvtoolError) as caught:
            read("a.npy")
        assert str(caught.value).startswith(f"a.npy: {message}")
        assert "allow" not in str(caught.value)
        assert len(str(caught.value)) < 200


def test_a_header_that_promises_too_much_is_refused_before_memory_is_taken(folder):
    data = saved(np.zeros((20, 20))).replace(b"(20, 20), }      ", b"(20000, 20000), }")
    assert b"20000" in data
    (folder / "a.npy").write_bytes(data)
    with pytest.raises(ConvtoolError, match=r"is no sound .npy file"):
        open_image("a.npy")
    np.save("b.npy", np.zeros((200, 200)))
    with pytest.raises(ConvtoolError, match="more than the limit of 1000 pixels"):
        open_image("b.npy", 1000)


def test_numbers_that_signal_are_nan_and_nothing_is_printed(folder):
    """NumPy warns of such a NaN, and of what float64 does not hold; warnings are errors here."""
    np.save("kernel.npy", np.full((3, 3), 0x7FA00000, "u4").view("f4"))
    with pytest.raises(ConvtoolError, match="weights hold NaN or infinity"):
        find_kernels("kernel.npy")
    write_image("out.csv", np.full((2, 2), 0x7FF4000000000000, "u8").view("f8"))
    assert np.isnan(read_image("out.csv")).all()
    write_image("out.csv", np.array([["1e4000", "1"]], np.longdouble))
