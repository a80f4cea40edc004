"""What the command line says of the result, and what is said about it to a person."""

from collections.abc import Mapping, Sequence
from functools import reduce
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from convtool.core.choices import Compression, Range
from convtool.core.errors import ConvtoolError, quoted

from .messages import say

if TYPE_CHECKING:
    from convtool.io.formats import Format
    from convtool.pipeline.run import Report

PLACEHOLDER = "{kernel}"


class Output(NamedTuple):
    """What the command line says of the result."""

    path: str | None
    format: str | None
    range: Range | None
    depth: int | None
    compression: Compression
    threads: int | None
    max_pixels: int
    quiet: bool
    show: bool = False
    """Whether the terminal shows the map."""
    sheet: bool = False
    """Whether one picture shows all maps."""

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> "Output":
        """From the parsed options."""
        from convtool.io.limits import MAX_PIXELS

        return cls(
            given["output"],
            given["format_"],
            given["range_"],
            int(given["depth"]) if given["depth"] else None,
            given["compress"],
            given["threads"],
            given["max_pixels"] or MAX_PIXELS,
            given["quiet"],
            given["show"],
            given["sheet"],
        )

    def format_for(self, path: str | None) -> "Format":
        """The format asked for, or the one of a path's extension, or PNG."""
        from convtool.io.formats import FORMATS, format_of, named_format

        try:
            if self.format:
                return named_format(self.format, f"--format {quoted(self.format)}")
            if path and path != "-":
                return format_of(path)
        except ConvtoolError as error:
            raise click.UsageError(f"{error}; --format names one") from None
        return FORMATS["png"]

    def say(self, *lines: str) -> None:
        """Words for a person, on stderr."""
        if not self.quiet:
            say(*lines)

    def say_beforehand(self, format_: "Format") -> None:
        """Say which options have nothing to act on."""
        if not format_.pixels and (self.range or self.depth):
            self.say(
                f"{format_.name} holds the values themselves: --range and --depth are for pictures"
            )

    def say_lost(self, reports: "Sequence[Report]", format_: "Format") -> None:
        """Say what of the values the pixels do not show."""
        if any(report.narrowed for report in reports):
            self.say(f"{format_.name} holds 8 bits of such a map: 16 became 8; PNG holds 16")
        from convtool.pipeline.tone import Lost

        values = sum(report.values for report in reports)
        lost = reduce(Lost.plus, (report.lost for report in reports), Lost())
        if lost.total == 0:
            return
        kinds = {"below black": lost.below, "above white": lost.above, "NaN": lost.undefined}
        parts = [f"{_percent(count / values)} {kind}" for kind, count in kinds.items() if count]
        where = f" of {len(reports)} maps" if len(reports) > 1 else ""
        hint = ""
        if self.range in (None, "clip", "abs") and lost.below + lost.above:
            ways = ["abs"] * (not lost.above) + ["normalize", "center"]
            hint = f"; --range {', '.join(ways[:-1])} or {ways[-1]} shows them"
        self.say(
            f"{_percent(lost.total / values)} of the values{where} were clipped "
            f"({', '.join(parts)}){hint}",
        )


def check_names(names: Sequence[str], template: str, option: str) -> None:
    """Raise UsageError where several maps would have the same name."""
    if len(names) > 1 and PLACEHOLDER not in template:
        raise click.UsageError(
            f"{len(names)} kernels make {len(names)} maps: put {PLACEHOLDER} into {option}, "
            f"as in 'out-{PLACEHOLDER}.png', or make one map by --combine"
        )


def _percent(share: float) -> str:
    return "less than 0.1%" if share < 0.001 else f"{share:.1%}"
