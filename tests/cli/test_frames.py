"""Animations and pages: every frame filtered by itself, with its timing."""

import io
import json
import struct
import tracemalloc
import zlib
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import tifffile
from helpers.command import run_here
from PIL import Image

from convtool import conv2d, find_kernel, pool2d, read_image
from convtool.core.frames import ALL, Frames
from convtool.io.source import open_image

DURATIONS = [50.0, 60.0, 70.0, 120.0, 90.0]
EXTENSIONS = ["gif", "webp", "png", "tif"]


def pictures(count=5, shape=(40, 50), channels=3):
    """A square that moves over a few colours."""
    found = np.zeros((count, *shape, channels), np.uint8)
    for number, picture in enumerate(found):
        picture[..., :3] = np.arange(shape[1], dtype=np.uint8)[:, np.newaxis] // 8
        picture[4 * number : 4 * number + 12, 6 * number : 6 * number + 12] = (250, 80, 20, 255)[
            :channels
        ]
    return found


def saved(path, frames, **options):
    if path.endswith("tif"):
        tifffile.imwrite(path, frames, photometric="rgb", metadata=None)
        return
    first, *others = [Image.fromarray(frame) for frame in frames]
    options = {"lossless": True, "exact": True, **options} if path.endswith("webp") else options
    options = {"loop": 3, "duration": DURATIONS[: len(frames)], **options}
    first.save(path, save_all=True, append_images=others, **options)


def shown(path):
    """The frames as Pillow shows them, the milliseconds of each, and how often all are shown."""
    with Image.open(path) as image:
        frames, durations = [], []
        for number in range(getattr(image, "n_frames", 1)):
            image.seek(number)
            frames.append(np.asarray(image.convert("RGB")))
            durations.append(image.info.get("duration"))
        return np.stack(frames), durations, image.info.get("loop")


def stacked(path, frames=ALL):
    """The frames as convtool reads them, (N, H, W, C)."""
    reader = open_image(path, frames=frames)
    depth, height, width = reader.header.size
    return np.concatenate(list(reader.blocks())).reshape(depth, height, width, -1)


@pytest.mark.parametrize("extension", EXTENSIONS)
def test_frames_are_read_as_they_are_shown(folder, extension):
    saved(f"a.{extension}", pictures())
    frames, durations, _ = shown(f"a.{extension}")
    assert np.array_equal(stacked(f"a.{extension}")[..., :3], frames)
    assert np.array_equal(stacked(f"a.{extension}", Frames(1, 3))[..., :3], frames[1:4])
    timing = open_image(f"a.{extension}", frames=ALL).metadata.timing
    if extension == "tif":
        assert timing is None
    else:
        assert list(timing.durations) == durations == DURATIONS
        assert timing.loops == (4 if extension == "gif" else 3)  # GIF: three times again
    first = read_image(f"a.{extension}")
    assert np.array_equal(first[..., :3], frames[0])


@pytest.mark.parametrize("source", EXTENSIONS)
@pytest.mark.parametrize("target", EXTENSIONS)
def test_every_frame_is_filtered_by_itself(convtool, folder, source, target):
    saved(f"a.{source}", pictures())
    frames, *_ = shown(f"a.{source}")
    done = convtool("conv", f"a.{source}", "-k", "box3", "--border", "wrap", "-o", f"o.{target}")
    assert done.returncode == 0
    found, durations, loops = shown(f"o.{target}")
    box = find_kernel("box3")
    expected = np.stack([conv2d(one, box, border="wrap", dtype=np.uint8) for one in frames])
    if target == "gif" and b"became the nearest" in done.stderr:
        assert np.abs(found.astype(int) - expected).mean() < 3
    else:
        assert np.array_equal(found, expected)
    if "tif" not in (source, target):
        assert durations == DURATIONS
        assert loops == {"gif": 3}.get(target, {"gif": 4}.get(source, 3)) - (
            target == "gif" and source != "gif"
        )
    if source != "tif":
        assert (b"tiff holds no timing of frames" in done.stderr) == (target == "tif")


