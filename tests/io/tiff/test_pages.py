"""What the pages of a TIFF are, beside tifffile: depth, times and channels; files cut short."""

from pathlib import Path

import numpy as np
import pytest
import scipy.ndimage
import tifffile

from convtool.core.frames import ALL
from convtool.io.source import open_image

PAGES = np.random.default_rng(0).integers(0, 65536, (12, 20, 30), np.uint16)
WEIGHTS = np.arange(1, 28).reshape(3, 3, 3)


@pytest.fixture
def kernel(folder):
    """k.txt, a kernel with depth."""
    slices = ("\n".join(" ".join(map(str, row)) for row in plane) for plane in WEIGHTS)
    (folder / "k.txt").write_text("\n---\n".join(slices) + "\n")
    return folder


def written(path, pages, axes, kind):
    options = {"imagej": True} if kind == "imagej" else {"ome": kind == "ome"}
    tifffile.imwrite(path, pages, metadata={"axes": axes}, photometric="minisblack", **options)


def summed(volume):
    return scipy.ndimage.correlate(volume.astype(np.int64), WEIGHTS, mode="nearest")


@pytest.mark.parametrize(
    ("kind", "axes"),
    [("imagej", "ZYX"), ("ome", "ZYX"), ("shaped", "ZYX"), ("shaped", "QYX"), ("shaped", None)],
)
def test_a_kernel_reaches_over_pages_that_may_be_depth(convtool, kernel, kind, axes):
    written("v.tif", PAGES, axes, kind)
    for words in ((), ("--axes", "zyx")):
        done = convtool("conv", "v.tif", "-k", "k.txt", *words, "-o", "o.npy")
        assert done.returncode == 0, done.stderr
        assert np.array_equal(np.load("o.npy"), summed(PAGES))


@pytest.mark.parametrize(
    ("kind", "axes", "shape", "told"),
    [
        ("imagej", "TYX", (12,), "times (t), not depth alone; --axes zyx takes them for depth"),
        ("ome", "TYX", (12,), "times (t), not depth alone; --axes zyx takes them for depth"),
        ("shaped", "CYX", (12,), "channels (c), not depth alone; --axes zyx takes them for depth"),
        ("imagej", "ZCYX", (4, 3), "depth and channels (zc), not depth alone; --axes zcyx joins"),
        ("ome", "CZYX", (3, 4), "channels and depth (cz), not depth alone; --axes czyx joins the"),
        ("ome", "TZYX", (3, 4), "times and depth (tz), not depth alone; --frames A..B --axes zyx"),
        ("shaped", "HYX", (12,), "axis h (h), not depth alone; --axes zyx takes them for depth"),
        ("shaped", "TZCYX", (2, 3, 2), "times and depth and channels (tzc), not depth alone"),
    ],
)
def test_a_kernel_reaches_over_no_other_pages(convtool, kernel, kind, axes, shape, told):
    written("v.tif", PAGES.reshape(*shape, 20, 30), axes, kind)
    done = convtool("conv", "v.tif", "-k", "k.txt", "-o", "o.npy")
    assert done.returncode == 1
    start = "v.tif: conv k 3x3x3: the window lies on several slices, and those of the image are "
    assert start + told in done.stderr.decode()
    assert not Path("o.npy").exists()
    for words in (("-k", "box:3"), ("-k", "k.txt", "--axes", "zyx")):
        assert convtool("conv", "v.tif", *words, "-o", "o.npy").returncode == 0
        volume = summed(PAGES) if len(words) > 2 else None
        assert volume is None or np.array_equal(np.load("o.npy"), volume)
    if axes == "TZYX":  # a volume of the series by its pages
        words = ("-k", "k.txt", "--axes", "zyx", "--frames", "4..7", "-o", "o.npy")
        assert convtool("conv", "v.tif", *words).returncode == 0
        assert np.array_equal(np.load("o.npy"), summed(PAGES[4:8]))


