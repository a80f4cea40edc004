"""Drawings as SVG: the same picture as in pixels, of texts that are texts, and of nothing else."""

import re
import shutil
import subprocess
from base64 import b64decode
from io import BytesIO

import numpy as np
import pytest
from helpers.running import LIMIT
from helpers.svgs import HREF, NAMESPACE, elements, parsed, text_boxes, texts
from PIL import Image

from convtool import Kernel, Pipeline, find_kernels
from convtool.core.image import Header
from convtool.inspect.explain import explain
from convtool.inspect.shapes import header_of_size, shapes
from convtool.io.base import ArrayReader
from convtool.render import canvas
from convtool.render.contact_sheet import contact_sheet
from convtool.render.explanations import draw
from convtool.render.kernels import draw_kernels
from convtool.render.network import draw_shapes
from convtool.render.svg import svg
from convtool.render.text import lines_of
from convtool.render.thumbnail import Cell

IMAGE = np.random.default_rng(0).integers(0, 256, (12, 14, 3), np.uint8)


def explained(text, place=(0, 0)):
    reader = ArrayReader(Header.of_array(IMAGE), IMAGE)
    return {"map": explain(reader, Pipeline.parse(text).operators, place)}


def drawn_shapes(text, size="64x48x3"):
    return draw_shapes(size, shapes(Pipeline.parse(text).operators, header_of_size(size)))


BLOCKS = {
    "pool": lambda: draw("p.png", explained("gray | conv -k sobel_x | relu | pool", (2, 3))),
    "border": lambda: draw("p.png", explained("conv -k box5")),
    "two": lambda: draw("p.png", explained("conv -k sobel_x -k sobel_y --combine max", (2, 2))),
    "edge": lambda: draw_kernels(find_kernels("edge")),
    "large": lambda: draw_kernels(find_kernels("gabor:21,8,30")),
    "depth": lambda: draw_kernels(find_kernels("sobel:3x3x3,z")),
    "bank": lambda: draw_kernels(find_kernels("kirsch")),
    "net": lambda: drawn_shapes(" | ".join(["conv -k gaussian5 --stride 1x2 | relu"] * 5)),
    "sheet": lambda: contact_sheet([Cell("red", IMAGE), Cell("green", IMAGE[::-1].copy())]),
}

blocks = pytest.mark.parametrize("name", BLOCKS)


@blocks
def test_a_drawing_is_of_the_pictures_size_on_white(name):
    block = BLOCKS[name]()
    root = parsed(svg(block, "a title", "what it shows"))
    assert np.asarray(block).shape == (block.height, block.width, 3)
    assert [root.get("width"), root.get("height")] == [str(side) for side in block.size]
    assert root.get("viewBox") == "0 0 {} {}".format(*block.size)
    title, description, ground = list(root)[:3]
    assert [title.tag, title.text] == [f"{NAMESPACE}title", "a title"]
    assert [description.tag, description.text] == [f"{NAMESPACE}desc", "what it shows"]
    assert ground.attrib == {
        "width": root.get("width"), "height": root.get("height"), "fill": "#ffffff"
    }  # fmt: skip


@blocks
def test_the_same_bytes_each_time(name):
    assert svg(BLOCKS[name](), "t", "d") == svg(BLOCKS[name](), "t", "d")


@blocks
def test_texts_are_on_the_page_and_none_covers_another(name):
    block = BLOCKS[name]()
    boxes = text_boxes(parsed(svg(block, "t", "d")))
    assert boxes
    for number, one in enumerate(boxes):
        assert one.text == one.text.strip(), "blanks at the ends would stretch the letters"
        assert 0 <= one.left < one.right <= block.width
        assert 0 <= one.top < one.bottom <= block.height
        for other in boxes[:number]:
            beside = one.right <= other.left or other.right <= one.left
            assert beside or one.bottom <= other.top or other.bottom <= one.top, (one, other)


@pytest.mark.parametrize(
    "text", ["conv -k edge", "gray | conv -k gaussian5 --stride 2 | relu | pool", "conv -k box:7x5"]
)
def test_every_number_that_the_text_tells_of_windows_is_in_the_drawing(text):
    found = explained(text, (1, 1))
    told = [line for line in lines_of("p", list(found.values()), 200) if line.startswith("    ")]
    numbers = set(re.findall(r"-?\d+\.?\d*", " ".join(told)))
    drawn = set(re.findall(r"-?\d+\.?\d*", " ".join(texts(parsed(svg(draw("p", found), "", ""))))))
    assert len(numbers) > 9
    assert numbers <= drawn


HOSTILE = [
    "</text><script>alert(1)</script>",
    "\"' onload='alert(1)' x=\"",
    "a &amp; b &lt; c ]]> <![CDATA[ <!-- -->",
    "\u202eright to left\u200f\u2066",
    "\x00\x07\x1b[31m\x7f\x85\r\n\t",
    "caf\udce9 \ufffe\uffff",
    "\U0001f600 \u4e2d\u6587 x\u0301",
    "x" * 10_000,
    "<" * 10_000,
]


