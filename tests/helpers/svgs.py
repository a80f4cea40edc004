"""SVG files, read as XML."""

import xml.etree.ElementTree as ET
from typing import NamedTuple

NAMESPACE = "{http://www.w3.org/2000/svg}"
HREF = "{http://www.w3.org/1999/xlink}href"


class TextBox(NamedTuple):
    """Where a text stands."""

    text: str
    left: float
    right: float
    top: float
    bottom: float


def parsed(data):
    """The root element; an error where the file is no XML."""
    return ET.fromstring(data)


def elements(root, name):
    """All elements of this name."""
    return list(root.iter(f"{NAMESPACE}{name}"))


def texts(root):
    """The drawn texts."""
    return [one.text for one in elements(root, "text")]


def text_boxes(root):
    """The room of each text, from its baseline to the top of its large letters."""
    shares = {"start": 0, "middle": 0.5, "end": 1}
    found = []
    for one in elements(root, "text"):
        x, y, length, size = (float(one.get(key)) for key in ("x", "y", "textLength", "font-size"))
        left = x - shares[one.get("text-anchor")] * length
        found.append(TextBox(one.text, left, left + length, y - 0.7 * size, y))
    return found
