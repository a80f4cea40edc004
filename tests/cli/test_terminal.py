"""How the command behaves on a terminal, and when it is interrupted or its reader goes away."""

import os
import signal
import subprocess
import sys

import numpy as np
import pytest
from conftest import SCRIPT
from helpers.running import LIMIT, pipe_to_reader
from PIL import Image

from convtool import read_image


@pytest.mark.parametrize(
    "arguments",
    [
        ["conv"],
        ["conv", "--kernel", "edge"],
        ["conv", "-"],
        ["conv", "small.png", "--kernel", "-"],
        ["pool"],
        ["pool", "-"],
    ],
)
def test_nothing_piped_shows_the_commands_help_at_once(terminal, arguments):
    code, shown = terminal(*arguments, streams=["stdin"])
    assert code == 2
    assert b"Usage: convtool " + arguments[0].encode() in shown


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        (["conv", "small.png", "-k", "edge.json"], "small-edge.png"),
        (["conv", "small.png", "-k", "edge", "--format", "csv"], "small-edge.csv"),
        (["conv", "small.png", "-k", "1 2; 3 4"], "small-kernel.png"),
        (["conv", "small.png", "-k", "sobel_x", "-k", "sobel_y", "--combine", "sum"],
         "small-sum.png"),
        (["pool", "small.png"], "small-max2.png"),
        (["pool", "small.png", "-m", "mean", "-s", "3x2"], "small-mean3x2.png"),
    ],
)  # fmt: skip
def test_on_a_terminal_a_file_is_made_and_named(terminal, small, folder, arguments, name):
    code, shown = terminal(*arguments, streams=["stdout", "stderr"])
    assert code == 0
    assert f"convtool: wrote {name}".encode() in shown
    assert read_image(name).size > 0
    assert {path.name for path in folder.iterdir()} == {"small.png", name}


def test_a_file_that_is_replaced_is_told(terminal, small, folder):
    terminal("pool", "small.png", streams=["stdout", "stderr"])
    _, shown = terminal("pool", "small.png", streams=["stdout", "stderr"])
    assert b"convtool: replaced small-max2.png" in shown


def test_a_long_name_is_not_cut_to_the_inputs_own(terminal, small, folder):
    name = "a" * 100 + "-edge.png"
    (folder / "small.png").rename(name)
    code, _ = terminal("conv", name, "-k", "edge", streams=["stdout", "stderr"])
    assert code == 0
    assert np.array_equal(read_image(name), small)


def test_several_kernels_on_a_terminal_make_several_files(terminal, small, folder):
    code, _ = terminal("conv", "small.png", "-k", "robinson", streams=["stdout", "stderr"])
    assert code == 0
    assert len(list(folder.glob("small-robinson_*.png"))) == 8


def test_a_piped_image_on_a_terminal_is_called_stdin(terminal, small, folder):
    with open("small.png", "rb") as stdin:
        code, shown = terminal("pool", streams=["stdout", "stderr"], stdin=stdin)
    assert code == 0
    assert b"wrote stdin-max2.png" in shown


def test_numbers_may_go_to_a_terminal_and_pictures_not(terminal, small):
    code, shown = terminal(
        "conv", "small.png", "-k", "edge", "-o", "-", "--format", "csv", streams=["stdout"]
    )
    assert code == 0
    assert shown.startswith(b"# channel 0: R")
    code, shown = terminal("conv", "small.png", "-k", "edge", "-o", "-", streams=["stdout"])
    assert code == 2
    assert b"a terminal shows no pictures" in shown


def test_a_closed_pipe_ends_quietly(convtool, folder):
    noise = np.random.default_rng(0).integers(0, 256, (600, 600), dtype=np.uint8)
    Image.fromarray(noise).save("noise.png")
    for format_ in ("png", "csv", "npy"):
        process = subprocess.Popen(
            [SCRIPT, "conv", "noise.png", "-k", "edge", "-q", "--format", format_],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=folder,
        )
        assert len(process.stdout.read(1)) == 1
        process.stdout.close()
        assert process.stderr.read() == b""
        process.stderr.close()
        assert process.wait(timeout=LIMIT) == 1, format_


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_an_interrupt_leaves_nothing_behind(interrupted, endless, folder, number, code):
    """The signal comes while the output is being written: its hidden file is there already."""
    (folder / "endless.png").write_bytes(endless)
    (folder / "out.csv").write_text("old")
    arguments = ["conv", "endless.png", "-k", "gaussian7", "-o", "out.csv"]
    assert interrupted(*arguments, number=number) == (code, b"")
    assert (folder / "out.csv").read_text() == "old"
    assert {path.name for path in folder.iterdir()} == {"endless.png", "out.csv"}


def test_an_interrupt_as_a_file_is_handed_over_leaves_nothing_behind(small, folder):
    """It comes when the hidden file is there, and before whoever asked for it has it."""
    code = """
import contextlib, os, signal, sys
from convtool.cli.process import main

enter = contextlib._GeneratorContextManager.__enter__

def interrupted(self):
    file = enter(self)
    if self.gen.__name__ == "whole_file":
        os.kill(os.getpid(), signal.SIGTERM)
    return file

contextlib._GeneratorContextManager.__enter__ = interrupted
sys.argv = ["convtool", "conv", "small.png", "-k", "edge", "-o", "out.png"]
main()
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, timeout=LIMIT, check=False)
    assert done.returncode == 143
    assert [path.name for path in folder.iterdir()] == ["small.png"]


def test_an_interrupt_while_modules_are_read_says_nothing():
    code = """import os, signal, sys
from convtool.cli.process import main

class Interrupts:
    def find_spec(self, name, *_):
        if name == "click":
            os.kill(os.getpid(), signal.SIGINT)

signal.signal(signal.SIGINT, signal.default_int_handler)
sys.meta_path.insert(0, Interrupts())
main()
"""
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, timeout=LIMIT, check=False)
    assert (done.returncode, done.stderr) == (130, b"")


def test_a_hang_up_that_is_ignored_stays_ignored(folder, small):
    """As under nohup."""
    os.mkfifo("pipe.png")
    process = subprocess.Popen(
        [SCRIPT, "pool", "pipe.png", "-o", "out.png"],
        cwd=folder,
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN),
    )
    with pipe_to_reader("pipe.png") as pipe:
        process.send_signal(signal.SIGHUP)
        pipe.write((folder / "small.png").read_bytes())
    assert process.wait(timeout=LIMIT) == 0
    assert read_image("out.png").shape == (20, 25, 3)
