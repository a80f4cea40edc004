"""Run a list of ONNX nodes through convtool.

    python samples/onnx_nodes.py

Each node is a dictionary: its operator, the names of its inputs and outputs, its attributes. Arrays
are as ONNX has them, (1, C, ...), and weights (out, in / groups, ...). Without a list of your own
it runs a small network on samples/scene.png and prints the shapes on the way.

Nodes: Conv, ConvInteger, ConvTranspose, MaxPool (with Indices), MaxUnpool, AveragePool, LpPool,
GlobalMaxPool, GlobalAveragePool, GlobalLpPool, Relu; in one, two and three dimensions. See
https://onnx.ai/onnx/operators/.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

import convtool

Node = Mapping[str, Any]

CONV = {1: convtool.conv1d, 2: convtool.conv2d, 3: convtool.conv3d}
TRANSPOSE = {
    1: convtool.conv_transpose1d,
    2: convtool.conv_transpose2d,
    3: convtool.conv_transpose3d,
}
POOL = {1: convtool.pool1d, 2: convtool.pool2d, 3: convtool.pool3d}
UNPOOL = {1: convtool.max_unpool1d, 2: convtool.max_unpool2d, 3: convtool.max_unpool3d}
SAME = {"SAME_UPPER": "same", "SAME_LOWER": "same_lower", "VALID": "valid"}


def run(nodes: Sequence[Node], values: dict[str, Any]) -> dict[str, Any]:
    """Run the nodes in order; `values` are arrays by name, and get those of the outputs."""
    for node in nodes:
        found = OPERATORS[node["op"]](node, [values[name] for name in node["inputs"]])
        for name, value in zip(node["outputs"], found, strict=False):
            values[name] = value
    return values


def channels_last(array: Any) -> Any:
    """(1, C, ...) as (..., C)."""
    if len(array) != 1:
        raise ValueError(f"a batch of {len(array)}, expected 1")
    return np.moveaxis(array[0], 0, -1)


def channels_first(array: Any) -> Any:
    """(..., C) as (1, C, ...)."""
    return np.ascontiguousarray(np.moveaxis(array, -1, 0))[np.newaxis]


def _padding(node: Node, dimensions: int) -> Any:
    """ONNX lists all starts, then all ends."""
    word = node.get("auto_pad", "NOTSET")
    if word != "NOTSET":
        return SAME[word]
    pads = node.get("pads", [0] * 2 * dimensions)
    return tuple(zip(pads[:dimensions], pads[dimensions:], strict=True))


def _placed(node: Node, dimensions: int) -> dict[str, Any]:
    return {
        "stride": tuple(node.get("strides", [1] * dimensions)),
        "dilation": tuple(node.get("dilations", [1] * dimensions)),
        "padding": _padding(node, dimensions),
    }


def _conv(node: Node, inputs: Sequence[Any]) -> list[Any]:
    image, weights, *bias = inputs
    dimensions = image.ndim - 2
    found = CONV[dimensions](
        channels_last(image),
        weights,
        bias=bias[0] if bias else 0.0,
        groups=node.get("group", 1),
        border="constant",
        **_placed(node, dimensions),
    )
    return [channels_first(found)]


def _conv_integer(node: Node, inputs: Sequence[Any]) -> list[Any]:
    image, weights, *zeros = inputs
    zero = zeros[0].item() if zeros else 0
    shift = zeros[1].reshape(-1, *[1] * (weights.ndim - 1)) if len(zeros) > 1 else 0
    dimensions = image.ndim - 2
    # The border holds what the image calls 0: subtracted from all, it is 0 there too.
    found = CONV[dimensions](
        channels_last(image.astype(np.int16) - zero),
        weights.astype(np.int64) - np.asarray(shift, np.int64),
        groups=node.get("group", 1),
        border="constant",
        dtype=np.int32,
        **_placed(node, dimensions),
    )
    return [channels_first(found)]


def _conv_transpose(node: Node, inputs: Sequence[Any]) -> list[Any]:
    image, weights, *bias = inputs
    dimensions = image.ndim - 2
    found = TRANSPOSE[dimensions](
        channels_last(image),
        weights,
        bias=bias[0] if bias else 0.0,
        groups=node.get("group", 1),
        output_padding=tuple(node.get("output_padding", [0] * dimensions)),
        **_placed(node, dimensions),
    )
    return [channels_first(found)]


def _pool(mode: str, **fixed: Any) -> Callable[[Node, Sequence[Any]], list[Any]]:
    def pool(node: Node, inputs: Sequence[Any]) -> list[Any]:
        (image,) = inputs
        dimensions = image.ndim - 2
        options = {**_placed(node, dimensions), "ceil_mode": bool(node.get("ceil_mode", 0))}
        if mode == "mean":
            options["count_include_pad"] = bool(node.get("count_include_pad", 0))
        if mode == "lp":
            options["p"] = node.get("p", 2)
        wanted = len(node["outputs"]) > 1
        found = POOL[dimensions](
            channels_last(image),
            tuple(node["kernel_shape"]),
            mode,
            return_indices=wanted,
            **options,
            **fixed,
        )
        return [channels_first(one) for one in (found if wanted else [found])]

    return pool


def _global(mode: str) -> Callable[[Node, Sequence[Any]], list[Any]]:
    def pool(node: Node, inputs: Sequence[Any]) -> list[Any]:
        (image,) = inputs
        options = {"p": node.get("p", 2)} if mode == "lp" else {}
        found = POOL[image.ndim - 2](channels_last(image), "global", mode, **options)
        return [channels_first(found)]

    return pool


def _max_unpool(node: Node, inputs: Sequence[Any]) -> list[Any]:
    values, indices, *shape = inputs
    dimensions = values.ndim - 2
    if shape:
        size = tuple(shape[0][2:].tolist())
    else:
        pads, strides = _padding(node, dimensions), node.get("strides", [1] * dimensions)
        size = tuple(
            (length - 1) * stride + taps - sum(pad)
            for length, stride, taps, pad in zip(
                values.shape[2:], strides, node["kernel_shape"], pads, strict=True
            )
        )
    found = UNPOOL[dimensions](channels_last(values), channels_last(indices), size)
    return [channels_first(found)]


OPERATORS: dict[str, Callable[[Node, Sequence[Any]], list[Any]]] = {
    "Conv": _conv,
    "ConvInteger": _conv_integer,
    "ConvTranspose": _conv_transpose,
    "MaxPool": _pool("max"),
    "AveragePool": _pool("mean"),
    "LpPool": _pool("lp"),
    "GlobalMaxPool": _global("max"),
    "GlobalAveragePool": _global("mean"),
    "GlobalLpPool": _global("lp"),
    "MaxUnpool": _max_unpool,
    "Relu": lambda node, inputs: [np.maximum(inputs[0], 0)],
}


def main() -> None:
    """A small network on the sample scene."""
    here = Path(__file__).parent
    image = convtool.read_image(here / "scene.png").astype(np.float32)
    values = {
        "image": channels_first(image),
        "weights": np.load(here / "conv1.npy"),
        "bias": np.load(here / "bias1.npy"),
    }
    nodes = [
        {"op": "Conv", "inputs": ["image", "weights", "bias"], "outputs": ["edges"],
         "auto_pad": "SAME_UPPER", "strides": [2, 2]},
        {"op": "Relu", "inputs": ["edges"], "outputs": ["positive"]},
        {"op": "MaxPool", "inputs": ["positive"], "outputs": ["small", "places"],
         "kernel_shape": [2, 2], "strides": [2, 2]},
        {"op": "MaxUnpool", "inputs": ["small", "places"], "outputs": ["large"],
         "kernel_shape": [2, 2], "strides": [2, 2]},
        {"op": "GlobalAveragePool", "inputs": ["small"], "outputs": ["means"]},
    ]  # fmt: skip
    for name, value in run(nodes, values).items():
        print(name, value.shape)


if __name__ == "__main__":
    main()
