"""Builds what is generated in these pages: `python docs/build.py` (from anywhere).

The reference, the API and the gallery are written from the commands, the docstrings and the
kernels. In the other pages the output under every command of a ``console`` block is replaced by
what the command prints, in a folder with the samples and `photo.png`. Tables between two marks are
written again. Pictures that a page shows are copied from that folder. The tests hold the pages to
the result.
"""

import ast
import functools
import html
import inspect
import itertools
import os
import re
import shutil
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path

import click
import numpy as np
from convtool.cli.command import GroupedCommand
from convtool.cli.main import cli

import convtool
from convtool.core.metadata import NAMES
from convtool.io.formats import FORMATS
from convtool.io.pillow import READ_FORMATS as PICTURES
from convtool.kernel.formats.table import KERNEL_FORMATS
from convtool.ops.registry import OPERATIONS
from convtool.render import canvas

HERE = Path(__file__).parent
REPOSITORY = HERE.parent
IMAGES = HERE / "images"
LESSONS = HERE / "lessons"
RESULTS = REPOSITORY / "benchmarks" / "results"
SCRIPT = os.environ.get("CONVTOOL") or str(Path(sys.executable).parent / "convtool")

CONSOLE = re.compile(r"^```console\n(.*?)^```\n", re.MULTILINE | re.DOTALL)
MARKED = re.compile(r"^<!-- (\w+) -->\n(.*?)^<!-- end -->\n", re.MULTILINE | re.DOTALL)

DURATION = re.compile(r'(?<="seconds": )[\d.e-]+|(?<= in )[\d.e-]+(?= s$)', re.MULTILINE)
LONG_NUMBER = re.compile(r"(?<=[ \[])\d+\.\d{12,}(e-\d+)?")
"""A number in JSON with all its digits, the last of which depend on the machine's BLAS."""


def build() -> None:
    """Write all that is generated."""
    for name, text in (("reference", reference()), ("api", api()), ("gallery", gallery())):
        (HERE / f"{name}.md").write_text(text)
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
                for source in (workplace, RESULTS):
                    if (source / name).exists():
                        _update(source / name, IMAGES / name)
    with tempfile.TemporaryDirectory() as folder:
        for name in gallery_pictures(Path(folder)):
            _update(Path(folder) / name, IMAGES / "gallery" / name)
    with tempfile.TemporaryDirectory() as folder:
        for name in readme_pictures(Path(folder)):
            _update(Path(folder) / name, IMAGES / name)
    with tempfile.TemporaryDirectory() as folder:
        for name in lessons(Path(folder)):
            _update_page(Path(folder) / name, LESSONS / name)


def pictures(text: str) -> list[str]:
    """The names of the pictures that a page shows."""
    return re.findall(r"!\[[^]]*\]\(images/([\w.-]+)\)", text)


def _update(new: Path, kept: Path) -> None:
    """Copy a picture, unless its pixels are there already: packed bytes depend on the CPU."""
    if not kept.exists() or not shows_the_same(new, kept):
        kept.parent.mkdir(exist_ok=True)
        shutil.copy(new, kept)


def shows_the_same(one: Path, other: Path) -> bool:
    """Whether two pictures have the same pixels in all frames, or the same lines and texts.

    A pixel in 100,000 may be one level off: the last digit of a Fourier transform of floats depends
    on the CPU, and sums between two levels with it.
    """
    if one.suffix == ".svg":
        return one.read_bytes() == other.read_bytes()
    pixels, others = (convtool.read_volume(path).astype(np.int32) for path in (one, other))
    if pixels.shape != others.shape:
        return False
    off = np.abs(pixels - others)
    return bool(off.max() <= 1 and np.count_nonzero(off) <= off.size / 100_000)


def _update_page(new: Path, kept: Path) -> None:
    """Copy a page for a browser, unless it is there already, as far as all machines agree."""
    if not kept.exists() or on_any_machine(new) != on_any_machine(kept):
        kept.parent.mkdir(exist_ok=True)
        shutil.copy(new, kept)


def on_any_machine(page: Path) -> str:
    """The text of a page without what depends on the CPU: the packed bytes of its picture, and the
    last digits of a descent, which has all numbers behind it."""
    return re.sub(r'"picture":"[^"]*"|"descent":\{.*(?=\}</script>)', "", page.read_text())


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
    text = planner() if match[1] == "planner" else measured(match[1])
    return f"<!-- {match[1]} -->\n{text}<!-- end -->\n"


