import math
from fractions import Fraction

import numpy as np
import pytest
import scipy.ndimage
import scipy.signal
import skimage.filters
from helpers.imagemagick import needs_imagemagick, shown
from hypothesis import given
from hypothesis import strategies as st

from convtool import ConvtoolError, conv2d, find_kernel
from convtool.kernel.parametric.derivatives import (
    dog,
    freichen,
    gabor,
    laplacian,
    log,
    sobel,
    unsharp,
)
from convtool.kernel.parametric.smoothing import binomial, gaussian

odd = st.integers(1, 12).map(lambda n: 2 * n + 1)
sigmas = st.floats(0.05, 20)
volumes = st.tuples(*[st.sampled_from([1, 3, 5, 7])] * 3).filter(lambda size: max(size) > 1)


def seen_by_scipy(filtered, size):
    """The weights of a filter of SciPy's: what it gives around an impulse, turned around."""
    impulse = np.zeros([2 * side + 1 for side in size])
    impulse[size] = 1
    inside = tuple(slice(side - side // 2, side + side // 2 + 1) for side in size)
    return np.flip(filtered(impulse)[inside])


@given(size=st.tuples(odd, odd), sigma=sigmas, angle=st.floats(-400, 400), data=st.data())
def test_a_flat_area_vanishes_exactly_in_whatever_order_sums_are_made(size, sigma, angle, data):
    wavelength = data.draw(st.floats(2, min(size) / 1.5))
    kernels = [log(size, sigma), dog(size, sigma), dog(size, sigma, 2 * sigma),
               gabor(size, wavelength, angle)]  # fmt: skip
    for kernel in kernels:
        values = kernel.weights.ravel()
        assert np.any(values)
        assert sum(map(Fraction, values.tolist())) == 0
        assert values.sum() == np.random.default_rng(0).permutation(values).sum() == 0
        assert sum(values.tolist()) == 0


@pytest.mark.parametrize("size", range(3, 32, 2))
def test_sobel_is_opencvs(size):
    cv2 = pytest.importorskip("cv2")
    for axis, orders in (("x", (1, 0)), ("y", (0, 1))):
        row, column = cv2.getDerivKernels(*orders, size, normalize=False, ktype=cv2.CV_64F)
        assert np.array_equal(sobel((size, size), axis).weights, np.outer(column, row)), axis


def test_sobel_with_depth_is_scipys():
    for number, axis in enumerate("zyx"):
        expected = seen_by_scipy(lambda x, n=number: scipy.ndimage.sobel(x, n), (3, 3, 3))
        assert np.array_equal(sobel((3, 3, 3), axis).weights, expected), axis


@pytest.mark.parametrize("size", [(3, 1, 1), (1, 5, 7), (21, 21, 21), (1, 3), (7, 1), (31, 3)])
def test_sobel_finds_a_slope_along_its_axis_and_smooths_across(size):
    """A slope of 1 gives what the binomials add up to: 2 to the power of n - 1 along each side."""
    places = np.indices(size)
    for number, axis in enumerate("zyx"[-len(size) :]):
        if size[number] == 1:
            continue
        weights = sobel(size, axis).weights
        assert weights.dtype == np.int64
        digits = sum(side - 1 for side in size) - 1
        slopes = [(weights.astype(object) * place).sum() for place in places]
        assert slopes == [2**digits * (n == number) for n in range(len(size))]
        across = sum(side - 1 for n, side in enumerate(size) if n != number)
        assert abs(weights).sum() == 2**across * abs(sobel((1, size[number])).weights).sum()


@pytest.mark.parametrize(
    ("size", "axis", "message"),
    [
        ((3, 3), "z", "axis is z and size is 3x3, expected one as 3x3x3"),
        ((3, 1), "x", "size is 3x1, expected 3 or more along x"),
        ((1, 3, 3), "z", "size is 1x3x3, expected 3 or more along z"),
        ((23, 23, 23), "x", "size is 23x23x23, expected a smaller one, with whole weights below"),
    ],
)
def test_a_slope_needs_room_along_its_axis(size, axis, message):
    with pytest.raises(ConvtoolError, match=f"^{message}"):
        sobel(size, axis)


def test_sobel_3_is_bundled(folder):
    for axis in "xy":
        assert np.array_equal(sobel(axis=axis).weights, find_kernel(f"sobel_{axis}").weights)


@pytest.mark.parametrize("size", range(3, 28, 2))
def test_laplacian_is_the_bundled_one_of_a_binomial_blur(folder, size):
    kernel = laplacian((size, size))
    plain = find_kernel("laplacian").weights
    blur = binomial((size - 2, size - 2))
    expected = scipy.signal.convolve2d(plain, blur.weights / blur.divisor)
    found = kernel.weights / kernel.divisor
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-15)
    assert kernel.weights.dtype == np.int64
    assert sum(kernel.weights.ravel().tolist()) == 0
    places = np.arange(size) - size // 2
    assert (found * (places[:, np.newaxis] ** 2 + places**2)).sum() == pytest.approx(4)


@given(size=volumes)
def test_laplacian_with_depth_is_scipys_of_a_binomial_blur(size):
    """SciPy's has no option to leave an axis out, so it is applied where there is one."""
    kernel = laplacian(size)
    blur = binomial(tuple(max(side - 2, 1) for side in size))
    padded = np.pad(blur.weights / blur.divisor, [(int(side > 1),) * 2 for side in size])
    expected = sum(
        scipy.ndimage.correlate1d(padded, [1, -2, 1], axis, mode="constant")
        for axis, side in enumerate(size)
        if side > 1
    )
    if min(size) > 1:
        np.testing.assert_allclose(
            expected, scipy.ndimage.laplace(padded, mode="constant"), atol=1e-15
        )
    np.testing.assert_allclose(kernel.weights / kernel.divisor, expected, rtol=0, atol=1e-15)
    assert kernel.weights.dtype == np.int64
    assert kernel.weights.sum() == 0


def test_laplacian_of_a_row_is_a_second_difference():
    assert laplacian((1, 3)).weights.tolist() == [[1, -2, 1]]
    assert laplacian((3, 1)).weights.tolist() == [[1], [-2], [1]]
    assert np.array_equal(laplacian((1, 3, 3)).weights, laplacian((3, 3)).weights[np.newaxis])


@pytest.mark.parametrize("neighbours", [6, 18, 26])
def test_laplacians_of_so_many_neighbours_have_the_moments_that_are_said(neighbours):
    """In exact fractions. The fourth moments are those of an error without a direction: each
    x^4 is three times an x^2 y^2, as in (x^2 + y^2 + z^2)^2."""
    kernel = laplacian(neighbours=neighbours)
    values = kernel.weights.astype(object) * Fraction(1, int(kernel.divisor))
    assert np.count_nonzero(kernel.weights) == neighbours + 1
    z, y, x = np.indices((3, 3, 3)) - 1
    assert values.sum() == 0
    for place in (z, y, x):
        assert (values * place).sum() == 0
        assert (values * place**2).sum() == 2
    for one, other in ((x, y), (y, z), (x, z)):
        assert (values * one * other).sum() == 0
        mixed = (values * one**2 * other**2).sum()
        assert mixed == (0 if neighbours == 6 else Fraction(2, 3))
    assert (values * x**4).sum() == 2


def test_laplacian_of_6_neighbours_is_scipys():
    expected = seen_by_scipy(scipy.ndimage.laplace, (3, 3, 3))
    assert np.array_equal(laplacian(neighbours=6).weights, expected)
    assert np.array_equal(laplacian((3, 3, 3)).weights, expected)


LAPLACIANS = {
    0: [[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]],
    1: [[0, -1, 0], [-1, 4, -1], [0, -1, 0]],
    2: [[-2, 1, -2], [1, 4, 1], [-2, 1, -2]],
    3: [[1, -2, 1], [-2, 4, -2], [1, -2, 1]],
    5: [
        [-4, -1, 0, -1, -4],
        [-1, 2, 3, 2, -1],
        [0, 3, 4, 3, 0],
        [-1, 2, 3, 2, -1],
        [-4, -1, 0, -1, -4],
    ],
    7: [
        [-10, -5, -2, -1, -2, -5, -10],
        [-5, 0, 3, 4, 3, 0, -5],
        [-2, 3, 6, 7, 6, 3, -2],
        [-1, 4, 7, 8, 7, 4, -1],
        [-2, 3, 6, 7, 6, 3, -2],
        [-5, 0, 3, 4, 3, 0, -5],
        [-10, -5, -2, -1, -2, -5, -10],
    ],
    15: [
        [0, 0, -1, 0, 0],
        [0, -1, -2, -1, 0],
        [-1, -2, 16, -2, -1],
        [0, -1, -2, -1, 0],
        [0, 0, -1, 0, 0],
    ],
    19: [
        [0, -1, -1, -2, -2, -2, -1, -1, 0],
        [-1, -2, -4, -5, -5, -5, -4, -2, -1],
        [-1, -4, -5, -3, 0, -3, -5, -4, -1],
        [-2, -5, -3, 12, 24, 12, -3, -5, -2],
        [-2, -5, 0, 24, 40, 24, 0, -5, -2],
        [-2, -5, -3, 12, 24, 12, -3, -5, -2],
        [-1, -4, -5, -3, 0, -3, -5, -4, -1],
        [-1, -2, -4, -5, -5, -5, -4, -2, -1],
        [0, -1, -1, -2, -2, -2, -1, -1, 0],
    ],
}


@pytest.mark.parametrize(("number", "weights"), LAPLACIANS.items())
def test_numbered_laplacians_are_these(number, weights):
    kernel = laplacian(number=number)
    assert kernel.weights.tolist() == weights
    assert kernel.weights.dtype == np.int64
    assert kernel.divisor == 1
    assert kernel.weights.sum() == 0


@needs_imagemagick
@pytest.mark.parametrize("number", LAPLACIANS)
def test_numbered_laplacians_are_imagemagicks(number):
    [(_, weights)] = shown(f"Laplacian:{number}")
    assert np.array_equal(laplacian(number=number).weights, weights)


def test_numbered_laplacians_are_what_is_said_of_them(folder):
    assert np.array_equal(laplacian(number=1).weights, -laplacian().weights)
    assert np.array_equal(laplacian(number=15).weights, find_kernel("log5").weights)
    for number, side, times in ((2, 3, 3), (5, 5, 1), (7, 7, 1)):
        places = np.arange(side) - side // 2
        squares = places[:, np.newaxis] ** 2 + places**2
        expected = times * (squares.mean() - squares)
        np.testing.assert_allclose(laplacian(number=number).weights, expected, atol=1e-12)
    curve = -log((9, 9), 1.4).weights.ravel()
    assert np.corrcoef(curve, laplacian(number=19).weights.ravel())[0, 1] > 0.998


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (((3, 3), 0), "size is 3x3 and number is 0, expected one of them"),
        (((3, 3, 3), None, 6), "size is 3x3x3 and neighbours is 6, expected one of them"),
        (((1, 1),), "size is 1x1, expected 3 or more along one side"),
        (((21, 21, 21),), "size is 21x21x21, expected a smaller one, with whole weights below"),
    ],
)
def test_a_laplacian_has_a_size_or_a_number_or_neighbours(given, message):
    with pytest.raises(ConvtoolError, match=f"^{message}"):
        laplacian(*given)
    assert laplacian((19, 19, 19)).weights.dtype == np.int64


