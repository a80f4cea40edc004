"""Transparency: pixels that count as much as they are opaque, alpha kept, alpha as a channel."""

from fractions import Fraction

import numpy as np
import PIL.Image
import PIL.ImageFilter
import pytest
from helpers.reference import pad, same
from hypothesis import given
from hypothesis import strategies as st

from convtool import ConvtoolError, Kernel, Pipeline, conv2d, find_kernel, pool2d
from convtool.core.image import Header
from convtool.ops.base import over_array
from convtool.ops.conv import Conv
from convtool.ops.pool import Pool

BORDERS = ["edge", "constant", "reflect", "mirror", "wrap"]


def half_even(value):
    """A fraction rounded to a whole number."""
    return round(value)


def of_picture(operator, image):
    """The map of a picture, whose last channel is alpha."""
    header = Header.of_array(image)
    header = header._replace(channels=(*header.channels[:-1], "A"))
    return over_array(operator.bind(header), image, 1)


@st.composite
def pictures(draw):
    """Colours and alpha of 8 or 16 bits, some of it wholly transparent or opaque."""
    dtype = draw(st.sampled_from(["uint8", "uint16"]))
    top = int(np.iinfo(dtype).max)
    shape = draw(st.tuples(st.integers(1, 7), st.integers(1, 7), st.integers(2, 4)))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    image = rng.integers(0, top, shape, dtype, endpoint=True)
    alpha = draw(st.sampled_from([(0, 1, top), (0, top), (top,), ()]))
    if alpha:
        image[..., -1] = rng.choice(alpha, shape[:2])
    return image


def expected_at(image, kernel, divisor, bias, padded, row, col):
    """Colours and alpha of one window, in fractions."""
    kh, kw = kernel.shape
    weights = [Fraction(float(w)) for w in kernel.flat]
    under = padded[row : row + kh, col : col + kw].reshape(-1, padded.shape[2]).tolist()
    weighted = sum(w * pixel[-1] for w, pixel in zip(weights, under, strict=True))
    alpha = weighted / sum(weights)
    colors = []
    for channel in range(image.shape[2] - 1):
        added = sum(w * p[channel] * p[-1] for w, p in zip(weights, under, strict=True))
        value = added / weighted * sum(weights) / Fraction(divisor) + bias if weighted else 0
        colors.append(value)
    return [*colors, alpha]


@given(
    pictures(), st.integers(0, 2**32), st.sampled_from([1, 2, 4, 16]), st.sampled_from(BORDERS),
    st.sampled_from([0, 0, 3, -7]), st.sampled_from([1, 3, 7.5, None]),
)  # fmt: skip
def test_weight_is_the_nearest_pixel_to_the_exact_quotient(
    image, seed, parts, border, bias, divisor
):
    rng = np.random.default_rng(seed)
    kernel = rng.integers(0, 9, rng.integers(1, 4, 2)) / parts
    kernel[0, 0] += 1
    divisor = kernel.sum() if divisor is None else divisor
    top = int(np.iinfo(image.dtype).max)
    fill = int(rng.integers(0, top)) if border == "constant" else 0
    found = conv2d(image, kernel, divisor=divisor, bias=bias, border=border, fill=fill,
                   alpha="weight", dtype=image.dtype)  # fmt: skip
    pads = [same(n, taps, 1, 1) for n, taps in zip(image.shape, kernel.shape, strict=False)]
    padded = np.dstack([
        pad(image[..., :-1], pads, border, fill), pad(image[..., -1], pads, border, top)
    ])  # fmt: skip
    for row, col in np.ndindex(image.shape[:2]):
        values = expected_at(image, kernel, divisor, bias, padded, row, col)
        wanted = [min(max(half_even(value), 0), top) for value in values]
        wanted = wanted if wanted[-1] else [0] * len(wanted)
        assert found[row, col].tolist() == wanted


