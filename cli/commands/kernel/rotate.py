"""convtool kernel rotate and compass: kernels turned."""

from typing import Any

import click

from convtool.core.errors import ConvtoolError

from . import common


def _check(_: click.Context, __: click.Parameter, degrees: int) -> int:
    if degrees % 45:
        raise click.BadParameter(f"found {degrees}, expected a multiple of 45")
    return degrees


@click.command("rotate", cls=common.TurnCommand)
@common.argument
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
@common.result
def rotate_(spec: str, degrees: int, **given: Any) -> None:
    """Turn kernel K clockwise, with its anchor.

    \b
    Examples:
      convtool kernel rotate sobel_x
      convtool kernel rotate sobel_x --by 45 -o sobel_45.json
      convtool kernel rotate prewitt_x --by 180 | convtool kernel show -

    Angles are clockwise here; those of motion and gabor are counter-clockwise.
    By 45 degrees, each ring of weights around the middle moves on by an eighth of its length. A
    bank is turned kernel by kernel; a kernel with depth does not turn.
    """
    from convtool.kernel.transform import rotated

    common.write([rotated(one, degrees) for one in common.found_kernels(spec)], **given)


@click.command("compass", cls=common.KernelCommand)
@common.argument
@common.result
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
    from convtool.kernel.transform import compass

    found = common.found_kernels(spec)
    if len(found) != 1:
        raise ConvtoolError(f"{spec}: is a bank of {len(found)} kernels, expected a single one")
    common.write(compass(found[0]), **given)
