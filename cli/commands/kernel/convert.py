"""convtool kernel convert: a kernel in another form."""

from typing import Any

import click

from . import common


@click.command("convert", cls=common.KernelCommand)
@common.argument
@common.result
def convert_(spec: str, **given: Any) -> None:
    """Write kernel K in another form.

    \b
    Examples:
      convtool kernel convert kirsch -o kirsch.txt
      convtool kernel convert gaussian:9,2 -o gaussian9.npy
      convtool kernel convert '0 1 0; 1 -4 1; 0 1 0' --json
      convtool kernel convert binomial:3x3x3 -o binomial3d.npy

    A bank goes into one file where the form holds several: json, txt, imagemagick. JSON and text
    hold all of a kernel. The others hold no name and no description; npy and imagemagick have no
    divisor either, and hold the weights divided by it. A bias or an anchor that a form cannot
    hold is an error that names one that can. So is a kernel with depth in a form other than json,
    txt and npy.
    """
    common.write(common.found(spec), **given)