@given(pictures(), st.sampled_from(["mean", "sum"]), st.booleans(), st.integers(0, 1))
def test_a_weighted_pool_is_the_nearest_pixel_to_the_exact_quotient(image, mode, include, padding):
    pool = Pool(2, mode, stride=1, padding=padding, count_include_pad=include and mode == "mean",
                ceil_mode=True)  # fmt: skip
    if min(image.shape[:2]) < 2:
        return
    header = Header.of_array(image)
    header = header._replace(channels=(*header.channels[:-1], "A"))
    wide = np.dtype("int32")
    rounded = over_array(pool.rounding(image.dtype, wide, header).bind(header), image, 1)
    floats = over_array(pool.bind(header), image, 1)
    for row, col in np.ndindex(rounded.shape[:2]):
        rows, cols = (
            range(row - padding, row - padding + 2),
            range(col - padding, col - padding + 2),
        )
        inside = [image[r, c].tolist() for r in rows for c in cols
                  if 0 <= r < image.shape[0] and 0 <= c < image.shape[1]]  # fmt: skip
        weight = sum(pixel[-1] for pixel in inside)
        count = len(inside)
        divisor = 1 if mode == "sum" else 4 if pool.count_include_pad else count
        values = [Fraction(weight, count)]
        for channel in reversed(range(image.shape[2] - 1)):
            added = sum(pixel[channel] * pixel[-1] for pixel in inside)
            values.insert(0, Fraction(added * count, weight * divisor) if weight else 0)
        wanted = [half_even(value) for value in values]
        assert rounded[row, col].tolist() == (wanted if wanted[-1] else [0] * len(wanted))
        assert np.allclose(floats[row, col], [float(value) for value in values], rtol=1e-6)


def test_a_white_square_on_transparent_red_stays_white():
    image = np.zeros((20, 20, 4), np.uint8)
    image[..., 0] = 255
    image[6:14, 6:14] = 255
    found = of_picture(Conv(find_kernel("gaussian:7,1.5"), dtype=np.uint8), image)
    assert (found[..., :3][found[..., 3] > 0] == 255).all()
    assert not found[..., :3][found[..., 3] == 0].any()
    assert 0 < found[6, 10, 3] < 255


@pytest.mark.parametrize("kernel", ["gaussian5", "gaussian:9,2", "box3", "disk:9", "motion:9,30"])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_an_opaque_image_comes_out_as_without_alpha(kernel, dtype):
    image = np.random.default_rng(0).integers(0, 256, (40, 30, 4)).astype(dtype)
    image[..., 3] = 255 if dtype != np.uint16 else 65535
    kernel = find_kernel(kernel)
    found = of_picture(Conv(kernel), image)
    plain = conv2d(image[..., :3], kernel)
    assert found.dtype == plain.dtype
    assert np.allclose(found[..., :3], plain, rtol=1e-6)
    assert (found[..., 3] == image[..., 3]).all()
    if dtype != np.float32:
        assert np.array_equal(found[..., :3], plain)


def test_parts_that_are_opaque_come_out_the_same_as_those_that_are_not():
    image = np.random.default_rng(0).integers(0, 256, (4000, 300, 4), dtype=np.uint8)
    image[..., 3] = 255
    kernel = Kernel([[1, 2, 1], [2, 4, 2], [1, 2, 1]], divisor=16)
    opaque = of_picture(Conv(kernel, dtype=np.uint8), image)
    image[0, 0, 3] = image[-1, -1, 3] = 0
    mixed = of_picture(Conv(kernel, dtype=np.uint8), image)
    assert np.array_equal(opaque[2:-2], mixed[2:-2])


@pytest.mark.parametrize("dtype", [np.bool_, np.int8, np.int16, np.int32, np.uint32, np.float16,
                                   np.float32, np.float64])  # fmt: skip
@pytest.mark.parametrize("method", [None, "direct", "separable", "product"])
def test_arrays_of_any_type_by_any_method(dtype, method):
    rng = np.random.default_rng(4)
    image = (rng.random((24, 20, 3)) * (1 if dtype == np.bool_ else 90)).round().astype(dtype)
    kernel = np.outer([1, 2, 3, 2, 1], [1, 4, 1])
    found = conv2d(image, kernel, divisor=54, alpha="weight", method=method)
    exact = image.astype(float)
    alpha = conv2d(exact[..., 2], kernel, divisor=54)
    products = conv2d(exact[..., :2] * exact[..., 2:], kernel, divisor=54)
    wanted = np.divide(products, alpha[..., None], where=alpha[..., None] > 1e-9, out=products * 0)
    assert np.allclose(found, np.dstack([wanted, alpha]), rtol=1e-5, atol=1e-5)


