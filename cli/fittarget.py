"""Where a kernel that was learned goes."""

import os
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from convtool.core.errors import ConvtoolError, at

from .resultfile import sweep_beside

if TYPE_CHECKING:
    from convtool.fit.fit import Fit
    from convtool.kernel.formats.table import KernelFormat
    from convtool.kernel.kernel import Kernel, Layer

STREAM = "-"


class Target(NamedTuple):
    """Where the kernel goes, and in which form."""

    path: str | None
    """None is stdout."""
    format: "KernelFormat"
    as_json: bool

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> "Target":
        """From the parsed options; UsageError where they cannot hold what is asked for."""
        from convtool.kernel.formats.table import KERNEL_FORMATS, kernel_format, kernel_format_of

        path = None if given["output"] == STREAM else given["output"]
        layer = given["layer"]
        try:
            if given["format_"]:
                format_ = kernel_format(given["format_"])
            elif path is not None:
                format_ = kernel_format_of(path)
            else:
                format_ = KERNEL_FORMATS["npy" if layer else "txt"]
        except ConvtoolError as error:
            raise click.UsageError(f"{error}; --format names one") from None
        if given["json_"] and given["format_"] and path is None:
            raise click.UsageError("--json prints JSON: --format goes with -o, or without --json")
        target = cls(path, format_, given["json_"])
        if layer and format_.name != "npy":
            raise click.UsageError(
                f"--layer makes weights (out, in, h, w), which {format_.name} does not hold: "
                "use -o NAME.npy"
            )
        if given["bias"] and not layer and format_.name in ("npy", "imagemagick"):
            raise click.UsageError(
                f"--bias: {format_.name} holds no bias of a kernel: use json or txt"
            )
        if target.prints_kernel and format_.name == "npy":
            if given["bias"]:
                raise click.UsageError("--bias with --layer makes two files: use -o NAME.npy")
            if sys.stdout is not None and sys.stdout.isatty():
                raise click.UsageError("a terminal shows no npy: use -o NAME.npy")
        return target

    @property
    def prints_kernel(self) -> bool:
        """Whether the kernel itself is what stdout gets."""
        return self.path is None and not self.as_json

    @property
    def bias_path(self) -> str:
        """Where the biases of a layer go."""
        return f"{os.path.splitext(self.path or '')[0]}-bias.npy"


def write(found: "Fit", kernel: "Kernel | Layer", target: Target) -> list[str]:
    """Write the kernel where it goes; returns the files' names."""
    from convtool.io.atomic import whole_file
    from convtool.kernel.formats.table import encode_kernels

    if target.path is None and target.as_json:
        return []
    with at(target.path or "stdout"):
        files = {target.path: encode_kernels([kernel], target.format)}
    if found.biases is not None and target.path is not None:
        import io

        import numpy as np

        file = io.BytesIO()
        np.save(file, found.biases)
        files[target.bias_path] = file.getvalue()
    if target.path is None:
        _to_stdout(files[None])
        return []
    sweep_beside(files)
    with ExitStack() as stack:  # both appear, or none
        opened = [
            (stack.enter_context(whole_file(path or "")), data) for path, data in files.items()
        ]
        for open_file, data in opened:
            open_file.write(data)
    return [path for path in files if path is not None]


def _to_stdout(data: bytes) -> None:
    if sys.stdout is None:
        raise ConvtoolError("stdout is closed: give -o FILE")
    try:
        with open(sys.stdout.fileno(), "wb", closefd=False) as file:
            file.write(data)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise ConvtoolError(f"stdout: cannot be written: {error.strerror or error}") from None
