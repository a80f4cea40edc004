"""Runs the page's JavaScript with Node.js, if it is installed."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

import convtool

from .running import LIMIT

NODE = shutil.which("node")
needs_node = pytest.mark.skipif(NODE is None, reason="Node.js is not installed")

MODULES = Path(convtool.__file__).parent / "render" / "page"

READ = "const given = JSON.parse((await import('node:fs')).readFileSync(0, 'utf8'));"
PRINT = "process.stdout.write(JSON.stringify(answer(given)));"


def evaluated(imports, answer, given, folder):
    """What a JavaScript function `answer` makes of `given`, with the names that it imports.

    JSON has no NaN and no infinities: the function must not return any.
    """
    for path in MODULES.glob("*.js"):
        shutil.copy(path, folder)
    (folder / "package.json").write_text('{"type": "module"}')
    (folder / "script.js").write_text(
        "\n".join([imports, READ, f"const answer = {answer};", PRINT])
    )
    done = subprocess.run(
        [NODE, str(folder / "script.js")],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        timeout=LIMIT,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
