"""Runs the command's entry point on an input, in a process of its own, and judges what it did."""

import os
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import NoReturn

import numpy as np
from convtool.cli.process import main
from inputs import Case
from PIL import Image

from convtool import read_image

SECONDS = 600
"""More than any of these inputs takes on a busy machine: against what hangs."""


def judge(case: Case) -> tuple[int, str | None]:
    """The exit code of an input, and what is wrong with what the command did, if anything is."""
    Image.init()
    folder = Path(tempfile.mkdtemp(prefix="fuzz-"))
    try:
        for name, data in case.files.items():
            (folder / name).write_bytes(data)
        with open(folder / "stdin", "wb") as file:
            file.write(case.stdin)
        before = {path.name for path in folder.iterdir()} | {"stdout", "stderr"}
        status = _run(case.arguments, folder)
        return (-1, "hangs") if status is None else (status, _wrong(status, folder, before))
    finally:
        shutil.rmtree(folder)


def _run(arguments: list[str], folder: Path) -> int | None:
    """The exit code, or minus the signal; None for what takes too long."""
    child = os.fork()
    if child == 0:
        _become(arguments, folder)
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.0005)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return None


def _become(arguments: list[str], folder: Path) -> NoReturn:
    """Turn this process into the command."""
    try:
        os.setsid()
        os.chdir(folder)
        for number, name, flags in ((0, "stdin", os.O_RDONLY), (1, "stdout", os.O_WRONLY),
                                    (2, "stderr", os.O_WRONLY)):  # fmt: skip
            os.dup2(os.open(name, flags | os.O_CREAT, 0o600), number)
        os.environ.pop("CONVTOOL_KERNELS", None)
        sys.stdin, sys.stdout, sys.stderr = (open(n, "r" if n == 0 else "w") for n in range(3))  # noqa: SIM115
        sys.argv = ["convtool", *arguments]
        main()
    except BaseException:
        import traceback

        traceback.print_exc()
        sys.stderr.flush()
    os._exit(99)


def _wrong(status: int, folder: Path, before: set[str]) -> str | None:
    """What is wrong; None if nothing is."""
    words = (folder / "stderr").read_bytes()
    made = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()} - before
    if b"Traceback" in words or status not in (0, 1, 2):
        return f"exit code {status}: {words[-3000:].decode(errors='replace')}"
    if any(".convtool-" in name for name in made):
        return f"left {made}"
    batch = {name for name in made if name.startswith("out/")}
    if made - batch - {name for name in made if name.startswith("out.")}:
        return f"made {made}"
    if status == 0 and not made:
        return "made nothing, and says all is well"
    if status and made - batch:
        return f"failed, and made {made}"
    if status and b"\nconvtool" not in b"\n" + words:  # libtiff says something first, too
        return f"failed with {words!r}"
    for name in made:
        try:
            assert read_image(folder / name).size > 0
            if name.endswith(".npy"):
                assert np.load(folder / name).size > 0
        except Exception as error:
            return f"{name} cannot be read: {error}"
    return None