def measured(name: str) -> str:
    """The tables of a benchmark's results, as a section of a page."""
    text = re.sub("^#", "##", (RESULTS / f"{name}.md").read_text(), flags=re.MULTILINE)
    if (RESULTS / f"{name}.png").exists():
        title, rest = text.split("\n", 1)
        text = f"{title}\n\n![The ratios of the table below](images/{name}.png)\n{rest}"
    return text


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
        "## Commands",
        *_command(cli, click.Context(cli, info_name="convtool", **cli.context_settings)),
        "## Stages of a pipeline",
        *_stages(),
        "## Kernels",
        *_kernels(),
        "## Pictures and numbers",
        *_pictures(),
    ]
    head = [
        "# Reference",
        "Every command and option, and the file formats. "
        "This page is generated from the commands by `python docs/build.py`. "
        "[The guide](guide.md) shows them at work.",
        *_contents(parts),
    ]
    return "\n\n".join([*head, *parts]) + "\n"


def _contents(parts: list[str]) -> Iterator[str]:
    """Links to the headings."""
    lines = []
    for part in parts:
        if match := re.match(r"(##+) (.*)", part):
            level, title = len(match[1]) - 2, match[2].replace("`", "")
            anchor = re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")
            lines.append(f"{'    ' * level}- [{title}](#{anchor})")
    yield "\n".join(lines)


GALLERY = {
    "Blur and smooth": (
        *("box3", "box5", "gaussian3", "gaussian5", "gaussian7", "motion9"),
        *("gaussian:9,2", "box:7", "disk:9", "triangle:5", "binomial:5", "motion:15,30"),
        *("comet:25,30", "gaussian:sigma=5,sigma2=1,angle=45"),
    ),
    "Means over a shape": (
        *("circle:4", "ring:2.5,4.5", "diamond:3", "octagon:3", "plus:3", "cross:3"),
    ),
    "Sharpen": ("sharpen", "unsharp", "highpass", "unsharp:5,0.5"),
    "Edges in one direction": (
        *("sobel_x", "sobel_y", "prewitt_x", "prewitt_y", "scharr_x", "scharr_y"),
        *("roberts_x", "roberts_y", "sobel:5,y", "freichen:1", "emboss"),
    ),
    "Edges and lines in all directions": (
        *("edge", "laplacian", "ridge", "laplacian:5", "laplacian:number=19"),
    ),
    "Banks of eight directions, the largest of each": ("kirsch", "robinson"),
    "Spots and stripes": ("log5", "log:13,1.5", "dog:sigma=1,sigma2=2", "gabor:21,8,45"),
    "No change": ("identity",),
}
"""The kernels of the gallery: all bundled ones, and one of each parametric kind."""


def gallery() -> str:
    """The page with a picture of what each kernel does."""
    parts = [
        "# Gallery",
        "Every bundled kernel, and one of each parametric kind, on the same picture. Kernels whose "
        "weights sum to 0 are shown with `--range center`: mid-grey is 0. "
        "This page is generated by `python docs/build.py`.",
        "![The picture before](images/gallery/before.png)",
    ]
    for title, specs in GALLERY.items():
        parts.append(f"## {title}")
        cells = []
        for spec in specs:
            name, description = _described(spec)
            picture = f"![{name}](images/gallery/{_file_name(spec)})"
            cells.append(f"{picture}<br>`-k {spec}{_shown(spec)}`<br>{description}")
        rows = [
            f"| {' | '.join(pair)} |" for pair in zip(cells[::2], [*cells[1::2], ""], strict=False)
        ]
        parts.append("\n".join(["| | |", "| --- | --- |", *rows]))
    return "\n\n".join(parts) + "\n"


def gallery_pictures(folder: Path) -> list[str]:
    """Draw the pictures of the gallery into a folder; their names."""
    scene = folder / "before.png"
    source = REPOSITORY / "samples" / "scene.png"
    pack = ["--compress", "small"]
    _convtool("pool", source, "--mode", "mean", "--size", "2", "-o", scene, *pack)
    names = [scene.name]
    for spec in (spec for specs in GALLERY.values() for spec in specs):
        options = _shown(spec).split()
        _convtool("conv", scene, "-k", spec, *options, "-o", folder / _file_name(spec), *pack)
        names.append(_file_name(spec))
    return names


def readme_pictures(folder: Path) -> list[str]:
    """Draw the pictures of the README into a folder, with its own commands; their names."""
    prepare(folder)
    shown = ["slope.png", "soft.png", "blocks.png", "layer.png", "window.png"]
    for line in (REPOSITORY / "README.md").read_text().splitlines():
        if line.startswith("convtool ") and line.endswith(tuple(shown)):
            run(f"{line} --compress small" if "explain" not in line else line, folder)
    scene, edges = folder / "samples" / "scene.png", folder / "edges.png"
    _convtool("conv", scene, "-k", "edge", "--gray", "--range", "abs", "-o", edges)
    pixels = [convtool.read_image(path) for path in (scene, edges, folder / "window.png")]
    colors = [np.dstack([picture] * 3) if picture.ndim == 2 else picture for picture in pixels]
    before, after, window = map(canvas.pixels, colors)
    both = canvas.beside(before, canvas.arrow(), after)
    page = canvas.on_page(canvas.above(both, window, align="middle"))
    convtool.write_image(folder / "overview.png", np.asarray(page), compression="small")
    return [*shown, "overview.png"]


