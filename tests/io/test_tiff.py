"""TIFF in the type of its own numbers, beside tifffile and Pillow."""

import io
import struct
import tracemalloc
import zlib
from contextlib import suppress
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import tifffile
from helpers.command import run_here
from PIL import Image
from PIL.TiffImagePlugin import ImageFileDirectory_v2

from convtool import ConvtoolError, conv2d, find_kernel, pool2d, read_image, write_image
from convtool.core.georeference import Georeference
from convtool.io.source import open_image

TYPES = [f"{kind}{size}" for kind in "ui" for size in (1, 2, 4, 8)] + ["f2", "f4", "f8"]
SEVERAL = {2: [2], 3: None, 4: [2], 5: [0, 0, 0, 0]}
"""Samples, and which of them are extra: 2 is alpha."""


def pixels(dtype, samples, shape=(37, 45)):
    rng = np.random.default_rng(samples)
    if np.dtype(dtype).kind == "f":
        return rng.normal(0, 1, (*shape, samples)).astype(dtype)
    info = np.iinfo(dtype)
    return rng.integers(info.min, info.max, (*shape, samples), dtype, endpoint=True)


def written(image, path="a.tif", planar="contig", **options):
    samples = image.shape[2]
    if samples == 1:
        tifffile.imwrite(path, image[..., 0], photometric="minisblack", metadata=None, **options)
        return
    data = image if planar == "contig" else np.moveaxis(image, 2, 0)
    photometric = "rgb" if samples in (3, 4) else "minisblack"
    options |= {"extrasamples": SEVERAL[samples]} if SEVERAL[samples] else {}
    tifffile.imwrite(
        path, data, photometric=photometric, planarconfig=planar, metadata=None, **options
    )


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("samples", [1, *SEVERAL])
def test_every_type_is_read_as_it_is(folder, dtype, samples):
    image = pixels(dtype, samples)
    for planar in ("contig", "separate"):
        for options in (
            {"rowsperstrip": 7}, {"tile": (16, 32)}, {"byteorder": ">"}, {"bigtiff": True},
            {"compression": "zlib", "rowsperstrip": 5}, {"compression": "lzma", "tile": (32, 16)},
            {"byteorder": ">", "tile": (16, 16), "compression": "zlib"},
        ):  # fmt: skip
            written(image, planar=planar, **options)
            found = read_image("a.tif")
            assert found.dtype == np.dtype(dtype), options
            assert np.array_equal(found, np.squeeze(image)), (planar, options)
            if options.get("compression") and np.dtype(dtype).kind != "f":
                written(image, planar=planar, predictor=2, **options)
                assert np.array_equal(read_image("a.tif"), np.squeeze(image)), (planar, options)


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("samples", [1, *SEVERAL])
@pytest.mark.parametrize("compression", [None, "none", "fast", "small"])
def test_every_type_is_written_as_it_is(folder, dtype, samples, compression):
    image = np.squeeze(pixels(dtype, samples, (70, 45)))
    write_image("a.tif", image, compression=compression)
    with tifffile.TiffFile("a.tif") as file:
        page = file.pages.first
        assert page.asarray().dtype == np.dtype(dtype)
        assert np.array_equal(page.asarray(), image)
        assert page.photometric == (2 if samples in (3, 4) else 1)
        assert page.extrasamples == {2: (2,), 4: (2,), 5: (0, 0, 0, 0)}.get(samples, ())
    assert np.array_equal(read_image("a.tif"), image)


