"""The page of a kernel being learned in a browser: it agrees, and all of it works by keyboard."""

import re

import numpy as np
import pytest

from convtool import conv2d, find_kernel, write_image
from convtool.render.replay import facts


@pytest.fixture
def opened(tab_of, convtool, folder, photo):
    """Make a page and open it."""

    def open_page(*words, kernel="gaussian3", before="before.png", bits=8, **options):
        pixels = photo[60:160, 100:220]
        write_image(before, pixels / 1.0 if before.endswith("npy") else pixels)
        after = conv2d(pixels, find_kernel(kernel))
        white = 2**bits - 1
        after = np.clip(np.rint(after * white / 255), 0, white)
        write_image("after.png", after.astype(f"u{bits // 8}"))
        result = convtool("fit", before, "after.png", *words, "--replay", "lesson.html")
        assert result.returncode == 0, result.stderr
        return tab_of(folder / "lesson.html", **options)

    return open_page


def text(tab, name):
    return tab.locator(f"#{name}").text_content()


def number(tab, name):
    return float(text(tab, name))


def weights(tab, name="kernel"):
    return [float(one) for one in tab.locator(f"#{name} td").all_text_contents()]


@pytest.mark.parametrize(
    ("words", "kernel"),
    [
        ([], "gaussian3"),
        (["--rational", "--bias"], "sharpen"),
        (["--size", "5"], "gaussian5"),
        (["--size", "9", "--bias"], "gaussian3"),
        (["--size", "2x4"], "gaussian3"),
    ],
)
def test_it_agrees_with_the_engine_in_every_value(opened, words, kernel):
    tab = opened(*words, kernel=kernel)
    assert tab.locator("#agreement.agrees").count() == 1
    agree, of = map(int, re.findall(r"\d+", text(tab, "agreement"))[:2])
    assert agree == of > 10_000


def test_a_wrong_engine_is_told_in_red(opened, monkeypatch):
    right = facts._map
    monkeypatch.setattr(facts, "_map", lambda *given: right(*given) + np.eye(78)[..., None])
    tab = opened()
    agree, of = map(int, re.findall(r"\d+", text(tab, "agreement"))[:2])
    assert of - agree == 3 * 78
    assert tab.locator("#agreement.differs").count() == 1


def test_it_opens_at_random_weights_and_ends_at_the_closed_form(opened):
    tab = opened("--rational")
    assert text(tab, "step-now") == "0 of 100,000"
    assert max(map(abs, weights(tab))) < 1 / 3
    first = number(tab, "loss")
    tab.locator("#closed").click()
    assert text(tab, "step-now") == "closed form"
    assert tab.locator("[aria-pressed=true]").evaluate_all("(all) => all.map((one) => one.id)") == [
        "closed"
    ]
    assert weights(tab) == weights(tab, "end")
    assert np.allclose(weights(tab), find_kernel("gaussian3").weights.ravel() / 16, atol=0.02)
    assert number(tab, "loss") < first / 1000
    assert (number(tab, "gradient"), number(tab, "distance")) == (0, 0)
    tab.locator("#whole").click()
    assert weights(tab, "fractions") == [1, 2, 1, 2, 4, 2, 1, 2, 1]
    assert np.allclose(weights(tab), np.array(weights(tab, "fractions")) / 16, atol=1e-3)


def test_the_bar_and_the_keys_move_through_the_steps(opened):
    tab = opened()
    tab.locator("#next").click()
    assert text(tab, "step-now") == "1 of 100,000"
    tab.locator("#scrub").press("ArrowRight")
    assert text(tab, "step-now") == "2 of 100,000"
    tab.evaluate("document.activeElement.blur()")
    tab.keyboard.press("ArrowLeft")
    assert text(tab, "step-now") == "1 of 100,000"
    tab.keyboard.press("End")
    assert text(tab, "step-now") == "closed form"
    tab.keyboard.press("ArrowLeft")
    assert text(tab, "step-now") == "100,000 of 100,000"
    tab.keyboard.press("Home")
    assert text(tab, "step-now") == "0 of 100,000"
    assert tab.locator("#scrub").get_attribute("aria-valuetext") == "0 of 100,000"


