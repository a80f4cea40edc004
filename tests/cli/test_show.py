"""--show on terminals of all kinds: what they show is decoded to pixels."""

import io
import os
import re
import subprocess
import sys

import numpy as np
import pytest
from convtool.cli.terminal import KEPT, LEAST, RAMP, Screen, arrange, drawn
from helpers.pictures import clipped, shrunk
from PIL import Image
from rich.color import Color, ColorSystem

from convtool import conv2d, find_kernel, find_kernels, read_image
from convtool.render.thumbnail import Cell, fitting

PLAIN = {
    name: value
    for name, value in os.environ.items()
    if name
    not in ("COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR", "COLORTERM", "LC_ALL", "LC_CTYPE")
} | {"LANG": "C.UTF-8", "TERM": "xterm"}
TRUE = PLAIN | {"COLORTERM": "truecolor"}
DEEP = PLAIN | {"TERM": "xterm-256color"}
SIZE = (24, 80)
NOTHING = -1
"""A pixel in the terminal's own ground."""


def lines_of(shown):
    """The lines that a terminal showed, without notes."""
    text = shown.decode()
    assert text.endswith("\n")
    return [line for line in text.split("\r\n")[:-1] if not line.startswith("convtool: ")]


def plain(line):
    """A line without its colours."""
    return re.sub(r"\x1b\[[\d;]*m", "", line)


def pixels_of(lines):
    """The colours of half blocks, (2 x lines, columns, 3), or their numbers among 256."""
    rows = []
    for line in lines:
        front = back = None
        above, below = [], []
        for code, letter in re.findall(r"\x1b\[([\d;]*)m|(.)", line):
            if letter:
                assert letter == "▀"
                above.append(front)
                below.append(back)
            elif code == "0":
                front = back = None
            else:
                words = list(map(int, code.split(";")))
                while words:
                    kind = words.pop(0)
                    if kind == 49:
                        back = (NOTHING,) * len(front)
                        continue
                    assert kind in (38, 48)
                    count = {2: 3, 5: 1}[words.pop(0)]
                    color, words = tuple(words[:count]), words[count:]
                    front, back = (color, back) if kind == 38 else (front, color)
        assert (front, back) == (None, None), "the colours are left on"
        rows += [above, below]
    pixels = np.array(rows)
    return pixels[:-1] if (pixels[-1] == NOTHING).all() else pixels


def room(size):
    """Pixels of a single map on a terminal of (lines, columns)."""
    return 2 * max(size[0] - KEPT, 1), size[1]


@pytest.fixture
def cat(folder, photo):
    """The photo as photo.png in the current folder."""
    Image.fromarray(photo).save("photo.png")
    return photo


def on(terminal, *arguments, streams=("stdout", "stderr"), size=SIZE, env=TRUE, **files):
    code, shown = terminal(*arguments, streams=streams, size=size, env=env, **files)
    assert code == 0, shown
    return shown


@pytest.mark.parametrize("size", [(24, 80), (50, 200), (9, 300), (100, 20), (2, 2)])
def test_the_map_as_large_as_fits(terminal, cat, folder, size):
    lines = lines_of(on(terminal, "conv", "photo.png", "-k", "sharpen", "--show", size=size))
    expected = shrunk(clipped(conv2d(cat, find_kernel("sharpen"))), room(size))
    assert np.array_equal(pixels_of(lines), expected)
    assert len(lines) <= size[0]
    assert max(len(plain(line)) for line in lines) <= size[1]
    assert [path.name for path in folder.iterdir()] == ["photo.png"]


