"""Some 500 pages in a browser, each of a pipeline of its own: every value of the map agrees."""

import re
import shutil

import pytest
from helpers.pipelines import PIPELINES, imaged

from convtool import ConvtoolError, Pipeline
from convtool.core.image import Header
from convtool.inspect.explain import explain
from convtool.io.base import ArrayReader
from convtool.render.page.facts import facts_of
from convtool.render.page.fill import page

CHROMIUM = shutil.which("chromium")
pytest.importorskip("playwright", reason="Playwright is not installed")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")


def _pages():
    """The words, the count of values and the page of each pipeline that is not refused."""
    for words, image in imaged(PIPELINES):
        operators = Pipeline.parse(words).operators
        reader = ArrayReader(Header.of_array(image), image)
        try:
            found = explain(reader, operators, (0, 0))
        except ConvtoolError:
            continue
        facts = facts_of("image", reader, operators, found, ["image.npy"])
        yield words, Pipeline.parse(words).run(image).size, page(facts)


@pytest.mark.slow
def test_every_page_agrees_in_every_value(tmp_path):
    from playwright.sync_api import sync_playwright

    path = tmp_path / "page.html"
    count = 0
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        tab = browser.new_page()
        wrong = []
        tab.on("pageerror", lambda error: wrong.append(str(error)))
        for words, values, text in _pages():
            path.write_bytes(text)
            tab.goto(path.as_uri())
            told = tab.locator("#agreement").text_content()
            assert re.match(rf"agrees with convtool in {values} of {values} values", told), words
            assert wrong == [], words
            count += 1
        browser.close()
    assert count > 480
