"""convtool help: the help of a command, under the word that people try first."""

import click


@click.command("help")
@click.argument("names", nargs=-1, metavar="[COMMAND]...")
@click.pass_context
def help_(ctx: click.Context, names: tuple[str, ...]) -> None:
    """Show the help of a COMMAND, as its --help does.

    \b
    Examples:
      convtool help
      convtool help conv
      convtool help kernel make gaussian
    """
    assert ctx.parent is not None
    found = ctx.parent
    for name in names:
        group = found.command
        if not isinstance(group, click.Group):
            raise click.UsageError(f"{found.command_path} has no commands, found {name!r}", ctx)
        command = group.get_command(found, name)
        if command is None:
            raise click.UsageError(f"found {name!r}, expected a command", ctx)
        found = click.Context(command, found, info_name=name)
    click.echo(found.get_help())
