"""The first promise, as a table: what an image has is in the output, or a line on stderr says not.

A cell is KEPT, or words of the line.
"""

import io
import struct

import numpy as np
import pytest
from helpers.icc import curved_profile, sampled
from helpers.pngs import chunk
from PIL import Image

from convtool import read_image
from convtool.core.encoding import Table
from convtool.core.frames import ALL
from convtool.io.source import open_image

FORMATS = ("png", "jpg", "tif", "webp", "bmp", "gif", "ppm", "csv", "npy")
KEPT = None
LOSSY = {"jpg": 60, "gif": 60}
"""How far their pixels may be off: they are not to hold them, but to show them."""

PROFILE = curved_profile(b"RGB ", *[sampled(563)] * 3)


def ramp(*shape, top=255, dtype=np.uint8):
    """A smooth image with all values in it."""
    rows, cols, *more = np.indices(shape)
    steps = rows * 3 + cols * 5 + (sum(more) * 40 if more else 0)
    return (steps * top / steps.max()).astype(dtype)


def saved(name, pixels, **options):
    Image.fromarray(pixels).save(name, **options)
    return name


def colors(_):
    rows, cols = np.indices((20, 30))
    return saved("colors.png", np.stack([8 * cols, 12 * rows, 4 * (rows + cols)], -1).astype("u1"))


def rgba(_):
    pixels = ramp(20, 30, 4)
    pixels[..., 3] = np.linspace(1, 255, 30)  # the colour of what is invisible is none
    return saved("rgba.png", pixels)


def deep(*shape):
    def make(_):
        np.save("deep.npy", ramp(*shape, top=65535, dtype=np.uint16))
        return "deep.npy"

    return make


def numbers(values):
    def make(_):
        np.save("numbers.npy", values)
        return "numbers.npy"

    return make


def holed():
    values = ramp(20, 30).astype(np.float32)
    values[3, 4] = np.nan
    return values


def carrying(**options):
    def make(_):
        return saved("carrying.png", ramp(20, 30, 3), **options)

    return make


def with_exif(_):
    exif = Image.Exif()
    exif[0x010E] = "a ramp"
    return saved("exif.png", ramp(20, 30, 3), exif=exif)


def with_xmp(_):
    return saved("xmp.jpg", ramp(20, 30, 3), xmp=b"<x/>", quality=100, subsampling=0)


def frames(_):
    first, second = Image.fromarray(ramp(20, 30)), Image.fromarray(255 - ramp(20, 30))
    first.save("frames.gif", save_all=True, append_images=[second])
    return "frames.gif"


def cmyk(_):
    Image.fromarray(ramp(20, 30, 4), "CMYK").save("cmyk.tif")
    return "cmyk.tif"


ALPHA = {"jpg", "bmp", "gif", "ppm"}
PIXELS = {"png", "jpg", "webp", "bmp", "gif", "ppm"}
TABLE = {
    "colour": (colors, {"gif"}, "256 colours"),
    "alpha": (rgba, ALPHA, "holds no transparency: laid over white"),
    "16 bits": (deep(20, 30), PIXELS - {"png", "ppm"}, "8 bits of such a map: 16 became 8"),
    "16 bits, colour": (deep(20, 30, 3), PIXELS - {"png"}, "8 bits of such a map: 16 became 8"),
    "shares": (numbers(ramp(20, 30, top=1, dtype=np.float64)), PIXELS, "--white 1"),
    "negative": (numbers(ramp(20, 30).astype(np.int16) - 9), PIXELS, "below black"),
    "large": (numbers(ramp(20, 30).astype(np.float32) * 2), PIXELS, "above white"),
    "a hole": (numbers(holed()), PIXELS, "NaN: black"),
    "profile": (carrying(icc_profile=PROFILE), set(FORMATS) - {"png", "jpg", "tif", "webp"},
                "no ICC profile"),
    "resolution": (carrying(dpi=(300, 300)), {"webp", "gif", "ppm", "csv", "npy"}, "no resolution"),
    "EXIF": (with_exif, set(FORMATS) - {"png", "jpg", "tif", "webp"}, "no EXIF"),
    "XMP": (with_xmp, set(FORMATS) - {"png", "jpg", "tif", "webp"}, "no XMP"),
    "frames": (frames, set(FORMATS) - {"png", "tif", "webp", "gif", "npy", "csv"}, "2 frames"),
    "CMYK": (cmyk, set(FORMATS), "CMYK"),
}  # fmt: skip
"""What an image has: how it is made, the formats that do not hold it, and what is told there."""

METADATA = {"profile": "icc_profile", "resolution": "dpi", "EXIF": "exif", "XMP": "xmp"}


@pytest.mark.parametrize("extension", FORMATS)
@pytest.mark.parametrize("what", TABLE)
def test_all_is_kept_or_told(convtool, folder, what, extension):
    make, lost_in, words = TABLE[what]
    source = make(convtool)
    result = convtool("conv", source, "-k", "1", "-o", f"out.{extension}")
    told = result.stderr.decode()
    assert result.returncode == 0, told
    assert (words in told) == (extension in lost_in), told
    if extension in lost_in:
        return
    if what in METADATA:
        before, after = (
            getattr(open_image(name).metadata, METADATA[what])
            for name in (source, f"out.{extension}")
        )
        if what == "resolution":
            assert after == pytest.approx(before, abs=0.5)
        elif what == "EXIF":
            exif = Image.Exif()
            exif.load(after)
            assert exif[0x010E] == "a ramp"
        else:
            assert after == before
        return
    if what == "frames":
        table = Table(axes="zyxc" if extension == "npy" else None)
        assert open_image(f"out.{extension}", frames=ALL, table=table).header.depth == 2
        return
    before = read_image(source).astype(float)
    after = read_image(f"out.{extension}").astype(float)
    off = LOSSY.get(extension, 0)
    np.testing.assert_allclose(np.squeeze(after), np.squeeze(before), rtol=0, atol=off)


def test_a_gamma_is_kept_by_png_alone(convtool, folder):
    """A chunk that Pillow does not write."""
    buffer = io.BytesIO()
    Image.fromarray(ramp(20, 30)).save(buffer, "PNG")
    data = buffer.getvalue()
    with open("gamma.png", "wb") as file:
        file.write(data[:33] + chunk(b"gAMA", struct.pack(">I", 100000)) + data[33:])
    for extension in FORMATS:
        told = convtool("conv", "gamma.png", "-k", "1", "-o", f"out.{extension}").stderr
        assert (b"no gamma" in told) == (extension != "png"), extension
    assert open_image("out.png").metadata.gamma == 1.0


def test_a_profile_of_colours_does_not_fit_grey(convtool, folder):
    source = carrying(icc_profile=PROFILE)(convtool)
    for extension in ("png", "jpg", "tif", "webp"):
        told = convtool("conv", source, "-k", "1", "--gray", "-o", f"out.{extension}").stderr
        fits = extension == "webp"  # whose grey is RGB to whoever reads it
        assert (b"the ICC profile is for other channels" in told) or fits
