"""The model behind an animation: which elements each frame marks, and which values it shows."""

import numpy as np
import pytest
from scipy import ndimage

from convtool import Pipeline, conv2d, conv_transpose2d, conv_transpose3d
from convtool.core.image import Header
from convtool.inspect.explain import walk
from convtool.io.base import ArrayReader
from convtool.render.sliding import MOST, Sight, Sights, frames

IMAGE = np.random.default_rng(5).integers(0, 256, (6, 7, 1), np.uint8)
KERNEL = np.array([[1, -2, 3], [0, 5, -1]])
WORDS = "conv -k '1 -2 3; 0 5 -1'"


def shown(image, text, *corners):
    reader = ArrayReader(Header.of_array(image), image)
    walked = walk(reader, Pipeline.parse(text).operators, *corners, margin=MOST)
    return list(frames(walked, Sights.of(walked)))


@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("dilation", [1, 2])
@pytest.mark.parametrize("padding", ["valid", "same", "full"])
def test_marked_elements_times_the_kernel_are_the_value(stride, dilation, padding):
    text = f"{WORDS} --stride {stride} --dilation {dilation} --padding {padding} --border constant"
    expected = conv2d(
        IMAGE[..., 0], KERNEL, stride=stride, dilation=dilation, padding=padding,
        border="constant",
    )  # fmt: skip
    found = shown(IMAGE, text)
    assert len(found) == expected.size
    for frame, (place, value) in zip(found, np.ndenumerate(expected), strict=True):
        assert (frame.row, frame.col) == place
        (panel,) = frame.panels
        (part,) = panel.parts
        under = part.patch.pixels[part.marked]
        assert under @ KERNEL.ravel() == value
        assert panel.values[frame.row - frame.rows.start][frame.col - frame.cols.start] == value


@pytest.mark.parametrize("words", ["", "--padding 1", "--dilation 2", "--output-padding 1"])
@pytest.mark.parametrize("stride", [(2, 2), (1, 3), (3, 2)])
def test_a_transposed_convolution_slides_over_its_stretched_input(words, stride):
    image = IMAGE[:4, :5]
    options = {word[2:].replace("-", "_"): int(n) for word, n in [words.split()]} if words else {}
    expected = conv_transpose2d(image[..., 0], KERNEL, stride=stride, **options)
    stretched = np.zeros([(n - 1) * s + 1 for n, s in zip(image.shape, stride, strict=False)])
    stretched[:: stride[0], :: stride[1]] = image[..., 0]
    around = np.pad(stretched, 9)
    text = f"conv_transpose -k '1 -2 3; 0 5 -1' --stride {stride[0]}x{stride[1]} {words}"
    found = shown(image, text)
    assert len(found) == expected.size
    for frame, (place, value) in zip(found, np.ndenumerate(expected), strict=True):
        assert (frame.row, frame.col) == place
        (panel,) = frame.panels
        ((patch, _, marked),) = panel.parts
        rows, cols = np.ix_(patch.rows, patch.cols)
        assert np.array_equal(patch.pixels, around[rows + 9, cols + 9])
        pixels = (rows % stride[0] == 0) & (cols % stride[1] == 0)
        inside = (rows >= 0) & (rows < len(stretched)) & (cols >= 0) & (cols < stretched.shape[1])
        assert np.array_equal(patch.border, ~(pixels & inside))
        (window,) = panel.calculation.patches
        assert np.array_equal(window.weights, KERNEL[::-1, ::-1])
        assert np.array_equal(patch.pixels[marked], window.pixels.ravel())
        assert window.products.sum() == (window.pixels * window.weights).sum() == value
        assert panel.values[frame.row - frame.rows.start][frame.col - frame.cols.start] == value


def test_a_stretched_input_of_a_layer_and_of_a_volume(folder):
    random = np.random.default_rng(4)
    image = random.integers(0, 9, (3, 4, 2), np.uint8)
    layer = random.integers(-3, 4, (2, 3, 3, 2)).astype(float)
    np.save("layer.npy", layer)
    expected = conv_transpose2d(image, layer, stride=2)
    for frame in shown(image, "conv_transpose -k layer.npy --stride 2"):
        for number, panel in enumerate(frame.panels):
            products = sum(patch.products.sum() for patch in panel.calculation.patches)
            assert products == expected[frame.row, frame.col, number]
    volume, kernel = random.integers(0, 9, (2, 3, 3)), random.integers(-3, 4, (3, 2, 3))
    np.save("kernel.npy", kernel)
    expected = conv_transpose3d(volume, kernel, stride=2)
    rows = volume.astype(np.uint8).reshape(6, 3, 1)
    reader = ArrayReader(Header.of_array(rows)._replace(depth=2), rows)
    walked = walk(
        reader, Pipeline.parse("conv_transpose -k kernel.npy --stride 2").operators, margin=MOST
    )
    for frame in frames(walked, Sights.of(walked)):
        products = sum(patch.products.sum() for patch in frame.panels[0].calculation.patches)
        assert products == expected[frame.slice, frame.row, frame.col]


def test_where_no_kernel_lies_all_is_zero():
    for frame in shown(IMAGE[:3, :3], "conv_transpose -k '2 3' --stride 3"):
        (panel,) = frame.panels
        (window,) = panel.calculation.patches
        assert window.pixels.shape == (1, 2)
        assert window.products.sum() == panel.path.value
        assert panel.path.value == 0 or (frame.row % 3 == 0 and frame.col % 3 < 2)


