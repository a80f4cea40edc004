"""What tests of pictures share: pixels of values, small ones of large ones, one in another."""

import numpy as np

from convtool.core.image import Header
from convtool.render.thumbnail import Thumbnail


def clipped(values):
    """The pixels of a map's values."""
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def shrunk(pixels, most, cuts=(), alpha=True):
    """The thumbnail of an array (H, W) or (H, W, C), fed in bands that are cut there."""
    pixels = np.ascontiguousarray(pixels.reshape(*pixels.shape[:2], -1))
    thumbnail = Thumbnail(Header.of_array(pixels, may_have_alpha=alpha), most)
    for band in np.split(pixels, sorted(cuts)):
        if len(band):
            thumbnail.write(thumbnail.encode(band))
    thumbnail.close()
    (cell,) = thumbnail.cells("map")
    return cell.pixels


def places(sheet, pixels):
    """Where in a picture another one stands, (row, column) of its corner, by looking everywhere."""
    height, width = pixels.shape[:2]
    could = np.ones((len(sheet) - height + 1, sheet.shape[1] - width + 1), np.bool_)
    for y, x in np.random.default_rng(0).integers(0, (height, width), (9, 2)).tolist():
        under = sheet[y : y + could.shape[0], x : x + could.shape[1]]
        could &= (under == pixels[y, x]).all(-1)
    return [
        (y, x)
        for y, x in np.argwhere(could).tolist()
        if np.array_equal(sheet[y : y + height, x : x + width], pixels)
    ]
