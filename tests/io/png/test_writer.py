"""PNG as it is written, read by whoever is there: Pillow, OpenCV, pngcheck, and by hand."""

import io
import shutil
import struct
import subprocess
import zlib

import numpy as np
import pytest
from helpers.pngs import filtered as filtered_by_hand
from PIL import Image

from convtool import ConvtoolError, read_image, write_image
from convtool.core.choices import COMPRESSIONS
from convtool.core.image import Header
from convtool.core.metadata import NONE, Metadata
from convtool.io.png.filters import AVERAGE, PAETH, SUB, UP, best_filter, filtered
from convtool.io.png.writer import PngWriter


def encoded(array, metadata=NONE, compression="fast", rows=3):
    file = io.BytesIO()
    writer = PngWriter(file, Header.of_array(array, may_have_alpha=True), metadata, compression)
    bands = [writer.encode(array[start : start + rows]) for start in range(0, len(array), rows)]
    for band in bands:
        writer.write(band)
    writer.close()
    return file.getvalue()


def chunks_of(data):
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    found, start = [], 8
    while start < len(data):
        length = int.from_bytes(data[start : start + 4])
        kind, content = data[start + 4 : start + 8], data[start + 8 : start + 8 + length]
        checksum = data[start + 8 + length : start + 12 + length]
        assert zlib.crc32(kind + content) == int.from_bytes(checksum)
        found.append((kind, content))
        start += 12 + length
    assert found[-1] == (b"IEND", b"")
    return found


def arrays():
    """Every number of channels and depth, thin and with rows left over, smooth and noise."""
    rng = np.random.default_rng(0)
    for dtype in (np.uint8, np.uint16):
        for channels in (1, 2, 3, 4):
            for size in ((1, 1), (1, 40), (40, 1), (7, 5), (9, 33)):
                shape = (*size, channels)
                yield rng.integers(0, np.iinfo(dtype).max, shape, dtype, endpoint=True)
                ramp = np.arange(np.prod(shape)).reshape(shape)
                yield (ramp * (1 if dtype == np.uint8 else 101)).astype(dtype)


@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_every_kind_holds_its_pixels(compression, folder):
    for array in arrays():
        data = encoded(array, compression=compression)
        packed = b"".join(content for kind, content in chunks_of(data) if kind == b"IDAT")
        assert len(zlib.decompress(packed)) == len(array) * (1 + array[0].nbytes)
        (folder / "a.png").write_bytes(data)
        found = read_image("a.png")
        assert np.array_equal(found.reshape(array.shape), array)
        assert found.dtype == array.dtype
        by_pillow = np.asarray(Image.open(io.BytesIO(data)))
        if array.dtype == np.uint8 or array.shape[2] == 1:
            assert np.array_equal(by_pillow.reshape(array.shape), array)
        else:  # Pillow keeps 8 bits of colour, and makes grey with alpha RGBA there
            assert np.array_equal(by_pillow[..., -array.shape[2] :], array >> 8)


@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_opencv_reads_every_kind(compression):
    cv2 = pytest.importorskip("cv2", reason="OpenCV is not installed")
    for array in arrays():
        data = np.frombuffer(encoded(array, compression=compression), np.uint8)
        found = cv2.imdecode(data, cv2.IMREAD_UNCHANGED)
        assert found is not None
        assert found.dtype == array.dtype
        found = found.reshape(*array.shape[:2], -1)
        if array.shape[2] >= 3:
            found = found[..., [2, 1, 0, 3][: array.shape[2]]]
        elif array.shape[2] == 2:  # as BGRA
            assert np.array_equal(found[..., 0], found[..., 2])
            found = found[..., [0, 3]]
        assert np.array_equal(found, array)


