"""convtool kernel: the group of the commands that list, show, build and turn kernels."""

import click

from ...lazy import LazyGroup, imported

COMMANDS = {
    "list": "list:list_",
    "show": "show:show_",
    "make": "make:make_",
    "rotate": "rotate:rotate_",
    "compass": "rotate:compass_",
    "convert": "convert:convert_",
}
"""The commands, and where each is in this package."""


@click.group(cls=LazyGroup, names=COMMANDS, find=imported(COMMANDS, __package__))
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
    place, or a parametric one, as gaussian:7,1.5; - is a kernel from stdin.
    """
