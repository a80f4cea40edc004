"""Groups of commands that are imported, or built, when they are called."""

from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from types import TracebackType
from typing import Any

import click

from convtool.core.errors import nearest, quoted


class NamesItself(click.Context):
    """A context that errors of usage are given, where click's parser gives them none."""

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        tb: TracebackType | None,
    ) -> bool | None:
        if isinstance(exc_value, click.UsageError) and exc_value.ctx is None:
            exc_value.ctx = self
        return super().__exit__(exc_type, exc_value, tb)


class LazyGroup(click.Group):
    """A group that knows its commands by their names until one is called."""

    def __init__(
        self,
        *args: Any,
        names: Iterable[str] = (),
        find: Callable[[click.Context, str], click.Command],
        **extra: Any,
    ) -> None:
        """`find` gives the command of a name, or raises UsageError."""
        super().__init__(*args, **extra)
        self._names = names
        self._find = find

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands' names."""
        return [*self._names]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of this name; its errors of usage know that they are its own."""
        if cmd_name.startswith("-"):
            return None  # an option in the place of a command: click has its own error for it
        command = self._find(ctx, cmd_name)
        command.context_class = NamesItself
        return command


def imported(
    places: Mapping[str, str], package: str
) -> Callable[[click.Context, str], click.Command]:
    """What finds commands by names, at these places in a package: module:attribute."""

    def find(ctx: click.Context, name: str) -> click.Command:
        if name not in places:
            near = " or ".join(nearest(name, places))
            hint = f"did you mean {near}?" if near else f"expected one of: {', '.join(places)}"
            raise click.UsageError(f"No such command {quoted(name)}; {hint}", ctx)
        module, _, attribute = places[name].partition(":")
        command: click.Command = getattr(import_module(f"{package}.{module}"), attribute)
        return command

    return find