@pytest.mark.parametrize("shape", [(1, 1), (1, 5000), (5000, 1), (2, 3), (41, 80), (43, 81)])
def test_maps_of_any_shape_fit(terminal, folder, shape):
    pixels = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    Image.fromarray(pixels).save("m.png")
    lines = lines_of(on(terminal, "conv", "m.png", "-k", "1", "--show"))
    small = shrunk(pixels, room(SIZE))
    scale = max(1, min(42 // len(small), 80 // small.shape[1]))
    assert np.array_equal(pixels_of(lines), small.repeat(scale, axis=0).repeat(scale, axis=1))
    assert len(lines) <= SIZE[0] - KEPT
    assert max(len(plain(line)) for line in lines) <= SIZE[1]


def test_the_environment_may_name_another_size(terminal, cat):
    env = TRUE | {"COLUMNS": "33", "LINES": "40"}
    lines = lines_of(on(terminal, "pool", "photo.png", "--show", env=env))
    assert {len(plain(line)) for line in lines} == {33}


def test_256_colours_are_the_nearest(terminal, cat):
    lines = lines_of(on(terminal, "conv", "photo.png", "-k", "identity", "--show", env=DEEP))
    small = shrunk(cat, room(SIZE))
    expected = [
        [Color.from_rgb(*pixel).downgrade(ColorSystem.EIGHT_BIT).number for pixel in row]
        for row in small.tolist()
    ]
    assert np.array_equal(pixels_of(lines)[..., 0], expected)


@pytest.mark.parametrize(
    "env",
    [
        TRUE | {"NO_COLOR": "1"},
        TRUE | {"TERM": "dumb"},
        PLAIN,
        TRUE | {"PYTHONIOENCODING": "ascii"},
        TRUE | {"LANG": "C"},
        TRUE | {"LC_ALL": "POSIX"},
    ],
    ids=["NO_COLOR", "dumb", "16 colours", "ascii", "LANG=C", "LC_ALL=POSIX"],
)
def test_letters_where_there_are_no_colours(terminal, cat, env):
    shown = on(terminal, "conv", "photo.png", "-k", "identity", "--show", "-q", env=env)
    assert shown.isascii()
    assert b"\x1b" not in shown
    luma = shrunk(cat, room(SIZE)) @ np.array([0.299, 0.587, 0.114])
    assert len(luma) % 2 == 0
    levels = (luma[::2] + luma[1::2]) / 2 / 255 * (len(RAMP) - 1)
    found = np.array([[RAMP.index(letter) for letter in line] for line in lines_of(shown)])
    assert found.shape == levels.shape
    assert np.abs(found - levels).max() < 0.5 + 1e-6


def test_the_last_row_of_an_odd_number_is_its_own_letter():
    white = np.full((3, 2, 3), 255, np.uint8)
    screen = Screen(10, 10, "ascii")
    lines = drawn("ascii", arrange(screen, [(3, 2)])._replace(cell=(3, 2)), [Cell("", white)])
    assert lines == ["@@", "@@"]


def test_ranges_and_alpha_are_shown(terminal, cat, folder):
    alpha = np.zeros(cat.shape[:2], np.uint8)
    alpha[:, :200] = 255
    Image.fromarray(np.dstack([cat, alpha])).save("a.png")
    lines = lines_of(on(terminal, "conv", "a.png", "-k", "sobel_x", "--show", "--range", "center"))
    values = conv2d(cat, find_kernel("sobel_x")).astype(float)
    toned = clipped(128 + values * 127 / np.abs(values).max())
    expected = shrunk(np.dstack([toned, alpha]), room(SIZE))
    assert np.array_equal(pixels_of(lines), expected)
    assert len(np.unique(expected[:, -20:])) == 2


def test_without_a_terminal_there_is_not_one_byte_more(convtool, cat):
    plain_ = convtool("conv", "photo.png", "-k", "box3")
    shown = convtool("conv", "photo.png", "-k", "box3", "--show", env=TRUE)
    assert shown.returncode == 0
    assert shown.stdout == plain_.stdout
    assert shown.stderr.count(b"\n") == 1
    assert b"neither stdout nor stderr is a terminal" in shown.stderr
    assert convtool("conv", "photo.png", "-k", "box3", "--show", "-q").stderr == b""


@pytest.mark.parametrize(
    ("format_", "range_"), [("png", "clip"), ("jpeg", "normalize"), ("npy", "center")]
)
def test_with_a_file_both(terminal, convtool, cat, folder, format_, range_):
    arguments = ["conv", "photo.png", "-k", "edge", "--range", range_]
    lines = lines_of(on(terminal, *arguments, "--show", "-q", "-o", f"shown.{format_}"))
    assert convtool(*arguments, "-o", f"plain.{format_}").returncode == 0
    shown, plain_ = ((folder / f"{n}.{format_}").read_bytes() for n in ("shown", "plain"))
    assert shown == plain_
    toned = np.asarray(Image.open(io.BytesIO(convtool(*arguments).stdout)))
    assert np.array_equal(pixels_of(lines), shrunk(toned, room(SIZE)))


@pytest.mark.parametrize("format_", ["png", "npy"])
def test_a_pipe_gets_the_map_and_stderr_shows_it(terminal, convtool, cat, folder, format_):
    arguments = ["pool", "photo.png", "--format", format_]
    with open("out", "wb") as out:
        shown = on(terminal, *arguments, "--show", streams=["stderr"], stdout=out)
    assert (folder / "out").read_bytes() == convtool(*arguments).stdout
    expected = shrunk(read_image("photo.png")[:300, :450].reshape(150, 2, 225, 2, 3).max((1, 3)),
                      room(SIZE))  # fmt: skip
    assert np.array_equal(pixels_of(lines_of(shown)), expected)


def test_an_image_from_a_pipe_is_shown_beside_numbers(terminal, cat, folder):
    with open("photo.png", "rb") as stdin:
        shown = on(terminal, "conv", "-k", "1", "--show", "-o", "m.npy", stdin=stdin)
    assert np.array_equal(pixels_of(lines_of(shown)), shrunk(cat, room(SIZE)))
    assert np.array_equal(read_image("m.npy"), cat)


def test_several_kernels_are_a_grid_with_names(terminal, cat, folder):
    shown = on(terminal, "conv", "photo.png", "-k", "kirsch", "--show", "-q", size=(50, 120))
    lines = lines_of(shown)
    assert len(lines) <= 50
    assert max(len(plain(line)) for line in lines) <= 120
    kernels = find_kernels("kirsch")
    screen = Screen(120, 50, "truecolor")
    layout = arrange(screen, [cat.shape[:2]] * 8)
    names = [k.name for k in kernels]
    titles = [i for i, line in enumerate(lines) if "kirsch" in line]
    assert [line.split() for line in lines if "kirsch" in line] == [
        names[start : start + layout.columns] for start in range(0, 8, layout.columns)
    ]
    height, width = fitting(cat.shape[:2], layout.cell)
    assert min(height / layout.cell[0], width / layout.cell[1]) > 0.2
    for row, start in enumerate(titles):
        block = lines[start + 1 : start + 1 + -(-height // 2)]
        for col, kernel in enumerate(kernels[row * layout.columns :][: layout.columns]):
            x = col * (width + 2)
            assert re.match(rf"{kernel.name}\b", lines[start][x:])
            cut = ["".join(cells_in(line)[x : x + width]) + "\x1b[0m" for line in block]
            expected = shrunk(clipped(conv2d(cat, kernel)), layout.cell)
            assert np.array_equal(pixels_of(cut), expected), kernel.name
    assert list(folder.iterdir()) == [folder / "photo.png"]


def cells_in(line):
    """The letters of a line, each after the code of its own colours."""
    code, found = "", []
    for new, letter in re.findall(r"(\x1b\[[\d;]*m)|(.)", line):
        code = new or code
        if letter:
            found.append(code + letter)
    return found


def test_the_outputs_of_a_layer_are_shown_each(terminal, cat, folder):
    weights = np.random.default_rng(0).normal(0, 0.3, (4, 3, 3, 3)).astype(np.float32)
    np.save("w.npy", weights)
    for arguments in (["conv", "photo.png", "-k", "w.npy"], ["run", "conv -k w.npy", "photo.png"]):
        lines = lines_of(on(terminal, *arguments, "--show", "-q", env=PLAIN))
        assert [word for line in lines for word in line.split() if word.isdigit()] == list("0123")


def test_names_are_cut_to_their_maps():
    cells = [Cell("a long name of a kernel", np.zeros((8, 8, 3), np.uint8))] * 6
    layout = arrange(Screen(30, 20, "ascii"), [(8, 8)] * 6)
    lines = drawn("ascii", layout, cells)
    assert max(map(len, lines)) <= 30
    assert lines[0].startswith("a long")


def test_tiny_maps_side_by_side_are_enlarged_alike():
    """White, of several sizes: what is beside and below them is the terminal's ground."""
    cells = [Cell(f"k{i}", np.full((2, width, 3), 255, np.uint8)) for i, width in enumerate((3, 1))]
    layout = arrange(Screen(20, 9, "ascii"), [(2, 3), (2, 1)])
    assert layout.columns == 2
    assert drawn("ascii", layout, cells) == ["k0         k1", *["@@@@@@@@@  @@@"] * 3]
    pictures = drawn("truecolor", layout, cells)[1:]
    assert [plain(line) for line in pictures] == ["▀" * 9 + "  " + "▀" * 3] * 3


def test_names_that_a_terminal_has_no_letters_for():
    cells = [Cell(name, np.full((4, 9, 3), 255, np.uint8)) for name in ("ä", "核")]
    layout = arrange(Screen(30, 20, "ascii"), [(4, 9)] * 2)
    assert "".join(drawn("ascii", layout, cells)).isascii()
    shown = "".join(drawn("truecolor", layout, cells))
    assert "ä" in shown
    assert "核" in shown


@pytest.mark.parametrize("count", [2, 3, 8, 39, 512])
@pytest.mark.parametrize("shape", [(300, 451), (3000, 100), (7, 7), (1, 5000), (1, 1)])
@pytest.mark.parametrize(("columns", "lines"), [(80, 24), (200, 60), (20, 50), (1, 1), (5, 3)])
def test_layouts_fit_in_width_and_in_height_or_scroll(count, shape, columns, lines):
    screen = Screen(columns, lines, "ascii")
    layout = arrange(screen, [shape] * count)
    height, width = fitting(shape, layout.cell)
    cells = [Cell("name", np.zeros((height, width, 3), np.uint8))] * count
    drawn_lines = drawn("ascii", layout, cells)
    assert max(map(len, drawn_lines)) <= columns
    titles = sum(line.startswith("n") for line in drawn_lines)
    assert titles == -(-count // layout.columns)
    if len(drawn_lines) > max(
        lines - KEPT, 1
    ):  # it scrolls: no more room, with pictures this small
        assert width <= max(LEAST, columns // layout.columns)


@pytest.mark.parametrize("option", [("--format", "npy"), ("--sheet",)])
def test_a_note_where_what_is_asked_for_has_no_file(terminal, cat, folder, option):
    shown = on(terminal, "pool", "photo.png", "--show", *option)
    assert b"--show makes no file of " + option[0].encode() in shown
    assert list(folder.iterdir()) == [folder / "photo.png"]


def test_a_sheet_without_a_name(terminal, convtool, cat, folder):
    arguments = ["conv", "photo.png", "-k", "sobel_x", "-k", "sobel_y", "--sheet"]
    piped = convtool(*arguments).stdout
    shown = on(terminal, *arguments)
    assert b"convtool: wrote photo-sheet.png" in shown
    assert (folder / "photo-sheet.png").read_bytes() == piped
    os.unlink("photo-sheet.png")
    shown = on(terminal, *arguments, "--show")
    assert b"sobel_y" in shown
    assert list(folder.iterdir()) == [folder / "photo.png"]
    shown = on(terminal, *arguments, "--show", "-o", "g.png")
    assert b"sobel_y" in shown
    assert (folder / "g.png").read_bytes() == piped


def test_nothing_of_it_is_imported_where_nothing_is_shown(cat):
    code = (
        "import sys\n"
        "from convtool.cli.main import cli\n"
        "try:\n"
        "    cli.main(['pool', 'photo.png', '-o', 'o.png'])\n"
        "finally:\n"
        "    names = ('rich', 'convtool.render', 'convtool.cli.terminal')\n"
        "    assert not [name for name in names if name in sys.modules]\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
