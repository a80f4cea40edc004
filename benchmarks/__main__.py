"""The command: which benchmark, how often, where to."""

import os
from pathlib import Path

import click

# Threads that wait busily for more work, as OpenMP's do, would take time from whoever is next.
os.environ["OMP_WAIT_POLICY"] = "passive"


@click.group()
def main() -> None:
    """Time convtool beside its peers, whichever are installed (pip install -e '.[bench]')."""


@main.command()
@click.option("--rounds", default=5, show_default=True, help="Times that each row is measured.")
@click.option("--threads", default=2, show_default=True, help="For convtool and for its peers.")
@click.option("--megapixels", default=12.0, show_default=True, help="Of the images of the table.")
@click.option(
    "--out",
    default=Path(__file__).parent / "results",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder for engine.md and engine.png.  [default: benchmarks/results]",
)
def engine(rounds: int, threads: int, megapixels: float, out: Path) -> None:
    """Arrays in memory: conv2d and pool2d."""
    from .engine import run

    run(rounds, threads, megapixels, out)


main(prog_name="python -m benchmarks")