def test_floats_in_planes_of_bytes(folder):
    """Predictor 3, as GDAL writes it: bytes by their weight, as differences along a row."""
    image = pixels("f4", 3, (6, 8))
    rows = image.astype(">f4").reshape(6, 24, 1).view(np.uint8).reshape(6, 24, 4)
    planes = np.moveaxis(rows, 2, 1).reshape(6, -1).astype(np.int16)
    differences = planes.copy()
    differences[:, 3:] -= planes[:, :-3]
    packed = zlib.compress(differences.astype(np.uint8).tobytes())
    written(image, compression="zlib", rowsperstrip=6)
    with tifffile.TiffFile("a.tif", mode="r+b") as file:
        tags = file.pages.first.tags
        offset = tags[273].valueoffset
        tags[279].overwrite(len(packed))
    data = bytearray(Path("a.tif").read_bytes())
    data[offset : offset + 4] = struct.pack("<I", len(data))
    Path("a.tif").write_bytes(bytes(data) + packed)
    with tifffile.TiffFile("a.tif", mode="r+b") as file:
        tags = file.pages.first.tags
        assert file.pages.first.dataoffsets == (len(data),)
        assert 317 not in tags
    # the tag of the predictor takes the place of one that nobody needs: the software's name
    data = Path("a.tif").read_bytes()
    entry = struct.pack("<HHI", 305, 2, 12)
    assert data.count(entry) == 1
    place = data.index(entry)
    data = data[:place] + struct.pack("<HHIHH", 317, 3, 1, 3, 0) + data[place + 12 :]
    Path("a.tif").write_bytes(data)
    assert np.array_equal(read_image("a.tif"), image)


def test_white_may_be_0_in_any_integers(folder):
    image = pixels("u4", 1)[..., 0]
    tifffile.imwrite("a.tif", image, photometric="miniswhite")
    assert np.array_equal(read_image("a.tif"), 2**32 - 1 - image)


def test_colours_that_were_multiplied_by_alpha(folder):
    image = np.array([[[100, 50, 25, 128], [9, 9, 9, 0], [10, 20, 30, 255]]], np.uint8)
    tifffile.imwrite("a.tif", image, photometric="rgb", extrasamples=[1], metadata=None)
    reader = open_image("a.tif")
    assert reader.notes == ("its colours were multiplied by alpha, and are divided by it",)
    assert read_image("a.tif").tolist() == [
        [[199, 100, 50, 128], [0, 0, 0, 0], [10, 20, 30, 255]],
    ]


def test_extra_samples_without_a_meaning_are_no_alpha(folder):
    image = pixels("u1", 4)
    tifffile.imwrite("a.tif", image, photometric="rgb", extrasamples=[0], metadata=None)
    assert not open_image("a.tif").header.has_alpha
    assert np.array_equal(read_image("a.tif"), image)


def test_what_others_decode(folder):
    """LZW and PackBits by Pillow, where it keeps the type; else the error names the way."""
    gray, deep = pixels("u1", 1)[..., 0], pixels("u2", 3)
    floats = pixels("f4", 1)[..., 0]
    for image in (gray, pixels("u1", 3), pixels("u2", 1)[..., 0], floats):
        for how in ("tiff_lzw", "packbits"):
            Image.fromarray(image).save("a.tif", compression=how)
            found = read_image("a.tif")
            assert found.dtype == image.dtype
            assert np.array_equal(found, image)
    written(deep, compression=None)
    data = Path("a.tif").read_bytes()
    entry = struct.pack("<HHIHH", 259, 3, 1, 1, 0)
    Path("a.tif").write_bytes(data.replace(entry, struct.pack("<HHIHH", 259, 3, 1, 5, 0)))
    try:
        import imagecodecs  # noqa: F401
    except ImportError:
        with pytest.raises(ConvtoolError, match=r"compressed by LZW.*with imagecodecs installed"):
            open_image("a.tif")


def test_a_pipe_and_pages(folder):
    image = pixels("f4", 1)[..., 0]
    tifffile.imwrite("a.tif", image)
    tifffile.imwrite("a.tif", image[::2], append=True)
    assert open_image("a.tif").notes == ("holds 2 frames, only the first is read",)
    for options in ([], ["--compress", "fast"]):
        result = run_here(["conv", "-k", "1", *options], Path("a.tif").read_bytes())
        told = b"page 1 is 19x45 of 1 x float32, and page 0 37x45 of 1 x float32: only the first"
        assert result.stderr == b"convtool: stdin: " + told + b" is read\n"
        with tifffile.TiffFile(io.BytesIO(result.stdout)) as file:  # TIFF in, TIFF out
            assert np.array_equal(file.asarray(), image)


