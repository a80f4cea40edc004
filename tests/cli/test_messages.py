"""What a terminal would obey does not reach it, whoever named a file so; and long words are cut."""

import json
import os
import resource

import numpy as np
import pytest
from convtool.cli.messages import LONGEST_LINE, one_line, printable
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

NAME = "e\x1b]0;title\x07\x9b31m\u202e\x85\u2028x"

COMMANDS = [
    [NAME],
    ["conv", f"no{NAME}.png", "-k", "edge"],
    ["conv", "small.png", "-k", f"no{NAME}"],
    ["conv", "small.png", "-k", f"{NAME}.txt"],
    ["conv", "small.png", "-k", "edge", "-o", f"no{NAME}/x.png"],
    ["conv", "small.png", "-k", "edge", "-o", f"x.{NAME}"],
    ["conv", f"{NAME}.npy", "-k", "edge", "-o", "x.png"],
    ["pool", "small.png", f"--{NAME}"],
    ["pool", "small.png", "--mode", NAME],
    ["pool", "small.png", "--size", NAME],
    ["pool", "small.png", f"{NAME}.npy", f"no{NAME}.png", "-d", "out"],
    ["pool", "small.png", f"{NAME}.npy", f"no{NAME}.png", "-d", "out", "--json"],
    ["pool", "--from-file", f"no{NAME}", "-d", "out"],
    ["run", f"no{NAME}.toml", "small.png"],
    ["run", NAME, "small.png"],
    ["run", f"pool --{NAME}", "small.png"],
    ["explain", f"{NAME}.png", "-k", f"{NAME}.json", "--at", "1,1"],
    ["explain", f"{NAME}.npy", "-k", "edge", "--at", "1,1"],
    ["explain", f"{NAME}.npy", "-k", "edge", "--at", "1,1", "--json"],
    ["shape", f"{NAME}.png", f"conv -k {NAME}.json"],
    ["shape", f"no{NAME}.png", "pool"],
    ["fit", f"{NAME}.png", f"{NAME}.png", "-s", "1", "-o", f"{NAME}-fit.json"],
    ["fit", f"{NAME}.png", f"{NAME}.png", "-s", "1"],
    ["fit", f"{NAME}.npy", f"{NAME}.npy", "-s", "1", "-o", "fit.json"],
    ["fit", "--pairs", f"{NAME}.list"],
    ["kernel", "list"],
    ["kernel", "list", "--json"],
    ["kernel", "show", f"{NAME}.json"],
    ["kernel", "show", f"{NAME}.json", "--json"],
    ["kernel", "show", f"{NAME}.txt"],
    ["kernel", "show", "layer.npy", NAME],
    ["kernel", "make", NAME],
    ["kernel", "make", f"box:{NAME}"],
    ["kernel", "rotate", f"{NAME}.json", "--by", NAME],
    ["kernel", "rotate", f"{NAME}.json", "--by", "1"],
]


@pytest.fixture
def named(small, folder):
    """Files of that name, and kernels that call themselves so."""
    pixels = np.random.default_rng(0).integers(0, 256, (9, 9, 4), np.uint8)
    Image.fromarray(pixels[..., :3]).save(f"{NAME}.png")
    np.save(f"{NAME}.npy", pixels)
    kernel = {"name": NAME, "description": NAME, "weights": [[1, 0, 2]]}
    (folder / f"{NAME}.json").write_text(json.dumps(kernel))
    (folder / f"{NAME}.txt").write_text(f"{NAME} = 1\n1 {NAME}\n")
    (folder / f"{NAME}.list").write_text(f"{NAME}.png\tno{NAME}.png\n")
    return folder


def harmless(text):
    return all(line.isprintable() for line in text.split("\n"))


@pytest.mark.parametrize("command", COMMANDS, ids=ascii)
def test_names_move_no_terminal(convtool, named, command):
    result = convtool(*command)
    out, err = result.stdout.decode(), result.stderr.decode()
    assert out or err
    assert "Traceback" not in err
    assert harmless(out)
    assert harmless(err)
    if result.returncode and "-d" not in command:
        assert err.count("\n") == 1


def test_captions_and_what_was_written(terminal, named):
    streams = ("stdin", "stdout", "stderr")
    for command in (
        ["conv", f"{NAME}.png", "-k", f"{NAME}.json", "-k", "edge", "--show"],
        ["conv", f"{NAME}.png", "-k", "edge"],
        ["pool", f"{NAME}.png", f"no{NAME}.png", "-d", "out"],
    ):
        _, shown = terminal(*command, streams=streams)
        assert b"title" in shown
        assert not any(sign in shown for sign in (b"\x1b]", b"\x07", "\x9b".encode(), b"\xe2\x80"))


