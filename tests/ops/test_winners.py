"""return_indices and max_unpool1d, max_unpool2d and max_unpool3d."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convtool import (
    ConvtoolError,
    max_unpool1d,
    max_unpool2d,
    max_unpool3d,
    pool1d,
    pool2d,
    pool3d,
)

POOL = {1: pool1d, 2: pool2d, 3: pool3d}
UNPOOL = {1: max_unpool1d, 2: max_unpool2d, 3: max_unpool3d}


@given(
    st.integers(1, 3), st.integers(1, 3), st.integers(1, 3), st.integers(1, 2), st.booleans(),
    st.sampled_from(["uint8", "int8", "float64"]), st.integers(0, 2**32),
)  # fmt: skip
def test_the_indices_name_the_values(dimensions, size, stride, dilation, channels, dtype, seed):
    rng = np.random.default_rng(seed)
    shape = (*rng.integers(3, 7, dimensions).tolist(), *[2] * channels)
    array = rng.integers(-128 if dtype == "int8" else 0, 4, shape).astype(dtype)
    padding = (size - 1) * dilation // 2
    values, indices = POOL[dimensions](
        array, size, stride=stride, dilation=dilation, padding=padding, return_indices=True
    )
    first = np.moveaxis(array, -1, 0) if channels else array
    assert indices.shape == values.shape
    assert indices.dtype == np.int64
    assert np.array_equal(first.ravel()[indices], values)
    spatial = array.shape[:dimensions]
    made = UNPOOL[dimensions](values, indices, spatial)
    assert made.shape == array.shape
    kept = np.zeros(array.size, bool)
    kept[indices.ravel()] = True
    kept = np.moveaxis(kept.reshape(first.shape), 0, -1) if channels else kept.reshape(first.shape)
    assert np.array_equal(made, np.where(kept, array, 0))


def test_they_equal_torchs_and_onnxs():
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    image = rng.integers(0, 9, (9, 8, 3)).astype(np.float32)
    planes = torch.from_numpy(np.moveaxis(image, -1, 0).copy())[None]
    values, indices = pool2d(image, 3, stride=2, padding=1, return_indices=True)
    expected, places = torch.nn.functional.max_pool2d(planes, 3, 2, 1, return_indices=True)
    assert np.array_equal(np.moveaxis(values, -1, 0), expected[0].numpy())
    inside = indices - np.arange(3) * 72  # torch counts in each channel anew
    assert np.array_equal(np.moveaxis(inside, -1, 0), places[0].numpy())
    onnx = pytest.importorskip("onnxruntime")
    helper = pytest.importorskip("onnx").helper
    node = helper.make_node(
        "MaxPool", ["x"], ["y", "i"], kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1]
    )
    kinds = [("x", 1), ("y", 1), ("i", 7)]
    infos = [helper.make_tensor_value_info(name, kind, None) for name, kind in kinds]
    graph = helper.make_graph([node], "pool", infos[:1], infos[1:])
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 12)], ir_version=8
    ).SerializeToString()
    session = onnx.InferenceSession(model, providers=["CPUExecutionProvider"])
    y, i = session.run(None, {"x": planes.numpy()})
    assert np.array_equal(np.moveaxis(values, -1, 0), y[0])
    assert np.array_equal(np.moveaxis(indices, -1, 0), i[0])


def test_nan_wins_and_padding_never_does():
    image = np.array([[1.0, np.nan], [3.0, np.nan]])
    assert pool2d(image, 2, return_indices=True)[1].tolist() == [[1]]
    low = np.full((2, 2), -128, np.int8)
    found = pool2d(low, 3, stride=1, padding=1, return_indices=True)[1]
    assert found.tolist() == [[0, 0], [0, 0]]


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: pool2d([[1]], 1, "min", return_indices=True), "return_indices goes with mode max"),
        (lambda: pool2d([[1]], 1, return_indices=1), "return_indices is 1, expected True or False"),
        (lambda: max_unpool2d([[1]], [[4]], 2), "indices are from 4 to 4, expected 0 to 3"),
        (lambda: max_unpool2d([[1]], [4], 2), "indices are of int64 and shape (1,), expected"),
        (lambda: max_unpool2d([[1]], [[0.5]], 2), "indices are of float64"),
        (lambda: max_unpool2d([[1]], [[0]], (1, 2, 3)), "size is (1, 2, 3), expected one number"),
    ],
)
def test_wrong_arguments(call, told):
    with pytest.raises(ConvtoolError) as caught:
        call()
    assert told in str(caught.value)


def test_what_cannot_be_made_is_one_error():
    with pytest.raises(ConvtoolError, match="does not fit into memory"):
        max_unpool3d(np.ones((2, 2, 2)), np.zeros((2, 2, 2), int), 10**9)
    with pytest.raises(ConvtoolError, match="indices are ragged"):
        max_unpool2d(np.ones((1, 2)), [[1, 2], [3]], 3)
    with pytest.raises(ConvtoolError, match="expected 0 to 3 for an array of 2x2 to make"):
        max_unpool2d(np.ones((1, 2)), [[1, 7]], 2)