@pytest.mark.parametrize("options", [{"tile": (64, 64)}, {"rowsperstrip": 64}, {}])
@pytest.mark.parametrize("compression", [None, "zlib"])
def test_memory_is_that_of_some_rows(folder, options, compression):
    image = np.tile(pixels("f4", 1, (64, 64))[..., 0], (64, 16))
    if compression and not options:
        return  # one strip: it has to be unpacked whole
    tifffile.imwrite("a.tif", image, compression=compression, **options)
    reader = open_image("a.tif")
    next(reader.blocks())
    tracemalloc.start()
    top = 0
    for block in reader.blocks():
        assert np.array_equal(block[..., 0], image[top : top + len(block)])
        top += len(block)
        del block
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert top == len(image)
    assert peak < image.nbytes / 2


@pytest.mark.parametrize("compression", [None, "zlib"])
def test_broken_files(folder, compression, capfd):
    written(pixels("f4", 1), compression=compression, rowsperstrip=9)
    data = Path("a.tif").read_bytes()
    rng = np.random.default_rng(7)
    for _ in range(300):
        broken = bytearray(data)
        for place in rng.integers(0, min(len(data), 600), rng.integers(1, 6)):
            broken[place] = rng.integers(0, 256)
        if rng.random() < 0.3:
            broken = broken[: rng.integers(8, len(broken))]
        Path("b.tif").write_bytes(broken)
        with suppress(ConvtoolError):
            reader = open_image("b.tif", 10**6)
            for block in reader.blocks():
                assert block.shape[1:] == (reader.header.width, len(reader.header.channels))
    assert capfd.readouterr().err == ""


def test_a_strip_that_unpacks_to_more_is_cut_off(folder):
    """A bomb: a thousand times its size."""
    image = np.zeros((4, 4), np.float32)
    tifffile.imwrite("a.tif", image, compression="zlib", rowsperstrip=4)
    packed = zlib.compress(bytes(1 << 28))
    data = bytearray(Path("a.tif").read_bytes())
    with tifffile.TiffFile("a.tif") as file:
        tags = file.pages.first.tags
        for tag, value in ((273, len(data)), (279, len(packed))):
            data[tags[tag].offset + 8 : tags[tag].offset + 12] = struct.pack("<I", value)
            data[tags[tag].offset + 2 : tags[tag].offset + 4] = struct.pack("<H", 4)
    Path("a.tif").write_bytes(bytes(data) + packed)
    tracemalloc.start()
    assert np.array_equal(read_image("a.tif"), image)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4 << 20


GEO = Georeference(
    pixel_scale=(10.0, 20.0, 0.0),
    tiepoints=(0.0, 0.0, 0.0, 500000.0, 4000000.0, 0.0),
    keys=(1, 1, 0, 2, 1024, 0, 1, 1, 1025, 0, 1, 1),
)


def with_geo(image, geo=GEO, nodata=None):
    tags = [
        (33550, "d", len(geo.pixel_scale), geo.pixel_scale),
        (33922, "d", len(geo.tiepoints), geo.tiepoints),
        (34264, "d", len(geo.transformation), geo.transformation),
        (34735, "H", len(geo.keys), geo.keys),
    ]
    extra = [tag for tag in tags if tag[2]]
    if nodata is not None:
        extra.append((42113, "s", len(nodata) + 1, nodata))
    tifffile.imwrite("dem.tif", image, extratags=extra, metadata=None)


def where(geo, col, row):
    """The place in the world of the centre of a pixel, by the tags as OGC 19-008r4 has them."""
    half = 0.0 if geo.is_point else 0.5
    i, j = col + half, row + half
    if geo.transformation:
        a = np.reshape(geo.transformation, (4, 4)) @ [i, j, 0, 1]
        return tuple(a[:2])
    column, line, _, x, y, _ = geo.tiepoints
    return (x + (i - column) * geo.pixel_scale[0], y - (j - line) * geo.pixel_scale[1])


MATRIX = (10.0, 1.0, 0.0, 5e5, 2.0, -20.0, 0.0, 4e6, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0)
POINT = (1, 1, 0, 1, 1025, 0, 1, 2)


