"""Compare what every command says and writes before and after a change.

python tests/net/run.py --convtool .venv/bin/convtool --output before.json
python tests/net/run.py --convtool .venv/bin/convtool --output after.json
python tests/net/run.py --compare before.json after.json

Each case of commands.py runs in a folder of its own with the files of inputs.py. What is kept of
it: exit codes, stdout, stderr, and of every file that was made or changed its text, or a hash of
it; of pictures a hash of the pixels, and what else they hold. --only 'fit:' takes the cases with
that in their names. --unused tells the options, and words that they take, that are in no case.
"""

import argparse
import difflib
import fcntl
import hashlib
import io
import json
import os
import pty
import re
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import inputs
import numpy as np
from commands import STDIN_OF_BEFORE, Case, Step, cases
from PIL import Image

SECONDS = 60
"""How long a command may take."""

AT_ONCE = 2

LONGEST_TEXT = 4000
"""Letters of a file that are kept as they are; of a longer one there is a hash."""

MOST_LINES, MOST_LETTERS = 12, 200
"""Of a difference that is shown."""

Record = dict[str, Any]

VARYING: list[tuple[bytes, bytes]] = [
    (rb'"seconds": [\d.e-]+', b'"seconds": 0'),
    (rb"\bin [\d.]+ s\b", b"in 0 s"),
    (rb"\b[\d.]+ images/s", b"0 images/s"),
    (rb"\b\d\d:\d\d:\d\d\b", b"00:00:00"),
    (rb'"/[^"]*/kernels/', b'"<bundled>/'),
    (rb"\S+\.py:\d+: (?=\w+Warning)", b"a.py:1: "),
    (rb"\b0x[0-9a-f]{6,}\b", b"0x0"),
    (rb"D:\d{14}Z", b"D:0Z"),
]
"""What differs from run to run, or by where convtool is installed, and what stands for it:
durations, the folder of the bundled kernels, where a warning comes from, addresses, dates."""


class Ended(NamedTuple):
    """How a command ended, and what it said."""

    code: int | str
    stdout: bytes
    stderr: bytes


def environment(folder: Path, extra: dict[str, str]) -> dict[str, str]:
    """The same for all commands, but for what a case says."""
    return {
        "PATH": os.defpath,
        "HOME": str(folder),
        "TMPDIR": str(folder.parent),
        "LC_ALL": "C.UTF-8",
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "TERM": "dumb",
        "COLUMNS": "80",
        "LINES": "24",
        "PYTHONHASHSEED": "0",
        "OMP_NUM_THREADS": "1",
        **extra,
    }


def run_step(convtool: str, step: Step, folder: Path, before: bytes) -> Ended:
    """Run one command; `before` is what the one before it printed."""
    given = before if step.stdin is STDIN_OF_BEFORE else step.stdin
    shown = _Terminal() if step.terminal else None
    streams: dict[str, Any] = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    with ExitStack() as stack:
        if not isinstance(given, bytes):
            streams["stdin"] = stack.enter_context(open(folder / str(given), "rb"))
        if shown:
            streams |= dict.fromkeys(step.terminal, shown.inner)
        process = subprocess.Popen(
            [convtool, *map(os.fsencode, step.words)],
            cwd=folder / step.folder,
            env=environment(folder, step.env),
            start_new_session=True,
            **streams,
        )
        feed = given if process.stdin and isinstance(given, bytes) else None
        code: int | str
        try:
            stdout, stderr = process.communicate(feed, SECONDS)
            code = process.returncode
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            stdout, stderr = process.communicate()
            code = f"more than {SECONDS} s"
    if shown:
        seen = shown.close()
        stdout, stderr = (seen, stderr) if "stdout" in step.terminal else (stdout, seen)
    return Ended(code, stdout or b"", stderr or b"")


class _Terminal:
    """A terminal of 80 columns and 24 lines, and what it shows."""

    def __init__(self) -> None:
        self._outer, self.inner = pty.openpty()
        fcntl.ioctl(self.inner, termios.TIOCSWINSZ, struct.pack("4H", 24, 80, 0, 0))
        self._shown: list[bytes] = []
        self._reading = threading.Thread(target=self._read)
        self._reading.start()

    def _read(self) -> None:
        while True:
            try:
                data = os.read(self._outer, 1 << 16)
            except OSError:  # of Linux, once nobody has the inner side open any more
                return
            if not data:
                return
            self._shown.append(data)

    def close(self) -> bytes:
        """All that it has shown; nobody writes to it any more."""
        os.close(self.inner)
        self._reading.join()
        os.close(self._outer)
        return b"".join(self._shown)


def run_case(convtool: str, one: Case, originals: Path, work: Path) -> Record:
    """Run a case in a folder of its own, and tell what came of it."""
    top = Path(tempfile.mkdtemp(dir=work))
    folder = top / "in"
    shutil.copytree(originals, folder, copy_function=os.link)
    steps, before = [], b""
    for step in one.steps:
        ended = run_step(convtool, step, folder, before)
        before = ended.stdout
        steps.append({
            "command": list(step.words),
            "code": ended.code,
            "stdout": _said(ended.stdout, folder, one.unordered),
            "stderr": _said(ended.stderr, folder, one.unordered),
        })  # fmt: skip
    files = dict(_changes(originals, folder))
    left = [path.name for path in top.iterdir() if path != folder]
    shutil.rmtree(top)
    return {"steps": steps, "files": files, "left": left}


