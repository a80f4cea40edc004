"""What the tests of the page in a browser share."""

import pytest


@pytest.fixture
def opened(browser, convtool, folder):
    """Make a page and open it; the tab notes what it asks for and what goes wrong in it."""
    tabs = []

    def open_page(*words, fragment="", **options):
        result = convtool("explain", *words, "-o", "lesson.html")
        assert result.returncode == 0, result.stderr
        tab = browser.new_page(**options)
        tab.wrong = []
        tab.on("pageerror", lambda error: tab.wrong.append(str(error)))
        tab.on("console", lambda message: tab.wrong.append(message.text))
        tab.on("dialog", lambda dialog: tab.wrong.append(dialog.message))
        tab.on("request", lambda request: tab.wrong.extend(_asked(request.url)))
        tab.goto(f"{(folder / 'lesson.html').as_uri()}{fragment}")
        tabs.append(tab)
        return tab

    yield open_page
    for tab in tabs:
        assert tab.wrong == []
        tab.close()


def _asked(url):
    """What a page asks for beside itself and the pictures in it."""
    return [] if url.startswith("data:") or "/lesson.html" in url else [url]


@pytest.fixture
def matrix(folder):
    (folder / "m.csv").write_text("1,3,2,1\n2,9,1,1\n1,3,2,3\n5,6,1,2\n")
    return ["m.csv", "-k", "1 0; 0 1", "--at", "1,1"]
