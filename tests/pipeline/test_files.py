"""Volumes in and out of files, for Python."""

import numpy as np
import pytest
import tifffile

from convtool import ConvtoolError, read_image, read_volume, write_volume


@pytest.mark.parametrize("channels", [(), (2,), (5,)])
@pytest.mark.parametrize("dtype", ["uint8", "int16", "float32"])
@pytest.mark.parametrize("extension", ["tif", "npy", "csv"])
def test_what_is_written_is_read(folder, extension, dtype, channels):
    volume = np.random.default_rng(0).integers(0, 99, (4, 5, 6, *channels)).astype(dtype)
    write_volume(f"v.{extension}", volume)
    found = read_volume(f"v.{extension}")
    assert found.shape == volume.shape
    assert np.array_equal(found, volume)
    assert found.dtype == dtype or extension == "csv"


def test_frames_and_axes(folder):
    frames = np.random.default_rng(1).integers(0, 256, (3, 8, 9, 3), np.uint8)
    write_volume("v.png", frames)
    assert np.array_equal(read_volume("v.png"), frames)
    assert np.array_equal(read_image("v.png"), frames[0])
    pages = np.random.default_rng(2).integers(0, 256, (4, 2, 5, 6), np.uint8)
    tifffile.imwrite("h.tif", pages, imagej=True, metadata={"axes": "ZCYX"})
    assert np.array_equal(read_volume("h.tif", axes="zcyx"), np.moveaxis(pages, 1, -1))
    np.save("v.npy", frames[..., 0])
    assert np.array_equal(read_volume("v.npy", axes="yxc"), frames[np.newaxis, ..., 0])


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: read_volume("no.npy"), "no.npy: no such file"),
        (lambda: read_volume("v.npy", axes="xyz"), "axes: found 'xyz', expected one of: zyx"),
        (lambda: read_volume("flat.npy", axes="zyx"), "flat.npy: has shape"),
        (lambda: read_volume("two.tif"), "two.tif: page 1 is 2x3"),
        (
            lambda: write_volume("v.jpg", np.ones((2, 3, 4))),
            "jpeg holds one frame",
        ),
        (lambda: write_volume("v.tif", np.ones((3, 4))), "volume has shape"),
    ],
)
def test_what_cannot_be(folder, call, told):
    np.save("v.npy", np.ones((2, 3, 4)))
    np.save("flat.npy", np.ones((3, 4)))
    with tifffile.TiffWriter("two.tif") as file:
        file.write(np.ones((4, 5), np.uint8))
        file.write(np.ones((2, 3), np.uint8))
    with pytest.raises(ConvtoolError, match=told):
        call()