@pytest.mark.parametrize("geo", [
    GEO, GEO._replace(keys=POINT), Georeference(transformation=MATRIX),
    Georeference(transformation=MATRIX, keys=POINT),
])  # fmt: skip
@pytest.mark.parametrize(("arguments", "first"), [
    (["conv", "-k", "box3"], (0, 0)),
    (["conv", "-k", "box3", "--padding", "valid"], (1, 1)),
    (["conv", "-k", "box3", "--stride", "2x3", "--padding", "valid"], (1, 1)),
    (["conv", "-k", "1 2", "--padding", "valid", "--stride", "2"], (0, 0)),
    (["pool", "-m", "mean"], (0.5, 0.5)),
    (["pool", "-m", "mean", "-s", "3", "--stride", "2"], (1, 1)),
    (["pool", "-m", "mean", "-s", "4x2", "--padding", "1"], (0.5, -0.5)),
    (["run", "conv -k box3 --stride 2 --padding valid | pool -m max -s 2"], (2, 2)),
])  # fmt: skip
def test_a_map_lies_where_its_pixels_come_from(convtool, folder, geo, arguments, first):
    """The centre of the first pixel and of another one, in the world, by hand."""
    with_geo(np.zeros((30, 40), np.float32), geo)
    where_to = ["dem.tif"] if arguments[0] != "run" else []
    command = [*arguments, "dem.tif"] if not where_to else [arguments[0], *where_to, *arguments[1:]]
    assert convtool(*command, "-o", "map.tif").returncode == 0
    found = open_image("map.tif").metadata.georeference
    step = (
        {"2x3": (2, 3), "2": (2, 2)}.get(arguments[arguments.index("--stride") + 1])
        if ("--stride" in arguments)
        else {"conv": (1, 1), "pool": (2, 2), "run": (4, 4)}[arguments[0]]
    )
    step = (4, 2) if "4x2" in arguments else step
    for row, col in ((0, 0), (3, 5)):
        position = first[1] + col * step[1], first[0] + row * step[0]
        assert where(found, col, row) == pytest.approx(where(geo, *position), abs=1e-6)
    assert found.keys == geo.keys


def test_a_height_model(convtool, folder):
    heights = pixels("f4", 1)[..., 0] * 100 + 500
    heights[5, 7] = -9999
    with_geo(heights, nodata="-9999")
    result = convtool(
        "conv", "dem.tif", "-k", "gaussian:9", "--missing", "skip", "-o", "smooth.tif"
    )
    assert result.stderr == (
        b"convtool: dem.tif: -9999 marks what is missing, as the file says (GDAL_NODATA)\n"
    )
    smooth = tifffile.imread("smooth.tif")
    assert smooth.dtype == np.float32
    assert smooth[5, 7] == -9999
    holed = np.where(heights == -9999, np.nan, heights)
    expected = conv2d(holed, find_kernel("gaussian:9"), missing="skip")
    assert np.allclose(np.where(smooth == -9999, np.nan, smooth), expected, equal_nan=True)
    metadata = open_image("smooth.tif").metadata
    assert (metadata.georeference, metadata.nodata) == (GEO, -9999)
    told = convtool("conv", "dem.tif", "-k", "box3", "-o", "x.npy").stderr.decode()
    assert "npy holds no EXIF or georeference, which stay behind; TIFF holds them" in told
    assert np.isnan(read_image("x.npy")).any()  # NPY does not say that -9999 is missing
    assert np.isnan(read_image("smooth.tif")[5, 7])
    asked = convtool("conv", "dem.tif", "-k", "box3", "--nodata", "7", "-o", "x.tif")
    told = "-9999, which the file calls missing (GDAL_NODATA), is not taken for that"
    assert told in asked.stderr.decode()
    assert open_image("x.tif").metadata.nodata == 7


def test_what_is_missing_in_a_picture_stays_marked(convtool, folder):
    image = np.full((9, 9), 100, np.uint8)
    image[4, 4] = 255
    with_geo(image, nodata="255")
    result = convtool("conv", "dem.tif", "-k", "box3", "--missing", "skip", "-o", "o.tif")
    assert b"NaN" not in result.stderr
    found = tifffile.imread("o.tif")
    assert (found.dtype, found[4, 4], found[0, 0]) == (np.uint8, 255, 100)