PAGES = {
    "numbers": "samples/matrix4x4.csv -k identity --at 1,1",
    "matrix": "samples/matrix4x4.csv -k '1 0; 0 1' --at 1,1",
    "pooling": "samples/matrix4x4.csv --pool max --size 2 --at 0,0",
    "slopes": "small.png -k sobel_x --gray --at 9,9",
    "border": "samples/matrix4x4.csv -k edge --border edge --at 0,0",
    "sizes": "samples/matrix4x4.csv -k '1 0; 0 1' --stride 2 --padding 1 --at 1,1",
    "scene": "samples/scene.png 'gray | conv -k sobel_x | relu | pool' --at 88,81",
    "row": "row.csv -k '1 2 1' --divisor 4 --at 0,3",
    "layer": "samples/scene.png -k samples/conv1.npy --bias-file samples/bias1.npy --at 88,81",
    "blur": "small.png -k gaussian3 --gray --at 9,9",
}
"""What the pages of a value explain, in the order of the guide, whose chapters link them."""


def lessons(folder: Path) -> list[str]:
    """Write the pages for a browser into a folder; their names."""
    prepare(folder)
    run("convtool pool photo.png -m mean -s 16 -o small.png", folder)
    run("printf '3,1,4,1,5,9,2,6\\n' > row.csv", folder)
    for name, words in PAGES.items():
        run(f"convtool explain {words} -o {name}.html", folder)
    run("convtool conv samples/scene.png -k gaussian3 -o soft.png", folder)
    run("convtool fit samples/scene.png soft.png --rational --replay training.html", folder)
    return [f"{name}.html" for name in (*PAGES, "training")]


def _convtool(*words: object) -> None:
    subprocess.run([SCRIPT, *map(str, words), "-q"], check=True, timeout=600)


def _described(spec: str) -> tuple[str, str]:
    """A kernel's name, or that of a bank, and what it is for."""
    kernels = convtool.find_kernels(spec)
    if len(kernels) > 1:
        return spec, f"{len(kernels)} kernels, as `{kernels[0].name}`"
    return kernels[0].name, kernels[0].description


def _shown(spec: str) -> str:
    """The options that suit the kernel."""
    kernels = convtool.find_kernels(spec)
    if len(kernels) > 1:
        return " --combine max --gray"
    flat = kernels[0].weights.sum() / kernels[0].divisor
    return "" if abs(flat) > 1e-6 else " --gray --range center"


def _file_name(spec: str) -> str:
    return re.sub(r"\W+", "-", spec) + ".png"


def api() -> str:
    """The page of the public names, with their docstrings."""
    names = sorted(convtool.__all__, key=str.lower)
    parts = [
        "# Python API",
        "All that `import convtool` gives. "
        "This page is generated from the docstrings by `python docs/build.py`.",
    ]
    for name in names:
        found = getattr(convtool, name)
        parts.append(f"## class {name}" if inspect.isclass(found) else f"## {name}")
        parts += _documented(name, found)
        if inspect.isclass(found):
            parts += _members(found)
    parts[2:2] = _contents([part for part in parts if part.startswith("## ")])
    return "\n\n".join(parts) + "\n"


def _members(found: type) -> Iterator[str]:
    """The public methods and properties of a class."""
    for name, member in vars(found).items():
        if name.startswith("_"):
            continue
        if isinstance(member, classmethod | staticmethod):
            member = member.__func__
        if isinstance(member, property | functools.cached_property):
            text = inspect.getdoc(member) or ""
            yield f"### {found.__name__}.{name}"
            yield from _docstring(text)
        elif inspect.isfunction(member):
            yield f"### {found.__name__}.{name}"
            yield from _documented(name, member)


def _documented(name: str, found: object) -> Iterator[str]:
    """The signature and the docstring of a function or a class."""
    written = found.__init__ if inspect.isclass(found) else found
    if inspect.isfunction(written) and (code := _source(written)):
        given = _arguments(code.args)
        result = f" -> {ast.unparse(code.returns)}" if code.returns and written is found else ""
        line = f"{name}({', '.join(given)}){result}"
        if len(line) > 80:
            line = "\n".join([f"{name}(", *(f"    {one}," for one in given), f"){result}"])
        yield f"```python\n{line}\n```"
    yield from _docstring(inspect.getdoc(found) or "")


