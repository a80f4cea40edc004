"""``python -m convtool``: the command."""

from .cli.process import main

main()
