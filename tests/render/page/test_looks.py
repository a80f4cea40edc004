"""How the page looks: at any width, light and dark, printed, long names, and how fast it slides."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from helpers.page import state
from PIL import Image

from convtool.render.page import fill

STYLE = (Path(fill.__file__).parent / "base.css").read_text()
TEXTS = ["ink", "faint", "alarm"]
GROUNDS = ["paper", "raised"]
LEAST_CONTRAST = 4.5
LEAST_OF_SHAPES = 3
WIDTHS = [360, 768, 1280, 1920, 3840]


def colors(block):
    return {name: bytes.fromhex(code) for name, code in re.findall(r"--(\w+): #(\w{6})", block)}


def contrast(one, other):
    """The contrast of two colours, as WCAG 2.2 defines it."""
    lights = sorted(luminance(color) for color in (one, other))
    return (lights[1] + 0.05) / (lights[0] + 0.05)


def luminance(color):
    shares = [part / 255 for part in color]
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in shares]
    return sum(weight * one for weight, one in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize(
    "block", re.findall(r":root[^{]*\{([^}]*--paper[^}]*)\}", STYLE), ids=["light", "dark"]
)
def test_every_text_is_readable_on_every_ground(block):
    found = colors(block)
    for ground in GROUNDS:
        for text in TEXTS:
            assert contrast(found[text], found[ground]) >= LEAST_CONTRAST, (text, ground)
        for shape in ("focus", "mark"):
            assert contrast(found[shape], found[ground]) >= LEAST_OF_SHAPES, (shape, ground)


def test_no_other_colours_of_texts_are_in_the_style():
    rules = re.sub(r":root[^{]*\{[^}]*--paper[^}]*\}", "", STYLE)
    named = re.findall(r"(?<![-\w])color: ([^;]+);", rules)
    assert set(named) <= {"inherit", *(f"var(--{name})" for name in TEXTS)}


def test_nothing_is_cut_off_at_any_width(opened, small):
    words = ["conv -k 'gaussian:5,1.1' | relu | pool", "--at", "5,6"]
    tab = opened("small.png", *words)
    for width in WIDTHS:
        tab.set_viewport_size({"width": width, "height": 900})
        for channel in ("R", "all"):
            for stage in (1, 2, 3):
                tab.locator(f"#stage-{stage}").press("Enter")
                tab.locator("#channel").select_option(channel)
                assert tab.evaluate("document.scrollingElement.scrollWidth") <= width


def test_a_grid_stays_as_large_as_it_is_while_the_numbers_change(opened, small):
    tab = opened("small.png", "-k", "unsharp", "--at", "5,6")
    size = "[...document.querySelectorAll('#step canvas')].map((one) => [one.width, one.height])"
    before = tab.evaluate(size)
    for key in ["ArrowRight"] * 8 + ["ArrowDown"] * 8:
        tab.locator("#map canvas").press(key)
        assert tab.evaluate(size) == before


def test_a_long_title_ends_in_dots(opened, folder, matrix):
    name = "w" * 200 + ".csv"
    (folder / "m.csv").rename(folder / name)
    tab = opened(name, *matrix[1:], viewport={"width": 360, "height": 800})
    style = "getComputedStyle(document.querySelector('h1'))"
    assert tab.evaluate(f"{style}.webkitLineClamp") == "3"
    height = tab.locator("h1").bounding_box()["height"]
    assert round(height / tab.evaluate(f"parseFloat({style}.lineHeight)")) == 3


HIDDEN = "#controls, #actions, #pictures, #hint, #language, #fields .field, [data-copies]"
SHOWN = "h1, #stages li, #input canvas, #map canvas, #steps, #fields .formula, #command"


def test_print_has_the_sheet_alone(opened, small):
    tab = opened("small.png", "conv -k edge | pool", "--at", "5,6")
    tab.locator("#stage-1").click()
    tab.emulate_media(media="print")
    for one in tab.locator(HIDDEN).all():
        assert one.is_hidden()
    for one in tab.locator(SHOWN).all():
        assert one.is_visible()
    boxes = [one.bounding_box() for one in tab.locator(f"{SHOWN}, table").all()]
    assert max(box["x"] + box["width"] for box in boxes) <= tab.viewport_size["width"]


def test_paper_is_light_on_a_dark_screen(opened, matrix, folder):
    tab = opened(*matrix, color_scheme="dark")
    ground = "getComputedStyle(document.body).backgroundColor"
    weight = "document.querySelectorAll('#kernel td')[1].style.backgroundColor"
    dark = tab.evaluate(ground), tab.evaluate(weight)
    note = f"() => {{ window.printed = [{ground}, {weight}]; }}"
    tab.evaluate(f"window.addEventListener('beforeprint', {note})")
    tab.pdf(path=folder / "sheet.pdf", format="A4")
    assert tab.evaluate("window.printed") == ["rgb(255, 255, 255)"] * 2
    assert (tab.evaluate(ground), tab.evaluate(weight)) == dark
    assert "rgb(255, 255, 255)" not in dark


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="pdftotext is not installed")
def test_a_printed_matrix_is_one_sheet(opened, matrix, folder):
    tab = opened(*matrix)
    tab.pdf(path=folder / "sheet.pdf", format="A4")
    done = subprocess.run(
        ["pdftotext", "sheet.pdf", "-"], capture_output=True, text=True, check=True
    )
    assert done.stdout.count("\f") == 1
    assert "convtool run" in done.stdout
    assert "sum of the products" in done.stdout
    assert "Undo" not in done.stdout


def test_it_plays_in_steps_where_motion_is_unwanted(opened, matrix):
    tab = opened(*matrix, reduced_motion="reduce")
    tab.locator("#speed").fill("6")
    tab.locator("#play").click()
    tab.locator("#steps dt.value", has_text="row 3").wait_for()
    assert tab.evaluate("document.getAnimations().length") == 0
    tab.locator("#play").click()
    assert tab.locator("#play").get_attribute("aria-label") == "play"


SLIDE = """(steps) => new Promise((done) => {
  const canvas = document.querySelector("#map canvas");
  let begun = null;
  let left = steps;
  const step = (time) => {
    begun ??= time;
    if (left-- === 0) return done((1000 * steps) / (time - begun));
    const held = { key: "ArrowRight", repeat: left > 0, bubbles: true, cancelable: true };
    canvas.dispatchEvent(new KeyboardEvent("keydown", held));
    requestAnimationFrame(step);
  };
  requestAnimationFrame(step);
})"""


@pytest.mark.parametrize("near", [True, False], ids=["numbers", "whole"])
@pytest.mark.parametrize("channel", ["R", "all"])
def test_frames_a_second_are_told(opened, folder, photo, near, channel, record_property):
    Image.fromarray(photo).save(folder / "photo.png")
    tab = opened("photo.png", "-k", "gaussian:5,1.1", "--at", "150,200")
    tab.locator("#channel").select_option(channel)
    tab.locator("#numbers").set_checked(near)
    before = state(tab)["col"]
    frames = tab.evaluate(SLIDE, 40)
    record_property("frames a second", round(frames, 1))
    print(f"{frames:.1f} frames a second")
    assert state(tab)["col"] == before + 40
