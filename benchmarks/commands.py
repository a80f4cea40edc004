"""Whole commands from file to file, beside the peers that are installed."""

import shutil
import sys
from importlib.util import find_spec
from pathlib import Path

import click
import numpy as np
from PIL import Image

from .job import OURS, SCRIPTS, SLOW, Commands, Job, measure, own, report
from .plot import draw_commands

EDGE = "-1 -1 -1 -1 8 -1 -1 -1 -1"
IDENTITY = "0 0 0 0 1 0 0 0 0"


def run(rounds: int, largest: float, work: Path, out: Path) -> None:
    """Measure all, and write commands.md and commands.png to a folder."""
    work.mkdir(parents=True, exist_ok=True)
    found = []
    for job in jobs(work, largest):
        measure(job, rounds)
        found.append(job)
        click.echo(str(job))
    out.mkdir(parents=True, exist_ok=True)
    text = report(
        "The command beside its peers",
        f"Medians of {rounds} interleaved rounds of whole processes; what takes more than "
        f"{SLOW:g} seconds is run once.",
        "A photo with a little noise, and the 3x3 edge kernel on each of its channels.",
        _summary(found),
        found,
    )
    (out / "commands.md").write_text(text)
    draw_commands(found, out / "commands.png")


def jobs(work: Path, largest: float) -> list[Job]:
    """Every job; its pictures are generated if they are not there."""
    found = []
    for megapixels in (0.25, 1, 12, 100):
        if megapixels <= largest:
            png = photo(work, megapixels, ".png")
            name = f"{megapixels:g} MP, PNG to PNG"
            found.append(Job(name, megapixels, png, "out.png", filters(EDGE, work)))
    for megapixels in (0.25, 12):
        jpeg = photo(work, megapixels, ".jpg")
        name = f"{megapixels:g} MP, JPEG to PNG"
        found.append(Job(name, megapixels, jpeg, "out.png", filters(EDGE, work)))
    png = photo(work, 12, ".png")
    found.append(Job("12 MP, unchanged", 12, png, "out.png", filters(IDENTITY, work)))
    found.append(Job("12 MP, a Gaussian of 21x21", 12, png, "out.png", gaussians()))
    grey = photo(work, 12, ".png", "L")
    found.append(Job("12 MP, grey, PNG to CSV", 12, grey, "out.csv", numbers(EDGE)))
    maps = work / "kirsch"
    maps.mkdir(exist_ok=True)
    found.append(Job("12 MP, grey, 8 kernels", 12, grey, maps.name, banks("kirsch")))
    small = photo(work, 0.25, ".png")
    found.append(Job("0.25 MP, start", 0.25, small, "out.png", starts(filters(EDGE, work))))
    found.append(Job("--help", 0, small, "out.png", helps()))
    return [Job(j.name, j.megapixels, j.source, str(work / j.target), j.commands) for j in found]


def photo(work: Path, megapixels: float, extension: str, mode: str = "RGB") -> str:
    """A photo of this size, with the noise that a camera would have."""
    path = work / f"{mode}-{megapixels:g}{extension}"
    if path.exists():
        return str(path)
    import skimage.data  # with its photos

    height = round((megapixels * 1e6 * 3 / 4) ** 0.5)
    width = round(megapixels * 1e6 / height)
    astronaut = skimage.data.astronaut()  # type: ignore[no-untyped-call]
    image = Image.fromarray(astronaut).resize((width, height), Image.Resampling.BICUBIC)
    pixels = np.array(image)
    rng = np.random.default_rng(0)
    for start in range(0, height, 200):
        rows = pixels[start : start + 200]
        rows[...] = np.clip(np.rint(rows + rng.normal(0, 3, rows.shape)), 0, 255)
    Image.fromarray(pixels).convert(mode).save(path, quality=92)
    return str(path)