def basis():
    """The nine masks as rows of a matrix."""
    return np.array([(freichen(n).weights / freichen(n).divisor).ravel() for n in range(1, 10)])


def test_frei_chens_masks_are_an_orthonormal_basis():
    np.testing.assert_allclose(basis() @ basis().T, np.eye(9), atol=2e-15)


def test_frei_chens_masks_are_these():
    root = math.sqrt(2)
    times = [2 * root] * 4 + [2, 2, 6, 6, 3]
    expected = [
        [1, root, 1, 0, 0, 0, -1, -root, -1],
        [1, 0, -1, root, 0, -root, 1, 0, -1],
        [0, -1, root, 1, 0, -1, -root, 1, 0],
        [root, -1, 0, -1, 0, 1, 0, 1, -root],
        [0, 1, 0, -1, 0, -1, 0, 1, 0],
        [-1, 0, 1, 0, 0, 0, 1, 0, -1],
        [1, -2, 1, -2, 4, -2, 1, -2, 1],
        [-2, 1, -2, 1, 4, 1, -2, 1, -2],
        [1] * 9,
    ]
    found = basis() * np.array(times)[:, np.newaxis]
    np.testing.assert_allclose(found, expected, atol=4e-15)
    whole = [freichen(number).weights.dtype.kind for number in range(10)]
    assert "".join(whole) == "fffffiiiii"


