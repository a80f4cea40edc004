"""What a page in a browser shows."""

import json
import urllib.parse


def steps(tab):
    """The lines of the sum: words and numbers."""
    return dict(
        zip(
            tab.locator("#steps dt").all_text_contents(),
            tab.locator("#steps dd").all_text_contents(),
            strict=True,
        )
    )


def state(tab):
    return json.loads(urllib.parse.unquote(tab.evaluate("location.hash.slice(1)")))


def middle(locator):
    """The middle of an element: x, y."""
    box = locator.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def cells(locator):
    """The numbers in the cells of a table."""
    return [float(text) for text in locator.locator("td").all_text_contents()]
