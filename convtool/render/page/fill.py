"""A page: its HTML with style, script and facts put into it."""

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, NamedTuple

MODULES = (
    *("windows.js", "engine.js", "behind.js", "words.js", "commands.js", "pytorch.js", "state.js"),
    *("pixels.js", "cost.js", "cells.js", "grid.js", "elements.js", "language.js", "pace.js"),
    *("editor.js", "arrays.js", "facts.js", "picture.js", "model.js", "stages.js", "weights.js"),
    *("passes.js", "grids.js", "tables.js", "sums.js", "view.js", "drawing.js", "pointing.js"),
    "moves.js",
)
"""The modules of the page of a value, each after those that it imports from."""

IMPORT = re.compile(r"^import [^;]*;\n", re.MULTILINE)
EXPORT = re.compile(r"^export (?=const|let|function|class)", re.MULTILINE)


class Parts(NamedTuple):
    """The files that a page is put together from."""

    main: Traversable
    """HTML: what stands between head and foot, which all pages share."""
    styles: tuple[Traversable, ...]
    modules: tuple[Traversable, ...]
    """Each after those that it imports from; all share one scope."""


FOLDER = files(__package__)
VALUE = Parts(
    FOLDER / "page.html",
    (FOLDER / "base.css", FOLDER / "style.css"),
    tuple(FOLDER / name for name in MODULES),
)
"""The page of a value."""


def page(facts: Mapping[str, Any], parts: Parts = VALUE) -> bytes:
    """The page that shows these facts: one file in UTF-8, which asks for no other.

    Its policy lets the browser run the page's own script and style, known by their hashes, and
    show pictures that are in the page; nothing is loaded from anywhere. The facts are JSON that
    no reader of HTML takes for markup, whatever texts are in them.
    """
    style = "".join(one.read_text("utf-8") for one in parts.styles)
    texts = {"style": style, "script": script(parts), "facts": as_json(facts)}
    texts["policy"] = (
        f"default-src 'none'; script-src {_hash(texts['script'])}; "
        f"style-src {_hash(texts['style'])}; img-src data:; base-uri 'none'; form-action 'none'"
    )
    texts["main"] = parts.main.read_text("utf-8")
    frame = (FOLDER / "frame.html").read_text("utf-8")
    return re.sub(r"\{\{(\w+)\}\}", lambda match: texts[match[1]], frame).encode()


def script(parts: Parts = VALUE) -> str:
    """All modules as one: a module's imports are those before it."""
    texts = (one.read_text("utf-8") for one in parts.modules)
    return "".join(EXPORT.sub("", IMPORT.sub("", text)) for text in texts)


def as_json(facts: Mapping[str, Any]) -> str:
    """JSON in ASCII without the characters that mean something in HTML.

    >>> as_json({"name": "</script>"})
    '{"name":"\\\\u003c/script\\\\u003e"}'
    """
    text = json.dumps(facts, separators=(",", ":"), allow_nan=False)
    return re.sub("[<>&]", lambda match: f"\\u{ord(match[0]):04x}", text)


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"
