"""What is wrong with a command line is told in the name of the command that it was given to."""

from types import TracebackType

import click


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


def named(command: click.Command) -> click.Command:
    """The command, whose errors of usage know that they are its own."""
    command.context_class = NamesItself
    return command
