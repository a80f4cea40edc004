"""samples/onnx_nodes.py beside ONNX Runtime."""

import importlib.util
import subprocess
import sys

import numpy as np
import pytest
from conftest import REPOSITORY
from hypothesis import given, settings
from hypothesis import strategies as st

SCRIPT = REPOSITORY / "samples" / "onnx_nodes.py"


def script():
    spec = importlib.util.spec_from_file_location("onnx_nodes", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


NODES = script()


def by_runtime(node, values):
    """The outputs of one node by ONNX Runtime."""
    onnx, runtime = pytest.importorskip("onnx"), pytest.importorskip("onnxruntime")
    helper = onnx.helper
    attributes = {k: v for k, v in node.items() if k not in ("op", "inputs", "outputs")}
    made = helper.make_node(node["op"], node["inputs"], node["outputs"], **attributes)
    inputs = [
        helper.make_tensor_value_info(
            name, helper.np_dtype_to_tensor_dtype(values[name].dtype), values[name].shape
        )
        for name in node["inputs"]
    ]
    kinds = [1, 7] if node["op"] != "ConvInteger" else [6]
    outputs = [
        helper.make_tensor_value_info(name, kind, None)
        for name, kind in zip(node["outputs"], kinds, strict=False)
    ]
    graph = helper.make_graph([made], "one", inputs, outputs)
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8
    ).SerializeToString()
    session = runtime.InferenceSession(model, providers=["CPUExecutionProvider"])
    return session.run(None, {name: values[name] for name in node["inputs"]})


@st.composite
def cases(draw):
    dimensions = draw(st.integers(1, 3))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    taps = [draw(st.integers(1, 3)) for _ in range(dimensions)]
    node = {
        "strides": [draw(st.integers(1, 2)) for _ in range(dimensions)],
        "dilations": [draw(st.integers(1, 2)) for _ in range(dimensions)],
        "pads": [draw(st.integers(0, max(k - 1, 0))) for k in taps] * 2,
    }
    size = [draw(st.integers(5, 8)) for _ in range(dimensions)]
    image = rng.integers(-9, 10, (1, 4, *size)).astype(np.float32)
    return dimensions, rng, taps, node, image


def check(node, values):
    """Each output is the runtime's."""
    found = NODES.run([node], dict(values))
    for name, expected in zip(node["outputs"], by_runtime(node, values), strict=True):
        assert found[name].shape == expected.shape
        assert np.allclose(found[name], expected, rtol=1e-5, atol=1e-4)


@settings(max_examples=40)
@given(cases(), st.sampled_from([1, 2]))
def test_conv(case, groups):
    _, rng, taps, node, image = case
    values = {
        "x": image,
        "w": rng.integers(-5, 6, (6, 4 // groups, *taps)).astype(np.float32),
        "b": rng.integers(-5, 6, 6).astype(np.float32),
    }
    names = {"op": "Conv", "inputs": ["x", "w", "b"], "outputs": ["y"], "group": groups}
    check({**node, **names}, values)


@settings(max_examples=30)
@given(cases(), st.sampled_from([1, 2]), st.booleans())
def test_conv_transpose(case, groups, more):
    dimensions, rng, taps, node, image = case
    if dimensions == 3 or 0 in taps:
        return  # the runtime has it in one and two dimensions only
    values = {
        "x": image,
        "w": rng.integers(-5, 6, (4, 3, *taps)).astype(np.float32),
        "b": rng.integers(-5, 6, 3 * groups).astype(np.float32),
    }
    node = {**node, "output_padding": [int(more and s > 1) for s in node["strides"]]}
    names = {"op": "ConvTranspose", "inputs": ["x", "w", "b"], "outputs": ["y"], "group": groups}
    check({**node, **names}, values)


@settings(max_examples=30)
@given(cases())
def test_conv_integer(case):
    dimensions, rng, taps, node, image = case
    if dimensions == 3:
        return  # the runtime has it in one and two dimensions only
    values = {
        "x": rng.integers(0, 256, image.shape, np.uint8),
        "w": rng.integers(0, 256, (3, 4, *taps), np.uint8),
        "xz": np.array(7, np.uint8),
        "wz": np.array(131, np.uint8),
    }
    names = {"op": "ConvInteger", "inputs": ["x", "w", "xz", "wz"], "outputs": ["y"]}
    check({**node, **names}, values)


@settings(max_examples=60)
@given(cases(), st.sampled_from(["MaxPool", "AveragePool", "LpPool"]), st.booleans(), st.booleans())
def test_pools(case, op, ceil, counted):
    _, _, taps, node, image = case
    node = {**node, "kernel_shape": taps, "inputs": ["x"], "outputs": ["y"], "op": op}
    if op == "MaxPool":
        node = {**node, "outputs": ["y", "i"], "ceil_mode": int(ceil)}
    else:
        del node["dilations"]  # the runtime has them in neither
    if op == "AveragePool":
        node |= {"count_include_pad": int(counted)}
    if op == "LpPool":
        node |= {"p": 3 if ceil else 2}
    check(node, {"x": image})


@pytest.mark.parametrize("op", ["GlobalMaxPool", "GlobalAveragePool", "GlobalLpPool"])
@pytest.mark.parametrize("size", [(7,), (5, 6), (3, 4, 5)])
def test_global_pools(op, size):
    image = np.random.default_rng(0).normal(size=(1, 3, *size)).astype(np.float32)
    check({"op": op, "inputs": ["x"], "outputs": ["y"]}, {"x": image})


def test_max_unpool_and_the_script():
    image = np.random.default_rng(0).normal(size=(1, 2, 6, 8)).astype(np.float32)
    pooled = NODES.run(
        [{"op": "MaxPool", "inputs": ["x"], "outputs": ["y", "i"], "kernel_shape": [2, 2],
          "strides": [2, 2]}], {"x": image},
    )  # fmt: skip
    node = {"op": "MaxUnpool", "inputs": ["y", "i"], "outputs": ["z"], "kernel_shape": [2, 2],
            "strides": [2, 2]}  # fmt: skip
    check(node, {"y": pooled["y"], "i": pooled["i"]})
    done = subprocess.run([sys.executable, SCRIPT], capture_output=True, text=True, check=True)
    assert "large (1, 8, 160, 240)\n" in done.stdout
