"""What several test files use: a real photo, and the command run as a command."""

import os
import pty
import signal
import subprocess
import sys
import termios
import threading
from pathlib import Path

import numpy as np
import pytest
import skimage.data
from helpers.command import run_here
from helpers.pngs import endless_png
from helpers.running import LIMIT, wait_until
from hypothesis import HealthCheck, settings
from PIL import Image

REPOSITORY = Path(__file__).parent.parent
SCRIPT = os.environ.get("CONVTOOL") or str(Path(sys.executable).parent / "convtool")
"""The command under test; the checks point it at the one that an installed wheel brings."""


@pytest.fixture(scope="session")
def photo():
    """A real photo, RGB, 8 bits."""
    return skimage.data.chelsea()


@pytest.fixture(scope="session")
def gray_photo():
    """A real photo in grey, 8 bits."""
    return skimage.data.camera()


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty current folder, and no kernels but the bundled ones."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CONVTOOL_KERNELS", raising=False)
    return tmp_path


@pytest.fixture
def small(folder):
    """A small piece of a photo as small.png in the current folder."""
    pixels = skimage.data.chelsea()[100:140, 120:170]
    Image.fromarray(pixels).save(folder / "small.png")
    return np.asarray(pixels)


@pytest.fixture
def process(folder):
    """Run the command as a process in the current folder: process("conv", "a.png", ...)."""

    def run(*args, stdin=b"", **options):
        return subprocess.run(
            [SCRIPT, *map(str, args)], input=stdin, capture_output=True, cwd=folder, timeout=LIMIT,
            **options,
        )  # fmt: skip

    return run


@pytest.fixture
def convtool(folder, process):
    """The same in the tests' own process, which is much faster.

    Options that only a process has start one, and so does a program that CONVTOOL names.
    """

    def run(*args, stdin=b"", **options):
        if options or "CONVTOOL" in os.environ:
            return process(*args, stdin=stdin, **options)
        return run_here(args, stdin)

    return run


@pytest.fixture(scope="session")
def endless():
    """The bytes of a PNG that no command is done with before a test looks."""
    return endless_png()


@pytest.fixture
def interrupted(folder):
    """Start a command, and send it a signal once its hidden file has more than so many bytes.

    It must not be done by then; returns (exit code, stderr).
    """

    def run(*args, number, written=-1):
        process = subprocess.Popen(
            [SCRIPT, *args],
            stderr=subprocess.PIPE,
            cwd=folder,
            # Whoever runs the tests in the background may have had it ignored for all of us.
            preexec_fn=lambda: signal.signal(number, signal.SIG_DFL),
        )

        def wrote():
            return any(path.stat().st_size > written for path in folder.glob(".convtool-*"))

        wait_until(lambda: process.poll() is not None or wrote())
        process.send_signal(number)
        _, err = process.communicate(timeout=LIMIT)
        return process.returncode, err.strip()

    return run


@pytest.fixture
def new_threads():
    """What tells which threads there are that were not there at the start."""
    before = set(threading.enumerate())
    return lambda: set(threading.enumerate()) - before


@pytest.fixture
def terminal(folder):
    """Run a command with some of its streams on a terminal; returns (code, what it showed).

    `size` is the terminal's, (lines, columns); stdout may go to a file instead.
    """

    def run(*args, streams, stdin=None, stdout=subprocess.PIPE, size=None, env=None):
        leader, follower = pty.openpty()
        if size:
            termios.tcsetwinsize(follower, size)
        where = dict.fromkeys(streams, follower)
        process = subprocess.Popen(
            [SCRIPT, *args],
            stdin=where.get("stdin", stdin or subprocess.DEVNULL),
            stdout=where.get("stdout", stdout),
            stderr=where.get("stderr", subprocess.PIPE),
            cwd=folder,
            env=env,
        )
        os.close(follower)
        shown = b""
        try:
            while chunk := os.read(leader, 65536):
                shown += chunk
        except OSError:  # the terminal's last user has closed it
            pass
        out, err = process.communicate(timeout=LIMIT)
        os.close(leader)
        return process.returncode, shown + (out or b"") + (err or b"")

    return run


for name, examples in (("quick", 20), ("many", 100)):
    settings.register_profile(
        name,
        max_examples=examples,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
    )
settings.load_profile("quick")  # --hypothesis-profile=many loads the other