def test_values_that_equal_the_marker_are_told(convtool, folder):
    values = np.arange(20, dtype=np.float32).reshape(4, 5)
    with_geo(values, nodata="3")
    assert convtool("conv", "dem.tif", "-k", "1", "-o", "o.tif").stderr.count(b"\n") == 1
    told = convtool("conv", "dem.tif", "-k", "1", "--bias", "1", "-o", "o.tif").stderr
    assert b"1 values equal the number that marks what is missing" in told
    with_geo(values, nodata="-9999")
    assert convtool("conv", "dem.tif", "-k", "1", "--depth", "8", "-o", "o.tif").returncode == 0
    assert open_image("o.tif").metadata.nodata is None  # which 8 bits do not hold


def test_which_values_a_tiff_gets(convtool, folder):
    """Pixels of a picture, and numbers as they are unless pixels are asked for."""
    write_image("photo.png", pixels("u1", 3))
    write_image("deep.tif", pixels("u2", 3))
    write_image("ints.tif", pixels("i2", 1)[..., 0])
    for name, options, dtype in (
        ("photo.png", ["-k", "sobel_x"], np.uint8),
        ("photo.png", ["-k", "sobel_x", "--depth", "float"], np.float32),
        ("photo.png", ["-k", "box3", "--depth", "16"], np.uint16),
        ("deep.tif", ["-k", "box3"], np.uint16),
        ("ints.tif", ["-k", "box3"], np.float32),
        ("ints.tif", ["-k", "box3", "--range", "normalize"], np.uint8),
        ("ints.tif", ["-k", "box3", "--white", "300"], np.uint8),
    ):
        assert convtool("conv", name, *options, "-o", "o.tif").returncode == 0
        assert tifffile.imread("o.tif").dtype == dtype, (name, options)
    values = tifffile.imread("ints.tif")
    assert convtool("pool", "ints.tif", "-o", "o.tif").stderr == b""
    found = tifffile.imread("o.tif")
    assert found.dtype == np.int16
    assert np.array_equal(found, pool2d(values))


@pytest.mark.parametrize("extension", ["csv", "npy", "tif"])
def test_numbers_stay_in_their_format(convtool, folder, extension):
    values = np.arange(12.0).reshape(3, 4)
    write_image(f"a.{extension}", values)
    data = (folder / f"a.{extension}").read_bytes()
    (folder / "out").write_bytes(convtool("conv", "-k", "1", stdin=data).stdout)
    assert open_image("out").format.name in (extension, "tiff")
    assert np.array_equal(np.concatenate(list(open_image("out").blocks()))[..., 0], values)
    (folder / "out").write_bytes(convtool("conv", f"a.{extension}", "-k", "1").stdout)
    assert open_image("out").format.name in (extension, "tiff")
    (folder / "out").unlink()
    assert convtool("conv", f"a.{extension}", "-k", "1", "-d", "out", "-q").returncode == 0
    assert np.array_equal(read_image(f"out/a-kernel.{extension}"), values)
    shown = convtool("conv", f"a.{extension}", "-k", "1", "--range", "normalize").stdout
    assert shown[:4] == (b"II*\0" if extension == "tif" else b"\x89PNG")


def test_many_images_of_several_formats(convtool, folder):
    write_image("a.csv", np.ones((4, 4)))
    write_image("b.png", np.ones((4, 4), np.uint8))
    write_image("c.tif", np.ones((4, 4), np.float32))
    assert convtool("pool", "a.csv", "b.png", "c.tif", "-d", "out", "-q").returncode == 0
    assert sorted(path.name for path in (folder / "out").iterdir()) == [
        "a-max2.csv", "b-max2.png", "c-max2.tif",
    ]  # fmt: skip


