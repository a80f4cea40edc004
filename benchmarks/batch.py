"""Many images, a chain of stages, and a cluster: whole commands beside their peers."""

import json
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from shlex import join, quote
from subprocess import DEVNULL, Popen
from time import monotonic, sleep

import click
import numpy as np
from PIL import Image

from .commands import EDGE, photo
from .job import OURS, SCRIPTS, Commands, Job, measure, own, report

SIDE = 512
TARGETS = {
    "OpenCV": 0.45,
    "pyvips": 0.7,
    "vips": 0.15,
    "piped": 0.5,
    "--threads": 1.3,
}
"""What a peer's name begins with -> our time over its, at most."""


def run(rounds: int, images: int, threads: int, work: Path, out: Path) -> None:
    """Measure all, and write batch.md to a folder."""
    work.mkdir(parents=True, exist_ok=True)
    album = photos(work, images)
    found = [
        Job(f"{images} photos", 0, album, _empty(work / "out"), over_folder(work, threads)),
        Job("12 MP, conv, relu, pool", 12, photo(work, 12, ".png"), str(work / "out.png"),
            chains()),
    ]  # fmt: skip
    for job in found:
        measure(job, rounds)
        click.echo(str(job))
    if find_spec("distributed"):
        with cluster(work) as address:
            commands = on_cluster(address)
            job = Job(f"{images} photos, 2 Dask workers", 0, album, _empty(work / "out"), commands)
            measure(job, rounds)
        click.echo(str(job))
        found.append(job)
    out.mkdir(parents=True, exist_ok=True)
    text = report(
        "Many images beside their peers",
        f"Medians of {rounds} interleaved rounds of whole processes.",
        f"{images} photos of {SIDE}x{SIDE}, PNG to PNG, by a 3x3 kernel, on {threads} threads or "
        "processes.",
        _targets(found),
        found,
    )
    (out / "batch.md").write_text(text)


def photos(work: Path, count: int) -> str:
    """A folder of so many photos, each another piece of one of three, with a camera's noise."""
    folder = work / f"photos-{count}"
    if folder.exists():
        return str(folder)
    import skimage.data  # with its photos

    sources = [np.asarray(getattr(skimage.data, n)()) for n in ("astronaut", "chelsea", "coffee")]
    rng = np.random.default_rng(0)
    folder.mkdir()
    for number in range(count):
        source = sources[number % len(sources)]
        top, left = (int(rng.integers(0, size - 299)) for size in source.shape[:2])
        piece = Image.fromarray(source[top : top + 300, left : left + 300])
        pixels = np.asarray(piece.resize((SIDE, SIDE), Image.Resampling.BICUBIC))
        noisy = np.clip(np.rint(pixels + rng.normal(0, 2, pixels.shape)), 0, 255)
        Image.fromarray(noisy.astype(np.uint8)).save(folder / f"{number:03}.png")
    return str(folder)


