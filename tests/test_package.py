import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from conftest import REPOSITORY

import convtool
import convtool.kernelsaving
import convtool.writers
from convtool.words import FORMATS, KERNEL_FORMATS

ROOT = Path(convtool.__file__).parent


@pytest.mark.parametrize("name", convtool.__all__)
def test_public_names_are_there_and_documented(name):
    assert len(getattr(convtool, name).__doc__) > 20


def test_the_words_are_the_formats():
    assert tuple(convtool.writers.FORMATS) == FORMATS
    assert tuple(convtool.kernelsaving.FORMATS) == KERNEL_FORMATS


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'conv3d'"):
        _ = convtool.conv3d


LAYERS = [
    {"errors", "words", "background", "names", "interrupts"},
    {"options"},
    {"arguments", "precision", "views"},
    {"geometry", "image", "kernel", "metadata", "threads", "arithmetic", "selection", "jsontext"},
    {"npyheader", "rows"},
    {"readers", "writers"},
    {"border", "rational", "tone", "stage", "sliding"},
    {"methods"},
    {"planner", "ties"},
    {"convstage"},
    {"conv", "pool", "pointwise", "combine", "spectrum", "turning"},
    {"forms", "kernelfacts"},
    {"kernelfile", "kernelsaving"},
    {"generators"},
    {"library", "workings"},
    {"operations", "pixelsteps"},
    {"pipelinetext"},
    {"bands"},
    {"pipeline", "filtering", "traces", "shapes"},
    {"files", "jobs", "thumbnail", "explain", "fitting"},
    {"crews", "drawing"},
    {"processes", "scheduler"},
    {"cluster"},
    {"batch"},
    {"__init__", "kernels"},
]
"""Modules of the library: each imports from its own layer or from those before it."""


def test_arrows_run_down():
    layer = {name: depth for depth, names in enumerate(LAYERS) for name in names}
    for path in ROOT.rglob("*.py"):
        part = path.relative_to(ROOT).with_suffix("").parts[0]
        if part == "cli":
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                assert not any(alias.name.startswith("click") for alias in node.names), path
            if not isinstance(node, ast.ImportFrom):
                continue
            assert (node.module or "").partition(".")[0] not in ("click", "convtool"), path
            inside = len(path.relative_to(ROOT).parts) > 1
            if node.level == 1 + inside:  # from the library's top
                names = [node.module] if node.module else [alias.name for alias in node.names]
                for name in names:
                    if name == "__version__":
                        continue
                    found = name.partition(".")[0]
                    assert layer[found] <= layer[part], f"{path} imports {found}"


def test_nobody_is_sent_to_the_index_for_a_package_that_is_not_ours():
    """The index has a ConvTool of somebody else's: pages and messages install from a checkout."""
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    assert project["name"] != "convtool"
    assert list(project["scripts"]) == ["convtool"]
    pages = [*REPOSITORY.glob("*.md"), *(REPOSITORY / "docs").glob("*.md")]
    sources = [path for top in ("convtool", "cli") for path in (REPOSITORY / top).rglob("*.py")]
    for path in [*pages, *sources]:
        assert not re.search(r"pip install ['\"]?convtool", path.read_text()), path


def test_importing_convtool_imports_no_numpy():
    code = "import sys, convtool; assert 'numpy' not in sys.modules, 'numpy'"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_png_loads_no_codec_that_it_does_not_need(folder):
    code = (
        "import sys, numpy, convtool\n"
        "convtool.write_image('a.png', numpy.zeros((2, 2), numpy.uint8))\n"
        "convtool.read_image('a.png')\n"
        "assert 'PIL.PsdImagePlugin' not in sys.modules, 'every plugin of Pillow'"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
