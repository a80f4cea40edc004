"""The pages in docs/: what is generated in them is what the commands say now, every example runs,
and no command, option, stage or format is missing."""

import doctest
import importlib.util
import itertools
import re

import click
import numpy as np
import pytest
from conftest import REPOSITORY
from convtool.cli.main import COMMANDS, cli

import convtool as public
from convtool import Pipeline, read_image, read_volume
from convtool.core.choices import BORDERS, METHODS, POOL_MODES, RANGES
from convtool.core.engine import compiled
from convtool.core.image import Header
from convtool.inspect.explain import walk
from convtool.io.base import ArrayReader
from convtool.kernel.lookup import bundled_folder, file_names
from convtool.kernel.parametric.catalog import GENERATORS
from convtool.ops.registry import OPERATIONS
from convtool.render.sliding import Sights, frames

DOCS = REPOSITORY / "docs"
PAGES = sorted(DOCS.glob("*.md"))


def _builder():
    spec = importlib.util.spec_from_file_location("docs_build", DOCS / "build.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


BUILD = _builder()


def blocks(page, language):
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL)


LONG = "animations"
"""The page whose commands take longest."""


def _marks(page):
    return [pytest.mark.slow] if page.stem == LONG else []


CONSOLES = [
    pytest.param(page, number, id=f"{page.stem}-{number}", marks=_marks(page))
    for page in PAGES
    for number in range(len(blocks(page, "console")))
]


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    """What plays the commands of a page, in order and in one folder, as a reader would: once."""
    known = {}

    def play(page):
        if page not in known:
            folder = tmp_path_factory.mktemp(page.stem)
            BUILD.prepare(folder)
            known[page] = [BUILD.played(block, folder) for block in blocks(page, "console")], folder
        return known[page]

    return play


PLANS = re.compile(r"^plan  |multiply-adds|\"plan\": ", re.MULTILINE)
"""What tells that an output shows how the engine plans; pages show the compiled one's plans."""


@pytest.mark.parametrize(("page", "number"), CONSOLES)
def test_the_output_shown_is_the_real_one(played, page, number):
    if not compiled() and PLANS.search(blocks(page, "console")[number]):
        pytest.skip("shows a plan of the compiled loops, which are not built or not chosen")
    outputs, _ = played(page)
    assert blocks(page, "console")[number] == outputs[number]


@pytest.mark.parametrize("seconds", ["0.0", "1234.5", "8e-05"])
@pytest.mark.parametrize("digits", ["0123", "0124"])
def test_what_differs_from_run_to_run_is_shown_as_one(folder, seconds, digits):
    said = f'{{"seconds": {seconds}, "of": [0.123456789{digits}e-05]}}\n1 done, in {seconds} s'
    assert BUILD.run(f"echo '{said}'", folder) == (
        '{"seconds": 0.1, "of": [1.23456789e-06]}\n1 done, in 0.1 s\n'
    )


@pytest.mark.parametrize(
    "page", [pytest.param(page, id=page.stem, marks=_marks(page)) for page in PAGES]
)
def test_the_pictures_shown_are_the_real_ones(played, page):
    _, folder = played(page)
    for name in BUILD.pictures(page.read_text()):
        if (folder / name).exists():
            assert BUILD.shows_the_same(folder / name, BUILD.IMAGES / name)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_no_output_is_an_error(page):
    for block in blocks(page, "console"):
        assert "Traceback" not in block
        assert not re.search(r"^sh: ", block, re.MULTILINE)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_python_shown_gives_what_is_shown(folder, page):
    if page.stem == "engine" and not compiled():
        pytest.skip("shows a plan of the compiled loops, which are not built or not chosen")
    BUILD.prepare(folder)
    examples = "\n".join(blocks(page, "pycon"))
    test = doctest.DocTestParser().get_doctest(examples, {}, page.name, str(page), 0)
    assert doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test).failed == 0


@pytest.mark.parametrize("page", ["reference", "api", "gallery"])
def test_generated_pages_are_up_to_date(page):
    """If not: python docs/build.py writes them again."""
    assert (DOCS / f"{page}.md").read_text() == getattr(BUILD, page)()


def test_the_gallery_shows_every_kernel(folder):
    shown = {spec for specs in BUILD.GALLERY.values() for spec in specs}
    bundled = {name.partition(".")[0] for name in file_names(bundled_folder())}
    parametric = {spec.partition(":")[0] for spec in shown if ":" in spec}
    assert bundled <= shown
    assert parametric == set(GENERATORS)


ANIMATED = re.findall(
    r"`i = (\d)`, `k = (\d)`, `p = (\d)`, `s = (\d)`(?:, `d = (\d)`)?: `o = (\d)`.*?"
    r"\$ convtool explain (\S+) (.*?) --scale \S+ -o (\S+)",
    (DOCS / "animations.md").read_text(),
    re.DOTALL,
)
"""The sizes, the input, the words and the file of each animation."""


