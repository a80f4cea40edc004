"""The page: its HTML with style, script and facts put into it."""

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

MODULES = (
    *("engine.js", "words.js", "commands.js", "pytorch.js", "state.js", "pixels.js", "cost.js"),
    *("cells.js", "elements.js", "editor.js", "facts.js", "picture.js", "model.js", "stages.js"),
    *("weights.js", "passes.js", "step.js", "view.js", "drawing.js", "moves.js"),
)
"""The modules of the page, each after those that it imports from."""

IMPORT = re.compile(r"^import [^;]*;\n", re.MULTILINE)
EXPORT = re.compile(r"^export (?=const|let|function|class)", re.MULTILINE)


def page(facts: Mapping[str, Any]) -> bytes:
    """The page that shows these facts: one file in UTF-8, which asks for no other.

    Its policy lets the browser run the page's own script and style, known by their hashes, and
    show pictures that are in the page; nothing is loaded from anywhere. The facts are JSON that
    no reader of HTML takes for markup, whatever texts are in them.
    """
    parts = {"style": _text("style.css"), "script": script(), "facts": as_json(facts)}
    parts["policy"] = (
        f"default-src 'none'; script-src {_hash(parts['script'])}; "
        f"style-src {_hash(parts['style'])}; img-src data:; base-uri 'none'; form-action 'none'"
    )
    filled = re.sub(r"\{\{(\w+)\}\}", lambda match: parts[match[1]], _text("page.html"))
    return filled.encode()


def script() -> str:
    """All modules as one: a module's imports are those before it."""
    return "".join(EXPORT.sub("", IMPORT.sub("", _text(name))) for name in MODULES)


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


def _text(name: str) -> str:
    return (files(__package__) / name).read_text("utf-8")
