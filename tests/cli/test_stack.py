"""A folder or a list of slices as one volume: --stack."""

import json
import resource
from pathlib import Path

import numpy as np
import pytest
import scipy.ndimage
import tifffile
from PIL import Image

WEIGHTS = np.random.default_rng(0).integers(-3, 4, (3, 3, 5))


@pytest.fixture
def slices(folder):
    """slices/slice0.png to slice11.png, v.npy with the same volume, and k.json, a kernel with
    depth."""
    found = np.random.default_rng(1).integers(0, 256, (12, 20, 30), np.uint8)
    (folder / "slices").mkdir()
    for number, one in enumerate(found):
        Image.fromarray(one).save(f"slices/slice{number}.png")
    np.save("v.npy", found)
    (folder / "k.json").write_text(json.dumps({"weights": WEIGHTS.tolist()}))
    return found


def listed(folder, numbers):
    (folder / "list").write_text("".join(f"slices/slice{number}.png\n" for number in numbers))
    return ("--from-file", "list", "--stack")


def test_a_folder_is_a_volume_in_the_order_of_its_numbers(convtool, slices):
    done = convtool("conv", "slices", "--stack", "-k", "k.json", "-o", "o.npy")
    assert (done.returncode, done.stderr) == (0, b"")
    expected = scipy.ndimage.correlate(slices.astype(np.int64), WEIGHTS, mode="nearest")
    assert np.array_equal(np.load("o.npy"), expected)


def test_the_order_is_that_of_the_names_that_are_given(convtool, slices, folder):
    order = [3, 11, 0, 3]
    for words in (listed(folder, order), ("--stack", *(f"slices/slice{n}.png" for n in order))):
        assert convtool("pool", *words, "-s", "1", "-o", "o.npy").returncode == 0
        assert np.array_equal(np.load("o.npy"), slices[order])
    (folder / "slices" / "z2").mkdir()
    (folder / "slices" / "z2" / "a.png").write_bytes(Path("slices/slice5.png").read_bytes())
    words = ("slices", "slices/slice1.png", "--stack", "--recursive", "-s", "1", "-o", "o.npy")
    assert convtool("pool", *words).returncode == 0
    assert np.array_equal(np.load("o.npy"), np.concatenate([slices, slices[[5, 1]]]))


@pytest.mark.parametrize("target", ["o.npy", "o.tif", "o.png", "o.webp", "o-{frame}.png"])
@pytest.mark.parametrize("options", [(), ("--range", "normalize"), ("--border", "wrap")])
def test_the_bytes_are_those_of_the_volume_in_one_file(convtool, slices, folder, target, options):
    files = []
    for source in (("slices", "--stack"), ("v.npy", "--axes", "zyx")):
        done = convtool("conv", *source, "-k", "k.json", *options, "-o", target)
        assert done.returncode == 0, done.stderr
        made = sorted(folder.glob("o*"))
        files.append({path.name: path.read_bytes() for path in made})
        for path in made:
            path.unlink()
    assert files[0] == files[1]
    assert len(files[0]) == (12 if "{" in target else 1)


def test_a_pipeline_and_windows_over_slices(convtool, slices):
    words = ("run", "conv -k k.json | relu | pool -s 2x2x2")
    for threads in ("1", "2"):
        made = []
        for source in (("slices", "--stack"), ("v.npy", "--axes", "zyx")):
            done = convtool(*words, *source, "--threads", threads, "-o", "o.npy")
            assert done.returncode == 0, done.stderr
            made.append(np.load("o.npy"))
        assert made[0].shape == (6, 10, 15)
        assert np.array_equal(*made)


def test_frames_are_slices(convtool, slices):
    words = ("slices", "--stack", "-s", "1", "--frames", "9..10")
    assert convtool("pool", *words, "-o", "{frame}.tif").returncode == 0
    assert np.array_equal(tifffile.imread("10.tif"), slices[10])
    assert convtool("pool", "slices", "--stack", "-s", "12x20x30", "-o", "one.jpg").returncode == 0
    with Image.open("one.jpg") as one:
        assert one.size == (1, 1)


def test_one_image_is_a_stack_of_one(convtool, slices):
    for words in ((), ("--stack",)):
        done = convtool(
            "conv", "slices/slice0.png", *words, "-k", "edge", "-o", f"{len(words)}.png"
        )
        assert done.returncode == 0
    assert Path("0.png").read_bytes() == Path("1.png").read_bytes()


def test_a_sheet_shows_one_slice_and_says_so(convtool, slices):
    done = convtool("conv", "slices", "--stack", "-k", "edge", "--sheet", "-o", "o.png")
    assert b"slices: holds 12 slices, only the first is read" in done.stderr
    words = ("--frames", "11", "-k", "edge", "--sheet", "-o")
    assert convtool("conv", "slices", "--stack", *words, "p.png").returncode == 0
    assert convtool("conv", "slices/slice11.png", *words[2:], "q.png").returncode == 0
    assert Path("p.png").read_bytes() == Path("q.png").read_bytes()


