import ast
import subprocess
import sys
from pathlib import Path

import pytest

import convtool

ROOT = Path(convtool.__file__).parent


@pytest.mark.parametrize("name", convtool.__all__)
def test_public_names_are_there_and_documented(name):
    assert len(getattr(convtool, name).__doc__) > 20


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'conv3d'"):
        _ = convtool.conv3d


def test_the_library_does_not_reach_up():
    """Arrows run down: no module of the library imports the command line, or click."""
    for path in ROOT.rglob("*.py"):
        if "cli" in path.relative_to(ROOT).parts:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            found = []
            if isinstance(node, ast.Import):
                found = [alias.name for alias in node.names]
            if isinstance(node, ast.ImportFrom):
                found = [node.module or ""]
            assert not any("cli" in name.split(".") or "click" in name for name in found), path


def test_importing_convtool_imports_no_numpy():
    code = "import sys, convtool; assert 'numpy' not in sys.modules, 'numpy'"
    subprocess.run([sys.executable, "-c", code], check=True)
