"""What commands are built from: kinds of values, the options of stages, help in sections."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import click

from convtool.core.errors import ConvtoolError, OptionError, quoted
from convtool.core.params import FileName, Flag, KernelName, Kind, Option, Word
from convtool.ops.operation import Operation
from convtool.ops.registry import OPERATIONS

Command = TypeVar("Command", bound=Callable[..., Any])

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    ParamType = click.ParamType[Any]
else:
    ParamType = click.ParamType  # older versions of click know it without a parameter only


class Words(ParamType):
    """A word of one of the library's kinds, left for the library to read."""

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        self.name = kind.metavar

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        """How help shows such a value; click would write it in capitals."""
        return self.kind.metavar

    def convert(self, value: Any, param: Any, ctx: Any) -> Any:
        """The word."""
        return value

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> "list[CompletionItem]":
        """The words or kernels that begin so; for a kernel and any file, the shell's files too."""
        from click.shell_completion import CompletionItem

        # Files first: what bash has collected before them, it forgets.
        files = isinstance(self.kind, FileName | KernelName)
        found = [CompletionItem(incomplete, type="file")] if files else []
        names: Sequence[str] = ()
        if isinstance(self.kind, Word):
            names = self.kind.words
        elif isinstance(self.kind, KernelName):
            from convtool.kernel.lookup import bundled_folder, file_names
            from convtool.kernel.parametric.catalog import GENERATORS

            names = [*file_names(bundled_folder()), *GENERATORS]
        return found + [CompletionItem(name) for name in names if name.startswith(incomplete)]


class Value(Words):
    """A value of an option that is a command's alone, read at once."""

    def convert(self, value: Any, param: Any, ctx: Any) -> Any:
        """What the word means."""
        try:
            return self.kind.read(value) if isinstance(value, str) else value
        except ConvtoolError as error:
            self.fail(str(error), param, ctx)


HEADINGS = {"conv": "convolution", "pool": "pooling"}
"""What the help calls the options of a stage."""


def parameter(*same: Option) -> Callable[[Command], Command]:
    """An option that one or several stages have; the first describes it, with all defaults."""
    option = same[0]
    names = [f"-{option.short}"] * bool(option.short) + [option.flag, option.name]
    if isinstance(option.kind, Flag):
        return click.option(*names, is_flag=True, help=option.help)
    help_ = option.help.partition(" Default: ")[0]
    defaults = [one.default or one.help.partition(" Default: ")[2].rstrip(".") for one in same]
    if any(defaults):
        help_ += f" Default: {', of --pool '.join(dict.fromkeys(defaults))}."
    return click.option(*names, type=Words(option.kind), multiple=option.several, help=help_)


def stage(*operations: Operation, leave: Sequence[str] = ()) -> Callable[[Command], Command]:
    """The options of one or several kinds of stages, each once; those named in `leave` not."""
    found: dict[str, list[Option]] = {}
    for operation in operations:
        for option in operation.options:
            found.setdefault(option.name, []).append(option)
    sections: dict[str, list[Callable[[Command], Command]]] = {}
    for name, same in found.items():
        if name not in leave:
            of = [HEADINGS[one.name] for one in operations if name in one.names]
            sections.setdefault(" and ".join(of).capitalize(), []).append(parameter(*same))
    return in_order(*(in_order(*each, heading=heading) for heading, each in sections.items()))


def values(operation: Operation, given: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a stage's options, of a command's words; UsageError for those that are none."""
    with usage():
        return operation.read(
            {
                option.name: given[option.name]
                for option in operation.options
                if option.name in given
            }
        )


@contextmanager
def usage() -> Iterator[None]:
    """Turn an error about options into one of wrong usage."""
    try:
        yield
    except OptionError as error:
        raise click.UsageError(str(error)) from None


class GroupedCommand(click.Command):
    """A command whose help lists options under the headings that `in_order` gave them."""

    def sections(self, ctx: click.Context) -> dict[str, list[click.Option]]:
        """The options under their headings, those without one last."""
        sections: dict[str, list[click.Option]] = {}
        others: list[click.Option] = []
        for param in self.get_params(ctx):
            if isinstance(param, click.Option):
                heading = getattr(param, "heading", None)
                (sections.setdefault(heading, []) if heading else others).append(param)
        return {**sections, "Other options" if sections else "Options": others}

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """As any command does; a number in the place of an option is of a kernel without quotes."""
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            if not error.option_name[1:].isdecimal():
                raise
            raise click.UsageError(
                f"No such option {quoted(error.option_name)}. Weights are one word, in quotes: "
                "--kernel '0 -1 0; -1 5 -1; 0 -1 0'",
                ctx,
            ) from None

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the sections of the help."""
        for heading, options in self.sections(ctx).items():
            with formatter.section(heading):
                formatter.write_dl(
                    list(filter(None, (one.get_help_record(ctx) for one in options)))
                )


class TakesPipeline(GroupedCommand):
    """A command that knows a pipeline whose quotes were forgotten."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """As any command does."""
        first = next((word for word in args[:2] if word in OPERATIONS), None)
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            if first:
                hint = f"Is the pipeline quoted? '{first} ... | relu'"
            elif _is_of_a_stage(error.option_name):
                hint = "Options of a stage go into the pipeline: 'gray | conv -k edge'"
            else:
                raise
            raise click.UsageError(
                f"No such option {quoted(error.option_name)}. {hint}", ctx
            ) from None


def _is_of_a_stage(flag: str) -> bool:
    return any(flag == option.flag for stage in OPERATIONS.values() for option in stage.options)


class _File(click.Path):
    """A path as it stands; its type lets shells complete it."""

    def convert(self, value: Any, param: Any, ctx: Any) -> Any:
        """The path, which is not empty as that of a script's unset variable."""
        return _not_empty(self, super().convert(value, param, ctx), param, ctx)


class _Name(ParamType):
    """A text that is not empty."""

    name = "text"

    def convert(self, value: Any, param: Any, ctx: Any) -> Any:
        """The text."""
        return _not_empty(self, value, param, ctx)


def _not_empty(kind: ParamType, value: Any, param: Any, ctx: Any) -> Any:
    if not value:
        kind.fail("found '', expected a text", param, ctx)
    return value


FILE = _File(path_type=str)
TEXT = _Name()


def in_order(
    *decorators: Callable[[Command], Command], heading: str = ""
) -> Callable[[Command], Command]:
    """Several options at once, listed by --help in this order, and under this heading."""

    def decorate(command: Command) -> Command:
        before = len(getattr(command, "__click_params__", []))
        for decorator in reversed(decorators):
            command = decorator(command)
        for param in getattr(command, "__click_params__", [])[before:]:
            if heading:
                param.heading = heading
        return command

    return decorate
