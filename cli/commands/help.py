"""convtool help: the help of a command, under the word that people try first."""

import click

from convtool.core.params import Flag
from convtool.ops.operation import Operation
from convtool.ops.registry import OPERATIONS


@click.command("help")
@click.argument("names", nargs=-1, metavar="[COMMAND|STAGE]...")
@click.pass_context
def help_(ctx: click.Context, names: tuple[str, ...]) -> None:
    """Show the help of a COMMAND or of a pipeline's STAGE.

    \b
    Examples:
      convtool help
      convtool help conv
      convtool help conv_transpose
      convtool help kernel make gaussian
    """
    assert ctx.parent is not None
    found = ctx.parent
    for name in names:
        group = found.command
        if not isinstance(group, click.Group):
            raise click.UsageError(f"{found.command_path} has no commands, found {name!r}", ctx)
        if names == (name,) and name in OPERATIONS and name not in group.list_commands(found):
            click.echo(_of_stage(ctx, OPERATIONS[name]))
            return
        command = group.get_command(found, name)
        if command is None:
            raise click.UsageError(f"found {name!r}, expected a command", ctx)
        found = click.Context(command, found, info_name=name)
    click.echo(found.get_help())


def _of_stage(ctx: click.Context, operation: Operation) -> str:
    """The help of a stage that is no command."""
    formatter = ctx.make_formatter()
    words = f"'{operation.name}{' ...' if operation.options else ''}'"
    formatter.write_text(f"A stage of a pipeline: convtool run {words} IMAGE -o OUT")
    rows = []
    for option in operation.options:
        value = "" if isinstance(option.kind, Flag) else f" {option.kind.metavar}"
        short = f"-{option.short}, " if option.short else ""
        default = f" Default: {option.default}." if option.default else ""
        rows.append((f"{short}{option.flag}{value}", f"{option.help}{default}"))
    if rows:
        with formatter.section("Options"):
            formatter.write_dl(rows)
    return formatter.getvalue().rstrip()
