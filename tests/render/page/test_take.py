"""What the reader takes along: the step as a drawing, lines of PyTorch; and the picture again."""

from xml.etree import ElementTree

import numpy as np
import pytest
from helpers.page import steps
from PIL import Image

SVG = "{http://www.w3.org/2000/svg}"


def drawn(tab, folder):
    with tab.expect_download() as download:
        tab.locator("#drawing").click()
    assert download.value.suggested_filename == "step.svg"
    download.value.save_as(folder / "step.svg")
    return ElementTree.parse(folder / "step.svg").getroot()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_step_as_an_svg_has_all_its_numbers(opened, folder, matrix, scheme):
    tab = opened(*matrix, "--padding", "1", color_scheme=scheme)
    tab.locator("#map canvas").press("ArrowLeft")
    root = drawn(tab, folder)
    texts = [one.text for one in root.iter(f"{SVG}text")]
    assert texts[0] == "conv kernel 2x2, row 1, column 0"
    for numbers in (["(1)", "1", "(2)", "2"], ["1", "0", "0", "1"], ["1", "0", "0", "2"]):
        assert " ".join(numbers) in " ".join(texts)
    assert texts[texts.index("sum of the products") + 1] == "3"
    cells = [one for one in root.iter(f"{SVG}rect") if one.get("stroke")]
    assert len(cells) >= 12
    ground = next(root.iter(f"{SVG}rect")).get("fill")
    assert (ground == "#ffffff") == (scheme == "light")
    width, height = float(root.get("width")), float(root.get("height"))
    for one in root.iter(f"{SVG}text"):
        assert 0 <= float(one.get("x")) <= width
        assert 0 <= float(one.get("y")) <= height


def test_a_drawing_of_a_hostile_name_is_well_formed(opened, folder, small):
    (folder / "k.json").write_text('{"name": "</svg><script>\\u0001\\u202e", "weights": [[1]]}')
    tab = opened("small.png", "-k", "k.json", "--at", "1,1")
    root = drawn(tab, folder)
    assert "</svg><script>" in next(root.iter(f"{SVG}title")).text
    assert not list(root.iter(f"{SVG}script"))


def test_the_lines_of_pytorch_are_for_the_whole_image(opened, photo, folder):
    Image.fromarray(photo).save(folder / "photo.png")
    tab = opened("photo.png", "conv -k sobel_x | relu", "--at", "1,1")
    rows, cols, channels = photo.shape
    lines = tab.locator("#pytorch").text_content().splitlines()
    assert f"# x: floats, (1, {channels}, {rows}, {cols})" in lines
    assert lines[-1] == "x = F.relu(x)"
    tab.locator("#op").select_option("tanh")
    tab.locator("#add").click()
    assert tab.locator("#pytorch").text_content().endswith("x = torch.tanh(x)")


def test_back_to_the_start_brings_the_picture_back(opened, matrix, folder, photo):
    tab = opened(*matrix)
    deep = (photo[..., 0].astype(np.uint16)) * 257
    Image.fromarray(deep).save(folder / "own.png")
    tab.locator("#file").set_input_files(folder / "own.png")
    tab.locator("#about", has_text="16 bits a pixel").wait_for()
    assert "own.png" in tab.locator("#command").text_content()
    tab.locator("#reset").click()
    tab.locator("h1", has_text="m.csv").wait_for()
    assert steps(tab)["sum of the products"] == "11"
    assert "16 bits" not in tab.locator("#about").text_content()


@pytest.mark.parametrize("name", ["grey.png", "grey.jpg"])
def test_a_grey_picture_has_one_channel(opened, matrix, folder, photo, name):
    Image.fromarray(photo[..., 0]).save(folder / name)
    tab = opened(*matrix)
    tab.locator("#file").set_input_files(folder / name)
    tab.locator("h1", has_text=name).wait_for()
    rows, cols, _ = photo.shape
    assert f"(1, 1, {rows}, {cols})" in tab.locator("#pytorch").text_content()
    assert tab.locator("#channels").is_hidden()


def test_an_address_of_anything_else_is_put_right(opened, matrix):
    tab = opened(*matrix)
    tab.locator("#weight-0-0").fill("5")
    tab.locator("#weight-0-0").press("Enter")
    kept = tab.evaluate("location.hash")
    tab.evaluate("location.hash = 'garbage'")
    tab.wait_for_function("kept => location.hash === kept", arg=kept)
    tab.reload()
    assert tab.locator("#weight-0-0").input_value() == "5"


def test_a_value_of_a_piece_is_found_in_the_whole(opened, folder, photo):
    Image.fromarray(photo).save(folder / "photo.png")
    tab = opened("photo.png", "conv -k sobel_x | relu | pool", "--at", "101,103")
    assert "In the whole map: row 101, column 103." in tab.locator("#steps").text_content()
    tab.locator("#stage-1").click()
    found = tab.locator("#steps .remark").text_content()
    assert found in {
        f"In the whole map: row {row}, column {col}." for row in (202, 203) for col in (206, 207)
    }
    tab.locator("#field-stride-0").fill("3")
    tab.locator("#field-stride-0").press("Enter")
    assert "In the whole map" not in tab.locator("#steps").text_content()


def test_a_window_without_tables_says_so(opened, photo, folder):
    Image.fromarray(photo).save(folder / "photo.png")
    tab = opened("photo.png", "-k", "disk:31", "--at", "40,40")
    assert tab.locator("#unshown").text_content() == (
        "A window of 31x31 is too large for tables of its numbers."
    )