def test_a_curve_is_dragged(opened):
    tab = opened(viewport={"width": 1280, "height": 1400})
    box = tab.locator("#loss-chart").bounding_box()
    tab.mouse.move(box["x"] + 60, box["y"] + 50)
    tab.mouse.down()
    tab.mouse.move(box["x"] + box["width"] - 15, box["y"] + 50)
    tab.mouse.up()
    assert text(tab, "step-now") in ("95,499 of 100,000", "100,000 of 100,000")


def test_it_plays_to_the_end_and_pauses(opened):
    tab = opened(fragment="#step=90000")
    tab.locator("#speed").fill("6")
    tab.locator("#play").click()
    tab.locator("#step-now", has_text="closed form").wait_for()
    assert tab.locator("#play").get_attribute("aria-label") == "play"
    tab.evaluate("document.activeElement.blur()")
    tab.keyboard.press(" ")
    assert tab.locator("#play").get_attribute("aria-label") == "pause"
    tab.keyboard.press(" ")
    assert tab.locator("#play").get_attribute("aria-label") == "play"


def test_calm_motion_plays_slowly(opened):
    assert opened(reduced_motion="reduce").locator("#speed").input_value() == "1"


def test_the_loss_of_plain_descent_never_rises(opened):
    tab = opened()
    points = tab.locator("#loss-chart polyline").get_attribute("points")
    heights = [float(point.split(",")[1]) for point in points.split()]
    assert len(heights) > 200
    assert heights == sorted(heights)


def test_too_large_a_rate_diverges_and_the_fastest_settings_arrive(opened):
    tab = opened()
    assert "After 100,000 steps" in text(tab, "left")
    tab.locator("#rate").fill("2.1")
    assert "diverges" in tab.locator("#slowness.diverges").text_content()
    tab.locator("#fastest").click()
    assert tab.locator("#slowness.diverges").count() == 0
    assert "are those of the closed form" in text(tab, "left")
    tab.locator("#plain").click()
    assert "learning rate: 1 /" in text(tab, "rate-says")
    assert text(tab, "momentum-says") == "momentum: 0"


def test_a_descent_that_diverges_is_told_as_such(opened):
    tab = opened(fragment="#rate=2.1")
    last = int(re.fullmatch(r"0 of (\d+)", text(tab, "step-now"))[1])
    tab.keyboard.press("End")
    tab.keyboard.press("ArrowLeft")
    assert text(tab, "step-now") == f"{last} of {last}"
    assert f"After {last} steps, the last that are shown" in text(tab, "left")
    said = tab.locator("#loss-chart").get_attribute("aria-label")
    first, end = map(float, re.search(r"The loss goes from (\S+) to (\S+) in", said).groups())
    assert end > 1000 * first
    assert not tab.locator("#why").is_visible()
    tab.evaluate("location.hash = '#rate=1'")
    tab.locator("#why").wait_for()
    assert text(tab, "step-now").endswith(" of 100,000")


def test_an_axis_that_is_cut_off_says_so(opened):
    tab = opened()
    assert (text(tab, "loss-cut"), text(tab, "weights-cut")) == ("", "")
    tab.locator("#rate").fill("2.1")
    assert re.fullmatch(r"\(cut off at 10[⁰¹²³⁴⁵⁶⁷⁸⁹]+\)", text(tab, "loss-cut"))
    low, high = map(float, re.search(r"at (\S+), (\S+)\)", text(tab, "weights-cut")).groups())
    assert low < min(weights(tab, "end")) < max(weights(tab, "end")) < high


@pytest.mark.parametrize("settings", ["rate=2&momentum=0", "rate=2.4&momentum=0.2"])
def test_between_arriving_and_diverging_neither_is_said(opened, settings):
    tab = opened(fragment=f"#{settings}&step=100000")
    assert "This neither arrives nor diverges" in text(tab, "slowness")
    assert tab.locator("#slowness.diverges").count() == 0
    assert text(tab, "step-now") == "100,000 of 100,000"
    late = number(tab, "loss")
    tab.locator("#previous").click()
    assert number(tab, "loss") == late > 1
    tab.locator("#language").select_option("zh")
    assert "既不收敛也不发散" in text(tab, "slowness")


def test_that_the_loss_rises_is_told_of_momentum_alone(opened):
    tab = opened()
    assert not tab.locator("#rises").is_visible()
    tab.locator("#fastest").click()
    assert "normal with momentum" in text(tab, "rises")
    assert tab.locator("#rises").is_visible()