def test_the_last_map_is_the_engines_and_those_before_fill_up():
    expected = conv2d(IMAGE[..., 0], KERNEL, border="constant").ravel().tolist()
    for number, frame in enumerate(shown(IMAGE, f"{WORDS} --border constant"), start=1):
        values = [value for row in frame.panels[0].values for value in row]
        assert values == expected[:number] + [None] * (len(expected) - number)


def test_padding_of_a_pool_is_empty_and_counts_in_none():
    expected = ndimage.maximum_filter(IMAGE[..., 0], 3, mode="constant", cval=0)
    for frame in shown(IMAGE, "pool -s 3 --stride 1 --padding 1"):
        (part,) = frame.panels[0].parts
        assert np.array_equal(part.empty, part.patch.border)
        inside = part.patch.pixels[part.marked & ~part.empty]
        assert inside.max() == expected[frame.row, frame.col] == frame.panels[0].path.value


def test_the_input_of_the_last_stage_is_shown():
    pooled = IMAGE[..., 0].reshape(3, 2, 7)[:, :, :6].reshape(3, 2, 3, 2).max(axis=(1, 3))
    for frame in shown(IMAGE, "pool | conv -k '1 1' --padding 0"):
        (part,) = frame.panels[0].parts
        assert np.array_equal(part.patch.pixels, pooled)
        assert part.patch.pixels[part.marked].sum() == frame.panels[0].path.value


def test_rows_that_no_window_needs_are_shown():
    (frame, *_) = shown(IMAGE[:5, :5], "conv -k '1 1; 1 1' --stride 2 --padding 0")
    assert np.array_equal(frame.panels[0].parts[0].patch.pixels, IMAGE[:5, :5, 0])


def test_each_channel_has_a_panel():
    image = np.random.default_rng(1).integers(0, 256, (4, 4, 3), np.uint8)
    for frame in shown(image, "conv -k box3"):
        assert [panel.path.channel for panel in frame.panels] == ["0", "1", "2"]
        for number, panel in enumerate(frame.panels):
            assert {part.patch.number for part in panel.parts} == {number}


def test_only_slices_under_the_window_are_shown():
    image = np.arange(48, dtype=np.uint8).reshape(12, 4, 1)
    reader = ArrayReader(Header.of_array(image)._replace(depth=3), image)
    walked = walk(reader, Pipeline.parse("conv -k box:3x3x3").operators, margin=MOST)
    assert len(walked) == 48
    for frame in frames(walked, Sights.of(walked)):
        slices = [part.patch.slice for part in frame.panels[0].parts]
        assert slices == [frame.slice - 1, frame.slice, frame.slice + 1]
        assert sum(part.marked.sum() for part in frame.panels[0].parts) == 27
        now = frame.panels[0].values[frame.row - frame.rows.start][frame.col - frame.cols.start]
        assert now == frame.panels[0].path.value


def test_a_part_of_a_large_image_goes_along_with_the_window():
    image = np.random.default_rng(2).integers(0, 256, (60, 50, 1), np.uint8)
    for frame in shown(image, "conv -k box3", (5, 3), (5, 45)):
        (part,) = frame.panels[0].parts
        assert part.patch.pixels.shape == (3, MOST)
        assert part.marked.sum() == 9
        assert len(frame.cols) == MOST
        assert frame.col in frame.cols
        assert frame.rows == range(5, 6)
        assert np.array_equal(
            part.patch.pixels, image[np.ix_(part.patch.rows, part.patch.cols)][..., 0]
        )


def test_an_element_left_out_of_a_window_is_not_marked():
    for frame in shown(IMAGE, "pool -m max --footprint '0 1 0; 1 1 1; 0 1 0' --stride 1"):
        assert frame.panels[0].parts[0].marked.sum() == 5


@pytest.mark.parametrize("first", range(0, 90, 7))
def test_what_is_looked_at_is_in_sight(first):
    sight = Sight.of(100, (0, 100))
    around = sight.around(first, first + 5)
    assert len(around) == MOST
    assert {*range(first, first + 5)} <= {*around}
    assert around.start >= 0
    assert around.stop <= 100


@pytest.mark.parametrize(
    "text",
    [
        "conv -k '1 2 3; 4 5 6' --stride 2 --dilation 2 --padding 3 --border wrap", "relu",
        "pool -s 3 --padding 1", "conv_transpose -k '1 2; 3 4; 5 6' --stride 3x2 --padding 1x0",
        "unpool", "pool | conv -k box3 --padding 0",
    ],
)  # fmt: skip
def test_all_windows_lie_between_the_first_and_the_last(text):
    reader = ArrayReader(Header.of_array(IMAGE), IMAGE)
    walked = walk(reader, Pipeline.parse(text).operators, margin=MOST)
    sights = Sights.of(walked).input
    for frame in frames(walked, Sights.of(walked)):
        (part,) = frame.panels[0].parts
        for sight, positions in zip(sights, (part.patch.rows, part.patch.cols), strict=True):
            assert sight.first <= min(positions)
            assert max(positions) < sight.last
        (window,) = frame.panels[0].calculation.patches
        assert part.marked.sum() == window.pixels.size
