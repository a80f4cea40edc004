"""The command, run in the process of the tests: most of them need no process of its own."""

import os
import subprocess
import sys
import threading
import traceback

from convtool.cli.main import cli


def run_here(arguments, stdin=b""):
    """Run the command on real pipes; what it returns is like `subprocess.run`'s."""
    names = ("stdin", "stdout", "stderr", "__stdout__", "__stderr__")
    before = {name: getattr(sys, name) for name in names}
    read_in, write_in = os.pipe()
    threading.Thread(target=_feed, args=[write_in, stdin], daemon=True).start()
    (out, collect_out), (err, collect_err) = _collector(), _collector()
    with open(read_in, encoding="utf-8", errors="surrogateescape") as given, out, err:
        sys.stdin = given
        sys.stdout = sys.__stdout__ = out
        sys.stderr = sys.__stderr__ = err
        try:
            code = _exit_code([str(word) for word in arguments])
        finally:
            for name, stream in before.items():
                setattr(sys, name, stream)
    return subprocess.CompletedProcess(arguments, code, collect_out(), collect_err())


def _exit_code(arguments):
    """The code that the command ends with; a traceback and 1 for what it does not expect."""
    try:
        cli.main(arguments, prog_name="convtool")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except Exception:
        traceback.print_exc()
    return 1


def _feed(number, data):
    """Write to a pipe as much as the command reads."""
    try:
        with open(number, "wb") as file:
            file.write(data)
    except BrokenPipeError:
        pass


def _collector():
    """A stream to write to, and a function that returns what was written once it is closed."""
    number, write = os.pipe()
    found = []

    def collect():
        with open(number, "rb") as file:
            found.append(file.read())

    thread = threading.Thread(target=collect, daemon=True)
    thread.start()

    def result():
        thread.join()
        return found[0]

    return open(write, "w", encoding="utf-8", errors="backslashreplace"), result
