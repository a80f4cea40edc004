"""Every command line and example in the README runs, and the commands are all in it."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from conftest import REPOSITORY, SCRIPT
from convtool.cli.main import COMMANDS
from helpers.running import LIMIT
from PIL import Image

from convtool import read_image
from convtool.kernel.files import parse
from convtool.kernel.lookup import bundled_folder, file_names

README = (REPOSITORY / "README.md").read_text()


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


SETUP = [block for block in blocks("sh") if ".venv" in block]
COMMANDS_SHOWN = [
    line for block in blocks("sh") if ".venv" not in block for line in block.splitlines()
]


@pytest.fixture
def workplace(folder, photo):
    """A folder with a photo, a folder of photos, and the samples in it."""
    Image.fromarray(photo).save("photo.png")
    (folder / "photos" / "trip").mkdir(parents=True)
    for name in ("a.jpg", "b.png", "trip/c.jpg"):
        Image.fromarray(photo[:90, :120]).save(f"photos/{name}")
    shutil.copytree(REPOSITORY / "samples", "samples", ignore=shutil.ignore_patterns("out"))
    shutil.copytree(REPOSITORY / "kernels", "kernels")
    shutil.copy("samples/layer.toml", "layer.toml")
    return folder


def shell(command, folder):
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


@pytest.mark.parametrize("command", COMMANDS_SHOWN)
def test_every_command_line_runs(workplace, command):
    before = set(workplace.rglob("*"))
    result = shell(command, workplace)
    assert result.returncode == 0, result.stderr.decode()
    assert b"Traceback" not in result.stderr
    assert result.stdout or set(workplace.rglob("*")) - before


def test_the_main_command_makes_the_picture_that_is_shown(workplace):
    command = SETUP[0].rpartition(".venv/bin/")[2]
    assert shell(command, workplace).returncode == 0
    assert np.array_equal(read_image("edge.png"), read_image("samples/scene-edge.png"))


def test_the_kernel_files_shown_are_kernel_files():
    shown = [*blocks("json"), *[block for block in blocks("text") if "anchor" in block]]
    assert [len(parse(block, "README", "k")) for block in shown] == [1, 1]


def test_the_python_examples_run(workplace, capsys):
    code = "".join(blocks("python"))
    exec(code, {})
    assert read_image("edges.png").shape[2] == 3
    shown = [line.removeprefix("# ") for line in code.splitlines() if line.startswith("# ")]
    *shown, more = shown
    assert capsys.readouterr().out.splitlines()[: len(shown)] == shown
    assert more.strip() == "..."


def test_every_command_and_kernel_is_named():
    for command in COMMANDS:
        assert f"convtool {command} " in README
    for name in file_names(bundled_folder()):
        assert re.search(rf"\b{name.partition('.')[0]}\b", README), name


def test_every_command_of_the_help_is_in_examples_that_run(workplace, convtool):
    for arguments in ([], *[[name] for name in COMMANDS]):
        text = convtool(*arguments, "--help").stdout.decode()
        examples = re.findall(r"^ {4}(convtool .*)$", text, re.MULTILINE)
        assert len(examples) >= 3
        for example in examples:
            result = shell(example, workplace)
            assert result.returncode == 0, (example, result.stderr.decode())
