"""What pages are goes along into maps of as many slices, as tifffile reads it."""

from pathlib import Path

import numpy as np
import pytest
import tifffile

from convtool import pool3d

PAGES = np.random.default_rng(0).integers(0, 65536, (12, 20, 30), np.uint16)
SHAPES = {
    "ZYX": (12,), "TYX": (12,), "CYX": (12,), "ZCYX": (4, 3), "TZYX": (3, 4), "TZCYX": (2, 3, 2),
    "CZYX": (3, 4), "ZTCYX": (2, 3, 2),
}  # fmt: skip


def written(axes, kind, pages=PAGES, **metadata):
    options = {"imagej": True} if kind == "imagej" else {"ome": kind == "ome"}
    shape = (*SHAPES[axes], *pages.shape[1:])
    photometric = "rgb" if pages.ndim == 4 else "minisblack"
    axes += "S" * (pages.ndim == 4)
    tifffile.imwrite(
        "a.tif", pages.reshape(shape), metadata={"axes": axes, **metadata}, photometric=photometric,
        **options,
    )  # fmt: skip


def read(path):
    """The axes, the pixels, and what ImageJ is told."""
    with tifffile.TiffFile(path) as file:
        (series,) = file.series
        return series.axes, series.asarray(), series.kind, file.imagej_metadata


@pytest.mark.parametrize(
    ("kind", "axes"),
    [
        *(("imagej", axes) for axes in ("ZYX", "TYX", "CYX", "ZCYX", "TZYX", "TZCYX")),
        *(("ome", axes) for axes in SHAPES),
        *(("shaped", axes) for axes in SHAPES),
    ],
)
@pytest.mark.parametrize("compress", ["none", "fast"])
def test_axes_stay(convtool, folder, kind, axes, compress):
    written(axes, kind)
    done = convtool("pool", "a.tif", "-s", "1", "--compress", compress, "-o", "o.tif")
    assert done.returncode == 0
    told = b"convtool: a.tif: what else it tells OME stays behind\n" if kind == "ome" else b""
    assert done.stderr == told
    found_axes, pixels, found_kind, _ = read("o.tif")
    assert (found_axes, found_kind) == (axes, kind)
    assert np.array_equal(pixels, PAGES.reshape(*SHAPES[axes], 20, 30))
    with tifffile.TiffFile("o.tif") as file:
        assert [270 in page.tags for page in file.pages] == [True, *[False] * 11]
    assert convtool("pool", "o.tif", "-s", "1", "--compress", compress, "-o", "p.tif").stderr in (
        b"", b"convtool: o.tif: what else it tells OME stays behind\n",
    )  # fmt: skip
    assert Path("o.tif").read_bytes() == Path("p.tif").read_bytes()


@pytest.mark.parametrize("samples", [1, 3])
@pytest.mark.parametrize(
    ("kind", "dtype"),
    [
        *(("ome", dtype) for dtype in ("u1", "i2", "u4", "f4", "f8")),
        *(("shaped", dtype) for dtype in ("u1", "i8", "f2", "f4")),
    ],
)
def test_any_type_and_colours(convtool, folder, dtype, samples, kind):
    shape = (12, 20, 30, 3)[: 3 + (samples > 1)]
    pages = np.random.default_rng(1).integers(0, 99, shape).astype(dtype)
    written("TZYX", kind, pages)
    assert convtool("pool", "a.tif", "-s", "1", "-o", "o.tif").returncode == 0
    axes, pixels, found, _ = read("o.tif")
    assert (axes, found) == ("TZYX" + "S" * (samples > 1), kind)
    assert pixels.dtype == np.dtype(dtype)
    assert np.array_equal(pixels.reshape(pages.shape), pages)


def test_lengths_of_imagej(convtool, folder):
    words = {"spacing": 0.75, "unit": "micron"}
    options = {"imagej": True, "resolution": (5.0, 4.0), "metadata": {"axes": "ZYX", **words}}
    tifffile.imwrite("a.tif", PAGES, **options)
    for command, density in (
        (("conv", "a.tif", "-k", "gaussian:3x3x3"), (5, 4)),
        (("pool", "a.tif", "-s", "2x5"), (1, 2)),  # twice as high, five times as wide
        (("run", "conv -k edge --stride 2 | pool -s 2", "a.tif"), (1.25, 1)),
    ):
        done = convtool(*command, "-o", "o.tif")
        assert done.returncode == 0
        assert b"stays behind" not in done.stderr
        axes, _, _, found = read("o.tif")
        assert axes == "ZYX"
        assert {word: found[word] for word in words} == words
        with tifffile.TiffFile("o.tif") as file:
            assert file.pages[0].resolution == pytest.approx(density)
            assert file.pages[0].resolutionunit == 1
            assert 282 in file.pages[5].tags


