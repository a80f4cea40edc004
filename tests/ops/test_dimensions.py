"""conv1d, conv3d, pool1d and pool3d, and footprints, held to loops over every element."""

import itertools
import math

import numpy as np
import pytest
import scipy.ndimage
from helpers.reference import NUMPY_PAD, SCIPY_MODE, borders, pixel_types, same
from hypothesis import given
from hypothesis import strategies as st

from convtool import ConvtoolError, Kernel, conv1d, conv2d, conv3d, pool1d, pool2d, pool3d
from convtool.core.choices import METHODS
from convtool.core.image import Header
from convtool.ops import pool_stage
from convtool.ops.conv import Conv

CONV = {1: conv1d, 2: conv2d, 3: conv3d}
POOL = {1: pool1d, 2: pool2d, 3: pool3d}
MERGE = {"max": np.max, "min": np.min, "mean": np.mean, "sum": np.sum, "median": np.median}


def windows_of(shape, taps, stride, dilation, pads):
    """(place in the map, positions in the padded array) of every window."""
    counts = [
        (size + sum(pad) - (k - 1) * d - 1) // s + 1
        for size, k, s, d, pad in zip(shape, taps, stride, dilation, pads, strict=True)
    ]
    for place in itertools.product(*map(range, counts)):
        starts = [o * s for o, s in zip(place, stride, strict=True)]
        steps = zip(starts, taps, dilation, strict=True)
        yield place, np.ix_(*[[start + i * d for i in range(k)] for start, k, d in steps])


def correlate(array, weights, *, stride, dilation, pads, border, fill=0):
    """sum(weight * element) of each window of an array of any dimensions, in float64."""
    extra = {"constant_values": fill} if border == "constant" else {}
    padded = np.pad(array.astype(np.float64), pads, mode=NUMPY_PAD[border], **extra)
    found = {
        place: float((padded[here] * weights).sum())
        for place, here in windows_of(array.shape, weights.shape, stride, dilation, pads)
    }
    out = np.zeros([n + 1 for n in max(found)])
    for place, value in found.items():
        out[place] = value
    return out


@st.composite
def cases(draw, most=7, least_dimensions=1):
    """An array of 1 to 3 dimensions, and windows: taps, stride, dilation."""
    dimensions = draw(st.integers(least_dimensions, 3))
    numbers = [st.tuples(*[st.integers(1, n)] * dimensions) for n in (most, 4, 3, 2)]
    shape, taps, stride, dilation = (draw(one) for one in numbers)
    dtype = np.dtype(draw(pixel_types))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    if dtype.kind == "b":
        array = rng.integers(0, 2, shape).astype(bool)
    elif dtype.kind == "f":
        array = rng.integers(-1000, 1000, shape).astype(dtype)
    else:
        limits = np.iinfo(dtype)
        array = rng.integers(limits.min, limits.max, shape, endpoint=True, dtype=dtype)
    return array, taps, stride, dilation, rng


@given(cases(), borders, st.sampled_from(["same", "same_lower"]), st.booleans())
def test_same_padding_equals_loops(case, border, padding, channels):
    array, taps, stride, dilation, rng = case
    weights = rng.integers(-9, 10, taps)
    pads = [
        same(*one, lower=padding != "same")
        for one in zip(array.shape, taps, stride, dilation, strict=True)
    ]
    expected = correlate(
        array, weights, stride=stride, dilation=dilation, pads=pads, border=border, fill=3
    )
    given_array = np.stack([array, array[..., ::-1]], axis=-1) if channels else array
    found = CONV[array.ndim](
        given_array, weights, stride=stride, dilation=dilation, border=border, fill=3,
        padding=padding,
    )  # fmt: skip
    assert found.shape == expected.shape + (2,) * channels
    assert np.array_equal(found[..., 0] if channels else found, expected)


@given(cases(), borders, st.lists(st.tuples(*[st.integers(0, 5)] * 2), min_size=3, max_size=3))
def test_explicit_padding_equals_loops(case, border, pads):
    array, taps, stride, dilation, rng = case
    pads = pads[: array.ndim]
    weights = rng.integers(-9, 10, taps)
    options = {"stride": stride, "dilation": dilation, "border": border, "fill": -2}
    lengths = zip(array.shape, pads, taps, dilation, strict=True)
    if any(size + sum(pad) < (k - 1) * d + 1 for size, pad, k, d in lengths):
        with pytest.raises(ConvtoolError, match="does not fit into"):
            CONV[array.ndim](array, weights, padding=tuple(pads), **options)
        return
    found = CONV[array.ndim](array, weights, padding=tuple(pads), **options)
    assert np.array_equal(found, correlate(array, weights, pads=pads, **options))