def over_folder(work: Path, threads: int) -> Commands:
    """Programs that convolve every picture of a folder with 3x3 weights."""
    rows = [" ".join(EDGE.split()[i : i + 3]) for i in (0, 3, 6)]
    matrix = work / "edge.mat"
    matrix.write_text("3 3 1 0\n" + "\n".join(rows) + "\n")
    commas = ",".join(EDGE.split())
    count = str(threads)
    ours = ["--kernel", "; ".join(rows), "--threads", count, "--name", "{stem}.png", "-qd"]
    found: Commands = {OURS: lambda a, b: [own(), "conv", a, *ours, b]}
    for name, module in (("OpenCV", "cv2"), ("pyvips", "pyvips")):
        if find_spec(module):
            script = [sys.executable, str(SCRIPTS / f"folder_with_{name.lower()}.py")]
            found[f"{name}, a pool of threads"] = lambda a, b, s=script: [*s, a, b, EDGE, count]  # type: ignore[misc]

    def each(*words: str) -> list[str]:
        """A command line for each file of the folder, so many at a time."""
        return ["sh", "-c", f"ls | xargs -P {count} -I F {join(words)}"]

    def inside(folder: str, command: list[str]) -> list[str]:
        return ["/usr/bin/env", "-C", folder, *command]

    if vips := shutil.which("vips"):
        rest = [str(matrix), "--precision", "float"]
        found["vips, xargs"] = lambda a, b: inside(a, each(vips, "conv", "F", f"{b}/F", *rest))
        fast = "F[compression=1]"
        found["vips [compression=1], xargs"] = lambda a, b: inside(
            a, each(vips, "conv", "F", f"{b}/{fast}", *rest)
        )
    if gm := shutil.which("gm"):
        how = ["-convolve", commas]
        found["gm convert, xargs"] = lambda a, b: inside(
            a, each(gm, "convert", "F", *how, f"{b}/F")
        )
        found["gm mogrify"] = lambda a, b: inside(
            a, ["sh", "-c", f"{quote(gm)} mogrify -output-directory {quote(b)} {join(how)} *.png"]
        )
    if mogrify := shutil.which("mogrify-im6.q16") or shutil.which("mogrify"):
        morphology = join(["-morphology", "Convolve", f"3x3: {' '.join(rows)}"])
        found["ImageMagick mogrify"] = lambda a, b: inside(
            a, ["sh", "-c", f"{quote(mogrify)} -path {quote(b)} {morphology} *.png"]
        )
    return found


def chains() -> Commands:
    """Three stages in one pass, and as three commands with a pipe between them."""
    stages = ["conv --kernel edge", "relu", "pool --mode max --size 2"]

    def piped(source: str, target: str) -> list[str]:
        first = f"{own()} {stages[0]} {quote(source)} -q --format npy"
        second = f"{own()} run relu -q --format npy"
        return ["/bin/sh", "-c", f"{first} | {second} | {own()} {stages[2]} -qo {quote(target)}"]

    return {
        OURS: lambda a, b: [own(), "run", " | ".join(stages), a, "-qo", b],
        "piped with --format npy": piped,
    }


def on_cluster(address: str) -> Commands:
    """The same by two workers of one thread, and by two threads here."""
    filter_ = ["--kernel", "edge", "--name", "{stem}.png", "-q"]
    return {
        OURS: lambda a, b: [own(), "conv", a, *filter_, "--scheduler", address, "-d", b],
        "--threads 2": lambda a, b: [own(), "conv", a, *filter_, "--threads", "2", "-d", b],
    }


@contextmanager
def cluster(work: Path) -> Iterator[str]:
    """A scheduler and two workers of one thread on this machine; gives the scheduler's address."""
    file = work / "scheduler.json"
    file.unlink(missing_ok=True)
    dask = [sys.executable, "-m"]
    options = ["--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--no-show"]
    worker = ["--nthreads", "1", "--no-nanny", "--no-dashboard", "--scheduler-file", str(file)]
    lines = [[*dask, "distributed.cli.dask_scheduler", *options, "--scheduler-file", str(file)]]
    lines += [[*dask, "distributed.cli.dask_worker", *worker]] * 2
    processes = []
    try:
        for line in lines:
            processes.append(Popen(line, stdout=DEVNULL, stderr=DEVNULL, cwd=work))
            deadline = monotonic() + 60
            while not file.exists() and monotonic() < deadline:
                sleep(0.1)
        from distributed import Client

        address: str = json.loads(file.read_text())["address"]
        with Client(address, set_as_default=False) as client:
            client.wait_for_workers(2, timeout=60)
        yield address
    finally:
        for process in reversed(processes):
            process.kill()
            process.wait()


def _empty(folder: Path) -> str:
    """A folder with nothing in it."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return str(folder)


def _targets(found: list[Job]) -> Iterator[tuple[str, float, str]]:
    """The targets beside the measurements."""
    for job in found:
        for peer in job.peers:
            for name, most in TARGETS.items():
                if peer.startswith(name):
                    yield f"{job.name}, over {peer}", most, f"{job.ratio(peer):.2f}"