def filters(weights: str, work: Path) -> Commands:
    """Programs that convolve a picture with 3x3 weights."""
    rows = [" ".join(weights.split()[i : i + 3]) for i in (0, 3, 6)]
    matrix = work / f"{'edge' if weights == EDGE else 'identity'}.mat"
    matrix.write_text("3 3 1 0\n" + "\n".join(rows) + "\n")
    commas = ",".join(weights.split())
    found: Commands = {OURS: lambda a, b: [own(), "conv", a, "--kernel", "; ".join(rows), "-qo", b]}
    libraries = (("OpenCV", "cv2"), ("pyvips", "pyvips"), ("Pillow", "PIL"), ("SciPy", "scipy"))
    for name, module in libraries:
        if find_spec(module):
            script = str(SCRIPTS / f"with_{name.lower()}.py")
            found[name] = lambda a, b, s=script: [sys.executable, s, a, b, weights]  # type: ignore[misc]
    if vips := shutil.which("vips"):
        rest = [str(matrix), "--precision", "float"]
        found["vips"] = lambda a, b: [vips, "conv", a, b, *rest]
        found["vips [compression=1]"] = lambda a, b: [vips, "conv", a, f"{b}[compression=1]", *rest]
    if gm := shutil.which("gm"):
        found["gm"] = lambda a, b: [gm, "convert", a, "-convolve", commas, b]
    if magick := shutil.which("magick") or shutil.which("convert-im6.q16"):
        how = ["-morphology", "Convolve", f"3x3: {' '.join(rows)}"]
        found["ImageMagick"] = lambda a, b: [magick, a, *how, b]
    if oiio := shutil.which("oiiotool"):
        kernel = work / f"{matrix.stem}.pfm"
        values = np.array(weights.split(), "<f4").reshape(3, 3)[::-1]
        kernel.write_bytes(b"Pf\n3 3\n-1.0\n" + values.tobytes())
        tail = [str(kernel), "--convolve", "-d", "uint8", "-o"]
        found["oiiotool"] = lambda a, b: [oiio, a, *tail, b]
    if ffmpeg := shutil.which("ffmpeg"):
        plane = ":".join([weights] * 4) + ":1:1:1:1"
        quiet = ["-y", "-v", "error", "-i"]
        tail_ffmpeg = ["-vf", f"format=gbrp,convolution={plane}", "-pix_fmt", "rgb24"]
        found["ffmpeg"] = lambda a, b: [ffmpeg, *quiet, a, *tail_ffmpeg, b]
    return found


def numbers(weights: str) -> Commands:
    """Programs that convolve a grey picture and write numbers."""
    rows = "; ".join(" ".join(weights.split()[i : i + 3]) for i in (0, 3, 6))
    script = str(SCRIPTS / "with_savetxt.py")
    return {
        OURS: lambda a, b: [own(), "conv", a, "--kernel", rows, "-qo", b],
        "numpy.savetxt": lambda a, b: [sys.executable, script, a, b, weights],
    }


def banks(bank: str) -> Commands:
    """All maps of a bank, beside a script that reads the image once for each kernel."""
    script = str(SCRIPTS / "kernel_by_kernel.py")
    return {
        OURS: lambda a, b: [own(), "conv", a, "--kernel", bank, "-qo", f"{b}/{{kernel}}.png"],
        "a pass for each kernel": lambda a, b: [sys.executable, script, a, b, bank],
    }


def gaussians() -> Commands:
    """A large Gaussian, 3 sigma to each side; libvips' own is approximate in its integers."""
    found: Commands = {OURS: lambda a, b: [own(), "conv", a, "-k", "gaussian:21,3.5", "-qo", b]}
    if find_spec("pyvips"):
        script = str(SCRIPTS / "gaussian_with_pyvips.py")
        found["pyvips, approximate"] = lambda a, b: [sys.executable, script, a, b, "3.5"]
    return found


def starts(commands: Commands) -> Commands:
    """What a small picture takes, beside the imports that it cannot do without."""
    imports = "import numpy, PIL.Image, click"
    return {
        OURS: commands[OURS],
        "the imports alone": lambda _, __: [sys.executable, "-c", imports],
    }


def helps() -> Commands:
    """The command's help, beside the import that it cannot do without."""
    return {
        OURS: lambda _, __: [own(), "--help"],
        "import click": lambda _, __: [sys.executable, "-c", "import click"],
    }


def _summary(found: list[Job]) -> list[tuple[str, str, str]]:
    """The targets beside the measurements."""
    by_name = {job.name: job for job in found}
    lines = []
    for name, peer, target in (
        ("1 MP, PNG to PNG", "pyvips", "1.5"),
        ("12 MP, PNG to PNG", "pyvips", "0.75"),
        ("12 MP, PNG to PNG", "OpenCV", "0.35"),
        ("100 MP, PNG to PNG", "pyvips", "0.5"),
        ("100 MP, PNG to PNG", "OpenCV", "0.2"),
        ("12 MP, JPEG to PNG", "pyvips", "0.9"),
        ("12 MP, a Gaussian of 21x21", "pyvips, approximate", "0.8"),
    ):
        job = by_name.get(name)
        if job and peer in job.measured:
            lines.append((f"{name}, over {peer}", target, f"{job.ratio(peer):.2f}"))
    for name, what, target in (
        ("0.25 MP, start", "0.25 MP, over importing NumPy, Pillow and click", "1.1"),
        ("12 MP, grey, PNG to CSV", "12 MP, CSV, over numpy.savetxt's", "0.3"),
        ("12 MP, grey, 8 kernels", "12 MP, 8 kernels, over a pass for each", "0.45"),
        ("--help", "--help, over importing click", "1.3"),
    ):
        lines.append((what, target, f"{by_name[name].ratio(by_name[name].peers[0]):.2f}"))
    sizes = [
        f"{job.measured[OURS].size / job.measured['OpenCV'].size:.2f} ({job.name})"
        for job in found
        if "OpenCV" in job.measured
    ]
    lines.append(("output size over OpenCV's", "1.05", ", ".join(sizes)))
    return lines
