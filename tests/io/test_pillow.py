import io
import os
import re
import struct
import subprocess
import sys
import zlib

import numpy as np
import pytest
import tifffile
from helpers.icc import cmyk_profile
from PIL import BmpImagePlugin, Image, ImageCms

from convtool import ConvtoolError, read_image
from convtool.core.errors import NoImage, TooManyPixels
from convtool.core.frames import ALL, Frames
from convtool.io.pillow import READ_FORMATS
from convtool.io.png.chunks import chunk
from convtool.io.source import open_image, open_picture, open_stream

MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS

RGB = np.random.default_rng(0).integers(0, 256, (6, 5, 3), dtype=np.uint8)
GRAY = RGB[..., 0]


def save(name, image, **options):
    image = image if isinstance(image, Image.Image) else Image.fromarray(image)
    image.save(name, **options)
    return name


@pytest.mark.parametrize("extension", ["png", "tif", "bmp", "ppm", "webp"])
def test_lossless_formats(folder, extension):
    name = save(f"a.{extension}", RGB, **({"lossless": True} if extension == "webp" else {}))
    assert np.array_equal(read_image(name), RGB)


def test_jpeg_is_what_pillow_makes_of_it(folder):
    name = save("a.jpg", RGB)
    assert np.array_equal(read_image(name), np.asarray(Image.open(name)))


@pytest.mark.parametrize("extension", ["png", "tif", "pgm"])
def test_16_bit_grey_stays_16_bit(folder, extension):
    deep = np.arange(30, dtype=np.uint16).reshape(6, 5) * 2000
    save(f"a.{extension}", deep)
    reader = open_image(f"a.{extension}")
    assert (reader.header.dtype, reader.header.white) == (np.uint16, 65535)
    assert np.array_equal(read_image(f"a.{extension}"), deep)


@pytest.mark.parametrize("dtype", [np.int32, np.float32])
def test_wide_tiffs_keep_their_numbers(folder, dtype):
    wide = (np.arange(30).reshape(6, 5) * 1000 - 7).astype(dtype)
    found = read_image(save("a.tif", wide))
    assert found.dtype == dtype
    assert np.array_equal(found, wide)


def test_one_bit_and_palettes_are_expanded(folder):
    bits = Image.fromarray(GRAY > 128)
    assert bits.mode == "1"
    assert np.array_equal(read_image(save("a.png", bits)), np.where(GRAY > 128, 255, 0))
    palette = Image.fromarray(RGB).quantize(30)
    assert np.array_equal(read_image(save("b.png", palette)), RGB)


def test_transparency_becomes_alpha(folder):
    palette = Image.fromarray(RGB).quantize(30)
    found = read_image(save("a.png", palette, transparency=palette.getpixel((2, 1))))
    assert found.shape == (6, 5, 4)
    assert np.array_equal(found[..., :3], RGB)
    assert found[1, 2, 3] == 0
    assert np.count_nonzero(found[..., 3] == 0) == 1
    gray = read_image(save("b.png", GRAY, transparency=int(GRAY[1, 2])))
    assert np.array_equal(gray[..., 0], GRAY)
    assert np.array_equal(gray[..., 1], np.where(GRAY[1, 2] == GRAY, 0, 255))
    rgb = read_image(save("c.png", RGB, transparency=tuple(RGB[0, 0].tolist())))
    assert rgb.shape == (6, 5, 4)
    assert rgb[0, 0, 3] == 0


def test_alpha_is_read(folder):
    for channels, names in ((2, ("L", "A")), (4, ("R", "G", "B", "A"))):
        image = np.random.default_rng(1).integers(0, 256, (4, 4, channels), dtype=np.uint8)
        reader = open_image(save("a.png", image))
        assert reader.header.channels == names
        assert np.array_equal(read_image("a.png"), image)


def test_lab_becomes_rgb(folder):
    lab = ImageCms.profileToProfile(
        Image.fromarray(RGB),
        ImageCms.createProfile("sRGB"),
        ImageCms.createProfile("LAB"),
        outputMode="LAB",
    )
    found = read_image(save("a.tif", lab))
    assert found.shape == RGB.shape
    assert np.abs(found.astype(int) - RGB).mean() < 4
    assert open_image("a.tif").metadata.icc_profile is None  # it would hold the time of today


