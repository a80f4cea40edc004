import math
from fractions import Fraction

import numpy as np
import pytest
import scipy.ndimage
import scipy.signal.windows
from helpers.imagemagick import needs_imagemagick, shown
from hypothesis import example, given
from hypothesis import strategies as st

from convtool import ConvtoolError, conv2d, find_kernel
from convtool.kernel.parametric.smoothing import (
    binomial,
    box,
    comet,
    disk,
    gaussian,
    motion,
    triangle,
)

sizes = st.tuples(st.integers(1, 24), st.integers(1, 24))
sigmas = st.floats(0.01, 50)
angles = st.floats(-400, 400)


def exact_sum(kernel):
    """The gain on a flat area, in exact fractions."""
    return sum(map(Fraction, kernel.weights.ravel().tolist())) / Fraction(kernel.divisor)


@given(size=sizes, sigma=sigmas, angle=st.floats(-400, 400), length=st.integers(1, 60))
def test_every_blur_sums_to_1_and_is_nowhere_negative(size, sigma, angle, length):
    kernels = [gaussian(size, sigma), gaussian(size), disk(size, sigma), disk(size)]
    for kernel in [*kernels, box(size), triangle(size), binomial(size), motion(length, angle)]:
        assert kernel.weights.min() >= 0
        if kernel.weights.dtype.kind == "i":
            assert exact_sum(kernel) == 1, kernel
        else:
            assert math.fsum(kernel.weights.ravel()) == 1, kernel


@given(size=sizes, sigma=sigmas)
def test_blurs_are_mirrored_both_ways(size, sigma):
    kernels = [gaussian(size, sigma), disk(size, sigma), box(size), triangle(size), binomial(size)]
    for kernel in kernels:
        assert np.array_equal(kernel.weights, np.flip(kernel.weights, 0))
        assert np.array_equal(kernel.weights, np.flip(kernel.weights, 1))
        assert kernel.shape == size


@pytest.mark.parametrize("size", [(3, 3), (7, 7), (5, 9), (31, 31), (1, 7)])
@pytest.mark.parametrize("sigma", [0.3, 1.5, 8])
def test_gaussian_is_opencvs(size, sigma):
    cv2 = pytest.importorskip("cv2")
    column, row = (cv2.getGaussianKernel(n, sigma)[:, 0] for n in size)
    np.testing.assert_allclose(gaussian(size, sigma).weights, np.outer(column, row), atol=2e-16)


@given(size=sizes, sigma=st.floats(0.1, 50))
def test_gaussian_of_any_size_is_scipys_window(size, sigma):
    lines = [scipy.signal.windows.gaussian(n, sigma) for n in size]
    column, row = (line / line.sum() for line in lines)
    np.testing.assert_allclose(gaussian(size, sigma).weights, np.outer(column, row), atol=1e-15)


@pytest.mark.parametrize("size", [11, 15, 31, 101])
def test_gaussians_sigma_from_its_size_is_opencvs(size):
    cv2 = pytest.importorskip("cv2")
    line = cv2.getGaussianKernel(size, -1)[:, 0]
    np.testing.assert_allclose(gaussian((size, size)).weights, np.outer(line, line), atol=2e-16)


@pytest.mark.parametrize("sigma", [0.4, 1, 2.3, 6])
def test_gaussians_size_from_its_sigma_is_scipys(sigma):
    kernel = gaussian(sigma=sigma)
    impulse = np.zeros((71, 71))
    impulse[35, 35] = 1
    expected = scipy.ndimage.gaussian_filter(impulse, sigma)
    reach = kernel.shape[0] // 2
    inside = slice(35 - reach, 36 + reach)
    np.testing.assert_allclose(kernel.weights, expected[inside, inside], atol=1e-15)
    assert expected[inside, inside].sum() == pytest.approx(1, abs=1e-12), "the same support"


def test_gaussian_alone_is_5x5():
    assert gaussian().shape == (5, 5)
    assert gaussian() == gaussian((5, 5))


