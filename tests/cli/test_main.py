import importlib
import os
import re
import subprocess
import sys

import pytest

import convtool as package
from convtool.ops.registry import OPERATIONS

COMMANDS = ("conv", "pool", "run", "fit")


def test_version(convtool):
    result = convtool("--version")
    assert result.returncode == 0
    assert result.stdout.decode() == f"convtool {package.__version__} ({package.engine()})\n"


@pytest.mark.parametrize("flag", ["-h", "--help"])
@pytest.mark.parametrize("command", [(), *[(name,) for name in COMMANDS]])
def test_help_everywhere_with_examples_first(convtool, command, flag):
    result = convtool(*command, flag)
    text = result.stdout.decode()
    assert result.returncode == 0
    assert result.stderr == b""
    last = "Options:" if command in ((), ("fit",)) else "Other options:"
    assert 0 < text.index("Examples:") < text.index(last)
    assert max(map(len, text.splitlines())) <= 80


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_has_its_help(convtool, command):
    options = convtool(command, "--help").stdout.decode().partition("Examples:")[2]
    entries = re.split(r"\n  (?=-)", options)[1:]
    assert len(entries) > 10
    for entry in entries:
        assert re.search(r"(\S {2,}|\n +)\S.*[.\]]", entry), entry


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["conv", "--help"]])
def test_help_and_version_import_neither_numpy_nor_pillow(arguments):
    code = (
        "import sys; from convtool.cli.main import cli\n"
        "try: cli.main(sys.argv[1:], 'convtool')\n"
        "except SystemExit as end: assert end.code == 0\n"
        "assert not {'numpy', 'PIL'} & set(sys.modules), 'imported'"
    )
    subprocess.run([sys.executable, "-c", code, *arguments], check=True, stdout=subprocess.DEVNULL)


def test_no_command_shows_the_help_on_stderr(convtool):
    result = convtool()
    assert (result.returncode, result.stdout) == (2, b"")
    assert b"Usage: convtool" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["blur"], "convtool: No such command 'blur'"),
        (["--fast"], "convtool: No such option"),
        (["conv", "a.png", "b.png", "-k", "edge"], "convtool conv: say where the maps go: -d DIR"),
        (["pool", "--mode", "best"], "convtool pool: mode: found 'best', expected one of"),
    ],
)
def test_wrong_usage_is_one_line_and_exit_2(convtool, arguments, message):
    result = convtool(*arguments)
    assert (result.returncode, result.stdout) == (2, b"")
    assert result.stderr.decode().startswith(message)
    assert result.stderr.count(b"\n") == 1


@pytest.mark.parametrize(
    "command", ["conv", "pool", "run", "explain", "shape", "fit", "kernel show", "kernel list"]
)
def test_wrong_usage_names_its_command(convtool, command):
    result = convtool(*command.split(), "--qqqq")
    assert result.stderr.decode() == f"convtool {command}: No such option '--qqqq'.\n"
    assert result.returncode == 2


@pytest.mark.parametrize(
    ("command", "option"),
    [
        ("explain a.png", "--at"), ("conv", "-k"), ("kernel show edge", "-o"),
        ("kernel make gaussian", "--sigma"), ("fit", "-o"),
    ],
)  # fmt: skip
def test_an_option_without_its_value_names_its_command(convtool, command, option):
    result = convtool(*command.split(), option)
    name = command.removesuffix(" a.png").removesuffix(" edge")
    assert result.stderr.decode() == (f"convtool {name}: Option '{option}' requires an argument.\n")
    assert result.returncode == 2


@pytest.mark.parametrize("command", [[], ["kernel"]])
def test_summaries_of_commands_are_whole(convtool, command):
    commands = convtool(*command, "--help").stdout.decode().partition("Commands:")[2]
    assert len(commands.splitlines()) > 5
    assert all(line.endswith(".") and line[-3:] != "..." for line in commands.split("\n")[1:-1])


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion(convtool, shell):
    environment = {**os.environ, "_CONVTOOL_COMPLETE": f"{shell}_source"}
    result = convtool(env=environment)
    assert result.returncode == 0
    assert b"_CONVTOOL_COMPLETE" in result.stdout
    environment = {
        **os.environ,
        "_CONVTOOL_COMPLETE": "bash_complete",
        "COMP_WORDS": "convtool conv --bor",
        "COMP_CWORD": "2",
    }
    assert b"--border" in convtool(env=environment).stdout
    for words, expected in (
        ("convtool conv ", b"file,"),
        ("convtool conv -k sob", b"plain,sobel_x.json"),
        ("convtool conv -k sob", b"file,sob"),
        ("convtool pool -o ", b"file,"),
        ("convtool conv --format n", b"plain,npy"),
    ):
        environment |= {"COMP_WORDS": words, "COMP_CWORD": str(words.count(" "))}
        assert expected in convtool(env=environment).stdout, words
    environment |= {"COMP_WORDS": "convtool conv -k sob", "COMP_CWORD": "3"}
    assert convtool(env=environment).stdout.startswith(b"file,"), "bash forgets what came before"


def test_an_import_that_a_signal_comes_into(monkeypatch):
    """NumPy's own C code makes an ImportError of what the handler raises."""

    def broken(name):
        raise ImportError

    main = importlib.import_module("convtool.cli.main")
    lazy = importlib.import_module("convtool.cli.lazy")
    monkeypatch.setattr(lazy, "import_module", broken)
    with pytest.raises(ImportError):
        main.cli.main(["pool"], "convtool")
    monkeypatch.setattr("convtool.core.interrupts._received", [15])
    with pytest.raises(SystemExit) as end:
        main.cli.main(["pool"], "convtool")
    assert end.value.code == 143


def test_a_stage_has_help_too(convtool):
    done = convtool("help", "conv_transpose")
    text = done.stdout.decode()
    assert text.startswith("A stage of a pipeline: convtool run 'conv_transpose ...' IMAGE")
    for option in OPERATIONS["conv_transpose"].options:
        assert option.flag in text
    assert max(map(len, text.splitlines())) <= 80
    assert convtool("help", "relu").stdout.decode().count("\n") == 1
    assert convtool("help", "conv").stdout == convtool("conv", "--help").stdout
    assert convtool("help", "kernel", "relu").returncode == 2
