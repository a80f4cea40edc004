import numpy as np
import pytest
from helpers.blocks import Blocks
from helpers.reference import borders, images, kernels, pairs
from hypothesis import given
from hypothesis import strategies as st

from convtool import ConvtoolError, conv2d, pool2d
from convtool.core.image import Header
from convtool.ops.conv import Conv
from convtool.ops.pointwise import Relu
from convtool.ops.pool import Pool
from convtool.ops.segment import segments
from convtool.pipeline.bands import bands, bands_of_all


def result(reader, *operators, threads=2):
    chain = segments(operators, reader.header)
    return np.concatenate(list(bands(reader, chain, np.copy, threads)))


@given(images(dtype="uint8", most=40, channels=(1, 3)), kernels(), borders, pairs, st.data())
def test_a_chain_equals_the_operators_one_after_another(image, weights, border, stride, data):
    reader = Blocks(image, data.draw(st.integers(1, 20)))
    found = result(
        reader,
        Conv(weights, border=border, stride=stride),
        Relu(),
        Pool(2, "max", padding=1),
        Conv(weights, border=border, padding="full"),
    )
    step = np.maximum(conv2d(image, weights, border=border, stride=stride), 0)
    step = pool2d(step, 2, "max", padding=1)
    assert np.array_equal(found, conv2d(step, weights, border=border, padding="full"))


@pytest.mark.parametrize("border", ["edge", "constant", "reflect", "mirror", "wrap"])
@pytest.mark.parametrize("rows", [1, 7, 5000])
def test_bands_and_blocks_do_not_show(border, rows):
    image = np.random.default_rng(0).integers(0, 256, (900, 400, 3), dtype=np.uint8)
    weights = np.random.default_rng(1).integers(-5, 5, (5, 4))
    options = {"border": border, "dilation": (3, 1)}
    found = result(Blocks(image, rows), Conv(weights, **options), Conv(weights, **options))
    expected = conv2d(conv2d(image, weights, **options), weights, **options)
    assert np.array_equal(found, expected)


def test_the_image_is_read_as_it_is_needed():
    image = np.zeros((5000, 2000, 1), np.uint8)
    reader = Blocks(image, 10)
    operator = Conv(np.ones((5, 5), int))
    first = next(bands(reader, segments([operator], reader.header), np.copy, 1))
    assert len(first) + 2 <= reader.given <= len(first) + 12
    wrapped = Conv(np.ones((5, 5), int), border="wrap")
    next(bands(reader, segments([wrapped], reader.header), np.copy, 1))
    assert reader.given == 5000


@pytest.mark.parametrize("operator", [Pool((500, 1)), Conv([[1, 2]], stride=(500, 1))])
def test_few_rows_are_held_of_windows_that_are_far_apart(operator):
    reader = Blocks(np.zeros((40_000, 1500, 1), np.uint8), 100)
    chain = segments([Conv([[1, 1]]), operator], reader.header)
    first = next(bands(reader, chain, np.copy, 1))
    assert (len(first) - 1) * 500 < reader.given < 4500


def test_alpha_is_carried_over_where_the_size_stays():
    image = np.random.default_rng(2).integers(0, 256, (300, 250, 4), dtype=np.uint8)
    found = result(Blocks(image, 9, alpha=True), Conv(np.ones((4, 6)), dilation=2, alpha="keep"))
    assert np.array_equal(found[..., 3], image[..., 3])
    assert np.array_equal(found[..., :3], conv2d(image[..., :3], np.ones((4, 6)), dilation=2))


