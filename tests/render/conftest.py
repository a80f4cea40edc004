"""What the tests of pages in a browser share."""

import shutil

import pytest

CHROMIUM = shutil.which("chromium")


@pytest.fixture(scope="session")
def browser():
    playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed")
    with playwright.sync_playwright() as started:
        found = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture
def tab_of(browser):
    """Open a page that is a file; the tab notes what it asks for and what goes wrong in it."""
    tabs = []

    def open_tab(path, fragment="", **options):
        tab = browser.new_page(**options)
        tab.wrong = []
        tab.on("pageerror", lambda error: tab.wrong.append(str(error)))
        tab.on("console", lambda message: tab.wrong.append(message.text))
        tab.on("dialog", lambda dialog: tab.wrong.append(dialog.message))
        tab.on("request", lambda request: tab.wrong.extend(_asked(request.url, path.name)))
        tab.goto(f"{path.as_uri()}{fragment}")
        tabs.append(tab)
        return tab

    yield open_tab
    for tab in tabs:
        assert tab.wrong == []
        tab.close()


def _asked(url, name):
    """What a page asks for beside itself and the pictures in it."""
    return [] if url.startswith("data:") or f"/{name}" in url else [url]
