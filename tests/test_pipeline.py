import io
import threading
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reference import borders, images, kernels, pairs

from convtool import ConvtoolError, conv2d, pool2d
from convtool.conv import Conv
from convtool.image import Header
from convtool.metadata import NONE, Metadata
from convtool.pipeline import Chain, bands, run
from convtool.pointwise import Relu
from convtool.pool import Pool
from convtool.readers import open_stream
from convtool.readers.array import ArrayReader
from convtool.tone import Lost, Tone
from convtool.writers import FORMATS
from convtool.writers.png import PngWriter


@dataclass
class Blocks:
    """A reader that yields an array in blocks of some rows, and keeps count of what it gave."""

    pixels: np.ndarray
    rows: int
    alpha: bool = False
    notes: tuple[str, ...] = ()
    metadata: Metadata = NONE
    given: int = 0

    @property
    def header(self):
        return Header.of_array(self.pixels, may_have_alpha=self.alpha)

    def blocks(self):
        self.given = 0
        for start in range(0, len(self.pixels), self.rows):
            block = self.pixels[start : start + self.rows]
            self.given += len(block)
            yield block


def result(reader, *operators, threads=2):
    stage = Chain(operators).bind(reader.header)
    return np.concatenate(list(bands(reader, stage, np.copy, threads)))


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
    first = next(bands(reader, Chain([operator]).bind(reader.header), np.copy, 1))
    assert len(first) + 2 <= reader.given <= len(first) + 12
    wrapped = Conv(np.ones((5, 5), int), border="wrap")
    next(bands(reader, Chain([wrapped]).bind(reader.header), np.copy, 1))
    assert reader.given == 5000


def test_alpha_is_carried_over_where_the_size_stays():
    image = np.random.default_rng(2).integers(0, 256, (300, 250, 4), dtype=np.uint8)
    found = result(Blocks(image, 9, alpha=True), Conv(np.ones((4, 6)), dilation=2))
    assert np.array_equal(found[..., 3], image[..., 3])
    assert np.array_equal(found[..., :3], conv2d(image[..., :3], np.ones((4, 6)), dilation=2))


def test_alpha_is_taken_at_the_anchor_where_the_size_changes():
    image = np.random.default_rng(2).integers(0, 256, (9, 9, 2), dtype=np.uint8)
    alpha = image[..., 1]

    def carried(**options):
        return result(Blocks(image, 2, alpha=True), Conv(np.ones((3, 3)), **options))[..., 1]

    assert np.array_equal(carried(padding="valid"), alpha[1:-1, 1:-1])
    assert np.array_equal(carried(padding="valid", anchor=(0, 2)), alpha[:-2, 2:])
    assert np.array_equal(carried(stride=2), alpha[::2, ::2])
    assert np.array_equal(carried(padding="full")[1:-1, 1:-1], alpha)


@pytest.mark.parametrize("border", ["edge", "constant", "reflect", "mirror", "wrap"])
def test_alpha_keeps_its_rows_under_wide_padding(border):
    image = np.zeros((60, 2000, 4), np.uint8)
    image[..., 3] = 4 * np.arange(60)[:, None]
    options = {"border": border, "padding": ((12, 0), (0, 0))}
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
    stage = Chain([Pool(2)]).bind(Header.of_array(np.zeros((20, 4, 1))))
    with pytest.raises(ConvtoolError, match="ends after 10 rows, expected 20"):
        list(bands(reader, stage, np.copy, 2))


def test_the_report_counts_what_was_clipped():
    image = np.array([[0, 100, 200, 200]], np.uint8)[..., np.newaxis]
    reader = ArrayReader(Header.of_array(image), image)
    report = run(reader, [Conv([[2]], bias=-50)], io.BytesIO(), FORMATS["png"])
    assert (report.values, report.lost) == (4, Lost(below=1, above=2))
    assert run(reader, [Conv([[2]])], io.BytesIO(), FORMATS["csv"]).lost == Lost()


