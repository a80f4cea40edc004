"""What happens to long runs: they are killed, the disk is full, images go away. Nothing is lost."""

import fcntl
import os
import random
import resource
import shutil
import signal
import subprocess
from contextlib import suppress

import numpy as np
import pytest
import skimage.data
from conftest import SCRIPT
from helpers.running import LIMIT, SESSION, needs_proc, pipe_to_reader, running, wait_until
from PIL import Image

from convtool import read_image

COUNT = 40


@pytest.fixture
def album(folder):
    """Forty pieces of a photo in a folder."""
    photo = np.asarray(Image.fromarray(skimage.data.chelsea()).resize((700, 500)))
    (folder / "album").mkdir()
    for i in range(COUNT):
        Image.fromarray(photo[2 * i : 2 * i + 300, 5 * i : 5 * i + 350]).save(
            f"album/{i:02}.png", compress_level=1
        )
    return folder / "album"


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def started(folder, *arguments, **options):
    # In a session of its own, so that all its processes can be told from others.
    return subprocess.Popen(
        [SCRIPT, *arguments], cwd=folder, start_new_session=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, **options,
    )  # fmt: skip


def members(session):
    """The processes of a session that are still there."""
    return running(SESSION, session)


def made(folder):
    """The maps in a folder, if it is there, without what is being written."""
    if not folder.exists():
        return []
    return [name for name in os.listdir(folder) if not name.startswith(".convtool-")]


@needs_proc
@pytest.mark.parametrize("moments", [5, pytest.param(50, marks=pytest.mark.slow)])
def test_killed_at_many_moments_and_resumed(convtool, album, folder, moments):
    """Each time it is killed by SIGKILL, alone or with its workers, or one of these alone."""
    command = ["run", "conv -k gaussian5 | conv -k edge", "album", "--threads", "2", "-qd"]
    assert convtool(*command, "whole").returncode == 0
    whole = contents(folder / "whole")
    assert len(whole) == COUNT
    out = folder / "out"
    random.seed(5)
    killed = halfway = 0
    while killed < moments or halfway <= moments // 5:
        # A moment: so many processes are there, or so many more maps.
        processes, maps = random.choice([(1, 0), (2, 0), (3, 0), *((0, n) for n in range(1, 7))])
        maps += len(made(out))
        process = started(folder, *command, "out", "--skip-existing")

        def has_come(process=process, processes=processes, maps=maps):
            return len(made(out)) >= maps and len(members(process.pid)) >= processes

        wait_until(lambda: process.poll() is not None or has_come())  # noqa: B023
        victims = members(process.pid)
        if process.poll() is None and len(victims) > 0:
            which = random.choice(["all", "parent", "worker"])
            others = [pid for pid in victims if pid != process.pid]
            chosen = {"all": victims, "parent": [process.pid], "worker": others[:1]}[which]
            for pid in chosen or victims:
                with suppress(ProcessLookupError):  # it has just ended
                    os.kill(pid, signal.SIGKILL)
            killed += 1
        process.communicate(timeout=LIMIT)
        wait_until(lambda: not members(process.pid))  # workers end with their parent  # noqa: B023
        found = contents(out) if out.exists() else {}
        for name, data in found.items():
            if not name.startswith(".convtool-"):
                assert data == whole[name]
        halfway += 0 < len(found) < COUNT
        if len(made(out)) == COUNT:
            shutil.rmtree(out)
    result = convtool(*command, "out", "--skip-existing")
    assert result.returncode == 0, result.stderr
    assert contents(folder / "out") == whole


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("threads", ["1", "2"])
def test_a_signal_leaves_nothing_half_done(convtool, album, endless, folder, number, threads):
    (album / "endless.png").write_bytes(endless)
    command = ["conv", "album", "-k", "gaussian7", "-d", "out", "--threads", threads]
    options = {"preexec_fn": lambda: signal.signal(number, signal.SIG_DFL)}
    process = started(folder, *command, "--compress", "small", **options)
    wait_until(lambda: len(made(folder / "out")) > 3)
    # As a terminal does it: to all processes at once.
    os.killpg(process.pid, number)
    _, err = process.communicate(timeout=LIMIT)
    assert process.returncode == 128 + number
    assert b"Traceback" not in err
    assert b"(--skip-existing resumes)" in err.strip().splitlines()[-1]
    assert not members(process.pid)
    left = os.listdir("out")
    assert 0 < len(left) <= COUNT
    assert not [name for name in left if name.startswith(".convtool-")]
    (album / "endless.png").unlink()
    assert convtool(*command, "--skip-existing", "-q").returncode == 0
    assert len(os.listdir("out")) == COUNT


@needs_proc
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("step", [9, pytest.param(1, marks=pytest.mark.slow)])
def test_a_signal_while_workers_start_is_heeded(album, endless, folder, number, step):
    """A fork calls functions that swallow what a handler raises."""
    (album / "endless.png").write_bytes(endless)
    for workers in range(1, 21, step):
        options = {"preexec_fn": lambda: signal.signal(number, signal.SIG_DFL)}
        command = ["conv", "album", "-k", "gaussian7", "-d", "out", "--threads", "21"]
        process = started(folder, *command, "--compress", "small", **options)
        wait_until(lambda: len(members(process.pid)) > workers)  # noqa: B023
        process.send_signal(number)
        _, err = process.communicate(timeout=LIMIT)
        assert process.returncode == 128 + number
        assert b"Traceback" not in err
        wait_until(lambda: not members(process.pid))  # noqa: B023
        if (folder / "out").exists():
            assert not [name for name in os.listdir("out") if name.startswith(".convtool-")]
            shutil.rmtree("out")