def test_exif_and_profile_stay_in_a_tiff(convtool, folder):
    exif = Image.Exif()
    exif[0x010E] = "a ramp"
    exif[317], exif[322], exif[259] = 2, 16, 5  # of another picture: predictor, tiles, LZW
    exif.get_ifd(0x8769)[0x829A] = 0.5
    rgb = pixels("u1", 3)
    Image.fromarray(rgb).save("a.jpg", exif=exif, dpi=(300, 200), quality=100)
    assert convtool("conv", "a.jpg", "-k", "1", "-o", "b.tif").returncode == 0
    assert convtool("conv", "b.tif", "-k", "1", "-o", "c.tif").returncode == 0
    for name in ("b.tif", "c.tif"):
        with Image.open(name) as image:
            assert image.getexif()[0x010E] == "a ramp"
            assert image.getexif().get_ifd(0x8769)[0x829A] == 0.5
            assert image.info["dpi"] == (300, 200)
            assert np.array_equal(np.asarray(image), read_image("a.jpg"))
    assert convtool("conv", "b.tif", "-k", "1", "--strip", "-o", "d.tif").returncode == 0
    with Image.open("d.tif") as image:
        assert 0x010E not in image.getexif()


def test_what_pillow_decodes_is_placed_too(convtool, folder):
    heights = pixels("f4", 1)[..., 0]
    with Image.new("F", (45, 37)) as image:
        image.putdata(heights.ravel().tolist())
        tags = {33550: GEO.pixel_scale, 33922: GEO.tiepoints, 34735: GEO.keys, 42113: "-9999"}
        info = ImageFileDirectory_v2()
        for tag, value in tags.items():
            info.tagtype[tag] = {34735: 3, 42113: 2}.get(tag, 12)
            info[tag] = value
        image.save("a.tif", compression="tiff_lzw", tiffinfo=info)
        info[274] = 6
        image.save("b.tif", compression="tiff_lzw", tiffinfo=info)
    metadata = open_image("a.tif").metadata
    assert (metadata.georeference, metadata.nodata) == (GEO, -9999)
    assert open_image("b.tif").metadata.georeference is None
    assert open_image("b.tif").notes == ("it is turned upright, and its georeference stays behind",)
    tifffile.imwrite("c.tif", heights, extratags=[(42112, "s", 3, "<a>")], metadata=None)
    (note,) = open_image("c.tif").notes
    assert "GDAL_METADATA" in note


def test_descriptions_of_the_layout_stay_behind(convtool, folder):
    """By tifffile's own, and ImageJ's, programs would take the map for something else."""
    image = pixels("f4", 1, (40, 60))[..., 0]
    tifffile.imwrite("a.tif", image)
    assert convtool("pool", "a.tif", "-o", "b.tif").stderr == b""
    assert tifffile.imread("b.tif").shape == (20, 30)
    tifffile.imwrite("a.tif", image, imagej=True)
    told = convtool("pool", "a.tif", "-o", "b.tif").stderr
    assert told == b"convtool: a.tif: what it tells ImageJ or OME of its pages stays behind\n"
    with tifffile.TiffFile("b.tif") as file:
        assert file.asarray().shape == (20, 30)
        assert 270 not in file.pages.first.tags


def test_words_of_a_bigtiff(folder):
    image = pixels("u1", 1)[..., 0]
    tifffile.imwrite("a.tif", image, bigtiff=True, description="a ramp", metadata=None)
    exif = Image.Exif()
    exif.load(open_image("a.tif").metadata.exif)
    assert exif[270] == "a ramp"
    tags = [(65000, "I", 1, 8)]
    tifffile.imwrite("a.tif", image, bigtiff=True, extratags=tags, metadata=None)
    data, of_mine = Path("a.tif").read_bytes(), struct.pack("<HHQ", 65000, 4, 1)
    Path("a.tif").write_bytes(data.replace(of_mine, struct.pack("<HHQ", 34665, 4, 1)))
    assert open_image("a.tif").notes == ("its EXIF is not read, as it is a BigTIFF",)


def test_complex_numbers_are_refused(folder):
    tifffile.imwrite("a.tif", np.ones((3, 3), np.complex64))
    with pytest.raises(ConvtoolError, match=r"a.tif: holds complex numbers"):
        open_image("a.tif")