@pytest.mark.parametrize("target", ["png", "tif", "webp"])
@pytest.mark.parametrize("threads", ["1", "2", "3"])
def test_pipelines_strides_and_any_threads(convtool, folder, target, threads):
    saved("a.png", pictures(4, (61, 47)))
    words = "conv -k gaussian:5 --stride 2 --border mirror | pool -s 3 --stride 1 --padding same"
    done = convtool("run", words, "a.png", "-o", f"o.{target}", "--threads", threads)
    assert done.returncode == 0, done.stderr
    gauss = find_kernel("gaussian:5")
    expected = [
        pool2d(conv2d(one, gauss, stride=2, border="mirror"), 3, stride=1, padding="same")
        for one in pictures(4, (61, 47))
    ]
    assert np.array_equal(shown(f"o.{target}")[0], np.rint(expected))


@pytest.mark.parametrize("dtype", ["u1", "i2", "u2", "i4", "f4", "f8"])
@pytest.mark.parametrize("compression", ["none", "fast", "small"])
def test_pages_keep_their_type(convtool, folder, dtype, compression):
    rng = np.random.default_rng(0)
    pages = rng.integers(0, 100, (7, 31, 23)).astype(dtype)
    tifffile.imwrite("a.tif", pages, metadata=None, photometric="minisblack")
    words = ("-s", "1", "--compress", compression, "-o", "o.tif")
    assert convtool("pool", "a.tif", *words).returncode == 0
    found = tifffile.imread("o.tif")
    assert found.dtype == pages.dtype
    assert np.array_equal(found, pages)
    with tifffile.TiffFile("o.tif") as file:
        assert len(file.pages) == 7
        assert all(page.offset % 2 == 0 for page in file.pages)


def test_frames_of_16_bits_and_alpha(convtool, folder):
    rng = np.random.default_rng(1)
    pages = rng.integers(0, 65536, (3, 20, 30, 3), np.uint16)
    tifffile.imwrite("a.tif", pages, photometric="rgb", metadata=None)
    assert convtool("pool", "a.tif", "-s", "1", "-o", "o.png").returncode == 0
    assert np.array_equal(stacked("o.png"), pages)
    rgba = rng.integers(1, 256, (3, 20, 30, 4), np.uint8)
    for extension in ("png", "webp"):
        saved(f"a.{extension}", rgba, blend=0) if extension == "png" else saved("a.webp", rgba)
        done = convtool("conv", f"a.{extension}", "-k", "box3", "-o", f"o.{extension}")
        assert done.returncode == 0, done.stderr
        ones = np.ones((3, 3), int)
        expected = [conv2d(one, ones, divisor=9, alpha="weight") for one in rgba]
        assert np.array_equal(stacked(f"o.{extension}"), np.rint(expected))


def test_frames_larger_than_a_band(convtool, folder):
    pages = np.random.default_rng(2).integers(0, 256, (3, 700, 1500, 3), np.uint8)
    tifffile.imwrite("a.tif", pages, photometric="rgb", metadata=None)
    expected = [conv2d(one, find_kernel("edge"), dtype=np.uint8) for one in pages]
    for name in ("o.png", "o.tif", "o.webp"):
        assert convtool("conv", "a.tif", "-k", "edge", "-o", name).returncode == 0
        assert np.array_equal(shown(name)[0], expected)


@pytest.mark.parametrize(
    ("which", "expected"),
    [("all", range(5)), ("first", [0]), ("2", [2]), ("1..3", [1, 2, 3]), ("0..0", [0])],
)
def test_some_frames(convtool, folder, which, expected):
    saved("a.png", pictures())
    done = convtool("pool", "a.png", "-s", "1", "--frames", which, "-o", "o.tif")
    assert done.returncode == 0
    assert np.array_equal(stacked("o.tif"), pictures()[list(expected)])
    assert b"only the first" not in done.stderr