@given(cases(least_dimensions=3), st.sampled_from(METHODS), borders)
def test_every_method_gives_the_same_whole_sums(case, method, border):
    array, taps, stride, dilation, rng = case
    array = array.astype(np.int16) if array.dtype.kind == "f" else array
    weights = rng.integers(-3, 4, taps)
    if method in ("separable", "box"):
        lines = [rng.integers(1, 4, n) if method == "separable" else np.ones(n, int) for n in taps]
        weights = np.multiply.outer(np.multiply.outer(lines[0], lines[1]), lines[2])
    if method == "layer":
        weights = rng.integers(-3, 4, (2, 1, *taps))
    options = {"stride": stride, "dilation": dilation, "border": border}
    expected = conv3d(array, weights, method="direct", **options)
    try:
        found = conv3d(array, weights, method=method, **options)
    except ConvtoolError:
        with pytest.raises(ConvtoolError, match="cannot compute this convolution"):
            conv3d(array, weights, method=method, **options)
        return
    assert np.array_equal(found, expected)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32", "float64"])
@pytest.mark.parametrize("kind", ["any", "depth times planes", "three lines", "one weight"])
def test_floats_stay_within_the_tolerance(dtype, kind):
    rng = np.random.default_rng(1)
    array = rng.integers(0, 256, (21, 33, 40)).astype(dtype)
    line, plane = rng.normal(size=5), rng.normal(size=(3, 4))
    weights = {
        "any": rng.normal(size=(5, 3, 4)),
        "depth times planes": np.multiply.outer(line, plane),
        "three lines": np.multiply.outer(line, np.outer([0.1, 0.7, 0.2], [1, 2.5, 1, 0.5])),
        "one weight": np.full((5, 3, 4), 0.1),
    }[kind]
    tall = array.astype(np.float64)
    off = 1e-5 if np.dtype(dtype).itemsize <= 4 else 1e-12
    bound = off * scipy.ndimage.correlate(tall, abs(weights), mode="reflect", origin=(0, 0, -1))
    expected = scipy.ndimage.correlate(tall, weights, mode="reflect", origin=(0, 0, -1))
    for method in (None, *METHODS):
        try:
            found = conv3d(array, weights, border="reflect", method=method)
        except ConvtoolError:
            continue
        assert (np.abs(found - expected) <= bound).all(), method


@pytest.mark.parametrize("border", sorted(SCIPY_MODE))
@pytest.mark.parametrize("shape", [(3, 3, 3), (5, 1, 2), (1, 4, 3), (2, 2, 2)])
def test_volumes_equal_scipys(border, shape):
    rng = np.random.default_rng(2)
    volume = rng.integers(0, 65536, (6, 7, 9), np.uint16)
    weights = rng.integers(-9, 10, shape)
    origin = [-(1 - size % 2) for size in shape]
    expected = scipy.ndimage.correlate(
        volume.astype(np.float64), weights, mode=SCIPY_MODE[border], origin=origin
    )
    assert np.array_equal(conv3d(volume, weights, border=border), expected)


def test_they_equal_torchs():
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(3)
    functional = torch.nn.functional
    volume = rng.integers(-50, 50, (9, 8, 7, 4)).astype(np.float32)
    layer = rng.integers(-5, 6, (6, 2, 3, 2, 3)).astype(np.float32)
    bias = rng.integers(-5, 6, 6).astype(np.float32)
    planes = torch.from_numpy(np.moveaxis(volume, -1, 0).copy())[None]
    expected = functional.conv3d(
        planes, torch.from_numpy(layer), torch.from_numpy(bias),
        stride=(2, 1, 2), padding=(1, 0, 2), dilation=(1, 2, 1), groups=2,
    )  # fmt: skip
    options = {"stride": (2, 1, 2), "dilation": (1, 2, 1), "border": "constant", "groups": 2}
    found = conv3d(volume, layer, bias=bias, padding=(1, 0, 2), **options)
    assert np.array_equal(np.moveaxis(found, -1, 0), expected[0].numpy())
    signal, row = volume[0, 0], layer[:, :, 0, 0, :]
    expected = functional.conv1d(
        torch.from_numpy(signal.T.copy())[None], torch.from_numpy(row.copy()), padding=2, groups=2
    )
    found = conv1d(signal, row, padding=2, border="constant", groups=2)
    assert np.array_equal(found.T, expected[0].numpy())
    for mode, pool in (("max", functional.max_pool3d), ("mean", functional.avg_pool3d)):
        extra = {"count_include_pad": False} if mode == "mean" else {}
        expected = pool(planes, 3, 2, 1, ceil_mode=True, **extra)[0].numpy()
        found = pool3d(volume, 3, mode, stride=2, padding=1, ceil_mode=True)
        assert np.abs(np.moveaxis(found, -1, 0) - expected).max() <= 1e-5


