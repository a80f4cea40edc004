"""Files as the slices of one volume."""

import os
import tracemalloc

import numpy as np
import pytest
import tifffile
from PIL import Image

from convtool import ConvtoolError
from convtool.core.encoding import Table
from convtool.core.frames import ALL, Frames
from convtool.io.stack import StackReader

VOLUME = np.random.default_rng(0).integers(0, 65536, (7, 20, 30), np.uint16)


def saved(path, pixels, **options):
    if path.endswith("npy"):
        np.save(path, pixels)
    elif path.endswith("tif"):
        tifffile.imwrite(path, pixels, photometric="minisblack", metadata=None, **options)
    else:
        Image.fromarray(pixels).save(path, **options)
    return path


def stacked(reader):
    return np.concatenate(list(reader.blocks())).reshape(*reader.header.size, -1)


def test_files_of_any_format_and_of_several_slices_follow_one_another(folder):
    paths = [
        saved("a.png", VOLUME[0]), saved("b.tif", VOLUME[1:4]), saved("c.npy", VOLUME[4]),
        saved("d.tif", VOLUME[5:], compression="zlib"),
    ]  # fmt: skip
    reader = StackReader(paths)
    assert reader.header.shape == (7, 20, 30, 1)
    for _ in range(2):  # a second pass reads the same
        assert np.array_equal(stacked(reader)[..., 0], VOLUME)
    for first in range(7):
        for last in range(first, 7):
            some = StackReader(paths, frames=Frames(first, last))
            assert np.array_equal(stacked(some)[..., 0], VOLUME[first : last + 1])
    with pytest.raises(ConvtoolError, match="has no frame 7: it holds 7 frames, 0 to 6"):
        StackReader(paths, frames=Frames(2, 7))
    alone = StackReader(paths, frames=None)
    assert np.array_equal(stacked(alone)[..., 0], VOLUME[:1])
    assert alone.notes[0] == "holds 7 slices, only the first is read"
    numbers = StackReader([saved("v.npy", VOLUME), "c.npy"][:1], table=Table(axes="zyx"))
    assert np.array_equal(stacked(numbers)[..., 0], VOLUME)


@pytest.mark.parametrize(
    ("name", "other", "told"),
    [
        ("b.png", VOLUME[0, 1:], "b.png: is 19x30 uint16 of channels L, but a.png 20x30 uint16"),
        ("b.png", VOLUME[0].astype(np.uint8), "b.png: is 20x30 uint8 of channels L, but a.png 20"),
        ("b.npy", np.stack([VOLUME[0]] * 3, -1), "b.npy: is 20x30 uint16 of channels R G B, but"),
    ],
)
def test_slices_that_differ_are_named(folder, name, other, told):
    with pytest.raises(ConvtoolError, match=f"^{told}"):
        StackReader([saved("a.png", VOLUME[0]), saved(name, other)])


def test_a_slice_that_changes_meanwhile_is_named(folder):
    reader = StackReader([saved("a.png", VOLUME[0]), saved("b.png", VOLUME[1])])
    saved("b.png", VOLUME[1, 2:])
    with pytest.raises(ConvtoolError, match=r"^b.png: is 18x30 uint16"):
        list(reader.blocks())
    os.remove("b.png")
    with pytest.raises(ConvtoolError, match=r"^b.png: no such file"):
        list(reader.blocks())


def test_a_pipe_is_no_slice(folder):
    os.mkfifo("p.png")
    with pytest.raises(ConvtoolError, match=r"^p.png: is no file, and the slices of a stack are"):
        StackReader(["p.png"])


def test_metadata_are_those_of_the_first(folder):
    saved("a.png", VOLUME[0], dpi=(300, 300))
    for name, dpi in (("b.png", 300), ("c.png", 150), ("d.png", 75)):
        saved(name, VOLUME[0], dpi=(dpi, dpi))
    assert StackReader(["a.png", "b.png"]).notes == ()
    reader = StackReader(["a.png", "c.png", "d.png"])
    assert reader.notes == (
        "its slices differ in resolution, and that of the first goes along for all",
    )
    assert round(reader.metadata.dpi[0]) == 300
    tags = [(42113, "s", 0, "7", True), (42113, "s", 0, "nan", True)]
    for name, tag in zip(("m.tif", "n.tif"), tags, strict=True):
        saved(name, VOLUME[0], extratags=[tag])
    with pytest.raises(ConvtoolError, match=r"n.tif: has another number for what is missing than"):
        StackReader(["m.tif", "n.tif"])
    assert np.isnan(StackReader(["n.tif", "n.tif"]).metadata.nodata)


def test_notes_name_the_first_file_and_count_the_others(folder):
    frames = [Image.fromarray(np.full((20, 30), value, np.uint8)) for value in (1, 99)]
    frames[0].save("a.gif", save_all=True, append_images=frames[1:], duration=50)
    reader = StackReader(["a.gif"] * 3, frames=ALL)
    assert reader.header.depth == 6
    assert reader.notes == ("the timing of its frames stays behind (a.gif and 2 others)",)
    assert reader.metadata.timing is None


def test_memory_does_not_grow_with_the_slices(folder):
    path = saved("a.npy", np.zeros((256, 256)))
    peaks = []
    tracemalloc.start()
    for count in (5, 5, 300):
        tracemalloc.reset_peak()
        for _ in StackReader([path] * count).blocks():
            pass
        peaks.append(tracemalloc.get_traced_memory()[1])
    tracemalloc.stop()
    assert peaks[2] < peaks[1] + 256 * 256 * 8


def test_what_files_tell_of_their_own_pages_stays_behind(folder):
    tifffile.imwrite("a.tif", VOLUME[:3], imagej=True, metadata={"axes": "ZYX"})
    reader = StackReader(["a.tif", "a.tif"])
    assert reader.header.depth == 6
    assert reader.metadata.hyperstack is None
    assert reader.notes == ("what it tells of its pages stays behind (a.tif and 1 other)",)
