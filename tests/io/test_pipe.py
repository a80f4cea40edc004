import io
import shutil

import numpy as np
import pytest
from PIL import Image

from convtool import ConvtoolError
from convtool.core.errors import NoImage
from convtool.io.pipe import LARGEST_PIXEL, LARGEST_SURROUNDINGS, MOST_IN_MEMORY, PIECE
from convtool.io.source import open_image, open_stream


class Endless(io.RawIOBase):
    """A stream that begins with some bytes and never ends; counts those that were taken."""

    def __init__(self, head=b"", filler=b"\0"):
        self.taken = 0
        self._head = head
        self._filler = filler

    def read(self, size=-1):
        assert size >= 0, "all of a stream that never ends"
        found = self._head[self.taken : self.taken + size]
        self.taken += size
        return found + (self._filler * size)[: size - len(found)]


def picture(format_="JPEG"):
    file = io.BytesIO()
    Image.fromarray(np.zeros((8, 9, 3), np.uint8)).save(file, format_)
    return file.getvalue()


def array(data=b"", shape=(4, 5)):
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        file, {"shape": shape, "fortran_order": False, "descr": "<f4"}
    )
    return file.getvalue() + data


@pytest.mark.parametrize("again", [False, True])
@pytest.mark.parametrize("head", [b"", b"words that are no image", b"RIFF and more"])
def test_what_is_no_image_is_not_waited_for(head, again):
    stream = Endless(head)
    with pytest.raises(NoImage, match=r"^stdin: is no image that can be read"):
        open_stream(stream, again=again)
    assert stream.taken < 10_000


def test_a_device_is_a_stream(folder):
    with pytest.raises(NoImage, match=r"^/dev/zero: is no image that can be read"):
        open_image("/dev/zero")


@pytest.mark.parametrize("again", [False, True])
@pytest.mark.parametrize("format_", ["JPEG", "GIF", "TIFF", "WEBP", "BMP"])
def test_a_picture_that_never_ends_is_kept_as_far_as_one_can_need(format_, again):
    stream = Endless(picture(format_))
    with pytest.raises(ConvtoolError, match=r"^stdin: is longer than the 76 MiB that an image"):
        open_stream(stream, 100_000, again=again)
    assert stream.taken <= LARGEST_SURROUNDINGS + 100_000 * LARGEST_PIXEL + PIECE


def test_a_turned_png_that_never_ends():
    exif = Image.Exif()
    exif[0x0112] = 6
    file = io.BytesIO()
    Image.new("L", (9, 8)).save(file, "PNG", exif=exif)
    with pytest.raises(ConvtoolError, match=r"^stdin: is longer than the 64 MiB that an image"):
        open_stream(Endless(file.getvalue()), 72, again=False)


def test_no_more_is_kept_than_half_of_what_is_free(monkeypatch):
    usage = shutil.disk_usage("/")._replace(free=60 << 20)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    stream = Endless(picture())
    with pytest.raises(ConvtoolError, match=r"^stdin: is longer than 30 MiB, half of what is free"):
        open_stream(stream)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=0))
    small = open_stream(io.BytesIO(picture("BMP").ljust(MOST_IN_MEMORY - 1)))
    assert small.header.width == 9, "what stays in memory needs no disk"


@pytest.mark.parametrize("filler", [b"1,2\n", b"1,2,"])
def test_numbers_that_never_end(filler, monkeypatch):
    monkeypatch.setattr("convtool.io.csv.reader.LONGEST_ROW", 1 << 20)
    stream = Endless(filler=filler)
    message = r"more than the limit of 100000 pixels|row 1 has more than 1048576 characters"
    with pytest.raises(ConvtoolError, match=message):
        open_stream(stream, 100_000, again=False)
    assert stream.taken < 1 << 24


def test_an_array_is_read_as_far_as_its_header_says():
    values = np.arange(20, dtype="<f4").reshape(4, 5)
    stream = Endless(array(values.tobytes()))
    (block,) = open_stream(stream, again=False).blocks()
    assert np.array_equal(block[..., 0], values)
    assert stream.taken < 10_000
    with pytest.raises(ConvtoolError, match="its header is missing, broken or longer"):
        open_stream(Endless(b"\x93NUMPY\x02\x00\xff\xff\xff\xff"), again=False)


def test_an_array_that_ends_too_soon():
    values = np.arange(19, dtype="<f4")
    with pytest.raises(ConvtoolError, match=r"^stdin: is no sound .npy file: it ends before row 4"):
        list(open_stream(io.BytesIO(array(values.tobytes())), again=False).blocks())
    with pytest.raises(ConvtoolError, match="it holds 76 bytes of numbers, expected 80"):
        open_stream(io.BytesIO(array(values.tobytes())))


@pytest.mark.parametrize("again", [False, True])
@pytest.mark.parametrize("extension", ["png", "jpg", "csv", "npy"])
def test_a_pipe_gives_what_a_file_gives(folder, extension, again):
    name = f"a.{extension}"
    pixels = np.random.default_rng(0).integers(0, 256, (300, 50), dtype=np.uint8)
    if extension == "csv":
        np.savetxt(name, pixels, "%d", ",")
    elif extension == "npy":
        np.save(name, pixels)
    else:
        Image.fromarray(pixels).save(name)
    with open(name, "rb") as file:
        piped = open_stream(file, again=again)
        blocks = [np.concatenate(list(piped.blocks())) for _ in range(1 + again)]
    whole = np.concatenate(list(open_image(name).blocks()))
    assert all(np.array_equal(found, whole) for found in blocks)


@pytest.mark.parametrize("again", [False, True])
def test_channels_without_end_are_refused_before_memory_is_taken(again):
    header = array(shape=(1, 1, 100_000_000))
    with pytest.raises(ConvtoolError, match="has 100000000 channels, expected 65536 at most"):
        open_stream(io.BytesIO(header + bytes(4)), again=False)
    text = b"# channel 0: R\n1\n" * 65_537
    with pytest.raises(ConvtoolError, match="has 65537 channels, expected 65536 at most"):
        open_stream(io.BytesIO(text), again=again)
