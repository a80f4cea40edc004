import dataclasses
import io

import numpy as np
import pytest
from PIL import Image

from convtool import ConvtoolError, Kernel


def test_whole_weights_stay_whole():
    assert Kernel([[1, 2]]).weights.dtype == np.int64
    assert Kernel(np.array([[1, 2]], np.uint8)).weights.dtype == np.int64
    assert Kernel([[1, 2.5]]).weights.dtype == np.float64
    assert isinstance(Kernel([[1]], divisor=3).divisor, int)


def test_a_kernel_does_not_change():
    weights = np.ones((2, 2), np.int64)
    kernel = Kernel(weights)
    weights[0, 0] = 9
    assert kernel.weights[0, 0] == 1
    with pytest.raises(ValueError, match="read-only"):
        kernel.weights[0, 0] = 9
    with pytest.raises(dataclasses.FrozenInstanceError):
        kernel.divisor = 2


def test_equality_and_hash():
    one, same = Kernel([[1, 2]], divisor=3), Kernel([[1.0, 2.0]], divisor=3)
    assert one == same
    assert hash(one) == hash(same)
    others = [Kernel([[1, 3]], divisor=3), Kernel([[1, 2]]), Kernel([[1], [2]], divisor=3)]
    assert all(one != other for other in others)
    assert one != "kernel"


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"weights": [1, 2]}, r"weights have shape \(2,\)"),
        ({"weights": [[[[1]]]]}, r"weights have shape \(1, 1, 1, 1\), expected \(rows"),
        ({"weights": [[]]}, "empty"),
        ({"weights": [[1], [1, 2]]}, "ragged"),
        ({"weights": [[float("inf")]]}, "infinity"),
        ({"weights": [[10**400]]}, "too large"),
        ({"weights": [[1j]]}, "complex128"),
        ({"divisor": 0}, "divisor is 0"),
        ({"divisor": "3"}, "divisor is '3'"),
        ({"divisor": 10**400}, "divisor is inf"),
        ({"bias": float("nan")}, "bias is nan"),
        ({"bias": True}, "bias is True"),
        ({"anchor": (0, 1)}, r"anchor \(0, 1\) lies outside the 1x1 kernel"),
        ({"anchor": (0.5, 0)}, r"anchor is 0.5"),
    ],
)
def test_bad_fields(fields, message):
    with pytest.raises(ConvtoolError, match=message):
        Kernel(**{"weights": [[1]], **fields})


def test_a_large_kernel_has_a_short_repr():
    assert repr(Kernel(np.ones((99, 5), int), name="high")) == (
        "Kernel(weights=<99x5 int64>, divisor=1, bias=0, anchor=None, name='high', description='')"
    )
    assert repr(Kernel([[1, 2]])).startswith("Kernel(weights=array([[1, 2]]), divisor=1")


def test_a_notebook_shows_a_kernel_as_a_picture():
    plane = [[0, 1, 0], [1, -4, 1], [0, 1, 0]]
    for weights in (plane, [plane, plane]):
        with Image.open(io.BytesIO(Kernel(weights)._repr_png_())) as picture:
            assert (picture.format, picture.mode) == ("PNG", "RGB")
            assert len(picture.getcolors(10**6)) > 10
