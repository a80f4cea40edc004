"""A bounded run of the fuzzer, and that it finds what is wrong."""

import subprocess
import sys
from pathlib import Path

import pytest

RUN = Path(__file__).parent / "run.py"


MANY = [pytest.param(first, 200, marks=pytest.mark.slow) for first in (0, 10**6)]


@pytest.mark.parametrize(("first", "inputs"), [(0, 30), *MANY])
def test_no_input_is_handled_wrongly(first, inputs):
    """In a process of its own, which has no threads: it forks for each input."""
    command = [sys.executable, str(RUN), "--inputs", str(inputs), "--first", str(first)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    assert f"{inputs} inputs, 0 wrong" in result.stdout