@pytest.mark.parametrize("dtype", ["int8", "uint32"])
def test_tiffs_of_types_that_pillow_has_not(folder, dtype):
    limits = np.iinfo(dtype)
    image = np.array([[limits.min, -1 % limits.max, 5], [limits.max, 100, 7]], dtype)
    tifffile.imwrite("a.tif", image)
    found = read_image("a.tif")
    assert found.dtype == dtype
    assert np.array_equal(found, image)


def test_white_may_be_0(folder):
    deep = np.array([[0, 1000, 65535]], np.uint16)
    for bits, image in ((8, (deep >> 8).astype(np.uint8)), (16, deep)):
        tifffile.imwrite("a.tif", image, photometric="miniswhite")
        assert np.array_equal(read_image("a.tif"), 2**bits - 1 - image)


def test_colour_of_16_bits_is_told(folder):
    deep = (np.arange(90).reshape(6, 5, 3) * 700).astype(np.uint16)
    with open("c.ppm", "wb") as file:
        file.write(b"P6 5 6 65535\n" + deep.astype(">u2").tobytes())
    assert open_image("c.ppm").notes == ("has 16 bits a channel, read as 8",)


def test_cmyk_is_converted_by_its_profile(folder):
    """Its first ink is red, which no formula without the profile knows."""
    profile = cmyk_profile(
        lambda c, m, y, k: (0, 0, 0) if k else (55, 60, 30) if c else (100, 0, 0)
    )
    inks = np.zeros((4, 4, 4), np.uint8)
    inks[:, 2:, 0] = 255
    save("a.tif", Image.fromarray(inks, "CMYK"), icc_profile=profile)
    reader = open_image("a.tif")
    assert reader.notes == ("is CMYK, converted to sRGB by its profile",)
    assert reader.metadata.icc_profile is None
    paper, ink = next(reader.blocks())[0, [0, 3]].astype(int)
    assert (paper >= 254).all()
    assert ink[0] > ink[1] + 80
    save("b.tif", Image.fromarray(inks, "CMYK"), icc_profile=profile[:200])
    assert "with a profile that does not hold for it" in open_image("b.tif").notes[0]
    save("c.tif", Image.fromarray(inks, "CMYK"))
    assert open_image("c.tif").notes == (
        "is CMYK without a profile: its colours as RGB are a guess",
    )