@given(cases(), st.sampled_from([*MERGE, "lp"]), st.booleans(), st.booleans())
def test_pools_equal_loops(case, mode, pads, footprint):
    array, taps, stride, dilation, rng = case
    if array.dtype.kind == "b" and mode in ("mean", "sum", "median", "lp"):
        array = array.astype(np.uint8)
    array = array.astype(np.int16) // 4 if array.dtype == np.int32 else array
    padding = [(k - 1) * d // 2 * pads for k, d in zip(taps, dilation, strict=True)]
    lengths = zip(array.shape, padding, taps, dilation, strict=True)
    if any(size + 2 * pad < (k - 1) * d + 1 for size, pad, k, d in lengths):
        return
    mask = rng.integers(0, 2, taps).astype(bool) if footprint else np.ones(taps, bool)
    padded = np.pad(array.astype(np.float64), [(pad, pad) for pad in padding])
    inside = np.pad(np.ones(array.shape, bool), [(pad, pad) for pad in padding])
    options = {"stride": stride, "dilation": dilation, "padding": tuple(padding)}
    if footprint:
        options["footprint"] = mask
    else:
        options["size"] = taps
    pairs = [(pad, pad) for pad in padding]
    expected = {}
    for place, here in windows_of(array.shape, taps, stride, dilation, pairs):
        values = padded[here][inside[here] & mask]
        if not values.size:
            with pytest.raises(ConvtoolError, match=r"hold no pixel|no element"):
                POOL[array.ndim](array, mode=mode, **options)
            return
        expected[place] = np.sqrt((values**2).sum()) if mode == "lp" else MERGE[mode](values)
    found = POOL[array.ndim](array, mode=mode, **options)
    assert found.shape == tuple(n + 1 for n in max(expected))
    for place, value in expected.items():
        assert math.isclose(found[place], value, rel_tol=1e-6, abs_tol=1e-6 * np.abs(padded).max())


@pytest.mark.parametrize("dtype", ["uint8", "int16", "float32"])
@pytest.mark.parametrize("shape", [(40, 50), (12, 20, 21)])
def test_footprints_equal_scipys_rank_filters(dtype, shape):
    rng = np.random.default_rng(4)
    array = rng.integers(0, 200, shape).astype(dtype)
    reach = np.indices((5,) * len(shape)) - 2
    ball = (reach**2).sum(axis=0) <= 4
    for mode, function in (
        ("max", scipy.ndimage.maximum_filter), ("min", scipy.ndimage.minimum_filter),
        ("median", scipy.ndimage.median_filter),
    ):  # fmt: skip
        expected = function(array, footprint=ball, mode="reflect")
        found = POOL[len(shape)](array, mode=mode, footprint=ball, stride=1, padding="same")
        inner = (slice(2, -2),) * len(shape)
        assert found.shape == array.shape
        assert np.array_equal(found[inner], expected[inner])
    assert np.array_equal(
        POOL[len(shape)](array, footprint=ball, stride=1, padding="same"),
        scipy.ndimage.maximum_filter(array, footprint=ball, mode="constant", cval=-1e9)
        if dtype == "float32"
        else scipy.ndimage.maximum_filter(array.astype(float), footprint=ball, mode="constant",
                                          cval=-1e9),
    )  # fmt: skip


def test_a_footprint_is_a_kernels_elements():
    image = np.arange(30).reshape(5, 6)
    plus = Kernel([[0, 1, 0], [1, -4, 1], [0, 1, 0]])
    found = pool2d(image, footprint=plus, mode="sum", stride=1, padding="same")
    ones = np.abs(np.sign(plus.weights))
    assert np.array_equal(found, conv2d(image, ones, border="constant"))
    assert pool2d(image, footprint=np.ones((2, 3))).tolist() == pool2d(image, (2, 3)).tolist()


@pytest.mark.parametrize("shape", [(9,), (5, 8), (3, 4, 5), (7, 2), (2, 3, 2)])
def test_global_pools(shape):
    rng = np.random.default_rng(5)
    array = rng.integers(0, 256, shape, np.uint8)
    for mode, merge in MERGE.items():
        found = POOL[array.ndim](array, "global", mode)
        assert found.shape == (1,) * array.ndim
        assert found.item() == pytest.approx(merge(array))


def test_missing_values_and_alpha_in_three_dimensions():
    rng = np.random.default_rng(6)
    volume = rng.integers(0, 99, (6, 7, 8)).astype(np.float64)
    holes = rng.random(volume.shape) < 0.3
    broken = np.where(holes, np.nan, volume)
    weights = rng.integers(1, 5, (3, 3, 3))
    sums = scipy.ndimage.correlate(np.where(holes, 0, volume), weights, mode="nearest")
    there = scipy.ndimage.correlate((~holes).astype(float), weights, mode="nearest")
    expected = np.where(there > 0, sums * weights.sum() / np.maximum(there, 1), np.nan)
    found = conv3d(broken, weights, missing="skip", fill_missing=True)
    assert np.allclose(found, expected, rtol=1e-12, equal_nan=True)
    assert np.isnan(conv3d(broken, weights, missing="skip")[holes]).all()
    pooled = pool3d(broken, 2, "median", missing="skip")
    blocks = broken.reshape(3, 2, 7, 1, 4, 2)[:, :, :6].reshape(3, 2, 3, 2, 4, 2)
    flat = blocks.transpose(0, 2, 4, 1, 3, 5).reshape(3, 3, 4, 8)
    assert np.allclose(pooled, np.nanmedian(flat, axis=-1), equal_nan=True)
    rgba = rng.integers(0, 256, (4, 5, 6, 4), np.uint8)
    found = conv3d(rgba, np.ones((3, 3, 3), int), divisor=27, alpha="weight", border="wrap")
    alpha = rgba[..., 3:].astype(float)
    ones = np.ones((3, 3, 3, 1))
    colour = scipy.ndimage.correlate(rgba[..., :3] * alpha, ones, mode="wrap")
    opaque = scipy.ndimage.correlate(alpha, ones, mode="wrap")
    assert np.allclose(found[..., :3], colour / opaque, rtol=1e-6)
    assert np.allclose(found[..., 3:], opaque / 27, rtol=1e-6)
    kept = conv3d(rgba, np.ones((3, 3, 3), int), alpha="keep", stride=2)
    assert np.array_equal(kept[..., 3], rgba[1::2, ::2, 1::2, 3])  # the pixels under the middle


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_any_number_of_threads_and_any_cut_give_the_same_bytes(threads, monkeypatch):
    rng = np.random.default_rng(7)
    volume = rng.normal(size=(40, 90, 100)).astype(np.float32)
    weights = rng.normal(size=(3, 5, 4))
    whole = conv3d(volume, weights, threads=1)
    assert np.array_equal(conv3d(volume, weights, threads=threads), whole)
    pooled = pool3d(volume, 3, "mean", stride=1, padding="same", threads=threads)
    monkeypatch.setattr(pool_stage, "LARGEST_PIECE", 1)
    again = pool3d(volume, 3, "mean", stride=1, padding="same", threads=1)
    assert np.array_equal(pooled, again)


def test_rounding_to_pixels_misses_no_tie():
    rng = np.random.default_rng(8)
    volume = rng.integers(0, 256, (9, 20, 22), np.uint8)
    for weights in (rng.random((3, 3, 3)) / 14, np.full((2, 2, 2), 0.125), np.ones((3, 3, 3)) / 27):
        exact = conv3d(volume.astype(np.float64), weights)
        found = conv3d(volume, weights, dtype=np.uint8)
        far = np.abs(exact - np.floor(exact) - 0.5) > 1e-9
        assert np.array_equal(found[far], np.clip(np.rint(exact), 0, 255)[far])


def test_kernels_of_fewer_dimensions_are_laid_on_each_slice_and_row():
    rng = np.random.default_rng(9)
    volume = rng.integers(0, 256, (5, 6, 7, 2), np.uint8)
    header = Header.of_array(volume)
    tall = volume.reshape(-1, 7, 2)
    for dimensions, weights in ((2, rng.integers(-9, 9, (3, 3))), (1, rng.integers(-9, 9, 4))):
        stage = Conv(weights, dimensions=dimensions, border="wrap").bind(header)
        assert stage.output.depth == 5
        out = np.empty((30, 7, 2), stage.output.dtype)
        for first, last in ((0, 2), (2, 9), (9, 30)):
            start, stop = stage.rows_needed(first, last)
            stage.run(tall[start:stop], start, first, out[first:last])
        if dimensions == 2:
            expected = [conv2d(one, weights, border="wrap") for one in volume]
        else:
            expected = [[conv1d(row, weights, border="wrap") for row in one] for one in volume]
        assert np.array_equal(out.reshape(volume.shape), expected)


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: conv3d(np.ones((3, 3)), np.ones((1, 1, 1))),
         "volume has shape (3, 3), expected (D, H, W) or (D, H, W, C)"),
        (lambda: conv3d(np.ones((3, 3, 3)), np.ones((2, 2))),
         "weights have shape (2, 2), expected (kd, kh, kw) or (out, in, kd, kh, kw)"),
        (lambda: conv1d(np.ones((3, 3, 3)), [1]), "signal has shape (3, 3, 3), expected (L,)"),
        (lambda: conv1d([1, 2], [1, 2, 3], padding="valid"),
         "a window of 3 does not fit into a signal of 2"),
        (lambda: conv3d(np.ones((2, 9, 9)), np.ones((3, 3, 3)), padding=0, dilation=(1, 1, 2)),
         "a window of 3x3x3 (dilated to 3x3x5) does not fit into a volume of 2x9x9"),
        (lambda: conv3d(np.ones((2, 2, 2)), np.ones((1, 1, 1)), stride=(1, 2)),
         "stride is (1, 2), expected one number or (slices, rows, columns)"),
        (lambda: conv3d(np.ones((2, 2, 2)), np.ones((1, 1, 1)), padding=(1, 2)),
         "padding is (1, 2), expected one number or (slices, rows, columns)"),
        (lambda: conv3d(np.ones((2, 2, 2)), np.ones((2, 2, 2)), anchor=(0, 2, 0)),
         "anchor (0, 2, 0) lies outside the 2x2x2 kernel, expected (0, 0, 0) to (1, 1, 1)"),
        (lambda: conv3d(np.ones((2, 2, 2)), np.ones((2, 2, 2)), groups=2),
         "groups is 2, but a (kd, kh, kw) kernel takes no groups"),
        (lambda: conv3d(np.ones((2, 2, 2, 3)), np.ones((4, 2, 1, 1, 1))),
         "weights of shape (4, 2, 1, 1, 1) in 1 group(s) do not fit an image of 3 channel(s): "
         "expected (out, channels / groups, kd, kh, kw)"),
        (lambda: pool3d(np.ones((2, 2, 2)), "all"), "size is 'all', expected one of: global"),
        (lambda: pool1d([1, 2], "global", stride=2), "size is global, which takes no stride"),
        (lambda: pool2d(np.ones((2, 2)), "global", padding=1), "size is global, which takes no"),
        (lambda: pool2d(np.ones((2, 2)), footprint=np.zeros((2, 2))), "footprint has no element"),
        (lambda: pool2d(np.ones((2, 2)), footprint=[1, 1]), "footprint has shape (2,)"),
        (lambda: pool2d(np.ones((2, 2)), footprint=[[1], [1, 2]]), "footprint is ragged"),
        (lambda: pool2d(np.ones((4, 4)), footprint=[[1, 0, 0]], padding=(0, 2)),
         "some windows hold no pixel"),
    ],
)  # fmt: skip
def test_wrong_arguments(call, told):
    with pytest.raises(ConvtoolError) as caught:
        call()
    assert told in str(caught.value)


def test_unknown_arguments_name_the_function():
    with pytest.raises(TypeError, match=r"conv1d\(\) got an unexpected keyword argument 'strid'"):
        conv1d([1], [1], strid=2)
    with pytest.raises(TypeError, match=r"pool3d\(\) got an unexpected keyword argument 'anchor'"):
        pool3d([[[1]]], 1, anchor=0)