@given(size=sizes, sigma=sigmas, sigma2=sigmas, angle=angles)
@example(size=(24, 24), sigma=50, sigma2=0.01, angle=45)  # two of the four in the middle are 0
def test_a_turned_gaussian_sums_to_1_in_any_order(size, sigma, sigma2, angle):
    weights = gaussian(size, sigma, sigma2, angle).weights
    assert weights.shape == size
    assert weights.min() >= 0
    assert sum(map(Fraction, weights.ravel().tolist())) == 1
    assert np.random.default_rng(0).permutation(weights.ravel()).sum() == 1
    assert np.array_equal(weights, weights[::-1, ::-1])


@pytest.mark.parametrize("angle", [0, 17, 45, 90, 130])
@pytest.mark.parametrize(("sigma", "sigma2"), [(0.5, 1.5), (2, 0.8), (3, 2.9)])
def test_a_turned_gaussian_keeps_a_flat_area(sigma, sigma2, angle):
    kernel = gaussian(sigma=sigma, sigma2=sigma2, angle=angle)
    for flat in (np.full((9, 11), 1.0), np.full((9, 11), -0.125), np.full((9, 11), 255, np.uint8)):
        for method in ("direct", "separable") if angle % 90 == 0 else ("direct",):
            assert (conv2d(flat, kernel, method=method) == flat).all()


@pytest.mark.parametrize("angle", [0, 30, 45, 90, 117, 180, 200, -30])
@pytest.mark.parametrize(("sigma", "sigma2"), [(3, 1), (0.7, 2.5), (0.05, 0.05)])
def test_a_turned_gaussian_is_that_of_its_covariance(angle, sigma, sigma2):
    """Taken from x to the right and y upwards, as mathematics has angles."""
    along = np.array([math.cos(math.radians(angle)), math.sin(math.radians(angle))])
    across = np.array([-along[1], along[0]])
    covariance = sigma**2 * np.outer(along, along) + sigma2**2 * np.outer(across, across)
    inverse = np.linalg.inv(covariance)
    expected = np.array([[math.exp(-0.5 * (place @ inverse @ place))
                          for x in range(-5, 6) for place in [np.array([x, -down])]]
                         for down in range(-4, 5)])  # fmt: skip
    found = gaussian((9, 11), sigma, sigma2, angle).weights
    np.testing.assert_allclose(found, expected / expected.sum(), atol=1e-15)


@pytest.mark.parametrize("angle", [0, 20, 45, 100, 160])
def test_a_turned_gaussian_is_the_envelope_of_opencvs_gabor(angle):
    cv2 = pytest.importorskip("cv2")
    radians = math.radians(-angle)  # OpenCV's angles run clockwise
    envelope = cv2.getGaborKernel((21, 21), 3, radians, 1e9, 3 / 1.2, 0, cv2.CV_64F)
    found = gaussian((21, 21), 3, 1.2, angle).weights
    np.testing.assert_allclose(found, envelope / envelope.sum(), atol=1e-12)


