"""The command from file to file: the same bytes however it is run, in memory that does not grow."""

import io
import os
import signal
import subprocess
import sys
import zlib

import numpy as np
import pytest
from conftest import SCRIPT
from helpers.pngs import SIGNATURE, chunk, header, idats
from helpers.running import LIMIT

from convtool import conv2d, find_kernel, read_image, write_image

MOST_GROWTH = 20 * 2**10
"""KiB by which a larger image may need more."""


@pytest.fixture
def large(folder):
    """A picture of many bands, as large.png."""
    rng = np.random.default_rng(0)
    pixels = np.cumsum(rng.integers(-2, 3, (2500, 700, 3)), axis=0).astype(np.uint8)
    write_image("large.png", pixels)
    return pixels


def test_the_same_bytes_from_any_threads_and_from_a_pipe(convtool, large, folder):
    data = (folder / "large.png").read_bytes()
    for command in (
        ["conv", "-k", "gaussian5"],
        ["conv", "-k", "log5", "--range", "normalize"],
        ["conv", "-k", "edge", "--border", "wrap", "--compress", "small", "--stride", "3"],
        ["pool", "--mode", "mean", "--size", "3", "--format", "csv"],
    ):
        first = convtool(*command, "large.png", "-q", "--threads", "1").stdout
        assert len(first) > 1000
        for threads in ("2", "3", "7"):
            assert convtool(*command, "large.png", "-q", "--threads", threads).stdout == first
        assert convtool(*command, "-q", stdin=data).stdout == first


def test_several_maps_of_an_image_from_a_pipe(convtool, large, folder):
    data = (folder / "large.png").read_bytes()
    result = convtool("conv", "-k", "box3", "-k", "sobel_x", "-qo", "{kernel}.npy", stdin=data)
    assert result.returncode == 0, result.stderr
    for name in ("box3", "sobel_x"):
        assert np.array_equal(read_image(f"{name}.npy"), conv2d(large, find_kernel(name)))


def test_an_image_that_breaks_off_leaves_no_map_of_several(convtool, large, folder):
    data = bytearray((folder / "large.png").read_bytes())
    data[-1000] ^= 255
    (folder / "large.png").write_bytes(data)
    result = convtool("conv", "large.png", "-k", "kirsch", "-o", "{kernel}.png")
    assert result.returncode == 1
    assert result.stderr.startswith(b"convtool: large.png: ")
    assert os.listdir() == ["large.png"]
    result = convtool("conv", "large.png", "-k", "kirsch", "-d", "out")
    assert result.returncode == 1
    assert os.listdir("out") == []


def test_maps_into_pipes_that_are_read_one_after_another(large, folder):
    """The second is opened only when the first is complete."""
    names = ("box3", "sobel_x")
    for name in names:
        os.mkfifo(f"{name}.npy")
    arguments = ["conv", "large.png", "-k", "box3", "-k", "sobel_x", "-qo", "{kernel}.npy"]
    process = subprocess.Popen([SCRIPT, *arguments], cwd=folder)
    for name in names:
        with open(f"{name}.npy", "rb") as pipe:
            map_ = np.load(io.BytesIO(pipe.read()))
        assert np.array_equal(map_, conv2d(large, find_kernel(name)))
    assert process.wait(timeout=LIMIT) == 0


def test_compress_small(convtool, large, folder):
    for how in ("fast", "small"):
        run = convtool("conv", "large.png", "-k", "box3", "-o", f"{how}.png", "--compress", how)
        assert run.returncode == 0
    assert np.array_equal(read_image("fast.png"), read_image("small.png"))
    assert (folder / "small.png").stat().st_size < 0.95 * (folder / "fast.png").stat().st_size


PEAK = """
import os, sys
child = os.fork()
if child == 0:
    os.execv(sys.argv[1], sys.argv[1:])
_, status, usage = os.wait4(child, 0)
assert status == 0
print(usage.ru_maxrss)
"""
"""By a process of its own, which is small: a child's peak is never below its parent's size."""


def peak(folder, *arguments):
    """KiB of memory that the command needs."""
    small = [sys.executable, "-I", "-S", "-c", PEAK, SCRIPT, *arguments]
    return int(subprocess.run(small, cwd=folder, capture_output=True, check=True).stdout)


@pytest.mark.skipif(not hasattr(os, "wait4"), reason="no wait4 on this system")
@pytest.mark.parametrize(
    "command",
    [
        ["conv", "-k", "edge"],
        ["pool", "--size", "2"],
        ["conv", "-k", "gaussian7"],
        ["conv", "-k", "robinson"],
    ],
)
def test_memory_does_not_grow_with_the_image(folder, command):
    band = np.random.default_rng(0).integers(0, 64, (500, 1500, 3), dtype=np.uint8)
    for name, times in (("low", 4), ("high", 40)):
        write_image(f"{name}.png", np.concatenate([band] * times))
    low, high = (
        peak(folder, *command, f"{name}.png", "-qo", "{kernel}.png") for name in ("low", "high")
    )
    assert high < low + MOST_GROWTH  # the larger picture has 81 MB more


@pytest.mark.skipif(not hasattr(os, "wait4"), reason="no wait4 on this system")
def test_an_interlaced_picture_takes_half_of_what_it_is_stored_in(folder):
    size = 16000
    packed = zlib.compress(bytes(size * (size // 8 + 8)))  # enough for filters, too
    peaks = []
    for interlaced in (0, 1):
        start = SIGNATURE + header(size, size, 1, 0, interlaced)
        (folder / "a.png").write_bytes(start + idats(packed) + chunk(b"IEND"))
        peaks.append(peak(folder, "pool", "--size", "100", "a.png", "-qo", "out.png"))
    assert peaks[1] < peaks[0] + size * size // 16 // 2**10 + MOST_GROWTH  # its pixels have 256 MB


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("written", [-1, 0, 20_000])
def test_an_interrupt_while_bands_are_under_way(interrupted, endless, folder, number, written):
    (folder / "endless.png").write_bytes(endless)
    arguments = ["conv", "endless.png", "-k", "gaussian7", "-qo", "out.png", "--compress", "small"]
    code = 130 if number == signal.SIGINT else 143
    assert interrupted(*arguments, number=number, written=written) == (code, b"")
    assert {path.name for path in folder.iterdir()} == {"endless.png"}


@pytest.mark.parametrize("place", [0.02, 0.5, 0.97])
def test_a_picture_that_breaks_off_leaves_nothing(convtool, large, folder, place):
    data = bytearray((folder / "large.png").read_bytes())
    data[int(len(data) * place) : int(len(data) * place) + 40] = bytes(40)
    for stdin, name in ((b"", "broken.png"), (bytes(data), "-")):
        (folder / "broken.png").write_bytes(data)
        before = sorted(os.listdir(folder))
        result = convtool("conv", name, "-k", "edge", "-o", "out.png", stdin=stdin)
        assert result.returncode == 1
        place_named = b"broken.png" if name != "-" else b"stdin"
        assert result.stderr.startswith(b"convtool: " + place_named + b": is broken")
        assert result.stderr.count(b"\n") == 1
        assert sorted(os.listdir(folder)) == before
