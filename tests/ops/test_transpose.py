"""conv_transpose1d, conv_transpose2d and conv_transpose3d."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convtool import ConvtoolError, Kernel
from convtool.ops.transpose import conv_transpose1d, conv_transpose2d, conv_transpose3d

TRANSPOSE = {1: conv_transpose1d, 2: conv_transpose2d, 3: conv_transpose3d}


def laid(array, weights, stride, dilation, padding, more):
    """The definition: each element lays the kernel, times itself, on the result."""
    reach = [(k - 1) * d for k, d in zip(weights.shape, dilation, strict=True)]
    sizes = zip(array.shape, stride, reach, more, strict=True)
    out = np.zeros([(n - 1) * s + r + 1 + m for n, s, r, m in sizes])
    for place in np.ndindex(array.shape):
        starts = [o * s for o, s in zip(place, stride, strict=True)]
        steps = zip(starts, reach, dilation, strict=True)
        out[tuple(slice(a, a + r + 1, d) for a, r, d in steps)] += float(array[place]) * weights
    ends = zip(padding, out.shape, strict=True)
    return out[tuple(slice(before, size - after) for (before, after), size in ends)]


@st.composite
def cases(draw):
    dimensions = draw(st.integers(1, 3))
    numbers = [st.tuples(*[st.integers(1, n)] * dimensions) for n in (6, 4, 4, 3)]
    shape, taps, stride, dilation = (draw(one) for one in numbers)
    padding = draw(st.tuples(*[st.tuples(*[st.integers(0, 3)] * 2)] * dimensions))
    more = draw(st.tuples(*[st.integers(0, 5)] * dimensions))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    return shape, taps, stride, dilation, padding, more, rng


@given(cases(), st.sampled_from(["uint8", "int16", "float32", "float64"]))
def test_it_equals_the_definition(case, dtype):
    shape, taps, stride, dilation, padding, more, rng = case
    array = rng.integers(0, 99, shape).astype(dtype)
    weights = rng.integers(-9, 10, taps)
    function = TRANSPOSE[len(shape)]
    options = {"stride": stride, "dilation": dilation, "padding": padding, "output_padding": more}
    expected = laid(array, weights, stride, dilation, padding, more)
    if 0 in expected.shape:
        with pytest.raises(ConvtoolError, match="expected less padding"):
            function(array, weights, **options)
        return
    found = function(array, weights, bias=3, divisor=2, **options)
    assert found.shape == expected.shape
    assert np.array_equal(found, expected / 2 + 3)


def test_it_equals_torchs():
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    image = rng.integers(-9, 10, (6, 5, 4)).astype(np.float32)
    layer = rng.integers(-9, 10, (4, 3, 3, 2)).astype(np.float32)
    bias = rng.integers(-9, 10, 6).astype(np.float32)
    expected = torch.nn.functional.conv_transpose2d(
        torch.from_numpy(np.moveaxis(image, -1, 0).copy())[None], torch.from_numpy(layer),
        torch.from_numpy(bias), stride=(3, 2), padding=(1, 0), output_padding=(2, 1), groups=2,
        dilation=(2, 3),
    )  # fmt: skip
    found = conv_transpose2d(
        image, layer, bias=bias, stride=(3, 2), padding=(1, 0), output_padding=(2, 1), groups=2,
        dilation=(2, 3),
    )  # fmt: skip
    assert np.array_equal(np.moveaxis(found, -1, 0), expected[0].numpy())
    volume, cube = rng.integers(-9, 10, (3, 4, 5)), rng.integers(-9, 10, (2, 3, 2))
    expected = torch.nn.functional.conv_transpose3d(
        torch.from_numpy(volume.astype(np.float32))[None, None],
        torch.from_numpy(cube.astype(np.float32))[None, None], stride=2, padding=1,
    )  # fmt: skip
    found = conv_transpose3d(volume, cube, stride=2, padding=1)
    assert np.array_equal(found, expected[0, 0].numpy())


def test_channels_types_and_kernels():
    rng = np.random.default_rng(1)
    image = rng.integers(0, 256, (4, 5, 3), np.uint8)
    kernel = Kernel([[1, 2, 1], [2, 4, 2], [1, 2, 1]], divisor=4, bias=1)
    found = conv_transpose2d(image, kernel, stride=2, dtype=np.uint8)
    assert found.dtype == np.uint8
    for channel in range(3):
        alone = conv_transpose2d(image[..., channel], kernel, stride=2)
        assert alone.dtype == np.float32
        assert np.array_equal(found[..., channel], np.clip(np.rint(alone), 0, 255))
    assert conv_transpose2d([[70000]], [[300]]).dtype == np.float64


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: conv_transpose2d([[1]], [[1]], padding="same"), "padding is 'same', expected num"),
        (lambda: conv_transpose2d([[1]], [[1]], padding=1), "the result would be -1 long"),
        (lambda: conv_transpose1d([1], [1], stride=0), "stride is 0, expected 1 or more"),
        (lambda: conv_transpose2d(np.ones((2, 2, 3)), np.ones((2, 1, 1, 1))),
         "weights of shape (2, 1, 1, 1) in 1 group(s) do not fit an image of 3 channel(s)"),
        (lambda: conv_transpose2d([[1]], Kernel([[1]]), divisor=2), "a Kernel has its own bias"),
        (lambda: conv_transpose3d([[1]], [[[1]]]), "volume has shape (1, 1), expected (D, H, W)"),
    ],
)  # fmt: skip
def test_wrong_arguments(call, told):
    with pytest.raises(ConvtoolError) as caught:
        call()
    assert told in str(caught.value)