def test_alpha_is_taken_at_the_anchor_where_the_size_changes():
    image = np.random.default_rng(2).integers(0, 256, (9, 9, 2), dtype=np.uint8)
    alpha = image[..., 1]

    def carried(**options):
        operator = Conv(np.ones((3, 3)), alpha="keep", **options)
        return result(Blocks(image, 2, alpha=True), operator)[..., 1]

    assert np.array_equal(carried(padding="valid"), alpha[1:-1, 1:-1])
    assert np.array_equal(carried(padding="valid", anchor=(0, 2)), alpha[:-2, 2:])
    assert np.array_equal(carried(stride=2), alpha[::2, ::2])
    assert np.array_equal(carried(padding="full")[1:-1, 1:-1], alpha)


@pytest.mark.parametrize("border", ["edge", "constant", "reflect", "mirror", "wrap"])
def test_alpha_keeps_its_rows_under_wide_padding(border):
    image = np.zeros((60, 2000, 4), np.uint8)
    image[..., 3] = 4 * np.arange(60)[:, None]
    options = {"border": border, "padding": ((12, 0), (0, 0)), "alpha": "keep"}
    found = result(Blocks(image, 7, alpha=True), Conv([[1], [2], [3]], **options))
    assert found[:, 0, 3].tolist() == [4 * max(row - 11, 0) for row in range(70)]


def test_pooling_pools_alpha_like_a_channel():
    image = np.random.default_rng(2).integers(0, 256, (8, 8, 4), dtype=np.uint8)
    assert np.array_equal(result(Blocks(image, 3, alpha=True), Pool(2)), pool2d(image))


def test_relu_leaves_alpha_and_nan():
    image = np.array([[[-1.0, -2.0], [np.nan, 3.0]]])
    found = result(Blocks(image, 1, alpha=True), Relu())
    assert np.array_equal(found, [[[0, -2], [np.nan, 3]]], equal_nan=True)


def test_a_reader_that_ends_early_is_an_error():
    reader = Blocks(np.zeros((10, 4, 1)), 5)
    chain = segments([Pool(2)], Header.of_array(np.zeros((20, 4, 1))))
    with pytest.raises(ConvtoolError, match="ends after 10 rows, expected 20"):
        list(bands(reader, chain, np.copy, 2))


CHAINS = [
    [Conv(np.ones((5, 4), int), border="wrap")],
    [Conv([[1, -1]], stride=(3, 1))],
    [Pool((9, 2))],
    [Relu()],
    [Conv([[1, 2], [3, 4]]), Pool(2), Conv([[1], [2], [1]])],
    [Pool(2), Conv([[1, 0, 1]], dilation=7)],
    [Conv(np.ones((5, 4), int), border="wrap")],
]


@pytest.mark.parametrize("threads", [1, 3])
def test_several_chains_give_what_each_gives_alone(threads):
    image = np.random.default_rng(5).integers(0, 256, (700, 600, 3), dtype=np.uint8)
    reader = Blocks(image, 13)
    chains = [(segments(operators, reader.header), np.copy) for operators in CHAINS]
    found = [[] for _ in CHAINS]
    for number, band in bands_of_all(reader, chains, threads):
        found[number].append(band)
    for operators, some in zip(CHAINS, found, strict=True):
        assert len(some) > 1
        assert np.array_equal(np.concatenate(some), result(Blocks(image, 13), *operators))


def test_several_chains_read_the_image_once_and_side_by_side():
    class Once(Blocks):
        times = 0

        def blocks(self):
            self.times += 1
            return super().blocks()

    reader = Once(np.zeros((6000, 2000, 1), np.uint8), 10)
    operators = [Conv(np.ones((5, 5), int)), Conv([[1]]), Pool(2), Conv([[1]], stride=3)]
    chains = [(segments([one], reader.header), len) for one in operators]
    done = [0] * len(chains)
    for number, rows in bands_of_all(reader, chains, 1):
        done[number] += rows
        shares = [rows / chain[-1].output.height for rows, (chain, _) in zip(done, chains)]  # noqa: B905
        assert max(shares) - min(shares) < 0.2
        assert reader.given / 6000 - min(shares) < 0.3
    assert done == [6000, 6000, 3000, 2000]
    assert reader.times == 1
