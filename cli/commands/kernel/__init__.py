"""convtool kernel: kernels listed, looked at, made, turned and written in other forms."""

from importlib import import_module

import click

from ...context import named

MODULES = {
    "list": "list",
    "show": "show",
    "make": "make",
    "rotate": "rotate",
    "compass": "rotate",
    "convert": "convert",
}
"""The commands, and the module of each, where it is called NAME_."""


class _Commands(click.Group):
    """A group that imports a command when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands' names."""
        return [*MODULES]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of this name, imported now."""
        if cmd_name not in MODULES:
            return None
        module = import_module(f".{MODULES[cmd_name]}", __name__)
        command: click.Command = getattr(module, f"{cmd_name}_")
        return named(command)


@click.group(cls=_Commands)
def kernel() -> None:
    """Look into kernels, and make new ones.

    \b
    Examples:
      convtool kernel list
      convtool kernel show gaussian5 -o gaussian5.png
      convtool kernel make gaussian --size 7 --sigma 1.5 -o soft.json
      convtool kernel compass '1 2 1; 0 0 0; -1 -2 -1' -o turns.txt
      convtool kernel make motion:9,30 | convtool conv photo.png -k - > moved.png

    Wherever a command takes a kernel K, it is what --kernel takes: a file, a name, weights in
    place, or one that is made, as gaussian:7,1.5; - is a kernel from stdin.
    """