def test_sixteen_bits_are_for_grey_maps():
    image = np.zeros((2, 2, 3), np.uint8)
    reader = ArrayReader(Header.of_array(image, may_have_alpha=True), image)
    with pytest.raises(ConvtoolError, match=r"3 channel.* cannot be tiff of 16 bits"):
        run(reader, [], io.BytesIO(), FORMATS["tiff"], depth=16)


def written(pixels, name, threads, **options):
    file = io.BytesIO()
    header = Header.of_array(pixels, may_have_alpha=True)
    reader = Blocks(pixels, 7, alpha=True)
    assert reader.header == header
    operators = [Conv(np.random.default_rng(3).normal(0, 1, (5, 5))), Pool(2)]
    run(reader, operators, file, FORMATS[name], threads=threads, **options)
    return file.getvalue()


@pytest.mark.parametrize("range_", ["clip", "abs", "normalize", "center"])
@pytest.mark.parametrize("name", ["png", "csv", "npy", "tiff"])
def test_the_same_bytes_from_any_number_of_threads(name, range_):
    pixels = np.random.default_rng(2).integers(0, 256, (900, 420, 4), dtype=np.uint8)
    first = written(pixels, name, 1, range_=range_)
    for threads in (2, 3, 8):
        assert written(pixels, name, threads, range_=range_) == first


@pytest.mark.parametrize("divisor", [1, 9, 10, -7, 0.3])
@pytest.mark.parametrize("range_", ["clip", "abs"])
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "bool"])
def test_pixels_rounded_by_the_convolution_are_the_tones(dtype, range_, divisor):
    """The same from the map of floats, of which float64 holds every sum exactly."""
    rng = np.random.default_rng(4)
    pixels = rng.integers(0, 2, (60, 50, 3)).astype(dtype)
    if dtype != "bool":
        pixels = rng.integers(0, np.iinfo(dtype).max, (60, 50, 3)).astype(dtype)
    weights = rng.integers(-4, 6, (3, 3))
    operators = [Conv(weights, divisor=divisor, bias=3), Relu()]
    file = io.BytesIO()
    reader = ArrayReader(Header.of_array(pixels, may_have_alpha=True), pixels)
    report = run(reader, operators, file, FORMATS["png"], range_=range_)
    exact = np.maximum(conv2d(pixels.astype(float), weights, divisor=divisor, bias=3), 0)
    depth = 16 if dtype == "uint16" else 8
    shown, lost = Tone(range_, reader.header.white, depth).pixels(exact)
    file.seek(0)
    assert np.array_equal(np.concatenate(list(open_stream(file).blocks())), shown)
    assert report.lost == lost


def test_alpha_that_no_rounding_may_wrap():
    pixels = np.full((4, 5, 2), 100, np.int32)
    pixels[..., 1] = 2**16 + 10
    file = io.BytesIO()
    reader = ArrayReader(Header.of_array(pixels, may_have_alpha=True), pixels)
    run(reader, [Conv([[1]])], file, FORMATS["png"])
    file.seek(0)
    assert next(open_stream(file).blocks())[0, 0].tolist() == [100, 255]


def test_an_image_is_read_to_its_end_for_what_may_be_wrong_there():
    class Broken(Blocks):
        def blocks(self):
            yield from super().blocks()
            raise ConvtoolError("the checksum is wrong")

    for operators in ([], [Conv([[1]], stride=90)]):
        with pytest.raises(ConvtoolError, match="the checksum is wrong"):
            run(Broken(np.zeros((90, 9, 1), np.uint8), 7), operators, io.BytesIO(), FORMATS["png"])


def test_an_encoder_that_fails_ends_the_job(monkeypatch):
    pixels = np.zeros((3000, 500, 3), np.uint8)
    calls = []

    def encode(self, band):
        calls.append(band)
        raise OSError("no more room")

    monkeypatch.setattr(PngWriter, "encode", encode)
    with pytest.raises(OSError, match="no more room"):
        run(Blocks(pixels, 10), [Relu()], io.BytesIO(), FORMATS["png"], threads=3)
    assert len(calls) < 8
    assert threading.active_count() == 1
