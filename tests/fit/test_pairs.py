import numpy as np
import pytest
from helpers.blocks import Blocks

from convtool import ConvtoolError, conv2d
from convtool.fit.pairs import ImagePair, Model, overlay


def overlaid(image, after, rows=7, **model):
    return overlay(
        ImagePair(lambda: Blocks(image, rows), lambda: Blocks(after, rows + 3), "place"),
        Model(**model),
    )


@pytest.mark.parametrize("padding", ["same", "valid", "full"])
@pytest.mark.parametrize("size", [(1, 1), (3, 3), (2, 5)])
@pytest.mark.parametrize("stride", [(1, 1), (2, 3)])
@pytest.mark.parametrize("dilation", [(1, 1), (3, 2)])
def test_windows_are_those_that_conv2d_looks_at(padding, size, stride, dilation):
    """Of an image whose pixels are their own numbers, each value tells the window's first pixel."""
    image = np.arange(31 * 29).reshape(31, 29, 1).astype(float)
    weights = np.zeros(size)
    weights[0, 0] = 1
    options = {"stride": stride, "padding": padding, "dilation": dilation}
    after = conv2d(image, weights, border="constant", fill=-1, **options)
    images = overlaid(image, after, size=size, stride=stride, dilation=dilation)
    assert (images.window[0].output, images.window[1].output) == after.shape[:2]
    seen = 0
    for strip in images.strips():
        left, right = images.cols
        origin = left * stride[1] - images.window[1].before
        firsts = strip.before[:: stride[0], origin :: stride[1]]
        values = strip.after[:, left:right]
        assert np.array_equal(firsts[: len(values), : right - left], values)
        assert values.min() >= 0
        seen += values.size
    assert seen == images.inner
    assert images.inner + images.border == after.size
    whole = conv2d(np.ones_like(image), np.ones(size), border="constant", **options)
    assert images.inner == np.count_nonzero(whole == np.prod(size))


def test_alpha_is_no_channel_but_maps_of_a_layer_are():
    rgba = np.zeros((9, 9, 4), np.uint8)

    def channels(before, after, alphas, layer):
        pair = ImagePair(lambda: Blocks(before, 5, alphas[0]), lambda: Blocks(after, 5, alphas[1]))
        images = overlay(pair, Model((3, 3), layer=layer))
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