def _said(data: bytes, folder: Path, unordered: bool) -> list[str]:
    """What a command said, as lines of text; of what is no text, what it is."""
    data = steady(data.replace(os.fsencode(folder), b"<here>"))
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return [described(data)]
    if data.startswith(b"\x93NUMPY"):
        return [described(data)]
    lines = text.splitlines(keepends=True)
    return sorted(lines) if unordered else lines


def steady(data: bytes) -> bytes:
    """Bytes without what differs from run to run."""
    for pattern, instead in VARYING:
        data = re.sub(pattern, instead, data)
    return data


def _changes(originals: Path, folder: Path) -> Iterator[tuple[str, str]]:
    """The files that were made, changed or removed, and what they are now.

    Those that are links to the originals are as they were.
    """
    before, after = _inodes(originals), _inodes(folder)
    for name in sorted(before | after):
        if name not in after:
            yield name, "removed"
        elif before.get(name) != after[name]:
            data = (folder / name).read_bytes() if after[name] else None
            yield name, "a folder" if data is None else described(data)


def _inodes(folder: Path) -> dict[str, int]:
    """The inode of each file in a folder, 0 for folders."""
    found = {}
    for top, folders, files in os.walk(folder):
        place = os.path.relpath(top, folder)
        found |= {os.path.join(place, name): 0 for name in folders}
        found |= {os.path.join(place, name): os.stat(f"{top}/{name}").st_ino for name in files}
    return {os.path.normpath(name): inode for name, inode in found.items()}


def described(data: bytes) -> str:
    """What bytes hold: a picture, an array, text, or others."""
    if data.startswith(b"\x93NUMPY"):
        return _array(data)
    try:
        text = steady(data).decode()
    except UnicodeDecodeError:
        return _picture(data) or f"{len(data)} bytes, {_hash(steady(data))}"
    if len(text) <= LONGEST_TEXT:
        return f"text:\n{text}"
    return f"text of {len(text)} letters, {_hash(text.encode())}"


def _array(data: bytes) -> str:
    """An array, by its type and shape, and its bytes."""
    try:
        array = np.load(io.BytesIO(data))
    except ValueError as error:
        return f"a .npy that cannot be read: {error}; {_hash(data)}"
    return f"npy {array.dtype.str} {array.shape}, {_hash(data)}"


def _picture(data: bytes) -> str | None:
    """A picture, frame by frame, by its pixels and what belongs to them; None if it is none."""
    try:
        with Image.open(io.BytesIO(data)) as image:
            parts = [f"{image.format} {image.mode} {image.width}x{image.height}"]
            for frame in range(getattr(image, "n_frames", 1)):
                image.seek(frame)
                parts.append(f"pixels {_hash(image.tobytes())}")
                if palette := image.getpalette():
                    parts.append(f"palette {_hash(bytes(palette))}")
            parts += [
                f"{key} {_value(key, image.info[key])}" for key in sorted(map(str, image.info))
            ]
    except (OSError, ValueError, SyntaxError, EOFError):
        return None
    return ", ".join(parts)


def _value(key: str, value: object) -> str:
    if not isinstance(value, bytes):
        return str(value)
    if key == "icc_profile":
        value = value[:24] + value[36:]  # without the time at which it was made
    return f"{len(value)} bytes {_hash(value)}"


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]


def _hash_of_all(folder: Path) -> str:
    """A hash of all files in a folder, and of their names."""
    found = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        found.update(os.fsencode(path.relative_to(folder)) + b"\0")
        found.update(hashlib.sha256(path.read_bytes()).digest())
    return found.hexdigest()[:16]


def run_all(convtool: str, chosen: list[Case]) -> Record:
    """Run these cases, some at once."""
    with tempfile.TemporaryDirectory(prefix="net-") as work:
        originals = Path(work) / "originals"
        originals.mkdir()
        inputs.make(originals)
        hashed = _hash_of_all(originals)
        with ThreadPoolExecutor(AT_ONCE) as pool:
            run = pool.map(lambda one: run_case(convtool, one, originals, Path(work)), chosen)
            records = {}
            for number, (one, record) in enumerate(zip(chosen, run, strict=True), start=1):
                records[one.name] = record
                if sys.stderr.isatty():
                    print(f"\r{number} of {len(chosen)}", end="", file=sys.stderr, flush=True)
        if _hash_of_all(originals) != hashed:
            raise SystemExit("a command wrote into a file in place, which all cases share")
    return {"inputs": hashed, "cases": records}


