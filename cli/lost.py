"""What of a map's values its pixels do not show, in words for a person."""

from collections.abc import Iterator, Sequence
from functools import reduce
from typing import TYPE_CHECKING

from convtool.core.encoding import WHITE

if TYPE_CHECKING:
    from convtool.core.encoding import Look
    from convtool.io.formats import Format
    from convtool.ops.base import Operator
    from convtool.ops.operation import Maps
    from convtool.pipeline.run import Report


def notes_on_lost(reports: "Sequence[Report]", look: "Look", maps: "Maps") -> list[str]:
    """What of the values of all these maps the pixels do not show, in words for a person."""
    from convtool.io.formats import named_format
    from convtool.pipeline.tone import Lost, Spread

    notes: list[str] = []
    for name in dict.fromkeys(report.format for report in reports):
        same = [report for report in reports if report.format == name]
        notes += _of_format(named_format(name, name), same, look)
    if any(report.unfit for report in reports):
        notes.append("the ICC profile is for other channels than the map's, and stays behind")
    if any(report.restacked for report in reports):
        notes.append(
            "the timing or axes of the image's slices stay behind: the map has other slices, or a "
            "file for each"
        )
    values = sum(report.values for report in reports)
    lost = reduce(Lost.plus, (report.lost for report in reports), Lost())
    where = f" of {len(reports)} maps" if len(reports) > 1 else ""
    if lost.undefined:
        hint = "; --only keeps the image there" if any(map(_reads_within, maps.values())) else ""
        told = f"{_percent(lost.undefined / values)} of the values{where} are NaN: black{hint}"
        notes.append(told)
    if lost.taken:
        notes.append(
            f"{lost.taken} values{where} equal the number that marks what is missing, and are "
            "taken for it from now on; --nodata names another"
        )
    spread = reduce(Spread.plus, (report.spread for report in reports), Spread())
    if spread.looks_like_shares:
        notes.append(
            f"all values{where} lie between 0 and 1, and 255 is taken for white: --white 1 or "
            "--range normalize shows them"
        )
    clipped = lost.below + lost.above
    as_they_are = look.range in (None, "clip", "abs")
    signed = as_they_are and any(map(_sums_to_zero, maps.values()))
    if clipped:
        below = "negative light" if any(map(_encodes, maps.values())) else "below black"
        kinds = {below: lost.below, "above white": lost.above}
        parts = [f"{_percent(count / values)} {kind}" for kind, count in kinds.items() if count]
        ranges = "center or normalize" if signed and lost.below else "normalize"
        hint = f"; --range {ranges} shows them" if as_they_are else ""
        if all(report.format == "tiff" for report in reports):
            hint += ", and --depth float keeps them"
        notes.append(
            f"{_percent(clipped / values)} of the values{where} were clipped "
            f"({', '.join(parts)}){hint}"
        )
    return notes


def _of_format(format_: "Format", reports: "Sequence[Report]", look: "Look") -> "Iterator[str]":
    """What a format does not hold of these maps."""
    if any(report.narrowed for report in reports):
        yield f"{format_.name} holds 8 bits of such a map: 16 became 8; PNG holds 16"
    if recolored := sum(report.lost.recolored for report in reports):
        share = _percent(recolored / sum(report.output.pixels for report in reports))
        yield (
            f"{format_.name} holds 256 colours: {share} of the pixels became the nearest; "
            "PNG holds all"
        )
    if format_.pixels and any(report.output.transfer.linear for report in reports):
        yield "the map is linear light, which looks too dark in a picture: encode is to come last"
    if any(report.lost.transparent for report in reports):
        yield (
            f"{format_.name} holds no transparency: laid over {_name(look)}; --background COLOR "
            "takes another colour, and PNG keeps it"
        )
    left = dict.fromkeys(name for report in reports for name in report.left)
    if left:
        is_one = len(left) == 1 and "axes of pages" not in left
        it, stays = ("it", "stays") if is_one else ("them", "stay")
        holder = "TIFF" if {"georeference", "axes of pages"} & left.keys() else "PNG"
        names = _listed(list(left))
        yield f"{format_.name} holds no {names}, which {stays} behind; {holder} holds {it}"


def _listed(names: "Sequence[str]") -> str:
    """Names in a row: ``EXIF, XMP or resolution``."""
    return " or ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def _encodes(operators: "Sequence[Operator]") -> bool:
    """Whether a map's values are of light, of which kernels with negative weights make negative."""
    return any("encode" in operator.label.split(", ") for operator in operators)


def _reads_within(operators: "Sequence[Operator]") -> bool:
    """Whether pixels are missing because a mask says so, and the image could stay there."""
    from convtool.ops.within import Within

    steps = {step for operator in operators for step in getattr(operator, "stride", (1,))}
    return any(isinstance(one, Within) for one in operators) and steps == {1}


def _sums_to_zero(operators: "Sequence[Operator]") -> bool:
    """Whether the last convolution of a map has values around 0, as of edges."""
    known = (getattr(operator, "sums_to_zero", None) for operator in reversed(operators))
    return next((sums for sums in known if sums is not None), False)


def _name(look: "Look") -> str:
    """The background in words."""
    return "white" if look.background == WHITE else "#{:02x}{:02x}{:02x}".format(*look.background)


def _percent(share: float) -> str:
    return "less than 0.1%" if share < 0.001 else f"{share:.1%}"
