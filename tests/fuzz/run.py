"""Give the command many inputs that nobody would: python tests/fuzz/run.py --inputs 10000

Prints how many of each kind there were, how they ended, and what went wrong, by its number:
--first N --inputs 1 does that one again.
"""

import time
from collections import Counter

import click
from harness import judge
from inputs import case


@click.command()
@click.option("--inputs", default=10_000, show_default=True)
@click.option("--first", default=0, show_default=True, help="The number of the first input.")
@click.option("--show", is_flag=True, help="Show each command line.")
def run(inputs: int, first: int, show: bool) -> None:
    """Run so many inputs, and exit with 1 if one of them is handled wrongly."""
    ends: Counter[tuple[str, int]] = Counter()
    wrong = 0
    start = time.monotonic()
    for number in range(first, first + inputs):
        kind, given = case(number)
        if show:
            click.echo(f"{number}: {given.arguments}")
        code, problem = judge(given)
        ends[kind, code] += 1
        if problem:
            wrong += 1
            click.echo(f"input {number}: {given.arguments}: {problem}")
    for (kind, code), count in sorted(ends.items()):
        click.echo(f"{kind}: {count} ended with {code}")
    click.echo(f"{inputs} inputs, {wrong} wrong, {time.monotonic() - start:.0f} s")
    raise SystemExit(bool(wrong))


if __name__ == "__main__":
    run()
