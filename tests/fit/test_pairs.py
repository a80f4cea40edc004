from itertools import product
from math import prod

import numpy as np
import pytest
from helpers.blocks import Blocks

from convtool import ConvtoolError, conv1d, conv2d, conv3d
from convtool.core.image import Header
from convtool.fit.pairs import ImagePair, Model, has_transparency, overlay
from convtool.io.base import ArrayReader


def overlaid(image, after, rows=7, **model):
    return overlay(
        ImagePair(lambda: Blocks(image, rows), lambda: Blocks(after, rows + 3), "place"),
        Model.of(**model),
    )


CONVS = {1: conv1d, 2: conv2d, 3: conv3d}


@pytest.mark.parametrize("padding", ["same", "valid", "full"])
@pytest.mark.parametrize(
    ("shape", "size", "stride", "dilation"),
    [
        (shape, *options)
        for shape, sizes, strides, dilations in (
            ((31, 29), ((1, 1), (3, 3), (2, 5)), ((1, 1), (2, 3)), ((1, 1), (3, 2))),
            ((300,), ((1,), (4,)), ((1,), (3,)), ((1,), (2,))),
            ((13, 9, 8), ((3, 3, 2), (1, 2, 3)), ((1, 1, 1), (2, 1, 3)), ((1, 1, 1), (3, 2, 1))),
            ((3, 60, 7), ((2, 2, 2),), ((1, 2, 1),), ((1, 1, 1),)),
        )
        for options in product(sizes, strides, dilations)
    ],
)
def test_windows_are_those_that_a_convolution_looks_at(padding, shape, size, stride, dilation):
    """Of an image whose pixels are their own numbers, each value tells the window's first pixel."""
    image = np.arange(prod(shape)).reshape(*shape, 1).astype(float)
    weights = np.zeros(size)
    weights.flat[0] = 1
    options = {"stride": stride, "padding": padding, "dilation": dilation}
    conv = CONVS[len(size)]
    after = conv(image, weights, border="constant", fill=-1, **options)
    images = overlaid(image, after, size=size, stride=stride, dilation=dilation)
    assert tuple(axis.output for axis in images.axes)[-len(shape) :] == after.shape[:-1]
    seen = []
    for strip in images.strips():
        left, right = images.cols
        values = strip.after[:, :, left:right]
        steps = [axis.stride for axis in images.axes]
        origin = left * steps[2] - images.axes[2].before
        firsts = strip.before[:: steps[0], :: steps[1], origin :: steps[2]]
        assert np.array_equal(firsts[tuple(map(slice, values.shape))], values)
        assert values.min() >= 0
        seen += values.ravel().tolist()
    assert len(set(seen)) == len(seen) == images.inner
    assert images.inner + images.border == after.size
    whole = conv(np.ones_like(image), np.ones(size), border="constant", **options)
    assert images.inner == np.count_nonzero(whole == prod(size))


def test_slices_are_put_together_once_for_all_strips_under_windows_with_depth():
    volume = np.zeros((5, 90, 7, 1))
    strips = list(overlaid(volume, volume, size=(3, 1, 1)).strips())
    assert len(strips) > 3
    assert len({strip.band.base.ctypes.data for strip in strips}) == 3
    assert {strip.windows.shape[0] for strip in strips} == {1}


def test_an_image_of_several_slices_has_the_windows_of_each():
    """Of slices of rows and columns, and rows of small ones are taken together."""
    volume = np.arange(40 * 6 * 5).reshape(40, 6, 5, 1)
    images = overlaid(volume, volume[:, 1:-1, 1:-1], size=(3, 3))
    strips = list(images.strips())
    assert {strip.windows.shape for strip in strips} == {(5, 4)}
    assert images.inner == 40 * 4 * 3
    for strip in strips:
        assert np.array_equal(strip.before[:, 1:-1, 1:-1], strip.after)


def test_alpha_is_no_channel_but_maps_of_a_layer_are():
    rgba = np.zeros((9, 9, 4), np.uint8)

    def channels(before, after, alphas, layer):
        pair = ImagePair(lambda: Blocks(before, 5, alphas[0]), lambda: Blocks(after, 5, alphas[1]))
        images = overlay(pair, Model.of((3, 3), layer=layer))
        return len(images.before.channels), len(images.after.channels)

    assert channels(rgba, rgba, (True, True), False) == (3, 3)
    assert channels(rgba[..., :3], rgba, (True, True), False) == (3, 3)
    assert channels(rgba[..., :3], rgba, (True, True), True) == (3, 4)
    assert channels(rgba, rgba, (True, True), True) == (3, 3)


def test_errors_name_the_pair_and_the_sizes_expected():
    image = np.zeros((9, 9, 1))
    with pytest.raises(ConvtoolError, match=r"place: .* the result 8x9, expected 9x9 \(same"):
        overlaid(image, image[1:], size=(3, 3))
    with pytest.raises(ConvtoolError, match="place: no window of 11x3 lies in the image of 9x9"):
        overlaid(image, image, size=(11, 3))


@pytest.mark.parametrize(
    ("shapes", "size", "message"),
    [
        (((4, 9, 9), (4, 9, 8)), (3, 3, 3), "is 4x9x9 and the result 4x9x8, expected 4x9x9 .same.,"
         " 2x7x7 .valid., 6x11x11 .full.; a stride or dilation changes that"),
        (((4, 9, 9), (1, 9, 9)), (3, 3), "is 4x9x9 and the result 1x9x9, expected 4x9x9 .same., "
         ".*; a size with slices (.*) or --frames changes that"),
        (((4, 9, 9), (4, 9, 9)), (5, 3, 3), "no window of 5x3x3 lies in the image of 4x9x9: use"),
        (((1, 9, 9), (1, 9, 9)), (2, 3, 3), "no window of 2x3x3 lies .* images of several"),
        (((9,), (8,)), (3,), "is 9 and the result 8, expected 9 .same., 7 .valid., 11 .full."),
    ],
)  # fmt: skip
def test_errors_name_slices(shapes, size, message):
    before, after = (np.zeros((*shape, 1)) for shape in shapes)
    with pytest.raises(ConvtoolError, match=message):
        overlaid(before, after, size=size)


@pytest.mark.parametrize(("kind", "white"), [(np.uint8, 255), (np.uint16, 65535), (float, 1.0)])
def test_transparency_is_alpha_below_white(kind, white):
    pixels = np.full((9, 8, 4), white, kind)
    header = Header.of_array(pixels, may_have_alpha=True)
    pair = ImagePair(lambda: ArrayReader(header, pixels), lambda: ArrayReader(header, pixels))
    assert not has_transparency(pair)
    pixels[7, 3, 3] = white / 2
    assert has_transparency(pair)