def test_frei_chens_slope_is_sobels_with_a_root():
    slope, sobels = freichen().weights, sobel().weights
    assert np.array_equal(np.sign(slope), np.sign(sobels))
    np.testing.assert_allclose(slope[1] ** 2, [2, 0, 2], atol=1e-14)
    assert np.array_equal(slope[[0, 2]], sobels[[0, 2]])


@pytest.mark.parametrize("number", range(9))
def test_a_flat_area_vanishes_under_frei_chens_masks(number):
    kernel = freichen(number)
    orders = np.random.default_rng(0)
    assert all(sum(orders.permutation(kernel.weights.ravel()).tolist()) == 0 for _ in range(50))
    assert (conv2d(np.full((9, 9), -0.125), kernel, method="direct") == 0).all()
    np.testing.assert_allclose(conv2d(np.full((9, 9), 255, np.uint8), kernel), 0, atol=1e-4)


def test_a_straight_edge_is_as_strong_upright_as_diagonal():
    place = np.arange(9) - 4
    upright = 100.0 * (place > 0) * np.ones((9, 1))
    diagonal = 100.0 * (place > place[:, np.newaxis])
    strongest = [np.hypot(conv2d(image, freichen(1)), conv2d(image, freichen(2)))[2:-2, 2:-2].max()
                 for image in (upright, diagonal)]  # fmt: skip
    assert strongest[0] == pytest.approx(strongest[1], rel=1e-12)


