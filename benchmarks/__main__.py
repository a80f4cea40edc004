"""The command: which benchmark, how often, where to."""

import os
import tempfile
from pathlib import Path

import click

# Threads that wait busily for more work, as OpenMP's do, would take time from whoever is next.
os.environ["OMP_WAIT_POLICY"] = "passive"


results = click.option(
    "--out",
    default=Path(__file__).parent / "results",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder for the table and the plot.  [default: benchmarks/results]",
)
rounds = click.option(
    "--rounds", default=5, show_default=True, help="Times that each job is measured."
)


@click.group()
def main() -> None:
    """Time convtool beside its peers, whichever are installed (pip install -e '.[bench]')."""


@main.command()
@rounds
@click.option("--threads", default=2, show_default=True, help="For convtool and for its peers.")
@click.option("--megapixels", default=12.0, show_default=True, help="Of the images of the table.")
@results
def engine(rounds: int, threads: int, megapixels: float, out: Path) -> None:
    """Arrays in memory: conv2d and pool2d."""
    from .engine import run

    run(rounds, threads, megapixels, out)


work = click.option(
    "--work",
    default=Path(tempfile.gettempdir()) / "convtool-benchmarks",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder for the photos, which are kept, and the results.  [default: a temporary one]",
)


@main.command()
@rounds
@click.option(
    "--largest", default=100.0, show_default=True, help="Megapixels of the largest photo."
)
@work
@results
def commands(rounds: int, largest: float, work: Path, out: Path) -> None:
    """Whole commands from file to file."""
    from .commands import run

    run(rounds, largest, work, out)


@main.command()
@rounds
@click.option("--images", default=300, show_default=True, help="Photos of 512x512.")
@click.option("--threads", default=2, show_default=True, help="For convtool and for its peers.")
@work
@results
def batch(rounds: int, images: int, threads: int, work: Path, out: Path) -> None:
    """Many images, a chain of stages, and a cluster."""
    from .batch import run

    run(rounds, images, threads, work, out)


@main.command()
@rounds
@work
@results
def fit(rounds: int, work: Path, out: Path) -> None:
    """A kernel learned from two pictures."""
    from .fit import run

    run(rounds, work, out)


@main.command()
@rounds
@work
@results
def pixels(rounds: int, work: Path, out: Path) -> None:
    """Alpha, light and holes, beside the same jobs without."""
    from .pixels import run

    run(rounds, work, out)


@main.command()
@rounds
@click.option("--threads", default=2, show_default=True, help="For convtool and for its peers.")
@work
@results
def volumes(rounds: int, threads: int, work: Path, out: Path) -> None:
    """Volumes in memory, and stacks of frames from file to file."""
    from .volumes import run

    run(rounds, threads, work, out)


main(prog_name="python -m benchmarks")