def test_a_single_weight_arrives_in_one_step(opened):
    tab = opened("--size", "1", kernel="identity", fragment="#step=1")
    assert "one step arrives" in text(tab, "slowness")
    assert number(tab, "distance") < 1e-12
    assert not tab.locator("#why").is_visible()
    tab.locator("#rate").fill("0.7")
    assert "each step leaves half" in text(tab, "slowness")
    tab.locator("#rate").fill("0.1")
    assert "halves every 7 steps" in text(tab, "slowness")


def test_what_float64_does_not_tell_from_0_is_about_0(opened):
    tab = opened(kernel="identity", fragment="#step=closed")
    assert (text(tab, "loss"), text(tab, "rms")) == ("about 0", "about 0")
    said = tab.locator("#loss-chart").get_attribute("aria-label")
    assert "The closed form leaves about 0." in said
    assert number(opened(fragment="#step=closed"), "loss") > 1e-3


@pytest.mark.parametrize(
    ("before", "name"), [("before.npy", "its root"), ("before.png", "its root, grey levels")]
)
def test_numbers_without_a_white_have_no_grey_levels(opened, before, name):
    assert text(opened(before=before), "root") == name


def test_another_random_start_leads_to_the_same_end(opened):
    tab = opened()
    first = weights(tab)
    tab.locator("#fastest").click()
    tab.locator("#another").click()
    assert weights(tab) != first
    assert max(map(abs, weights(tab))) < 1 / 3
    assert "are those of the closed form" in text(tab, "left")


def test_the_values_of_a_place_are_read_by_pointer_and_by_keys(opened, photo):
    tab = opened(fragment="#step=closed&at=0,0")
    _assert_place(tab, photo, 0, 0)
    tab.locator("#after canvas").press("ArrowDown")
    tab.locator("#after canvas").press("ArrowRight")
    _assert_place(tab, photo, 1, 1)
    box = tab.locator("#result canvas").bounding_box()
    tab.mouse.move(box["x"] + 20.5 * box["width"] / 78, box["y"] + 10.5 * box["height"] / 78)
    _assert_place(tab, photo, 10, 20)


def test_what_may_have_been_clipped_is_left_out(opened):
    tab = opened(kernel="edge", fragment="#step=closed")
    colors = tab.evaluate(
        """() => {
          const { width, height } = document.querySelector("#after canvas");
          const pixels = (name) => document.querySelector(`#${name} canvas`).getContext("2d")
            .getImageData(0, 0, width, height).data;
          const [after, difference] = [pixels("after"), pixels("difference")];
          return Array.from({ length: width * height }, (_, i) =>
            [...after.slice(4 * i, 4 * i + 3), ...difference.slice(4 * i, 4 * i + 3)]);
        }"""
    )
    grey = [201, 206, 213]
    clipped = [all(value in (0, 255) for value in one[:3]) for one in colors]
    assert 100 < sum(clipped) < len(clipped) - 100
    assert [one[3:] == grey for one in colors] == clipped
    assert "grey: left out" in tab.locator("#difference small").text_content()
    at = clipped.index(True)
    tab.evaluate(f"location.hash = '#step=closed&at={at // 78},{at % 78}'")
    tab.locator("#difference .reading", has_text="left out").wait_for()


def test_a_result_of_16_bits_is_shown_in_the_unit_of_the_image(opened):
    tab = opened(bits=16, fragment="#step=closed")
    before, after = (
        [float(one) for one in tab.locator(f"#{name} .reading").text_content().split(", ")]
        for name in ("before", "after")
    )
    assert np.allclose(before, after, atol=30)
    assert abs(float(tab.locator("#difference .reading").text_content())) < 0.01


def _assert_place(tab, photo, row, col):
    """The pixels in the middle of the window at this place of the piece."""
    pixels = photo[60:160, 100:220]
    top, left = (int(found) for found in re.findall(r"(?:rows|columns) (\d+)", text(tab, "about")))
    after = conv2d(pixels, find_kernel("gaussian3"), dtype=np.uint8)
    place = top + row + 1, left + col + 1
    for name, image in (("before", pixels), ("after", after)):
        found = tab.locator(f"#{name} .reading").text_content()
        assert found == ", ".join(map(str, image[place]))


