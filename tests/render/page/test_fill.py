"""Pages as files: whole, closed to the network, and free of markup that a name would make."""

import base64
import hashlib
import json
import re
import subprocess
import tomllib
from html.parser import HTMLParser
from pathlib import Path

import pytest
from conftest import REPOSITORY
from helpers.node import evaluated, needs_node

from convtool.render.page import fill
from convtool.render.replay.replay import REPLAY

PAGES = {"page": fill.VALUE, "replay": REPLAY}
NAMES = [
    "</script><script>alert(1)</script>.png", "<!--<script>", "\"' onload='x", "a\u2028b\u2029c",
    "\u202egnp.exe", "x" * 10_000, "caf\udce9.png", "{{script}}", "]]>", "&lt;b&gt;",
]  # fmt: skip


class Parsed(HTMLParser):
    """The tags of a page, the texts in them, and their attributes."""

    def __init__(self, text):
        super().__init__()
        self.found = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.found.append([tag, dict(attributes), ""])

    def handle_endtag(self, tag):
        self.found.append([f"/{tag}", {}, ""])

    def handle_data(self, data):
        if self.found:
            self.found[-1][2] += data

    def all(self, tag):
        return [(attributes, text) for name, attributes, text in self.found if name == tag]


@pytest.fixture(params=PAGES)
def parts(request):
    """What a page is put together from."""
    return PAGES[request.param]


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_a_name_is_never_markup(name, parts):
    plain = Parsed(fill.page({"name": "a.png"}, parts).decode())
    parsed = Parsed(fill.page({"name": name}, parts).decode())
    assert [one[:2] for one in parsed.found] == [one[:2] for one in plain.found]
    (facts,) = (text for attributes, text in parsed.all("script") if attributes.get("id"))
    assert json.loads(facts) == {"name": name}


def test_the_policy_allows_the_script_and_the_style_of_the_page_alone(parts):
    parsed = Parsed(fill.page({}, parts).decode())
    (policy,) = (a["content"] for a, _ in parsed.all("meta") if "http-equiv" in a)
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules["default-src"] == "'none'"
    texts = {
        "script-src": [t for a, t in parsed.all("script") if a["type"] == "module"],
        "style-src": [text for _, text in parsed.all("style")],
    }
    for rule, (text,) in texts.items():
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert rules[rule] == f"'sha256-{digest}'"
    assert rules["img-src"] == "data:"
    assert set(rules) == {"default-src", "img-src", "base-uri", "form-action", *texts}


def test_nothing_in_the_page_names_another_file(parts):
    text = fill.page({}, parts).decode().replace("http://www.w3.org/2000/svg", "")
    asks = r"https?:|^\s*import\b|\bimport\(|\bfetch\(|<link|\bsrc=|style=|\bon\w+=\""
    assert not re.search(asks, text, re.MULTILINE)


@pytest.mark.parametrize("room", PAGES)
def test_every_module_is_in_its_page_and_in_the_wheel(room):
    parts = PAGES[room]
    folder = Path(str(parts.main)).parent
    own = [one.name for one in parts.modules if Path(str(one)).parent == folder]
    assert sorted(own) == sorted(path.name for path in folder.glob("*.js"))
    told = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["tool"]["setuptools"]
    kinds = {pattern[1:] for pattern in told["package-data"][f"convtool.render.{room}"]}
    found = {path.suffix for path in folder.iterdir() if path.is_file()}
    assert found - {".py"} == kinds
    assert f"convtool.render.{room}" in told["packages"]


def test_modules_come_after_those_that_they_import_from(parts):
    names = [one.name for one in parts.modules]
    for number, one in enumerate(parts.modules):
        imported = re.findall(r'from "\.[./\w]*/([\w.]+)"', one.read_text())
        assert set(imported) <= set(names[:number]), one.name


@needs_node
def test_joined_modules_have_no_name_twice(tmp_path, parts):
    path = tmp_path / "page.mjs"
    path.write_text(fill.script(parts))
    done = subprocess.run(["node", "--check", str(path)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


WORDS = "import { WORDS } from './words.js'; const own = structuredClone(WORDS);"
WORDS += "const { REPLAY_WORDS } = await import('../replay/replay_words.js');"
TABLES = "() => ({page: own, replay: REPLAY_WORDS})"


@needs_node
@pytest.mark.parametrize("room", PAGES)
def test_both_languages_say_the_same(tmp_path, room):
    words = evaluated(WORDS, TABLES, None, tmp_path)[room]
    english, chinese = words["en"], words["zh"]
    assert english.keys() == chinese.keys()
    for key, text in english.items():
        places = re.findall(r"\{\w+\}", text)
        assert sorted(places) == sorted(re.findall(r"\{\w+\}", chinese[key])), key


@needs_node
@pytest.mark.parametrize("room", PAGES)
def test_every_word_that_is_said_is_in_the_table(tmp_path, room):
    tables = evaluated(WORDS, TABLES, None, tmp_path)
    parts, words = PAGES[room], tables["page"]["en"]
    assert room == "page" or not set(words) & set(tables[room]["en"])
    texts = [one.read_text() for one in (*parts.modules, parts.main, fill.FOLDER / "frame.html")]
    said = re.findall(r"""(?:\bsay\(|data-(?:word|label)=|Refused\()"([\w-]+)\"""", " ".join(texts))
    assert len(said) > 40
    assert set(said) <= {*words, *tables[room]["en"]}