def test_a_file_for_each_frame(convtool, folder):
    saved("a.gif", pictures())
    frames = shown("a.gif")[0]
    done = convtool("pool", "a.gif", "-s", "1", "-o", "f-{frame}.png")
    assert done.returncode == 0
    assert b"the timing or axes of the image's slices stay behind" in done.stderr
    for number, frame in enumerate(frames):
        assert np.array_equal(read_image(f"f-{number}.png"), frame)
    done = convtool("pool", "a.gif", "-s", "1", "--frames", "3..4", "-o", "g{frame}.jpg")
    assert done.returncode == 0
    assert sorted(path.name for path in folder.glob("g*")) == ["g3.jpg", "g4.jpg"]
    done = convtool("pool", "a.gif", "-o", "f-{frame}.png", "--no-clobber")
    assert done.returncode == 1
    assert b"f-0.png: is there already" in done.stderr
    assert convtool("pool", "f-0.png", "-o", "one-{frame}.png").returncode == 0
    assert (folder / "one-0.png").exists()


def test_batches(convtool, folder):
    saved("a.gif", pictures())
    saved("b.webp", pictures(3))
    Image.fromarray(pictures(1)[0]).save("c.png")
    done = convtool("pool", "a.gif", "b.webp", "c.png", "-s", "1", "-d", "out", "--json")
    assert done.returncode == 0, done.stderr
    lines = map(json.loads, done.stdout.splitlines())
    shapes = {Path(line["output"]).name: line["shape"] for line in lines}
    assert shapes["a-max1.png"] == [5, 40, 50, 3]
    assert shapes["c-max1.png"] == [40, 50, 3]
    assert len(shown("out/a-max1.png")[0]) == 5
    assert len(shown("out/b-max1.png")[0]) == 3
    assert len(shown("out/c-max1.png")[0]) == 1
    done = convtool("pool", "a.gif", "-d", "parts", "--name", "{stem}/{frame}.jpg")
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in (folder / "parts/a").iterdir()) == [
        f"{n}.jpg" for n in range(5)
    ]
    done = convtool("pool", "a.gif", "-d", "out", "--format", "jpeg")
    assert b"a.gif: holds 5 frames, only the first is read" in done.stderr


def test_lines_of_json_name_the_files_of_all_frames(convtool, folder):
    saved("a.tif", pictures(12))
    words = ("pool", "a.tif", "-d", "out", "--name", "{stem}/{frame}.jpg", "--json")
    for which, numbers in (("all", range(12)), ("8..10", range(8, 11)), ("3", range(3, 4))):
        done = convtool(*words, "--frames", which)
        (line,) = map(json.loads, done.stdout.splitlines())
        digits = len(str(numbers[-1]))
        assert line["output"] == [f"out/a/{n:0{digits}}.jpg" for n in numbers]
        assert all(map(Path.exists, map(Path, line["output"])))
    (folder / "out").rename("before")
    assert convtool(*words).returncode == 0
    (line,) = map(json.loads, convtool(*words, "--skip-existing").stdout.splitlines())
    assert (line["status"], line["output"]) == ("skipped", [f"out/a/{n:02}.jpg" for n in range(12)])


def test_more_frames_than_the_image_has_get_names(convtool, folder):
    tifffile.imwrite("v.tif", np.ones((9, 20, 30), np.uint8), photometric="minisblack")
    saved("a.gif", pictures())
    done = convtool("conv", "a.gif", "-k", "box:3x3x3", "--padding", "2", "-o", "o.gif")
    assert b"the timing or axes of the image's slices stay behind" in done.stderr
    assert len(shown("o.gif")[0]) == 7
    words = ("conv", "v.tif", "-k", "box:3x3x3", "--padding", "2")
    for target in (("-o", "{frame}.png"), ("-d", "out", "--name", "{frame}.png")):
        done = convtool(*words, *target)
        assert done.returncode == 0, done.stderr
        made = sorted((folder / "out" if "-d" in target else folder).glob("*.png"))
        assert [path.name for path in made] == [f"{n:02}.png" for n in range(11)]


