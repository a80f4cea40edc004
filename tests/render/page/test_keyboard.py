"""Everything that can be done on the page is done by keyboard alone."""

from helpers.page import cells, state, steps

FOCUS = (
    """() => { const one = document.activeElement; return one.id || one.closest("[id]")?.id; }"""
)
SHOWN = """() => {
  const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement);
  return outlineStyle !== "none" && parseFloat(outlineWidth) >= 2;
}"""


class Keyboard:
    """Keys on a tab; whatever has the focus is to be seen."""

    def __init__(self, tab):
        self.tab = tab

    def press(self, *keys):
        for key in keys:
            self.tab.keyboard.press(key)

    def go(self, name, back=False):
        """Press Tab until an element has the focus, whose id this is, or which is in it."""
        for _ in range(80):
            self.press("Shift+Tab" if back else "Tab")
            if self.tab.evaluate(FOCUS) == name:
                assert self.tab.evaluate(SHOWN), name
                return
        raise AssertionError(f"{name} is not reached by Tab")

    def choose(self, letters):
        """Choose in a list that has the focus the entry that begins so."""
        self.tab.keyboard.type(letters)
        self.press("Enter")


def test_a_session_without_a_mouse(opened, small, folder):
    tab = opened("small.png", "conv -k edge | pool", "--at", "5,6")
    keys = Keyboard(tab)

    keys.go("stage-2")
    keys.press("ArrowLeft")
    assert state(tab)["stage"] == 0

    keys.go("input")
    keys.press("ArrowDown")
    place = state(tab)["row"], state(tab)["col"]

    keys.go("window")
    keys.press("ArrowRight", "ArrowDown")
    assert [tab.locator("#window td").nth(i).get_attribute("class") for i in (0, 4)] == ["", "lit"]

    keys.go("weight-1-1")
    keys.press("ArrowUp", "ArrowUp", "Shift+ArrowDown")
    assert state(tab)["stages"][0]["weights"][1][1] == 9.9
    keys.press("Control+a")
    tab.keyboard.type("12")
    keys.press("Enter")
    assert state(tab)["stages"][0]["weights"][1][1] == 12

    keys.go("map")
    keys.press("ArrowRight")
    assert (state(tab)["row"], state(tab)["col"]) == (place[0], place[1] + 1)
    keys.go("next")
    keys.press("Enter")
    assert state(tab)["col"] == place[1] + 2
    keys.go("play")
    keys.press("Space", "Space")
    assert tab.locator("#play").get_attribute("aria-label") == "play"
    keys.go("scrub")
    keys.press("Home")
    assert (state(tab)["row"], state(tab)["col"]) == (0, 0)
    keys.go("terms")
    keys.press("Space")
    assert "sum of the first 1" in steps(tab)
    keys.press("Space")
    keys.go("numbers")
    keys.press("Space")
    assert not tab.locator("#numbers").is_checked()
    keys.go("channel")
    keys.choose("all")
    assert state(tab)["channel"] == -1
    assert tab.locator("#window caption").count() == 3
    keys.choose("R")

    keys.go("field-preset")
    keys.choose("box3")
    assert state(tab)["stages"][0]["name"] == "box3"
    keys.go("passes", back=True)
    keys.press("Enter")
    tab.locator("#passes tr").nth(4).wait_for()
    assert cells(tab.locator("#passes tr").nth(4)) == [1, 1, 1]
    keys.go("op")
    keys.choose("relu")
    keys.go("add")
    keys.press("Enter")
    assert [one["op"] for one in state(tab)["stages"]] == ["conv", "relu", "pool"]
    keys.go("later", back=True)
    keys.press("Enter")
    assert [one["op"] for one in state(tab)["stages"]] == ["conv", "pool", "relu"]
    keys.go("undo")
    keys.press("Enter", "Enter")
    assert [one["op"] for one in state(tab)["stages"]] == ["conv", "pool"]
    keys.press("Control+Shift+z")
    assert [one["op"] for one in state(tab)["stages"]] == ["conv", "relu", "pool"]
    keys.go("reset")
    keys.press("Enter")
    assert state(tab)["stages"][0]["name"] == "edge"
    keys.go("language", back=True)
    keys.press("ArrowDown")
    assert tab.evaluate("document.documentElement.lang") == "zh-Hans"