def test_the_fragment_shows_the_same(opened):
    tab = opened("--rational")
    tab.locator("#fastest").click()
    tab.locator("#another").click()
    tab.locator("#after canvas").press("ArrowDown")
    for _ in range(30):
        tab.locator("#scrub").press("ArrowRight")
    again = opened("--rational", fragment=tab.evaluate("location.hash"))
    for name in ("step-now", "loss", "distance", "rate-says", "momentum-says"):
        assert text(again, name) == text(tab, name)
    assert weights(again) == weights(tab)
    tab.locator("#whole").click()
    assert (
        text(opened("--rational", fragment=tab.evaluate("location.hash")), "step-now")
        == "whole weights"
    )


@pytest.mark.parametrize(
    "fragment",
    ["#%", "#x", "#step=-1", "#step=whole&rate=1e9&momentum=NaN&seed=x&at=-5,1e9", "#at=1"],
)
def test_a_broken_fragment_is_none(opened, fragment):
    tab = opened(fragment=fragment)
    assert text(tab, "step-now") == "0 of 100,000"
    assert "learning rate: 1 /" in text(tab, "rate-says")


@pytest.mark.parametrize(("locale", "chinese"), [("zh-CN", True), ("fr", False)])
def test_the_language_is_the_browser_s_and_may_be_switched(opened, locale, chinese):
    tab = opened("--rational", locale=locale)
    assert ("训练卷积核" in text(tab, "title")) == chinese
    tab.locator("#language").select_option("en" if chinese else "zh")
    assert ("训练卷积核" in text(tab, "title")) != chinese
    assert tab.evaluate("document.documentElement.lang") == ("en" if chinese else "zh-Hans")


@pytest.mark.parametrize("name", ["<img src=x onerror=alert(1)>.png", "\u202egnp.exe.png"])
def test_hostile_names_are_shown_as_they_are(opened, name):
    tab = opened(before=name)
    assert text(tab, "title").startswith("Training a kernel: ")
    assert "<img" not in name or name in text(tab, "title")
    assert tab.locator("h1 img").count() == 0


@pytest.mark.parametrize("width", [360, 1280, 3840])
@pytest.mark.parametrize(
    "words", [["--rational"], ["--size", "7x9", "--bias"], ["--size", "1x31"]], ids=str
)
def test_nothing_is_wider_than_the_window(opened, words, width):
    tab = opened(*words, before=f"{'w' * 240}.png", viewport={"width": width, "height": 800})
    for _ in range(2):
        assert tab.evaluate("document.documentElement.scrollWidth") <= width
        tab.locator("#language").select_option("zh")


USABLE = """() => [...document.querySelectorAll("button, select, input, canvas, svg")]
    .filter((one) => one.checkVisibility() && !one.closest("label"))
    .filter((one) => !(one.tagName === "BUTTON" && one.textContent.trim()))
    .filter((one) => !one.getAttribute("aria-label"))
    .map((one) => one.outerHTML)"""
"""What can be used or seen and has no name that a screen reader says."""


def test_everything_that_can_be_used_has_a_name(opened):
    assert opened("--rational").evaluate(USABLE) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_texts_are_readable_on_their_ground(opened, scheme):
    tab = opened("--rational", color_scheme=scheme)
    found = tab.evaluate(CONTRASTS)
    assert len(found) > 50
    assert min(found.values()) >= 4.5, min(found.items(), key=lambda one: one[1])


CONTRASTS = """() => {
  const channels = (color) => color.match(/[\\d.]+/g).map(Number);
  const light = (color) => channels(color).slice(0, 3).reduce((sum, part, i) => {
    const share = part / 255;
    const linear = share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    return sum + [0.2126, 0.7152, 0.0722][i] * linear;
  }, 0);
  const groundOf = (one) => {
    for (let at = one; at; at = at.parentElement) {
      const color = getComputedStyle(at).backgroundColor;
      if (channels(color)[3] !== 0) return color;
    }
  };
  const found = {};
  for (const one of document.querySelectorAll("body *")) {
    const own = [...one.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    if (!own || !one.checkVisibility() || ["SCRIPT", "OPTION"].includes(one.tagName)) continue;
    const style = getComputedStyle(one);
    const ink = light(one.namespaceURI.endsWith("svg") ? style.fill : style.color);
    const ground = light(groundOf(one));
    const key = `${one.tagName} ${one.id} ${Object.keys(found).length}`;
    found[key] = (Math.max(ink, ground) + 0.05) / (Math.min(ink, ground) + 0.05);
  }
  return found;
}"""
