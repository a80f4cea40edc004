import io
import resource

import numpy as np
import pytest
from convtool.cli import lists
from convtool.cli.lists import LONGEST, MOST_BYTES, PIECE, entries

from convtool import ConvtoolError


class Repeated(io.RawIOBase):
    """The same bytes again and again; a test that reads too much of them has failed."""

    def __init__(self, data, most=2 * MOST_BYTES):
        self.data = data * (PIECE // len(data) + 2)
        self.period = len(data)
        self.place = 0
        self.most = most

    def read(self, size=-1):
        assert 0 <= size <= PIECE
        assert self.place < self.most
        start = self.place % self.period
        self.place += size
        return self.data[start : start + size]


@pytest.fixture
def opened(monkeypatch):
    """Let the name of a list open this file."""

    def open_as(file):
        monkeypatch.setattr(lists, "open", lambda *_: file, raising=False)

    return open_as


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"\0", f"list: holds a line of more than {LONGEST} bytes, expected names"),
        (b"y\n", "list: is longer than 1000 lines or 256 MiB"),
        (b"\n", "list: is longer than 1000 lines or 256 MiB"),
        (b"y" * 50_000 + b"\n", "list: is longer than 1000 lines or 256 MiB"),
    ],
)
def test_a_list_without_end_is_left(opened, data, message):
    opened(Repeated(data))
    with pytest.raises(ConvtoolError) as caught:
        for _ in entries("list", 1000):
            pass
    assert message in str(caught.value)


def test_a_list_of_too_many_bytes_is_left(opened):
    opened(Repeated(b"y" * 50_000 + b"\n"))
    with pytest.raises(ConvtoolError, match="256 MiB"):
        for _ in entries("list", 10**9):
            pass


@pytest.mark.parametrize("end", [b"\n", b"\0"])
@pytest.mark.parametrize("closed", [True, False])
def test_entries_are_those_between_the_ends(folder, monkeypatch, end, closed):
    monkeypatch.setattr(lists, "PIECE", 5)
    names = ["a.png", "", "longer than a piece", "caf\udce9", "\ufeff"]
    data = end.join(name.encode("utf-8", "surrogateescape") for name in names)
    for mark in (b"", b"\xef\xbb\xbf"):
        (folder / "list").write_bytes(mark + data + end * closed)
        assert list(entries("list", 9, end)) == names


def little_memory():
    resource.setrlimit(resource.RLIMIT_AS, (1 << 29, 1 << 29))


@pytest.mark.parametrize("null", [[], ["-0"]])
def test_names_from_a_device_without_end(convtool, folder, null):
    command = ["pool", "--from-file", "/dev/zero", *null, "-d", "out"]
    result = convtool(*command, preexec_fn=little_memory)
    assert (result.returncode, result.stdout) == (1, b"")
    assert result.stderr.startswith(b"convtool: /dev/zero: ")
    assert result.stderr.count(b"\n") == 1
    assert b"memory" not in result.stderr


@pytest.mark.parametrize(
    "command",
    [
        ["conv", "small.png", "-k", "/dev/zero"],
        ["conv", "small.png", "-k", "weights.npy", "--bias-file", "/dev/zero"],
        ["run", "endless.toml", "small.png"],
        ["run", "endless.json", "small.png"],
        ["fit", "--pairs", "/dev/zero"],
    ],
    ids=" ".join,
)
def test_other_files_without_end(convtool, small, folder, command):
    np.save("weights.npy", np.ones((2, 3, 1, 1)))
    for name in ("endless.toml", "endless.json"):
        (folder / name).symlink_to("/dev/zero")
    result = convtool(*command)
    assert (result.returncode, result.stdout) == (1, b"")
    assert result.stderr.count(b"\n") == 1


@pytest.mark.parametrize("end", [b"\n", b"\0"])
@pytest.mark.parametrize("names", [[], ["a"], ["a", "b"], ["", "a"], ["ab"], ["abc", "d"]])
def test_short_lists_are_split_as_well(folder, names, end):
    for mark in (b"", b"\xef\xbb\xbf"):
        (folder / "list").write_bytes(mark + b"".join(name.encode() + end for name in names))
        assert [name for name in entries("list", 10, end) if name] == [n for n in names if n]