def test_nan_that_is_wholly_transparent_does_not_show():
    image = np.ones((5, 5, 2))
    image[2, 2] = np.nan, 0
    assert np.array_equal(conv2d(image, np.ones((3, 3)), divisor=9, alpha="weight")[..., 0],
                          np.ones((5, 5)))  # fmt: skip


def test_it_is_near_to_pillows_premultiplied_blur():
    image = np.random.default_rng(1).integers(0, 256, (60, 50, 4), dtype=np.uint8)
    image[..., 3] = np.maximum(image[..., 3], 128)  # Pillow rounds products to 8 bits
    weights = [1, 4, 6, 4, 1, 4, 16, 24, 16, 4, 6, 24, 36, 24, 6, 4, 16, 24, 16, 4, 1, 4, 6, 4, 1]
    blur = PIL.ImageFilter.Kernel((5, 5), weights)
    pillow = PIL.Image.fromarray(image).convert("RGBa").filter(blur).convert("RGBA")
    found = conv2d(image, np.reshape(weights, (5, 5)), divisor=256, alpha="weight", dtype=np.uint8)
    off = found[3:-3, 3:-3].astype(int) - np.asarray(pillow)[3:-3, 3:-3]
    assert np.abs(off).max() <= 2


def test_what_is_done_with_alpha_by_default():
    image = np.random.default_rng(2).integers(0, 256, (12, 12, 4), dtype=np.uint8)
    edge, blur = find_kernel("edge"), find_kernel("box3")
    for operator, asked in (
        (Conv(blur), Conv(blur, alpha="weight")), (Conv(edge), Conv(edge, alpha="keep")),
        (Pool(3, "mean"), Pool(3, "mean", alpha="weight")), (Pool(3), Pool(3, alpha="channel")),
        (Pool(3, "median"), Pool(3, "median", alpha="channel")),
    ):  # fmt: skip
        assert np.array_equal(of_picture(operator, image), of_picture(asked, image))
    assert np.array_equal(conv2d(image, blur), conv2d(image, blur, alpha="channel"))
    assert np.array_equal(of_picture(Conv(blur, alpha="channel"), image), conv2d(image, blur))
    assert np.array_equal(conv2d(image, edge, alpha="keep")[..., 3], image[..., 3])


def test_a_pool_that_keeps_alpha_takes_that_in_the_middle():
    image = np.random.default_rng(2).integers(0, 256, (12, 12, 4), dtype=np.uint8)
    found = pool2d(image, 3, "max", alpha="keep")
    assert np.array_equal(found[..., 3], image[1::3, 1::3, 3])
    assert np.array_equal(found[..., :3], pool2d(image[..., :3], 3, "max"))


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda i: conv2d(i, [[1, -1]], alpha="weight"), "the kernel has weights below 0"),
        (lambda i: conv2d(i, [[0]], alpha="weight"), "the kernel has no weight above 0"),
        (
            lambda i: conv2d(i, np.ones((2, 3, 1, 1)), alpha="weight"),
            "kernel is a layer",
        ),
        (lambda i: conv2d(i, [[1]], alpha="premultiply"), "expected one of: weight, keep, channel"),
        (lambda i: conv2d(i[..., 0], [[1]], alpha="keep"), "the image has 1 channel"),
        (lambda i: pool2d(i, alpha="weight"), "mode is max, which weights nothing"),
    ],
)
def test_what_alpha_cannot_be(call, told):
    with pytest.raises(ConvtoolError, match=told):
        call(np.ones((4, 4, 4), np.uint8))


def test_an_opaque_image_saturates_as_any_other():
    image = np.full((3, 3, 2), 65535, np.uint16)
    for dtype, most in (("uint8", 255), ("int16", 32767)):
        found = conv2d(image, np.ones((3, 3)), divisor=9, alpha="weight", dtype=dtype)
        assert (found == most).all()


@pytest.mark.parametrize("alpha", ["weight", "keep"])
def test_a_pipeline_takes_the_last_channel_for_alpha_where_a_stage_says_so(alpha):
    image = np.random.default_rng(0).integers(0, 256, (12, 9, 4), dtype=np.uint8)
    kernel = find_kernel("gaussian3")
    found = Pipeline.parse(f"conv -k gaussian3 --alpha {alpha}").run(image)
    assert np.array_equal(found, conv2d(image, kernel, alpha=alpha))
    plain = Pipeline.parse("conv -k gaussian3").run(image)
    assert np.array_equal(plain, conv2d(image, kernel))
