"""Explanations drawn: what the cells' colours and marks say."""

import numpy as np
import pytest
from helpers.svgs import parsed, text_boxes
from skimage import measure

from convtool import ConvtoolError, Pipeline
from convtool.core.image import Header
from convtool.inspect.explain import explain
from convtool.inspect.steps.base import Band, patch_at
from convtool.io.base import ArrayReader
from convtool.render import canvas
from convtool.render.canvas import MARK, arrow, grid, lines, room
from convtool.render.explanations import draw
from convtool.render.svg import svg
from convtool.render.windows import Paint, Peaks, Widths, patch_block


def explained(image, text, place):
    reader = ArrayReader(Header.of_array(image), image)
    return explain(reader, Pipeline.parse(text).operators, place)


def colors(block):
    return np.asarray(block).reshape(-1, 3).tolist()


def drawn(patch, widths=Widths(), marked=None):  # noqa: B008  it is a tuple
    return patch_block(patch, Paint(Peaks.of([patch]), 255), widths, marked)


IMAGE = np.random.default_rng(0).integers(0, 256, (12, 14, 3), np.uint8)


def patch(pixels, positions=None, **size):
    pixels = np.asarray(pixels, np.uint8)[..., np.newaxis]
    positions = positions or tuple(tuple(range(n)) for n in pixels.shape[:2])
    return patch_at(Band(0, pixels), Header.of_array(pixels), (0, *positions), 0, "constant", 0)


def test_cells_have_the_grey_of_their_pixels():
    found = colors(drawn(patch([[10, 200]])))
    assert found.count([10, 10, 10]) > 300
    assert found.count([200, 200, 200]) > 300


def test_an_element_that_is_followed_is_framed_and_a_border_hatched():
    plain = patch([[7, 7], [7, 7]])
    assert list(MARK) not in colors(drawn(plain))
    assert list(MARK) in colors(drawn(plain, marked=(1, 0)))
    cells, ground = [["", ""]], np.full((1, 2, 3), 7, np.uint8)
    hatched = np.asarray(grid(cells, ground, hatched=np.array([[True, False]])))
    left, right = np.array_split(hatched[2:-2], 2, axis=1)
    assert len(np.unique(left[:, 3:-3])) > len(np.unique(right[:, 3:-3]))


def test_windows_of_several_channels_are_of_one_width():
    narrow, wide = patch([[1, 2]]), patch([[100, 222]])
    needed = Widths.of([narrow, wide])
    assert needed == Widths(1, 3, 0, 0)
    assert drawn(narrow, needed).width == drawn(wide, needed).width


def test_large_windows_are_abridged():
    large = patch(np.zeros((40, 300)))
    assert drawn(large).height < 600


@pytest.mark.parametrize(
    "text", ["abs", "relu | abs", "gray | conv -k sobel_x | relu | pool", "pool | sigmoid | tanh"]
)
def test_every_stage_is_drawn_below_the_one_behind_it(text):
    picture = np.asarray(draw("p", {"map": explained(IMAGE[..., :3], text, (0, 0))}))
    inked = (picture < 255).any(axis=(1, 2))
    gaps = np.diff(np.flatnonzero(inked))
    assert (gaps >= 32).sum() == 1 + text.count("|")


@pytest.mark.parametrize("text", [
    "conv -k sobel_x -k sobel_y --combine max", "pool --padding 1", "conv -k w.npy",
    "conv -k gaussian7 --border wrap | sigmoid", "abs | conv -k 1 --padding 3 --border constant",
])  # fmt: skip
def test_whatever_can_be_explained_can_be_drawn(folder, text):
    np.save("w.npy", np.random.default_rng(1).normal(size=(9, 3, 12, 2)))
    picture = draw("p", {"map": explained(IMAGE, text, (0, 0))})
    assert np.asarray(picture)[0, 0].tolist() == [255, 255, 255]
    assert len(np.unique(np.asarray(picture) @ np.array([65536, 256, 1]))) > 20


@pytest.mark.parametrize(
    ("text", "framed"),
    [("pool", 3), ("conv -k edge", 0), ("gray | conv -k edge", 1), ("pool | conv -k edge", 6)],
)
def test_what_won_or_is_followed_is_framed_in_each_channel(text, framed):
    picture = np.asarray(draw("p", {"map": explained(IMAGE, text, (2, 2))}))
    marked = (picture == MARK).all(axis=2)
    found = measure.label(marked).max() if marked.any() else 0
    assert found == framed


