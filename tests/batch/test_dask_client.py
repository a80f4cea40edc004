"""Addresses of all kinds of servers that are no Dask scheduler."""

import gc
import os
import re
import signal
import subprocess
import sys

import pytest
from helpers.servers import NAME, SILENT, STRANGE, Server, hold

from convtool import ConvtoolError
from convtool.batch import dask_client
from convtool.batch.dask_client import Scheduler
from convtool.batch.job import Job, Work
from convtool.batch.run import do_all

pytest.importorskip("distributed")

LONG = 600.0
"""Seconds that are never waited for but where something hangs."""


@pytest.fixture
def patience(monkeypatch):
    """Set the seconds to connect, here and in commands."""

    def set_(seconds):
        monkeypatch.setattr(dask_client, "PATIENCE", seconds)

    set_(LONG)
    return set_


@pytest.fixture
def command(small):
    """Start the command with an address and with what patience there is here."""

    def start(address):
        code = (
            "from convtool.batch import dask_client\n"
            f"dask_client.PATIENCE = {dask_client.PATIENCE}\n"
            "from convtool.cli.process import main; main()"
        )
        arguments = ["conv", "small.png", "-k", "edge", "-d", "out", "--scheduler", address]
        return subprocess.Popen(
            [sys.executable, "-c", code, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )

    return start


def check_told(process, address):
    """One line, of the scheduler, and nothing else anywhere."""
    out, err = process.communicate(timeout=LONG)
    lines = err.decode().splitlines()
    assert len(lines) == 1, err.decode()
    assert lines[0].startswith(f"convtool: scheduler {' '.join(address.split())}")
    assert "expected one of Dask as tcp://host:8786" in lines[0]
    assert (process.returncode, out) == (1, b"")
    assert os.listdir() == ["small.png"]
    return lines[0]


@pytest.mark.parametrize("name", SILENT)
def test_a_server_that_does_not_go_on_is_one_line(command, patience, name):
    patience(0.5)
    with Server(SILENT[name]) as server:
        line = check_told(command(f"tcp://{server.location}"), f"tcp://{server.location}")
    assert "does not answer" in line


@pytest.mark.parametrize("name", STRANGE)
def test_a_server_that_is_no_scheduler_is_one_line(command, patience, name):
    with Server(STRANGE[name]) as server:
        line = check_told(command(f"tcp://{server.location}"), f"tcp://{server.location}")
    assert "closes" in name or "cannot be talked to" in line


NO_ADDRESSES = [
    "", " ", "foo", "foo:", ":8786", "tcp://", "tcp://host", "tcp://:8786", "tcp://host:port",
    "tcp://127.0.0.1:0", "tcp://127.0.0.1:65536", "tcp://127.0.0.1:-1", "tcp://[::1", "tcp://::1",
    "tcp://127.0.0\n.1:1", "tcp://127.0.0.1:1\n", "tcp://a b:1", "inproc://x", "inproc://x:1",
    "http://127.0.0.1:1", "nonsense://x", "tcp://tcp://127.0.0.1:1", "tcp://\udcff:1", "x" * 5000,
    "ucx://127.0.0.1:1", "tls://127.0.0.1:1",
]  # fmt: skip


@pytest.mark.parametrize("address", NO_ADDRESSES)
def test_what_is_no_address_is_told_at_once(patience, address):
    with pytest.raises(ConvtoolError, match=f"^scheduler {re.escape(address)} .* Dask as tcp://"):
        Scheduler(address)


@pytest.mark.parametrize("address", NO_ADDRESSES[-2:] + NO_ADDRESSES[1:3] + NO_ADDRESSES[14:16])
def test_what_is_no_address_is_one_line(command, patience, address):
    check_told(command(address), address)


@pytest.mark.parametrize("scheme", ["tcp", "ws"])
def test_nobody_is_there(command, patience, scheme):
    patience(0.5)
    line = check_told(command(f"{scheme}://127.0.0.1:1"), f"{scheme}://127.0.0.1:1")
    assert "does not answer" in line


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_while_it_connects(command, patience, number):
    with Server(hold) as server:
        process = command(f"tcp://{server.location}")
        assert server.met.wait(LONG)
        process.send_signal(number)
        _, err = process.communicate(timeout=LONG)
    assert process.returncode == 128 + number
    assert b"Traceback" not in err
    assert os.listdir() == ["small.png"]


@pytest.mark.parametrize("name", [*SILENT, *STRANGE])
def test_nothing_goes_on_afterwards(patience, new_threads, name):
    """No thread, and no client that waits once more, or complains, as it is deleted."""
    if name in SILENT:
        patience(0.5)
    with Server({**SILENT, **STRANGE}[name]) as server:
        address = f"tcp://{server.location}"
        with pytest.raises(ConvtoolError, match=f"^scheduler {address} "):
            list(do_all([Job("a", (), "npy"), Job("b", (), "npy")], Work(()), scheduler=address))
        assert {thread.name for thread in new_threads()} <= {NAME}
        gc.collect()


@pytest.mark.parametrize("name", ["says nothing", "zeros"])
def test_python_ends_as_ever_afterwards(patience, name):
    """The command leaves by the back door; who uses the library does not."""
    code = (
        "import sys, convtool.batch.dask_client\n"
        f"convtool.batch.dask_client.PATIENCE = {0.5 if name in SILENT else LONG}\n"
        "try: convtool.batch.dask_client.Scheduler(sys.argv[1])\n"
        "except ValueError as error: print(error)"
    )
    with Server({**SILENT, **STRANGE}[name]) as server:
        command = [sys.executable, "-c", code, f"tcp://{server.location}"]
        result = subprocess.run(command, capture_output=True, timeout=LONG)
    assert (result.returncode, result.stderr) == (0, b"")
    assert result.stdout.startswith(b"scheduler tcp://127.0.0.1:")
