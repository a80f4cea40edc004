import io
import threading

import numpy as np
import pytest
from PIL import Image

from convtool import ConvtoolError, read_image, write_image
from convtool.core.encoding import USUAL
from convtool.core.image import Header
from convtool.core.metadata import NONE
from convtool.io.formats import FORMATS, format_of, named_format
from convtool.pipeline.tone import Lost


def encoded(array, name):
    file = io.BytesIO()
    header = Header.of_array(array, may_have_alpha=True)
    writer = FORMATS[name].write(file, header, NONE, USUAL)
    for start in range(0, len(array), 3):
        writer.write(writer.encode(array[start : start + 3]))
    writer.close()
    return file.getvalue()


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("name", ["png", "tiff", "npy"])
def test_formats_that_hold_every_pixel(name, channels):
    array = np.random.default_rng(0).integers(0, 256, (7, 5, channels), dtype=np.uint8)
    data = encoded(array, name)
    loaded = (
        np.load(io.BytesIO(data)) if name == "npy" else np.asarray(Image.open(io.BytesIO(data)))
    )
    assert np.array_equal(loaded, array[..., 0] if channels == 1 else array)


@pytest.mark.parametrize("name", ["webp", "bmp", "ppm"])
def test_formats_that_hold_colour(name):
    array = np.random.default_rng(0).integers(0, 256, (7, 5, 3), dtype=np.uint8)
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(encoded(array, name)))), array)


@pytest.mark.parametrize("name", ["png", "tiff", "ppm"])
def test_deep_grey(name):
    array = np.random.default_rng(0).integers(0, 65536, (7, 5, 1), dtype=np.uint16)
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(encoded(array, name)))), array[..., 0])


def test_jpeg_is_near():
    array = np.full((16, 16, 3), 77, np.uint8)
    found = np.asarray(Image.open(io.BytesIO(encoded(array, "jpeg")))).astype(int)
    assert np.abs(found - 77).max() <= 1


@pytest.mark.parametrize("dtype", ["float32", ">f8", "bool", "int16"])
def test_npy_keeps_the_type(dtype):
    array = np.arange(12).reshape(3, 4, 1).astype(dtype)
    found = np.load(io.BytesIO(encoded(array, "npy")))
    assert found.dtype == np.dtype(dtype).newbyteorder("=")
    assert np.array_equal(found, array[..., 0])


@pytest.mark.parametrize(
    ("name", "channels", "message"),
    [("jpeg", 4, "JPEG cannot hold this map"), ("bmp", 2, "BMP cannot hold"),
        ("bmp", 4, "BMP would drop the alpha"), ("ppm", 4, "PPM would drop the alpha"),
     ("png", 5, "5 channels is no picture")],
)  # fmt: skip
def test_what_a_format_cannot_hold(name, channels, message):
    with pytest.raises(ConvtoolError, match=message):
        encoded(np.zeros((3, 3, channels), np.uint8), name)


def test_gif_holds_colour_by_a_palette():
    array = np.zeros((9, 9, 3), np.uint8)
    array[:, 4:] = 250, 120, 30
    with Image.open(io.BytesIO(encoded(array, "gif"))) as image:
        assert np.array_equal(np.asarray(image.convert("RGB")), array)


@pytest.mark.parametrize("name", ["a.jpg", "a.ppm", "a.bmp", "a.gif"])
@pytest.mark.parametrize("channels", [2, 4])
def test_what_holds_no_transparency_is_laid_over_the_background(folder, name, channels):
    array = np.full((8, 8, channels), 40, np.uint8)
    array[..., -1] = 0
    array[:, 4:, -1] = 51  # a fifth
    report = write_image(name, array, background="#ff0000")
    assert report.lost == Lost(transparent=64)
    behind = np.array([255, 0, 0] if channels == 4 else [76] * 3)
    with Image.open(name) as image:
        found = np.asarray(image.convert("RGB")).astype(int)
    off = 6 if name == "a.jpg" else 0
    assert np.abs(found[0, 0] - behind).max() <= off
    assert np.abs(found[0, 7] - np.rint(0.2 * 40 + 0.8 * behind)).max() <= off
    array[..., -1] = 255
    assert write_image(name, array).lost == Lost()


def test_write_image_tells_what_is_lost(folder):
    values = np.array([[-3.0, 300.0, 0.2], [np.nan, 7.0, 1e9]])
    assert write_image("a.png", values).lost == Lost(below=1, above=2, undefined=1)
    deep = np.full((4, 4, 3), 5000, np.uint16)
    assert write_image("a.jpg", deep).narrowed
    assert not write_image("a.png", deep).narrowed
    assert write_image("a.png", values / 300, white=1).lost == Lost(1, 1, 1)
    assert read_image("a.png").tolist() == [[0, 255, 0], [0, 6, 255]]


