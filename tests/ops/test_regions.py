"""Masks: where the map is written (only), and what may be read (within)."""

import pickle
from fractions import Fraction

import numpy as np
import pytest
from helpers.reference import correlate, pad, same
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from convtool import ConvtoolError, Kernel, conv2d, find_kernel, pool2d
from convtool.core.image import Header
from convtool.io.base import ArrayReader
from convtool.ops.base import over_array
from convtool.ops.combine import Combine
from convtool.ops.conv import Conv
from convtool.ops.conv_stage import ConvStage
from convtool.ops.mask import Mask, read_mask
from convtool.ops.only import Only
from convtool.ops.pointwise import Relu
from convtool.ops.pool import Pool
from convtool.ops.within import Within
from convtool.pipeline.bands import bands
from convtool.pipeline.prepare import prepare

BORDERS = ["edge", "constant", "reflect", "mirror", "wrap"]


def spots(rng, shape, soft=False):
    """A mask of some rectangles, at the edges among them."""
    values = np.zeros(shape, np.uint8)
    for _ in range(rng.integers(0, 4)):
        (top, left), (high, wide) = rng.integers(0, shape), rng.integers(1, 6, 2)
        block = values[top : top + high, left : left + wide]
        block[...] = rng.integers(0, 256, block.shape) if soft else 255
    return Mask("m.png", values, 255)


def run(operators, image, alpha=False):
    """The operators over an array (H, W, C), as the pipeline runs them."""
    reader = ArrayReader(Header.of_array(image, may_have_alpha=alpha), image)
    chain = prepare(operators, reader.header).chain
    return np.concatenate(list(bands(reader, chain, np.asarray, 2)))


@given(
    st.integers(0, 2**32), st.sampled_from(BORDERS), st.sampled_from([1, 3, 16]),
    st.sampled_from(["same", "valid", "full", ((2, 0), (1, 3))]), st.sampled_from([1, 2]),
)  # fmt: skip
def test_a_map_only_where_the_mask_is(seed, border, divisor, padding, dilation):
    rng = np.random.default_rng(seed)
    image = rng.integers(0, 256, rng.integers((7, 7), (12, 60))).astype(np.uint8)
    kernel = rng.integers(-9, 9, rng.integers(1, 4, 2))
    fill = 7 if border == "constant" else 0
    conv = Conv(kernel, divisor=divisor, border=border, fill=fill, padding=padding,
                dilation=dilation)  # fmt: skip
    reach = [(n - 1) * dilation + 1 for n in kernel.shape]
    pads = {
        "same": [same(n, k, 1, dilation) for n, k in zip(image.shape, kernel.shape, strict=True)],
        "valid": [(0, 0)] * 2,
        "full": [(n - 1, n - 1) for n in reach],
    }.get(padding, padding)
    whole = correlate(image, kernel, dilation=(dilation,) * 2, pads=pads, border=border, fill=fill)
    mask = spots(rng, whole.shape, soft=True)
    found = run([Only([conv], mask)], image[..., None])[..., 0]
    middles = []
    for n, out, k, (before, _) in zip(image.shape, whole.shape, reach, pads, strict=True):
        middle = before if out == n else (k - 1) // 2
        middles.append(np.clip(np.arange(out) + middle - before, 0, n - 1))
    kept = image[np.ix_(*middles)]
    for at in np.ndindex(whole.shape):
        share = Fraction(int(mask.values[at]), 255)
        exact = share * Fraction(int(whole[at]), divisor) + (1 - share) * int(kept[at])
        if share in (0, 1):
            assert found[at] == np.float32(float(exact))
        assert found[at] == pytest.approx(float(exact), rel=1e-6, abs=1e-4)


@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize("alpha", [None, "keep", "channel"])
@pytest.mark.parametrize("seed", range(4))
def test_each_operator_gives_inside_what_it_gives_alone(border, alpha, seed):
    rng = np.random.default_rng(seed)
    image = rng.integers(0, 256, (40, 300, 4)).astype(np.uint8)
    mask = spots(rng, (40, 300))
    under = mask.values[..., None] > 0
    header = Header.of_array(image, may_have_alpha=True)
    conv = Conv(find_kernel("gaussian:5"), border=border, alpha=alpha)
    edge = Conv(find_kernel("sobel_x"), border=border, alpha=alpha or "keep")
    pools = [Pool(5, mode, stride=1, padding="same", alpha=None if alpha == "keep" and mode == "lp"
                  else alpha) for mode in ("max", "mean", "median", "sum", "lp")]  # fmt: skip
    for operators in ([conv], [edge, Relu()], [Combine([edge, edge], "magnitude")],
                      *([pool] for pool in pools)):  # fmt: skip
        whole = run(operators, image, alpha=True)
        found = run([Only(operators, mask)], image, alpha=True)
        assert np.array_equal(found, np.where(under, whole, image)), operators[0].label
        stage = Only(operators, mask).bind(header)
        assert len(stage.parts) <= 3