@pytest.mark.parametrize("name", HOSTILE)
def test_names_make_no_markup_and_are_cut_short(name):
    cells = [Cell(name, IMAGE)]
    bank = [Kernel([[1, 2]], name=name, description=name), Kernel([[1, 2]], name=f"{name}2")]
    np_kernel = Pipeline.parse("conv -k edge")
    label = np_kernel.operators[0].label
    reader = ArrayReader(Header.of_array(IMAGE), IMAGE)
    found = explain(reader, np_kernel.operators, (0, 0))
    fields = tuple(field._replace(label=f"{label} {name}") for field in found.fields)
    rows = shapes(np_kernel.operators, header_of_size("9x9"))
    net = rows._replace(rows=tuple(row._replace(stage=f"conv {name}") for row in rows.rows))
    for block in (
        contact_sheet(cells),
        draw_kernels(bank),
        draw(name, {name: found._replace(fields=fields)}),
        draw_shapes(name, net),
    ):
        data = svg(block, name, name)
        root = parsed(data)
        tags = {one.tag.removeprefix(NAMESPACE) for one in root.iter()}
        assert tags <= {"svg", "title", "desc", "rect", "line", "polygon", "image", "text"}
        attributes = {key for one in root.iter() for key in one.attrib}
        assert not any(key.startswith("on") for key in attributes)
        assert all(
            one.get(HREF).startswith("data:image/png;base64,") for one in elements(root, "image")
        )
        shown = [*texts(root), elements(root, "title")[0].text or ""]
        assert all(text.isprintable() for text in shown)
        assert max(map(len, shown)) <= 400
        assert block.width < 3000


def test_a_name_is_drawn_as_it_is():
    name = "a <b> & \"c\" 'd'"
    root = parsed(svg(draw_kernels([Kernel([[1]], name=name)]), name, name))
    assert texts(root)[0] == elements(root, "title")[0].text == elements(root, "desc")[0].text
    assert texts(root)[0] == name


def test_a_map_within_is_a_png_of_its_pixels():
    (image,) = elements(parsed(svg(canvas.pixels(IMAGE, 3), "", "")), "image")
    data = b64decode(image.get(HREF).partition(",")[2])
    assert image.get("width") == str(3 * IMAGE.shape[1])
    assert np.array_equal(Image.open(BytesIO(data)), IMAGE.repeat(3, axis=0).repeat(3, axis=1))


def test_texts_of_cells_are_in_their_middle():
    colors = np.full((2, 2, 3), 255, np.uint8)
    root = parsed(svg(canvas.grid([["0", "-12"], ["345", "6.75"]], colors), "", ""))
    _, *cells = elements(root, "rect")
    for cell, text in zip(cells, text_boxes(root), strict=True):
        x, y, width, height = (float(cell.get(key)) for key in ("x", "y", "width", "height"))
        assert (text.left + text.right) / 2 == pytest.approx(x + width / 2, abs=1)
        assert (text.top + text.bottom) / 2 == pytest.approx(y + height / 2, abs=1)


def test_lines_of_a_text_stand_below_one_another():
    first, second = text_boxes(parsed(svg(canvas.words("above\nbelow"), "", "")))
    assert [first.text, second.text] == ["above", "below"]
    assert first.left == second.left
    assert first.bottom < second.top


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("chromium"), reason="no chromium is installed")
@blocks
def test_a_browser_shows_what_the_picture_has(folder, name):
    block = BLOCKS[name]()
    (folder / "a.svg").write_bytes(svg(block, "t", "d"))
    size = "{},{}".format(*block.size)
    command = ["chromium", "--headless", "--no-sandbox", "--hide-scrollbars", "--disable-gpu",
               f"--user-data-dir={folder}/profile", f"--window-size={size}",
               "--force-device-scale-factor=1", "--screenshot=a.png",
               f"file://{folder}/a.svg"]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True, timeout=LIMIT)
    shown, expected = (
        coarse(np.asarray(one)[..., :3])
        for one in (Image.open("a.png").convert("RGB"), np.asarray(block))
    )
    assert shown.shape == expected.shape
    assert np.abs(shown - expected).max() < 45
    assert np.abs(shown - expected).mean() < 1.5


def coarse(pixels):
    """The means of squares of 16 pixels: where colours are, whatever the letters' outlines."""
    rows, cols = (side // 16 * 16 for side in pixels.shape[:2])
    return pixels[:rows, :cols].reshape(rows // 16, 16, cols // 16, 16, 3).mean(axis=(1, 3))


@pytest.mark.parametrize("name", ["图像" * 30 + ".png", "図.png", "a\u05e9\u202e.png"])
def test_letters_that_the_font_lacks_have_room(name):
    block = canvas.named(name, "row 0, column 0", 900, 20)
    (box,) = text_boxes(parsed(svg(block, "", "")))
    assert box.text.endswith(": row 0, column 0")
    wide = len(re.findall(r"[\u3000-\u9fff]", box.text))
    assert box.right - box.left >= 20 * wide + canvas.words(": row 0, column 0", 20).width
    assert box.right <= block.width + 1 <= 901
