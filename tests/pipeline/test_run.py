import io
import os
from contextlib import nullcontext
from functools import partial

import numpy as np
import pytest
from helpers.blocks import Blocks

from convtool import ConvtoolError, conv2d, write_image
from convtool.core.encoding import Look
from convtool.core.image import Header
from convtool.io.atomic import whole_file
from convtool.io.base import ArrayReader
from convtool.io.formats import FORMATS
from convtool.io.png.writer import PngWriter
from convtool.io.source import open_stream
from convtool.ops.conv import Conv
from convtool.ops.pointwise import Relu
from convtool.ops.pool import Pool
from convtool.pipeline import run
from convtool.pipeline.prepare import prepare
from convtool.pipeline.run import Target, filter_image, write_maps
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
    with pytest.raises(ConvtoolError, match=r"3 channel.* cannot be ppm of 16 bits"):
        filter_image(reader, [], io.BytesIO(), FORMATS["ppm"], look=Look(depth=16))


def bytes_of(pixels, name, threads, **options):
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
    first = bytes_of(pixels, name, 1, look=Look(range_))
    for threads in (2, 3, 8):
        assert bytes_of(pixels, name, threads, look=Look(range_)) == first


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
    report = filter_image(reader, operators, file, FORMATS["png"], look=Look(range_))
    exact = np.maximum(conv2d(pixels.astype(float), weights, divisor=divisor, bias=3), 0)
    depth = 16 if dtype == "uint16" else 8
    shown, lost = Tone(range_, reader.header.white, depth).pixels(exact)
    file.seek(0)
    assert np.array_equal(np.concatenate(list(open_stream(file).blocks())), shown)
    assert report.lost == lost


@pytest.mark.parametrize(
    ("kernel", "divisor", "bias", "dtype", "lost"),
    [
        (np.full((1, 5), 0.2), 1, 0, "uint8", Lost()),  # a sum of 1 but for its rounding
        (np.ones((1, 5)), 5, 0, "uint8", Lost()),
        (np.ones((1, 5)), 5, 0.2, "uint8", Lost()),
        (np.full((1, 5), -0.2), 1, 255, "uint8", Lost()),
        (-np.ones((1, 5)), -5, 0, "uint8", Lost()),
        (np.full((1, 5), 0.21), 1, 0, "int16", Lost(above=3)),
        (np.full((1, 5), 0.2), 1, 1, "int16", Lost(above=3)),
        (np.ones((1, 5)), -5, 0, "int16", Lost(below=7)),
    ],
)
def test_sums_are_rounded_to_pixels_at_once_where_none_can_be_lost(
    kernel, divisor, bias, dtype, lost
):
    image = np.array([[0, 0, 255, 255, 255, 255, 255]], np.uint8)[..., np.newaxis]
    reader = ArrayReader(Header.of_array(image), image)
    operators = [Conv(kernel, divisor=divisor, bias=bias)]
    prepared = prepare(operators, reader.header, None)
    assert run.shown(prepared, FORMATS["png"], Look()).chain[0].output.dtype == dtype
    assert filter_image(reader, operators, io.BytesIO(), FORMATS["png"]).lost == lost


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


class Passes(Blocks):
    """A reader that counts how often it was read."""

    count = 0

    def blocks(self):
        self.count += 1
        return super().blocks()


OPERATORS = [
    [Conv([[1, 2], [3, 4.5]])],
    [Conv([[-1, 0, 1]]), Relu()],
    [Pool(3)],
    [Conv([[1, 1]]), Pool(2)],
    [Conv(np.ones((5, 5), int), border="wrap")],
]


def targets(reader, files, names="png", **options):
    """A target for each of `OPERATORS`."""
    names = [names] * len(OPERATORS) if isinstance(names, str) else names
    return [
        Target(prepare(operators, reader.header), FORMATS[name], partial(nullcontext, file), name,
               **options)
        for operators, name, file in zip(OPERATORS, names, files, strict=True)
    ]  # fmt: skip