@pytest.mark.parametrize(
    ("kind", "axes", "shape"),
    [("imagej", "ZCYX", (4, 3)), ("ome", "CZYX", (3, 4)), ("shaped", "CZYX", (2, 6))],
)
@pytest.mark.parametrize("threads", ["1", "2"])
def test_pages_are_joined_as_channels(convtool, kernel, kind, axes, shape, threads):
    written("v.tif", PAGES.reshape(*shape, 20, 30), axes, kind)
    volume = np.moveaxis(PAGES.reshape(*shape, 20, 30), axes.index("C"), -1)
    words = ("--axes", axes.lower(), "--threads", threads, "-o", "o.npy")
    assert convtool("conv", "v.tif", "-k", "k.txt", *words).returncode == 0
    expected = np.stack([summed(volume[..., c]) for c in range(volume.shape[-1])], -1)
    assert np.array_equal(np.load("o.npy"), expected)
    assert convtool("pool", "v.tif", "-s", "1", *words, "--frames", "1..2").returncode == 0
    assert np.array_equal(np.load("o.npy"), volume[1:3])


def test_channels_of_one_image(convtool, folder):
    tifffile.imwrite("v.tif", PAGES[:3], photometric="minisblack", metadata=None)
    for target in ("o.npy", "o.png", "o.tif", "o.ppm"):
        words = ("pool", "v.tif", "-s", "1", "--axes", "cyx", "-o", target)
        assert convtool(*words).returncode == 0
        found = np.concatenate(list(open_image(target).blocks()))
        if target == "o.ppm":  # of 8 bits in colour
            assert (
                np.abs(found.astype(int) * 257 - np.moveaxis(PAGES[:3], 0, -1).astype(int)).max()
                <= 128
            )
        else:
            assert np.array_equal(found, np.moveaxis(PAGES[:3], 0, -1))


@pytest.mark.parametrize(
    ("axes", "told"),
    [
        ("czyx", "v.tif: holds 12 pages, and its description calls them zc: --axes czyx cannot be"),
        ("yx", "v.tif: holds 12 pages, and --axes yx says one"),
        ("zyxc", "v.tif: has pages of 1 channel(s), and --axes zyxc says otherwise"),
        ("x", "v.tif: has pages of 1 channel(s), and --axes x says otherwise"),
    ],
)
def test_axes_that_cannot_be(convtool, folder, axes, told):
    written("v.tif", PAGES.reshape(4, 3, 20, 30), "ZCYX", "imagej")
    done = convtool("pool", "v.tif", "--axes", axes, "-o", "o.npy")
    assert told in done.stderr.decode()
    assert not Path("o.npy").exists()
    written("v.tif", PAGES, None, "shaped")
    done = convtool("pool", "v.tif", "--axes", "zcyx", "-o", "o.npy")
    assert b"holds 12 pages, and its description does not say how many channels" in done.stderr
    tifffile.imwrite("v.tif", PAGES.reshape(4, 20, 30, 3), photometric="rgb", metadata=None)
    done = convtool("pool", "v.tif", "--axes", "cyx", "-o", "o.npy")
    assert b"v.tif: has pages of 3 channel(s), and --axes cyx says otherwise" in done.stderr
    assert convtool("pool", "v.tif", "--axes", "zyxc", "-s", "1", "-o", "o.npy").returncode == 0
    assert np.array_equal(np.load("o.npy"), PAGES.reshape(4, 20, 30, 3))


