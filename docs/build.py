"""Builds what is generated in these pages: `python docs/build.py` (from anywhere).

reference.md is made of the commands and of the modules that know the file formats. In the other
pages the output under every command of a ``console`` block is replaced by what the command prints,
in a folder with the samples and `photo.png`, without what differs from run to run. What stands
between the marks of a table is made anew. Pictures that these commands make, and that a page shows,
are kept beside it. The tests hold the pages to what this gives.
"""

import inspect
import os
import re
import shutil
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import click
from convtool.cli.main import cli

import convtool
from convtool.io.formats import FORMATS
from convtool.io.pillow import FORMATS as PICTURES
from convtool.kernel.formats.table import FORMATS as KERNEL_FORMATS
from convtool.ops.registry import OPERATIONS

HERE = Path(__file__).parent
REPOSITORY = HERE.parent
SCRIPT = os.environ.get("CONVTOOL") or str(Path(sys.executable).parent / "convtool")

CONSOLE = re.compile(r"^```console\n(.*?)^```\n", re.MULTILINE | re.DOTALL)
MARKED = re.compile(r"^<!-- (\w+) -->\n(.*?)^<!-- end -->\n", re.MULTILINE | re.DOTALL)

DURATION = re.compile(r'(?<="seconds": )[\d.e-]+|(?<= in )[\d.e-]+(?= s$)', re.MULTILINE)
LONG_NUMBER = re.compile(r"(?<=[ \[])\d+\.\d{12,}(e-\d+)?")
"""A number in JSON with all its digits, the last of which depend on the machine's BLAS."""


def build() -> None:
    """Make all that is generated anew."""
    (HERE / "reference.md").write_text(reference())
    for path in sorted(HERE.glob("*.md")):
        with tempfile.TemporaryDirectory() as folder:
            workplace = Path(folder)
            prepare(workplace)
            text = MARKED.sub(_marked, path.read_text())
            text = CONSOLE.sub(
                lambda match, at=workplace: f"```console\n{played(match[1], at)}```\n", text
            )
            path.write_text(text)
            for name in pictures(text):
                shutil.copy(workplace / name, HERE / name)


def pictures(text: str) -> list[str]:
    """The pictures that a page shows and its own commands make."""
    return re.findall(r"^!\[[^]]*\]\(([\w.-]+)\)", text, re.MULTILINE)


def prepare(folder: Path) -> None:
    """What the examples find in their folder."""
    shutil.copytree(REPOSITORY / "samples", folder / "samples", ignore=lambda *_: ["out"])
    shutil.copy(REPOSITORY / "samples" / "scene.png", folder / "photo.png")


def run(command: str, folder: Path) -> str:
    """What a shell's command prints, on stdout and on stderr, in 80 columns and without colour.

    Durations are 0.1 s, and numbers in JSON have nine digits: so they are the same in every run.
    """
    path = f"{Path(SCRIPT).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["sh", "-c", command],
        cwd=folder,
        env={**os.environ, "PATH": path, "COLUMNS": "80", "NO_COLOR": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=600,  # against what hangs
        check=False,
    )
    text = DURATION.sub("0.1", done.stdout.decode())
    return LONG_NUMBER.sub(lambda match: f"{float(match[0]):.9g}", text)


def played(block: str, folder: Path) -> str:
    """A console block with each command's own output under it."""
    lines = [line for line in block.splitlines() if line.startswith("$ ")]
    return "".join(f"{line}\n{run(line[2:], folder)}" for line in lines)


def _marked(match: re.Match[str]) -> str:
    table = {"planner": planner}[match[1]]()
    return f"<!-- {match[1]} -->\n{table}<!-- end -->\n"