@needs_imagemagick
def test_imagemagick_has_frei_chens_masks_under_other_numbers():
    """All except its 12 and 17, which are not orthogonal to the others; some are twice as large."""
    for theirs, ours, sign in (
        *((0, 0, 1), (11, 2, -1), (13, 4, -1), (14, 3, 1), (15, 5, -1), (16, 6, -1)),
        *((18, 8, 1), (19, 9, 1)),
    ):
        [(_, weights)] = shown(f"FreiChen:{theirs}")
        turned = sign * np.rot90(freichen(ours).weights, 2)
        found, expected = weights / np.linalg.norm(weights), turned / np.linalg.norm(turned)
        np.testing.assert_allclose(found, expected, atol=1e-15, err_msg=str(theirs))


@pytest.mark.parametrize("sigma", [0.6, 1, 2.5])
def test_log_is_scipys_but_for_what_makes_it_sum_to_0(sigma):
    kernel = log(sigma=sigma)
    reach = kernel.shape[0] // 2
    impulse = np.zeros((2 * reach + 21,) * 2)
    middle = reach + 10
    impulse[middle, middle] = 1
    inside = slice(10, 11 + 2 * reach)
    expected = scipy.ndimage.gaussian_laplace(impulse, sigma, radius=reach)[inside, inside]
    expected -= expected.sum() * gaussian(kernel.shape, sigma).weights
    np.testing.assert_allclose(kernel.weights, expected, atol=1e-13)


