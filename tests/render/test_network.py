"""A pipeline drawn: its numbers, the sizes of its maps, its rows."""

import math

import pytest
from helpers.svgs import elements, parsed, texts

from convtool import ConvtoolError, Pipeline
from convtool.inspect.shapes import header_of_size, shapes
from convtool.render.network import WIDTH, WITH_WEIGHTS, draw_shapes
from convtool.render.shape_text import exact_number, number, sentences, times
from convtool.render.svg import svg


def found_of(text, size):
    return shapes(Pipeline.parse(text).operators, header_of_size(size))


def drawn(text, size):
    return parsed(svg(draw_shapes(size, found_of(text, size)), "", ""))


def boxes(root):
    """(width, height, fill) of the front sheet of each map, from left to right, row by row."""
    found = [one for one in elements(root, "rect") if one.get("stroke")]
    fronts = [one for one, after in zip(found, [*found[1:], None], strict=True)
              if after is None or not is_behind(one, after)]  # fmt: skip
    return [(float(one.get("width")), float(one.get("height")), one.get("fill")) for one in fronts]


def is_behind(one, other):
    """Whether `other` is the sheet in front of `one`."""
    step = [float(one.get(key)) - float(other.get(key)) for key in "xy"]
    return step == [5, -5]


@pytest.mark.parametrize(("text", "size"), [
    ("conv -k edge", "1000x1000"), ("gray | conv -k sobel_x | relu | pool", "99x70x3"),
    ("conv -k sobel:3x3x3,z | pool -s 2x2x2 | abs", "8x30x20x1"),
    ("conv -k gaussian5 --stride 2 --dilation 2x1 | conv_transpose -k box3 --stride 2", "41x50x3"),
])  # fmt: skip
def test_whatever_the_table_tells_is_drawn(text, size):
    found = found_of(text, size)
    shown = texts(drawn(text, size))
    assert {size, "image", times(found.input), *sentences(found)} <= set(shown)
    for row in found.rows:
        assert {times(row.shape), times(row.field), times(row.step)} <= set(shown)
        assert row.stage.split()[0] in " ".join(shown)
        if row.weights:
            assert {f"{row.weights:,}", exact_number(row.multiply_adds), row.method} <= set(shown)
    if len(found.rows) > 1:
        assert f"Multiply-adds in all: {exact_number(found.multiply_adds)}." in shown


def test_sides_go_with_the_square_roots_of_rows_and_columns():
    image, first, second = boxes(drawn("pool -s 2x1 | pool -s 2x9", "400x900"))
    assert image[0] / image[1] == pytest.approx(math.sqrt(900 / 400), rel=0.02)
    assert first[0] == image[0]
    assert first[1] / image[1] == pytest.approx(math.sqrt(1 / 2), rel=0.02)
    assert second[0] / first[0] == pytest.approx(1 / 3, rel=0.02)
    tiny = boxes(drawn("pool --size 1x99999", "1x99999"))
    assert min(min(width, height) for width, height, _ in tiny) >= 6


def test_sheets_go_with_channels_and_slices():
    counts = []
    for size in ("9x9x1", "9x9x2", "9x9x8", "4x9x9x2", "99x9x9x99"):
        sheets = [one for one in elements(drawn("relu", size), "rect") if one.get("stroke")]
        counts.append(len(sheets) // 2)
    assert counts == [1, 2, 4, 4, 8]


def test_maps_made_with_weights_have_a_colour_of_their_own():
    fills = [fill for *_, fill in boxes(drawn("conv -k edge | relu | pool | conv -k 2", "40x40"))]
    blue = "#{:02x}{:02x}{:02x}".format(*WITH_WEIGHTS)
    assert [fill == blue for fill in fills] == [False, True, False, False, True]


def test_long_pipelines_wrap():
    text = " | ".join(["conv -k box3 --padding valid"] * 30)
    root = drawn(text, "100x100")
    assert float(root.get("width")) <= WIDTH + 64
    assert len(elements(root, "polygon")) == 30
    heights = [one.get("points").split()[0].partition(",")[2] for one in elements(root, "polygon")]
    assert len(set(heights)) > 3
    assert texts(root).count("conv box3 3x3, padding") == 30


def test_numbers_of_any_length_are_readable():
    assert [number(999_999), number(10**7), number(99_999_999_999)] == [
        "999,999", "10^7", "1.0 x 10^11"
    ]  # fmt: skip
    assert [exact_number(10**12 - 1), exact_number(10**12)] == ["999,999,999,999", "10^12"]


def test_more_stages_than_a_picture_holds_are_an_error():
    found = found_of("relu", "9x9")
    with pytest.raises(ConvtoolError, match="too many to draw"):
        draw_shapes("a", found._replace(rows=found.rows * 5000))
