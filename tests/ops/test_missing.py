"""Missing values: NaN that spreads, is skipped, or counts as 0; and numbers that mark them."""

from fractions import Fraction

import numpy as np
import pytest
from helpers.reference import pad, same
from hypothesis import given
from hypothesis import strategies as st

from convtool import ConvtoolError, conv2d, find_kernel, pool2d
from convtool.core.image import Header
from convtool.ops.base import over_array
from convtool.ops.conv import Conv

BORDERS = ["edge", "constant", "reflect", "mirror", "wrap"]

POOLS = {
    "max": np.nanmax, "min": np.nanmin, "mean": np.nanmean, "sum": np.nansum,
    "median": np.nanmedian, "lp": lambda window: np.sqrt(np.nansum(window * window)),
}  # fmt: skip


@given(
    st.integers(0, 2**32), st.sampled_from(BORDERS), st.sampled_from([1, 3, 16, None]),
    st.sampled_from([0, 2.5]), st.booleans(), st.sampled_from([0, 0.375, 1]),
)  # fmt: skip
def test_skip_is_the_exact_quotient_of_whole_sums(seed, border, divisor, bias, fill_missing, least):
    rng = np.random.default_rng(seed)
    image = rng.integers(-99, 99, rng.integers(1, 8, 2)).astype(float)
    image[rng.random(image.shape) < 0.3] = np.nan
    kernel = rng.integers(0, 9, rng.integers(1, 4, 2))
    kernel[0, 0] += 20
    divisor = int(kernel.sum()) if divisor is None else divisor
    fill = 7 if border == "constant" else 0
    found = conv2d(image, kernel, divisor=divisor, bias=bias, border=border, fill=fill,
                   missing="skip", min_valid=least, fill_missing=fill_missing)  # fmt: skip
    pads = [same(n, taps, 1, 1) for n, taps in zip(image.shape, kernel.shape, strict=True)]
    padded = pad(image, pads, border, fill)
    whole = Fraction(int(kernel.sum()))
    for row, col in np.ndindex(image.shape):
        under = padded[row : row + kernel.shape[0], col : col + kernel.shape[1]]
        there = ~np.isnan(under)
        weight = Fraction(int(kernel[there].sum()))
        gone = weight <= 0 or weight / whole < least
        gone = gone or (np.isnan(image[row, col]) and not fill_missing)
        if gone:
            assert np.isnan(found[row, col])
            continue
        added = sum(int(w) * int(p) for w, p in zip(kernel[there], under[there], strict=True))
        exact = Fraction(added) * whole / weight / divisor + Fraction(bias)
        assert found[row, col] == pytest.approx(float(exact), rel=1e-15, abs=1e-15)


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16])
@pytest.mark.parametrize("kernel", ["gaussian:9,2", "disk:9", "box5"])
@pytest.mark.parametrize("method", [None, "direct", "fft"])
def test_skip_by_any_method(dtype, kernel, method):
    kernel = find_kernel(kernel)
    rng = np.random.default_rng(3)
    image = (rng.random((40, 50, 2)) * 90).astype(dtype)
    there = rng.random(image.shape) > 0.2
    options = {"method": method} if method != "fft" or kernel.weights.dtype.kind == "f" else {}
    image[~there] = np.nan
    found = conv2d(image, kernel, missing="skip", fill_missing=True, **options)
    weights = kernel.weights.astype(float)
    sums = conv2d(np.where(there, image, 0).astype(float), weights)
    marks = conv2d(there.astype(float), weights)
    marks[marks <= 1e-9] = np.nan
    expected = sums * weights.sum() / marks / kernel.divisor
    rtol = 1e-12 if dtype == np.float64 else 1e-3 if dtype == np.float16 else 1e-4
    assert np.allclose(found, expected, rtol=rtol, atol=rtol, equal_nan=True)


def test_without_anything_missing_nothing_changes():
    image = np.random.default_rng(0).random((300, 200, 3)).astype(np.float32)
    kernel = find_kernel("gaussian:7,1.5")
    plain = conv2d(image, kernel)
    for how in ("propagate", "skip", "zero"):
        assert np.array_equal(conv2d(image, kernel, missing=how), plain)
    assert np.array_equal(conv2d((image * 255).astype(np.uint8), kernel, missing="skip"),
                          conv2d((image * 255).astype(np.uint8), kernel))  # fmt: skip


def test_a_flat_image_with_holes_stays_flat():
    image = np.full((64, 64), 200.0)
    image[np.random.default_rng(0).random(image.shape) < 0.5] = np.nan
    found = conv2d(image, find_kernel("gaussian5"), missing="skip", fill_missing=True)
    assert (found == 200).all()