@pytest.mark.parametrize("size", [(7, 9, 11), (3, 3, 3), (1, 13), (11, 1), (5, 1, 9)])
@pytest.mark.parametrize("sigma", [0.8, 1.5])
def test_log_of_any_size_is_scipys_without_what_it_leaves_on_a_flat_area(size, sigma):
    sides = [axis for axis, side in enumerate(size) if side > 1]
    radius = [side // 2 for side in size if side > 1]

    def filtered(impulse):
        return sum(
            scipy.ndimage.gaussian_filter(
                impulse, sigma, [2 * (axis == one) for one in sides], axes=sides, radius=radius
            )
            for axis in sides
        )

    if len(sides) == len(size):
        whole = seen_by_scipy(
            lambda x: scipy.ndimage.gaussian_laplace(x, sigma, radius=radius), size
        )
        np.testing.assert_allclose(whole, seen_by_scipy(filtered, size), atol=1e-15)
    expected = seen_by_scipy(filtered, size)
    expected -= expected.sum() * gaussian(size, sigma).weights
    kernel = log(size, sigma)
    np.testing.assert_allclose(kernel.weights, expected, atol=1e-13)
    assert sum(map(Fraction, kernel.weights.ravel().tolist())) == 0


def test_a_side_of_1_leaves_sigma_to_the_others():
    assert np.array_equal(log((1, 9)).weights, log((1, 9), 1).weights)
    assert np.array_equal(dog((9, 1)).weights, dog((9, 1), 1 / 1.6, 1).weights)


@given(size=volumes, sigma=st.floats(0.3, 5))
def test_with_depth_a_flat_area_vanishes_or_stays_exactly_too(size, sigma):
    for kernel, total in (
        (log(size, sigma), 0),
        (dog(size, sigma), 0),
        (laplacian(size), 0),
        (unsharp(size, 0.3), 1),
    ):
        assert kernel.shape == size
        values = map(Fraction, kernel.weights.ravel().tolist())
        assert sum(values) / Fraction(kernel.divisor) == total


def test_dog_with_depth_is_a_difference_of_scipys_gaussians():
    expected = seen_by_scipy(
        lambda x: (
            scipy.ndimage.gaussian_filter(x, 0.7, radius=[2, 3, 4])
            - scipy.ndimage.gaussian_filter(x, 1.2, radius=[2, 3, 4])
        ),
        (5, 7, 9),
    )
    np.testing.assert_allclose(dog((5, 7, 9), 0.7, 1.2).weights, expected, atol=1e-15)


def test_log_answers_most_to_dark_spots_of_its_size():
    place = np.arange(81) - 40
    spot = 100.0 - 100 * (np.hypot(place[:, np.newaxis], place) <= 6)
    answers = [conv2d(spot, log(sigma=s))[40, 40] * s**2 for s in (1, 2, 6 / math.sqrt(2), 8)]
    assert max(answers) == answers[2] > 0


@pytest.mark.parametrize(("low", "high"), [(1, 1.6), (1, 3), (2.5, 4)])
def test_dog_is_scikit_images(low, high):
    kernel = dog(sigma=low, sigma2=high)
    reach = kernel.shape[0] // 2
    assert reach == int(4 * high + 0.5)
    impulse = np.zeros((2 * reach + 21,) * 2)
    impulse[reach + 10, reach + 10] = 1
    expected = skimage.filters.difference_of_gaussians(impulse, low, high)
    inside = slice(10, 11 + 2 * reach)
    np.testing.assert_allclose(kernel.weights, expected[inside, inside], atol=1e-4)


def test_dog_takes_each_sigma_from_the_other():
    assert dog(sigma=2) == dog(sigma=2, sigma2=3.2)
    assert dog(sigma2=3.2).shape == dog(sigma=2).shape
    np.testing.assert_allclose(dog(sigma2=3.2).weights, dog(sigma=2).weights, atol=1e-15)
    assert np.array_equal(dog((17, 17)).weights, dog((17, 17), 1.25, 2).weights)


def test_dog_of_two_equal_gaussians_is_refused():
    with pytest.raises(ConvtoolError, match="sigma and sigma2 are both 2, expected two different"):
        dog(sigma=2.0, sigma2=2.0)


@pytest.mark.parametrize("angle", [0, 30, 45, 90, 200])
@pytest.mark.parametrize("aspect", [0.5, 1])
def test_gabor_is_opencvs_without_its_mean_and_to_scale(angle, aspect):
    cv2 = pytest.importorskip("cv2")
    radians = math.radians(-angle)  # OpenCV's angles run clockwise
    options = (21, 21), 4, radians, 8, aspect
    plain = cv2.getGaborKernel(*options, 0, cv2.CV_64F)
    envelope = cv2.getGaborKernel((21, 21), 4, radians, 1e9, aspect, 0, cv2.CV_64F)
    expected = plain - plain.sum() / envelope.sum() * envelope
    found = gabor((21, 21), 8, angle, 4, aspect).weights
    scale = np.abs(found).max() / np.abs(expected).max()
    np.testing.assert_allclose(found, scale * expected, atol=1e-12)


@pytest.mark.parametrize("angle", [0, 30, 90, 135])
@pytest.mark.parametrize("wavelength", [5, 8])
def test_gabor_passes_its_own_stripes_as_they_are_and_others_less(angle, wavelength):
    kernel = gabor((31, 31), wavelength, angle)

    def answer(stripes, turned):
        place = np.arange(101) - 50
        right, up = math.cos(math.radians(turned)), math.sin(math.radians(turned))
        across = place * right - place[:, np.newaxis] * up
        wave = 50 + 20 * np.cos(2 * math.pi / stripes * across)
        return np.abs(conv2d(wave, kernel)[30:-30, 30:-30]).max() / 20

    assert answer(wavelength, angle) == pytest.approx(1, abs=0.01)
    assert answer(wavelength, angle + 60) < 0.05
    assert answer(2 * wavelength, angle) < 0.3


def test_gabors_phase_of_90_finds_edges():
    kernel = gabor((21, 21), phase=90)
    np.testing.assert_allclose(kernel.weights, -kernel.weights[:, ::-1], atol=1e-15)


def test_a_wave_larger_than_the_window_is_refused():
    for size, wavelength in ((3, 300), (21, 100), (1, 2)):
        with pytest.raises(ConvtoolError, match=rf"{size}x{size} with .* too little of a wave of"):
            gabor((size, size), wavelength)


def test_unsharp_is_bundled_and_whole_for_any_decimal(folder):
    bundled, made = find_kernel("unsharp"), unsharp()
    assert np.array_equal(made.weights, bundled.weights)
    assert made.divisor == bundled.divisor
    kernel = unsharp((3, 3), 0.3)
    assert kernel.weights.tolist() == [[-3, -6, -3], [-6, 196, -6], [-3, -6, -3]]
    assert kernel.divisor == 160


@given(
    size=st.tuples(odd, odd) | volumes,
    amount=st.floats(-1000, 1000),
    sigma=st.none() | sigmas,
)
def test_unsharp_is_the_image_and_what_a_blur_takes_away(size, amount, sigma):
    kernel = unsharp(size, amount, sigma)
    blur = binomial(size) if sigma is None else gaussian(size, sigma)
    expected = -amount * blur.weights / blur.divisor
    expected[tuple(side // 2 for side in size)] += 1 + amount
    found = kernel.weights / kernel.divisor
    np.testing.assert_allclose(found, expected, atol=1e-12 * (1 + abs(amount)))
    assert math.fsum(found.ravel()) == pytest.approx(1, abs=1e-12 * (1 + abs(amount)))