@pytest.mark.parametrize("extension", ["tif", "jpg"])
def test_cmyk_becomes_rgb(folder, extension):
    name = save(f"a.{extension}", Image.fromarray(RGB).convert("CMYK"))
    with Image.open(name) as image:
        assert image.mode == "CMYK"
        assert np.array_equal(read_image(name), np.asarray(image.convert("RGB")))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied(folder, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    upright = {
        1: RGB, 2: RGB[:, ::-1], 3: RGB[::-1, ::-1], 4: RGB[::-1], 5: RGB.swapaxes(0, 1),
        6: np.rot90(RGB, -1), 7: np.rot90(RGB, 2).swapaxes(0, 1), 8: np.rot90(RGB),
    }  # fmt: skip
    assert np.array_equal(read_image(save("a.png", RGB, exif=exif)), upright[orientation])


def test_what_is_left_out_is_told(folder):
    frames = [Image.fromarray(GRAY), Image.fromarray(GRAY[::-1].copy())]
    frames[0].save("a.gif", save_all=True, append_images=frames[1:])
    assert open_image("a.gif").notes == ("holds 2 frames, only the first is read",)
    assert open_image(save("b.png", RGB)).notes == ()


def test_a_pipe_is_told_by_its_first_bytes(folder):
    for extension in ("png", "jpg", "tif", "gif", "ppm"):
        save(f"a.{extension}", GRAY)
        data = (folder / f"a.{extension}").read_bytes()
        (block,) = open_stream(io.BytesIO(data)).blocks()
        assert block.shape[:2] == GRAY.shape
    (block,) = open_stream(io.BytesIO(b"1,2\n3,4\n")).blocks()
    assert block[..., 0].tolist() == [[1, 2], [3, 4]]


@pytest.mark.parametrize("extension", ["png", "jpg", "bmp", "ppm", "gif", "tif", "webp"])
@pytest.mark.parametrize("kept", [0.5, 0.95])
def test_truncated_pictures(folder, extension, kept):
    save(f"a.{extension}", np.tile(RGB, (20, 20, 1)))
    data = (folder / f"a.{extension}").read_bytes()
    (folder / f"a.{extension}").write_bytes(data[: int(len(data) * kept)])
    with pytest.raises(ConvtoolError, match=f"a.{extension}: is (broken|no image)"):
        open_image(f"a.{extension}")


def test_a_picture_is_decoded_before_numpy_is_imported(folder):
    code = (
        "import sys\n"
        "from PIL import ImageFile\n"
        "from convtool.io.source import open_image\n"
        "load, seen = ImageFile.ImageFile.load, []\n"
        "def noted(image):\n"
        "    seen.append('numpy' in sys.modules)\n"
        "    return load(image)\n"
        "ImageFile.ImageFile.load = noted\n"
        f"open_image({save('a.jpg', RGB)!r})\n"
        "assert seen[0] is False, seen"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_bad_files(folder):
    for data, message in (
        (b"", "is empty"),
        (b"hello", "is no image that can be read"),
        (b"\x89PNG\r\n\x1a\n" + b"x" * 50, "is (broken|no image)"),
    ):
        (folder / "a.png").write_bytes(data)
        with pytest.raises(ConvtoolError, match=f"a.png: {message}"):
            open_image("a.png")
    with pytest.raises(ConvtoolError, match=r"b.png: no such file"):
        open_image("b.png")
    (folder / "c.png").mkdir()
    with pytest.raises(ConvtoolError, match=r"c.png: is a folder"):
        open_image("c.png")


def test_the_pixel_limit_is_ours_and_pillows_is_left_alone(folder, monkeypatch):
    name = save("a.png", np.zeros((40, 50), np.uint8))
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    assert open_image(name, 2000).header.width == 50
    with pytest.raises(ConvtoolError, match="is 40x50, more than the limit of 1999 pixels"):
        open_image(name, 1999)
    assert Image.MAX_IMAGE_PIXELS == 100


def png_of_zeros(height, width):
    rows = zlib.compressobj(9)
    packed = b"".join(rows.compress(bytes(1 + 4 * width)) for _ in range(height)) + rows.flush()
    header = struct.pack(">2I5B", width, height, 8, 6, 0, 0, 0)
    chunks = chunk(b"IHDR", header), chunk(b"IDAT", packed), chunk(b"IEND", b"")
    return b"".join((b"\x89PNG\r\n\x1a\n", *chunks))


def icns(picture):
    return b"icns" + struct.pack(">I4sI", 16 + len(picture), b"ic10", 8 + len(picture)) + picture


def ico(picture):
    entry = struct.pack("<4B2H2I", 16, 16, 0, 0, 1, 32, len(picture), 22)
    return struct.pack("<3H", 0, 1, 1) + entry + picture


@pytest.mark.parametrize("pack", [icns, ico])
def test_a_picture_in_an_icon_has_limits(folder, pack):
    (folder / "sound").write_bytes(pack(png_of_zeros(1024, 1024)))
    assert read_image("sound").shape == (1024, 1024, 4)
    with pytest.raises(TooManyPixels, match=r"1048576 pixels, .* 10000"):
        open_image("sound", 10000)
    (folder / "bomb").write_bytes(pack(png_of_zeros(4096, 4097)))
    with pytest.raises(TooManyPixels, match="holds a picture of 16781312 pixels, expected 1677721"):
        open_image("bomb")
    assert Image.MAX_IMAGE_PIXELS == MAX_IMAGE_PIXELS


@pytest.mark.parametrize("extension", ["jpg", "tif", "webp", "gif", "bmp", "ppm"])
def test_every_format_has_the_limit(folder, extension):
    name = save(f"a.{extension}", np.zeros((40, 50, 3), np.uint8))
    assert open_image(name, 2000).header.width == 50
    with pytest.raises(TooManyPixels, match="more than the limit of 1999"):
        open_image(name, 1999)


EPS = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\nshowpage\n"

UNREAD = [
    ("PostScript", EPS),
    ("PostScript", struct.pack("<3I", 0xC6D3D0C5, 32, len(EPS)).ljust(32, b"\0") + EPS),
    ("PDF", b"%PDF-1.4\n"),
    ("WMF", b"\xd7\xcd\xc6\x9a\0\0"),
    ("EMF", b"\1\0\0\0".ljust(40, b"\0") + b" EMF"),
    ("FPX, MIC", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".ljust(512, b"\0")),
    ("FITS", b"SIMPLE  =                    T".ljust(80)),
    ("HDF5", b"\x89HDF\r\n\x1a\n"),
]


@pytest.fixture
def ghostscript(folder, monkeypatch):
    """A program gs that leaves a file behind when it is started."""
    (folder / "bin").mkdir()
    (folder / "bin" / "gs").write_text(f"#!/bin/sh\ntouch {folder}/started\n")
    (folder / "bin" / "gs").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}/bin:{os.environ['PATH']}")
    return folder / "started"


@pytest.mark.parametrize(("name", "data"), UNREAD)
def test_what_is_no_raster_picture_is_named_and_starts_nothing(ghostscript, folder, name, data):
    (folder / "holiday.jpg").write_bytes(data)
    for open_ in (
        lambda: open_image("holiday.jpg"),
        lambda: open_stream(io.BytesIO(data)),
        lambda: open_picture(data, 100),
    ):
        with pytest.raises(ConvtoolError, match=f"is {name}.*, which is not read") as caught:
            open_()
        assert not isinstance(caught.value, NoImage)
    assert not ghostscript.exists()


def test_our_formats_are_pillows_and_none_runs_a_program():
    Image.init()
    assert set(READ_FORMATS) - {"AVIF", "JPEG2000", "WEBP"} <= Image.OPEN.keys()
    assert not {"EPS", "FPX", "MIC", "WMF", "MPEG", "IPTC", "HDF5"} & set(READ_FORMATS)


def test_a_picture_that_memory_does_not_hold(folder, monkeypatch):
    def load(self):
        raise MemoryError

    save("a.bmp", RGB)
    monkeypatch.setattr(BmpImagePlugin.BmpImageFile, "load", load)
    with pytest.raises(ConvtoolError, match=r"^a.bmp: needs more memory to be decoded than there"):
        open_image("a.bmp")


def test_damage_that_libtiff_finds_is_told_and_not_printed(folder, capfd):
    name = save("a.tif", Image.fromarray(np.tile(GRAY > 128, (40, 60))), compression="group4")
    data = bytearray((folder / name).read_bytes())
    for place in range(200, 500, 7):
        data[place] ^= 0x5A
    (folder / name).write_bytes(data)
    (note,) = open_image(name).notes
    assert re.match(r"is damaged, and shown .*: Fax4Decode: .* at line \d+ .*, and \d+ more$", note)
    page = Image.fromarray(np.tile(GRAY > 128, (40, 60)))
    page.save("p.tif", compression="group4", save_all=True, append_images=[page] * 5)
    with Image.open("p.tif") as file:
        places = []
        for number in (1, 4):
            file.seek(number)
            places.append(file.tag_v2[273][0])
    data = bytearray((folder / "p.tif").read_bytes())
    for start in places:
        for place in range(start, start + 300, 7):
            data[place] ^= 0x5A
    (folder / "p.tif").write_bytes(data)
    (note,) = open_image("p.tif", frames=ALL).notes
    assert re.match(r"frame 1 is damaged, and shown .*: Fax4Decode: .*; damaged frames: 2$", note)
    assert open_image("p.tif", frames=Frames(2, 3)).notes == ()
    save("b.tif", np.tile(RGB, (9, 9, 1)), compression="tiff_deflate")
    data = bytearray((folder / "b.tif").read_bytes())
    data[40:60] = bytes(20)
    (folder / "b.tif").write_bytes(data)
    with pytest.raises(
        ConvtoolError, match=r"^b.tif: is broken: strip or tile 1 cannot be decoded"
    ):
        list(open_image("b.tif").blocks())
    assert capfd.readouterr().err == ""
    assert open_image(save("c.tif", RGB, compression="tiff_lzw")).notes == ()
