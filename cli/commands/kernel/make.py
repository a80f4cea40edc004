"""convtool kernel make: a kernel of a name and a few numbers, a command for each name."""

import click

from convtool.core.errors import ConvtoolError, at, nearest, quoted
from convtool.kernel.parametric.catalog import GENERATORS, Generator, generator_of

from ... import command
from ...lazy import LazyGroup
from . import common


def _find(ctx: click.Context, name: str) -> click.Command:
    """A generator's command; ``gaussian:7,1.5`` is that of gaussian with values set."""
    generator = generator_of(name)
    if generator is None:
        from convtool.kernel.lookup import found_at

        if found_at(name):
            raise click.UsageError(f"{name} is a kernel file: convtool kernel show {name}", ctx)
        near = nearest(name.partition(":")[0], GENERATORS, 3, 0.5)
        names = f"nearest: {', '.join(near)}" if near else f"names: {', '.join(GENERATORS)}"
        raise click.UsageError(f"no parametric kernel is called {quoted(name)}; {names}", ctx)
    try:
        with at(f"kernel {quoted(name)}"):
            return _command(generator, generator.words(name.partition(":")[2]))
    except ConvtoolError as error:
        raise click.UsageError(str(error), ctx) from None


class _Command(click.Command):
    """A generator's command, which knows how parameters in place are written."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse options; words without one are a mistake."""
        ctx.allow_extra_args = True
        super().parse_args(ctx, args)
        if ctx.args and not ctx.resilient_parsing:
            place = f"{self.name}:{','.join(ctx.args)}"
            raise click.UsageError(
                f"found {quoted(' '.join(ctx.args))}, expected options, or parameters as {place}",
                ctx,
            )
        return ctx.args


def _command(generator: Generator, words: dict[str, str]) -> click.Command:
    """The command of a generator, some of whose parameters are given already."""

    @command.in_order(*map(command.parameter, generator.parameters), common.result)
    def make(output: str | None, format_: str | None, json_: bool, **given: str | None) -> None:
        asked = {name: word for name, word in given.items() if word is not None}
        for name in asked:
            if name in words:
                raise click.UsageError(f"{name} is given twice, as {words[name]} and {asked[name]}")
        with command.usage():
            made = generator.make(words | asked)
        common.write([made], output=output, format_=format_, json_=json_)

    make.__doc__ = f"""{generator.help}

    \b
    Examples:
      convtool kernel make {generator.name}
      convtool kernel make {generator.example} -o {generator.name}.json
      convtool conv photo.png -k {generator.example} -o {generator.name}.png

    In place, as in the last example, it is {generator.form}. What is left out has its default;
    names may be given, as in {generator.name}:{generator.parameters[-1].name}=...
    """
    return click.command(generator.name, cls=_Command)(make)


@click.group("make", cls=LazyGroup, names=GENERATORS, find=_find)
def make_() -> None:
    """Make a kernel of a NAME and a few numbers.

    \b
    Examples:
      convtool kernel make gaussian --size 7 --sigma 1.5
      convtool kernel make gabor:21,8,45 -o stripes.json
      convtool kernel make motion --length 15 --angle 30 --json
      convtool kernel make sobel --size 3x3x3 --axis z

    Weights are whole, with a divisor, where the kernel can be written so. A size of slices, rows
    and columns makes a kernel with depth, for volumes; a side of 1, as in 1x7, makes a row. Every
    kernel that is made here can stand in place of a kernel's name, as in --kernel gaussian:7,1.5.
    """