@pytest.mark.parametrize("case", ANIMATED, ids=lambda case: case[-1])
def test_animations_show_the_map_of_their_sizes(folder, case):
    *sizes, image, words, name = case
    i, k, p, s, d, o = (int(size or 1) for size in sizes)
    BUILD.prepare(folder)
    (tables,) = (b for b in blocks(DOCS / "animations.md", "console") if "> 7x7.csv" in b)
    BUILD.played(tables, folder)
    values = read_image(folder / image)
    assert values.shape == (i, i)
    transposed = "conv_transpose" in words
    kernel = re.search(r"'([\d ;]+)'", words)[1]
    weights = np.array([[int(w) for w in row.split()] for row in kernel.split(";")])
    assert weights.shape == (k, k)
    expected = np.zeros((o, o))
    for row, col, y, x in np.ndindex(i, i, k, k):
        if transposed:
            to = row * s - p + y, col * s - p + x
            if all(0 <= n < o for n in to):
                expected[to] += values[row, col] * weights[y, x]
        else:
            to = (row + p - y * d) / s, (col + p - x * d) / s
            if all(n.is_integer() and 0 <= n < o for n in to):
                expected[int(to[0]), int(to[1])] += values[row, col] * weights[y, x]
    command = "run" if transposed else "conv"
    where = f"{words} {image}" if transposed else f"{image} {words}"
    assert BUILD.run(f"convtool {command} {where} -o map.csv", folder) == ""
    assert np.array_equal(read_image(folder / "map.csv"), expected)
    assert len(read_volume(BUILD.IMAGES / name)) == o * o
    pixels = values[..., np.newaxis]
    pipeline = words.strip('"') if transposed else f"conv {words}"
    walked = walk(
        ArrayReader(Header.of_array(pixels), pixels), Pipeline.parse(pipeline).operators, margin=16
    )
    *_, last = frames(walked, Sights.of(walked))
    assert np.array_equal(last.panels[0].values, expected), "the map that the last frame shows"


def test_there_are_fifteen_animations_and_they_are_small():
    shown = BUILD.pictures((DOCS / "animations.md").read_text())
    assert shown == ["whole.gif", *(case[-1] for case in ANIMATED)]
    assert len(ANIMATED) == 15
    assert sum((BUILD.IMAGES / case[-1]).stat().st_size for case in ANIMATED) < 1_500_000


@pytest.mark.slow
def test_the_pictures_of_the_gallery_and_the_readme_are_the_real_ones(folder):
    for draw, kept in (
        (BUILD.gallery_pictures, BUILD.IMAGES / "gallery"),
        (BUILD.readme_pictures, BUILD.IMAGES),
    ):
        for name in draw(folder):
            assert np.array_equal(read_image(folder / name), read_image(kept / name)), name


def test_the_figures_are_those_of_the_benchmarks():
    text = (DOCS / "performance.md").read_text()
    for name in ("commands", "batch", "pixels", "fit", "engine"):
        assert f"<!-- {name} -->\n{BUILD.measured(name)}<!-- end -->" in text


def test_the_api_has_every_public_name():
    text = (DOCS / "api.md").read_text()
    for name in public.__all__:
        assert re.search(rf"^## (class )?{name}$", text, re.MULTILINE), name


@pytest.mark.skipif(not compiled(), reason="the table is of the compiled loops' plans")
def test_the_planners_table_is_what_it_plans_now():
    (table,) = re.findall(r"<!-- planner -->\n(.*?)<!-- end -->", (DOCS / "engine.md").read_text(),
                          re.DOTALL)  # fmt: skip
    assert table == BUILD.planner()


def commands(command, path=()):
    yield path, command
    if isinstance(command, click.Group):
        ctx = click.Context(command)
        for name in command.list_commands(ctx):
            yield from commands(command.get_command(ctx, name), (*path, name))


def test_every_command_and_option_has_help_and_is_in_the_reference():
    text = (DOCS / "reference.md").read_text()
    for path, command in commands(cli):
        heading = " ".join(("### convtool", *path))
        _, _, section = text.partition(f"\n{heading}\n")
        section = section.partition("\n### ")[0]
        assert command.help, path
        assert section, heading
        for param in command.params:
            if isinstance(param, click.Option):
                assert param.help, (path, param.name)
                assert all(name in section for name in param.opts), (path, param.name)
    assert {path[0] for path, _ in commands(cli) if path} == set(COMMANDS)


def test_every_word_of_the_field_is_explained_in_the_guide_or_the_engine():
    text = "".join((DOCS / f"{name}.md").read_text() for name in ("guide", "manual", "engine"))
    prose = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    for word in (*BORDERS, *POOL_MODES, *RANGES, *METHODS, *OPERATIONS):
        assert f"`{word}`" in prose, word


def test_the_pages_for_a_browser_are_up_to_date_and_linked(folder):
    """If not: python docs/build.py writes them again."""
    text = "".join(page.read_text() for page in PAGES)
    names = BUILD.lessons(folder)
    assert sorted(names) == sorted(path.name for path in BUILD.LESSONS.iterdir())
    for name in names:
        kept = BUILD.LESSONS / name
        assert BUILD.on_any_machine(folder / name) == BUILD.on_any_machine(kept), name
        assert f"](lessons/{name})" in text


def test_every_chapter_of_the_guide_has_pages_of_its_own_at_its_head():
    chapters = (DOCS / "guide.md").read_text().split("\n## ")[1:-1]
    heads = [chapter.split("\n\n")[1] for chapter in chapters]
    linked = [re.findall(r"\]\(lessons/(\w+)\.html\)", head) for head in heads]
    assert all(linked)
    assert list(itertools.chain(*linked)) == list(BUILD.PAGES)


def test_every_picture_is_shown():
    pages = [*PAGES, REPOSITORY / "README.md"]
    text = "".join(page.read_text() for page in pages)
    shown = set(re.findall(r"images/([\w/.-]+\.(?:png|gif|svg))", text))
    images = {path for path in BUILD.IMAGES.rglob("*") if path.is_file()}
    assert {path.relative_to(BUILD.IMAGES).as_posix() for path in images} == shown


def test_links_lead_somewhere():
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#]+)", page.read_text()):
            if "://" not in target:
                assert (DOCS / target).exists(), (page.name, target)