def test_pipes(convtool, folder):
    saved("a.gif", pictures())
    data = Path("a.gif").read_bytes()
    named = convtool("conv", "a.gif", "-k", "edge", "--format", "png").stdout
    assert convtool("conv", "-k", "edge", stdin=data).stdout == named
    assert len(shown(io.BytesIO(named))[0]) == 5
    one = convtool("conv", "-k", "edge", "--format", "jpeg", stdin=data)
    assert b"stdin: holds 5 frames, only the first is read" in one.stderr
    numbers = convtool("conv", "-k", "edge", "--format", "csv", stdin=data)
    assert b"only the first" not in numbers.stderr
    (folder / "a.csv").write_bytes(numbers.stdout)
    assert convtool("conv", "a.gif", "-k", "edge", "-o", "a.npy").returncode == 0
    assert convtool("run", "abs | abs", "a.csv", "-o", "b.npy").returncode == 0
    assert np.array_equal(np.load("b.npy"), np.abs(np.load("a.npy")))


def test_masks_are_laid_on_every_frame(convtool, folder):
    saved("a.png", pictures())
    mask = np.zeros((40, 50), np.uint8)
    mask[10:30, 5:20], mask[30, 5:20] = 255, 100
    Image.fromarray(mask).save("m.png")
    done = convtool("conv", "a.png", "-k", "box5", "--only", "m.png", "-o", "o.tif")
    assert done.returncode == 0, done.stderr
    found = stacked("o.tif")
    for number, frame in enumerate(pictures()):
        Image.fromarray(frame).save("one.png")
        assert (
            convtool("conv", "one.png", "-k", "box5", "--only", "m.png", "-o", "f.png").returncode
            == 0
        )
        assert np.array_equal(found[number], read_image("f.png"))
    words = ("-k", "box5", "--within", "m.png", "--format", "csv")
    alone = convtool("conv", "a.png", "--frames", "0", *words).stdout
    Image.fromarray(pictures()[0]).save("one.png")
    assert convtool("conv", "one.png", *words).stdout == alone


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["--frames", "9", "-o", "o.png"], 1, "a.gif: has no frame 9: it holds 5 frames, 0 to 4"),
        (["--frames", "3..9", "-o", "o.png"], 1, "a.gif: has no frame 9"),
        (["--frames", "x", "-o", "o.png"], 2, "expected all, first, 3 or 0..9"),
        (["--frames", "3..1", "-o", "o.png"], 2, "expected the smaller number first"),
        (["--frames", "all", "-o", "o.jpg"], 1, "jpeg holds one frame, and there are 5: {frame}"),
        (["--frames", "all", "-o", "o.bmp"], 1, "bmp holds one frame, and there are 5"),
    ],
)
def test_frames_that_cannot_be(convtool, folder, words, code, told):
    saved("a.gif", pictures())
    done = convtool("pool", "a.gif", *words)
    assert done.returncode == code
    assert told in done.stderr.decode()
    assert [path.name for path in folder.iterdir()] == ["a.gif"]


def test_an_image_alone_has_one_frame(convtool, folder):
    np.save("n.npy", np.ones((4, 5)))
    Path("c.csv").write_text("1,2\n")
    Image.fromarray(pictures(1)[0]).save("p.png")
    Image.fromarray(pictures(1)[0]).save("j.jpg")
    for name in ("n.npy", "c.csv", "p.png", "j.jpg"):
        for which in ("all", "first", "0", "0..0"):
            assert (
                convtool("pool", name, "-s", "1", "--frames", which, "-o", "o.tif").returncode == 0
            )
        done = convtool("pool", name, "--frames", "1", "-o", "o.tif")
        assert f"{name}: has no frame 1: it holds 1 frame, number 0" in done.stderr.decode()