def test_the_picture_is_the_photo_outside_and_the_full_blur_inside(photo, folder, convtool):
    Image.fromarray(photo).save("photo.png")
    row, col = np.mgrid[: photo.shape[0], : photo.shape[1]]
    mask = np.where((row - 60) ** 2 + (col - 80) ** 2 < 900, 255, 0).astype(np.uint8)
    mask[250:, 400:] = 255
    soft = np.clip(255 - np.hypot(row - 60, col - 80) * 3, 0, 255).astype(np.uint8)
    for kernel in ("gaussian:21", "gaussian5", "box:31", "unsharp", "motion9", "sobel_x"):
        assert convtool("conv", "photo.png", "-k", kernel, "-o", "full.png").returncode == 0
        full = np.asarray(Image.open("full.png"))
        for values in (mask, soft):
            Image.fromarray(values).save("mask.png")
            done = convtool("conv", "photo.png", "-k", kernel, "--only", "mask.png", "-o", "o.png")
            assert done.returncode == 0
            found = np.asarray(Image.open("o.png"))
            assert np.array_equal(found[values == 0], photo[values == 0])
            assert np.array_equal(found[values == 255], full[values == 255])
        one = find_kernel(kernel)
        map_ = conv2d(photo, Kernel(one.weights, divisor=one.divisor), dtype="float64")
        share = values[..., None] / 255
        mixed = np.clip(np.rint(share * map_ + (1 - share) * photo), 0, 255)
        near_tie = np.abs((share * map_ + (1 - share) * photo) % 1 - 0.5) < 1e-9
        assert np.array_equal(found[~near_tie], mixed.astype(np.uint8)[~near_tie])


def test_nothing_outside_is_computed(monkeypatch):
    made = []
    plain = ConvStage.run

    def counted(self, band, top, first, out):
        made.append(out.shape[:2])
        plain(self, band, top, first, out)

    monkeypatch.setattr(ConvStage, "run", counted)
    image = np.zeros((3000, 2000, 1), np.uint8)
    values = np.zeros((3000, 2000), np.uint8)
    values[100:120, 50:80] = values[2900:2920, 1900:1950] = 255
    run([Only([Conv(np.ones((7, 7)))], Mask("m", values, 255))], image)
    assert sorted(made) == [(20, 30 + 6), (20, 50 + 6)]
    mask = Mask("m", values, 255)
    both = Only([Within(mask), Conv(np.ones((7, 7)), missing="skip")], mask)
    stage = both.bind(Header.of_array(image))
    assert [part.taken for part in stage.parts] == [(47, 83), (1897, 1953)]
    made.clear()
    run([Only([Conv(np.ones((7, 7)))], Mask("m", values * 0, 255))], image)
    assert made == []


def test_what_no_window_under_the_mask_reaches_does_not_matter():
    image = np.full((30, 40, 1), np.nan)
    image[8:17, 10:24] = np.arange(9 * 14).reshape(9, 14, 1)
    values = np.zeros((30, 40), np.uint16)
    values[10:15, 12:22] = 40000
    found = run([Only([Conv(np.ones((5, 5)))], Mask("m", values, 65535))], image)[..., 0]
    share = 40000 / 65535
    whole = correlate(image[8:17, 10:24, 0], np.ones((5, 5)))
    expected = share * whole + (1 - share) * image[10:15, 12:22, 0]
    assert np.allclose(found[10:15, 12:22], expected, rtol=1e-14)
    inside = values > 0
    assert np.array_equal(found[~inside], image[~inside, 0], equal_nan=True)


@given(st.integers(0, 2**32), st.sampled_from(BORDERS), st.booleans(), st.booleans())
def test_within_reads_inside_alone(seed, border, fill_missing, only):
    rng = np.random.default_rng(seed)
    image = rng.integers(0, 256, rng.integers(5, 14, 2)).astype(np.uint8)
    kernel = rng.integers(1, 9, (3, 3))
    mask = Mask("m", rng.integers(0, 256, image.shape).astype(np.uint8), 255)
    there = mask.values >= 128
    conv = Conv(kernel, divisor=7, border=border, missing="skip", fill_missing=fill_missing)
    shown = spots(rng, image.shape)
    operators = [Within(mask), conv]
    found = run([Only(operators, shown)] if only else operators, image[..., None])[..., 0]
    pads = [(1, 1), (1, 1)]
    padded, marked = pad(image.astype(float), pads, border), pad(there, pads, border, 1)
    for row, col in np.ndindex(image.shape):
        near = slice(row, row + 3), slice(col, col + 3)
        weights = np.where(marked[near], kernel, 0)
        gone = not weights.any() or not (there[row, col] or fill_missing)
        if only and (gone or not shown.values[row, col]):
            assert found[row, col] == image[row, col]
        elif gone:
            assert np.isnan(found[row, col])
        else:
            total = Fraction(int((weights * padded[near]).sum()) * int(kernel.sum()))
            exact = total / int(weights.sum()) / 7
            assert found[row, col] == pytest.approx(float(exact), rel=1e-14)


