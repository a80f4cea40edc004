"""``python -m convtool``: the command."""

from .cli.main import main

main()