@pytest.mark.parametrize(
    ("dtype", "marker", "text"),
    [
        ("u8", 2**64 - 1, "18446744073709551615"),
        ("i8", 2**63 - 1, "9223372036854775807"),
        ("i8", 2**53 + 1, "9007199254740993"),
        ("f8", -np.finfo("f8").max, "-1.79769313486232e+308"),
        ("f4", -9999, "-9999 "),
    ],
)
def test_the_marker_is_read_exactly(convtool, folder, dtype, marker, text):
    image = np.full((5, 5), 2**53 if marker == 2**53 + 1 else 100, dtype)
    image[2, 2] = marker
    tags = [(42113, 2, 0, text, True)]
    tifffile.imwrite("n.tif", image, metadata=None, extratags=tags)
    done = convtool("conv", "-k", "box3", "--missing", "skip", "n.tif", "-o", "n.npy")
    assert done.returncode == 0
    found = np.load("n.npy")
    assert np.isnan(found[2, 2])
    assert np.isnan(found).sum() == 1
    assert (found[~np.isnan(found)] == image[0, 0]).all()
    done = convtool("pool", "-s", "1", "n.tif", "-o", "again.tif")
    # float64 has no other number for 2**53 + 1 than for 2**53.
    assert (b"equal the number" in done.stderr) == (marker == 2**53 + 1)


@pytest.mark.parametrize("compression", ["zlib", "lzma"])
def test_a_checksum_that_does_not_fit_is_an_error(folder, compression):
    image = np.random.default_rng(0).normal(size=(256, 256)).astype("f4")
    tifffile.imwrite("a.tif", image, metadata=None, tile=(256, 256), compression=compression)
    with tifffile.TiffFile("a.tif") as file:
        start, size = file.pages[0].dataoffsets[0], file.pages[0].databytecounts[0]
    data = bytearray(Path("a.tif").read_bytes())
    last = start + size - (3 if compression == "zlib" else 30)
    data[last] ^= 255
    Path("a.tif").write_bytes(data)
    with pytest.raises(ConvtoolError, match="is broken: strip or tile 1 cannot be decoded"):
        read_image("a.tif")


@pytest.mark.parametrize(
    ("samples", "photometric", "extra"),
    [
        (4, "rgb", [0]), (5, "rgb", [0, 2]), (5, "rgb", [2, 0]), (3, "minisblack", [0, 2]),
        (3, "minisblack", [0, 0]), (4, "minisblack", [0, 0, 2]), (3, "rgb", []),
        (6, "rgb", [0, 0, 0]),
    ],
)  # fmt: skip
def test_what_samples_mean_goes_along(convtool, folder, samples, photometric, extra):
    image = pixels("u1", samples)
    tifffile.imwrite("a.tif", image, photometric=photometric, extrasamples=extra, metadata=None,
                     planarconfig="contig")  # fmt: skip
    done = convtool("pool", "-s", "1", "--alpha", "keep", "a.tif", "-o", "o.tif")
    assert done.returncode == 0, done.stderr
    assert (b"its alpha is not its last sample" in done.stderr) == (extra == [2, 0])
    with tifffile.TiffFile("o.tif") as file:
        page = file.pages[0]
        assert page.photometric.name.lower() == photometric
        assert list(page.extrasamples) == ([0, 0] if extra == [2, 0] else extra)
        assert np.array_equal(page.asarray(), image)


def test_alpha_beside_other_samples_weights_and_is_no_colour(convtool, folder):
    image = pixels("u1", 5)
    tifffile.imwrite("a.tif", image, photometric="rgb", extrasamples=[0, 2], metadata=None)
    assert convtool("conv", "-k", "box3", "a.tif", "-o", "o.npy").returncode == 0
    ones = np.ones((3, 3), int)
    expected = conv2d(image, ones, divisor=9, alpha="weight")
    assert np.array_equal(np.load("o.npy"), expected)
    tifffile.imwrite("b.tif", image[..., :3], photometric="minisblack", extrasamples=[0, 2],
                     metadata=None, planarconfig="contig")  # fmt: skip
    done = convtool("pool", "b.tif", "-o", "o.png")
    assert done.returncode == 1
    assert b"2 maps and alpha are no picture in png: TIFF, NPY and CSV hold them" in done.stderr


