"""The page as a file: whole, closed to the network, and free of markup that a name would make."""

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

HERE = Path(fill.__file__).parent
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


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_a_name_is_never_markup(name):
    plain = Parsed(fill.page({"name": "a.png"}).decode())
    parsed = Parsed(fill.page({"name": name}).decode())
    assert [one[:2] for one in parsed.found] == [one[:2] for one in plain.found]
    (facts,) = (text for attributes, text in parsed.all("script") if attributes.get("id"))
    assert json.loads(facts) == {"name": name}


def test_the_policy_allows_the_script_and_the_style_of_the_page_alone():
    parsed = Parsed(fill.page({}).decode())
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


def test_nothing_in_the_page_names_another_file():
    text = fill.page({}).decode().replace("http://www.w3.org/2000/svg", "")
    assert not re.search(
        r"https?:|^\s*import\b|\bimport\(|\bfetch\(|<link|\bsrc=|style=|\bon\w+=\"", text, re.M
    )


def test_every_module_is_in_the_page_and_in_the_wheel():
    assert sorted(fill.MODULES) == sorted(path.name for path in HERE.glob("*.js"))
    told = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["tool"]["setuptools"]
    kinds = {pattern[1:] for pattern in told["package-data"]["convtool.render.page"]}
    found = {path.suffix for path in HERE.iterdir() if path.is_file()}
    assert found - {".py"} == kinds


def test_modules_come_after_those_that_they_import_from():
    for number, name in enumerate(fill.MODULES):
        text = (HERE / name).read_text()
        imported = re.findall(r'from "\./([\w.]+)"', text)
        assert set(imported) <= set(fill.MODULES[:number]), name


@needs_node
def test_joined_modules_have_no_name_twice(tmp_path):
    path = tmp_path / "page.mjs"
    path.write_text(fill.script())
    done = subprocess.run(["node", "--check", str(path)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@needs_node
def test_both_languages_say_the_same(tmp_path):
    words = evaluated("import { WORDS } from './words.js';", "() => WORDS", None, tmp_path)
    english, chinese = words["en"], words["zh"]
    assert english.keys() == chinese.keys()
    for key, text in english.items():
        places = re.findall(r"\{\w+\}", text)
        assert sorted(places) == sorted(re.findall(r"\{\w+\}", chinese[key])), key


@needs_node
def test_every_word_that_is_said_is_in_the_table(tmp_path):
    words = evaluated("import { WORDS } from './words.js';", "() => WORDS.en", None, tmp_path)
    texts = [(HERE / name).read_text() for name in (*fill.MODULES, "page.html")]
    said = re.findall(r"""(?:\bsay\(|data-(?:word|label)=|Refused\()"([\w-]+)\"""", " ".join(texts))
    assert len(said) > 40
    assert set(said) <= set(words)
