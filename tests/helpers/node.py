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

PAGES = Path(convtool.__file__).parent / "render"

READ = "const given = JSON.parse((await import('node:fs')).readFileSync(0, 'utf8'));"
PRINT = "process.stdout.write(JSON.stringify(answer(given)));"


def evaluated(imports, answer, given, folder):
    """What a JavaScript function `answer` makes of `given`, with the names that it imports.

    It lies among the modules of the page of a value. JSON has no NaN and no infinities: the
    function must not return any.
    """
    for name in ("page", "replay"):
        (folder / name).mkdir(exist_ok=True)
        for path in (PAGES / name).glob("*.js"):
            shutil.copy(path, folder / name)
    (folder / "package.json").write_text('{"type": "module"}')
    script = folder / "page" / "script.js"
    script.write_text("\n".join([imports, READ, f"const answer = {answer};", PRINT]))
    done = subprocess.run(
        [NODE, str(script)],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        timeout=LIMIT,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
