"""Kernels learned from two images, beside the kernels that made the one of the other."""

import numpy as np
import pytest
from helpers.blocks import Blocks
from helpers.reference import correlate
from PIL import Image, ImageFilter
from scipy.ndimage import correlate as scipy_correlate

from convtool import (
    ConvtoolError,
    Kernel,
    conv2d,
    find_kernel,
    find_kernels,
    fit_kernel,
    read_image,
)
from convtool.fit import rounding_bounds
from convtool.fit.fit import _opening, fit_pairs
from convtool.fit.pairs import ImagePair, Model
from convtool.kernel.lookup import bundled_folder, file_names

KERNELS = [kernel for name in file_names(bundled_folder()) for kernel in find_kernels(name)]


@pytest.fixture(scope="module")
def crop(photo):
    """A part of a photo."""
    return photo[60:240, 100:340]


@pytest.mark.parametrize("kernel", KERNELS, ids=lambda kernel: kernel.name)
def test_every_bundled_kernel_is_recovered_exactly_from_a_clipped_result(crop, kernel):
    after = conv2d(crop, kernel, dtype=np.uint8)
    found = fit_kernel(crop, after, kernel.shape, rational=True)
    assert found.whole
    assert np.array_equal(found.kernel.weights, kernel.weights)
    assert found.kernel.weights.dtype == np.int64
    assert (found.kernel.divisor, found.kernel.bias) == (kernel.divisor, 0)
    assert (found.agreement.exact, found.agreement.rms) == (1, 0)


@pytest.mark.parametrize("picture", ["photo", "gray_photo"])
def test_a_divisor_of_4096_is_recovered_from_whole_photos(request, picture):
    image = request.getfixturevalue(picture)
    kernel = find_kernel("gaussian7")
    found = fit_kernel(image, conv2d(image, kernel, dtype=np.uint8), 7, rational=True).kernel
    assert np.array_equal(found.weights, kernel.weights)
    assert found.divisor == 4096


def test_bounds_that_few_windows_do_not_tell_are_added_until_they_do(photo, monkeypatch):
    monkeypatch.setattr(rounding_bounds, "MOST_BOUNDS", 400)
    kernel = find_kernel("gaussian7")
    found = fit_kernel(photo, conv2d(photo, kernel, dtype=np.uint8), 7, rational=True)
    assert np.array_equal(found.kernel.weights, kernel.weights)


def test_the_numbers_behind_are_those_of_least_squares(crop):
    """numpy.linalg.lstsq on all windows written out, borders and clipped values left out."""
    image = crop[:60, :50, 0]
    after = conv2d(image, [[0, -1, 0], [-1, 4.7, -1], [0, -1, 0.3]], bias=3, dtype=np.uint8)
    windows = np.lib.stride_tricks.sliding_window_view(image.astype(float), (3, 3))
    matrix = np.column_stack([windows.reshape(-1, 9), np.ones(58 * 48)])
    values = after[1:-1, 1:-1].ravel().astype(float)
    kept = (values > 0) & (values < 255)
    assert 100 < kept.sum() < kept.size
    matrix, values = matrix[kept], values[kept]
    expected, (left,), _, _ = np.linalg.lstsq(matrix, values, rcond=None)
    found = fit_kernel(image, after, 3, bias=True)
    weights, errors = found.kernel.weights, found.errors
    assert np.all(np.abs(weights.ravel() - expected[:9]) <= errors.ravel() / 1000)
    assert abs(found.kernel.bias - expected[9]) <= errors.max() / 1000
    assert max(len(f"{weight:.12g}") for weight in weights.flat) <= 10  # and no further digits
    spread = np.linalg.inv(matrix.T @ matrix) * left / (kept.sum() - 10)
    assert np.allclose(found.errors.ravel(), np.sqrt(np.diag(spread))[:9], rtol=1e-6)
    assert np.isclose(found.bias_errors[0], np.sqrt(spread[9, 9]))
    assert np.isclose(found.spread, np.sqrt(left / kept.sum()))
    assert (found.used, found.clipped) == (kept.sum(), (~kept).sum())
    assert found.border == after.size - kept.size


def test_a_gaussian_made_by_opencv_is_recovered_to_1_percent_of_its_peak(photo):
    cv2 = pytest.importorskip("cv2", reason="OpenCV is not installed")
    line = cv2.getGaussianKernel(7, 1.0)
    expected = line @ line.T
    found = fit_kernel(photo, cv2.GaussianBlur(photo, (7, 7), 1.0), 7)
    assert np.abs(found.kernel.weights - expected).max() < 0.01 * expected.max()