def small_files():
    resource.setrlimit(resource.RLIMIT_FSIZE, (150_000, 150_000))
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # writing fails, as on a full disk


@pytest.mark.parametrize("threads", ["1", "2"])
def test_a_disk_that_is_full_for_large_files(album, folder, threads):
    for i in range(0, COUNT, 4):  # these have maps that fit
        Image.fromarray(np.zeros((300, 350, 3), np.uint8)).save(f"album/{i:02}.png")
    command = ["conv", "album", "-k", "identity", "-d", "out", "--threads", threads]
    process = started(folder, *command, preexec_fn=small_files)
    _, err = process.communicate(timeout=LIMIT)
    lines = err.decode().splitlines()
    assert process.returncode == 1
    assert sum("cannot be written: File too large" in line for line in lines) == COUNT * 3 // 4
    assert f"{COUNT // 4} done, 0 skipped, {COUNT * 3 // 4} failed" in lines[-1]
    assert sorted(os.listdir("out")) == [f"{i:02}-identity.png" for i in range(0, COUNT, 4)]


def test_a_file_where_a_folder_should_be(convtool, album, folder):
    (folder / "out").write_text("a file")
    result = convtool("pool", "album", "-d", "out")
    assert result.returncode == 1
    assert result.stderr == b"convtool: out: is a file, expected a folder for the maps\n"


def test_a_closed_pipe_ends_it(album, folder):
    process = subprocess.Popen(
        [SCRIPT, "pool", "album", "-d", "out", "--json"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=folder, start_new_session=True,
        bufsize=0, pipesize=4096,  # which do not take all lines before it is closed
    )  # fmt: skip
    assert process.stdout.readline().startswith(b'{"input"')
    process.stdout.close()
    err = process.stderr.read()
    process.stderr.close()
    assert process.wait(timeout=LIMIT) == 1
    assert b"Traceback" not in err
    assert not members(process.pid)
    assert not [name for name in os.listdir("out") if name.startswith(".")]


def test_images_that_go_away_while_they_wait(album, folder):
    held = {}
    for name in sorted(os.listdir(album))[:4]:  # all that two workers are given at first
        held[name] = (album / name).read_bytes()
        (album / name).unlink()
        os.mkfifo(album / name)
    names = [f"album/{name}" for name in sorted(os.listdir(album))]  # pipes have to be named
    process = started(folder, "conv", *names, "-k", "edge", "-d", "out", "--threads", "2")
    first = pipe_to_reader(album / "00.png")
    (album / "38.png").unlink()
    os.truncate(album / "39.png", (album / "39.png").stat().st_size // 2)
    for name, data in held.items():
        with first if name == "00.png" else pipe_to_reader(album / name) as pipe:
            pipe.write(data)
    _, err = process.communicate(timeout=LIMIT)
    assert process.returncode == 1
    assert b"album/38.png: no such file" in err
    assert b"album/39.png: is broken" in err
    assert b"38 done, 0 skipped, 2 failed" in err.strip().splitlines()[-1]
    assert len(os.listdir("out")) == 38


def test_what_a_killed_command_left_is_swept_and_no_more(convtool, album, folder):
    (folder / "out").mkdir()
    (folder / "out" / ".convtool-0123456789abcdef.tmp").write_bytes(b"half")
    (folder / "out" / ".convtool-notes").write_bytes(b"mine")
    writing = started(
        folder, "conv", "album/00.png", "-k", "edge", "-o", "out/x.csv", stdin=subprocess.DEVNULL
    )
    writing.communicate(timeout=LIMIT)
    assert convtool("pool", "album", "-qd", "out").returncode == 0
    assert [name for name in os.listdir("out") if name.startswith(".")] == [".convtool-notes"]
    assert read_image("out/x.csv").shape[:2] == (300, 350)


@pytest.mark.parametrize(
    "command",
    [
        ["conv", "small.png", "-k", "edge", "-o", "out/a.png"],
        ["conv", "small.png", "-k", "edge", "-k", "box3", "-o", "out/{kernel}.png"],
        ["pool", "small.png", "-o", "out/a.csv"],
        ["run", "relu | pool", "small.png", "-o", "link.png"],
        ["explain", "small.png", "-k", "edge", "--at", "1,1", "-o", "out/a.png"],
        ["fit", "small.png", "small.png", "-s", "1", "-o", "out/a.json"],
        ["kernel", "make", "gaussian:3", "-o", "out/a.json"],
        ["kernel", "show", "edge", "-o", "out/a.png"],
    ],
    ids=" ".join,
)
def test_every_command_sweeps_where_it_writes(convtool, small, folder, command):
    (folder / "link.png").symlink_to("out/a.png")
    (folder / "out").mkdir()
    for name in (".convtool-0123456789abcdef.tmp", ".convtool-fedcba9876543210.tmp"):
        (folder / "out" / name).write_bytes(b"half")
    (folder / "out" / ".convtool-notes").write_bytes(b"mine")
    with open(folder / "out" / ".convtool-fedcba9876543210.tmp", "rb") as writing:
        fcntl.flock(writing, fcntl.LOCK_EX)
        result = convtool(*command)
    assert result.returncode == 0, result.stderr
    left = sorted(name for name in os.listdir("out") if name.startswith("."))
    assert left == [".convtool-fedcba9876543210.tmp", ".convtool-notes"]