def test_pages_that_differ(convtool, folder):
    with tifffile.TiffWriter("a.tif") as file:
        for shape in ((20, 30), (20, 30), (10, 30)):
            file.write(np.full(shape, 7, "u2"), metadata=None, photometric="minisblack")
    done = convtool("pool", "a.tif", "-s", "1", "-o", "o.tif")
    assert done.returncode == 0
    told = "page 2 is 10x30 of 1 x uint16, and page 0 20x30 of 1 x uint16"
    assert f"a.tif: {told}: only the first is read" in done.stderr.decode()
    assert tifffile.imread("o.tif").shape == (20, 30)
    done = convtool("pool", "a.tif", "-s", "1", "--frames", "all", "-o", "p.tif")
    assert done.returncode == 1
    assert f"a.tif: {told}" in done.stderr.decode()
    assert not (folder / "p.tif").exists()
    assert convtool("pool", "a.tif", "-s", "1", "--frames", "0..1", "-o", "p.tif").returncode == 0
    assert convtool("pool", "a.tif", "-s", "1", "--frames", "2", "-o", "q.tif").returncode == 0
    assert tifffile.imread("p.tif").shape == (2, 20, 30)
    assert tifffile.imread("q.tif").shape == (10, 30)


@pytest.mark.parametrize("extension", EXTENSIONS)
def test_files_that_are_cut_short(convtool, folder, extension):
    saved(f"a.{extension}", np.random.default_rng(3).integers(0, 256, (4, 40, 50, 3), np.uint8))
    data = Path(f"a.{extension}").read_bytes()
    Path(f"a.{extension}").write_bytes(data[: len(data) * 6 // 10])
    done = convtool("pool", f"a.{extension}", "-o", "o.png")
    assert b"Traceback" not in done.stderr
    if done.returncode:
        assert done.stderr.startswith(f"convtool: a.{extension}: ".encode())
        assert not (folder / "o.png").exists()
    assert [path.name for path in folder.glob(".*")] == []


def test_one_picture_of_the_maps_shows_the_first_frame(convtool, folder):
    saved("a.gif", pictures())
    done = convtool("conv", "a.gif", "-k", "edge", "-k", "box3", "--sheet", "-o", "o.png")
    assert done.returncode == 0
    assert b"a.gif: holds 5 frames, only the first is read" in done.stderr
    done = convtool("explain", "a.gif", "-k", "edge", "--at", "1,1")
    assert b"only the first" in done.stderr


def test_a_frame_is_explained(convtool, folder):
    saved("a.png", pictures())
    Image.fromarray(pictures()[3]).save("one.png")
    words = ("-k", "edge", "--at", "20,25", "--json")
    found = convtool("explain", "a.png", *words, "--frame", "3")
    assert found.stderr == b""
    alone = convtool("explain", "one.png", *words).stdout
    assert found.stdout.replace(b"a.png", b"one.png") == alone
    done = convtool("explain", "a.png", *words, "--frame", "5")
    assert done.returncode == 1
    assert b"a.png: has no frame 5: it holds 5 frames, 0 to 4" in done.stderr


def test_memory_is_that_of_some_frames(folder):
    tracemalloc.start()
    peaks = []
    for count in (8, 40):
        saved("a.gif", np.tile(pictures(4, (300, 400)), (count // 4, 1, 1, 1)), duration=50)
        for target in ("o.gif", "o.webp", "o.png", "o.tif"):
            words = ["conv", "a.gif", "-k", "box3", "-o", target, "--threads", "1", "-q"]
            run_here(words)  # imports and caches
            tracemalloc.reset_peak()
            assert run_here(words).returncode == 0
            peaks.append(tracemalloc.get_traced_memory()[1])
    tracemalloc.stop()
    for few, many in zip(peaks[:4], peaks[4:], strict=True):
        assert many < few + 4 * 300 * 400 * 3


def test_files_of_frames_replace_nothing(convtool, folder):
    (folder / "d").mkdir()
    (folder / "e").mkdir()
    saved("d/s-3.gif", pictures())
    before = Path("d/s-3.gif").read_bytes()
    for words in (
        ["d", "-d", "d", "--name", "s-{frame}.gif"],
        ["d/s-3.gif", "-o", "d/s-{frame}.gif", "--json"],
        ["d/s-3.gif", "-o", "d/s-{frame}.gif"],
    ):
        done = convtool("conv", *words, "-k", "box3")
        assert done.returncode != 0
        assert b"would replace" in done.stderr
    assert Path("d/s-3.gif").read_bytes() == before
    (folder / "e" / "s-3-4.png").write_text("precious")
    batch = ["conv", "d", "-k", "box3", "-d", "e", "--name", "{stem}-{frame}.png"]
    assert b"e/s-3-4.png: is there already" in convtool(*batch, "--no-clobber").stderr
    assert b"0 done, 1 skipped" in convtool(*batch, "--skip-existing").stderr
    Image.fromarray(np.full((40, 50), 255, np.uint8)).save("e/s-3-4.png")
    assert b"would replace the mask" in convtool(*batch, "--only", "e/s-3-4.png").stderr
    saved("d/s-30.gif", pictures(2))
    done = convtool("conv", "d", "-k", "box3", "-d", "e", "--name", "{stem}{frame}.png")
    assert b"would both become" in done.stderr


def apng(path, size, color, bits, frames, default=None):
    """An animation of (pixels, left, top, milliseconds, dispose, blend), samples as they lie."""
    width, height = size

    def packed(pixels):
        rows = pixels.astype(f">u{max(bits // 8, 1)}").reshape(len(pixels), -1).view(np.uint8)
        return zlib.compress(b"".join(b"\0" + row.tobytes() for row in rows))

    parts = [
        (b"IHDR", struct.pack(">2I5B", width, height, bits, color, 0, 0, 0)),
        (b"acTL", struct.pack(">2I", len(frames), 0)),
    ]
    number = 0
    if default is not None:
        parts.append((b"IDAT", packed(default)))
    for index, (pixels, left, top, duration, dispose, blend) in enumerate(frames):
        place = number, pixels.shape[1], pixels.shape[0], left, top, duration, 1000, dispose, blend
        parts.append((b"fcTL", struct.pack(">5I2H2B", *place)))
        number += 1
        if index or default is not None:
            parts.append((b"fdAT", struct.pack(">I", number) + packed(pixels)))
            number += 1
        else:
            parts.append((b"IDAT", packed(pixels)))
    parts.append((b"IEND", b""))
    chunks = (
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in parts
    )
    Path(path).write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(chunks))


def over(front, back):
    """A pixel over another, in fractions (PNG, third edition, 13.15 and 12.7)."""
    a, b = Fraction(front[-1], 255), Fraction(back[-1], 255)
    alpha = a + b * (1 - a)
    pairs = zip(front[:-1], back[:-1], strict=True)
    mixed = ((x * a + y * b * (1 - a)) / alpha if alpha else 0 for x, y in pairs)
    return [*map(round, mixed), round(alpha * 255)]


def test_frames_of_png_are_drawn_as_its_standard_says(folder):
    rng = np.random.default_rng(5)
    first, second = rng.integers(0, 256, (2, 6, 7, 4), np.uint8)
    apng("a.png", (7, 6), 6, 8, [(first, 0, 0, 100, 0, 0), (second, 0, 0, 100, 0, 1)])
    expected = [[over(f, b) for f, b in zip(*rows, strict=True)]
                for rows in zip(second.tolist(), first.tolist(), strict=True)]  # fmt: skip
    assert stacked("a.png").tolist() == [first.tolist(), expected]
    part = second[:3, :2]
    for dispose, expected in ((0, first), (1, first * 0), (2, first * 0)):
        apng("b.png", (7, 6), 6, 8, [(first, 0, 0, 9, dispose, 0), (part, 4, 2, 9, 2, 0),
                                     (part, 0, 0, 9, 0, 0)])  # fmt: skip
        canvas = expected.copy()
        found = stacked("b.png")
        assert np.array_equal(found[0], first)
        canvas[2:5, 4:6] = part
        assert np.array_equal(found[1], canvas)
        canvas = expected.copy()
        canvas[:3, :2] = part
        assert np.array_equal(found[2], canvas)
    rgb = rng.integers(0, 65536, (2, 6, 7, 3), np.uint16)
    apng("c.png", (7, 6), 2, 16, [(one, 0, 0, 9, 0, 0) for one in rgb], default=rgb[0] // 2)
    assert np.array_equal(stacked("c.png"), rgb)
    assert open_image("c.png", frames=ALL).notes == (
        "its still picture is no frame of the animation, and stays behind",
    )
    assert np.array_equal(read_image("c.png"), rgb[0] // 2)
    gray = rng.integers(0, 65536, (2, 6, 7, 1), np.uint16)
    apng("d.png", (7, 6), 0, 16, [(gray[0], 0, 0, 9, 1, 0), (gray[1][:2], 0, 1, 9, 0, 0)])
    found = stacked("d.png")
    assert found.dtype == np.uint16
    assert np.array_equal(found[0], np.concatenate([gray[0], gray[0] * 0 + 65535], axis=2))
    assert not found[1, 0].any()


def test_durations_that_a_format_rounds(convtool, folder):
    saved("a.webp", pictures(4), duration=[33, 33, 34, 4])
    assert convtool("pool", "a.webp", "-s", "1", "-o", "o.gif").returncode == 0
    assert shown("o.gif")[1] == [30, 40, 30, 20]
    saved("b.gif", pictures(2), duration=[400_000, 50])
    assert convtool("pool", "b.gif", "-s", "1", "-o", "o.png").returncode == 0
    assert shown("o.png")[1] == [400_000, 50]


def test_pages_that_say_otherwise(convtool, folder):
    with tifffile.TiffWriter("n.tif") as file:
        for marker in ("-1", "-9999"):
            file.write(
                np.ones((4, 5), "f4"), metadata=None, extratags=[(42113, 2, 0, marker, True)]
            )
    done = convtool("pool", "n.tif", "-s", "1", "-o", "o.tif")
    assert b"page 1 has another number for what is missing than page 0" in done.stderr
    with tifffile.TiffWriter("g.tif") as file:
        for resolution in (100, 200):
            file.write(np.ones((4, 5), "u1"), metadata=None, resolution=(resolution, 50),
                       resolutionunit=2)  # fmt: skip
    done = convtool("pool", "g.tif", "-s", "1", "-o", "o.tif")
    told = b"g.tif: its pages differ in resolution, and that of the first goes along for all"
    assert told in done.stderr


def test_pages_in_a_circle(convtool, folder):
    tifffile.imwrite("c.tif", np.ones((3, 4, 5), "u1"), metadata=None, photometric="minisblack")
    with tifffile.TiffFile("c.tif") as file:
        pages = [(page.offset, len(page.tags)) for page in file.pages]
    data = bytearray(Path("c.tif").read_bytes())
    offset, count = pages[-1]
    struct.pack_into("<I", data, offset + 2 + 12 * count, pages[0][0])
    Path("c.tif").write_bytes(data)
    for target in ("o.tif", "o.jpg"):
        done = convtool("pool", "c.tif", "-s", "1", "-o", target)
        assert done.stderr == b"convtool: c.tif: is broken: its pages go round in a circle\n"


def test_a_sheet_of_several_frames_is_refused(convtool, folder):
    saved("a.gif", pictures())
    words = ("-k", "edge", "-k", "box3", "--sheet", "-o", "o.png")
    for which in ("all", "1..2"):
        done = convtool("conv", "a.gif", *words, "--frames", which)
        assert done.returncode == 2
        assert b"--sheet and --show are for a single frame: --frames N" in done.stderr
    assert convtool("conv", "a.gif", *words, "--frames", "2").returncode == 0
    done = convtool("conv", "a.gif", "-k", "box3", "--show", "-o", "s.png")
    assert b"nothing is shown" in done.stderr
    assert len(shown("s.png")[0]) == 5


@pytest.mark.parametrize("kind", ["lzw", "palette", "1 bit", "turned", "16 bits"])
def test_pages_that_pillow_decodes(convtool, folder, kind):
    rng = np.random.default_rng(6)
    pages = [Image.fromarray(one) for one in rng.integers(0, 256, (3, 8, 9), np.uint8)]
    options = {"compression": "tiff_lzw"}
    if kind == "palette":
        pages = [page.convert("RGB").quantize(8) for page in pages]
    elif kind == "1 bit":
        pages, options = [page.convert("1") for page in pages], {"compression": "group4"}
    elif kind == "turned":
        options["tiffinfo"] = {274: 6}
    elif kind == "16 bits":
        pages = [Image.fromarray(np.asarray(page).astype(np.uint16) * 257) for page in pages]
    pages[0].save("a.tif", save_all=True, append_images=pages[1:], **options)
    done = convtool("pool", "a.tif", "-s", "1", "-o", "o.tif")
    assert (done.returncode, done.stderr) == (0, b"")
    found = tifffile.imread("o.tif")
    assert len(found) == 3
    for number, page in enumerate(pages):
        upright = page.transpose(Image.Transpose.ROTATE_270) if kind == "turned" else page
        mode = {"palette": "RGB", "1 bit": "L"}.get(kind)
        expected = np.asarray(upright.convert(mode) if mode else upright)
        assert np.array_equal(found[number], expected)
    assert convtool("pool", "a.tif", "-s", "1", "--frames", "1..2", "-o", "p.tif").returncode == 0
    assert np.array_equal(tifffile.imread("p.tif"), found[1:])


@pytest.mark.parametrize("extension", ["gif", "png"])
def test_an_animation_cut_short_is_an_error_that_names_the_frame(convtool, folder, extension):
    rng = np.random.default_rng(5)
    saved(f"a.{extension}", 85 * rng.integers(0, 4, (5, 40, 50, 3), np.uint8))
    data = Path(f"a.{extension}").read_bytes()
    (folder / "out").mkdir()
    for share, frame in ((0.5, 2), (0.7, 3), (0.95, 4)):
        Path(f"a.{extension}").write_bytes(data[: int(len(data) * share)])
        for target in ("out/o.tif", "out/o.png", "out/{frame}.png"):
            done = convtool("pool", f"a.{extension}", "-o", target)
            assert done.returncode == 1
            told = f"convtool: a.{extension}: frame {frame}: is broken and cannot be decoded: "
            assert done.stderr.decode().startswith(told)
            assert list((folder / "out").iterdir()) == []


def test_an_animation_without_its_last_frames_is_an_error(convtool, folder):
    saved("a.png", pictures())
    data = Path("a.png").read_bytes()
    last = [place for place in range(len(data)) if data[place : place + 4] == b"fcTL"][-1]
    Path("a.png").write_bytes(data[: last - 4])  # between two chunks
    done = convtool("pool", "a.png", "-o", "o.png")
    assert b"a.png: is cut short: it holds 4 of 5 frames" in done.stderr
    assert not Path("o.png").exists()


def test_pages_of_cmyk_say_how_they_become_rgb(convtool, folder):
    page = Image.fromarray(pictures()[0][..., [0, 1, 2, 0]].astype(np.uint8), "CMYK")
    page.save("one.tif")
    page.save("two.tif", save_all=True, append_images=[page])
    for name in ("one.tif", "two.tif"):
        done = convtool("pool", name, "-s", "1", "-o", "o.png")
        told = f"{name}: is CMYK without a profile: its colours as RGB are a guess"
        assert told in done.stderr.decode()