def test_zero_counts_as_zero_and_propagate_spreads():
    image = np.arange(25.0).reshape(5, 5)
    image[2, 2] = np.nan
    zeros = np.nan_to_num(image)
    box = find_kernel("box3")
    assert np.array_equal(conv2d(image, box, missing="zero"), conv2d(zeros, box))
    assert np.isnan(conv2d(image, box)).sum() == 9
    assert np.array_equal(pool2d(image, 2, "sum", missing="zero"), pool2d(zeros, 2, "sum"))


def test_alpha_is_carried_along_and_never_missing():
    image = np.random.default_rng(0).random((9, 8, 4))
    image[3, 3, :3] = np.nan
    options = {"alpha": "keep", "missing": "skip", "fill_missing": True}
    found = conv2d(image, find_kernel("box3"), **options)
    assert np.array_equal(found[..., 3], image[..., 3])
    assert not np.isnan(found).any()


@pytest.mark.parametrize("mode", POOLS)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize(
    ("size", "stride", "padding"), [(2, 2, 0), (3, 1, 1), ((2, 3), (1, 2), 0), (11, 1, 2)]
)
def test_a_pool_skips_what_is_missing(mode, dtype, size, stride, padding):
    rng = np.random.default_rng(0)
    image = (rng.standard_normal((21, 17, 2)) * 100).astype(dtype)
    image[rng.random(image.shape) < 0.6] = np.nan
    found = pool2d(image, size, mode, stride=stride, padding=padding, missing="skip")
    assert found.dtype == dtype
    height, width = np.broadcast_to(size, 2)
    down, across = np.broadcast_to(stride, 2)
    for row, col, channel in np.ndindex(found.shape):
        top, left = row * down - padding, col * across - padding
        window = image[max(top, 0) : top + height, max(left, 0) : left + width, channel]
        if np.isnan(window).all():
            assert np.isnan(found[row, col, channel])
        else:
            expected = POOLS[mode](window.astype(float))
            assert found[row, col, channel] == pytest.approx(expected, rel=1e-4, abs=1e-2)


def test_the_least_share_of_a_pools_window():
    image = np.array([[1.0, np.nan], [np.nan, 4.0]])
    assert pool2d(image, 2, "mean", missing="skip", min_valid=0.5) == 2.5
    assert np.isnan(pool2d(image, 2, "mean", missing="skip", min_valid=0.51))
    padded = pool2d(image, 2, "mean", padding=1, stride=1, missing="skip", count_include_pad=True)
    assert padded[0, 0] == 0.25
    assert padded[1, 1] == 2.5


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda i: conv2d(i, [[1, -1]], missing="skip"), "the kernel has weights below 0"),
        (lambda i: conv2d(i, np.ones((1, 1, 1, 1)), missing="skip"), "the kernel is a layer"),
        (lambda i: conv2d(i, [[1]], missing="drop"), "expected one of: propagate, skip, zero"),
        (lambda i: conv2d(i, [[1]], min_valid=0.5), "min_valid goes with missing skip"),
        (lambda i: conv2d(i, [[1]], fill_missing=True), "fill_missing goes with missing skip"),
        (lambda i: pool2d(i, missing="skip", min_valid=2), "min_valid is 2, expected 0 to 1"),
        (lambda i: conv2d(np.dstack([i, i]), [[1]], alpha="weight", missing="skip"),
         "only one can weight the pixels"),
    ],
)  # fmt: skip
def test_what_missing_cannot_be(call, told):
    with pytest.raises(ConvtoolError, match=told):
        call(np.ones((4, 4)))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_window_with_nothing_missing_has_all_of_its_weight(dtype):
    image = np.ones((20, 20), dtype)
    image[0, 0] = np.nan
    line = np.exp(-((np.arange(7) - 3) ** 2) / 2)
    kernel = np.outer(line, line) / line.sum() ** 2
    found = conv2d(image, kernel, missing="skip", min_valid=1)
    assert np.isnan(found).sum() == 16


def test_where_values_are_missing_a_blur_keeps_alpha_unless_asked():
    image = np.random.default_rng(0).random((9, 8, 4))
    image[3, 3, 0] = np.nan
    header = Header.of_array(image, may_have_alpha=True)
    found = over_array(Conv(find_kernel("box3"), missing="skip").bind(header), image, 1)
    assert np.array_equal(found[..., 3], image[..., 3])


def test_alpha_as_a_channel_where_values_are_missing():
    image = np.random.default_rng(0).random((9, 8, 4))
    image[3, 3, 0] = np.nan
    options = {"alpha": "channel", "missing": "skip", "fill_missing": True}
    found = conv2d(image, find_kernel("box3"), **options)
    assert not np.isnan(found).any()
    assert np.array_equal(found[..., 3], conv2d(image[..., 3], find_kernel("box3")))
    header = Header.of_array(image, may_have_alpha=True)
    stage = Conv(find_kernel("box3"), **options).bind(header)
    assert np.array_equal(over_array(stage, image, 1), found)