def test_a_gaussian_of_two_sigmas_is_scipys():
    impulse = np.zeros((41, 41))
    impulse[20, 20] = 1
    for angle, order in ((0, (1, 2.5)), (90, (2.5, 1)), (180, (1, 2.5)), (-90, (2.5, 1))):
        kernel = gaussian(sigma=2.5, sigma2=1, angle=angle)
        rows, cols = (2 * int(4 * sigma + 0.5) + 1 for sigma in order)
        assert kernel.shape == (rows, cols)
        expected = scipy.ndimage.gaussian_filter(impulse, order)
        inside = expected[20 - rows // 2 : 21 + rows // 2, 20 - cols // 2 : 21 + cols // 2]
        np.testing.assert_allclose(kernel.weights, inside, atol=1e-15)
        assert np.linalg.matrix_rank(kernel.weights, tol=1e-14) == 1


def test_a_bright_point_becomes_a_streak_at_the_angle():
    point = np.zeros((31, 31))
    point[15, 15] = 1
    drawn = conv2d(point, gaussian(sigma=4, sigma2=0.6, angle=45))
    assert np.trace(drawn[:, ::-1]) > 5 * np.trace(drawn)


def test_round_gaussians_are_the_same_at_any_angle():
    plain = gaussian(sigma=1.5)
    assert gaussian(sigma=1.5, angle=30) == gaussian(sigma=1.5, sigma2=1.5, angle=77) == plain
    assert gaussian((4, 7), 1.5, 1.5, 10) == gaussian((4, 7), 1.5)


@given(sigma=st.floats(0.3, 8), sigma2=st.floats(0.3, 8), angle=angles)
def test_the_size_of_a_turned_gaussian_holds_4_sigmas_each_way(sigma, sigma2, angle):
    kernel = gaussian(sigma=sigma, sigma2=sigma2, angle=angle)
    wide = gaussian((81, 81), sigma, sigma2, angle).weights
    rows, cols = kernel.shape
    inside = wide[40 - rows // 2 : 41 + rows // 2, 40 - cols // 2 : 41 + cols // 2]
    assert inside.sum() > 1 - 3e-4
    for side, (across, up) in zip(
        (cols, rows), ((math.cos, math.sin), (math.sin, math.cos)), strict=True
    ):
        radians = math.radians(angle)
        spread = math.hypot(sigma * across(radians), sigma2 * up(radians))
        assert abs(side - (8 * spread + 1)) <= 1 + 1e-6


@pytest.mark.parametrize("options", [{"sigma2": 2}, {"angle": 30}, {"size": (5, 5), "sigma2": 2}])
def test_a_second_sigma_or_an_angle_needs_the_first_sigma(options):
    with pytest.raises(ConvtoolError, match="sigma2 or angle is given without sigma, expected"):
        gaussian(**options)


@pytest.mark.parametrize(("made", "bundled"), [
    (box((3, 3)), "box3"), (box((5, 5)), "box5"), (binomial((3, 3)), "gaussian3"),
    (binomial((5, 5)), "gaussian5"), (binomial((7, 7)), "gaussian7"), (motion(9, 135), "motion9"),
])  # fmt: skip
def test_what_is_bundled_is_made(folder, made, bundled):
    kernel = find_kernel(bundled)
    assert np.array_equal(made.weights, kernel.weights)
    assert made.divisor == kernel.divisor


@pytest.mark.parametrize("size", [(2, 2), (5, 4), (27, 27), (28, 28), (64, 3), (1000, 1)])
def test_binomial_has_pascals_rows(size):
    kernel = binomial(size)
    exact = [[Fraction(math.comb(size[0] - 1, i) * math.comb(size[1] - 1, j), 2 ** (sum(size) - 2))
              for j in range(size[1])] for i in range(size[0])]  # fmt: skip
    if kernel.weights.dtype.kind == "i":
        whole = [[Fraction(value) / Fraction(kernel.divisor) for value in row]
                 for row in kernel.weights.tolist()]  # fmt: skip
        assert whole == exact
    else:
        assert sum(size) > 54
        np.testing.assert_allclose(kernel.weights, np.array(exact, float), rtol=1e-15, atol=1e-16)


def test_a_binomial_too_large_is_refused():
    with pytest.raises(ConvtoolError, match="size is 1001x3, expected 1000 at most"):
        binomial((1001, 3))


@pytest.mark.parametrize("side", [1, 2, 3, 4, 5, 8, 15])
def test_triangle_is_bartletts_window_and_two_boxes(side):
    line = triangle((1, side)).weights[0]
    full = scipy.signal.windows.bartlett(side + 2)[1:-1]
    np.testing.assert_allclose(line / line.max(), full / full.max(), atol=1e-15)
    boxes = np.convolve(np.ones(-(-side // 2)), np.ones(side // 2 + 1))
    assert np.array_equal(line, boxes)


@pytest.mark.parametrize(
    ("size", "radius"), [(5, 2.5), (5, 1.2), (4, 2), (9, 3.3), (7, 0.4), (3, 9)]
)
def test_disk_has_the_part_of_each_pixel_inside_the_circle(size, radius):
    fine = 400
    place = (np.arange(size * fine) + 0.5) / fine - size / 2
    inside = np.hypot(place[:, np.newaxis], place) < radius
    parts = inside.reshape(size, fine, size, fine).mean(axis=(1, 3))
    np.testing.assert_allclose(
        disk((size, size), radius).weights, parts / parts.sum(), atol=1e-3 / min(parts.sum(), 1)
    )


@given(radius=st.floats(0.01, 30))
def test_a_disk_that_fits_has_the_circles_area(radius):
    """Whole pixels inside have the weight 1 / (pi r^2): no area is lost at the edge."""
    kernel = disk(radius=radius)
    assert kernel.shape[0] % 2 == 1
    assert kernel.shape[0] / 2 >= radius > kernel.shape[0] / 2 - 1 - 1e-9
    if radius >= 0.75:  # the middle pixel is inside
        middle = kernel.weights[kernel.shape[0] // 2, kernel.shape[1] // 2]
        assert middle == pytest.approx(1 / (math.pi * radius**2), rel=1e-9)


@pytest.mark.parametrize("length", [1, 2, 5, 6])
def test_motion_at_multiples_of_45_degrees_is_whole(length):
    line = np.ones((1, length))
    square = np.eye(length)
    for angle, expected in ((0, line), (45, square[::-1]), (90, line.T), (135, square),
                            (180, line), (-45, square), (405, square[::-1])):  # fmt: skip
        kernel = motion(length, angle)
        assert np.array_equal(kernel.weights, expected), angle
        assert kernel.weights.dtype == np.int64
        assert kernel.divisor == length


@given(length=st.integers(2, 40), angle=st.floats(-90, 90))
def test_motion_runs_along_its_angle_through_its_middle(length, angle):
    weights = motion(length, angle).weights.astype(float)
    weights /= weights.sum()
    rows, cols = (np.arange(n) - (n - 1) / 2 for n in weights.shape)
    assert abs(rows @ weights.sum(1)) < 1e-9
    assert abs(weights.sum(0) @ cols) < 1e-9
    steep = abs(angle) > 45
    along = weights.sum(1 if steep else 0)
    np.testing.assert_allclose(along, np.full(length, 1 / length), atol=1e-12)
    # The mean row in each column, or column in each row, rises as the angle says.
    places = (weights @ cols if steep else rows @ weights) * length
    slope = np.polyfit(np.arange(length), places, 1)[0]
    expected = math.tan(math.radians(angle))
    assert slope == pytest.approx(-1 / expected if steep else -expected, abs=1e-6)


def test_a_motion_blur_smears_a_point_into_the_line():
    point = np.zeros((9, 9))
    point[4, 4] = 1
    drawn = conv2d(point, motion(5, 45))
    assert np.array_equal(np.argwhere(drawn), [[i, 8 - i] for i in range(2, 7)])


def test_a_comet_is_half_a_gaussian_with_its_head_at_the_anchor():
    half = [1, math.exp(-0.5), math.exp(-2)]
    for angle, expected, anchor in (
        (0, [half[::-1]], (0, 2)),
        (90, [[weight] for weight in half], (0, 0)),
        (180, [half], (0, 0)),
        (270, [[weight] for weight in half[::-1]], (2, 0)),
    ):
        kernel = comet(3, angle, 1)
        assert kernel.anchor == anchor
        np.testing.assert_allclose(kernel.weights, np.array(expected) / sum(half), atol=1e-15)
    slanted = np.diag([math.exp(-((math.sqrt(2) * d) ** 2) / 2) for d in range(3)])
    kernel = comet(3, 225, 1)
    assert kernel.anchor == (2, 0)
    np.testing.assert_allclose(kernel.weights, (slanted / slanted.sum())[::-1], atol=1e-15)


@given(length=st.integers(1, 60), angle=angles, sigma=sigmas)
def test_a_comet_sums_to_1_in_any_order(length, angle, sigma):
    weights = comet(length, angle, sigma).weights
    assert weights.min() >= 0
    assert sum(map(Fraction, weights.ravel().tolist())) == 1
    assert np.random.default_rng(0).permutation(weights.ravel()).sum() == 1


@pytest.mark.parametrize("angle", [*range(-180, 180, 15), -179, -91, 1, 44, 46, 89, 136, 400])
@given(length=st.integers(2, 20), sigma=st.floats(1, 50))
def test_a_bright_point_trails_off_at_the_angle(length, angle, sigma):
    point = np.zeros((41, 41))
    point[20, 20] = 1
    drawn = conv2d(point, comet(length, angle, sigma))
    assert drawn.argmax() == point.argmax()
    right, up = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    places = np.arange(-20, 21)
    means = [drawn.sum(0) @ places, -(drawn.sum(1) @ places)]
    distance = math.hypot(*means)
    np.testing.assert_allclose(means, [distance * right, distance * up], atol=1e-9)
    # Along the line the weights are those of the curve at the distance of each column or row.
    steep = abs(up) > abs(right)
    along = drawn.sum(1 if steep else 0)[:: -1 if (up > 0 if steep else right < 0) else 1][20:]
    step = 1 / max(abs(right), abs(up))
    curve = np.exp(-0.5 * (np.arange(21) * step / sigma) ** 2) * (np.arange(21) < length)
    np.testing.assert_allclose(along, curve / curve.sum(), atol=1e-9)


def test_a_comets_last_pixel_adds_no_row_by_rounding():
    for down, across in ((1, 2), (4, 5), (3, 8), (2, 11)):
        angle = math.degrees(math.atan(down / across))
        assert comet(across + 1, angle, 1).shape == (down + 1, across + 1)


@given(sigma=st.floats(0.1, 30), angle=angles)
def test_a_comet_reaches_over_4_sigmas(sigma, angle):
    radians = math.radians(angle)
    step = 1 / max(abs(math.cos(radians)), abs(math.sin(radians)))
    length = max(comet(angle=angle, sigma=sigma).shape)
    assert abs((length - 1) * step - 4 * sigma) <= step / 2 + 1e-6
    assert comet(angle=angle).shape == comet(9, angle).shape
    assert max(comet(9, angle).shape) == 9
    sigma = 8 * step / 4
    np.testing.assert_allclose(comet(9, angle).weights, comet(9, angle, sigma).weights, atol=1e-12)


@needs_imagemagick
@pytest.mark.parametrize("angle", [0, 90, 180, 270])
def test_imagemagicks_comets_trail_off_to_the_same_side(angle):
    """Its angles run clockwise, and its weights are means of the curve over a pixel."""
    [(size, weights)] = shown(f"Comet:13x3,{angle}")
    kernel = comet(13, -angle, 3)
    (rows, cols), (row, col) = kernel.shape, kernel.place
    assert size == f"{cols}x{rows}+{cols - 1 - col}+{rows - 1 - row}"
    np.testing.assert_allclose(np.rot90(kernel.weights, 2), weights, atol=0.03)


@pytest.mark.parametrize(
    "make",
    [
        lambda: box((2**11, 2**10)),
        lambda: gaussian(sigma=1000),
        lambda: gaussian(sigma=500, sigma2=1, angle=45),
        lambda: disk(radius=5000),
        lambda: motion(3000, 40),
        lambda: comet(3000, 40),
        lambda: triangle((1, 2**21)),
    ],
)
def test_windows_too_large_are_refused_before_they_are_made(make):
    with pytest.raises(ConvtoolError, match=r"the kernel would be .* expected 1048576 weights"):
        make()


@pytest.mark.parametrize("size", [5, 9, 16, 31, 101])
def test_a_disk_is_0_outside_and_even_inside(size):
    weights = disk((size, size)).weights
    far = np.abs(np.arange(size) - (size - 1) / 2)
    nearest, farthest = (
        np.hypot(*np.ix_(side, side)) for side in (np.maximum(far - 0.5, 0), far + 0.5)
    )
    assert not weights[nearest >= size / 2].any()
    assert weights[nearest < size / 2 - 0.1].all()
    assert len(set(weights[farthest <= size / 2].tolist())) == 1
    assert math.fsum(weights.flat) == 1