def _arguments(given: ast.arguments) -> list[str]:
    """The arguments as they are written, without self and cls."""
    found = []
    defaults = [None] * (len(given.args) - len(given.defaults)) + list(given.defaults)
    pairs = [*zip(given.args, defaults, strict=True)]
    for group, star in ((pairs, ""), (zip(given.kwonlyargs, given.kw_defaults, strict=True), "*")):
        found += [star] if star and given.kwonlyargs else []
        for argument, default in group:
            if argument.arg not in ("self", "cls"):
                value = f" = {ast.unparse(default)}" if default else ""
                found.append(ast.unparse(argument) + value)
    return found + ([f"**{given.kwarg.arg}"] if given.kwarg else [])


def _source(function: Callable[..., object]) -> ast.FunctionDef | None:
    """What was written of a function; None for one that Python has generated."""
    try:
        (code,) = ast.parse(textwrap.dedent(inspect.getsource(function))).body
    except (OSError, SyntaxError):
        return None
    return code if isinstance(code, ast.FunctionDef) else None


def _docstring(text: str) -> Iterator[str]:
    """A docstring as Markdown: examples, and sections with what stands in them as lists."""
    lines = text.splitlines()
    for first, paragraph in _paragraphs(lines):
        if first.startswith(">>>"):
            yield "\n".join(["```python", *paragraph, "```"])
        elif len(paragraph) > 1 and set(paragraph[1]) == {"-"}:
            yield f"**{first}**"
            yield "\n".join(_entries(paragraph[2:]))
        else:
            yield " ".join(" ".join(paragraph).split()).replace("``", "`")


def _paragraphs(lines: list[str]) -> Iterator[tuple[str, list[str]]]:
    for empty, group in itertools.groupby(lines, key=lambda line: not line.strip()):
        if not empty:
            paragraph = list(group)
            yield paragraph[0], paragraph


def _entries(lines: list[str]) -> Iterator[str]:
    """The parameters of a section: each with what is indented under it."""
    before = ""
    for line in lines:
        text = line.strip().replace("``", "`").replace("*", r"\*")
        if line.startswith(" "):
            yield f"  {text}" if before.startswith(" ") else f"  <br>{text}"
        else:
            name, colon, rest = text.partition(" : ")
            yield f"- `{name}`: {rest}" if colon else f"- {text}"
        before = line


def _command(command: click.Command, ctx: click.Context) -> Iterator[str]:
    """A command's help and options, and those of the commands in it."""
    usage = " ".join(command.collect_usage_pieces(ctx))
    yield f"### {ctx.command_path}"
    yield f"`{ctx.command_path} {usage}`"
    yield from _help(inspect.cleandoc(command.help or ""))
    if isinstance(command, GroupedCommand):
        sections = command.sections(ctx)
    else:
        params = command.get_params(ctx)
        sections = {"option": [param for param in params if isinstance(param, click.Option)]}
    for heading, options in sections.items():
        rows = [_row(option, ctx) for option in options if "--help" not in option.opts]
        if rows:
            heading = heading.lower() if len(sections) > 1 else "option"
            yield "\n".join([f"| {heading} | meaning |", "| --- | --- |", *rows])
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
    return f"| <code>{_cell(names + value)}</code> | {_cell((option.help or '') + default)} |"


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
        "Words separated by `|`, or a list in a `.toml` or `.json` file; "
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
    for format_ in KERNEL_FORMATS.values():
        yield f"### {', '.join(format_.extensions)} (`--format {format_.name}`)"
        yield _text_of(f"kernel.formats.{format_.module}")
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
    head = ("format", "extensions", "holds", "16 bits", "carries along")
    rows = [f"| {' | '.join(head)} |", "| --- | --- | --- | --- | --- |"]
    for format_ in FORMATS.values():
        holds = "pixels" if format_.pixels else "the values themselves"
        holds += " of pictures, the values themselves of numbers" if format_.numbers else ""
        deep = "grey" if format_.deep == (1,) else "grey and colour" if format_.deep else "no"
        deep = deep if format_.pixels else "as they are"
        carried = ", ".join(name for field, name in NAMES.items() if field in format_.holds)
        cells = (format_.name, ", ".join(format_.extensions), holds, deep, carried or "-")
        rows.append(f"| {' | '.join(cells)} |")
    yield "\n".join(rows)


def _cell(text: str) -> str:
    """A text in a table, where a backslash before a bar would be shown."""
    return html.escape(text, quote=False).replace("|", "&#124;")


if __name__ == "__main__":
    build()