def differences(before: Record, after: Record) -> Iterator[str]:
    """What differs between two runs, a case after the other."""
    if before["inputs"] != after["inputs"]:
        yield "the inputs differ, as those of another version of Pillow or of this net may"
    one, other = before["cases"], after["cases"]
    for name in one | other:
        if name not in one or name not in other:
            yield f"{name}: only {'after' if name in other else 'before'} it"
        elif found := list(_of_case(one[name], other[name])):
            command = " | ".join(" ".join(step["command"]) for step in one[name]["steps"])
            yield "\n  ".join([name, f"$ convtool {_cut(ascii(command)[1:-1])}", *found])


def _of_case(before: Record, after: Record) -> Iterator[str]:
    for number, (one, other) in enumerate(zip(before["steps"], after["steps"], strict=False)):
        place = f"command {number + 1}: " if len(before["steps"]) > 1 else ""
        for key in ("command", "code"):
            if one[key] != other[key]:
                yield f"{place}{key}: {one[key]} -> {other[key]}"
        for key in ("stdout", "stderr"):
            yield from _of_lines(place + key, one[key], other[key])
    files, others = before["files"], after["files"]
    for name in sorted(files | others):
        was = files.get(name, "as it was, or not there").splitlines(keepends=True)
        now = others.get(name, "as it was, or not there").splitlines(keepends=True)
        yield from _of_lines(ascii(name), was, now)
    if before["left"] != after["left"]:
        yield f"left in the folder for temporary files: {before['left']} -> {after['left']}"


def _of_lines(what: str, before: list[str], after: list[str]) -> Iterator[str]:
    """The lines that differ, or some of them."""
    if before == after:
        return
    yield f"{what}:"
    lines = list(difflib.unified_diff(before, after, n=0, lineterm=""))[2:]
    shown = [line for line in lines if not line.startswith("@@")]
    for line in shown[:MOST_LINES]:
        yield f"  {line[0]} {_cut(ascii(line[1:])[1:-1])}"
    if len(shown) > MOST_LINES:
        yield f"  ... and {len(shown) - MOST_LINES} lines more"


def _cut(text: str) -> str:
    return text if len(text) <= MOST_LETTERS else f"{text[:MOST_LETTERS]}..."


def unused(convtool: str, chosen: Iterable[Case]) -> Iterator[str]:
    """The options of all commands, and the words that they take, that are in no case."""
    lines = [tuple(step.words) for one in chosen for step in one.steps]
    for command in _commands(convtool, ()):
        own = [line[len(command) :] for line in lines if line[: len(command)] == command]
        given = {word.partition("=")[0] for line in own for word in line}
        given |= {word[:2] for line in own for word in line if re.match(r"-\w", word)}
        for names, choices in _options(_help(convtool, command)):
            place = " ".join(("convtool", *command))
            for name in names:
                if name not in given:
                    yield f"{place} {name}"
            taken = {value for line in own for option, value in pairwise(line) if option in names}
            for choice in choices:
                if choice not in taken:
                    yield f"{place} {names[-1]} {choice}"


def _help(convtool: str, command: tuple[str, ...]) -> str:
    """A command's help."""
    env = environment(Path("/"), {"COLUMNS": "1000"})
    words = [convtool, *command, "--help"]
    return subprocess.run(words, capture_output=True, text=True, check=True, env=env).stdout


def _commands(convtool: str, above: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """A command and those below it."""
    yield above
    _, _, below = _help(convtool, above).partition("\nCommands:\n")
    for name in re.findall(r"^  ([\w-]+)", below, re.MULTILINE):
        yield from _commands(convtool, (*above, name))


def _options(text: str) -> Iterator[tuple[list[str], list[str]]]:
    """Each option in a command's help: its names, and the words that it takes."""
    _, _, options = text.partition("\nOptions:\n")
    for line in re.findall(r"^  (-.*)", options, re.MULTILINE):
        head = line.split("  ")[0]
        choices = re.search(r"\[([\w|]+)\]", head)
        yield re.findall(r"(?<!\S)--?[\w-]+", head), choices[1].split("|") if choices else []


def main() -> int:
    """Run, compare, or look for options that are in no case."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--convtool", default=shutil.which("convtool"), metavar="PATH")
    parser.add_argument("--output", type=Path, metavar="FILE", help="where the record goes")
    parser.add_argument("--only", metavar="PATTERN", help="cases whose name has this in it")
    parser.add_argument("--compare", nargs=2, type=Path, metavar=("BEFORE", "AFTER"))
    parser.add_argument("--unused", action="store_true", help="name options that no case uses")
    given = parser.parse_args()
    if given.compare:
        before, after = (json.loads(path.read_text()) for path in given.compare)
        found = list(differences(before, after))
        print(*found, f"{len(after['cases'])} cases, {len(found)} differ", sep="\n")
        return bool(found)
    if not given.convtool:
        parser.error("no convtool is on the path: give --convtool PATH")
    convtool = os.path.abspath(given.convtool)
    chosen = [one for one in cases() if re.search(given.only or "", one.name)]
    if given.unused:
        found = list(unused(convtool, chosen))
        print(*found, f"{len(found)} unused", sep="\n")
        return bool(found)
    if not given.output:
        parser.error("say where the record goes: --output FILE")
    record = run_all(convtool, chosen)
    given.output.write_text(json.dumps(record, indent=1))
    print(f"{len(chosen)} cases in {given.output}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
