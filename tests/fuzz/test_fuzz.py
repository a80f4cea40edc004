"""A bounded run of the fuzzer, and that it finds what is wrong."""

import subprocess
import sys
from pathlib import Path

import pytest

RUN = Path(__file__).parent / "run.py"


@pytest.mark.parametrize("first", [0, 10**6])
def test_no_input_is_handled_wrongly(first):
    """In a process of its own, which has no threads: it forks for each input."""
    command = [sys.executable, str(RUN), "--inputs", "200", "--first", str(first)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "200 inputs, 0 wrong" in result.stdout