def test_many_slices_and_few_files(process, slices):
    """300 slices, where a process may open 40 files."""
    limit = lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40))  # noqa: E731
    words = ["slices"] * 25
    done = process(
        "conv", *words, "--stack", "-k", "gaussian:3x5x5", "-o", "o.tif", preexec_fn=limit
    )
    assert done.returncode == 0, done.stderr
    assert len(tifffile.imread("o.tif")) == 300


@pytest.mark.parametrize("target", ["o.tif", "o-{frame}.png"])
def test_slices_that_differ_leave_nothing(convtool, slices, folder, target):
    Image.new("L", (30, 21)).save("slices/slice12.png")
    before = set(folder.rglob("*"))
    done = convtool("conv", "slices", "--stack", "-k", "k.json", "-o", target)
    assert done.returncode == 1
    assert done.stderr == (
        b"convtool: slices/slice12.png: is 21x30 uint8 of channels L, but slices/slice0.png "
        b"20x30 uint8 of channels L, and the slices of a stack are alike\n"
    )
    assert set(folder.rglob("*")) == before


def test_a_slice_cut_short_leaves_nothing(convtool, slices, folder):
    data = Path("slices/slice11.png").read_bytes()
    Path("slices/slice11.png").write_bytes(data[: len(data) // 2])
    before = set(folder.rglob("*"))
    done = convtool("conv", "slices", "--stack", "-k", "k.json", "-o", "o.tif")
    assert done.returncode == 1
    assert done.stderr.startswith(b"convtool: slices/slice11.png: ")
    assert set(folder.rglob("*")) == before


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["slices", "-d", "out"], "--stack makes one volume for -o OUT, and --out-dir is for many"),
        (["slices", "-o", "o.tif", "--skip-existing"], "and --skip-existing is for many images"),
        (["slices", "-o", "o.tif", "--json"], "and --json is for many images"),
        (["slices", "-o", "o.tif", "--fail-fast"], "and --fail-fast is for many images"),
        (["slices", "-o", "o.tif", "--scheduler", "x"], "and --scheduler is for many images"),
        (["-", "slices", "-o", "o.tif"], "stdin is one image, and cannot be a slice of a stack"),
        (["-o", "o.tif"], "--stack takes files and folders, and none is given"),
        (["slices", "-o", "o.jpg"], "jpeg holds one frame, and there are 12: {frame} in the"),
        (["slices", "-o", "slices/slice3.png"], "would replace the image; --overwrite allows it"),
        (["--from-file", "/dev/null", "-o", "o.tif"], "/dev/null: names no image"),
        (["slices", "no.png", "-o", "o.tif"], "no.png: no such file"),
    ],
)
def test_what_is_told(convtool, slices, folder, words, told):
    before = set(folder.rglob("*"))
    done = convtool("conv", *words, "--stack", "-k", "edge")
    assert done.returncode != 0
    assert told in done.stderr.decode()
    assert b"Traceback" not in done.stderr
    assert set(folder.rglob("*")) == before


def test_the_slices_are_shown_and_named(terminal, slices):
    code, shown = terminal(
        "conv", "slices/", "--stack", "-k", "edge", streams=("stdout", "stderr"), size=(30, 80)
    )
    assert code == 0
    assert b"wrote slices-edge.png" in shown
    with Image.open("slices-edge.png") as map_:
        assert map_.n_frames == 12


def test_slices_in_time_are_no_depth(convtool, slices):
    for number in range(3):
        tifffile.imwrite(f"t{number}.tif", slices[number], photometric="minisblack")
    words = ("t0.tif", "t1.tif", "t2.tif", "--stack", "-o", "o.npy")
    done = convtool("conv", *words, "--axes", "tyx", "-k", "k.json")
    assert b"t0.tif: conv k 3x3x5: the window lies on several slices, and those of" in done.stderr
    assert b"are times (t), not depth alone" in done.stderr
    assert convtool("conv", *words, "--axes", "tyx", "-k", "edge").returncode == 0
    assert convtool("conv", *words, "--axes", "yx", "-k", "k.json").returncode == 0
    expected = scipy.ndimage.correlate(slices[:3].astype(np.int64), WEIGHTS, mode="nearest")
    assert np.array_equal(np.load("o.npy"), expected)


def test_an_order_that_a_shell_made_is_told(convtool, slices, folder):
    for order in (sorted(range(12), key=str), list(range(12)), [3, 1, 2]):
        paths = [f"slices/slice{number}.png" for number in order]
        done = convtool("pool", *paths, "--stack", "-s", "1", "-o", "o.npy")
        assert np.array_equal(np.load("o.npy"), slices[order])
        told = b"the slices keep the order of the list, slices/slice11.png before slices/slice2.png"
        assert (told in done.stderr) == (order[1] == 1 and order[2] == 10)