@pytest.mark.parametrize(("range_", "passes"), [("clip", 1), ("normalize", 2), ("center", 2)])
@pytest.mark.parametrize("names", ["png", ["npy", "png", "csv", "jpeg", "tiff"]])
@pytest.mark.parametrize("threads", [1, 3])
def test_several_maps_have_the_bytes_that_each_has_alone(range_, passes, names, threads):
    pixels = np.random.default_rng(6).integers(0, 256, (500, 420, 3), dtype=np.uint8)
    reader = Passes(pixels, 7)
    files = [io.BytesIO() for _ in OPERATORS]
    several = targets(reader, files, names, look=Look(range_))
    reports = list(write_maps(reader, several, threads))
    assert reader.count == passes
    for target, report, file in zip(several, reports, files, strict=True):
        alone = io.BytesIO()
        operators = target.prepared.operators
        assert report == filter_image(reader, operators, alone, target.format, look=Look(range_))
        assert file.getvalue() == alone.getvalue()


@pytest.mark.parametrize(
    ("names", "limits", "options", "passes"),
    [
        ("png", {}, {}, 1),
        ("png", {"MOST_FILES": 2}, {}, 3),
        ("jpeg", {"LARGEST_HELD": 400 * 300 * 3 * 2}, {}, 2),
        ("png", {"LARGEST_HELD": 1}, {}, 1),
        ("png", {}, {"alone": True}, 5),
    ],
)
def test_more_maps_than_can_be_written_at_once(monkeypatch, names, limits, options, passes):
    for name, value in limits.items():
        monkeypatch.setattr(run, name, value)
    reader = Passes(np.zeros((400, 300, 3), np.uint8), 50)
    files = [io.BytesIO() for _ in OPERATORS]
    assert len(list(write_maps(reader, targets(reader, files, names, **options)))) == 5
    assert reader.count == passes
    assert all(file.getvalue() for file in files)


def test_an_error_in_one_file_leaves_none_and_names_it(folder, monkeypatch):
    reader = Blocks(np.zeros((3000, 500, 1), np.uint8), 50)

    class Full(io.BytesIO):
        def write(self, data):
            raise OSError(28, "No space left on device")

    def opened(path):
        return nullcontext(Full()) if path == "full.png" else whole_file(path)

    names = ["a.png", "full.png", "b.png", "c.png"]
    prepared = prepare([Relu()], reader.header)
    several = [Target(prepared, FORMATS["png"], partial(opened, name), name) for name in names]
    with pytest.raises(ConvtoolError, match=r"^full.png: cannot be written: No space left"):
        list(write_maps(reader, several))
    assert os.listdir() == []


def test_what_a_format_cannot_hold_is_told_before_the_first_file(folder):
    reader = Blocks(np.zeros((30, 50, 3), np.uint8), 50)
    prepared = prepare([], reader.header)
    several = [
        Target(prepared, FORMATS[name], partial(whole_file, f"a.{name}"), name, Look(depth=16))
        for name in ("png", "jpeg")
    ]
    with pytest.raises(ConvtoolError, match="cannot be jpeg of 16 bits"):
        list(write_maps(reader, several))
    assert os.listdir() == []


def test_the_bands_of_all_maps_under_way_are_few(monkeypatch):
    """However many maps there are, no file runs ahead of the others."""
    rows = np.zeros(40, int)

    class Counting(io.BytesIO):
        number = 0

        def write(self, data):
            rows[self.number] += 1
            assert rows.max() - rows.min() <= 4  # of chunks: those before the pixels are two
            return len(data)

    reader = Blocks(np.zeros((3000, 1000, 1), np.uint8), 50)
    files = [Counting() for _ in rows]
    for number, file in enumerate(files):
        file.number = number
    prepared = prepare([Conv([[1, 2]])], reader.header)
    several = [Target(prepared, FORMATS["png"], partial(nullcontext, file), "") for file in files]
    assert len(list(write_maps(reader, several, 2))) == len(rows)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no such device")
def test_a_full_device_is_named(folder):
    (folder / "full.png").symlink_to("/dev/full")
    with pytest.raises(ConvtoolError, match=r"^full.png: cannot be written: No space left"):
        write_image("full.png", np.zeros((999, 999)))
