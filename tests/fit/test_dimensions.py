"""Kernels of signals and volumes learned, beside those that made the one of the other."""

import math

import numpy as np
import pytest
from helpers.blocks import Blocks
from hypothesis import given
from hypothesis import strategies as st
from scipy.ndimage import correlate as scipy_correlate

from convtool import ConvtoolError, Kernel, conv1d, conv2d, conv3d, find_kernel, fit_kernel
from convtool.fit.fit import fit_pairs
from convtool.fit.pairs import ImagePair, Model

CONVS = {1: conv1d, 2: conv2d, 3: conv3d}
RNG = np.random.default_rng(0)
VOLUME = RNG.integers(0, 256, (11, 17, 19), np.uint8)
SIGNAL = RNG.integers(0, 256, 900, np.uint8)


@st.composite
def cases(draw):
    """A noisy image with enough windows inside, whole weights of which none is 0, and the rest."""
    dimensions = draw(st.integers(1, 3))
    each = st.tuples(*[st.integers(1, 2)] * dimensions)
    size = draw(st.tuples(*[st.integers(1, 3 if dimensions == 3 else 5)] * dimensions))
    stride, dilation = draw(each), draw(each)
    shape = tuple(
        {1: 900, 2: 30, 3: 10}[dimensions] * step + (taps - 1) * apart + draw(st.integers(0, 2))
        for taps, step, apart in zip(size, stride, dilation, strict=True)
    )
    rng = np.random.default_rng(draw(st.integers(0, 999)))
    image = rng.integers(0, 256, (*shape, draw(st.integers(1, 2))), np.uint8)
    weights = rng.integers(1, 10, size) * rng.choice([-1, 1, 1], size)
    options = {"stride": stride, "dilation": dilation}
    return image, weights, draw(st.integers(1, 40)), draw(st.integers(-9, 9)), options