def test_lengths_of_ome(convtool, folder):
    sizes = {"PhysicalSizeX": 0.25, "PhysicalSizeY": 0.5, "PhysicalSizeZ": 2.0}
    units = {f"{size}Unit": "µm" for size in sizes}
    written("ZCYX", "ome", **sizes, **units)
    assert convtool("pool", "a.tif", "-s", "2", "-o", "o.tif").returncode == 0
    with tifffile.TiffFile("o.tif") as file:
        ome = tifffile.xml2dict(file.ome_metadata)["OME"]["Image"]["Pixels"]
    expected = {"PhysicalSizeX": 0.5, "PhysicalSizeY": 1.0, "PhysicalSizeZ": 2.0, **units}
    assert {name: ome[name] for name in expected} == expected
    assert (ome["SizeX"], ome["SizeY"], ome["SizeZ"], ome["SizeC"]) == (15, 10, 4, 3)
    assert ome["DimensionOrder"] == "XYCZT"
    assert len(ome["Channel"]) == 3


def test_axes_and_distances_of_other_slices(convtool, folder):
    written("TYX", "imagej")
    done = convtool("pool", "a.tif", "--axes", "zyx", "-s", "2x2x2", "-o", "o.tif")
    assert read("o.tif")[0] == "ZYX"
    written("ZYX", "imagej", spacing=1.5, unit="um")
    done = convtool("pool", "a.tif", "-s", "2x2x2", "-o", "o.tif")
    assert done.stderr == b""
    with tifffile.TiffFile("o.tif") as file:
        assert file.series[0].axes == "ZYX"
        assert float(file.imagej_metadata["spacing"]) == 3.0
    done = convtool("pool", "a.tif", "-s", "1", "--frames", "3..5", "-o", "o.tif")
    assert done.stderr == b""
    assert read("o.tif")[:3:2] == ("ZYX", "imagej")
    done = convtool("pool", "a.tif", "-s", "1", "--axes", "tyx", "-o", "o.tif")
    assert read("o.tif")[:3:2] == ("TYX", "imagej")
    done = convtool("pool", "a.tif", "-s", "1", "-o", "o.png")
    assert b"png holds no axes of pages or EXIF" in done.stderr or b"axes of pages" in done.stderr
    written("TZYX", "imagej")
    done = convtool("pool", "a.tif", "-s", "1", "--frames", "3..5", "-o", "o.tif")
    assert b"a.tif: what it tells ImageJ or OME of its pages stays behind" in done.stderr
    done = convtool("pool", "a.tif", "-s", "1", "-o", "{frame}.tif")
    with tifffile.TiffFile("11.tif") as file:
        assert 270 not in file.pages[0].tags


def test_what_else_imagej_is_told_stays_behind_with_a_word(convtool, folder):
    written("ZCYX", "imagej", Labels=[str(n) for n in range(12)], min=0.0, max=99.0)
    done = convtool("pool", "a.tif", "-s", "1", "-o", "o.tif")
    assert b"a.tif: what else it tells ImageJ stays behind" in done.stderr
    axes, _, _, found = read("o.tif")
    assert axes == "ZCYX"
    assert not {"Labels", "min", "max"} & found.keys()


def test_joined_channels_lie_along_what_is_left(convtool, folder):
    written("ZCYX", "imagej", spacing=0.5)
    words = ("-s", "1", "--axes", "zcyx", "-o", "o.tif")
    assert convtool("pool", "a.tif", *words).returncode == 0
    axes, pixels, _, found = read("o.tif")
    assert axes == "ZCYX"
    assert (found["spacing"], found["slices"], found["channels"]) == (0.5, 4, 3)
    assert np.array_equal(pixels, PAGES.reshape(4, 3, 20, 30))
    for program, order in (("imagej", "ZCYX"), ("ome", "CZYX"), ("shaped", "ZCYX")):
        written(order, program)
        asked = order.lower()
        for compression in ("none", "fast"):
            words = ("-s", "2x2x2", "--axes", asked, "--compress", compression, "-o", "o.tif")
            assert convtool("pool", "a.tif", *words).returncode == 0
            axes, pixels, *_ = read("o.tif")
            volume = np.moveaxis(PAGES.reshape(4, 3, 20, 30), 1, -1)
            if order[0] == "C":
                volume = np.moveaxis(PAGES.reshape(3, 4, 20, 30), 0, -1)
            assert axes == "ZCYX"
            assert np.array_equal(np.moveaxis(pixels, 1, -1), pool3d(volume, 2))
        assert convtool("pool", "o.tif", "-s", "1", "--axes", "zcyx", "-o", "p.npy").returncode == 0
        assert np.array_equal(np.load("p.npy"), pool3d(volume, 2))


@pytest.mark.parametrize("dtype", ["uint8", "float32", "int64"])
@pytest.mark.parametrize("compression", ["none", "fast"])
def test_slices_smaller_than_their_tags_are_read_as_they_are(convtool, folder, dtype, compression):
    """tifffile takes such pages for one block where its own words describe them."""
    pages = np.arange(40).reshape(2, 4, 5).astype(dtype)
    tifffile.imwrite("a.tif", pages, photometric="minisblack", metadata={"axes": "ZYX"})
    words = ("-s", "1", "--compress", compression, "-o", "o.tif")
    assert convtool("pool", "a.tif", *words).returncode == 0
    assert np.array_equal(tifffile.imread("o.tif"), pages)
