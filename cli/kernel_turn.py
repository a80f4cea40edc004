"""convtool kernel rotate and compass: kernels turned."""

from typing import Any

import click

from convtool.errors import ConvtoolError

from . import kernels


def _check(_: click.Context, __: click.Parameter, degrees: int) -> int:
    if degrees % 45:
        raise click.BadParameter(f"found {degrees}, expected a multiple of 45")
    return degrees


@click.command("rotate", cls=kernels.TurnCommand)
@kernels.argument
@click.option(
    "--by",
    "degrees",
    type=int,
    metavar="DEGREES",
    callback=_check,
    default=90,
    show_default=True,
    help="Clockwise: a multiple of 90, or of 45 if K is an odd square.",
)
@kernels.result
def rotate_(spec: str, degrees: int, **given: Any) -> None:
    """Turn kernel K clockwise, with its anchor.

    \b
    Examples:
      convtool kernel rotate sobel_x
      convtool kernel rotate sobel_x --by 45 -o sobel_45.json
      convtool kernel rotate prewitt_x --by 180 | convtool kernel show -

    Angles are clockwise here; those of motion and gabor, which are made, are counter-clockwise.
    By 45 degrees, each ring of weights around the middle moves on by an eighth of its length. A
    bank is turned kernel by kernel.
    """
    from convtool.turning import rotated

    kernels.write([rotated(one, degrees) for one in kernels.found_kernels(spec)], **given)


@click.command("compass", cls=kernels.Command)
@kernels.argument
@kernels.result
def compass_(spec: str, **given: Any) -> None:
    """Make the 8 turns of kernel K a bank.

    \b
    Examples:
      convtool kernel compass '1 2 1; 0 0 0; -1 -2 -1'
      convtool kernel compass prewitt_y -o prewitt.json
      convtool kernel compass sobel:5,y --json

    They follow one another clockwise, 45 degrees apart, and are called K_0, K_45 and so on to
    K_315. K is an odd square, as 3x3.
    """
    from convtool.turning import compass

    found = kernels.found_kernels(spec)
    if len(found) != 1:
        raise ConvtoolError(f"{spec}: is a bank of {len(found)} kernels, expected a single one")
    kernels.write(compass(found[0]), **given)