@given(cases(), st.sampled_from(["same", "valid", "full"]), st.booleans(), st.booleans())
def test_whole_weights_over_a_divisor_are_recovered_exactly(case, padding, biased, rounded):
    """From the sums themselves, and from pixels, of which some are clipped."""
    image, weights, divisor, bias, options = case
    divisor += int(abs(weights).sum())
    weights = weights if biased else abs(weights)
    others = {"bias": 120 + bias if biased else 0, "dtype": np.uint8 if rounded else None}
    after = CONVS[weights.ndim](
        image, weights, divisor=divisor, padding=padding, **others, **options
    )
    found = fit_kernel(image, after, weights.shape, bias=biased, rational=True, **options)
    common = math.gcd(divisor, *weights.ravel().tolist())
    assert (found.agreement.exact, found.kernel.bias) == (1, others["bias"])
    assert np.array_equal(found.kernel.weights.reshape(weights.shape), weights // common)
    assert found.kernel.shape == (1,) * (2 - weights.ndim) + weights.shape
    assert found.kernel.divisor == divisor // common
    whole = CONVS[weights.ndim](
        np.ones_like(image), np.ones_like(weights), padding=padding, border="constant", **options
    )
    inner = after[whole == weights.size]
    assert found.clipped == (np.isin(inner, (0, 255)).sum() if rounded else 0)
    assert (found.used + found.clipped, found.border) == (inner.size, after.size - inner.size)


@pytest.mark.parametrize(
    ("image", "weights"),
    [
        (SIGNAL, np.array([-0.31, 1.7, 0.2, -0.43, 0.11])),
        (VOLUME, np.random.default_rng(1).normal(0.05, 0.25, (3, 2, 3))),
    ],
)
def test_the_numbers_behind_are_those_of_least_squares(image, weights):
    """numpy.linalg.lstsq on all windows written out, borders and clipped values left out."""
    after = CONVS[weights.ndim](image, weights, bias=3, padding="valid", dtype=np.uint8)
    windows = np.lib.stride_tricks.sliding_window_view(image.astype(float), weights.shape)
    matrix = np.column_stack([windows.reshape(-1, weights.size), np.ones(after.size)])
    values = after.ravel().astype(float)
    kept = (values > 0) & (values < 255)
    assert 100 < kept.sum() < kept.size
    matrix, values = matrix[kept], values[kept]
    expected, (left,), _, _ = np.linalg.lstsq(matrix, values, rcond=None)
    found = fit_kernel(image, after, weights.shape, bias=True)
    errors = found.errors.ravel()
    assert np.all(np.abs(found.kernel.weights.ravel() - expected[:-1]) <= errors / 1000)
    assert abs(found.kernel.bias - expected[-1]) <= errors.max() / 100
    spread = np.linalg.inv(matrix.T @ matrix) * left / (len(matrix) - len(expected))
    assert np.allclose(errors, np.sqrt(np.diag(spread))[:-1], rtol=1e-6)
    assert np.isclose(found.bias_errors[0], np.sqrt(spread[-1, -1]))
    assert np.isclose(found.spread, np.sqrt(left / kept.sum()))
    lengths = np.sqrt((matrix**2).sum(axis=0))
    assert np.isclose(found.condition, np.linalg.cond(matrix / lengths))
    assert (found.used, found.clipped, found.border) == (kept.sum(), (~kept).sum(), 0)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_floats_that_scipy_made(dtype):
    volume = RNG.normal(size=(9, 12, 14)).astype(dtype)
    line = np.array([1, 4, 6, 4, 1])
    weights = np.multiply.outer(np.multiply.outer([1, 2, 1], line), [1, 1])
    after = scipy_correlate(volume.astype(float), weights / 128, origin=(0, 0, -1)).astype(dtype)
    found = fit_kernel(volume, after, weights.shape, rational=True)
    assert np.array_equal(found.kernel.weights, weights)
    assert (found.kernel.divisor, found.agreement.exact) == (128, 1)


@pytest.mark.parametrize(
    ("shape", "weights"), [((300, 3), (4, 3, 4)), ((7, 9, 11, 2), (3, 2, 2, 3, 1))]
)
def test_layers(shape, weights):
    rng = np.random.default_rng(2)
    image, weights, biases = rng.normal(size=shape), rng.normal(size=weights), rng.normal(size=9)
    conv, size, biases = CONVS[len(shape) - 1], weights.shape[2:], biases[: len(weights)]
    after = conv(image, weights, bias=biases, padding="valid")
    found = fit_kernel(image, after, size, layer=True, bias=True)
    assert found.kernel.weights.shape == found.errors.shape == weights.shape
    assert np.allclose(found.kernel.weights, weights, atol=1e-11)
    assert np.allclose(found.biases, biases, atol=1e-11)
    again = conv(image, found.kernel.weights, bias=found.biases, padding="valid")
    assert np.allclose(again, after, atol=1e-10)
    pixels = rng.integers(0, 256, shape, np.uint8)
    clipped = conv(pixels, weights / 5, bias=128, dtype=np.uint8, padding="valid")
    found = fit_kernel(pixels, clipped, size, layer=True, bias=True)
    assert np.abs(found.kernel.weights - weights / 5).max() < 6 * found.errors.max()
    assert found.clipped == np.isin(clipped, (0, 255)).sum() > 0


@pytest.mark.parametrize("anchor", [None, (1, 1, 2)])
def test_either_middle_of_an_even_kernel_is_found(anchor):
    kernel = Kernel(np.arange(1, 25).reshape(2, 3, 4), 301, anchor=anchor)
    after = conv3d(VOLUME, kernel)
    found = fit_kernel(VOLUME, after, (2, 3, 4), rational=True)
    assert np.array_equal(found.kernel.weights, kernel.weights)
    assert (found.kernel.anchor, found.kernel.divisor, found.agreement.exact) == (anchor, 301, 1)
    line = Kernel([[1, 2, 3, 5]], 11, anchor=None if anchor is None else (0, 2))
    found = fit_kernel(SIGNAL, conv1d(SIGNAL, line, dtype=np.uint8), (4,), rational=True)
    assert np.array_equal(found.kernel.weights, line.weights)
    assert (found.kernel.anchor, found.kernel.divisor) == (line.anchor, 11)


def test_what_is_no_number_is_left_out():
    volume = RNG.normal(size=(8, 10, 12))
    volume[2, 4, 5], volume[6, 8, 2] = np.nan, np.inf
    weights = np.arange(27).reshape(3, 3, 3) / 100
    with np.errstate(invalid="ignore"):
        after = conv3d(volume, weights, padding="valid")
    after[3, 0, 9] = np.nan
    undefined = np.count_nonzero(~np.isfinite(after))
    hidden = after.copy()
    hidden[~np.isfinite(after)] = 7  # as if some program had filled the holes
    hidden[3, 0, 9] = np.nan
    for result in (after, hidden):
        found = fit_kernel(volume, result, (3, 3, 3))
        assert np.allclose(found.kernel.weights, weights, atol=1e-12)
        assert (found.undefined, found.used) == (undefined, after.size - undefined)


def test_a_layer_leaves_out_windows_that_any_channel_spoils():
    volume, weights = RNG.normal(size=(7, 8, 9, 2)), RNG.normal(size=(3, 2, 2, 3, 1))
    volume[2, 4, 5, 1] = np.nan
    after = conv3d(volume, weights, padding="valid")
    undefined = np.isnan(after)
    assert np.count_nonzero(undefined) == 3 * 6
    after[undefined] = 7
    found = fit_kernel(volume, after, (2, 3, 1), layer=True)
    assert np.allclose(found.kernel.weights, weights, atol=1e-11)
    assert (found.undefined, found.used) == (18, after.size - 18)


@pytest.mark.parametrize("layer", [False, True])
@pytest.mark.parametrize(("size", "shape"), [((3, 3, 3), (4, 60, 20, 2)), ((3, 3), (30, 9, 8, 2)),
                                             ((2, 1, 3), (40, 5, 6, 2))])  # fmt: skip
def test_threads_and_blocks_do_not_show(size, shape, layer):
    """Where slices are cut into strips of rows, and where several slices are one strip."""
    volume = RNG.normal(size=shape)
    weights = RNG.normal(size=size)
    after = conv3d(volume, weights.reshape((1,) * (3 - len(size)) + size), padding="same")
    model = Model.of(size, layer=layer, bias=True)

    def fit(rows, threads):
        pair = ImagePair(lambda: Blocks(volume, rows), lambda: Blocks(after, rows + 2))
        found = fit_pairs([pair], model, threads=threads)
        return found.kernel.weights.tobytes(), found.errors.tobytes(), found.agreement

    assert fit(1, 1) == fit(1000, 4) == fit(17, 2)


def test_a_kernel_of_rows_and_columns_learns_from_all_slices_alike():
    stack = RNG.integers(0, 256, (6, 30, 32, 1), np.uint8)
    kernel = find_kernel("gaussian3")
    after = np.stack([conv2d(one, kernel, dtype=np.uint8) for one in stack])
    model = Model.of((3, 3))

    def fit(*pairs):
        opened = [ImagePair(lambda a=a: Blocks(a, 7), lambda b=b: Blocks(b, 5)) for a, b in pairs]
        return fit_pairs(opened, model)

    together, alone = fit((stack, after)), fit(*zip(stack, after, strict=True))
    assert np.array_equal(together.kernel.weights, alone.kernel.weights)
    assert (together.used, together.border) == (alone.used, alone.border) == (6 * 28 * 30, 6 * 120)
    assert together.agreement.equal == alone.agreement.equal
    assert together.agreement.values == together.used
    one_is_other = np.concatenate([after[:5], 255 - after[5:]])
    assert fit((stack, one_is_other)).poor


@pytest.mark.parametrize(
    ("before", "after", "options", "message"),
    [
        (VOLUME, VOLUME, {"size": (1, 2, 3, 4)}, r"size is \(1, 2, 3, 4\), expected \(rows, col"),
        (VOLUME, VOLUME, {"size": ()}, r"size is \(\), expected \(rows, columns\), \(slices, "),
        (VOLUME, VOLUME, {"size": (3, 0, 3)}, "size is 0, expected 1 or more"),
        (VOLUME, VOLUME, {"size": (3, 3, 3), "stride": (1, 1)}, r"stride is \(1, 1\), expected one "
         r"number or \(slices, rows, columns\)"),
        (SIGNAL, SIGNAL, {"size": (3,), "dilation": (1, 1)}, r"dilation is \(1, 1\), expected one"),
        (VOLUME[0, 0], VOLUME, {"size": (3, 3, 3)}, r"before: volume has shape \(19,\), expected "),
        (VOLUME, VOLUME[0, 0], {"size": (3, 3, 3)}, "after: volume has shape"),
        (VOLUME, VOLUME, {"size": (3,)}, "before: signal has shape"),
        ([[[1, 2], [3]]], VOLUME, {"size": (3, 3, 3)}, "before: volume is ragged"),
        ([[1, 2], [3]], SIGNAL, {"size": (3,)}, "before: signal is ragged"),
        (VOLUME, VOLUME[1:], {"size": (3, 3, 3)}, "is 11x17x19 and the result 10x17x19, expected"),
        (VOLUME, VOLUME[::2], {"size": (3, 3, 3)}, r"expected 11x17x19 \(same\), 9x15x17 \(valid"),
        (VOLUME * 0, VOLUME, {"size": (2, 2, 2)}, "do not determine 8 weights"),
        (VOLUME, VOLUME[..., :2], {"size": (3, 3)}, "17 channel.s. and the result|has 19 channel"),
        (VOLUME[:3], VOLUME[:3], {"size": (9, 3, 3)}, "no window of 9x3x3 lies in the image of 3x"),
        (np.zeros((50, 50, 50)), np.zeros((50, 50, 50)), {"size": (20, 20, 20)}, "more than can"),
    ],
)  # fmt: skip
def test_what_goes_together_with_no_kernel_is_an_error(before, after, options, message):
    with pytest.raises(ConvtoolError, match=message):
        fit_kernel(before, after, **options)
