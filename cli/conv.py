"""convtool conv: an image and a kernel in, a feature map out."""

import sys
from typing import TYPE_CHECKING, Any

import click

from convtool.words import BORDERS, COMBINATIONS

from . import options

if TYPE_CHECKING:
    from convtool.kernel import Kernel
    from convtool.stage import Operator


@click.command(no_args_is_help=False)
@options.image
@click.option(
    "-k",
    "--kernel",
    "kernels",
    multiple=True,
    type=options.Kernel(),
    help=(
        "A kernel file (- for one from stdin), the name of a bundled kernel, or rows of weights "
        "as '0 1 0; 1 -4 1; 0 1 0'. Give several for several maps."
    ),
)
@options.output(
    "Where the map goes; the extension tells the format. {kernel} stands for the kernel's name. "
    "Default: stdout, or on a terminal a file IMAGE-KERNEL.png in the current folder."
)
@click.option(
    "--combine",
    type=click.Choice(COMBINATIONS),
    help="Make one map of several kernels'. magnitude: root of the sum of squares.",
)
@options.stride
@options.padding("same", "made of --border")
@click.option(
    "--border",
    type=click.Choice(BORDERS),
    default="edge",
    show_default=True,
    help=(
        "What lies outside the image: the nearest pixel, a constant, the image mirrored with "
        "(reflect) or without (mirror) its last pixel repeated, or wrapped around."
    ),
)
@click.option("--fill", type=options.Number(), help="The value of a constant border.")
@options.dilation
@click.option("--flip", is_flag=True, help="Turn the kernel by 180 degrees first.")
@click.option("--divisor", type=options.Number(), help="Divide by this, not the kernel's own.")
@click.option("--normalize", is_flag=True, help="Divide by the sum of the weights.")
@click.option("--bias", type=options.Number(), help="Add this, not the kernel's own.")
@click.option(
    "--anchor",
    type=options.Position(),
    help="The kernel's element that sits on the output pixel. Default: the middle.",
)
@options.gray
@click.option("--relu", is_flag=True, help="Set negative values of the map to 0.")
@options.result
@click.pass_context
def conv(ctx: click.Context, /, image: str | None, **given: Any) -> None:
    """Slide a kernel over IMAGE, and write the feature map.

    \b
    Examples:
      convtool conv photo.png --kernel edge.json -o edges.png
      convtool conv photo.png -k sobel_x -k sobel_y --combine max -o s.png
      convtool conv photo.png -k laplacian --range center -o laplacian.png
      convtool conv photo.png -k kirsch -o 'photo-{kernel}.png'
      convtool conv photo.png -k box3 --format csv | head

    Each value is sum(weight x pixel) / divisor + bias over the window under the kernel. The
    kernel is laid on as it stands, as neural networks do; --flip turns it first.

    Without IMAGE, or with -, the image comes from stdin.
    """
    from . import job

    job.help_if_nothing_piped(ctx, image, *given["kernels"])
    _check(given, image)
    output = job.Output.of(given)
    source = job.Source(image, output)

    from convtool.conv import Conv
    from convtool.pointwise import Gray, Relu

    kernels = [kernel for spec in given["kernels"] for kernel in _kernels(spec)]
    before: list[Operator] = [Gray()] if given["gray"] else []
    after: list[Operator] = [Relu()] if given["relu"] else []
    operators: list[Operator] = [
        Conv(
            _adjusted(kernel, given),
            stride=given["stride"] or 1,
            padding=given["padding"],
            dilation=given["dilation"],
            border=given["border"],
            fill=given["fill"] or 0.0,
            flip=given["flip"],
        )
        for kernel in kernels
    ]
    if given["combine"]:
        from convtool.combine import Combine

        combined = Combine(operators, given["combine"])
        maps: dict[str, list[Operator]] = {given["combine"]: [*before, combined, *after]}
    else:
        names = job.distinct([kernel.name for kernel in kernels])
        maps = {
            name: [*before, operator, *after]
            for name, operator in zip(names, operators, strict=True)
        }
    job.run(source, maps, output)


def _check(given: dict[str, Any], image: str | None) -> None:
    """Raise UsageError for options that contradict one another."""
    if not given["kernels"]:
        raise click.UsageError("Missing option '--kernel', for instance --kernel edge")
    if "-" in given["kernels"] and image in (None, "-"):
        raise click.UsageError("image and kernel cannot both come from stdin")
    if given["kernels"].count("-") > 1:
        raise click.UsageError("only one kernel can come from stdin")
    if given["fill"] is not None and given["border"] != "constant":
        raise click.UsageError("--fill goes with --border constant")
    if given["divisor"] == 0:
        raise click.UsageError("--divisor is 0, expected any other number")
    if given["normalize"] and given["divisor"] is not None:
        raise click.UsageError("--normalize and --divisor exclude each other")


def _kernels(spec: str) -> "tuple[Kernel, ...]":
    """The kernels that an option means; - is stdin."""
    from convtool.library import LARGEST_FILE, find_kernels, parse_bytes

    if spec != "-":
        return find_kernels(spec)
    return parse_bytes(sys.stdin.buffer.read(LARGEST_FILE + 1), "kernel from stdin", "kernel")


def _adjusted(kernel: "Kernel", given: dict[str, Any]) -> "Kernel":
    """The kernel with what the command line says in place of its own."""
    from dataclasses import replace

    from convtool.errors import ConvtoolError

    changes = {key: given[key] for key in ("divisor", "bias", "anchor") if given[key] is not None}
    if given["normalize"]:
        changes["divisor"] = sum(kernel.weights.ravel().tolist())
        if changes["divisor"] == 0:
            raise ConvtoolError(
                f"--normalize: the weights of kernel {kernel.name} sum to 0, "
                "expected any other sum; leave --normalize out"
            )
    return replace(kernel, **changes)
