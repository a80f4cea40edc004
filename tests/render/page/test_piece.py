"""The reader's own picture: dropped on the page, and its piece moved over it."""

import base64
import io

import pytest
from helpers.page import cells
from PIL import Image

DROP = """([name, data]) => {
  const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
  const dataTransfer = new DataTransfer();
  dataTransfer.items.add(new File([bytes], name, { type: "image/png" }));
  for (const kind of ["dragenter", "dragover", "drop"]) {
    const event = new DragEvent(kind, { dataTransfer, bubbles: true, cancelable: true });
    document.querySelector("main").dispatchEvent(event);
  }
}"""


def drop(tab, pixels):
    png = io.BytesIO()
    Image.fromarray(pixels).save(png, "PNG")
    tab.evaluate(DROP, ["own.png", base64.b64encode(png.getvalue()).decode()])
    tab.locator("h1", has_text="own.png").wait_for()


@pytest.fixture
def dropped(opened, matrix, photo):
    """A page with the photo, 300 rows and 451 columns; its piece begins at row 102, column 177."""
    tab = opened("m.csv", "-k", "sobel_x", "--at", "1,1")
    drop(tab, photo)
    return tab


def assert_piece(tab, photo, top, left):
    tab.locator("#about", has_text=f"Rows {top} to {top + 95} and columns {left} to").wait_for()
    assert cells(tab.locator("#window")) == list(photo[top : top + 3, left : left + 3, 0].ravel())


def test_a_dropped_file_is_the_picture(dropped, photo):
    assert_piece(dropped, photo, 102, 177)


def test_its_piece_is_dragged_by_its_frame(dropped, photo):
    box = dropped.locator("#whole .small").bounding_box()
    a_row, a_column = box["height"] / 300, box["width"] / 451
    x, y = box["x"] + 200.5 * a_column, box["y"] + 150.5 * a_row
    dropped.mouse.move(x, y)
    dropped.mouse.down()
    dropped.mouse.move(x + 40 * a_column, y - 30 * a_row)
    assert_piece(dropped, photo, 72, 217)
    dropped.mouse.move(x + 500, y + 500)
    assert_piece(dropped, photo, 204, 355)
    dropped.mouse.up()
    assert dropped.locator("#undo").is_disabled()


def test_its_piece_comes_to_where_the_whole_is_pressed(dropped, photo):
    box = dropped.locator("#whole .small").bounding_box()
    at = {"x": 100.5 * box["width"] / 451, "y": 60.5 * box["height"] / 300}
    dropped.locator("#whole .small").click(position=at)
    assert_piece(dropped, photo, 12, 52)


def test_its_piece_is_moved_by_keys(dropped, photo):
    piece = dropped.locator("#piece")
    piece.press("ArrowUp")
    piece.press("ArrowRight")
    assert_piece(dropped, photo, 94, 185)
    piece.press("Shift+ArrowDown")
    piece.press("Shift+ArrowLeft")
    assert_piece(dropped, photo, 95, 184)
    assert piece.get_attribute("aria-valuetext") == "rows 95 to 190, columns 184 to 279"
    assert dropped.evaluate("document.activeElement.id") == "piece"


def test_the_piece_in_the_page_stays_and_says_why(opened, folder, photo):
    Image.fromarray(photo).save(folder / "photo.png")
    tab = opened("photo.png", "-k", "edge", "--at", "150,150")
    before = tab.locator("#about").text_content()
    assert "values of this piece only" in tab.locator("#whole").get_attribute("title")
    tab.locator("#whole .small").click(position={"x": 5, "y": 5})
    assert tab.locator("#about").text_content() == before
    assert tab.locator("#piece[tabindex]").count() == 0


def test_the_whole_stands_before_its_piece(opened, folder, photo):
    Image.fromarray(photo).save(folder / "photo.png")
    tab = opened("photo.png", "conv -k edge | relu", "--at", "150,150")
    places = [
        tab.locator(one).bounding_box()["x"] for one in ("#whole", ".image", "#stage-1", "#stage-2")
    ]
    assert places == sorted(places)
