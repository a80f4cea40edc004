"""The report on a kernel that was learned."""

import math
import textwrap
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import click

from convtool.core.errors import at

from ..messages import printable, say, say_text

if TYPE_CHECKING:
    from convtool.fit.fit import Fit
    from convtool.kernel.kernel import Kernel, Layer

    from .fit import KernelTarget


def tell(
    found: "Fit",
    target: "KernelTarget",
    pages: Mapping[str, bytes],
    *,
    rational: bool,
    quiet: bool,
) -> None:
    """Write the kernel, and pages beside it, and print the report."""
    kernel = _described(found)
    written = _write(found, kernel, target, pages)
    notes = list(_notes(found, rational))
    if target.as_json:
        from convtool.render.serialize import json_of_fit

        from ..printing import print_json

        print_json({**json_of_fit(found), "notes": notes, "files": written})
    elif not quiet:
        report = [*_report(found, rational), *(f"wrote {path}" for path in written)]
        text = "\n".join(map(printable, report))
        if target.prints_kernel:
            say_text(text)
        else:
            click.echo(text)
    if not quiet:
        say(*notes)


def _write(
    found: "Fit", kernel: "Kernel | Layer", target: "KernelTarget", pages: Mapping[str, bytes]
) -> list[str]:
    """Write the kernel, the biases of a layer, and the pages; returns the files' names."""
    from convtool.kernel.formats.npy import npy_of_weights
    from convtool.kernel.formats.table import encode_kernels

    from ..output import write_files

    paths = target.files(biases=found.biases is not None)
    files: dict[str | None, bytes] = {}
    if paths or target.prints_kernel:
        with at(target.path or "stdout"):
            files[target.path] = encode_kernels([kernel], target.format)
    if paths and found.biases is not None:
        files[paths[1]] = npy_of_weights(found.biases)
    files.update(pages)
    write_files(files)
    return [path for path in files if path is not None]


def _described(found: "Fit") -> "Kernel | Layer":
    """The kernel with a description of its origin."""
    from dataclasses import replace

    from convtool.kernel.kernel import Kernel

    if not isinstance(found.kernel, Kernel):
        return found.kernel
    pairs = f"{found.pairs} pair{'s' * (found.pairs > 1)} of images"
    words = f"Fitted to {pairs}: {_percent(found.agreement.exact)} of the pixels exact"
    return replace(found.kernel, description=words)


def _report(found: "Fit", rational: bool) -> Iterator[str]:
    """The lines of the report."""
    from ..printing import width

    for label, words in _entries(found, rational):
        yield from textwrap.wrap(
            words,
            width(),
            initial_indent=label.ljust(10),
            subsequent_indent=" " * 10,
            break_long_words=False,
        )


def _entries(found: "Fit", rational: bool) -> Iterator[tuple[str, str]]:
    """The entries of the report: (label, text)."""
    agreement = found.agreement
    size = "x".join(map(str, found.kernel.weights.shape))
    pairs = f"{found.pairs} pair{'s' * (found.pairs > 1)}"
    left_out = [f"{found.border} at the border"]
    if found.clipped:
        left_out.append(f"{found.clipped} black or white, maybe clipped")
    if found.undefined:
        left_out.append(f"{found.undefined} NaN or infinite")
    yield "kernel", f"{size} weights{_over(found)}, fitted to {pairs} of images"
    yield "values", f"{found.used} used; left out: {', '.join(left_out)}"
    known = f"if rounding is like noise, each weight to +-{found.errors.max():.2g} or better"
    if found.bias_errors is not None:
        known += f", the bias to +-{found.bias_errors.max():.2g}"
    known += " (standard error)"
    yield "known", f"{known}; condition number {found.condition:.3g}"
    unit = " grey levels" if agreement.white else ""
    spread = "about 0" if found.exact else f"{found.spread:.3g}{unit}"
    yield "residual", f"{spread} RMS before rounding"
    yield (
        "result",
        f"{_percent(agreement.exact)} of the pixels exact, RMS {agreement.rms:.3g}{unit}, "
        f"PSNR {_decibels(agreement.psnr)}",
    )
    if found.nearly_whole and not rational:
        yield "weights", "whole numbers over a divisor seem to give the same: try --rational"


def _over(found: "Fit") -> str:
    """The divisor of whole weights, and the bias."""
    from convtool.kernel.kernel import Kernel

    if not isinstance(found.kernel, Kernel):
        return ""
    words = ""
    if found.whole:
        divisor = found.kernel.divisor
        words = ", whole" if divisor == 1 else f", whole, over {divisor}"
    if found.bias_errors is not None:
        words += f", bias {found.kernel.bias:.6g}"
    return words


def _notes(found: "Fit", rational: bool) -> Iterator[str]:
    """What one should know before trusting the kernel."""
    if rational and not found.whole:
        yield (
            "no whole weights over a divisor were found that explain the pixels as well: these are "
            "the numbers of least squares"
        )
    if found.rounded_up is not None:
        yield (
            "the result seems to be rounded with halves up, not to even: then "
            f"{_percent(found.rounded_up.exact)} of the pixels are exact"
        )
    if found.offset is not None:
        yield f"a bias of about {found.offset:.4g} would explain more: --bias learns it"
    if found.poor:
        deeper = " one over slices (--size 3x3x3)," if found.slice_by_slice else ""
        alpha = " BEFORE's alpha, by which conv weights pixels and which fit leaves out,"
        yield (
            f"the kernel does not explain the result (PSNR {_decibels(found.agreement.psnr)}): "
            f"it was not made by such a convolution alone; maybe by a larger one,{deeper} a shift,"
            f"{alpha * found.transparent} a curve like gamma, or a clipping in between"
        )


def _percent(share: float) -> str:
    """A share; 100% and 0% only if exact."""
    if share in (0, 1):
        return f"{share:.0%}"
    if share > 0.9999:
        return "more than 99.99%"
    return "less than 0.01%" if share < 0.0001 else f"{share:.2%}"


def _decibels(psnr: float) -> str:
    return f"{psnr:.1f} dB" if math.isfinite(psnr) else "infinite"
