"""What the commands of ``convtool kernel`` share: the kernel that they take, and where one goes."""

import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import click

from convtool.core.choices import STREAM
from convtool.core.errors import ConvtoolError, quoted
from convtool.core.params import KernelName
from convtool.kernel.formats.table import KERNEL_FORMATS

from ... import command
from ...inputs import kernels
from ...messages import say
from ...output import kernel_format, write_files

if TYPE_CHECKING:
    from convtool.kernel.kernel import Kernel, Layer

_DIGITS = {*"0123456789."}

argument = click.argument("spec", metavar="K", type=command.Value(KernelName()))

json_ = click.option("--json", "json_", is_flag=True, help="Print JSON.")


class KernelCommand(click.Command):
    """A command whose K may begin with a minus, ``-1 0 1``, and be no option for it."""

    extra = ""
    """The option that a second word was meant for, if there is one."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse such words as if they stood behind ``--``; name what is too much."""
        stop = args.index("--") if "--" in args else len(args)
        valued = {
            name
            for one in self.params
            if isinstance(one, click.Option) and not one.is_flag
            for name in one.opts
        }
        parts: tuple[list[str], list[str]] = [], []
        for before, word in zip(["", *args], args[:stop], strict=False):
            weights = before not in valued and word[:1] == "-" and word[1:2] in _DIGITS
            parts[weights].append(word)
        ctx.allow_extra_args = True
        if parts[1] and (not parts[0] or parts[0][-1] not in valued):
            args = [*parts[0], "--", *parts[1], *args[stop + 1 :]]
        super().parse_args(ctx, args)
        if ctx.args and not ctx.resilient_parsing:
            hint = f"; perhaps {self.extra} {ctx.args[0]} is meant" if self.extra else ""
            raise click.UsageError(
                f"found {quoted(' '.join(ctx.args))} behind K, expected one K{hint}", ctx
            )
        return ctx.args


class TurnCommand(KernelCommand):
    """One that turns K by an angle."""

    extra = "--by"


result: Callable[[command.Command], command.Command] = command.in_order(
    click.option(
        "-o",
        "--output",
        metavar="OUT",
        type=command.FILE,
        help="The kernel file; its extension tells the form. Default: stdout, as text.",
    ),
    click.option(
        "--format",
        "format_",
        metavar="NAME",
        type=command.TEXT,
        help=f"The form: {', '.join(KERNEL_FORMATS)}.",
    ),
    click.option("--json", "json_", is_flag=True, help="The same as --format json."),
)
"""Where a kernel goes."""


def found(spec: str) -> "tuple[Kernel | Layer, ...]":
    """The kernels, or the layer, that K means."""
    if spec == STREAM and sys.stdin is not None and sys.stdin.isatty():
        raise click.UsageError("no kernel is piped in")
    with command.usage():
        lookup = kernels()
        found = lookup.filters(spec)
    say(*lookup.notes)
    return found


def path_of(spec: str) -> str | None:
    """The path of the file that K is; None where it is piped in, in place, or made."""
    from convtool.kernel.lookup import found_at

    return None if spec == STREAM else found_at(spec)


def found_kernels(spec: str) -> "list[Kernel]":
    """The kernels that K means; ConvtoolError for a layer."""
    return found_of(found(spec), spec)


def found_of(ones: "Sequence[Kernel | Layer]", spec: str) -> "list[Kernel]":
    """Kernels, of what `spec` means; ConvtoolError for a layer."""
    from convtool.kernel.kernel import Kernel

    for one in ones:
        if not isinstance(one, Kernel):
            shape = "x".join(map(str, one.weights.shape))
            raise ConvtoolError(f"{spec}: is a layer of {shape} weights, expected kernels")
    return [one for one in ones if isinstance(one, Kernel)]


def write(
    found: "Sequence[Kernel | Layer]", *, output: str | None, format_: str | None, json_: bool
) -> None:
    """Write kernels as the options of `result` say."""
    from convtool.kernel.formats.table import encode_kernels

    if json_ and format_ not in (None, "json"):
        raise click.UsageError("--json and --format exclude each other")
    path = None if output == STREAM else output
    form = kernel_format(path, "json" if json_ else format_)
    data = encode_kernels(found, form)
    if path is None and form.name == "npy" and sys.stdout is not None and sys.stdout.isatty():
        raise click.UsageError("a terminal shows no NPY: use -o FILE or --format txt")
    write_files({path: data})