@pytest.mark.parametrize(
    ("option", "told"),
    [({"white": 0}, "white: found 0, expected a number above 0"),
     ({"background": "no"}, "background: found 'no', expected a colour"),
     ({"quality": 101}, "quality is 101, expected 1 to 100"), ({"quality": 0}, "quality is 0"),
     ({"quality": 50}, "quality is for jpeg, webp and avif, and not for png")],
)  # fmt: skip
def test_what_write_image_cannot_do(folder, option, told):
    with pytest.raises(ConvtoolError, match=told):
        write_image("a.png", np.zeros((2, 2)), **option)


def test_alpha_that_hides_nothing_may_be_dropped():
    array = np.full((3, 3, 4), 255, np.uint8)
    assert np.asarray(Image.open(io.BytesIO(encoded(array, "ppm")))).shape == (3, 3, 3)


def test_a_format_that_makes_another_size_of_it(folder):
    with pytest.raises(ConvtoolError, match="ICO would make 256x240 of this 320x300 map"):
        write_image("a.ico", np.zeros((320, 300), np.uint8))
    assert list(folder.iterdir()) == []


def test_pillows_own_limit_does_not_hold_for_what_we_write(monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10)
    assert encoded(np.zeros((9, 9, 1), np.uint8), "png").startswith(b"\x89PNG")


def test_colours_under_no_alpha_are_kept():
    array = np.random.default_rng(0).integers(0, 256, (9, 9, 4), dtype=np.uint8)
    array[..., 3] = 0
    with Image.open(io.BytesIO(encoded(array, "webp"))) as image:
        assert np.array_equal(np.asarray(image), array)


def test_formats_by_name_and_extension():
    assert format_of("a/b.PNG").name == "png"
    assert format_of("x.jpeg") == format_of("x.jpg") == named_format("JPEG", "")
    assert format_of("x.pgm") == FORMATS["ppm"]
    assert format_of("x.tga").extensions == (".tga",)
    for name in ("x", "x.doc", "png", ".png", "x."):
        with pytest.raises(ConvtoolError, match="is unknown, expected one of: png, csv, npy"):
            format_of(name)


def test_write_image_and_read_it_back(folder):
    values = np.array([[-5.0, 0.5, 1.5], [200.0, 255.4, 300.0]])
    for name in ("a.csv", "a.npy"):
        write_image(name, values)
        assert np.array_equal(read_image(name), values)
    write_image("a.png", values)
    assert read_image("a.png").tolist() == [[0, 0, 2], [200, 255, 255]]
    write_image("a.png", values, range="normalize", depth=16)
    assert read_image("a.png").dtype == np.uint16
    assert read_image("a.png").max() == 65535
    write_image("b.tga", np.zeros((2, 3, 3), np.uint8))
    assert read_image("b.tga").shape == (2, 3, 3)


def test_a_bad_image_leaves_no_file(folder):
    with pytest.raises(ConvtoolError):
        write_image("a.png", np.zeros((2, 2, 5)))
    with pytest.raises(ConvtoolError, match="range is 'wide'"):
        write_image("a.png", np.zeros((2, 2)), range="wide")
    for depth in ("8", 12, True, 0, np.zeros(2)):
        with pytest.raises(ConvtoolError, match=r"depth is .*, expected 8, 16 or float"):
            write_image("a.png", np.zeros((2, 2)), depth=depth)
    assert list(folder.iterdir()) == []


def test_pillow_encodes_where_no_signal_waits_for_it(folder, monkeypatch):
    """Python heeds a signal between two steps of the main thread, and an encoder is one step."""
    threads = []
    save = Image.Image.save

    def seen(*arguments, **options):
        threads.append(threading.current_thread())
        save(*arguments, **options)

    monkeypatch.setattr(Image.Image, "save", seen)
    write_image("a.webp", np.zeros((2, 2), np.uint8))
    assert threads
    assert threading.main_thread() not in threads


@pytest.mark.parametrize("extension", [".jp2", ".tga", ".pcx", ".ico"])
def test_a_format_that_pillow_alone_knows_is_found_by_its_own_name(extension):
    found = format_of(f"a{extension}")
    assert named_format(found.name, "it").name == found.name


def test_a_map_in_a_format_that_pillow_alone_knows(convtool, folder):
    Image.fromarray(np.zeros((9, 9, 3), np.uint8)).save("a.png")
    for where in (("-o", "a.jp2"), ("-d", "out", "--format", "jp2")):
        result = convtool("pool", "a.png", *where, "-q")
        assert (result.returncode, result.stderr) == (0, b"")
    assert (folder / "out").is_dir()