def test_a_mask_page_and_slices_are_told(convtool, folder):
    with tifffile.TiffWriter("m.tif") as file:
        file.write(np.full((8, 8), 50, "u1"), metadata=None)
        file.write(np.ones((8, 8), bool), metadata=None, subfiletype=4, photometric="mask")
    done = convtool("pool", "m.tif", "-o", "o.tif")
    assert b"m.tif: its mask of what is valid is not read; --within takes one" in done.stderr
    assert b"frames" not in done.stderr
    volume = np.random.default_rng(0).integers(0, 256, (4, 20, 20, 3), "u1")
    tifffile.imwrite("v.tif", volume, volumetric=True, tile=(4, 16, 16), photometric="rgb")
    done = convtool("pool", "-s", "1", "v.tif", "-o", "o.tif")
    assert b"v.tif: holds 4 slices on its page, only the first is read" in done.stderr
    assert np.array_equal(tifffile.imread("o.tif"), volume[0])


def test_descriptions_of_the_layout_stay_behind_where_pillow_decodes(convtool, folder):
    for words in ("ImageJ=1.53t\nimages=3\nslices=3\n", '{"shape": [20, 30]}'):
        picture = Image.fromarray(np.zeros((20, 30), "u1"))
        picture.save("a.tif", compression="tiff_lzw", tiffinfo={270: words, 305: "me"})
        assert convtool("pool", "a.tif", "-o", "o.tif").returncode == 0
        with tifffile.TiffFile("o.tif") as file:
            assert 270 not in file.pages[0].tags
            assert file.pages[0].tags[305].value == "me"


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("dtype", ["u1", "u2", "f4"])
def test_any_type_is_turned_upright(folder, orientation, dtype):
    image = pixels(dtype, 3)
    tags = [(274, 3, 1, orientation, True)]
    tifffile.imwrite("a.tif", image, photometric="rgb", metadata=None, extratags=tags,
                     resolution=(100, 50), resolutionunit=2)  # fmt: skip
    picture = Image.fromarray(np.arange(image.shape[0] * image.shape[1], dtype=np.int32).reshape(
        image.shape[:2]))  # fmt: skip
    methods = [
        None, "FLIP_LEFT_RIGHT", "ROTATE_180", "FLIP_TOP_BOTTOM", "TRANSPOSE", "ROTATE_270",
        "TRANSVERSE", "ROTATE_90",
    ]  # fmt: skip
    method = methods[orientation - 1]
    turned = picture.transpose(Image.Transpose[method]) if method else picture
    assert np.array_equal(read_image("a.tif"), image.reshape(-1, 3)[np.asarray(turned)])
    dpi = open_image("a.tif").metadata.dpi
    assert dpi == ((50, 100) if orientation > 4 else (100, 50))


def test_colours_that_cannot_be_read_are_named(folder):
    tifffile.imwrite("a.tif", pixels("u2", 4), photometric="separated", metadata=None)
    with pytest.raises(ConvtoolError, match="has colours of SEPARATED in 16 bits, expected grey"):
        read_image("a.tif")


def test_halves_of_colours_that_were_multiplied_by_alpha_go_to_even(folder):
    colour, alpha = np.meshgrid(np.arange(256), np.arange(1, 256))
    kept = colour <= alpha
    image = np.stack([colour, colour, colour, alpha], -1)[kept][np.newaxis].astype("u1")
    tifffile.imwrite("a.tif", image, photometric="rgb", extrasamples=["assocalpha"], metadata=None)
    found = read_image("a.tif")[..., 0].ravel().tolist()
    pairs = zip(colour[kept].tolist(), alpha[kept].tolist(), strict=True)
    assert found == [round(Fraction(255 * c, a)) for c, a in pairs]


def test_a_contact_sheet_lies_nowhere(convtool, folder):
    with_geo(np.zeros((20, 30), "f4"))
    words = ("-k", "sobel_x", "-k", "sobel_y", "--sheet", "-o", "s.tif")
    assert convtool("conv", "dem.tif", *words).returncode == 0
    assert open_image("s.tif").metadata.georeference is None
