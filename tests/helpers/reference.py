"""The two operations by four plain loops, and what the tests draw their cases from."""

import math
from fractions import Fraction

import numpy as np
from hypothesis import strategies as st

NUMPY_PAD = {
    "edge": "edge",
    "constant": "constant",
    "reflect": "symmetric",
    "mirror": "reflect",
    "wrap": "wrap",
}
SCIPY_MODE = {
    "edge": "nearest",
    "constant": "constant",
    "reflect": "reflect",
    "mirror": "mirror",
    "wrap": "wrap",
}


def same(size, taps, stride, dilation, *, lower=False):
    """The padding (before, after) that gives ceil(size / stride) windows."""
    reach = (taps - 1) * dilation + 1
    total = max((math.ceil(size / stride) - 1) * stride + reach - size, 0)
    small, large = total // 2, total - total // 2
    return (large, small) if lower else (small, large)


def pad(image, pads, border="constant", fill=0):
    """The image with its border; every channel alike."""
    pads = [*pads, (0, 0)][: image.ndim]
    extra = {"constant_values": fill} if border == "constant" else {}
    return np.pad(image, pads, mode=NUMPY_PAD[border], **extra)


def correlate(image, weights, *, stride=(1, 1), dilation=(1, 1), pads=((0, 0), (0, 0)),
              border="constant", fill=0):  # fmt: skip
    """sum(weight * pixel) for each window of an image (H, W), in float64."""
    padded = pad(np.asarray(image, np.float64), pads, border, fill)
    (kh, kw), (sr, sc), (dr, dc) = weights.shape, stride, dilation
    height = (padded.shape[0] - (kh - 1) * dr - 1) // sr + 1
    width = (padded.shape[1] - (kw - 1) * dc - 1) // sc + 1
    out = np.zeros((height, width))
    for row in range(height):
        for col in range(width):
            for i in range(kh):
                for j in range(kw):
                    pixel = padded[row * sr + i * dr, col * sc + j * dc]
                    out[row, col] += weights[i, j] * pixel
    return out


def windows(image, *, size, stride, dilation=(1, 1), pads=((0, 0), (0, 0)), ceil_mode=False):
    """For each window of an image (H, W): its pixels, and how many elements padding adds."""
    counts = []
    for axis in (0, 1):
        reach = (size[axis] - 1) * dilation[axis] + 1
        room = image.shape[axis] + sum(pads[axis]) - reach
        count = (math.ceil(room / stride[axis]) if ceil_mode else room // stride[axis]) + 1
        if ceil_mode and (count - 1) * stride[axis] >= image.shape[axis] + pads[axis][0]:
            count -= 1
        counts.append(count)
    grid = []
    for row in range(counts[0]):
        grid.append([])
        for col in range(counts[1]):
            pixels, padding = [], 0
            for i in range(size[0]):
                for j in range(size[1]):
                    r = row * stride[0] - pads[0][0] + i * dilation[0]
                    c = col * stride[1] - pads[1][0] + j * dilation[1]
                    if 0 <= r < image.shape[0] and 0 <= c < image.shape[1]:
                        pixels.append(image[r, c])
                    elif r < image.shape[0] + pads[0][1] and c < image.shape[1] + pads[1][1]:
                        padding += 1
            grid[-1].append((pixels, padding))
    return grid


def round_half_even(value: Fraction, low: int, high: int) -> int:
    """An exact value as an integer between two limits."""
    return min(max(round(value), low), high)


pixel_types = st.sampled_from(
    ["bool", "uint8", "int8", "uint16", "int16", "int32", "float32", "float64"]
)
integer_types = st.sampled_from(["bool", "uint8", "int8", "uint16", "int16", "int32"])
borders = st.sampled_from(sorted(NUMPY_PAD))


@st.composite
def images(draw, dtype=None, most=9, channels=(None, 1, 2, 3)):
    """A small image of whole numbers in any type, (H, W) or (H, W, C)."""
    dtype = np.dtype(draw(pixel_types) if dtype is None else dtype)
    count = draw(st.sampled_from(channels))
    shape = (draw(st.integers(1, most)), draw(st.integers(1, most)))
    shape += () if count is None else (count,)
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    if dtype.kind == "b":
        return rng.integers(0, 2, shape).astype(bool)
    low, high = (-1000, 1000) if dtype.kind == "f" else (np.iinfo(dtype).min, np.iinfo(dtype).max)
    return rng.integers(low, high, shape, endpoint=True).astype(dtype)


@st.composite
def kernels(draw, most=5):
    """A small kernel of whole weights, of any shape."""
    shape = draw(st.tuples(st.integers(1, most), st.integers(1, most)))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    return rng.integers(-9, 9, shape, endpoint=True)


pairs = st.tuples(st.integers(1, 3), st.integers(1, 3))