@pytest.mark.parametrize(
    ("sigma", "line"),
    [(1.0, [1, 14, 62, 102, 62, 14, 1]), (1.5, [9, 29, 55, 70, 55, 29, 9])],
)
def test_the_whole_numbers_that_opencv_blurs_8_bits_with_are_found(photo, sigma, line):
    """OpenCV's line of a Gaussian is whole over 256 for 8-bit pixels."""
    cv2 = pytest.importorskip("cv2", reason="OpenCV is not installed")
    found = fit_kernel(photo, cv2.GaussianBlur(photo, (7, 7), sigma), 7, rational=True)
    assert np.array_equal(found.kernel.weights * (65536 // found.kernel.divisor),
                          np.outer(line, line))  # fmt: skip
    assert found.agreement.exact > 0.99998  # OpenCV rounds halves up


def test_a_bias_is_learned_and_whole(crop):
    kernel = Kernel([[1, 2, 1], [0, 0, 0], [-1, -2, -1]], 4, 128)
    found = fit_kernel(crop, conv2d(crop, kernel, dtype=np.uint8), 3, bias=True, rational=True)
    assert np.array_equal(found.kernel.weights, kernel.weights)
    assert (found.kernel.divisor, found.kernel.bias) == (4, 128)
    assert isinstance(found.kernel.bias, int)


def test_a_bias_that_is_needed_is_hinted_at(crop):
    after = conv2d(crop, np.ones((3, 3)), divisor=9, bias=20, dtype=np.uint8)
    found = fit_kernel(crop, after, 3)
    assert abs(found.offset - 20) < 0.5
    unbiased = fit_kernel(crop, conv2d(crop, find_kernel("gaussian5"), dtype=np.uint8), 5)
    assert unbiased.agreement.exact < 1
    assert unbiased.offset is None


def test_results_that_were_cut_off_have_a_bias_of_less_than_half(crop):
    sums = correlate(crop[..., 0].astype(int), np.ones((3, 3), int), pads=((1, 1), (1, 1)))
    after = (sums // 9).astype(np.uint8)
    found = fit_kernel(crop[..., 0], after, 3, bias=True, rational=True)
    assert (found.kernel.divisor, found.agreement.exact) == (9, 1)
    assert np.isclose(found.kernel.bias, -4 / 9)


@pytest.mark.parametrize("padding", ["same", "valid", "full"])
@pytest.mark.parametrize(("stride", "dilation"), [(1, 2), (2, 1), ((3, 2), (1, 3))])
def test_strides_dilations_and_paddings(crop, padding, stride, dilation):
    kernel = Kernel([[1, 5, -2], [0, 3, 1]], 8)
    options = {"stride": stride, "dilation": dilation}
    after = conv2d(crop, kernel, padding=padding, dtype=np.uint8, **options)
    found = fit_kernel(crop, after, (2, 3), rational=True, **options)
    assert np.array_equal(found.kernel.weights, kernel.weights)
    assert (found.kernel.divisor, found.agreement.exact) == (8, 1)


def test_the_border_counts_for_nothing(crop):
    kernel = find_kernel("gaussian5")
    expected = fit_kernel(crop, conv2d(crop, kernel, dtype=np.uint8, border="edge"), 5)
    other = fit_kernel(crop, conv2d(crop, kernel, dtype=np.uint8, border="wrap"), 5)
    assert np.array_equal(expected.kernel.weights, other.kernel.weights)


def test_floats_are_recovered_exactly_and_whole():
    image = np.random.default_rng(0).normal(size=(60, 70, 2))
    for dtype in (np.float64, np.float32):
        before = image.astype(dtype)
        after = np.stack(
            [scipy_correlate(before[..., i].astype(float), find_kernel("gaussian5").weights / 256)
             for i in (0, 1)], axis=2,
        ).astype(dtype)  # fmt: skip
        found = fit_kernel(before, after, 5, rational=True)
        assert np.array_equal(found.kernel.weights, find_kernel("gaussian5").weights)
        assert found.agreement.exact == 1
        assert found.clipped == 0


def test_16_bits(gray_photo):
    deep = gray_photo[100:250, 100:300].astype(np.uint16) * 257
    after = conv2d(deep, find_kernel("gaussian7"), dtype=np.uint16)
    found = fit_kernel(deep, after, 7, rational=True)
    assert np.array_equal(found.kernel.weights, find_kernel("gaussian7").weights)


def test_a_result_of_another_depth_is_learned_beside_its_white(gray_photo):
    image = gray_photo[100:250, 100:300]
    exact = np.rint(conv2d(image, find_kernel("gaussian5"), dtype=np.float64) * 257)
    found = fit_kernel(image, exact.astype(np.uint16), 5, rational=True)
    assert np.array_equal(found.kernel.weights, find_kernel("gaussian5").weights)
    assert (found.kernel.divisor, found.agreement.exact) == (256, 1)


def test_a_layer_of_floats_and_of_8_bits(crop):
    rng = np.random.default_rng(1)
    weights, biases = rng.normal(size=(4, 3, 3, 3)), rng.normal(size=4)
    image = rng.normal(size=(50, 40, 3))
    found = fit_kernel(image, conv2d(image, weights, bias=biases), 3, layer=True, bias=True)
    assert np.allclose(found.kernel.weights, weights, atol=1e-12)
    assert np.allclose(found.biases, biases, atol=1e-12)
    assert found.errors.shape == weights.shape
    after = conv2d(crop, weights * 0.3, bias=100, dtype=np.uint8)
    found = fit_kernel(crop, after, 3, layer=True, bias=True)
    assert np.abs(found.kernel.weights - weights * 0.3).max() < 6 * found.errors.max() < 0.02
    assert found.clipped == sum(np.isin(after[1:-1, 1:-1, i], (0, 255)).sum() for i in range(4))
    assert found.agreement.exact > 0.98


def test_pairs_count_together(crop):
    """Neither half alone determines the kernel."""
    kernel = find_kernel("sharpen")
    rows = np.repeat(np.random.default_rng(0).integers(80, 160, (40, 1)), 30, 1).astype(np.uint8)
    images = [rows, np.ascontiguousarray(rows[:30].T), crop[:20, :20]]
    model = Model.of((3, 3))

    def fit(*chosen):
        pairs = [
            ImagePair(*(lambda pixels=pixels: Blocks(pixels, 7) for pixels in both))
            for both in (
                (image.reshape(*image.shape[:2], -1),
                 conv2d(image, kernel, dtype=np.uint8).reshape(*image.shape[:2], -1))
                for image in chosen
            )
        ]  # fmt: skip
        return fit_pairs(pairs, model, rational=True)

    with pytest.raises(ConvtoolError, match="do not determine 9 weights"):
        fit(images[0])
    found = fit(*images)
    assert np.array_equal(found.kernel.weights, kernel.weights)
    assert found.pairs == 3
    with pytest.raises(ConvtoolError, match="there are no pairs"):
        fit()


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
@pytest.mark.parametrize("layer", [False, True])
def test_threads_and_blocks_do_not_show(crop, dtype, layer):
    image = crop.astype(dtype) * (257 if dtype == np.uint16 else 1)
    after = conv2d(image, find_kernel("unsharp"), dtype=dtype)
    model = Model.of((5, 5), layer=layer, bias=True)

    def fit(rows, threads):
        pair = ImagePair(lambda: Blocks(image, rows), lambda: Blocks(after, rows + 2))
        found = fit_pairs([pair], model, rational=not layer, threads=threads)
        return found.kernel.weights.tobytes(), found.errors.tobytes(), found.agreement

    assert fit(1, 1) == fit(1000, 4) == fit(17, 2)


def test_what_is_no_number_is_left_out():
    image = np.random.default_rng(0).normal(size=(40, 40))
    image[5, 6], image[20, 30] = np.nan, np.inf
    with np.errstate(invalid="ignore"):
        after = conv2d(image, find_kernel("box3"))
    after[33, 33] = np.nan
    hidden = after.copy()
    hidden[4:7, 5:8] = hidden[19:22, 29:32] = 7  # as if some program had filled the holes
    for result in (after, hidden):
        found = fit_kernel(image, result, 3)
        assert np.allclose(found.kernel.weights, 1 / 9, atol=1e-12)
        assert (found.undefined, found.used) == (19, 38 * 38 - 19)
    found = fit_kernel(image, after, 3, rational=True)
    assert (found.kernel.divisor, found.agreement.exact) == (9, 1)


def test_what_no_convolution_made_is_told(crop):
    for after in (
        np.rint(255 * (crop / 255) ** 0.45).astype(np.uint8),
        np.roll(crop, 3, axis=1),
    ):
        found = fit_kernel(crop, after, 3, rational=True)
        assert found.poor
        assert not found.whole
        assert found.agreement.psnr < 40
    exact = fit_kernel(crop, np.roll(crop, 3, axis=1), 7, rational=True)
    assert exact.kernel.weights.sum() == exact.kernel.weights[3, 0] == 1
    assert not exact.poor


def test_weights_that_are_not_whole_stay_floats():
    rng = np.random.default_rng(0)
    image, weights = rng.normal(size=(50, 50)), rng.normal(size=(3, 3))
    found = fit_kernel(image, conv2d(image, weights), 3, rational=True)
    assert not found.whole
    assert np.allclose(found.kernel.weights, weights, atol=1e-12)


NOISE = np.random.default_rng(0).integers(0, 256, (30, 30), dtype=np.uint8)
CHECKS = (np.indices((30, 30)).sum(axis=0) % 2 * 100 + 50).astype(np.uint8)
SMOOTH = np.add.outer(np.arange(30.0), np.arange(30.0))


@pytest.mark.parametrize(
    ("before", "after", "options", "message"),
    [
        (np.full((30, 30), 7), np.full((30, 30), 7), {}, "tell only 1 of 9 apart"),
        (np.zeros((30, 30)), np.zeros((30, 30)), {}, "do not determine 9 weights"),
        (CHECKS, CHECKS, {}, "tell only 2 of 9 apart"),
        (SMOOTH, SMOOTH, {}, "tell only 2 of 9 apart"),
        (NOISE, NOISE[:, ::-1], {"size": 5}, r"only to \+-0.\d+, where the largest is 0.\d+"),
        (NOISE[:5, :5], NOISE[:5, :5], {}, "too few pixels .*: 9, expected more than 9"),
        (NOISE, np.zeros_like(NOISE), {}, "too few pixels .*: 0, expected more than 9"),
        (NOISE[:1, :1], NOISE[:1, :1], {}, "no window of 3x3 lies in the image of 1x1"),
        (NOISE, NOISE[1:], {}, r"is 30x30 and the result 29x30, expected 30x30 \(same\), 28x28 "),
        (NOISE, NOISE, {"stride": 2}, r"the result 30x30, expected 15x15 \(same\), 14x14 "),
        (NOISE, np.stack([NOISE] * 3, 2), {}, r"and the result 3, expected the same number"),
        (NOISE * 1e200, NOISE * 1e200, {}, "so large that their squares overflow"),
        (np.stack([NOISE] * 3, 2), NOISE, {"layer": True}, "do not determine 27 weights"),
        (NOISE, NOISE, {"layer": True, "rational": True}, "rational and layer exclude each other"),
        (NOISE, NOISE, {"size": 0}, "size is 0, expected 1 or more"),
        (np.zeros((200, 200)), np.zeros((200, 200)), {"size": 99}, "more than can be learned"),
        (NOISE, "text", {}, "after: image has shape"),
    ],
)  # fmt: skip
def test_what_determines_no_kernel_is_an_error(before, after, options, message):
    with pytest.raises(ConvtoolError, match=message):
        fit_kernel(before, after, **options)


def test_halves_that_went_up_are_seen_and_told(photo):
    """OpenCV's fixed-point Gaussian rounds halves up, and is no kernel over a larger divisor."""
    cv2 = pytest.importorskip("cv2", reason="OpenCV is not installed")
    found = fit_kernel(photo, cv2.GaussianBlur(photo, (3, 3), 0), 3, rational=True)
    assert found.kernel.weights.tolist() == [[1, 2, 1], [2, 4, 2], [1, 2, 1]]
    assert found.kernel.divisor == 16
    assert found.agreement.exact < 1 == found.rounded_up.exact
    ours = fit_kernel(photo, conv2d(photo, found.kernel, dtype=np.uint8), 3, rational=True)
    assert (ours.agreement.exact, ours.rounded_up) == (1, None)


@pytest.mark.parametrize("name", ["SHARPEN", "EDGE_ENHANCE", "SMOOTH", "BLUR", "FIND_EDGES"])
def test_pillows_filters_are_recovered_exactly(photo, name):
    filter_ = getattr(ImageFilter, name)
    after = np.asarray(Image.fromarray(photo).filter(filter_))
    size, divisor, _, weights = filter_.filterargs
    found = fit_kernel(photo, after, size, rational=True).kernel
    expected = np.reshape(weights, size)[::-1]  # Pillow lays kernels on upside down
    assert np.array_equal(found.weights * divisor, expected * found.divisor)


def test_images_of_no_more_than_rounding_determine_no_kernel(photo):
    soft = conv2d(photo, find_kernel("gaussian:15,2"), dtype=np.uint8)
    after = conv2d(soft, find_kernel("gaussian3"), dtype=np.uint8)
    with pytest.raises(ConvtoolError, match="hold little more detail than their own rounding"):
        fit_kernel(soft, after)
    whole = fit_kernel(soft, after, rational=True)  # which makes every pixel
    assert np.array_equal(whole.kernel.weights, find_kernel("gaussian3").weights)
    floats = fit_kernel(soft, conv2d(soft, find_kernel("gaussian3")))
    assert np.allclose(floats.kernel.weights, find_kernel("gaussian3").divided(), atol=1e-5)


def test_a_bias_is_in_the_images_unit_whatever_the_results_depth(folder, crop, convtool):
    Image.fromarray(crop).save("a.png")
    convtool("conv", "a.png", "-k", "gaussian3", "--bias", "10", "--depth", "16", "-o", "b.png")
    after = read_image("b.png")
    found = fit_kernel(crop, after, rational=True, bias=True)
    assert (found.kernel.divisor, found.kernel.bias) == (16, 10)
    assert found.agreement.exact == 1
    floats = fit_kernel(crop, after, bias=True)
    assert 0.1 < floats.spread < 0.5  # grey levels of the result, as its RMS


def test_pixels_that_are_no_numbers_do_not_count_in_whole_results(crop):
    before = crop[..., 0].clip(20, 200).astype(np.float32)
    after = before.astype(np.uint8)
    before[5, 5] = np.nan
    found = fit_kernel(before, after)
    assert (found.agreement.exact, found.poor) == (1, False)


def test_paddings_that_give_one_size_are_told_apart_by_what_they_explain(photo):
    square = photo[:299, :299]
    options = {"divisor": 4, "stride": (1, 2)}
    for padding in ("full", "same"):
        after = conv2d(square, [[1, 3]], padding=padding, dtype=np.uint8, **options)
        found = fit_kernel(square, after, (1, 2), stride=(1, 2), rational=True)
        assert found.kernel.weights.tolist() == [[1, 3]], padding
        assert found.agreement.exact == 1


def test_a_wrong_padding_or_middle_that_explains_too_little_is_passed_over():
    """Of small images it does not even determine weights."""
    image, weights = np.random.default_rng(0).integers(0, 256, (9, 9), np.uint8), [[1, 5], [2, 4]]
    wrong = Model.of((2, 2))._replace(padding="same", anchor=(1, 1))
    both = _opening(image, 2, "before"), _opening(conv2d(image, weights), 2, "after")
    with pytest.raises(ConvtoolError, match="determine 4 weights only to"):
        fit_pairs([ImagePair(*both)], wrong)
    assert fit_kernel(image, conv2d(image, weights), 2, rational=True).agreement.exact == 1


def test_either_middle_of_an_even_kernel_is_found(crop):
    for anchor in (None, (2, 1)):
        kernel = Kernel(np.arange(1, 9).reshape(4, 2), 36, anchor=anchor)
        found = fit_kernel(crop, conv2d(crop, kernel, dtype=np.uint8), (4, 2), rational=True)
        assert np.array_equal(found.kernel.weights, kernel.weights)
        assert found.kernel.anchor == anchor
        assert found.agreement.exact == 1


def test_nothing_can_be_learned_as_such_and_black_and_white_are_no_clipping(crop):
    rng = np.random.default_rng(0)
    noise = rng.normal(size=(40, 40))
    found = fit_kernel(noise, noise * 0 + 7, bias=True)
    assert np.allclose(found.kernel.weights, 0, atol=1e-9)
    assert np.isclose(found.kernel.bias, 7)
    black_or_white = rng.random((40, 40)) > 0.5
    assert np.allclose(fit_kernel(black_or_white, black_or_white, 1).kernel.weights, 1)
    tiny = rng.normal(size=(30, 30)) * 1e-160
    assert np.allclose(fit_kernel(tiny, tiny, 1).kernel.weights, 1)  # and no warning


def test_pairs_may_have_been_made_with_different_paddings(crop):
    kernel = find_kernel("gaussian3")
    results = [
        conv2d(crop, kernel, padding=padding, dtype=np.uint8)
        for padding in ("same", "valid", "full")
    ]
    pairs = [
        ImagePair(_opening(crop, 2, "before"), _opening(result, 2, "after"), "pair")
        for result in results
    ]
    found = fit_pairs(pairs, Model.of((3, 3)), rational=True)
    assert np.array_equal(found.kernel.weights, kernel.weights)
    assert found.agreement.exact == 1
