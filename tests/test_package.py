import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import REPOSITORY

import convtool

ROOT = Path(convtool.__file__).parent


@pytest.mark.parametrize("name", convtool.__all__)
def test_public_names_are_there_and_documented(name):
    assert len(getattr(convtool, name).__doc__) > 20


def test_dir_lists_the_public_names_before_they_are_imported():
    code = "import convtool; assert set(convtool.__all__) <= set(dir(convtool))"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'conv4d'"):
        _ = convtool.conv4d


def test_the_wheel_has_every_package():
    told = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["tool"]["setuptools"]
    folders = {place: REPOSITORY / folder for place, folder in told["package-dir"].items()}
    found = {
        ".".join((place, *path.parent.relative_to(folder).parts))
        for place, folder in folders.items()
        for path in folder.rglob("__init__.py")
    }
    assert found == set(told["packages"])


FLOORS = [
    {"core"},
    {"io", "methods"},
    {"kernel"},
    {"ops"},
    {"pipeline"},
    {"batch", "inspect", "fit"},
    {"render"},
    {"cli"},
]
"""The rooms, from the ground up: a room imports rooms on lower floors, none on its own."""

AT_THE_TOP = {"__init__.py", "__main__.py", "py.typed"}


def imported(path: Path, package: str) -> Iterator[str]:
    """The full names of the modules of convtool that a file in a package imports."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level:
            parent = package.rsplit(".", node.level - 1)[0]
            yield f"{parent}.{node.module}" if node.module else parent
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


@pytest.mark.parametrize("room", sorted(set.union(*FLOORS)))
def test_a_room_imports_lower_floors_only(room):
    floor = {name: number for number, names in enumerate(FLOORS) for name in names}
    top = REPOSITORY / "cli" if room == "cli" else ROOT / room
    files = list(top.rglob("*.py"))
    assert files
    for path in files:
        package = ".".join(["convtool", room, *path.relative_to(top).parts[:-1]])
        for name in imported(path, package):
            outer, _, inner = name.partition(".")
            assert room == "cli" or outer != "click", path
            found = inner.partition(".")[0]
            if outer == "convtool" and found not in ("", room):
                assert floor[found] < floor[room], f"{path} imports {name}"


def test_nothing_else_stands_at_the_top():
    found = {path.name for path in ROOT.iterdir()} - {"__pycache__", "kernels"}
    assert found - set.union(*FLOORS) == AT_THE_TOP


def test_nobody_is_sent_to_the_index_for_a_package_that_is_not_ours():
    """The index has a ConvTool of somebody else's: pages and messages install from a checkout."""
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    assert project["name"] != "convtool"
    assert list(project["scripts"]) == ["convtool"]
    pages = [*REPOSITORY.glob("*.md"), *(REPOSITORY / "docs").glob("*.md")]
    sources = [path for top in ("convtool", "cli") for path in (REPOSITORY / top).rglob("*.py")]
    for path in [*pages, *sources]:
        assert not re.search(r"pip install ['\"]?convtool", path.read_text()), path


@pytest.mark.parametrize(
    "module",
    ["convtool", "convtool.io.formats", "convtool.io.pillow", "convtool.kernel.formats.table"],
)
def test_what_is_needed_before_numpy_does_not_import_it(module):
    code = f"import sys, {module}; assert 'numpy' not in sys.modules, 'numpy'"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_png_loads_no_codec_that_it_does_not_need(folder):
    code = (
        "import sys, numpy, convtool\n"
        "convtool.write_image('a.png', numpy.zeros((2, 2), numpy.uint8))\n"
        "convtool.read_image('a.png')\n"
        "assert 'PIL.PsdImagePlugin' not in sys.modules, 'every plugin of Pillow'"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