@pytest.mark.skipif(not shutil.which("pngcheck"), reason="pngcheck is not installed")
def test_pngcheck_finds_nothing_wrong(folder):
    names = []
    for i, array in enumerate(arrays()):
        (folder / f"{i}.png").write_bytes(encoded(array, SOME, COMPRESSIONS[i % 2]))
        names.append(f"{i}.png")
    found = subprocess.run(["pngcheck", "-v", *names], capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout
    assert found.stdout.count("No errors detected") == len(names)


SOME = Metadata(dpi=(300, 150), srgb=0, gamma=0.45455)


@pytest.mark.parametrize("kind", range(5))
@pytest.mark.parametrize("step", [1, 2, 3, 4, 6, 8])
def test_filters_are_the_standards(kind, step):
    rows = np.random.default_rng(kind).integers(0, 256, (6, 5 * step), dtype=np.uint8)
    kinds = [kind] * 6 if kind <= SUB else [SUB] + [kind] * 5
    assert filtered(rows, step, kind).tobytes() == filtered_by_hand(rows, kinds, step)


def test_the_filter_that_packs_smallest_is_taken():
    def best(rows):
        return best_filter(rows.astype(np.uint8), 1, range(5), zlib.compress)

    rng = np.random.default_rng(0)
    noise = rng.integers(0, 256, 500)
    assert best(np.tile(noise, (8, 1))) == UP
    assert best(np.cumsum(rng.integers(0, 3, (1, 500)), axis=1) * [[1]] * 9) == SUB
    plane = np.cumsum(rng.integers(-1, 2, (30, 500)), axis=1)
    assert best(plane + np.cumsum(rng.integers(-20, 20, (30, 1)), axis=0)) in (SUB, PAETH, AVERAGE)


def test_small_is_smaller(photo):
    noise = np.random.default_rng(0).integers(0, 256, photo.shape, dtype=np.uint8)
    for picture, share in ((photo, 0.97), (noise, 1.0)):
        small = encoded(picture, compression="small", rows=50)
        assert len(small) <= share * len(encoded(picture, rows=50))


def test_the_size_is_about_that_of_any_other_encoder(photo):
    file = io.BytesIO()
    Image.fromarray(photo).save(file, "PNG", compress_level=1)
    assert len(encoded(photo, rows=100)) < 1.1 * len(file.getvalue())


def profile(space):
    return bytes(16) + space + bytes(120)


def test_metadata_goes_along(folder):
    array = np.zeros((2, 2, 3), np.uint8)
    metadata = Metadata(profile(b"RGB "), (300, 150), 1, 0.45455, (0.3127,) * 8)
    kinds = dict(chunks_of(encoded(array, metadata)))
    assert list(kinds)[:5] == [b"IHDR", b"cHRM", b"gAMA", b"iCCP", b"pHYs"]
    assert kinds[b"gAMA"] == struct.pack(">I", 45455)
    assert kinds[b"pHYs"] == struct.pack(">2IB", 11811, 5906, 1)
    image = Image.open(io.BytesIO(encoded(array, metadata)))
    assert image.info["icc_profile"] == profile(b"RGB ")
    without = dict(chunks_of(encoded(array, metadata._replace(icc_profile=None))))
    assert without[b"sRGB"] == b"\1"


@pytest.mark.parametrize(("space", "channels"), [(b"RGB ", 1), (b"GRAY", 3), (b"CMYK", 4)])
def test_a_profile_for_other_channels_is_left_out(space, channels):
    array = np.zeros((2, 2, channels), np.uint8)
    kinds = dict(chunks_of(encoded(array, Metadata(profile(space), srgb=0))))
    assert b"iCCP" not in kinds
    assert b"sRGB" in kinds


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.tif"])
def test_the_images_metadata_reaches_the_map(convtool, folder, name):
    Image.new("RGB", (4, 4)).save(name, icc_profile=profile(b"RGB "), dpi=(300, 150))
    for out in ("o.png", "o.jpg", "o.tif"):
        assert convtool("conv", name, "-k", "box3", "-o", out).returncode == 0
        with Image.open(out) as image:
            assert image.info["icc_profile"] == profile(b"RGB ")
            assert tuple(map(float, image.info["dpi"])) == pytest.approx((300, 150), abs=0.02)
    assert convtool("conv", name, "-k", "box3", "--gray", "-o", "gray.png").returncode == 0
    with Image.open("gray.png") as image:
        assert "icc_profile" not in image.info


def test_what_is_no_picture_is_refused(folder):
    with pytest.raises(ConvtoolError, match="5 channels is no picture"):
        write_image("a.png", np.zeros((2, 2, 5), np.uint8))
    with pytest.raises(ConvtoolError, match="compression is 'tiny'"):
        write_image("a.png", np.zeros((2, 2), np.uint8), compression="tiny")


def test_a_tiff_that_tells_no_resolution_gives_none(convtool, folder):
    Image.new("RGB", (4, 4)).save("a.tif")
    assert convtool("conv", "a.tif", "-k", "box3", "-o", "o.png").returncode == 0
    with Image.open("o.png") as image:
        assert "dpi" not in image.info


def test_a_resolution_beyond_reason_is_left_out(convtool, folder):
    Image.new("L", (4, 4)).save("a.tif", dpi=(4e9, 4e9))
    for name in ("o.png", "o.bmp", "o.jpg"):
        assert convtool("conv", "a.tif", "-k", "box3", "-o", name).returncode == 0


def test_sixteen_bits_that_a_format_cannot_hold_are_told(convtool, folder):
    write_image("deep.png", np.zeros((4, 4, 3), np.uint16))
    for name in ("o.webp", "o.jpg", "o.ppm"):
        result = convtool("conv", "deep.png", "-k", "box3", "-o", name)
        assert b"holds 8 bits of such a map: 16 became 8" in result.stderr
    for options in (["-o", "o.png"], ["-o", "o.tif", "--depth", "8"], ["-o", "o.tif", "--gray"]):
        assert convtool("conv", "deep.png", "-k", "box3", *options).stderr == b""


def test_sixteen_bits_of_colour_go_through(convtool, folder):
    deep = np.random.default_rng(0).integers(0, 65536, (30, 20, 3), dtype=np.uint16)
    write_image("deep.png", deep)
    assert convtool("conv", "deep.png", "-k", "identity", "-o", "out.png").returncode == 0
    assert np.array_equal(read_image("out.png"), deep)