def test_within_of_a_pool_and_of_alpha():
    rng = np.random.default_rng(1)
    image = rng.integers(0, 256, (12, 20, 4)).astype(np.uint8)
    mask = spots(np.random.default_rng(5), (12, 20))
    assert mask.values.any()
    marked = image.astype(float)
    marked[mask.values == 0, :3] = np.nan
    pool = Pool(3, "max", stride=1, padding="same", missing="skip", alpha="keep")
    found = run([Within(mask), pool], image, alpha=True)
    expected = pool2d(marked[..., :3], 3, "max", stride=1, padding="same", missing="skip")
    assert np.array_equal(found[..., :3], expected, equal_nan=True)
    assert np.array_equal(found[..., 3], image[..., 3])
    weighted = Conv(np.ones((3, 3)), missing="skip", alpha="weight")
    with pytest.raises(ConvtoolError, match="alpha is weight"):
        run([Within(mask), weighted], image, alpha=True)
    assert np.array_equal(  # by default alpha is kept, as under skip
        run([Within(mask), Conv(np.ones((3, 3)), missing="skip")], image, alpha=True)[..., 3],
        image[..., 3],
    )


def test_operators_with_masks_can_be_sent_elsewhere():
    rng = np.random.default_rng(3)
    image = rng.integers(0, 256, (20, 30, 1)).astype(np.uint8)
    mask = Mask("m", rng.integers(0, 256, (20, 30)).astype(np.uint8), 255)
    one = Only([Within(mask), Conv(np.ones((3, 3)), missing="skip"), Relu()], mask)
    again = pickle.loads(pickle.dumps(one))
    assert again.label == "within m, conv 3x3, relu, only m"
    assert np.array_equal(run([again], image), run([one], image))
    header = Header.of_array(image)
    assert np.array_equal(over_array(one.bind(header), image), run([one], image))


def test_sizes_and_channels_that_do_not_fit():
    image = np.zeros((8, 9, 3), np.uint8)
    mask = Mask("m.png", np.zeros((8, 8), np.uint8), 255)
    with pytest.raises(ConvtoolError, match=r"mask m.png is 8x8 and the map 8x9, expected"):
        run([Only([Conv(np.ones((3, 3)))], mask)], image)
    with pytest.raises(ConvtoolError, match=r"mask m.png is 8x8 and the image 8x9, expected"):
        run([Within(mask), Conv(np.ones((3, 3)))], image)
    layer = Conv(np.ones((5, 3, 1, 1)))
    with pytest.raises(ConvtoolError, match=r"the map has 5 channel\(s\) and the image 3"):
        run([Only([layer], mask._replace(values=np.zeros((8, 9), np.uint8)))], image)


@pytest.mark.parametrize(
    ("pixels", "values", "white"),
    [
        (np.array([[0, 128, 255]], np.uint8), [[0, 128, 255]], 255),
        (np.array([[0, 300, 65535]], np.uint16), [[0, 300, 65535]], 65535),
        (np.array([[[255, 0, 0], [9, 9, 9]]], np.uint8), [[76, 9]], 255),
        (np.array([[[9, 0], [9, 255]]], np.uint8), [[0, 255]], 255),
        (np.array([[[9, 255], [7, 255]]], np.uint8), [[9, 7]], 255),
        (np.array([[[0, 0, 9, 4], [1, 1, 1, 255]]], np.uint8), [[4, 255]], 255),
    ],
)
def test_a_mask_is_alpha_or_grey(folder, pixels, values, white):
    Image.fromarray(pixels).save("m.png")
    mask, _ = read_mask("m.png")
    assert (mask.values.tolist(), mask.white) == (values, white)


@pytest.mark.parametrize(
    ("pixels", "values", "white"),
    [
        (np.array([[False, True]]), [[0, 1]], 1),
        (np.array([[0.0, 1.0]]), [[0, 1]], 1),
        (np.array([[0.0, 0.5, 1]]), [[0, 32768, 65535]], 65535),
        (np.array([[0, 255]], np.int64), [[0, 255]], 255),
        (np.array([[0, 256]], np.int64), [[0, 256]], 65535),
    ],
)
def test_a_mask_of_numbers(folder, pixels, values, white):
    np.save("m.npy", pixels)
    mask, _ = read_mask("m.npy")
    assert (mask.values.tolist(), mask.white) == (values, white)


@pytest.mark.parametrize("value", [np.nan, -1.0, 70000.0, 3.5, np.inf])
def test_no_mask(folder, value):
    np.save("m.npy", np.array([[0.0, value]]))
    with pytest.raises(ConvtoolError, match=r"m.npy: the mask holds"):
        read_mask("m.npy")


def test_an_image_of_few_grey_levels_is_told(folder):
    Image.fromarray(np.eye(4, dtype=np.uint8)).save("m.png")
    _, notes = read_mask("m.png")
    assert notes == ("m.png: the largest value of this mask is 1 of 255",)