def planner() -> str:
    """Which method the planner takes, for kernels and types of pixels of a 12-megapixel image."""
    names = ("sobel_x", "edge", "gaussian5", "gaussian7", "box5", "log5", "motion9")
    rows = [(name, convtool.find_kernel(name)) for name in names]
    rows += [(spec, convtool.find_kernel(spec)) for spec in ("box:15", "gaussian:15", "disk:31")]
    lines = ["| kernel | 8 bits | 16 bits | float32 |", "| --- | --- | --- | --- |"]
    for name, kernel in rows:
        plans = [convtool.plan(kernel, dtype, (3000, 4000)) for dtype in ("u1", "u2", "f4")]
        cells = [f"{plan.method}, {plan.operations / plan.values:.3g}" for plan in plans]
        size = "x".join(map(str, kernel.shape))
        lines.append(f"| `{name}` {size} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def reference() -> str:
    """The page of every command and option, and of the file formats."""
    parts = [
        "# Reference",
        "Made of the commands themselves by `python docs/build.py`. "
        "[The guide](guide.md) shows them at work.",
        "## Commands",
        *_command(cli, click.Context(cli, info_name="convtool", **cli.context_settings)),
        "## Stages of a pipeline",
        *_stages(),
        "## Kernels",
        *_kernels(),
        "## Pictures and numbers",
        *_pictures(),
    ]
    return "\n\n".join(parts) + "\n"


def _command(command: click.Command, ctx: click.Context) -> Iterator[str]:
    """A command's help and options, and those of the commands in it."""
    usage = " ".join(command.collect_usage_pieces(ctx))
    yield f"### {ctx.command_path}"
    yield f"`{ctx.command_path} {usage}`"
    yield from _help(inspect.cleandoc(command.help or ""))
    params = command.get_params(ctx)
    rows = [_row(param, ctx) for param in params if isinstance(param, click.Option)]
    if len(rows) > 1:  # more than --help
        yield "\n".join(["| option | meaning |", "| --- | --- |", *rows])
    if isinstance(command, click.Group):
        for name in command.list_commands(ctx):
            inner = command.get_command(ctx, name)
            if inner is not None:
                yield from _command(inner, click.Context(inner, info_name=name, parent=ctx))


def _row(option: click.Option, ctx: click.Context) -> str:
    """An option's names, its value, what it means, and its default."""
    names = ", ".join(option.opts)
    value = "" if option.is_flag else f" {option.make_metavar(ctx)}"
    default = f" Default: {option.default}." if option.show_default else ""
    return f"| `{_cell(names + value)}` | {_cell((option.help or '') + default)} |"


def _help(text: str) -> Iterator[str]:
    """The paragraphs of a help text, with its examples as such."""
    for paragraph in text.replace("\f", "").split("\n\n"):
        lines = paragraph.splitlines()
        if lines[0] != "\b":
            yield " ".join(lines)
            continue
        if lines[1].endswith(":"):
            yield lines[1]
            del lines[1]
        yield "\n".join(["```sh" if "convtool" in lines[1] else "```text",
                         *(line.strip() for line in lines[1:]), "```"])  # fmt: skip


def _stages() -> Iterator[str]:
    """The stages' options, where they are not those of the command of that name."""
    yield (
        "Words apart by `|`, or a list in a `.toml` or `.json` file; "
        "`conv` and `pool` take the options of these commands that are listed here."
    )
    yield _text_of("pipeline.parse")
    rows = ["| stage | options |", "| --- | --- |"]
    for name, operation in OPERATIONS.items():
        flags = ", ".join(f"`{option.flag}`" for option in operation.options) or "none"
        rows.append(f"| `{name}` | {flags} |")
    yield "\n".join(rows)


def _kernels() -> Iterator[str]:
    """The forms of kernels, as the modules that know them describe them."""
    modules = {"txt": "text", "vips": "libvips"}
    for format_ in KERNEL_FORMATS.values():
        yield f"### {', '.join(format_.extensions)} (`--format {format_.name}`)"
        yield _text_of(f"kernel.formats.{modules.get(format_.name, format_.name)}")
    yield "### Pictures as kernels"
    yield _text_of("kernel.formats.picture")


def _text_of(module: str) -> str:
    """What a module says of the format that it knows; what is indented there is an example."""
    parts: list[str] = []
    text = inspect.cleandoc(import_module(f"convtool.{module}").__doc__ or "")
    for paragraph in text.split("\n\n"):
        if parts and parts[-1].startswith("    ") and paragraph.startswith("    "):
            parts[-1] += f"\n\n{paragraph}"  # the example goes on
        else:
            parts.append(paragraph)
    return "\n\n".join(map(_paragraph, parts))


def _paragraph(text: str) -> str:
    if text.startswith("    "):
        return f"```text\n{textwrap.dedent(text)}\n```"
    return " ".join(text.split()).replace("``", "`")


def _pictures() -> Iterator[str]:
    """The formats that are written, and what goes with them."""
    yield (
        "Read: `.csv` and `.npy`, told by their name or, in a pipe, by their first bytes; and the "
        f"pictures of these formats, told by their first bytes: {', '.join(sorted(PICTURES))}. "
        "PostScript, PDF, WMF, FPX and whatever else needs a program to be drawn is not read."
    )
    yield "Written, besides whatever else Pillow writes:"
    rows = ["| format | extensions | holds | 16 bits |", "| --- | --- | --- | --- |"]
    for format_ in FORMATS.values():
        holds = "pixels" if format_.pixels else "the values themselves"
        deep = "grey" if format_.deep == (1,) else "grey and colour" if format_.deep else "no"
        deep = deep if format_.pixels else "as they are"
        rows.append(f"| {format_.name} | {', '.join(format_.extensions)} | {holds} | {deep} |")
    yield "\n".join(rows)


def _cell(text: str) -> str:
    return text.replace("|", r"\|")


if __name__ == "__main__":
    build()
