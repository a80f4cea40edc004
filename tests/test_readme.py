"""Every command line and example in the README, the manual and the recipes runs."""

import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import tifffile
from conftest import REPOSITORY, SCRIPT
from convtool.cli.main import COMMANDS
from helpers.running import LIMIT
from PIL import Image

from convtool import read_image, write_image
from convtool.kernel.files import parse_bytes
from convtool.kernel.lookup import bundled_folder, file_names

README = (REPOSITORY / "README.md").read_text()
MANUAL = (REPOSITORY / "docs" / "manual.md").read_text()
RECIPES = (REPOSITORY / "docs" / "recipes.md").read_text()
PAGES = {"README": README, "manual": MANUAL, "recipes": RECIPES}


def blocks(text, language):
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


SETUP = [block for block in blocks(README, "sh") if ".venv" in block]
LINES = {
    page: [
        line for block in blocks(text, "sh") if ".venv" not in block for line in block.splitlines()
    ]
    for page, text in PAGES.items()
}


@pytest.fixture
def workplace(folder, photo):
    """A folder with a photo, a folder of photos, and the samples in it."""
    Image.fromarray(photo).save("photo.png")
    write_image("dem.tif", photo[..., 0].astype(np.float32))
    for name, axes, shape in (("cells", "ZCYX", (5, 2)), ("film", "TZYX", (2, 20))):
        pages = np.broadcast_to(photo[:40, :50, 0], (*shape, 40, 50))
        tifffile.imwrite(f"{name}.tif", pages, imagej=True, metadata={"axes": axes})
    (folder / "photos" / "trip").mkdir(parents=True)
    for name in ("a.jpg", "b.png", "trip/c.jpg"):
        Image.fromarray(photo[:90, :120]).save(f"photos/{name}")
    shutil.copytree(REPOSITORY / "samples", "samples", ignore=shutil.ignore_patterns("out"))
    shutil.copytree(REPOSITORY / "kernels", "kernels")
    shutil.copy("samples/layer.toml", "layer.toml")
    return folder


IN_SHELLS = set("|&;<>*$()")
"""Letters, outside of quotes, that only a shell understands."""


def shell(command, folder, convtool):
    """Run a command line: by a shell if it needs one, else as tests run the command."""
    words = shlex.split(command, comments=True)
    if words[0] == "convtool" and not IN_SHELLS & set(re.sub(r"'.*?'", "", command)):
        return convtool(*words[1:])
    path = f"{Path(SCRIPT).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        ["sh", "-euc", command],
        cwd=folder,
        env={**os.environ, "PATH": path},
        capture_output=True,
        stdin=subprocess.DEVNULL,
        timeout=LIMIT,
        check=False,
    )


def test_the_two_commands_are_one_line_each():
    assert [len(block.splitlines()) for block in SETUP] == [1, 1]
    assert SETUP[0].startswith("python3 -m venv .venv && .venv/bin/pip install . && ")
    assert SETUP[1].endswith(" && .venv/bin/pytest\n")


@pytest.mark.parametrize("page", PAGES)
def test_every_command_line_runs(workplace, page, convtool):
    assert len(LINES[page]) >= 10
    for command in LINES[page]:
        before = {path: path.stat().st_mtime_ns for path in workplace.rglob("*")}
        result = shell(command, workplace, convtool)
        assert result.returncode == 0, (command, result.stderr.decode())
        assert b"Traceback" not in result.stderr
        after = {path: path.stat().st_mtime_ns for path in workplace.rglob("*")}
        assert result.stdout or after != before, command


def test_the_main_command_makes_the_picture_that_is_shown(workplace, convtool):
    command = SETUP[0].rpartition(".venv/bin/")[2]
    assert shell(command, workplace, convtool).returncode == 0
    assert np.array_equal(read_image("edge.png"), read_image("samples/scene-edge.png"))


def test_the_kernel_files_shown_are_kernel_files():
    texts = [block for block in blocks(MANUAL, "text") if "anchor" in block]
    shown = [*blocks(MANUAL, "json"), *texts]
    assert [len(parse_bytes(block.encode(), "manual", "k")) for block in shown] == [1, 1]


@pytest.mark.parametrize("page", ["README", "manual"])
def test_the_python_examples_run(workplace, capsys, page):
    code = "".join(blocks(PAGES[page], "python"))
    exec(code, {})
    shown = [line.removeprefix("# ") for line in code.splitlines() if line.startswith("# ")]
    printed = capsys.readouterr().out.splitlines()
    if shown:
        *shown, more = shown
        assert more.strip() == "..."
    assert printed[: len(shown)] == shown


def test_the_readme_is_a_page():
    assert len(README.splitlines()) <= 180
    for target in re.findall(r"\]\(([^)#]+)", README):
        assert (REPOSITORY / target).exists(), target


def test_every_command_and_kernel_is_named():
    for command in COMMANDS:
        assert f"convtool {command} " in README
    for name in file_names(bundled_folder()):
        assert re.search(rf"\b{name.partition('.')[0]}\b", MANUAL), name


def test_every_command_of_the_help_is_in_examples_that_run(workplace, convtool):
    for arguments in ([], *[[name] for name in COMMANDS]):
        text = convtool(*arguments, "--help").stdout.decode()
        examples = re.findall(r"^ {4}(convtool .*)$", text, re.MULTILINE)
        assert len(examples) >= 3
        for example in examples:
            result = shell(example, workplace, convtool)
            assert result.returncode == 0, (example, result.stderr.decode())
