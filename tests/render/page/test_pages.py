"""Some 500 pages in a browser, each of a pipeline of its own: every value of the map agrees."""

import re

import pytest
from helpers.pipelines import PIPELINES, imaged

from convtool import ConvtoolError, Pipeline
from convtool.core.image import Header
from convtool.inspect.explain import explain
from convtool.io.base import ArrayReader
from convtool.render.page.facts import Source, facts_of
from convtool.render.page.fill import page


def _pages():
    """The words, the count of values and the page of each pipeline that is not refused."""
    for words, image in imaged(PIPELINES):
        operators = Pipeline.parse(words).operators
        reader = ArrayReader(Header.of_array(image), image)
        try:
            found = explain(reader, operators, (0, 0))
        except ConvtoolError:
            continue
        facts = facts_of("image", reader, operators, found, Source(["image.npy"]))
        yield words, Pipeline.parse(words).run(image).size, page(facts)


@pytest.mark.slow
def test_every_page_agrees_in_every_value(browser, tmp_path):
    path = tmp_path / "page.html"
    tab = browser.new_page()
    wrong = []
    tab.on("pageerror", lambda error: wrong.append(str(error)))
    count = 0
    for words, values, text in _pages():
        path.write_bytes(text)
        tab.goto(path.as_uri())
        told = tab.locator("#agreement").text_content()
        assert re.match(rf"agrees with convtool in {values} of {values} values", told), words
        assert wrong == [], words
        count += 1
    tab.close()
    assert count > 480