@pytest.mark.parametrize(
    ("options", "axes", "shape"),
    [
        ({"imagej": True}, "ZYX", (12, 20, 30)),
        ({"imagej": True}, "TZYX", (2, 6, 20, 30)),
        ({"byteorder": "<"}, "ZYX", (12, 20, 30)),
        ({"byteorder": ">"}, "TZYX", (2, 6, 20, 30)),
        ({"bigtiff": True}, "ZYX", (12, 20, 30)),
        ({"planarconfig": "contig"}, "ZYXS", (6, 20, 30, 2)),
    ],
)
def test_slices_behind_a_single_page_are_read(convtool, folder, options, axes, shape):
    """As ImageJ writes files of more than 4 GB."""
    pages, metadata = PAGES.reshape(shape), {"axes": axes}
    tifffile.imwrite(
        "v.tif", pages, metadata=metadata, photometric="minisblack", truncate=True, **options
    )
    with tifffile.TiffFile("v.tif") as file:
        assert len(file.pages) == 1
    assert convtool("pool", "v.tif", "-s", "1", "-o", "o.npy").returncode == 0
    expected = pages.reshape(-1, *pages.shape[axes.index("Y") :])
    assert np.array_equal(np.load("o.npy"), expected)
    for which, wanted in (("2..4", expected[2:5]), ("5", expected[5])):
        words = ("-s", "1", "--frames", which, "-o", "o.npy")
        assert convtool("pool", "v.tif", *words).returncode == 0
        assert np.array_equal(np.load("o.npy"), wanted)
    done = convtool("explain", "v.tif", "relu", "--at", "0,0")
    assert b"frames, only the first is read" in done.stderr
    data = Path("v.tif").read_bytes()
    Path("v.tif").write_bytes(data[:-10])
    done = convtool("pool", "v.tif", "-s", "1", "-o", "p.npy")
    last = len(expected) - 1
    told = (
        f"v.tif: is cut short: page {last} lies past its end or is broken; --frames 0..{last - 1}"
    )
    assert told in done.stderr.decode()
    assert not Path("p.npy").exists()
    done = convtool("pool", "v.tif", "-s", "1", "--frames", f"0..{last - 1}", "-o", "p.npy")
    assert b"v.tif: is cut short" in done.stderr
    assert np.array_equal(np.load("p.npy"), expected[:-1])


def test_a_description_of_endless_pages_is_an_error(convtool, folder):
    words = "ImageJ=1.11a\nimages=99999999999999\n"
    tifffile.imwrite("v.tif", PAGES[0], description=words, metadata=None)
    with open("v.tif", "ab") as file:
        file.write(PAGES[1:].tobytes())
    done = convtool("pool", "v.tif", "-o", "o.npy")
    assert b"v.tif: is cut short: page 12 lies past its end" in done.stderr
    assert convtool("pool", "v.tif", "-s", "1", "--frames", "0..11", "-o", "o.npy").returncode == 0
    assert np.array_equal(np.load("o.npy"), PAGES)


def test_a_description_of_other_pages_is_told(folder):
    written("v.tif", PAGES, "ZYX", "imagej")
    data = Path("v.tif").read_bytes()
    Path("w.tif").write_bytes(data.replace(b"images=12\nslices=12", b"images=11\nslices=11"))
    reader = open_image("w.tif", frames=ALL)
    assert reader.header.depth == 12
    assert "describes 11 pages, and holds 12" in reader.notes


@pytest.mark.parametrize("options", [{}, {"compression": "zlib"}, {"bigtiff": True}])
def test_a_file_cut_short_is_an_error_that_names_the_page(convtool, folder, options):
    tifffile.imwrite("v.tif", PAGES, photometric="minisblack", metadata=None, **options)
    data = Path("v.tif").read_bytes()
    (folder / "out").mkdir()
    with tifffile.TiffFile("v.tif") as file:
        ends = [max(page.offset, *page.dataoffsets) for page in file.pages]
    for share in (0.3, 0.5, 0.8, 0.98):
        Path("v.tif").write_bytes(data[: int(len(data) * share)])
        for target in ("out/o.tif", "out/o.npy", "out/{frame}.png"):
            done = convtool("pool", "v.tif", "-o", target)
            assert done.returncode == 1
            whole = sum(end < int(len(data) * share) for end in ends)
            text = done.stderr.decode()
            assert any(f"page {n}" in text for n in (whole - 1, whole)), (share, text)
            assert list((folder / "out").iterdir()) == []
    done = convtool("pool", "v.tif", "--frames", "0", "-o", "out/o.tif")
    assert done.returncode == 0


def test_colours_that_imagej_counts_as_channels(convtool, kernel):
    colours = PAGES.reshape(4, 20, 30, 3)
    words = "ImageJ=1.11a\nimages=4\nchannels=3\nslices=4\n"
    tifffile.imwrite("v.tif", colours, photometric="rgb", description=words, metadata=None)
    done = convtool("conv", "v.tif", "-k", "k.txt", "-o", "o.npy")
    assert done.returncode == 0, done.stderr
    expected = np.stack([summed(colours[..., c]) for c in range(3)], -1)
    assert np.array_equal(np.load("o.npy"), expected)
