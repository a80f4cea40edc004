import io

import numpy as np
import pytest
from helpers.blocks import Blocks

from convtool import ConvtoolError, conv2d
from convtool.core.image import Header
from convtool.io.base import ArrayReader
from convtool.io.formats import FORMATS
from convtool.io.png.writer import PngWriter
from convtool.io.source import open_stream
from convtool.ops.conv import Conv
from convtool.ops.pointwise import Relu
from convtool.ops.pool import Pool
from convtool.pipeline.run import filter_image
from convtool.pipeline.tone import Lost, Tone


def test_the_report_counts_what_was_clipped():
    image = np.array([[0, 100, 200, 200]], np.uint8)[..., np.newaxis]
    reader = ArrayReader(Header.of_array(image), image)
    report = filter_image(reader, [Conv([[2]], bias=-50)], io.BytesIO(), FORMATS["png"])
    assert (report.values, report.lost) == (4, Lost(below=1, above=2))
    assert filter_image(reader, [Conv([[2]])], io.BytesIO(), FORMATS["csv"]).lost == Lost()


def test_sixteen_bits_are_for_grey_maps():
    image = np.zeros((2, 2, 3), np.uint8)
    reader = ArrayReader(Header.of_array(image, may_have_alpha=True), image)
    with pytest.raises(ConvtoolError, match=r"3 channel.* cannot be tiff of 16 bits"):
        filter_image(reader, [], io.BytesIO(), FORMATS["tiff"], depth=16)


def written(pixels, name, threads, **options):
    file = io.BytesIO()
    header = Header.of_array(pixels, may_have_alpha=True)
    reader = Blocks(pixels, 7, alpha=True)
    assert reader.header == header
    operators = [Conv(np.random.default_rng(3).normal(0, 1, (5, 5))), Pool(2)]
    filter_image(reader, operators, file, FORMATS[name], threads=threads, **options)
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
    report = filter_image(reader, operators, file, FORMATS["png"], range_=range_)
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
    filter_image(reader, [Conv([[1]])], file, FORMATS["png"])
    file.seek(0)
    assert next(open_stream(file).blocks())[0, 0].tolist() == [100, 255]


def test_an_image_is_read_to_its_end_for_what_may_be_wrong_there():
    class Broken(Blocks):
        def blocks(self):
            yield from super().blocks()
            raise ConvtoolError("the checksum is wrong")

    for operators in ([], [Conv([[1]], stride=90)]):
        with pytest.raises(ConvtoolError, match="the checksum is wrong"):
            filter_image(
                Broken(np.zeros((90, 9, 1), np.uint8), 7), operators, io.BytesIO(), FORMATS["png"]
            )


def test_an_encoder_that_fails_ends_the_job(monkeypatch, new_threads):
    pixels = np.zeros((3000, 500, 3), np.uint8)
    calls = []

    def encode(self, band):
        calls.append(band)
        raise OSError("no more room")

    monkeypatch.setattr(PngWriter, "encode", encode)
    with pytest.raises(OSError, match="no more room"):
        filter_image(Blocks(pixels, 10), [Relu()], io.BytesIO(), FORMATS["png"], threads=3)
    assert len(calls) < 8
    assert not new_threads()