@pytest.mark.parametrize(
    ("text", "told"),
    [("relu | conv -k edge --border constant --padding 6", False), ("relu | conv -k edge", True)],
)
def test_a_frame_is_spoken_of_where_there_is_one(monkeypatch, text, told):
    said = []
    monkeypatch.setattr(canvas, "words", lambda text, *rest: said.append(text) or room(1, 1))
    draw("p", {"map": explained(IMAGE, text, (0, 0))})
    assert any("framed: goes on in stage 1" in line for line in said) == told


def test_a_value_that_its_steps_miss_is_told_in_every_stage(monkeypatch, folder):
    said = []
    monkeypatch.setattr(canvas, "lines", lambda rows: said.append(dict(rows)) or room(1, 1))
    weights = np.random.default_rng(5).normal(size=(7, 7))
    np.save("w.npy", weights - weights.mean())
    flat = np.full((9, 9, 1), 201, np.uint8)
    draw("p", {"map": explained(flat, "conv -k w.npy | relu", (4, 4))})
    assert list(said[1]) == ["sum of the products", "value, as floats of the engine's add up"]


def test_several_maps_are_on_one_page():
    found = explained(IMAGE, "conv -k edge", (3, 3))
    one, two = draw("p", {"a": found}), draw("p", {"a": found, "b": found})
    assert two.height > 1.8 * one.height
    with pytest.raises(ConvtoolError, match="too many to draw"):
        draw("p", {str(number): found for number in range(150)})


def test_lines_end_in_a_column_and_arrows_point_right():
    block = np.asarray(lines([("sum", "3"), ("a longer text", "12345")]))
    dark = np.argwhere(block.sum(axis=2) < 300)
    height = block.shape[0] // 2
    ends = [dark[dark[:, 0] // height == row, 1].max() for row in (0, 1)]
    assert abs(ends[0] - ends[1]) <= 2
    shape = np.asarray(arrow(40)).sum(axis=2) < 300
    assert shape[:, 33:36].sum() > shape[:, 3:6].sum()
    assert room(3, 5).size == (3, 5)


@pytest.mark.parametrize(("lowest", "expected"), [(0, [255, 0, 0, 30]), (-60, None)])
def test_infinity_is_as_strong_as_can_be(lowest, expected):
    paint = Paint(Peaks(lowest, 60), 255)
    values = np.array([[np.inf, -np.inf, np.nan, 30]])
    found = paint.pixels(values)[0]
    if expected:
        assert found[:, 0].tolist() == expected
    else:
        assert np.array_equal(found, canvas.diverging(np.array([60, -60, 0, 30]), 60))


def slices_drawn(text, place):
    volume = np.random.default_rng(3).integers(10, 20, (5 * 6, 7, 1), np.uint8)
    reader = ArrayReader(Header.of_array(volume)._replace(depth=5), volume)
    found = explain(reader, Pipeline.parse(text).operators, place)
    return text_boxes(parsed(svg(draw("v", {"map": found}), "", "")))


def middle(box):
    return (box.left + box.right) / 2


@pytest.mark.parametrize("kernel", ["box:3x3x3", "box:3x1x1"])
def test_products_of_slices_are_added_and_each_name_stands_above_its_window(kernel):
    boxes = slices_drawn(f"conv -k {kernel}", (2, 3, 3))
    names = [box for box in boxes if box.text.startswith("slice ") and "," not in box.text]
    assert [box.text for box in names] == ["slice 1", "slice 2", "slice 3"]
    above = [box for box in boxes if box.text == "3" and box.bottom < names[0].bottom + 40]
    assert [middle(box) for box in above] == pytest.approx([middle(box) for box in names], abs=1)
    signs = [box.text for box in boxes if box.text in ("x", "=", "+")]
    assert signs == ["x", "=", "x", "+", "x", "+"]


def test_slices_of_a_pool_have_no_signs():
    boxes = slices_drawn("pool -s 2x2x2 --stride 1", (1, 2, 3))
    assert [box.text for box in boxes if box.text in ("slice 1", "slice 2", "+", "=")] == [
        "slice 1", "slice 2",
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["p.png", "a/long/path" * 300, "\u202ep" * 500])
def test_only_the_name_in_a_title_is_shortened(name):
    told = "conv kernel 3x3, padding 1"
    for width in (500, 900):
        block = canvas.named(name, told, width)
        (text,) = (box.text for box in text_boxes(parsed(svg(block, "", ""))))
        assert text.endswith(f": {told}")
        assert text[0] == name.replace("\u202e", "")[0]
        assert block.width <= width
    (both,) = text_boxes(parsed(svg(canvas.named(name, "conv " * 100, 500), "", "")))
    assert both.right <= 500
    assert ": conv conv" in both.text