def test_names_that_are_no_text_are_told_by_their_bytes(convtool, small, folder):
    name = b"caf\xe9.png"
    os.rename(b"small.png", name)
    strict = {**os.environ, "PYTHONIOENCODING": "utf-8:strict"}
    told = convtool("explain", os.fsdecode(name), "-k", "edge", "--at", "1,1", env=strict)
    assert told.stdout.startswith(rb"caf\xe9.png (40x50x3): ")
    told = convtool("pool", os.fsdecode(b"no" + name), env=strict)
    assert told.stderr == b"convtool: nocaf\\xe9.png: no such file\n"


@given(message=st.text(max_size=40))
def test_a_message_is_one_printable_line(message):
    assert one_line(message).isprintable()
    assert printable(message).isprintable()


@pytest.mark.parametrize(
    "command",
    [
        ["conv", "small.png", "-k", f"{'0 ' * 50_000}x"],
        ["conv", "small.png", "-k", f"{'0 ' * 50_000}; 1"],
        ["conv", "small.png", "-k", "a" * 100_000],
        ["conv", "small.png", "-k", "a b" * 30_000],
        ["conv", "small.png", "-k", "1", "--divisor", "a" * 100_000],
        ["conv", "small.png", "-k", f"3x{'3' * 50}: {'1 ' * 50_000}"],
        ["conv", "small.png", "-k", "token.txt"],
        ["conv", "small.png", "-k", "token.json"],
        ["conv", "small.png", "-k", "number.txt"],
        ["pool", "small.png", "--size", "9" * 100_000],
        ["run", "relu | " * 10_000 + "x" * 50_000, "small.png"],
        ["run", f"pool --{'x' * 100_000}", "small.png"],
        ["run", f"pool {'x' * 100_000}", "small.png"],
        ["run", f"{'x' * 100_000}", "small.png"],
        ["run", "token.toml", "small.png"],
        ["kernel", "show", "1", "2" * 100_000],
        ["kernel", "make", "a" * 100_000],
        ["kernel", "make", f"box:{'3' * 100_000}"],
        ["explain", "small.png", "1 " * 50_000, "--at", "1,1"],
        ["shape", "1" * 100_000 + "x2", "pool"],
    ],
    ids=lambda command: " ".join(command)[:40],
)
def test_errors_repeat_little_of_what_they_are_given(convtool, small, folder, command):
    (folder / "token.txt").write_text("1 2\n" + "a" * 10**6)
    (folder / "number.txt").write_text("1 2\n3 " + "9" * 4000 + ".5e999999")
    (folder / "token.json").write_text(json.dumps({"weights": [["a" * 10**6]]}))
    (folder / "token.toml").write_text(f'[[stages]]\nop = "{"a" * 10**6}"\n')
    result = convtool(*command)
    assert result.returncode in (1, 2)
    assert result.stdout == b""
    assert result.stderr.count(b"\n") == 1
    assert len(result.stderr) < 500


@pytest.mark.parametrize(
    "command",
    [
        ["pool", "a" * 100_000],
        ["conv", "small.png", "-k", "edge", "-o", f"{'a' * 100_000}.png"],
        ["conv", "small.png", "-k", "edge", "-o", f"x.{'a' * 100_000}"],
        ["pool", "small.png", "--mode", "a" * 100_000],
        ["pool", "small.png", f"--{'a' * 100_000}"],
        ["run", f"{'a' * 100_000}.toml", "small.png"],
    ],
    ids=lambda command: " ".join(command)[:40],
)
def test_a_message_has_a_length_that_is_read(convtool, small, command):
    result = convtool(*command)
    assert result.returncode in (1, 2)
    assert result.stderr.count(b"\n") == 1
    assert len(result.stderr) <= LONGEST_LINE + 1


@pytest.mark.parametrize("limit", [6, 8, 10])
def test_too_many_open_files_are_told_as_such(convtool, small, limit):
    def limited():
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))

    images = ["small.png", "./small.png", "no.png"]
    command = ["pool", *images, "-qd", "out", "--threads", "2"]
    result = convtool(*command, preexec_fn=limited)
    assert (result.returncode, result.stdout) == (1, b"")
    assert result.stderr == (
        b"convtool: too many files are open at once, expected a higher limit: ulimit -n\n"
    )
